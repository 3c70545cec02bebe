//! Who we are to Google: Application Default Credentials, a key file, workload identity, another account by way of these, a user with an
//! access token, or nobody (emulators).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::Client;
use secrecy::SecretString;
use yup_oauth2::authenticator::{ApplicationDefaultCredentialsTypes, DefaultAuthenticator};

use super::failure::Failure;
use super::impersonate::Impersonated;
use crate::error::{Report, Result, SqlState};
use crate::query::Token;

/// What tokens for BigQuery are good for.
pub const SCOPE: &str = "https://www.googleapis.com/auth/bigquery";
/// What tokens for IAM are good for.
pub const IAM_SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// A source of access tokens.
#[derive(Clone)]
pub enum Credentials {
    /// No credentials: an emulator takes anybody.
    None,
    /// Google's, renewed as needed.
    Google(Box<DefaultAuthenticator>),
    /// A user's own access token, as good as it is.
    User(Token),
    /// Those of another account.
    Impersonated(Arc<Impersonated>),
}

impl Credentials {
    /// Finds the credentials that the setting names: `adc`, `file:PATH`.
    ///
    /// # Errors
    /// 28000 when there are none, or none of a kind that is understood.
    pub async fn find(setting: &str, http: &Client) -> Result<Credentials> {
        if let Some(path) = setting.strip_prefix("file:") {
            return from_file(Path::new(path), http).await;
        }
        if setting != "adc" {
            return Err(bad(format!("backend.bigquery.credentials = \"{setting}\" is not supported"), "Use \"adc\" or \"file:PATH\"."));
        }
        if let Some(path) = std::env::var_os("GOOGLE_APPLICATION_CREDENTIALS").filter(|path| !path.is_empty()) {
            return from_file(Path::new(&path), http).await;
        }
        if let Some(path) = well_known_file().filter(|path| path.is_file()) {
            return from_file(&path, http).await;
        }
        let builder = yup_oauth2::ApplicationDefaultCredentialsAuthenticator::builder(Default::default()).await;
        let built = match builder {
            ApplicationDefaultCredentialsTypes::InstanceMetadata(found) => found.build().await,
            ApplicationDefaultCredentialsTypes::ServiceAccount(found) => found.build().await,
        };
        built.map(|found| Credentials::Google(Box::new(found))).map_err(|_| none())
    }

    /// Returns the credentials of a service account that these may act as. `endpoint` is IAM's address; empty: Google's.
    ///
    /// # Errors
    /// 22023 for an account that cannot be one.
    pub fn acting_as(self, account: &str, http: &Client, endpoint: &str) -> Result<Credentials> {
        match Impersonated::new(http.clone(), endpoint, Arc::new(self), account) {
            Some(found) => Ok(Credentials::Impersonated(Arc::new(found))),
            None => Err(Report::new(
                SqlState::INVALID_PARAMETER_VALUE,
                format!("\"{account}\" is no service account, or iam_endpoint is no address"),
            )
            .hint("Service accounts look like name@project.iam.gserviceaccount.com.")),
        }
    }
}

