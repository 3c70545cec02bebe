//! Who we are to Google: Application Default Credentials, a key file, a user with an access token, or nobody (emulators).

use std::path::{Path, PathBuf};

use secrecy::SecretString;
use yup_oauth2::authenticator::{ApplicationDefaultCredentialsTypes, DefaultAuthenticator};

use crate::error::{Report, Result, SqlState};
use crate::query::Token;

const SCOPES: [&str; 1] = ["https://www.googleapis.com/auth/bigquery"];

/// A source of access tokens.
#[derive(Clone)]
pub enum Credentials {
    /// No credentials: an emulator takes anybody.
    None,
    /// Google's, renewed as needed.
    Google(Box<DefaultAuthenticator>),
    /// A user's own access token, as good as it is.
    User(Token),
}

impl Credentials {
    /// Finds the credentials that the setting names: `adc`, `file:PATH`.
    ///
    /// # Errors
    /// 28000 when there are none, or none of a kind that is understood.
    pub async fn find(setting: &str) -> Result<Credentials> {
        if let Some(path) = setting.strip_prefix("file:") {
            return from_file(Path::new(path)).await;
        }
        if setting != "adc" {
            return Err(bad(format!("backend.bigquery.credentials = \"{setting}\" is not supported"), "Use \"adc\" or \"file:PATH\"."));
        }
        if let Some(path) = std::env::var_os("GOOGLE_APPLICATION_CREDENTIALS").filter(|path| !path.is_empty()) {
            return from_file(Path::new(&path)).await;
        }
        if let Some(path) = well_known_file().filter(|path| path.is_file()) {
            return from_file(&path).await;
        }
        let builder = yup_oauth2::ApplicationDefaultCredentialsAuthenticator::builder(Default::default()).await;
        let built = match builder {
            ApplicationDefaultCredentialsTypes::InstanceMetadata(found) => found.build().await,
            ApplicationDefaultCredentialsTypes::ServiceAccount(found) => found.build().await,
        };
        built.map(|found| Credentials::Google(Box::new(found))).map_err(|_| none())
    }

    /// Returns a token that is valid now, or `None` where none is needed.
    ///
    /// # Errors
    /// 28000 when Google does not give one.
    pub async fn token(&self) -> Result<Option<SecretString>> {
        let source = match self {
            Credentials::None => return Ok(None),
            Credentials::User(token) => return Ok(Some(token.secret().clone())),
            Credentials::Google(source) => source,
        };
        // The cause may hold parts of the key: it is not shown.
        let token = source.token(&SCOPES).await.map_err(|_| none())?;
        Ok(Some(SecretString::from(token.token().ok_or_else(none)?.to_owned())))
    }
}

async fn from_file(path: &Path) -> Result<Credentials> {
    let shown = path.display();
    let unreadable = |what: String| bad(what, "Run `gcloud auth application-default login`, or name a service account's key file.");
    let text =
        tokio::fs::read_to_string(path).await.map_err(|error| unreadable(format!("cannot read the credentials {shown}: {error}")))?;
    let kind = serde_json::from_str::<serde_json::Value>(&text).ok().and_then(|value| Some(value.get("type")?.as_str()?.to_owned()));
    let broken = |_| unreadable(format!("the credentials {shown} cannot be used"));
    let built = match kind.as_deref() {
        Some("service_account") => {
            let key = yup_oauth2::parse_service_account_key(&text).map_err(broken)?;
            yup_oauth2::ServiceAccountAuthenticator::builder(key).build().await.map_err(broken)?
        }
        Some("authorized_user") => {
            let secret = serde_json::from_str(&text).map_err(|_| unreadable(format!("the credentials {shown} cannot be used")))?;
            yup_oauth2::AuthorizedUserAuthenticator::builder(secret).build().await.map_err(broken)?
        }
        Some(other) => return Err(unreadable(format!("the credentials {shown} are of type \"{other}\", which is not supported"))),
        None => return Err(unreadable(format!("the credentials {shown} are not a key file of Google"))),
    };
    Ok(Credentials::Google(Box::new(built)))
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

    #[tokio::test]
    async fn bad_credentials_name_the_file_and_not_its_content() {
        let path = std::env::temp_dir().join(format!("sluice-credentials-{}.json", std::process::id()));
        std::fs::write(&path, r#"{"type": "external_account", "secret": "hush"}"#).unwrap();
        let report = Credentials::find(&format!("file:{}", path.display())).await.err().unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(report.sqlstate, SqlState::INVALID_AUTHORIZATION_SPECIFICATION);
        assert!(report.message.contains("external_account") && !format!("{report:?}").contains("hush"));
        assert!(Credentials::find("file:/nonexistent").await.err().unwrap().message.contains("/nonexistent"));
    }
}
