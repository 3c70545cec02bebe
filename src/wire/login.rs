//! Who a client is: what the rules ask for, and the proof.

use std::net::IpAddr;
use std::time::Instant;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::frame::violation;
use super::oauth::{self, Known};
use super::rules::Visit;
use super::tls::Encryption;
use super::{Gate, IdentityMap, Method, Stream, User, frame, message};
use crate::error::{Report, Result, SqlState};
use crate::query::Principal;

/// The largest message before authentication.
const UNAUTHENTICATED_BYTES: usize = 8 * 1024;

/// A client that has said who it wants to be.
pub(super) struct Caller<'a> {
    /// The user.
    pub(super) user: &'a str,
    /// The database.
    pub(super) database: &'a str,
    /// Where the client is; `None` for a socket of the file system.
    pub(super) address: Option<IpAddr>,
    /// How it encrypts.
    pub(super) encryption: Option<&'a Encryption>,
}

/// What a client has to show.
struct Demand<'a> {
    method: Method,
    map: Option<&'a IdentityMap>,
}

/// Lets a client prove who it is.
pub(super) async fn authenticate(
    gate: &Gate,
    stream: &mut Box<dyn Stream>,
    caller: &Caller<'_>,
    out: &mut BytesMut,
) -> Result<Principal, Option<Report>> {
    let user = caller.user;
    let known = gate.settings.users.iter().find(|known| known.name == user);
    let demand = demand(gate, caller, known)?;
    let proof = match demand.method {
        Method::Trust => return Ok(trusted(gate, caller, known)?),
        Method::Reject => return Err(Some(refused(format!("user \"{user}\" is rejected")))),
        Method::Cert => {
            certified(caller, &demand)?;
            None
        }
        Method::Scram => {
            gate.authenticator.check(user, caller.address, Instant::now())?;
            let proved = scram(gate, stream, caller, out).await;
            if let Err(Some(report)) = &proved
                && report.sqlstate == SqlState::INVALID_PASSWORD
            {
                gate.authenticator.failed(user, caller.address, Instant::now());
            }
            proved?;
            None
        }
        Method::OAuth | Method::OAuthBearer => {
            gate.authenticator.check(user, caller.address, Instant::now())?;
            Some(bearer(gate, stream, caller, &demand, known, out).await?)
        }
    };
    if matches!(demand.method, Method::Scram | Method::OAuth | Method::OAuthBearer) {
        gate.authenticator.succeeded(user, caller.address);
    }
    let known = known.ok_or_else(|| refused(format!("role \"{user}\" does not exist")))?;
    if known.own_identity && proof.is_none() {
        return Err(Some(
            refused(format!("user \"{user}\" has to log in with an OAuth access token"))
                .detail("Queries of this user run with the user's own credentials ([[users]] identity = \"token\")."),
        ));
    }
    Ok(Principal {
        user: user.to_owned(),
        role: role(known).to_owned(),
        admin: known.admin,
        token: proof.filter(|_| known.own_identity).map(|proof| proof.token),
    })
}

fn refused(message: String) -> Report {
    Report::new(SqlState::INVALID_AUTHORIZATION_SPECIFICATION, message)
}

fn role(known: &User) -> &str {
    known.role.as_deref().unwrap_or(&known.name)
}

/// Returns what the first rule that fits asks for; without rules, `auth.method`.
fn demand<'a>(gate: &'a Gate, caller: &Caller<'_>, known: Option<&User>) -> Result<Demand<'a>> {
    if gate.settings.rules.is_empty() {
        return Ok(Demand { method: gate.settings.method, map: None });
    }
    let visit = Visit {
        user: caller.user,
        role: known.map_or(caller.user, role),
        database: caller.database,
        address: caller.address,
        encrypted: caller.encryption.is_some(),
    };
    let rule = visit.rule(&gate.settings.rules)?;
    Ok(Demand { method: rule.method, map: rule.map.as_ref() })
}