/// A source of access tokens for a scope.
#[async_trait]
pub trait Tokens: Send + Sync {
    /// Returns a token that is valid now, or `None` where none is needed.
    ///
    /// # Errors
    /// That Google does not give one.
    async fn token(&self, scope: &'static str) -> Result<Option<Arc<SecretString>>, Failure>;
}

#[async_trait]
impl Tokens for Credentials {
    async fn token(&self, scope: &'static str) -> Result<Option<Arc<SecretString>>, Failure> {
        match self {
            Credentials::None => Ok(None),
            Credentials::User(token) => Ok(Some(Arc::new(token.secret().clone()))),
            Credentials::Impersonated(other) => other.token(scope).await.map(Some),
            Credentials::Google(source) => {
                // The cause may hold parts of the key: it is not shown.
                let refused = || Failure { status: 401, reason: "authError".into(), message: none().message };
                let token = source.token(&[scope]).await.map_err(|_| refused())?;
                Ok(Some(Arc::new(SecretString::from(token.token().ok_or_else(refused)?.to_owned()))))
            }
        }
    }
}

async fn from_file(path: &Path, http: &Client) -> Result<Credentials> {
    let shown = path.display();
    let unreadable = |what: String| bad(what, "Run `gcloud auth application-default login`, or name a service account's key file.");
    let text =
        tokio::fs::read_to_string(path).await.map_err(|error| unreadable(format!("cannot read the credentials {shown}: {error}")))?;
    let mut value: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    let kind = value.get("type").and_then(|kind| kind.as_str()).map(str::to_owned);
    // The account behind workload identity, or behind `gcloud auth application-default login --impersonate-service-account`.
    let account = impersonated_account(&value);
    if kind.as_deref() == Some("impersonated_service_account") {
        value = value.get("source_credentials").cloned().unwrap_or_default();
    }
    let source = value.get("type").and_then(|kind| kind.as_str()).map(str::to_owned);
    let text = value.to_string();
    let broken = |_| unreadable(format!("the credentials {shown} cannot be used"));
    let built = match source.as_deref() {
        Some("service_account") => {
            let key = yup_oauth2::parse_service_account_key(&text).map_err(broken)?;
            yup_oauth2::ServiceAccountAuthenticator::builder(key).build().await.map_err(broken)?
        }
        Some("authorized_user") => {
            let secret = serde_json::from_str(&text).map_err(|_| unreadable(format!("the credentials {shown} cannot be used")))?;
            yup_oauth2::AuthorizedUserAuthenticator::builder(secret).build().await.map_err(broken)?
        }
        Some("external_account") => {
            let mut secret: yup_oauth2::external_account::ExternalAccountSecret =
                serde_json::from_str(&text).map_err(|_| unreadable(format!("the credentials {shown} cannot be used")))?;
            secret.service_account_impersonation_url = None;
            yup_oauth2::ExternalAccountAuthenticator::builder(secret).build().await.map_err(broken)?
        }
        Some(other) => return Err(unreadable(format!("the credentials {shown} are of type \"{other}\", which is not supported"))),
        None => return Err(unreadable(format!("the credentials {shown} are not a key file of Google"))),
    };
    let found = Credentials::Google(Box::new(built));
    match account {
        Some(account) => found.acting_as(&account, http, ""),
        None => Ok(found),
    }
}

/// Returns the account in `service_account_impersonation_url`: `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/A:generateAccessToken`.
fn impersonated_account(file: &serde_json::Value) -> Option<String> {
    let url = file.get("service_account_impersonation_url")?.as_str()?;
    let account = url.rsplit('/').next()?.split(':').next()?;
    Some(account.to_owned())
}

/// Where `gcloud auth application-default login` writes.
fn well_known_file() -> Option<PathBuf> {
    let folder = std::env::var_os("CLOUDSDK_CONFIG").map(PathBuf::from);
    let folder = folder.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".config/gcloud")))?;
    Some(folder.join("application_default_credentials.json"))
}

fn bad(what: String, hint: &str) -> Report {
    Report::new(SqlState::INVALID_AUTHORIZATION_SPECIFICATION, what).hint(hint)
}

fn none() -> Report {
    bad(
        "no usable credentials for BigQuery".to_owned(),
        "Run `gcloud auth application-default login`, or set GOOGLE_APPLICATION_CREDENTIALS.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(name: &str, text: &str) -> Result<Credentials> {
        let path = std::env::temp_dir().join(format!("sluice-credentials-{name}-{}.json", std::process::id()));
        std::fs::write(&path, text).unwrap();
        let found = Credentials::find(&format!("file:{}", path.display()), &Client::new()).await;
        std::fs::remove_file(&path).unwrap();
        found
    }

    #[tokio::test]
    async fn bad_credentials_name_the_file_and_not_its_content() {
        let report = read("bad", r#"{"type": "something_else", "secret": "hush"}"#).await.err().unwrap();
        assert_eq!(report.sqlstate, SqlState::INVALID_AUTHORIZATION_SPECIFICATION);
        assert!(report.message.contains("something_else") && !format!("{report:?}").contains("hush"));
        assert!(Credentials::find("file:/nonexistent", &Client::new()).await.err().unwrap().message.contains("/nonexistent"));
        let partial = read("partial", r#"{"type": "external_account", "audience": "hush"}"#).await.err().unwrap();
        assert!(partial.message.contains("cannot be used") && !format!("{partial:?}").contains("hush"));
    }

    #[tokio::test]
    async fn workload_identity_and_impersonation_are_understood() {
        let url = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/bot@p.iam.gserviceaccount.com:generateAccessToken";
        let pool = format!(
            r#"{{"type": "external_account", "audience": "//iam.googleapis.com/x", "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
                "token_url": "https://sts.googleapis.com/v1/token", "credential_source": {{"file": "/var/run/token"}}, "service_account_impersonation_url": "{url}"}}"#
        );
        assert!(matches!(read("pool", &pool).await, Ok(Credentials::Impersonated(_))));
        let bare = pool.replace(&format!(r#", "service_account_impersonation_url": "{url}""#), "");
        assert!(matches!(read("bare", &bare).await, Ok(Credentials::Google(_))));
        let user = r#"{"type": "authorized_user", "client_id": "a", "client_secret": "b", "refresh_token": "c"}"#;
        let gcloud = format!(
            r#"{{"type": "impersonated_service_account", "source_credentials": {user}, "service_account_impersonation_url": "{url}"}}"#
        );
        assert!(matches!(read("gcloud", &gcloud).await, Ok(Credentials::Impersonated(_))));
        assert!(Credentials::None.acting_as("no such/../account", &Client::new(), "").is_err());
    }
}
