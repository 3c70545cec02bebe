//! OAuth access tokens: how a client sends one (RFC 7628), and whose it is: the introspection endpoint is asked, Google's tokeninfo or one
//! that speaks like it.

use std::time::{Duration, Instant};

use moka::sync::Cache;
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use tracing::warn;

use super::frame::{self, violation};
use crate::error::{Report, Result, SqlState};
use crate::query::Token;

/// The name of the SASL mechanism.
pub(super) const MECHANISM: &str = "OAUTHBEARER";
/// Ends each part of its messages.
const SEPARATOR: u8 = 1;
/// The largest answer that is read.
const ANSWER_BYTES: usize = 64 * 1024;
/// The most tokens whose owners are remembered.
const REMEMBERED: u64 = 10_000;

/// `[auth.oauth]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where is asked whose a token is.
    pub introspection_url: Url,
    /// Told to clients that come without a token.
    pub issuer: String,
    /// The same.
    pub scope: String,
    /// The client ids whose tokens are taken; `None`: those of every application.
    pub audience: Option<Vec<String>>,
    /// How long an answer may take.
    pub timeout: Duration,
    /// How long an answer is good for; never longer than its token.
    pub cache_ttl: Duration,
}

/// A token whose owner is known.
#[derive(Clone, Debug)]
pub(super) struct Known {
    /// The owner.
    pub(super) email: String,
    /// The token.
    pub(super) token: Token,
}

/// Asks whose tokens are.
pub(super) struct Introspector {
    settings: Settings,
    http: Client,
    known: Cache<blake3::Hash, Known>,
}

