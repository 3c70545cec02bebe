//! Durations (`50ms`, `30s`, `5m`, `24h`, `7d`) and sizes (`8MiB`, `10MB`, plain bytes) as people write them.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A duration in a configuration file; a plain number means seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Span(pub Duration);

/// A number of bytes in a configuration file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Size(pub u64);

/// Reads `5m`.
///
/// # Errors
/// A sentence about what was expected.
pub fn parse_span(text: &str) -> Result<Duration, String> {
    let (number, unit) = split(text);
    let seconds = match unit {
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" | "" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3_600.0,
        "d" => 86_400.0,
        _ => return Err(format!("`{text}` is not a duration; write for example 50ms, 30s, 5m, 24h or 7d")),
    };
    let number: f64 = number.parse().map_err(|_| format!("`{text}` is not a duration; write for example 50ms, 30s, 5m, 24h or 7d"))?;
    Duration::try_from_secs_f64(number * seconds).map_err(|_| format!("`{text}` is not a possible duration"))
}

/// Reads `8MiB`.
///
/// # Errors
/// A sentence about what was expected.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let (number, unit) = split(text);
    let bytes: u64 = match unit {
        "" | "B" => 1,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "TB" => 1_000_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1 << 40,
        _ => return Err(format!("`{text}` is not a size; write for example 8MiB, 1GiB or a number of bytes")),
    };
    let wrong = || format!("`{text}` is not a size; write for example 8MiB, 1GiB or a number of bytes");
    if let Ok(whole) = number.parse::<u64>() {
        return whole.checked_mul(bytes).ok_or_else(wrong);
    }
    let number: f64 = number.parse().map_err(|_| wrong())?;
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a size as people write it
    Ok((number * bytes as f64) as u64)
}

fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    (&text[..end], text[end..].trim())
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Span, D::Error> {
        match NumberOrText::deserialize(deserializer)? {
            NumberOrText::Number(seconds) => Ok(Span(Duration::from_secs(seconds))),
            NumberOrText::Text(text) => parse_span(&text).map(Span).map_err(de::Error::custom),
        }
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Size, D::Error> {
        match NumberOrText::deserialize(deserializer)? {
            NumberOrText::Number(bytes) => Ok(Size(bytes)),
            NumberOrText::Text(text) => parse_size(&text).map(Size).map_err(de::Error::custom),
        }
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = match self.0.as_micros() {
            micros if micros % 1000 != 0 => format!("{micros}us"),
            micros if micros % 1_000_000 != 0 => format!("{}ms", micros / 1000),
            micros => format!("{}s", micros / 1_000_000),
        };
        serializer.serialize_str(&text)
    }
}

impl Serialize for Size {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = match self.0 {
            bytes if bytes >= 1 << 30 && bytes % (1 << 30) == 0 => format!("{}GiB", bytes >> 30),
            bytes if bytes >= 1 << 20 && bytes % (1 << 20) == 0 => format!("{}MiB", bytes >> 20),
            bytes => format!("{bytes}"),
        };
        serializer.serialize_str(&text)
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum NumberOrText {
    Number(u64),
    Text(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_sizes_read_as_people_write_them() {
        assert_eq!(parse_span("50ms"), Ok(Duration::from_millis(50)));
        assert_eq!(parse_span("1.5h"), Ok(Duration::from_secs(5_400)));
        assert_eq!(parse_span("7d"), Ok(Duration::from_secs(604_800)));
        assert_eq!(parse_size("8MiB"), Ok(8 << 20));
        assert_eq!(parse_size("10 MB"), Ok(10_000_000));
        assert_eq!(parse_size("0.5GiB"), Ok(1 << 29));
        assert!(parse_span("soon").is_err());
        assert!(parse_size("99999999999TiB").is_err());
        assert!(parse_size("8MB8").is_err());
    }

    #[test]
    fn a_default_is_read_as_it_was_meant() {
        for meant in [0, 500, 1_500, 50_000, 1_000_000, 90_000_000, 90_000_001].map(Duration::from_micros) {
            let written = serde_json::to_value(Span(meant)).unwrap();
            assert_eq!(parse_span(written.as_str().unwrap()), Ok(meant), "{written}");
        }
    }
}
