//! The values of a session's settings in their layers: start, SET, SET LOCAL; transactions undo them.

use std::collections::HashMap;
use std::sync::Arc;

use super::settings::{self, Context, Definition};
use crate::error::{Report, Result, SqlState};
use crate::query::setting::SettingInfo;

type Layer = Arc<HashMap<String, String>>;

/// What the settings of one session are.
#[derive(Clone, Debug, Default)]
pub struct Values {
    /// What the server's configuration says.
    server: Layer,
    /// What the startup packet says; RESET goes back to it.
    start: Layer,
    session: Layer,
    local: Layer,
    /// Grows with each change.
    generation: u64,
}

impl Values {
    /// Returns a number that grows with each change.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Takes note that something which is seen beside the settings has changed.
    pub fn touch(&mut self) {
        self.generation += 1;
    }

    /// Returns a setting's canonical value; `None` for a name that is not known.
    pub fn get(&self, name: &str) -> Option<&str> {
        let lower;
        let name = if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            lower = name.to_ascii_lowercase();
            &lower
        } else {
            name
        };
        [&self.local, &self.session, &self.start, &self.server]
            .into_iter()
            .find_map(|layer| layer.get(name))
            .map(String::as_str)
            .or_else(|| settings::find(name).map(|definition| definition.boot))
    }

    /// Returns a setting as SHOW prints it, with its name as SHOW spells it.
    ///
    /// # Errors
    /// 42704 for a name that is not known.
    pub fn show(&self, name: &str) -> Result<(String, String)> {
        let value = self.get(name).ok_or_else(|| settings::unknown(name))?;
        Ok(match settings::find(name) {
            Some(definition) => (definition.name.to_owned(), definition.show(value)),
            None => (name.to_owned(), value.to_owned()),
        })
    }

    /// Returns every setting as SHOW ALL prints it: name, value, description.
    pub fn all(&self) -> Vec<(&'static str, String, &'static str)> {
        settings::all()
            .into_iter()
            .map(|definition| {
                (definition.name, definition.show(self.get(definition.name).unwrap_or(definition.boot)), definition.description)
            })
            .collect()
    }

    /// Returns every setting, custom ones included, by lower-case name as `current_setting` prints it.
    pub fn listed(&self) -> Vec<(String, String)> {
        let mut listed: Vec<(String, String)> = self.all().into_iter().map(|(name, value, _)| (name.to_ascii_lowercase(), value)).collect();
        for name in self.start.keys().chain(self.session.keys()).chain(self.local.keys()) {
            if settings::find(name).is_none()
                && let Some(value) = self.get(name)
                && !listed.iter().any(|(known, _)| known == name)
            {
                listed.push((name.clone(), value.to_owned()));
            }
        }
        listed
    }

    /// Returns what `pg_settings` tells of every setting.
    pub fn about(&self) -> Vec<SettingInfo> {
        let about = |definition: &'static Definition| {
            let name = definition.name.to_ascii_lowercase();
            let reset = self.start.get(&name).or_else(|| self.server.get(&name)).map_or(definition.boot, String::as_str);
            let source = if self.local.contains_key(&name) || self.session.contains_key(&name) {
                "session"
            } else if self.start.contains_key(&name) {
                "client"
            } else if self.server.contains_key(&name) {
                "configuration file"
            } else {
                "default"
            };
            definition.info(self.get(&name).unwrap_or(definition.boot), reset, source)
        };
        settings::all().into_iter().map(about).collect()
    }

    /// Sets what the server's configuration says, of settings that nobody else may change too.
    ///
    /// # Errors
    /// 42704 for an unknown name, 22023 for a bad value.
    pub fn configure(&mut self, name: &str, value: &str) -> Result<()> {
        let definition = settings::find(name).ok_or_else(|| settings::unknown(name))?;
        Arc::make_mut(&mut self.server).insert(name.to_ascii_lowercase(), definition.parse(value)?);
        self.generation += 1;
        Ok(())
    }

    /// Sets a value at the start of the session, as the startup packet says.
    ///
    /// # Errors
    /// As [`Values::set`].
    pub fn start(&mut self, name: &str, value: &str) -> Result<()> {
        let (name, mut value) = checked(name, value)?;
        if name == "datestyle" {
            value = settings::whole_date_style(&value, "ISO, MDY");
        }
        Arc::make_mut(&mut self.start).insert(name, value);
        self.generation += 1;
        Ok(())
    }

    /// SET, SET LOCAL.
    ///
    /// # Errors
    /// 42704 for an unknown name, 55P02 or 42501 for one that may not be changed, 22023 for a bad value, 0A000 for one that is not followed.
    pub fn set(&mut self, name: &str, value: &str, local: bool) -> Result<()> {
        let (name, mut value) = checked(name, value)?;
        if name == "datestyle" {
            value = settings::whole_date_style(&value, self.get("datestyle").unwrap_or("ISO, MDY"));
        }
        self.put(name, value, local);
        Ok(())
    }

    fn put(&mut self, name: String, value: String, local: bool) {
        if local {
            Arc::make_mut(&mut self.local).insert(name, value);
        } else {
            // A later SET of the same transaction outweighs its SET LOCAL.
            if self.local.contains_key(&name) {
                Arc::make_mut(&mut self.local).remove(&name);
            }
            Arc::make_mut(&mut self.session).insert(name, value);
        }
        self.generation += 1;
    }

    /// RESET, SET ... TO DEFAULT.
    ///
    /// # Errors
    /// As [`Values::set`].
    pub fn reset(&mut self, name: &str, local: bool) -> Result<()> {
        let lower = name.to_ascii_lowercase();
        match settings::find(&lower) {
            Some(definition) => changeable(definition)?,
            None if settings::is_custom(&lower) => {}
            None => return Err(settings::unknown(name)),
        }
        let said = self.start.get(&lower).or_else(|| self.server.get(&lower));
        let value = said.map(String::as_str).or_else(|| settings::find(&lower).map(|definition| definition.boot));
        let value = value.unwrap_or_default().to_owned();
        self.put(lower, value, local);
        Ok(())
    }

    /// RESET ALL.
    pub fn reset_all(&mut self) {
        self.session = Layer::default();
        self.local = Layer::default();
        self.generation += 1;
    }

    /// Ends a transaction well: what was SET stays, what was SET LOCAL goes.
    pub fn commit(&mut self) {
        if !self.local.is_empty() {
            self.local = Layer::default();
            self.generation += 1;
        }
    }

    /// Goes back to the values of an earlier moment.
    pub fn roll_back(&mut self, earlier: &Values) {
        if self.generation != earlier.generation {
            self.session = Arc::clone(&earlier.session);
            self.local = Arc::clone(&earlier.local);
            self.generation += 1;
        }
    }
}