/// What the endpoint says. Google writes numbers and truth values as text.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Answer {
    active: Option<Loose>,
    email: Option<String>,
    email_verified: Option<Loose>,
    aud: Option<Audience>,
    azp: Option<String>,
    expires_in: Option<Loose>,
    exp: Option<Loose>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Loose {
    Bool(bool),
    Number(f64),
    Text(String),
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Loose {
    fn is_true(&self) -> bool {
        match self {
            Loose::Bool(value) => *value,
            Loose::Number(_) => false,
            Loose::Text(text) => text == "true",
        }
    }

    fn seconds(&self) -> Option<f64> {
        let seconds = match self {
            Loose::Bool(_) => None,
            Loose::Number(number) => Some(*number),
            Loose::Text(text) => text.parse().ok(),
        };
        seconds.filter(|seconds: &f64| seconds.is_finite())
    }
}

impl Introspector {
    pub(super) fn new(settings: Settings) -> Result<Introspector> {
        let mut http = Client::builder().redirect(Policy::none()).timeout(settings.timeout).connect_timeout(settings.timeout);
        if is_here(&settings.introspection_url) {
            http = http.no_proxy(); // a proxy's idea of this machine is another one
        }
        let http = http
            .user_agent(concat!("sluice/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| Report::internal(format!("cannot make an HTTP client: {error}")))?;
        let known = Cache::builder().max_capacity(REMEMBERED).time_to_live(settings.cache_ttl).build();
        Ok(Introspector { settings, http, known })
    }

    /// Finds a token's owner; `None` for a token that is not good, or not for us.
    ///
    /// # Errors
    /// 58000 when nobody can be asked.
    pub(super) async fn check(&self, token: SecretString) -> Result<Option<Known>> {
        if !is_token(token.expose_secret()) {
            return Ok(None);
        }
        let key = blake3::hash(token.expose_secret().as_bytes());
        if let Some(known) = self.known.get(&key).filter(|known| !known.token.is_expired()) {
            return Ok(Some(known));
        }
        let Some(answer) = self.ask(&token).await? else { return Ok(None) };
        let Some((email, left)) = self.accepted(answer) else { return Ok(None) };
        let known = Known { email, token: Token::new(token, Instant::now() + left) };
        self.known.insert(key, known.clone());
        Ok(Some(known))
    }

    /// Asks the endpoint; `None` when it does not know the token. The token travels in the body: addresses end up in logs.
    async fn ask(&self, token: &SecretString) -> Result<Option<Answer>> {
        let unavailable = |why: &str| {
            warn!(why, "the OAuth introspection endpoint does not answer (auth.oauth.introspection_url)");
            Report::new(SqlState::SYSTEM_ERROR, "the access token cannot be checked now").hint("Try again in a moment.")
        };
        let lost = |error: reqwest::Error| unavailable(if error.is_timeout() { "timeout" } else { "no connection" });
        let request = self.http.post(self.settings.introspection_url.clone()).form(&[("access_token", token.expose_secret())]);
        let mut response = request.send().await.map_err(lost)?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => return Ok(None),
            status => return Err(unavailable(&format!("HTTP status {}", status.as_u16()))),
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(lost)? {
            if body.len() + chunk.len() > ANSWER_BYTES {
                return Err(unavailable("an answer that is too long"));
            }
            body.extend_from_slice(&chunk);
        }
        serde_json::from_slice(&body).map(Some).map_err(|_| unavailable("an answer that cannot be read"))
    }

    /// Returns the owner and the time left of a token that is good and meant for us.
    fn accepted(&self, answer: Answer) -> Option<(String, Duration)> {
        let said = |value: Option<&Loose>| value.is_none_or(Loose::is_true);
        if !said(answer.active.as_ref()) || !said(answer.email_verified.as_ref()) {
            return None;
        }
        if let Some(wanted) = &self.settings.audience {
            let audience = answer.aud.map_or_else(Vec::new, |audience| match audience {
                Audience::One(one) => vec![one],
                Audience::Many(many) => many,
            });
            // A token that another application got for its own use must not open this door.
            if !audience.iter().chain(&answer.azp).any(|found| wanted.contains(found)) {
                return None;
            }
        }
        let left = match (&answer.expires_in, &answer.exp) {
            (Some(seconds), _) => seconds.seconds()?,
            #[allow(clippy::cast_precision_loss, reason = "seconds of the calendar are exact in a double")]
            (None, Some(moment)) => moment.seconds()? - chrono::Utc::now().timestamp() as f64,
            (None, None) => return None,
        };
        // A year at most: what is longer is no time left, but a mistake.
        let left = Duration::try_from_secs_f64(left.min(31_536_000.0)).ok().filter(|left| !left.is_zero())?;
        Some((answer.email.filter(|email| !email.is_empty())?, left))
    }

    /// Returns what a client is told whose token is not taken: where to get another.
    pub(super) fn challenge(&self) -> String {
        let Settings { issuer, scope, .. } = &self.settings;
        let mut told = json!({ "status": "invalid_token", "scope": scope });
        if !issuer.is_empty() {
            told["openid-configuration"] = json!(format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/')));
        }
        told.to_string()
    }
}

/// Tells whether an address is on this machine.
pub fn is_here(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Tells whether a text has the form of a bearer token (RFC 6750, section 2.1).
fn is_token(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    !body.is_empty() && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte))
}

/// Reads the client's first message (RFC 7628, section 3.1): the token, or `None` from a client that asks where to get one.
pub(super) fn bearer(message: &[u8]) -> Result<Option<SecretString>> {
    let malformed = || violation("malformed OAUTHBEARER message");
    let text = frame::utf8(message)?;
    // No channel binding, and no other identity than that of the startup packet.
    let pairs = text.strip_prefix("n,,").or_else(|| text.strip_prefix("y,,")).ok_or_else(malformed)?;
    let separator = char::from(SEPARATOR);
    let pairs = pairs.strip_prefix(separator).and_then(|pairs| pairs.strip_suffix(separator)).ok_or_else(malformed)?;
    let mut found = None;
    for pair in pairs.split_terminator(separator) {
        let (name, value) = pair.split_once('=').ok_or_else(malformed)?;
        if name == "auth" && found.replace(value).is_some() {
            return Err(malformed());
        }
    }
    let value = found.ok_or_else(malformed)?;
    if value.is_empty() {
        return Ok(None);
    }
    let (scheme, token) = value.split_once(' ').ok_or_else(malformed)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(malformed());
    }
    Ok(Some(token.trim_start_matches(' ').to_owned().into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn introspector(audience: Option<&[&str]>) -> Introspector {
        Introspector::new(Settings {
            introspection_url: "http://127.0.0.1:1/".parse().unwrap(),
            issuer: "https://accounts.example.com/".into(),
            scope: "email".into(),
            audience: audience.map(|names| names.iter().map(|name| (*name).to_owned()).collect()),
            timeout: Duration::from_secs(1),
            cache_ttl: Duration::from_secs(60),
        })
        .unwrap()
    }

    #[test]
    fn a_bearer_message_is_read_strictly() {
        let read = |text: &str| bearer(text.as_bytes()).map(|token| token.map(|token| token.expose_secret().to_owned()));
        assert_eq!(read("n,,\x01auth=Bearer abc.def\x01\x01"), Ok(Some("abc.def".into())));
        assert_eq!(read("y,,\x01host=h\x01port=1\x01auth=bearer  abc==\x01\x01"), Ok(Some("abc==".into())));
        assert_eq!(read("n,,\x01auth=\x01\x01"), Ok(None));
        for bad in [
            "",
            "n,,",
            "n,,\x01",
            "n,,\x01\x01",
            "n,a=ann,\x01auth=Bearer x\x01\x01",
            "p=tls-unique,,\x01auth=Bearer x\x01\x01",
            "n,,\x01auth=Bearer x\x01auth=Bearer y\x01\x01",
            "n,,\x01auth=Basic x\x01\x01",
            "n,,\x01auth=Bearer\x01\x01",
            "n,,\x01nothing\x01\x01",
        ] {
            assert_eq!(read(bad).unwrap_err().sqlstate, SqlState::PROTOCOL_VIOLATION, "{bad:?}");
        }
    }

    #[test]
    fn only_a_good_token_meant_for_us_is_accepted() {
        let answer = |text: &str| serde_json::from_str::<Answer>(text).unwrap();
        let ours = introspector(Some(&["ours"]));
        let google = r#"{"azp": "x", "aud": "ours", "scope": "email", "exp": "1", "expires_in": "3599", "email": "a@b.c", "email_verified": "true"}"#;
        assert_eq!(ours.accepted(answer(google)), Some(("a@b.c".into(), Duration::from_secs(3599))));
        let later = chrono::Utc::now().timestamp() + 100;
        let rfc7662 = format!(r#"{{"active": true, "aud": ["theirs", "ours"], "exp": {later}, "email": "a@b.c"}}"#);
        let (_, left) = ours.accepted(answer(&rfc7662)).unwrap();
        assert!((98..=100).contains(&left.as_secs()), "{left:?}");
        for bad in [
            r#"{}"#,
            r#"{"aud": "theirs", "expires_in": 10, "email": "a@b.c"}"#,
            r#"{"aud": "ours", "email": "a@b.c"}"#,
            r#"{"aud": "ours", "expires_in": 0, "email": "a@b.c"}"#,
            r#"{"aud": "ours", "expires_in": -5, "email": "a@b.c"}"#,
            r#"{"aud": "ours", "exp": 1000, "email": "a@b.c"}"#,
            r#"{"aud": "ours", "expires_in": "NaN", "email": "a@b.c"}"#,
            r#"{"aud": "ours", "expires_in": 10}"#,
            r#"{"aud": "ours", "expires_in": 10, "email": ""}"#,
            r#"{"aud": "ours", "expires_in": 10, "email": "a@b.c", "email_verified": "false"}"#,
            r#"{"aud": "ours", "expires_in": 10, "email": "a@b.c", "active": false}"#,
        ] {
            assert_eq!(ours.accepted(answer(bad)), None, "{bad}");
        }
        assert!(introspector(None).accepted(answer(r#"{"aud": "theirs", "expires_in": 10, "email": "a@b.c"}"#)).is_some());
    }

    #[test]
    fn what_is_no_token_is_never_sent_anywhere() {
        for bad in ["", "=", "two words", "ab\u{e9}", "a&access_token=b"] {
            assert!(!is_token(bad), "{bad}");
        }
        assert!(is_token("ya29.a0Af_B-x~y+z/w=="));
    }

    #[test]
    fn a_refused_client_learns_where_tokens_come_from() {
        let told = r#"{"status":"invalid_token","scope":"email","openid-configuration":"https://accounts.example.com/.well-known/openid-configuration"}"#;
        assert_eq!(introspector(None).challenge(), told);
    }
}
