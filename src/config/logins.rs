//! `[tls]`, `[auth]` and `[[users]]`, checked: who may connect, and how they prove it.

use std::path::Path;
use std::time::Duration;

use secrecy::ExposeSecret;

use super::checked::choice;
use super::raw::{self, RawConfig};
use crate::wire;
use crate::wire::oauth;
use crate::wire::rules::{Addresses, Database, Rule, Transport, Who};

/// The methods of `[[auth.rules]]`.
const METHODS: &[(&str, wire::Method)] = &[
    ("scram-sha-256", wire::Method::Scram),
    ("trust", wire::Method::Trust),
    ("cert", wire::Method::Cert),
    ("oauth", wire::Method::OAuth),
    ("oauthbearer", wire::Method::OAuthBearer),
    ("reject", wire::Method::Reject),
];

/// Checks everything that the protocol is told.
///
/// # Errors
/// Sentences about what is wrong.
pub fn wire_settings(raw: &RawConfig) -> Result<wire::Settings, String> {
    let tls = tls(&raw.tls)?;
    let method = choice("auth.method", &raw.auth.method, &METHODS[..2])?;
    let rules = rules(&raw.auth, &tls)?;
    if !rules.is_empty() && method != wire::Method::Scram {
        return Err("auth.method is for servers without [[auth.rules]]: say \"trust\" in a rule".into());
    }
    let mut users = raw.users.clone();
    if !raw.auth.users_file.is_empty() {
        users.extend(super::read_users(Path::new(&raw.auth.users_file))?);
    }
    let is_used = |wanted: &[wire::Method]| match rules.as_slice() {
        [] => wanted.contains(&method),
        rules => rules.iter().any(|rule| wanted.contains(&rule.method)),
    };
    let has_trust = is_used(&[wire::Method::Trust]);
    let has_tokens = is_used(&[wire::Method::OAuth, wire::Method::OAuthBearer]);
    if !has_trust && users.is_empty() {
        return Err(
            "nobody could log in: add [[users]] (`sluice user hash` makes the password), or set auth.method = \"trust\" for loopback"
                .into(),
        );
    }
    let users = users.into_iter().map(login).collect::<Result<Vec<_>, _>>()?;
    if let Some(user) = users.iter().find(|user| user.own_identity) {
        let wrong = |what: &str| Err(format!("[[users]] \"{}\": identity = \"token\" {what}", user.name));
        if raw.backend.kind != "bigquery" {
            return wrong("needs backend.kind = \"bigquery\"");
        }
        if !has_tokens {
            return wrong("needs a rule of [[auth.rules]] with method = \"oauth\" or \"oauthbearer\"");
        }
    }
    Ok(wire::Settings {
        tls,
        method,
        rules,
        oauth: has_tokens.then(|| oauth_settings(&raw.auth.oauth)).transpose()?,
        users,
        // Trust means trust: whoever comes over loopback may have any name, but only a named user may be an admin.
        guest: has_trust.then_some(wire::Guest { role: None, admin: false }),
        max_message_bytes: usize::try_from(raw.server.max_message_bytes.0).unwrap_or(usize::MAX),
        busy_poll: raw.server.busy_poll.0,
        write_timeout: (!raw.server.write_timeout.0.is_zero()).then_some(raw.server.write_timeout.0),
        max_unauthenticated: raw.server.max_unauthenticated_connections,
        max_per_user: (raw.server.max_connections_per_user > 0).then_some(raw.server.max_connections_per_user),
        max_per_address: (raw.server.max_connections_per_address > 0).then_some(raw.server.max_connections_per_address),
        ..wire::Settings::default()
    })
}

