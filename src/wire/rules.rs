//! `[[auth.rules]]`: who may come from where to which database, and how they prove it. As in PostgreSQL's pg_hba.conf the first rule that
//! fits a connection decides, and a connection that no rule fits is refused (PostgreSQL, chapter "Client Authentication").

use std::net::IpAddr;

use super::{IdentityMap, Method};
use crate::error::{Report, SqlState};

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Which connections.
    pub transport: Transport,
    /// To which databases.
    pub databases: Vec<Database>,
    /// Of which users.
    pub users: Vec<Who>,
    /// From which addresses; without a meaning for [`Transport::Local`].
    pub addresses: Vec<Addresses>,
    /// How they prove who they are.
    pub method: Method,
    /// What identities of certificates and tokens are called here; without one their own names count.
    pub map: Option<IdentityMap>,
}

/// `type` of a rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// TCP, encrypted or not: `host`.
    #[default]
    Tcp,
    /// TCP with TLS: `hostssl`.
    Encrypted,
    /// TCP without TLS: `hostnossl`.
    Clear,
    /// A socket of this machine's file system: `local`.
    Local,
}

/// `database` of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    /// Every one: `all`.
    All,
    /// The one with the user's name: `sameuser`.
    SameUser,
    /// This one.
    Named(String),
}

/// `user` of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Everybody: `all`.
    All,
    /// Whoever has this role: `+role`.
    Role(String),
    /// This user.
    Named(String),
}

/// `address` of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addresses {
    /// Every one: `all`.
    All,
    /// This machine's own, 127.0.0.0/8 and ::1: `loopback`.
    Loopback,
    /// Those that begin with the same bits: `10.0.0.0/8`, `fd00::/8`, or one alone.
    Network(IpAddr, u8),
}

/// A connection, as rules see it.
pub(super) struct Visit<'a> {
    /// Who the client says it is.
    pub(super) user: &'a str,
    /// The role of that user; of a user that nobody knows, its name.
    pub(super) role: &'a str,
    /// Where it wants to go.
    pub(super) database: &'a str,
    /// Where it comes from; `None` for a socket of the file system.
    pub(super) address: Option<IpAddr>,
    /// Whether it encrypts.
    pub(super) encrypted: bool,
}

impl Database {
    /// Reads a name.
    pub fn of(text: &str) -> Database {
        match text {
            "all" => Database::All,
            "sameuser" => Database::SameUser,
            name => Database::Named(name.to_owned()),
        }
    }

    fn fits(&self, visit: &Visit<'_>) -> bool {
        match self {
            Database::All => true,
            Database::SameUser => visit.database == visit.user,
            Database::Named(name) => visit.database == name,
        }
    }
}

impl Who {
    /// Reads a name.
    pub fn of(text: &str) -> Who {
        match (text, text.strip_prefix('+')) {
            ("all", _) => Who::All,
            (_, Some(role)) => Who::Role(role.to_owned()),
            (name, None) => Who::Named(name.to_owned()),
        }
    }

    fn fits(&self, visit: &Visit<'_>) -> bool {
        match self {
            Who::All => true,
            Who::Role(role) => visit.role == role,
            Who::Named(name) => visit.user == name,
        }
    }
}

impl Addresses {
    /// Reads `all`, `loopback`, an address, or one with the number of bits that count.
    ///
    /// # Errors
    /// A sentence about what is wrong.
    pub fn of(text: &str) -> Result<Addresses, String> {
        match text {
            "all" => return Ok(Addresses::All),
            "loopback" => return Ok(Addresses::Loopback),
            "samehost" | "samenet" => {
                return Err(format!("\"{text}\" is not available; write \"loopback\", or the network as in 10.0.0.0/8"));
            }
            _ => {}
        }
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let wrong = || format!("\"{text}\" is no address; write \"all\", \"loopback\", or one as in 10.0.0.0/8, fd00::/8, 192.0.2.7");
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), |bits| bits.parse().map_err(|_| wrong()))?;
        if bits > most {
            return Err(format!("\"{text}\" counts {bits} bits of an address that has {most}"));
        }
        Ok(Addresses::Network(address, bits))
    }

    /// Tells whether all of them are loopback addresses.
    pub fn is_loopback(self) -> bool {
        match self {
            Addresses::All => false,
            Addresses::Loopback => true,
            Addresses::Network(IpAddr::V4(address), bits) => address.is_loopback() && bits >= 8,
            Addresses::Network(IpAddr::V6(address), bits) => address.is_loopback() && bits == 128,
        }
    }

    fn holds(self, address: IpAddr) -> bool {
        // What comes over IPv4 to a socket of both families is an IPv4 address.
        let address = address.to_canonical();
        match self {
            Addresses::All => true,
            Addresses::Loopback => address.is_loopback(),
            Addresses::Network(base, bits) => match (base, address) {
                (IpAddr::V4(base), IpAddr::V4(address)) => {
                    u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0) & (base.to_bits() ^ address.to_bits()) == 0
                }
                (IpAddr::V6(base), IpAddr::V6(address)) => {
                    u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0) & (base.to_bits() ^ address.to_bits()) == 0
                }
                _ => false,
            },
        }
    }
}

impl Rule {
    fn fits(&self, visit: &Visit<'_>) -> bool {
        let transport = match (self.transport, visit.address) {
            (Transport::Local, address) => address.is_none(),
            (_, None) => false,
            (Transport::Tcp, Some(_)) => true,
            (Transport::Encrypted, Some(_)) => visit.encrypted,
            (Transport::Clear, Some(_)) => !visit.encrypted,
        };
        transport
            && visit.address.is_none_or(|address| self.addresses.iter().any(|addresses| addresses.holds(address)))
            && self.databases.iter().any(|database| database.fits(visit))
            && self.users.iter().any(|who| who.fits(visit))
    }
}

