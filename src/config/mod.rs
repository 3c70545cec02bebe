//! Settings of every module, from flags, environment, file and defaults, checked once.
//!
//! Flags win over `SLUICE_SECTION__KEY` in the environment, the environment over the file, the file over the defaults.
//! [`raw`] is the file as written; [`Config`] is what the modules take.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use secrecy::ExposeSecret;

pub mod checked;
mod logins;
pub mod print;
pub mod raw;
pub mod schema;
pub mod units;

pub use checked::{Backend, Config};
use raw::RawConfig;

/// Reads file and environment into the raw form.
///
/// # Errors
/// Sentences about what is wrong and where; an unknown key with the nearest known one.
pub fn read(path: &Path) -> Result<(RawConfig, Figment), String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let figment = layered(&text);
    let raw = figment.extract::<RawConfig>().map_err(|errors| explain(&errors))?;
    check_private(path, &raw.users)?;
    Ok((raw, figment))
}

/// Refuses passwords in clear in a file that others can read.
fn check_private(path: &Path, users: &[raw::User]) -> Result<(), String> {
    let is_clear =
        |user: &&raw::User| user.password.as_ref().is_some_and(|password| !password.expose_secret().starts_with("SCRAM-SHA-256$"));
    let Some(user) = users.iter().find(is_clear) else { return Ok(()) };
    let mode = std::fs::metadata(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let file = path.display();
    Err(format!(
        "{file} holds the password of \"{}\" in clear and can be read by others: chmod 600 {file}, or use `sluice user hash`",
        user.name
    ))
}

/// Reads the text of a file, over the defaults and under the environment.
///
/// # Errors
/// As [`read`].
pub fn parse(text: &str) -> Result<RawConfig, String> {
    layered(text).extract::<RawConfig>().map_err(|errors| explain(&errors))
}

/// Reads a file of `[[users]]` (`auth.users_file`).
///
/// # Errors
/// As [`read`].
pub fn read_users(path: &Path) -> Result<Vec<raw::User>, String> {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Users {
        users: Vec<raw::User>,
    }
    let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let users = Figment::from(Toml::string(&text)).extract::<Users>().map(|file| file.users).map_err(|errors| explain(&errors))?;
    check_private(path, &users)?;
    Ok(users)
}

/// Reads the environment alone, over the defaults: what `sluice demo` begins with.
///
/// # Errors
/// As [`read`].
pub fn read_environment() -> Result<RawConfig, String> {
    layered("").extract::<RawConfig>().map_err(|errors| explain(&errors))
}

fn layered(file: &str) -> Figment {
    // Only names with a section: SLUICE_CONFIG and SLUICE_DISABLE_PERFORMANCE_OPTIMIZATIONS are not keys of the file.
    let environment = Env::prefixed("SLUICE_").filter(|name| name.as_str().contains("__")).split("__");
    Figment::from(Serialized::defaults(RawConfig::default())).merge(Toml::string(file)).merge(environment)
}

/// Writes figment's errors for people: one line each.
fn explain(errors: &figment::Error) -> String {
    let lines = errors.clone().into_iter().map(|error| {
        let key = error.path.join(".");
        let origin = match error.metadata.as_ref().map(|metadata| metadata.name.to_string()) {
            Some(name) if name.contains("environment") => " (from the environment)",
            _ => "",
        };
        match &error.kind {
            figment::error::Kind::UnknownField(name, expected) => {
                let known: Vec<&str> = expected.to_vec();
                let hint = nearest(name, &known)
                    .map_or_else(|| format!("known keys: {}", known.join(", ")), |near| format!("did you mean `{near}`?"));
                let section = if key.is_empty() || key == *name {
                    String::new()
                } else {
                    format!(" in [{}]", key.trim_end_matches(&format!(".{name}")))
                };
                format!("unknown key `{name}`{section}{origin}; {hint}")
            }
            kind if key.is_empty() => format!("{kind}{origin}"),
            kind => format!("{key}: {kind}{origin}"),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let (distance, near) = known.iter().map(|key| (distance(name, key), *key)).min()?;
    (distance <= 1 + name.len() / 3).then_some(near)
}

/// Levenshtein's distance.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<RawConfig, String> {
        layered(text).extract::<RawConfig>().map_err(|errors| explain(&errors))
    }

    #[test]
    fn keys_of_the_file_arrive() {
        let raw = parsed(
            "[backend]\nkind = \"bigquery\"\n[backend.bigquery]\nproject = \"p\"\n[guard]\nmax_usd_per_query = 2.5\n[cache]\nttl = \"1m\"",
        )
        .expect("valid");
        assert_eq!(raw.backend.kind, "bigquery");
        assert_eq!(raw.guard.max_usd_per_query, 2.5);
        assert_eq!(raw.cache.ttl.0.as_secs(), 60);
        assert_eq!(raw.server.listen, "127.0.0.1:7432");
    }

    #[test]
    fn unknown_keys_name_the_nearest() {
        let error = parsed("[server]\nlisten_on = \"x\"").expect_err("unknown");
        assert!(error.contains("unknown key `listen_on`") && error.contains("did you mean `listen`?"), "{error}");
        let error = parsed("[sever]\nlisten = \"x\"").expect_err("unknown");
        assert!(error.contains("did you mean `server`?"), "{error}");
    }

    #[test]
    fn values_are_checked_where_they_stand() {
        let error = parsed("[cache]\nttl = \"soon\"").expect_err("no duration");
        assert!(error.contains("cache.ttl") && error.contains("`soon` is not a duration"), "{error}");
    }
}