fn checked(name: &str, value: &str) -> Result<(String, String)> {
    let lower = name.to_ascii_lowercase();
    match settings::find(&lower) {
        Some(definition) => {
            changeable(definition)?;
            Ok((lower, definition.parse(value)?))
        }
        None if settings::is_custom(&lower) => Ok((lower, value.to_owned())),
        None => Err(settings::unknown(name)),
    }
}

fn changeable(definition: &Definition) -> Result<()> {
    match definition.context {
        Context::User => Ok(()),
        Context::Superuser => {
            Err(Report::new(SqlState::INSUFFICIENT_PRIVILEGE, format!("permission denied to set parameter \"{}\"", definition.name)))
        }
        Context::SuperuserBackend => fixed(definition, "set after connection start"),
        Context::Sighup => fixed(definition, "changed now"),
        Context::Postmaster => fixed(definition, "changed without restarting the server"),
        Context::Internal => fixed(definition, "changed"),
    }
}

fn fixed(definition: &Definition, how: &str) -> Result<()> {
    Err(Report::new(SqlState::CANT_CHANGE_RUNTIME_PARAM, format!("parameter \"{}\" cannot be {how}", definition.name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_come_and_go() {
        let mut values = Values::default();
        values.start("application_name", "psql").unwrap();
        let begin = values.clone();
        values.set("Application_Name", "a", false).unwrap();
        values.set("application_name", "b", true).unwrap();
        assert_eq!(values.get("application_name"), Some("b"));
        values.commit();
        assert_eq!(values.get("application_name"), Some("a"));
        values.roll_back(&begin);
        assert_eq!(values.get("application_name"), Some("psql"));
        values.set("application_name", "c", false).unwrap();
        values.reset("application_name", false).unwrap();
        assert_eq!(values.get("application_name"), Some("psql"));
    }

    // As PostgreSQL 15 answers.
    #[test]
    fn date_styles_keep_what_is_not_said() {
        let mut values = Values::default();
        let mut set = |value: &str| {
            values.set("datestyle", value, false).unwrap();
            values.get("datestyle").unwrap().to_owned()
        };
        assert_eq!(set("sql"), "SQL, MDY");
        assert_eq!(set("dmy"), "SQL, DMY");
        assert_eq!(set("iso"), "ISO, DMY");
        assert_eq!(set("german"), "German, DMY");
        assert_eq!(set("\"ISO\", \"MDY\""), "ISO, MDY");
        assert_eq!(set("ymd, postgres"), "Postgres, YMD");
    }

    #[test]
    fn what_may_not_be_changed() {
        let mut values = Values::default();
        let refused = |report: Result<()>| report.unwrap_err().to_string();
        assert_eq!(refused(values.set("server_version", "9", false)), "55P02: parameter \"server_version\" cannot be changed");
        assert_eq!(refused(values.set("lc_messages", "C", false)), "42501: permission denied to set parameter \"lc_messages\"");
        assert_eq!(refused(values.set("nosuch", "1", false)), "42704: unrecognized configuration parameter \"nosuch\"");
        values.set("myapp.tenant", "7", false).unwrap();
        assert_eq!(values.show("myapp.tenant").unwrap().1, "7");
        assert_eq!(values.show("TIMEZONE").unwrap(), ("TimeZone".to_owned(), "UTC".to_owned()));
        assert!(values.show("myapp.other").is_err());
        assert_eq!(
            refused(values.set("max_connections", "9", false)),
            "55P02: parameter \"max_connections\" cannot be changed without restarting the server"
        );
        assert_eq!(refused(values.set("log_destination", "csvlog", false)), "55P02: parameter \"log_destination\" cannot be changed now");
        assert_eq!(
            refused(values.set("log_connections", "on", false)),
            "55P02: parameter \"log_connections\" cannot be set after connection start"
        );
    }

    // As a PostgreSQL 15 answers whose configuration says the same.
    #[test]
    fn what_pg_settings_tells() {
        let mut values = Values::default();
        values.configure("max_connections", "7").unwrap();
        values.configure("statement_timeout", "5min").unwrap();
        values.start("application_name", "psql").unwrap();
        values.set("statement_timeout", "20s", false).unwrap();
        values.set("work_mem", "64MB", true).unwrap();
        let about = values.about();
        let of = |name: &str| {
            let info = about.iter().find(|info| info.name == name).unwrap();
            let range = info.range.map_or(String::new(), |(min, max)| format!("{min}..{max}"));
            format!("{} {} {} {range} {} {} {}", info.setting, info.unit, info.vartype, info.source, info.context, info.reset)
        };
        assert_eq!(of("statement_timeout"), "20000 ms integer 0..2147483647 session user 300000");
        assert_eq!(of("work_mem"), "65536 kB integer 64..2147483647 session user 4096");
        assert_eq!(of("max_connections"), "7  integer 1..262143 configuration file postmaster 7");
        assert_eq!(of("application_name"), "psql  string  client user psql");
        assert_eq!(of("seq_page_cost"), "1  real 0..1.79769e+308 default user 1");
        assert_eq!(of("constraint_exclusion"), "partition  enum  default user partition");
        let words = &about.iter().find(|info| info.name == "constraint_exclusion").unwrap().words;
        assert_eq!(words, &["partition", "on", "off"]);
        values.reset("statement_timeout", false).unwrap();
        assert_eq!(values.show("statement_timeout").unwrap().1, "5min");
    }
}