impl Visit<'_> {
    /// Finds the rule that decides.
    pub(super) fn rule<'r>(&self, rules: &'r [Rule]) -> Result<&'r Rule, Report> {
        match rules.iter().find(|rule| rule.fits(self)) {
            Some(rule) if rule.method == Method::Reject => Err(self.refused("a rule of auth.rules rejects the connection")),
            Some(rule) => Ok(rule),
            None => Err(self.refused("no rule of auth.rules")),
        }
    }

    /// PostgreSQL's sentence about pg_hba.conf, about our rules.
    fn refused(&self, what: &str) -> Report {
        let host = self.address.map_or_else(|| "[local]".to_owned(), |address| address.to_canonical().to_string());
        let encryption = if self.encrypted { "SSL encryption" } else { "no encryption" };
        let (user, database) = (self.user, self.database);
        let message = format!("{what} for host \"{host}\", user \"{user}\", database \"{database}\", {encryption}");
        Report::new(SqlState::INVALID_AUTHORIZATION_SPECIFICATION, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(transport: Transport, database: &str, user: &str, address: &str, method: Method) -> Rule {
        Rule {
            transport,
            databases: vec![Database::of(database)],
            users: vec![Who::of(user)],
            addresses: vec![Addresses::of(address).unwrap()],
            method,
            map: None,
        }
    }

    fn decided(rules: &[Rule], user: &str, database: &str, address: &str, encrypted: bool) -> Result<Method, String> {
        let role = if user == "ann" { "analyst" } else { user };
        let visit = Visit { user, role, database, address: address.parse().ok(), encrypted };
        visit.rule(rules).map(|rule| rule.method).map_err(|report| report.message)
    }

    #[test]
    fn the_first_rule_that_fits_decides() {
        let rules = [
            rule(Transport::Tcp, "all", "mallory", "all", Method::Reject),
            rule(Transport::Tcp, "all", "all", "loopback", Method::Trust),
            rule(Transport::Encrypted, "shop", "+analyst", "10.0.0.0/8", Method::Cert),
            rule(Transport::Encrypted, "sameuser", "all", "10.1.0.0/16", Method::OAuth),
            rule(Transport::Clear, "all", "all", "fd00::/8", Method::Scram),
        ];
        for (user, database, address, encrypted, method) in [
            ("bob", "shop", "127.0.0.1", false, Method::Trust),
            ("bob", "shop", "127.9.9.9", true, Method::Trust),
            ("bob", "shop", "::1", false, Method::Trust),
            ("ann", "shop", "10.255.0.1", true, Method::Cert),
            ("ann", "shop", "::ffff:10.0.0.1", true, Method::Cert),
            ("bob", "bob", "10.1.255.255", true, Method::OAuth),
            ("bob", "shop", "fdff::1", false, Method::Scram),
        ] {
            assert_eq!(decided(&rules, user, database, address, encrypted), Ok(method), "{user} {database} {address} {encrypted}");
        }
        for (user, database, address, encrypted, told) in [
            ("mallory", "shop", "127.0.0.1", false, "a rule of auth.rules rejects the connection for host \"127.0.0.1\", user \"mallory\""),
            (
                "ann",
                "shop",
                "10.0.0.1",
                false,
                "no rule of auth.rules for host \"10.0.0.1\", user \"ann\", database \"shop\", no encryption",
            ),
            ("ann", "lab", "10.0.0.1", true, "no rule of auth.rules for host \"10.0.0.1\", user \"ann\", database \"lab\", SSL encryption"),
            ("bob", "bob", "10.2.0.0", true, "no rule of auth.rules"),
            ("bob", "shop", "fe00::1", false, "no rule of auth.rules"),
            ("bob", "shop", "fdff::1", true, "no rule of auth.rules"),
            ("bob", "shop", "nowhere", false, "no rule of auth.rules for host \"[local]\""),
        ] {
            let error = decided(&rules, user, database, address, encrypted).unwrap_err();
            assert!(error.starts_with(told), "{error}");
        }
    }

    #[test]
    fn addresses_are_read_or_refused() {
        for (text, inside, outside) in [
            ("0.0.0.0/0", "255.255.255.255", "::2"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.8"),
            ("10.9.8.7/8", "10.0.0.0", "11.0.0.0"),
            ("10.0.0.0/31", "10.0.0.1", "10.0.0.2"),
            ("::/0", "fe80::1", "10.0.0.0"),
            ("2001:db8::/33", "2001:db8:7fff::", "2001:db8:8000::"),
        ] {
            let addresses = Addresses::of(text).unwrap();
            assert!(addresses.holds(inside.parse().unwrap()), "{text} {inside}");
            assert!(!addresses.holds(outside.parse().unwrap()), "{text} {outside}");
        }
        for (text, told) in [
            ("10.0.0.0/33", "counts 33 bits of an address that has 32"),
            ("10.0.0/8", "is no address"),
            ("10.0.0.0/", "is no address"),
            ("example.com", "is no address"),
            ("samenet", "is not available"),
            ("", "is no address"),
        ] {
            let error = Addresses::of(text).unwrap_err();
            assert!(error.contains(told), "{error}");
        }
    }

    #[test]
    fn networks_of_loopback_addresses_are_known() {
        for (text, loopback) in
            [("loopback", true), ("127.0.0.1", true), ("127.0.0.0/8", true), ("127.0.0.0/7", false), ("::1", true), ("::1/127", false)]
        {
            assert_eq!(Addresses::of(text).unwrap().is_loopback(), loopback, "{text}");
        }
        assert!(!Addresses::All.is_loopback());
    }
}