fn trusted(gate: &Gate, caller: &Caller<'_>, known: Option<&User>) -> Result<Principal> {
    if caller.address.is_some_and(|address| !address.to_canonical().is_loopback()) {
        return Err(refused("auth.method = \"trust\" is for loopback addresses only".to_owned()));
    }
    let user = caller.user;
    let (role, admin) = match (known, &gate.settings.guest) {
        (Some(known), _) if known.own_identity => {
            return Err(refused(format!("user \"{user}\" has to log in with an OAuth access token")));
        }
        (Some(known), _) => (&known.role, known.admin),
        (None, Some(guest)) => (&guest.role, guest.admin),
        (None, None) => return Err(refused(format!("role \"{user}\" does not exist"))),
    };
    Ok(Principal { user: user.to_owned(), role: role.clone().unwrap_or_else(|| user.to_owned()), admin, token: None })
}

/// Checks that the client's certificate, which TLS has verified, is this user's.
fn certified(caller: &Caller<'_>, demand: &Demand<'_>) -> Result<()> {
    let Some(certificate) = caller.encryption.and_then(|encryption| encryption.certificate.as_ref()) else {
        return Err(refused("connection requires a valid client certificate".to_owned()));
    };
    let name = certificate.common_name.as_deref();
    let called = name.and_then(|name| demand.map.map_or(Some(name), |map| map.get(name).map(String::as_str)));
    if called == Some(caller.user) {
        Ok(())
    } else {
        Err(refused(format!("certificate authentication failed for user \"{}\"", caller.user)))
    }
}

async fn scram(gate: &Gate, stream: &mut Box<dyn Stream>, caller: &Caller<'_>, out: &mut BytesMut) -> Result<(), Option<Report>> {
    let user = caller.user;
    let bound = caller.encryption.and_then(|encryption| encryption.bound.clone());
    let mechanisms: &[&str] = if bound.is_some() { &["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"] } else { &["SCRAM-SHA-256"] };
    message::sasl(out, mechanisms);
    let first = exchange(stream, out).await?;
    let (mechanism, data) = initial(&first, mechanisms)?;
    // The plain mechanism over TLS may say that it could have bound (`y`), which only the bound server refuses; and a bound message
    // needs the mechanism that says so.
    if (mechanism == "SCRAM-SHA-256-PLUS") != data.starts_with(b"p=") {
        return Err(Some(violation("malformed SCRAM message")));
    }
    let server = bound.unwrap_or_default();
    let (challenge, waiting) = gate.authenticator.first(&server, user, data)?;
    message::sasl_continue(out, &challenge);
    let last = exchange(stream, out).await?;
    let proof = waiting.last(user, &last)?;
    message::sasl_final(out, &proof);
    Ok(())
}

/// Takes an access token, as the password or by SASL, and asks whose it is.
async fn bearer(
    gate: &Gate,
    stream: &mut Box<dyn Stream>,
    caller: &Caller<'_>,
    demand: &Demand<'_>,
    known: Option<&User>,
    out: &mut BytesMut,
) -> Result<Known, Option<Report>> {
    let user = caller.user;
    let Some(introspector) = &gate.introspector else { return Err(Some(Report::internal("a rule asks for tokens without [auth.oauth]"))) };
    if caller.encryption.is_none() && caller.address.is_some_and(|address| !address.to_canonical().is_loopback()) {
        return Err(Some(refused("an access token is taken over TLS only".to_owned()).hint("Connect with sslmode=require.")));
    }
    let sasl = demand.method == Method::OAuthBearer;
    let sent = if sasl {
        message::sasl(out, &[oauth::MECHANISM]);
        let first = exchange(stream, out).await?;
        let (_, data) = initial(&first, &[oauth::MECHANISM])?;
        oauth::bearer(data)?
    } else {
        message::cleartext_password(out);
        let sent = exchange(stream, out).await?;
        let (text, end) = sent.split_at(sent.len().saturating_sub(1));
        if end != b"\0" || text.contains(&0) {
            return Err(Some(violation("invalid password packet size")));
        }
        Some(frame::utf8(text)?.to_owned().into())
    };
    // A client without a token asks where to get one: that is no guess.
    if let Some(token) = sent {
        let checked = introspector.check(token).await?;
        if let Some(checked) = checked.filter(|checked| is_user(&checked.email, user, known, demand.map)) {
            return Ok(checked);
        }
        gate.authenticator.failed(user, caller.address, Instant::now());
    }
    if sasl {
        // The client learns where tokens come from; what it answers then says nothing (RFC 7628, section 3.2.3).
        message::sasl_continue(out, &introspector.challenge());
        exchange(stream, out).await?;
    }
    Err(Some(refused(format!("OAuth bearer authentication failed for user \"{user}\""))))
}

