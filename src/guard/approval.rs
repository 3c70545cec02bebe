//! Approvals: one query of one user, once, within fifteen minutes.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::price::Usd;
use super::settings::ApprovalSettings;
use crate::error::{Report, Result, SqlState};
use crate::query::Principal;

/// Requests held at most; beyond it the oldest is forgotten.
const REQUESTS_MAX: usize = 1000;

/// What an approval is bound to: a hash over canonical query, parameters and principal. The price is compared beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Subject(pub [u8; 32]);

impl Subject {
    /// Binds to a query, its parameters (any injective text of them) and who asks.
    pub fn of(canonical: &str, parameters: &str, principal: &Principal) -> Subject {
        let mut hash = blake3::Hasher::new();
        for part in [canonical, parameters, &principal.user, &principal.role] {
            hash.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
            hash.update(part.as_bytes());
        }
        Subject(*hash.finalize().as_bytes())
    }
}

#[derive(Clone, Debug)]
struct Request {
    subject: Subject,
    user: String,
    price: Usd,
    asked: Instant,
    approved: bool,
}

impl Request {
    /// Tells whether this request speaks of the query at its present price: a tenth more than what was approved is the same bucket.
    fn covers(&self, subject: Subject, price: Usd) -> bool {
        self.subject == subject && u128::from(price.0) * 10 <= u128::from(self.price.0) * 11
    }
}

/// Every request that waits for a yes, or for its query after one.
#[derive(Debug, Default)]
pub struct Approvals {
    requests: Mutex<HashMap<String, Request>>,
}

/// An approval taken for a query that is about to run; give it back when the query could not start.
#[derive(Debug)]
pub struct Taken {
    id: String,
    request: Request,
}

impl Approvals {
    /// Takes the approval of this query, if there is one: it is used up by this.
    pub fn take(&self, subject: Subject, price: Usd, settings: &ApprovalSettings) -> Option<Taken> {
        let mut requests = self.current(settings);
        let id = requests.iter().find(|(_, request)| request.approved && request.covers(subject, price)).map(|(id, _)| id.clone())?;
        let request = requests.remove(&id)?;
        Some(Taken { id, request })
    }

    /// Puts an approval back whose query did not start.
    pub fn give_back(&self, taken: Taken) {
        self.lock().insert(taken.id, taken.request);
    }

    /// Returns the id under which this query waits for a yes; asking again keeps the id.
    pub fn ask(&self, subject: Subject, price: Usd, principal: &Principal, settings: &ApprovalSettings) -> String {
        let mut requests = self.current(settings);
        if let Some((id, _)) = requests.iter().find(|(_, request)| !request.approved && request.covers(subject, price)) {
            return id.clone();
        }
        if requests.len() >= REQUESTS_MAX
            && let Some(oldest) = requests.iter().min_by_key(|(_, request)| request.asked).map(|(id, _)| id.clone())
        {
            requests.remove(&oldest);
        }
        let id = fresh_id(&requests);
        requests.insert(id.clone(), Request { subject, user: principal.user.clone(), price, asked: Instant::now(), approved: false });
        id
    }

    /// Approves a request; returns the sentence for the approver.
    ///
    /// # Errors
    /// 42501 for those who may not, 42704 for an id that is unknown, expired or used.
    pub fn approve(&self, id: &str, by: &Principal, settings: &ApprovalSettings) -> Result<String> {
        check_approver(by, settings)?;
        let mut requests = self.current(settings);
        let request = requests.get_mut(id).ok_or_else(|| unknown(id))?;
        request.approved = true;
        // The clock starts anew: the fifteen minutes are for the one who asked.
        request.asked = Instant::now();
        Ok(format!("approved: {} of user {} may run once within {}", request.price, request.user, minutes(settings)))
    }

    /// Denies a request, approved or not; returns the sentence for the approver.
    ///
    /// # Errors
    /// As [`Approvals::approve`].
    pub fn deny(&self, id: &str, by: &Principal, settings: &ApprovalSettings) -> Result<String> {
        check_approver(by, settings)?;
        let request = self.current(settings).remove(id).ok_or_else(|| unknown(id))?;
        Ok(format!("denied: {} of user {}", request.price, request.user))
    }

    /// Returns (id, user, price, approved) of every request: the relation `sluice.approvals`.
    pub fn list(&self, settings: &ApprovalSettings) -> Vec<(String, String, Usd, bool)> {
        let requests = self.current(settings);
        let mut rows: Vec<_> =
            requests.iter().map(|(id, request)| (id.clone(), request.user.clone(), request.price, request.approved)).collect();
        rows.sort();
        rows
    }

