//! Errors of calls and jobs: how they are told, and what may be done about them. What clients read is the business of `reasons`.

use std::time::Duration;

use serde::Deserialize;

use super::lenient::or_default;

/// The status of a failure that a good answer tells of: the call went well, the job did not.
const TOLD: u16 = 200;

/// An error of a call or of a job: BigQuery's reason and message (REST reference, "Error messages").
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Failure {
    /// The HTTP status; 0 when no answer came, 200 for the failure of a job.
    #[serde(skip, default = "told")]
    pub status: u16,
    /// `invalidQuery`, `notFound`, ...
    #[serde(default, deserialize_with = "or_default")]
    pub reason: String,
    /// The text for people.
    #[serde(default, deserialize_with = "or_default")]
    pub message: String,
}

fn told() -> u16 {
    TOLD
}

impl Failure {
    /// Makes the failure of a call that was never answered.
    pub fn unanswered(what: &str) -> Failure {
        Failure { status: 0, reason: String::new(), message: what.to_owned() }
    }

    /// Makes the failure of a call that is not made, because so many failed before it.
    pub fn left_alone(wait: Duration) -> Failure {
        Failure { status: TOLD, reason: LEFT_ALONE.into(), message: format!("next trial in {} s", wait.as_secs() + 1) }
    }

    /// Makes the failure of a call whose answer is no JSON, or not what was asked for. One that breaks off is asked for again.
    pub fn unreadable(error: &serde_json::Error) -> Failure {
        let status = if error.is_eof() { 0 } else { TOLD };
        Failure { status, reason: UNREADABLE.into(), message: format!("an answer that cannot be read: {error}") }
    }

    /// Makes the failure of a service account that cannot be used; what IAM said is not for the client.
    pub fn not_impersonated(said: &Failure) -> Failure {
        if said.is_transient() {
            return Failure { message: "IAM gives no token".into(), ..said.clone() };
        }
        Failure { status: said.status, reason: NOT_IMPERSONATED.into(), message: "the service account of the role cannot be used".into() }
    }

    /// Makes the failure of a list whose pages never end.
    pub fn endless_list() -> Failure {
        Failure { status: TOLD, reason: UNREADABLE.into(), message: "a list that leads back to the same page".into() }
    }

    /// Reads an error body; a body that is not BigQuery's (a proxy's page) leaves only the status.
    pub fn of_answer(status: u16, body: &[u8]) -> Failure {
        #[derive(Deserialize)]
        struct Body {
            error: Inner,
        }
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Inner {
            Whole {
                #[serde(default, deserialize_with = "or_default")]
                message: String,
                #[serde(default, deserialize_with = "or_default")]
                status: String,
                #[serde(default, deserialize_with = "or_default")]
                errors: Vec<Failure>,
            },
            Text(String),
        }
        match serde_json::from_slice::<Body>(body).map(|body| body.error) {
            Ok(Inner::Whole { message, status: canonical, errors }) => {
                let first = errors.into_iter().next().unwrap_or_default();
                let reason = if first.reason.is_empty() { reason_of(&canonical).to_owned() } else { first.reason };
                let message = if first.message.is_empty() { message } else { first.message };
                Failure { status, reason, message }
            }
            Ok(Inner::Text(message)) => Failure { status, reason: String::new(), message },
            Err(_) => Failure { status, reason: String::new(), message: format!("HTTP status {status}") },
        }
    }

    /// Tells whether the call may succeed when it is made again.
    pub fn is_transient(&self) -> bool {
        let busy = matches!(self.status, 0 | 408 | 429 | 500 | 502 | 503 | 504);
        let passing = matches!(self.reason.as_str(), "rateLimitExceeded" | "backendError" | "internalError");
        (busy || passing) && self.status != TOLD && self.reason != "quotaExceeded"
    }

    /// Tells whether a call that failed so may have been carried out all the same.
    pub fn is_unsure(&self) -> bool {
        matches!(self.status, 0 | 408 | 500 | 502 | 503 | 504) || self.reason == UNREADABLE
    }

