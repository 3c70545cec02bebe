//! Who may connect, and how: `[tls]`, `[auth]`, `[[auth.rules]]`, `[[users]]`.

use std::collections::BTreeMap;
use std::time::Duration;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::config::schema::{self, Shape};
use crate::config::units::Span;

section! {
    /// `[tls]`: TLS for PostgreSQL clients.
    Tls {
        /// `off`, `prefer` (offered when a certificate is given) or `require`.
        mode: String = "prefer".into(),
        /// The certificate chain, PEM.
        cert: String = String::new(),
        /// The private key, PEM.
        key: String = String::new(),
        /// The authorities that sign clients' certificates, PEM.
        client_ca: String = String::new(),
        /// `off`, `optional`, or `required`: whether clients show a certificate that one of them has signed.
        client_certificate: String = "off".into(),
        /// How often the files are looked at: new ones serve new connections. 0s: at a reload only.
        reload_every: Span = Span(Duration::from_secs(10)),
    }
}

section! {
    /// `[auth.oauth]`: OAuth access tokens, for rules with the methods oauth and oauthbearer.
    OAuth {
        /// Is asked whose a token is: Google's tokeninfo, or what answers like it.
        introspection_url: String = "https://oauth2.googleapis.com/tokeninfo".into(),
        /// The client ids whose tokens are taken; `["*"]` takes those of every application.
        audience: Vec<String> = Vec::new(),
        /// Where clients that come without a token are sent (oauthbearer).
        issuer: String = "https://accounts.google.com".into(),
        /// What they ask for there.
        scope: String = "openid email https://www.googleapis.com/auth/bigquery".into(),
        /// The longest that the endpoint may take.
        timeout: Span = Span(Duration::from_secs(5)),
        /// How long an answer is good for; never longer than its token.
        cache_ttl: Span = Span(Duration::from_secs(300)),
    }
}

section! {
    /// `[auth]`: Who may connect.
    Auth {
        /// `scram-sha-256`, or `trust` (loopback only); for servers without `[[auth.rules]]`.
        method: String = "scram-sha-256".into(),
        /// A TOML file of `[[users]]`, beside those of this file.
        users_file: String = String::new(),
        /// The first rule that fits a connection decides how it is authenticated; without any, `auth.method` does.
        rules: Vec<AuthRule> = Vec::new(),
        /// OAuth access tokens.
        oauth: OAuth = OAuth::default(),
    }
}

/// `[[auth.rules]]`: a line of PostgreSQL's pg_hba.conf.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AuthRule {
    /// `host`, `hostssl` or `hostnossl`.
    #[serde(rename = "type", default = "host")]
    pub kind: String,
    /// Databases; `all`, `sameuser`.
    #[serde(default)]
    pub database: Names,
    /// Users; `all`, `+role`.
    #[serde(default)]
    pub user: Names,
    /// Addresses: `all`, `loopback`, 10.0.0.0/8.
    #[serde(default)]
    pub address: Names,
    /// `scram-sha-256`, `trust`, `cert`, `oauth`, `oauthbearer` or `reject`.
    pub method: String,
    /// What a certificate's common name or a token's e-mail address is called here; names that are not in it are nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub map: Option<BTreeMap<String, String>>,
}

fn host() -> String {
    "host".into()
}

/// One name or a list of them.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(untagged, expecting = "a name or a list of names")]
pub enum Names {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Names {
    /// Returns them all.
    pub fn list(&self) -> &[String] {
        match self {
            Names::One(name) => std::slice::from_ref(name),
            Names::Many(names) => names,
        }
    }
}

impl Default for Names {
    fn default() -> Names {
        Names::One("all".into())
    }
}

impl Shape for Vec<AuthRule> {
    fn shape() -> serde_json::Value {
        schema::auth_rules()
    }
}

/// `[[users]]`: one login.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The login name.
    pub name: String,
    /// A SCRAM verifier as `sluice user hash` prints it, or a password in clear (refused unless the file is private).
    #[serde(default, skip_serializing)]
    pub password: Option<SecretString>,
    /// The role that limits and policy go by; the user's name if absent.
    #[serde(default)]
    pub role: Option<String>,
    /// May approve, flush, pause.
    #[serde(default)]
    pub admin: bool,
    /// `shared` (the default): queries run as the server's own identity. `token`: with the user's own OAuth token.
    #[serde(default)]
    pub identity: Option<String>,
    /// The address that OAuth knows the user by; the name if absent.
    #[serde(default)]
    pub email: Option<String>,
}
