//! SCRAM-SHA-256 against stored verifiers, with a mock exchange for unknown users and a lockout after failures.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pgwire::api::auth::sasl::scram::{
    SCRAM_ITERATIONS, ScramSecret, ScramServerAuth, ScramServerAuthWaitingForClientFinal, gen_salted_password,
};
use rustls::crypto::SecureRandom;
use secrecy::ExposeSecret;

use super::User;
use crate::error::{Report, Result, SqlState};

/// Failures within this time count together.
const WINDOW: Duration = Duration::from_secs(150);
/// As many failures lock out.
const FAILURES: usize = 10;
/// For this long.
const LOCKOUT: Duration = Duration::from_secs(120);
/// The most (user, address) pairs remembered.
const REMEMBERED: usize = 10_000;

/// Makes the verifier of a password: what `password` of `[[users]]` holds.
pub fn scram_verifier(password: &str) -> String {
    let salt: [u8; 16] = random();
    let salted = gen_salted_password(password, &salt, SCRAM_ITERATIONS);
    match ScramSecret::verifier_from_salted_password(salt.to_vec(), salted, SCRAM_ITERATIONS) {
        ScramSecret::Verifier { salt, iterations, stored_key, server_key } => {
            let encode = |bytes: &[u8]| STANDARD.encode(bytes);
            format!("SCRAM-SHA-256${iterations}:{}${}:{}", encode(&salt), encode(&stored_key), encode(&server_key))
        }
        ScramSecret::SaltedPassword { .. } => unreachable!("a verifier was asked for"),
    }
}

/// Returns random bytes from the operating system.
pub(super) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let random: &dyn SecureRandom = rustls::crypto::ring::default_provider().secure_random;
    random.fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// Reads `SCRAM-SHA-256$iterations:salt$stored:server`.
fn parse_verifier(text: &str) -> Option<ScramSecret> {
    let (iterations, rest) = text.trim().strip_prefix("SCRAM-SHA-256$")?.split_once(':')?;
    let (salt, keys) = rest.split_once('$')?;
    let (stored_key, server_key) = keys.split_once(':')?;
    let key = |text: &str| STANDARD.decode(text).ok().filter(|key| key.len() == 32);
    Some(ScramSecret::Verifier {
        salt: STANDARD.decode(salt).ok()?,
        iterations: iterations.parse().ok().filter(|count| (1..=10_000_000).contains(count))?,
        stored_key: key(stored_key)?,
        server_key: key(server_key)?,
    })
}

/// Knows the verifiers and who failed how often.
pub(super) struct Authenticator {
    verifiers: HashMap<String, String>,
    memory: Arc<Memory>,
}

/// What outlives a configuration: a reload must neither open what is locked nor change a salt.
struct Memory {
    /// Makes the salts of unknown users: the same user gets the same salt, and nobody can tell.
    mock: [u8; 32],
    failures: Mutex<HashMap<(String, Option<IpAddr>), Failures>>,
}

#[derive(Default)]
struct Failures {
    times: Vec<Instant>,
    locked_until: Option<Instant>,
}

impl Authenticator {
    pub(super) fn new(users: &[User]) -> Result<Authenticator> {
        let mut verifiers = HashMap::new();
        for user in users {
            if let Some(password) = &user.password {
                let text = password.expose_secret();
                if parse_verifier(text).is_none() {
                    return Err(Report::new(
                        SqlState("F0000"),
                        format!("the password of user \"{}\" is no SCRAM-SHA-256 verifier", user.name),
                    )
                    .hint("Make one with `sluice user hash`."));
                }
                verifiers.insert(user.name.clone(), text.to_owned());
            }
        }
        Ok(Authenticator { verifiers, memory: Arc::new(Memory { mock: random(), failures: Mutex::default() }) })
    }

    /// Goes on with what another one remembers.
    pub(super) fn remember(&mut self, before: &Authenticator) {
        self.memory = before.memory.clone();
    }

    /// Answers the client-first message. Unknown users get a salt and a challenge as well; they fail at the end like a wrong password.
    pub(super) fn first(&self, server: &ScramServerAuth, user: &str, message: &[u8]) -> Result<(String, Exchange)> {
        let known = self.verifiers.get(user).and_then(|text| parse_verifier(text));
        let is_known = known.is_some();
        let secret = known.unwrap_or_else(|| self.mock_secret(user));
        let (answer, waiting) = server.on_client_first_message_with_secret(message, secret).map_err(|_| malformed())?;
        Ok((answer, Exchange { waiting, is_known }))
    }

    fn mock_secret(&self, user: &str) -> ScramSecret {
        let derive = |purpose: &[u8]| {
            let mut hasher = blake3::Hasher::new_keyed(&self.memory.mock);
            hasher.update(purpose).update(user.as_bytes());
            hasher.finalize().as_bytes().to_vec()
        };
        ScramSecret::Verifier {
            salt: derive(b"salt")[..16].to_vec(),
            iterations: SCRAM_ITERATIONS,
            stored_key: derive(b"stored"),
            server_key: derive(b"server"),
        }
    }

