//! Settings: PostgreSQL's own list (`pg_settings.tsv`, from a PostgreSQL 15) and Sluice's; their values, checks and canonical spelling.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::error::{Report, Result, SqlState};
use crate::query::setting::SettingInfo;

mod special;
mod units;

pub use special::timezone;
pub(super) use special::{Encoding, encoding, labels, style, whole_date_style};

/// Who may change a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// Anyone, with SET.
    User,
    /// Superusers, which Sluice does not have.
    Superuser,
    /// Superusers, before the session begins.
    SuperuserBackend,
    /// The configuration, while the server runs.
    Sighup,
    /// The configuration, when the server starts.
    Postmaster,
    /// Nobody.
    Internal,
}

impl Context {
    fn of(word: &str) -> Context {
        match word {
            "user" => Context::User,
            "superuser" => Context::Superuser,
            "superuser-backend" => Context::SuperuserBackend,
            "sighup" => Context::Sighup,
            "postmaster" => Context::Postmaster,
            _ => Context::Internal,
        }
    }

    /// Returns the word of `pg_settings.context`.
    pub fn word(self) -> &'static str {
        match self {
            Context::User => "user",
            Context::Superuser => "superuser",
            Context::SuperuserBackend => "superuser-backend",
            Context::Sighup => "sighup",
            Context::Postmaster => "postmaster",
            Context::Internal => "internal",
        }
    }
}

/// What values a setting takes.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// on, off.
    Bool,
    /// A whole number, with its unit if it has one.
    Integer {
        /// `ms`, `kB`, ... or nothing.
        unit: &'static str,
        /// Least.
        min: i64,
        /// Greatest.
        max: i64,
    },
    /// A number.
    Real {
        /// Least.
        min: f64,
        /// Greatest.
        max: f64,
    },
    /// One of some words.
    Enum(Vec<&'static str>),
    /// Text.
    String,
}

/// One setting.
#[derive(Clone, Debug)]
pub struct Definition {
    /// Its name as SHOW ALL spells it.
    pub name: &'static str,
    /// Who may change it.
    pub context: Context,
    /// What values it takes.
    pub kind: Kind,
    /// The value at start, in the base unit.
    pub boot: &'static str,
    /// One sentence about it.
    pub description: &'static str,
    /// The chapter of PostgreSQL's manual.
    pub category: &'static str,
    /// Another sentence, or nothing.
    pub more: &'static str,
    /// Least and greatest of a number, as `pg_settings` spells them.
    pub range: Option<(&'static str, &'static str)>,
}

/// Settings of Sluice's own, in the columns of `pg_settings.tsv`: name, context, type, unit, min, max, words, value at start, description.
const OWN: &str = "\
sluice.cache\tuser\tenum\t\t\t\ton,off,refresh,only\ton\tWhether answers come from the cache and go into it.
sluice.cache_ttl\tuser\tinteger\ts\t0\t2147483647\t\t0\tLifetime of cached answers of this session; 0 is the server's.
sluice.dialect\tuser\tenum\t\t\t\tauto,postgres,googlesql\tauto\tThe language of the queries.
sluice.dry_run\tuser\tbool\t\t\t\t\toff\tTells the price instead of running the query.
sluice.labels\tuser\tstring\t\t\t\t\t\tLabels of the jobs, as in team=growth, app=report.
sluice.last_query\tinternal\tstring\t\t\t\t\t\tThe last query as JSON: price, cache status, job, rewrites.
sluice.max_usd\tuser\tstring\t\t\t\t\t\tThe most that one query of this session may cost; lowers the server's limit.
sluice.notices\tuser\tenum\t\t\t\toff,cost,all\tcost\tWhich notices come with an answer.
sluice.question\tuser\tstring\t\t\t\t\t\tThe question that the next query answers, in words.
";

/// What PostgreSQL sets at start otherwise than its sources say, and what Sluice does not share with it.
const BOOT: &[(&str, &str)] = &[
    ("client_encoding", "UTF8"),
    ("server_encoding", "UTF8"),
    ("server_version", "15.18"),
    ("server_version_num", "150018"),
    ("timezone", "UTC"),
    ("timezone_abbreviations", "Default"),
    ("lc_collate", "C.UTF-8"),
    ("lc_ctype", "C.UTF-8"),
    ("lc_messages", "C.UTF-8"),
    ("lc_monetary", "C.UTF-8"),
    ("lc_numeric", "C.UTF-8"),
    ("lc_time", "C.UTF-8"),
    ("default_text_search_config", "pg_catalog.english"),
    ("max_stack_depth", "2048"),
    ("ssl_library", ""),
];

static DEFINITIONS: LazyLock<HashMap<String, Definition>> = LazyLock::new(|| {
    include_str!("pg_settings.tsv")
        .lines()
        .chain(OWN.lines())
        .map(|line| {
            let definition = definition(line);
            (definition.name.to_ascii_lowercase(), definition)
        })
        .collect()
});