fn tls(raw: &raw::Tls) -> Result<wire::Tls, String> {
    let file = |path: &str| (!path.is_empty()).then(|| path.into());
    let mode = choice(
        "tls.mode",
        &raw.mode,
        &[("off", wire::TlsMode::Off), ("prefer", wire::TlsMode::Prefer), ("require", wire::TlsMode::Require)],
    )?;
    let client_certificates = choice(
        "tls.client_certificate",
        &raw.client_certificate,
        &[
            ("off", wire::ClientCertificates::Off),
            ("optional", wire::ClientCertificates::Optional),
            ("required", wire::ClientCertificates::Required),
        ],
    )?;
    let tls = wire::Tls {
        mode,
        cert: file(&raw.cert),
        key: file(&raw.key),
        client_ca: file(&raw.client_ca),
        client_certificates,
        renew_every: Some(raw.reload_every.0).filter(|every| !every.is_zero()),
    };
    if tls.cert.is_some() != tls.key.is_some() || (mode == wire::TlsMode::Require && tls.cert.is_none()) {
        return Err("TLS needs both tls.cert and tls.key".into());
    }
    if tls.renew_every.is_some_and(|every| every < Duration::from_millis(100)) {
        return Err("tls.reload_every is less than 100ms; 0s turns it off".into());
    }
    match (client_certificates, &tls.client_ca) {
        (wire::ClientCertificates::Off, Some(_)) => {
            Err("tls.client_ca is set, but nobody is asked for a certificate: set tls.client_certificate = \"optional\" or \"required\""
                .into())
        }
        (wire::ClientCertificates::Off, None) => Ok(match mode {
            wire::TlsMode::Off => wire::Tls { cert: None, key: None, ..tls },
            _ => tls,
        }),
        (_, None) => Err(format!("tls.client_certificate = \"{}\" needs tls.client_ca", raw.client_certificate)),
        (_, Some(_)) if mode == wire::TlsMode::Off || tls.cert.is_none() => {
            Err(format!("tls.client_certificate = \"{}\" needs TLS: tls.cert and tls.key", raw.client_certificate))
        }
        (_, Some(_)) => Ok(tls),
    }
}

/// Checks the rules; each is named by its number in what is said of it.
fn rules(raw: &raw::Auth, tls: &wire::Tls) -> Result<Vec<Rule>, String> {
    let checked =
        raw.rules.iter().enumerate().map(|(i, given)| rule(given, tls).map_err(|error| format!("[[auth.rules]] #{}: {error}", i + 1)));
    checked.collect()
}

fn rule(raw: &raw::AuthRule, tls: &wire::Tls) -> Result<Rule, String> {
    let transport = choice(
        "type",
        &raw.kind,
        &[("host", Transport::Tcp), ("hostssl", Transport::Encrypted), ("hostnossl", Transport::Clear), ("local", Transport::Local)],
    )?;
    if transport == Transport::Local {
        // Nothing listens there (server.unix_socket).
        return Err("type = \"local\" is not available in this version".into());
    }
    if transport == Transport::Encrypted && (tls.mode == wire::TlsMode::Off || tls.cert.is_none()) {
        return Err("type = \"hostssl\" needs TLS: tls.cert and tls.key".into());
    }
    let method = choice("method", &raw.method, METHODS)?;
    let addresses = raw.address.list().iter().map(|text| Addresses::of(text)).collect::<Result<Vec<_>, _>>()?;
    for (key, names) in [("database", &raw.database), ("user", &raw.user), ("address", &raw.address)] {
        if names.list().is_empty() || names.list().iter().any(String::is_empty) {
            return Err(format!("{key} is empty; \"all\" means every one"));
        }
    }
    let only_loopback = addresses.iter().all(|addresses| addresses.is_loopback());
    let wants_map = matches!(method, wire::Method::Cert | wire::Method::OAuth | wire::Method::OAuthBearer);
    match method {
        wire::Method::Trust if !only_loopback => {
            return Err("method = \"trust\" is for loopback addresses only: set address = \"loopback\"".into());
        }
        wire::Method::Cert if transport != Transport::Encrypted => return Err("method = \"cert\" needs type = \"hostssl\"".into()),
        wire::Method::Cert if tls.client_certificates == wire::ClientCertificates::Off => {
            return Err("method = \"cert\" needs tls.client_ca, and tls.client_certificate = \"optional\" or \"required\"".into());
        }
        wire::Method::OAuth | wire::Method::OAuthBearer if transport != Transport::Encrypted && !only_loopback => {
            return Err(format!("method = \"{}\" needs type = \"hostssl\", or address = \"loopback\"", raw.method));
        }
        _ if raw.map.is_some() && !wants_map => {
            return Err(format!("map is for certificates and tokens, not for method = \"{}\"", raw.method));
        }
        _ => {}
    }
    Ok(Rule {
        transport,
        databases: raw.database.list().iter().map(|name| Database::of(name)).collect(),
        users: raw.user.list().iter().map(|name| Who::of(name)).collect(),
        addresses,
        method,
        map: raw.map.clone(),
    })
}

