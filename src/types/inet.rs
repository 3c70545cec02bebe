//! Addresses of type inet, kept as their output text (network.c).

use std::net::IpAddr;

use crate::error::{Report, Result, SqlState};

/// An address and how many of its bits are the network's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inet {
    /// The address.
    pub address: IpAddr,
    /// The length of the network's prefix.
    pub bits: u8,
}

/// Reads `192.168.1.5`, `192.168.1.5/24`, `::1/64`.
///
/// # Errors
/// 22P02 for anything else.
pub fn read(text: &str) -> Result<Inet> {
    let wrong = || Report::new(SqlState::INVALID_TEXT_REPRESENTATION, format!("invalid input syntax for type inet: \"{text}\""));
    let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
    // Of an address with a prefix, octets at the end may be left out where the prefix does not reach them.
    let octets = address.split('.').count();
    let short = bits.is_some() && octets < 4 && !address.contains(':');
    let padded = if short { format!("{address}{}", ".0".repeat(4 - octets)) } else { address.to_owned() };
    let address: IpAddr = padded.parse().map_err(|_| wrong())?;
    let limit = if address.is_ipv4() { 32 } else { 128 };
    let bits = match bits {
        None => limit,
        Some(bits) if bits.bytes().all(|digit| digit.is_ascii_digit()) => {
            bits.parse().ok().filter(|bits| *bits <= limit && (!short || usize::from(*bits) <= 8 * octets)).ok_or_else(wrong)?
        }
        Some(_) => return Err(wrong()),
    };
    Ok(Inet { address, bits })
}

impl Inet {
    fn limit(self) -> u8 {
        if self.address.is_ipv4() { 32 } else { 128 }
    }

    /// 4 or 6.
    pub fn family(self) -> i64 {
        if self.address.is_ipv4() { 4 } else { 6 }
    }

    /// The output text: the prefix only where it is not the whole address.
    pub fn shown(self) -> String {
        if self.bits == self.limit() { self.address.to_string() } else { self.with_bits() }
    }

    /// The text with the prefix, as `text(inet)` gives it.
    pub fn with_bits(self) -> String {
        format!("{}/{}", self.address, self.bits)
    }

    fn octets(self) -> Vec<u8> {
        match self.address {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().to_vec(),
        }
    }

    fn made(self, octets: &[u8]) -> Inet {
        let address = match (<[u8; 4]>::try_from(octets), <[u8; 16]>::try_from(octets)) {
            (Ok(octets), _) => IpAddr::from(octets),
            (_, Ok(octets)) => IpAddr::from(octets),
            _ => self.address,
        };
        Inet { address, ..self }
    }

    /// The mask of the first bits in one octet.
    fn mask(bits: u8, octet: usize) -> u8 {
        let before = u8::try_from(8 * octet).unwrap_or(u8::MAX);
        match bits.saturating_sub(before) {
            8.. => 0xff,
            some => !(0xff_u8.checked_shr(some.into()).unwrap_or(0)),
        }
    }

    /// The address with its host bits off.
    pub fn network(self) -> Inet {
        let octets: Vec<u8> = self.octets().iter().enumerate().map(|(i, octet)| octet & Inet::mask(self.bits, i)).collect();
        self.made(&octets)
    }

    /// The address with its host bits on.
    pub fn broadcast(self) -> Inet {
        let octets: Vec<u8> = self.octets().iter().enumerate().map(|(i, octet)| octet | !Inet::mask(self.bits, i)).collect();
        self.made(&octets)
    }

    /// The mask of the network.
    pub fn netmask(self) -> Inet {
        let octets: Vec<u8> = (0..self.octets().len()).map(|i| Inet::mask(self.bits, i)).collect();
        Inet { bits: self.limit(), ..self.made(&octets) }
    }

    /// Tells whether the network of this address holds another: `>>=`; `>>` wants fewer bits, too.
    pub fn holds(self, other: Inet, strictly: bool) -> bool {
        let bits = self.bits;
        let fewer = if strictly { bits < other.bits } else { bits <= other.bits };
        fewer && self.family() == other.family() && self.network().address == Inet { bits, ..other }.network().address
    }

    /// A text that compares as the addresses do: family, network, prefix, address (`network_cmp`).
    pub fn key(self) -> String {
        let hex = |inet: Inet| inet.octets().iter().map(|octet| format!("{octet:02x}")).collect::<String>();
        format!("{}{}{:02x}{}", self.family(), hex(self.network()), self.bits, hex(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_their_networks() {
        let inet = |text: &str| read(text).expect("an address");
        assert_eq!(inet("192.168.1.5/24").network().with_bits(), "192.168.1.0/24");
        assert_eq!(inet("192.168.1.5/24").broadcast().shown(), "192.168.1.255/24");
        assert_eq!(inet("192.168.1.5/20").netmask().shown(), "255.255.240.0");
        assert_eq!(inet("10.0.0.1/32").shown(), "10.0.0.1");
        assert_eq!(inet("FE80::1/64").shown(), "fe80::1/64");
        assert!(inet("10.0.0.0/8").holds(inet("10.1.2.3"), true) && !inet("10.0.0.0/8").holds(inet("11.1.2.3"), false));
        assert!(inet("10.0.0.1").key() < inet("10.0.0.2").key() && inet("10.0.0.0/8").key() < inet("10.0.0.0/16").key());
        for wrong in ["300.0.0.1", "10.1", "10.0.0.1/33", "10.0.0.1/+8", "x"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