    /// Tells whether another job with the same text may succeed where this one failed.
    pub fn is_worth_another_job(&self) -> bool {
        matches!(
            self.reason.as_str(),
            "backendError" | "internalError" | "rateLimitExceeded" | "jobBackendError" | "jobInternalError" | "jobRateLimitExceeded"
        )
    }

    /// Tells whether it is the job that failed, not a call about it.
    pub fn is_of_the_job(&self) -> bool {
        (self.status == TOLD && !matches!(self.reason.as_str(), LEFT_ALONE | UNREADABLE)) || self.reason.starts_with("job")
    }

    /// Tells whether the query itself is what BigQuery refuses: it bills nothing for that.
    pub fn is_of_the_query(&self) -> bool {
        matches!(self.reason.as_str(), "invalidQuery" | "invalid" | "bytesBilledLimitExceeded" | "resourcesExceeded")
    }

    /// Tells whether a job that ended so may have been billed: failed ones are not, stopped ones are.
    pub fn may_cost(&self) -> bool {
        matches!(self.reason.as_str(), "stopped" | "timeout" | "")
    }
}

// Reasons of our own.
pub(super) const LEFT_ALONE: &str = "leftAlone";
pub(super) const UNREADABLE: &str = "unreadable";
pub(super) const NOT_IMPERSONATED: &str = "notImpersonated";
/// BigQuery does not take the access token of the user that asks.
pub(super) const USER_TOKEN: &str = "userToken";

/// The reason for a canonical status, where an answer has only that.
fn reason_of(canonical: &str) -> &'static str {
    match canonical {
        "NOT_FOUND" => "notFound",
        "PERMISSION_DENIED" => "accessDenied",
        "INVALID_ARGUMENT" | "FAILED_PRECONDITION" | "OUT_OF_RANGE" => "invalid",
        "ALREADY_EXISTS" => "duplicate",
        "RESOURCE_EXHAUSTED" => "rateLimitExceeded",
        "UNIMPLEMENTED" => "notImplemented",
        "UNAVAILABLE" => "backendError",
        "INTERNAL" => "internalError",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_of_every_make_are_read() {
        let read = |status, body: &str| Failure::of_answer(status, body.as_bytes());
        let newer = read(404, r#"{"error": {"code": 404, "message": "Not found: Table p:d.t", "status": "NOT_FOUND"}}"#);
        assert_eq!((newer.reason.as_str(), newer.report().sqlstate.0), ("notFound", "42P01"));
        assert_eq!(read(403, r#"{"error": {"code": 403, "message": "no", "errors": null}}"#).report().sqlstate.0, "42501");
        assert_eq!(read(400, r#"{"error": "nonsense"}"#).message, "nonsense");
        let of_a_job: Failure = serde_json::from_str(r#"{"reason": "backendError", "message": "x", "location": null}"#).unwrap();
        assert!(of_a_job.is_of_the_job() && of_a_job.is_worth_another_job() && !of_a_job.is_transient());
        let unnamed: Failure = serde_json::from_str(r#"{"message": "something"}"#).unwrap();
        assert_eq!(unnamed.report().sqlstate.0, "58000");
    }

    #[test]
    fn what_may_be_tried_again() {
        let failure = |status, reason: &str| Failure { status, reason: reason.into(), message: String::new() };
        assert!(failure(503, "backendError").is_transient());
        assert!(failure(0, "").is_transient());
        assert!(failure(403, "rateLimitExceeded").is_transient());
        assert!(!failure(403, "quotaExceeded").is_transient());
        assert!(!failure(429, "quotaExceeded").is_transient());
        assert!(!failure(400, "invalidQuery").is_transient());
        let page = Failure::of_answer(502, b"<html>Bad Gateway</html>");
        assert!(page.is_transient() && page.message == "HTTP status 502");
    }
}