fn oauth_settings(raw: &raw::OAuth) -> Result<oauth::Settings, String> {
    let wrong = || format!("auth.oauth.introspection_url = \"{}\" is no https:// address", raw.introspection_url);
    let introspection_url: reqwest::Url = raw.introspection_url.parse().map_err(|_| wrong())?;
    // Tokens are not sent in clear, but to this machine.
    if introspection_url.scheme() != "https" && !(introspection_url.scheme() == "http" && oauth::is_here(&introspection_url)) {
        return Err(wrong());
    }
    if raw.audience.is_empty() {
        return Err(
            "auth.oauth.audience is empty: name the client ids whose tokens are taken, since a token that another application got \
                    must not log in here; [\"*\"] takes all"
                .into(),
        );
    }
    if raw.timeout.0.is_zero() {
        return Err("auth.oauth.timeout is zero".into());
    }
    Ok(oauth::Settings {
        introspection_url,
        issuer: raw.issuer.clone(),
        scope: raw.scope.clone(),
        audience: (raw.audience != ["*"]).then(|| raw.audience.clone()),
        timeout: raw.timeout.0,
        cache_ttl: raw.cache_ttl.0,
    })
}

/// Checks one login. A password in clear becomes a verifier at once, so that nothing else ever holds it.
fn login(user: raw::User) -> Result<wire::User, String> {
    let password = user.password.map(|password| match password.expose_secret() {
        verifier if verifier.starts_with("SCRAM-SHA-256$") => password.clone(),
        clear => wire::auth::scram_verifier(clear).into(),
    });
    if user.name.is_empty() {
        return Err("[[users]] needs a name".into());
    }
    let own_identity = choice("[[users]] identity", user.identity.as_deref().unwrap_or("shared"), &[("shared", false), ("token", true)])?;
    Ok(wire::User { name: user.name, password, role: user.role, admin: user.admin, email: user.email, own_identity })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse;

    const TLS: &str = "[tls]\ncert = \"c\"\nkey = \"k\"\n";
    const CLIENTS: &str = "[tls]\ncert = \"c\"\nkey = \"k\"\nclient_ca = \"a\"\nclient_certificate = \"optional\"\n";
    const ANN: &str = "[[users]]\nname = \"ann\"\n";

    fn checked(text: &str) -> Result<wire::Settings, String> {
        wire_settings(&parse(text)?)
    }

    #[test]
    fn rules_are_read_in_their_order() {
        let settings = checked(&format!(
            "{CLIENTS}{ANN}[[auth.rules]]\nmethod = \"trust\"\naddress = \"loopback\"\n\
             [[auth.rules]]\ntype = \"hostssl\"\ndatabase = [\"shop\", \"sameuser\"]\nuser = \"+analyst\"\naddress = \"10.0.0.0/8\"\n\
             method = \"cert\"\nmap = {{ \"Ann Smith\" = \"ann\" }}\n\
             [[auth.rules]]\nmethod = \"reject\"\n"
        ))
        .unwrap();
        let methods: Vec<_> = settings.rules.iter().map(|rule| rule.method).collect();
        assert_eq!(methods, [wire::Method::Trust, wire::Method::Cert, wire::Method::Reject]);
        let second = &settings.rules[1];
        assert_eq!(second.transport, Transport::Encrypted);
        assert_eq!(second.databases, [Database::Named("shop".into()), Database::SameUser]);
        assert_eq!(second.users, [Who::Role("analyst".into())]);
        assert_eq!(second.map.as_ref().and_then(|map| map.get("Ann Smith")).map(String::as_str), Some("ann"));
        assert_eq!((&settings.rules[2].users, &settings.rules[2].addresses), (&vec![Who::All], &vec![Addresses::All]));
        assert!(settings.guest.is_some() && settings.oauth.is_none());
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_its_reason() {
        let rule = |rule: &str| format!("{ANN}[[auth.rules]]\n{rule}\n");
        for (text, told) in [
            (rule("method = \"md5\""), "[[auth.rules]] #1: method = \"md5\" is not known; choose one of \"scram-sha-256\""),
            (rule("user = \"ann\""), "missing field `method`"),
            (rule("method = \"trust\""), "#1: method = \"trust\" is for loopback addresses only: set address = \"loopback\""),
            (rule("method = \"trust\"\naddress = [\"loopback\", \"10.0.0.0/8\"]"), "is for loopback addresses only"),
            (rule("method = \"cert\""), "#1: method = \"cert\" needs type = \"hostssl\""),
            (rule("method = \"cert\"\ntype = \"hostssl\""), "#1: type = \"hostssl\" needs TLS"),
            (format!("{TLS}{}", rule("method = \"cert\"\ntype = \"hostssl\"")), "method = \"cert\" needs tls.client_ca"),
            (rule("method = \"oauth\""), "#1: method = \"oauth\" needs type = \"hostssl\", or address = \"loopback\""),
            (rule("method = \"scram-sha-256\"\naddress = \"10.0.0.0/99\""), "#1: \"10.0.0.0/99\" counts 99 bits"),
            (rule("method = \"scram-sha-256\"\naddress = \"samenet\""), "#1: \"samenet\" is not available"),
            (rule("method = \"scram-sha-256\"\ndatabase = []"), "#1: database is empty"),
            (rule("method = \"scram-sha-256\"\nmap = { a = \"b\" }"), "#1: map is for certificates and tokens"),
            (rule("method = \"scram-sha-256\"\ntype = \"local\""), "#1: type = \"local\" is not available"),
            (rule("method = \"scram-sha-256\"\nuser = 5"), "a name or a list of names"),
            (rule("method = \"scram-sha-256\"\nusr = \"ann\""), "did you mean `user`?"),
            (rule("method = \"oauth\"\naddress = \"loopback\""), "auth.oauth.audience is empty"),
            (format!("[auth]\nmethod = \"trust\"\n{}", rule("method = \"scram-sha-256\"")), "auth.method is for servers without"),
            (format!("{ANN}[tls]\nclient_ca = \"a\""), "nobody is asked for a certificate"),
            (format!("{ANN}[tls]\nclient_certificate = \"required\""), "tls.client_certificate = \"required\" needs tls.client_ca"),
            (format!("{ANN}[tls]\nclient_ca = \"a\"\nclient_certificate = \"required\""), "needs TLS: tls.cert and tls.key"),
            (format!("{ANN}[tls]\nreload_every = \"1ms\""), "tls.reload_every is less than 100ms"),
            ("[[users]]\nname = \"ann\"\nidentity = \"token\"".into(), "needs backend.kind = \"bigquery\""),
            ("[backend]\nkind = \"bigquery\"\n[[users]]\nname = \"ann\"\nidentity = \"token\"".into(), "needs a rule of [[auth.rules]]"),
            ("[[users]]\nname = \"ann\"\nidentity = \"mine\"".into(), "[[users]] identity = \"mine\" is not known"),
        ] {
            let error = checked(&text).err().unwrap_or_default();
            assert!(error.contains(told), "{text}\n{error}");
        }
    }

    #[test]
    fn tokens_are_checked_at_google_unless_something_else_is_said() {
        let with = |oauth: &str| {
            checked(&format!("{ANN}[[auth.rules]]\nmethod = \"oauth\"\naddress = \"loopback\"\n[auth.oauth]\naudience = [\"*\"]\n{oauth}"))
        };
        let oauth = with("").unwrap().oauth.unwrap();
        assert_eq!(oauth.introspection_url.as_str(), "https://oauth2.googleapis.com/tokeninfo");
        assert_eq!(oauth.audience, None);
        assert!(with("introspection_url = \"http://127.0.0.1:1/x\"").is_ok());
        for bad in ["http://example.com/x", "ftp://example.com/", "nowhere"] {
            let error = with(&format!("introspection_url = \"{bad}\"")).err().unwrap_or_default();
            assert!(error.contains("is no https:// address"), "{bad}: {error}");
        }
    }
}
