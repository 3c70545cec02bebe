//! What there is to know of each setting, for `pg_settings`: made by the session when it is asked, read by the catalog.

use std::fmt;
use std::sync::Arc;

/// One setting, as a row of `pg_settings` tells of it: numbers stand in the base unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingInfo {
    /// Its name as SHOW ALL spells it.
    pub name: &'static str,
    /// Its value.
    pub setting: String,
    /// `ms`, `kB`, ... or nothing.
    pub unit: &'static str,
    /// The chapter of PostgreSQL's manual.
    pub category: &'static str,
    /// One sentence about it.
    pub short_desc: &'static str,
    /// Another, or nothing.
    pub extra_desc: &'static str,
    /// Who may change it.
    pub context: &'static str,
    /// `bool`, `integer`, `real`, `enum` or `string`.
    pub vartype: &'static str,
    /// Where its value comes from.
    pub source: &'static str,
    /// Least and greatest of a number.
    pub range: Option<(&'static str, &'static str)>,
    /// The words that an `enum` takes.
    pub words: Vec<&'static str>,
    /// Its value before anything is said.
    pub boot: &'static str,
    /// What RESET goes back to.
    pub reset: String,
}

/// A way to ask a session for all its settings: few queries do, and there are hundreds.
#[derive(Clone)]
pub struct SettingList(Arc<dyn Fn() -> Vec<SettingInfo> + Send + Sync>);

impl SettingList {
    /// Wraps whoever knows them.
    pub fn new(list: impl Fn() -> Vec<SettingInfo> + Send + Sync + 'static) -> SettingList {
        SettingList(Arc::new(list))
    }

    /// Returns the settings by name.
    pub fn list(&self) -> Vec<SettingInfo> {
        (self.0)()
    }
}

impl Default for SettingList {
    fn default() -> SettingList {
        SettingList::new(Vec::new)
    }
}

impl fmt::Debug for SettingList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SettingList")
    }
}
