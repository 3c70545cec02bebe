//! Reading JSON as servers really write it: what is `null` counts as not said, numbers come as text or as numbers.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Visitor};

/// Reads a value; `null` is the default.
///
/// # Errors
/// What the value's own reading says.
pub fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(from)?.unwrap_or_default())
}

/// Reads text that may be written as a number or a boolean.
///
/// # Errors
/// For lists and objects.
pub fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    from.deserialize_any(Scalar)
}

/// Reads a boolean that may be written as text.
///
/// # Errors
/// For anything but true, false and `null`.
pub fn flag<'de, D: Deserializer<'de>>(from: D) -> Result<Option<bool>, D::Error> {
    match text(from)?.as_deref() {
        None | Some("") => Ok(None),
        Some(word) if word.eq_ignore_ascii_case("true") => Ok(Some(true)),
        Some(word) if word.eq_ignore_ascii_case("false") => Ok(Some(false)),
        Some(_) => Err(serde::de::Error::custom("neither true nor false")),
    }
}

/// Reads a word of the API's fixed vocabulary, in capitals.
///
/// # Errors
/// For lists and objects.
pub fn word<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(text(from)?.unwrap_or_default().to_ascii_uppercase())
}

struct Scalar;

impl Visitor<'_> for Scalar {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text or a number")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(text.to_owned()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Some(value.to_string())) // 1e6 becomes 1000000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize, Debug, PartialEq, Eq)]
    struct Told {
        #[serde(default, deserialize_with = "text")]
        bytes: Option<String>,
        #[serde(default, deserialize_with = "flag")]
        hit: Option<bool>,
        #[serde(default, deserialize_with = "or_default")]
        list: Vec<u8>,
        #[serde(default, deserialize_with = "word")]
        kind: String,
    }

    fn told(json: &str) -> Told {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn numbers_nulls_and_absence() {
        let nothing = Told { bytes: None, hit: None, list: Vec::new(), kind: String::new() };
        assert_eq!(told("{}"), nothing);
        assert_eq!(told(r#"{"bytes": null, "hit": null, "list": null, "kind": null}"#), nothing);
        let said = Told { bytes: Some("1000000".into()), hit: Some(true), list: vec![1], kind: "TABLE".into() };
        assert_eq!(told(r#"{"bytes": 1e6, "hit": "True", "list": [1], "kind": "Table"}"#), said);
        assert_eq!(told(r#"{"bytes": "1000000", "hit": true, "list": [1], "kind": "TABLE"}"#), said);
        assert!(serde_json::from_str::<Told>(r#"{"bytes": []}"#).is_err());
        assert!(serde_json::from_str::<Told>(r#"{"hit": "maybe"}"#).is_err());
    }
}