/// Tells whether an e-mail address is this user's: by the map, or else by the user's own entry.
fn is_user(email: &str, user: &str, known: Option<&User>, map: Option<&IdentityMap>) -> bool {
    match (map, known) {
        (Some(map), _) => map.iter().any(|(name, called)| name.eq_ignore_ascii_case(email) && called == user),
        (None, Some(known)) => known.email.as_deref().unwrap_or(&known.name).eq_ignore_ascii_case(email),
        (None, None) => false,
    }
}

/// Splits a SASLInitialResponse: the mechanism, which must be one of those on offer, and its data.
pub(super) fn initial<'a>(first: &'a [u8], mechanisms: &[&str]) -> Result<(&'a str, &'a [u8])> {
    // Mechanism, zero, length, data.
    let end = first.iter().position(|byte| *byte == 0).ok_or_else(|| violation("invalid SASL initial response"))?;
    let (mechanism, rest) = (frame::utf8(&first[..end])?, &first[end + 1..]);
    if !mechanisms.contains(&mechanism) {
        return Err(violation("client selected an invalid SASL authentication mechanism"));
    }
    let (length, data) = rest.split_at_checked(4).ok_or_else(|| violation("invalid SASL initial response"))?;
    if i32::from_be_bytes([length[0], length[1], length[2], length[3]]) != i32::try_from(data.len()).unwrap_or(-1) {
        return Err(violation("invalid SASL initial response"));
    }
    Ok((mechanism, data))
}

/// Sends what is written, and reads one message of type `p`.
async fn exchange(stream: &mut Box<dyn Stream>, out: &mut BytesMut) -> Result<Vec<u8>, Option<Report>> {
    stream.write_all(out).await.map_err(|_| None)?;
    stream.flush().await.map_err(|_| None)?;
    out.clear();
    let mut head = [0; 5];
    stream.read_exact(&mut head).await.map_err(|_| None)?;
    if head[0] != b'p' {
        return Err(Some(violation(format!("expected SASL response, got message type {}", head[0]))));
    }
    let size = frame::size(&head, UNAUTHENTICATED_BYTES, "before authentication")?.unwrap_or(5);
    let mut body = vec![0; size - 5];
    stream.read_exact(&mut body).await.map_err(|_| None)?;
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_belongs_to_the_user_that_the_map_or_the_entry_says() {
        let user = |name: &str, email: Option<&str>| User {
            name: name.into(),
            password: None,
            role: None,
            admin: false,
            email: email.map(Into::into),
            own_identity: false,
        };
        let (ann, bob) = (user("ann", Some("ann@example.com")), user("bob@example.com", None));
        let map = IdentityMap::from([("eve@example.com".to_owned(), "ann".to_owned())]);
        assert!(is_user("Ann@Example.com", "ann", Some(&ann), None));
        assert!(is_user("bob@example.com", "bob@example.com", Some(&bob), None));
        assert!(is_user("eve@example.com", "ann", Some(&ann), Some(&map)));
        assert!(!is_user("ann@example.com", "ann", Some(&ann), Some(&map)), "with a map, only what it names counts");
        assert!(!is_user("bob@example.com", "ann", Some(&ann), None));
        assert!(!is_user("ann", "ann", Some(&ann), None));
        assert!(!is_user("x@example.com", "x@example.com", None, None));
    }
}
