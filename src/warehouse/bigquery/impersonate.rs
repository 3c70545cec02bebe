//! Acting as a service account: short-lived tokens from IAM's `generateAccessToken`, kept and renewed before they end
//! (Google Cloud, "Create short-lived credentials for a service account").

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use reqwest::{Client, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::credentials::{IAM_SCOPE, Tokens};
use super::failure::Failure;

/// Google's address for tokens.
const GOOGLE: &str = "https://iamcredentials.googleapis.com";
/// How long a token is asked to live.
const LIFETIME: &str = "3600s";
/// A token is renewed when less than this is left of it, or than a quarter of its life.
const AHEAD: Duration = Duration::from_secs(300);
/// How long IAM may take.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Another identity, by way of our own.
pub struct Impersonated {
    base: Arc<dyn Tokens>,
    account: String,
    url: Url,
    http: Client,
    /// By scope.
    held: Mutex<HashMap<&'static str, Held>>,
    /// Held by the one who renews: the others go on with the token that is still good, or wait.
    renewing: tokio::sync::Mutex<()>,
}

#[derive(Clone)]
struct Held {
    token: Arc<SecretString>,
    renew: Instant,
    ends: Instant,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    access_token: SecretString,
    expire_time: String,
}

impl Impersonated {
    /// Makes the identity; asks for nothing yet. `None` for an endpoint or account that makes no address.
    pub fn new(http: Client, endpoint: &str, base: Arc<dyn Tokens>, account: &str) -> Option<Impersonated> {
        let endpoint = if endpoint.is_empty() { GOOGLE } else { endpoint.trim_end_matches('/') };
        let fit = !account.is_empty() && account.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"@.-_".contains(&byte));
        let url = fit.then(|| Url::parse(&format!("{endpoint}/v1/projects/-/serviceAccounts/{account}:generateAccessToken")).ok())??;
        let account = account.to_owned();
        Some(Impersonated { base, account, url, http, held: Mutex::default(), renewing: tokio::sync::Mutex::default() })
    }

    /// Returns a token that is valid now.
    ///
    /// # Errors
    /// What IAM says, or that it does not answer.
    pub async fn token(&self, scope: &'static str) -> Result<Arc<SecretString>, Failure> {
        let held = self.held(scope);
        if let Some(held) = &held {
            if held.renew > Instant::now() {
                return Ok(held.token.clone());
            }
            if held.ends > Instant::now() {
                let Ok(_renewing) = self.renewing.try_lock() else { return Ok(held.token.clone()) };
                return Ok(self.renew(scope).await.unwrap_or_else(|_| held.token.clone()));
            }
        }
        let _renewing = self.renewing.lock().await;
        match self.held(scope).filter(|held| held.ends > Instant::now()) {
            Some(held) => Ok(held.token),
            None => self.renew(scope).await,
        }
    }

    async fn renew(&self, scope: &'static str) -> Result<Arc<SecretString>, Failure> {
        let body = serde_json::json!({ "scope": [scope], "lifetime": LIFETIME });
        let mut request = self.http.post(self.url.clone()).json(&body).timeout(TIMEOUT);
        if let Some(token) = self.base.token(IAM_SCOPE).await? {
            request = request.bearer_auth(token.expose_secret());
        }
        let answer = request.send().await.map_err(|_| Failure::unanswered("IAM gives no token: no answer"))?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(|_| Failure::unanswered("IAM gives no token: the connection broke"))?;
        if !status.is_success() {
            // The body may name accounts: it is for the operator, not for the client.
            let said = Failure::of_answer(status.as_u16(), &body);
            tracing::warn!(account = %self.account, status = status.as_u16(), reason = %said.reason, "no token for the service account");
            return Err(Failure::not_impersonated(&said));
        }
        let Answer { access_token, expire_time } =
            serde_json::from_slice(&body).map_err(|_| Failure::unanswered("IAM gives no token: it cannot be read"))?;
        let (now, life) = (Instant::now(), life_until(&expire_time));
        let held = Held { token: Arc::new(access_token), renew: now + life - AHEAD.min(life / 4), ends: now + life };
        self.held.lock().unwrap_or_else(PoisonError::into_inner).insert(scope, held.clone());
        Ok(held.token)
    }

    fn held(&self, scope: &str) -> Option<Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).get(scope).cloned()
    }
}

/// Returns how long it is until a moment that IAM names; nothing for one that cannot be read.
fn life_until(moment: &str) -> Duration {
    let moment = DateTime::parse_from_rfc3339(moment).map(|moment| moment.with_timezone(&Utc));
    moment.ok().and_then(|moment| (moment - Utc::now()).to_std().ok()).unwrap_or_default()
}