    fn with_failures<T>(&self, work: impl FnOnce(&mut HashMap<(String, Option<IpAddr>), Failures>) -> T) -> T {
        work(&mut self.memory.failures.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Refuses a user who failed too often from this address.
    pub(super) fn check(&self, user: &str, address: Option<IpAddr>, now: Instant) -> Result<()> {
        let locked = self.with_failures(|failures| {
            failures.get(&(user.to_owned(), address)).and_then(|failures| failures.locked_until).is_some_and(|until| now < until)
        });
        if locked { Err(wrong_password(user).hint("Too many failures: try again in two minutes.")) } else { Ok(()) }
    }

    /// Takes note of a failure.
    pub(super) fn failed(&self, user: &str, address: Option<IpAddr>, now: Instant) {
        self.with_failures(|failures| {
            if failures.len() >= REMEMBERED {
                failures.retain(|_, failures| {
                    failures.locked_until.is_some_and(|until| now < until)
                        || failures.times.iter().any(|at| now.duration_since(*at) < WINDOW)
                });
            }
            // Under a flood of made-up names the oldest knowledge is not worth more memory.
            if failures.len() >= REMEMBERED {
                failures.clear();
            }
            let entry = failures.entry((user.to_owned(), address)).or_default();
            entry.times.retain(|at| now.duration_since(*at) < WINDOW);
            entry.times.push(now);
            if entry.times.len() >= FAILURES {
                entry.times.clear();
                entry.locked_until = Some(now + LOCKOUT);
            }
        });
    }

    /// Forgets the failures after a success.
    pub(super) fn succeeded(&self, user: &str, address: Option<IpAddr>) {
        self.with_failures(|failures| failures.remove(&(user.to_owned(), address)));
    }
}

/// An exchange that waits for the client's proof.
pub(super) struct Exchange {
    waiting: ScramServerAuthWaitingForClientFinal,
    is_known: bool,
}

impl Exchange {
    /// Checks the proof and returns the server's.
    pub(super) fn last(&self, user: &str, message: &[u8]) -> Result<String> {
        match self.waiting.on_client_final_message(message) {
            Ok(answer) if self.is_known => Ok(answer),
            Ok(_) | Err(_) => Err(wrong_password(user)),
        }
    }
}

/// The one answer to every failed login.
pub(super) fn wrong_password(user: &str) -> Report {
    Report::new(SqlState::INVALID_PASSWORD, format!("password authentication failed for user \"{user}\""))
}

fn malformed() -> Report {
    Report::new(SqlState::PROTOCOL_VIOLATION, "malformed SCRAM message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verifier_reads_back() {
        let text = scram_verifier("secret");
        assert!(text.starts_with("SCRAM-SHA-256$4096:"));
        assert!(parse_verifier(&text).is_some());
        assert_ne!(text, scram_verifier("secret"));
        for bad in ["secret", "SCRAM-SHA-256$4096:x$y:z", "SCRAM-SHA-256$0:AAAA$AAAA:AAAA", "md5abc"] {
            assert!(parse_verifier(bad).is_none());
        }
    }

    #[test]
    fn ten_failures_lock_out_for_two_minutes() {
        let authenticator = Authenticator::new(&[]).unwrap();
        let start = Instant::now();
        for i in 0..10 {
            assert!(authenticator.check("ada", None, start).is_ok(), "{i}");
            authenticator.failed("ada", None, start);
        }
        assert_eq!(authenticator.check("ada", None, start).unwrap_err().sqlstate, SqlState::INVALID_PASSWORD);
        assert!(authenticator.check("bob", None, start).is_ok());
        assert!(authenticator.check("ada", Some(IpAddr::from([127, 0, 0, 1])), start).is_ok());
        assert!(authenticator.check("ada", None, start + LOCKOUT).is_ok());
    }

    #[test]
    fn a_reload_forgets_neither_lockouts_nor_salts() {
        let before = Authenticator::new(&[]).unwrap();
        let now = Instant::now();
        (0..10).for_each(|_| before.failed("ada", None, now));
        let mut after = Authenticator::new(&[]).unwrap();
        let salt = |authenticator: &Authenticator, user: &str| match authenticator.mock_secret(user) {
            ScramSecret::Verifier { salt, .. } => salt,
            ScramSecret::SaltedPassword { .. } => unreachable!("a verifier was asked for"),
        };
        assert_ne!(salt(&after, "nobody"), salt(&before, "nobody"));
        after.remember(&before);
        assert!(after.check("ada", None, now).is_err());
        assert_eq!(salt(&after, "nobody"), salt(&before, "nobody"));
        assert_ne!(salt(&after, "nobody"), salt(&after, "somebody"));
    }

    #[test]
    fn slow_failures_do_not_lock_out() {
        let authenticator = Authenticator::new(&[]).unwrap();
        let start = Instant::now();
        for i in 0..30 {
            authenticator.failed("ada", None, start + Duration::from_secs(20 * i));
        }
        assert!(authenticator.check("ada", None, start + Duration::from_secs(600)).is_ok());
    }
}