fn definition(line: &'static str) -> Definition {
    let field: Vec<&'static str> = line.split('\t').collect();
    let whole = |i: usize| field[i].parse::<i64>().expect("pg_settings.tsv holds numbers");
    let real = |i: usize| field[i].parse::<f64>().expect("pg_settings.tsv holds numbers");
    let kind = match field[2] {
        "bool" => Kind::Bool,
        "integer" => Kind::Integer { unit: field[3], min: whole(4), max: whole(5) },
        "real" => Kind::Real { min: real(4), max: real(5) },
        "enum" => Kind::Enum(field[6].split(',').collect()),
        _ => Kind::String,
    };
    let context = Context::of(field[1]);
    let range = matches!(kind, Kind::Integer { .. } | Kind::Real { .. }).then(|| (field[4], field[5]));
    let lower = field[0].to_ascii_lowercase();
    let boot = BOOT.iter().find(|(name, _)| *name == lower).map_or(field[7], |(_, value)| value);
    let (category, more) = (field.get(9).copied().unwrap_or("Sluice"), field.get(10).copied().unwrap_or_default());
    Definition { name: field[0], context, kind, boot, description: field[8], category, more, range }
}

/// Returns every setting, by name.
pub fn all() -> Vec<&'static Definition> {
    let mut all: Vec<_> = DEFINITIONS.values().collect();
    all.sort_by_key(|definition| definition.name.to_ascii_lowercase());
    all
}

/// Finds a setting by its name in any case.
pub fn find(name: &str) -> Option<&'static Definition> {
    DEFINITIONS.get(name).or_else(|| DEFINITIONS.get(&name.to_ascii_lowercase()))
}

/// The error for a name that no setting has.
pub fn unknown(name: &str) -> Report {
    let report = Report::new(SqlState::UNDEFINED_OBJECT, format!("unrecognized configuration parameter \"{name}\""));
    let lower = name.to_ascii_lowercase();
    let nearest = DEFINITIONS.keys().map(|known| (distance(known, &lower), known)).min();
    match nearest {
        Some((away, known)) if away <= 2 => report.hint(format!("Perhaps you meant \"{known}\".")),
        _ => report,
    }
}

/// Tells whether a name may be a custom setting, which PostgreSQL accepts without knowing it: a prefix, a dot, a name.
pub fn is_custom(name: &str) -> bool {
    let mut parts = name.split('.');
    let word = |part: &str| {
        part.starts_with(|c: char| c.is_alphabetic() || c == '_') && part.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '$'))
    };
    name.contains('.') && parts.all(word) && !name.to_ascii_lowercase().starts_with("sluice.")
}

fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let cost = corner + usize::from(x != *y);
            corner = row[j + 1];
            row[j + 1] = cost.min(corner + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

impl Definition {
    /// Reads a value as SET gives it and returns it in canonical form (numbers in the base unit).
    ///
    /// # Errors
    /// 22023 for a value that the setting does not take, 0A000 for one that Sluice would not follow faithfully.
    pub fn parse(&self, value: &str) -> Result<String> {
        let canonical = match &self.kind {
            Kind::Bool => boolean(value).map(|on| if on { "on" } else { "off" }.to_owned()).ok_or_else(|| {
                Report::new(SqlState::INVALID_PARAMETER_VALUE, format!("parameter \"{}\" requires a Boolean value", self.name))
            })?,
            Kind::Integer { unit, min, max } => {
                let number = units::parse(value, unit).map_err(|hint| self.invalid(value, hint))?;
                if number < *min || number > *max {
                    let space = if unit.is_empty() { "" } else { " " };
                    return Err(Report::new(
                        SqlState::INVALID_PARAMETER_VALUE,
                        format!("{number}{space}{unit} is outside the valid range for parameter \"{}\" ({min} .. {max})", self.name),
                    ));
                }
                number.to_string()
            }
            Kind::Real { min, max } => {
                let number: f64 = value.trim().parse().map_err(|_| self.invalid(value, None))?;
                if !(*min..=*max).contains(&number) {
                    return Err(Report::new(
                        SqlState::INVALID_PARAMETER_VALUE,
                        format!("{number} is outside the valid range for parameter \"{}\" ({min} .. {max})", self.name),
                    ));
                }
                // PostgreSQL prints these with %g, which the layout of a float4 comes down to.
                let mut text = Vec::new();
                #[allow(clippy::cast_possible_truncation)]
                crate::types::output::float4(&mut text, number as f32);
                String::from_utf8_lossy(&text).into_owned()
            }
            Kind::Enum(words) => {
                let wanted = alias(value);
                match words.iter().find(|word| word.eq_ignore_ascii_case(wanted)) {
                    Some(word) => (*word).to_owned(),
                    None => return Err(self.invalid(value, Some(format!("Available values: {}.", words.join(", "))))),
                }
            }
            Kind::String => value.to_owned(),
        };
        special::check(self, canonical)
    }

    /// Returns a canonical value as SHOW prints it: numbers in the greatest unit that holds them.
    pub fn show(&self, canonical: &str) -> String {
        match &self.kind {
            Kind::Integer { unit, .. } if !unit.is_empty() => units::show(canonical, unit),
            _ => canonical.to_owned(),
        }
    }

    /// Returns what `pg_settings` tells of it.
    pub(super) fn info(&self, value: &str, reset: &str, source: &'static str) -> SettingInfo {
        let (vartype, unit, words) = match &self.kind {
            Kind::Bool => ("bool", "", Vec::new()),
            Kind::Integer { unit, .. } => ("integer", *unit, Vec::new()),
            Kind::Real { .. } => ("real", "", Vec::new()),
            Kind::Enum(words) => ("enum", "", words.clone()),
            Kind::String => ("string", "", Vec::new()),
        };
        SettingInfo {
            name: self.name,
            setting: value.to_owned(),
            unit,
            category: self.category,
            short_desc: self.description,
            extra_desc: self.more,
            context: self.context.word(),
            vartype,
            source,
            range: self.range,
            words,
            boot: self.boot,
            reset: reset.to_owned(),
        }
    }

    /// The error for a value that makes no sense.
    pub fn invalid(&self, value: &str, hint: Option<String>) -> Report {
        let report = Report::new(SqlState::INVALID_PARAMETER_VALUE, format!("invalid value for parameter \"{}\": \"{value}\"", self.name));
        match hint {
            Some(hint) => report.hint(hint),
            None => report,
        }
    }
}

/// Reads a bool as PostgreSQL does: unique prefixes of true, false, yes, no; on, off; 1, 0.
pub fn boolean(value: &str) -> Option<bool> {
    let value = value.trim().to_ascii_lowercase();
    let prefix = |word: &str, least: usize| value.len() >= least && word.starts_with(&value);
    if value == "1" || prefix("true", 1) || prefix("yes", 1) || value == "on" {
        Some(true)
    } else if value == "0" || prefix("false", 1) || prefix("no", 1) || prefix("off", 2) {
        Some(false)
    } else {
        None
    }
}

/// Other words for on and off that enumerated settings take.
fn alias(value: &str) -> &str {
    match value.to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" => "on",
        "false" | "no" | "0" => "off",
        "debug" => "debug2",
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(name: &str, value: &str) -> String {
        let definition = find(name).unwrap();
        match definition.parse(value) {
            Ok(canonical) => definition.show(&canonical),
            Err(report) => report.to_string(),
        }
    }

    // As PostgreSQL 15 answers.
    #[test]
    fn values_are_spelled_as_postgres_spells_them() {
        assert_eq!(set("statement_timeout", "1.5min"), "90s");
        assert_eq!(set("statement_timeout", "60000"), "1min");
        assert_eq!(set("statement_timeout", "0"), "0");
        assert_eq!(set("work_mem", "64MB"), "64MB");
        assert_eq!(set("work_mem", "4096"), "4MB");
        assert_eq!(set("enable_seqscan", "FALSE"), "off");
        assert_eq!(set("seq_page_cost", "1e10"), "1e+10");
        assert_eq!(set("datestyle", "us, postgresql"), "Postgres, MDY");
        assert_eq!(set("datestyle", "German"), "German, DMY");
        assert_eq!(set("intervalstyle", "ISO_8601"), "iso_8601");
        assert_eq!(set("bytea_output", "escape"), "escape");
        assert_eq!(set("timezone", "europe/berlin"), "Europe/Berlin");
        assert_eq!(set("timezone", "3"), "<+03>-03");
        assert_eq!(set("client_min_messages", "WARNING"), "warning");
        assert_eq!(set("client_encoding", "utf-8"), "UTF8");
        assert_eq!(set("sluice.cache", "true"), "on");
    }

    #[test]
    fn bad_values_are_refused_in_postgres_words() {
        assert_eq!(
            set("statement_timeout", "-5"),
            "22023: -5 ms is outside the valid range for parameter \"statement_timeout\" (0 .. 2147483647)"
        );
        assert_eq!(set("statement_timeout", "5 foo"), "22023: invalid value for parameter \"statement_timeout\": \"5 foo\"");
        assert_eq!(set("enable_seqscan", "7"), "22023: parameter \"enable_seqscan\" requires a Boolean value");
        assert_eq!(set("client_min_messages", "foo"), "22023: invalid value for parameter \"client_min_messages\": \"foo\"");
        assert_eq!(set("timezone", "Mars/Base"), "22023: invalid value for parameter \"TimeZone\": \"Mars/Base\"");
        assert_eq!(set("sluice.max_usd", "-1"), "22023: invalid value for parameter \"sluice.max_usd\": \"-1\"");
    }

    #[test]
    fn what_would_change_answers_silently_is_refused() {
        for (name, value) in [("standard_conforming_strings", "off"), ("client_encoding", "latin1")] {
            assert!(set(name, value).starts_with("0A000"), "{name}");
        }
    }

    #[test]
    fn unknown_names_get_a_hint() {
        assert_eq!(unknown("statement_timeou").hint.unwrap(), "Perhaps you meant \"statement_timeout\".");
        assert_eq!(unknown("zzz").hint, None);
        assert!(is_custom("myapp.user_id") && !is_custom("sluice.nope") && !is_custom("plain") && !is_custom("a.1"));
    }
}