    fn current(&self, settings: &ApprovalSettings) -> MutexGuard<'_, HashMap<String, Request>> {
        let mut requests = self.lock();
        requests.retain(|_, request| request.asked.elapsed() < settings.ttl);
        requests
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Request>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Prints how long an approval stays good.
pub fn minutes(settings: &ApprovalSettings) -> String {
    let seconds = settings.ttl.as_secs();
    if seconds >= 60 && seconds.is_multiple_of(60) { format!("{} min", seconds / 60) } else { format!("{seconds} s") }
}

/// Tells whether somebody is an approver.
pub fn may_decide(by: &Principal, settings: &ApprovalSettings) -> bool {
    by.admin || settings.approvers.iter().any(|name| *name == by.user || *name == by.role)
}

fn check_approver(by: &Principal, settings: &ApprovalSettings) -> Result<()> {
    if may_decide(by, settings) {
        return Ok(());
    }
    Err(Report::new(SqlState::INSUFFICIENT_PRIVILEGE, "only an approver may decide about queries")
        .hint("Ask an admin, or a user or role listed in guard.approval.approvers."))
}

fn unknown(id: &str) -> Report {
    Report::new(SqlState::UNDEFINED_OBJECT, format!("there is no approval request \"{id}\""))
        .hint("It may have expired, or its query has run already: each approval is good for one run.")
}

/// Returns an unused id, as short as can be: four hex digits, more when many requests wait.
fn fresh_id(taken: &HashMap<String, Request>) -> String {
    let mut digits = 4;
    loop {
        // The hasher's keys come from the system's randomness, new ones on each call.
        let random = RandomState::new().hash_one(Instant::now());
        let id = format!("{random:016x}")[..digits].to_owned();
        if !taken.contains_key(&id) {
            return id;
        }
        digits = (digits + 1).min(16);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::sql::fixtures::principal;

    fn admin() -> Principal {
        Principal { admin: true, ..principal("root") }
    }

    fn settings() -> ApprovalSettings {
        ApprovalSettings::default()
    }

    #[test]
    fn an_approval_is_good_for_one_run() {
        let (approvals, subject) = (Approvals::default(), Subject::of("SELECT 1", "", &principal("ann")));
        let id = approvals.ask(subject, Usd(100), &principal("ann"), &settings());
        assert!(approvals.take(subject, Usd(100), &settings()).is_none(), "nobody has said yes");
        approvals.approve(&id, &admin(), &settings()).expect("an admin may");
        assert!(approvals.take(subject, Usd(100), &settings()).is_some());
        assert!(approvals.take(subject, Usd(100), &settings()).is_none(), "used up");
        assert_eq!(approvals.approve(&id, &admin(), &settings()).expect_err("gone").sqlstate, SqlState::UNDEFINED_OBJECT);
    }

    #[test]
    fn it_is_bound_to_query_parameters_user_and_price() {
        let (approvals, subject) = (Approvals::default(), Subject::of("SELECT $1", "1", &principal("ann")));
        let id = approvals.ask(subject, Usd(100), &principal("ann"), &settings());
        approvals.approve(&id, &admin(), &settings()).expect("an admin may");
        for other in [
            Subject::of("SELECT $2", "1", &principal("ann")),
            Subject::of("SELECT $1", "2", &principal("ann")),
            Subject::of("SELECT $1", "1", &principal("bob")),
        ] {
            assert!(approvals.take(other, Usd(100), &settings()).is_none());
        }
        assert!(approvals.take(subject, Usd(111), &settings()).is_none(), "a tenth more is the most");
        let taken = approvals.take(subject, Usd(110), &settings()).expect("the same bucket");
        approvals.give_back(taken);
        assert!(approvals.take(subject, Usd(100), &settings()).is_some());
    }

    #[test]
    fn asking_twice_keeps_the_id() {
        let (approvals, subject) = (Approvals::default(), Subject::of("SELECT 1", "", &principal("ann")));
        let id = approvals.ask(subject, Usd(100), &principal("ann"), &settings());
        assert_eq!(id.len(), 4);
        assert_eq!(approvals.ask(subject, Usd(100), &principal("ann"), &settings()), id);
    }

    #[test]
    fn only_approvers_decide() {
        let (approvals, subject) = (Approvals::default(), Subject::of("SELECT 1", "", &principal("ann")));
        let id = approvals.ask(subject, Usd(100), &principal("ann"), &settings());
        assert_eq!(
            approvals.approve(&id, &principal("ann"), &settings()).expect_err("no admin").sqlstate,
            SqlState::INSUFFICIENT_PRIVILEGE
        );
        let listed = ApprovalSettings { approvers: vec!["boss".into()], ..settings() };
        assert!(approvals.approve(&id, &principal("boss"), &listed).is_ok());
        assert!(approvals.deny(&id, &admin(), &settings()).is_ok());
        assert!(approvals.take(subject, Usd(100), &settings()).is_none());
    }

    #[test]
    fn requests_expire() {
        let (approvals, subject) = (Approvals::default(), Subject::of("SELECT 1", "", &principal("ann")));
        let short = ApprovalSettings { ttl: Duration::ZERO, ..settings() };
        let id = approvals.ask(subject, Usd(100), &principal("ann"), &settings());
        assert!(approvals.approve(&id, &admin(), &short).is_err());
    }
}
