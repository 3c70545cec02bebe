//! BigQuery's types as PostgreSQL's, and PostgreSQL's values as query parameters.

use chrono::DateTime;
use gcp_bigquery_client::model::query_parameter::QueryParameter;
use gcp_bigquery_client::model::query_parameter_type::QueryParameterType;
use gcp_bigquery_client::model::query_parameter_value::QueryParameterValue;
use serde::{Deserialize, Deserializer};

use super::lenient::{or_default, text as text_or_number, word};
use crate::error::{Report, Result};
use crate::query::OutputColumn;
use crate::types::literal::Literal;
use crate::types::{NumericScale, Type, numeric_typmod, pack_numeric_typmod};

/// A column of a table or a result (`TableFieldSchema`).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TableField {
    /// Its name.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// `INT64`, `STRING`, `STRUCT`, ... always under GoogleSQL's name.
    #[serde(default, rename = "type", deserialize_with = "kind")]
    pub kind: String,
    /// `NULLABLE`, `REQUIRED`, `REPEATED`.
    #[serde(default, deserialize_with = "word")]
    pub mode: String,
    /// The fields of a STRUCT.
    #[serde(default, deserialize_with = "or_default")]
    pub fields: Vec<TableField>,
    /// For people.
    #[serde(default, deserialize_with = "text_or_number")]
    pub description: Option<String>,
    /// Digits of a NUMERIC(p, s).
    #[serde(default, deserialize_with = "text_or_number")]
    pub precision: Option<String>,
    /// Digits behind the point.
    #[serde(default, deserialize_with = "text_or_number")]
    pub scale: Option<String>,
    /// Of a RANGE.
    pub range_element_type: Option<RangeElement>,
    /// The tags that decide who may read it.
    pub policy_tags: Option<serde_json::Value>,
    /// Masks of its own.
    pub data_policies: Option<serde_json::Value>,
}

/// What a RANGE is made of.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct RangeElement {
    /// `DATE`, `DATETIME`, `TIMESTAMP`.
    #[serde(default, rename = "type", deserialize_with = "kind")]
    pub kind: String,
}

/// Reads a type's name: the API's older names (`INTEGER`, `RECORD`) and aliases become GoogleSQL's; lengths and digits behind it are dropped.
fn kind<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let name = word(from)?;
    let name = name.split(['(', '<']).next().unwrap_or_default().trim();
    Ok(match name {
        "INTEGER" | "INT" | "SMALLINT" | "BIGINT" | "TINYINT" | "BYTEINT" => "INT64",
        "FLOAT" => "FLOAT64",
        "BOOLEAN" => "BOOL",
        "RECORD" => "STRUCT",
        "DECIMAL" => "NUMERIC",
        "BIGDECIMAL" => "BIGNUMERIC",
        name => name,
    }
    .to_owned())
}

impl TableField {
    /// Tells whether it is an ARRAY.
    pub fn is_repeated(&self) -> bool {
        self.mode == "REPEATED"
    }

    /// Tells whether some may not read it, or see something else in it.
    pub fn is_protected(&self) -> bool {
        let holds = |value: &Option<serde_json::Value>| value.as_ref().is_some_and(|value| !value.is_null());
        holds(&self.policy_tags) || holds(&self.data_policies)
    }

    /// Returns the policy tags on it and on the fields within.
    pub fn tags(&self) -> Vec<String> {
        let names = self.policy_tags.as_ref().and_then(|tags| tags.get("names")?.as_array());
        let own = names.into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned));
        own.chain(self.fields.iter().flat_map(TableField::tags)).collect()
    }

    /// Returns the type's name without ARRAY, as GoogleSQL spells it.
    fn element(&self) -> String {
        match self.kind.as_str() {
            "STRUCT" => {
                let fields: Vec<String> = self.fields.iter().map(|field| format!("{} {}", field.name, field.native())).collect();
                format!("STRUCT<{}>", fields.join(", "))
            }
            "RANGE" => format!("RANGE<{}>", self.range_element_type.as_ref().map_or("DATE", |element| &element.kind)),
            kind @ ("NUMERIC" | "BIGNUMERIC") => match (&self.precision, &self.scale) {
                (Some(precision), Some(scale)) => format!("{kind}({precision}, {scale})"),
                (Some(precision), None) => format!("{kind}({precision})"),
                _ => kind.to_owned(),
            },
            kind => kind.to_owned(),
        }
    }

    /// Returns the type as GoogleSQL spells it.
    pub fn native(&self) -> String {
        if self.is_repeated() { format!("ARRAY<{}>", self.element()) } else { self.element() }
    }

    /// Returns the column of a result as the client sees it.
    pub fn output_column(&self) -> OutputColumn {
        let (ty, typmod) = self.served_as();
        let digits = numeric_typmod(typmod).and_then(|(_, scale)| u16::try_from(scale).ok());
        let scale = digits.filter(|_| ty == Type::NUMERIC).map_or(NumericScale::Any, NumericScale::Fixed);
        OutputColumn { typmod, scale, ..OutputColumn::new(self.name.clone(), ty) }
    }

    /// Returns the PostgreSQL type and typmod that the column is served as.
    pub fn served_as(&self) -> (Type, i32) {
        let element = match self.kind.as_str() {
            "INT64" => Type::INT8,
            "FLOAT64" => Type::FLOAT8,
            "BOOL" => Type::BOOL,
            "NUMERIC" | "BIGNUMERIC" => Type::NUMERIC,
            "BYTES" => Type::BYTEA,
            "DATE" => Type::DATE,
            "TIME" => Type::TIME,
            "DATETIME" => Type::TIMESTAMP,
            "TIMESTAMP" => Type::TIMESTAMPTZ,
            "INTERVAL" => Type::INTERVAL,
            // Arrays of STRUCT are one jsonb, not an array of jsonb.
            "STRUCT" => return (Type::JSONB, -1),
            "JSON" => Type::JSONB,
            "RANGE" => match self.range_element_type.as_ref().map_or("DATE", |element| &element.kind) {
                "DATETIME" => Type::TSRANGE,
                "TIMESTAMP" => Type::TSTZRANGE,
                _ => Type::DATERANGE,
            },
            _ => Type::TEXT,
        };
        let digits = |text: &Option<String>| text.as_ref().and_then(|text| text.parse::<u16>().ok());
        let typmod = match (element, digits(&self.precision)) {
            (Type::NUMERIC, Some(precision)) => {
                pack_numeric_typmod(precision, digits(&self.scale).and_then(|scale| i16::try_from(scale).ok()).unwrap_or(0))
            }
            _ => -1,
        };
        if self.is_repeated() { (element.array().unwrap_or(Type::JSONB), typmod) } else { (element, typmod) }
    }
}

/// Makes the query parameters `p1`, `p2`, ... of a job: those that its text names. The others stand in it as their values, as an array does that is NULL.
///
/// # Errors
/// 0A000 for types that BigQuery has no parameters of, 22003 and 22008 for values outside its types.
pub fn parameters(values: &[(Type, Literal)], text: &str) -> Result<Vec<QueryParameter>> {
    let parameter = |(i, (ty, value)): (usize, &(Type, Literal))| {
        Ok(QueryParameter {
            name: Some(format!("p{}", i + 1)),
            parameter_type: Some(parameter_type(*ty)?),
            parameter_value: Some(parameter_value(value)?),
        })
    };
    values.iter().enumerate().filter(|(i, _)| names_parameter(text, i + 1)).map(parameter).collect()
}

fn names_parameter(text: &str, n: usize) -> bool {
    let name = format!("@p{n}");
    text.match_indices(&name).any(|(at, _)| !text[at + name.len()..].starts_with(|next: char| next.is_ascii_digit()))
}

fn parameter_type(ty: Type) -> Result<QueryParameterType> {
    if let Some(element) = ty.element() {
        let inner = parameter_type(element)?;
        return Ok(QueryParameterType { array_type: Some(Box::new(inner)), struct_types: None, r#type: "ARRAY".to_owned() });
    }
    let name = match ty {
        Type::BOOL => "BOOL",
        Type::INT2 | Type::INT4 | Type::INT8 | Type::OID => "INT64",
        Type::FLOAT4 | Type::FLOAT8 => "FLOAT64",
        // The emitter takes a numeric of unknown scale for a BIGNUMERIC.
        Type::NUMERIC => "BIGNUMERIC",
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::CHAR | Type::UUID | Type::UNKNOWN => "STRING",
        Type::BYTEA => "BYTES",
        Type::DATE => "DATE",
        Type::TIME => "TIME",
        Type::TIMESTAMP => "DATETIME",
        Type::TIMESTAMPTZ => "TIMESTAMP",
        Type::INTERVAL => "INTERVAL",
        Type::JSON | Type::JSONB => "JSON",
        other => return Err(Report::unsupported(format!("a parameter of type {other}")).hint("Cast the parameter to text or a number.")),
    };
    Ok(QueryParameterType { array_type: None, struct_types: None, r#type: name.to_owned() })
}

fn parameter_value(value: &Literal) -> Result<QueryParameterValue> {
    if let Literal::Array(items) = value {
        let items: Result<Vec<QueryParameterValue>> = items.iter().map(parameter_value).collect();
        return Ok(QueryParameterValue { array_values: Some(items?), ..Default::default() });
    }
    Ok(QueryParameterValue { value: text(value)?, ..Default::default() })
}

fn text(value: &Literal) -> Result<Option<String>> {
    Ok(Some(match value {
        Literal::Null => return Ok(None),
        Literal::Bool(value) => value.to_string(),
        Literal::Int(value) => value.to_string(),
        Literal::Float(value) if value.is_nan() => "NaN".to_owned(),
        Literal::Float(value) if value.is_infinite() => if *value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned(),
        Literal::Float(value) => format!("{value:?}"),
        Literal::Numeric(text) | Literal::Text(text) | Literal::Json(text) => text.clone(),
        Literal::Bytes(bytes) => base64(bytes),
        Literal::Date(days) => {
            let moment = moment(i64::from(*days).saturating_mul(86_400_000_000))?;
            moment.format("%Y-%m-%d").to_string()
        }
        Literal::Time(micros) => moment(*micros)?.format("%H:%M:%S%.6f").to_string(),
        Literal::Timestamp(micros) => moment(*micros)?.format("%Y-%m-%d %H:%M:%S%.6f").to_string(),
        Literal::TimestampTz(micros) => moment(*micros)?.format("%Y-%m-%d %H:%M:%S%.6f+00:00").to_string(),
        Literal::Interval { months, days, micros } => interval(*months, *days, *micros),
        Literal::Uuid(bytes) => uuid(bytes),
        Literal::Array(_) => return Err(Report::internal("an array within an array as a parameter")),
    }))
}

/// BigQuery's dates go from year 1 to 9999.
fn moment(micros: i64) -> Result<DateTime<chrono::Utc>> {
    use chrono::Datelike;
    let outside =
        || Report::new(crate::error::SqlState::DATETIME_FIELD_OVERFLOW, "date/time parameter out of BigQuery's range (years 1 to 9999)");
    DateTime::from_timestamp_micros(micros).filter(|moment| (1..=9999).contains(&moment.year())).ok_or_else(outside)
}

fn interval(months: i32, days: i32, micros: i64) -> String {
    let (months_abs, micros_abs) = (months.unsigned_abs(), micros.unsigned_abs());
    let (sign, clock) = (if months < 0 { "-" } else { "" }, if micros < 0 { "-" } else { "" });
    let seconds = micros_abs / 1_000_000;
    format!(
        "{sign}{}-{} {days} {clock}{}:{}:{}.{:06}",
        months_abs / 12,
        months_abs % 12,
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60,
        micros_abs % 1_000_000
    )
}

fn uuid(bytes: &[u8; 16]) -> String {
    let mut text = String::with_capacity(36);
    for (i, byte) in bytes.iter().enumerate() {
        if matches!(i, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Writes base64 with padding (RFC 4648).
pub fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for i in 0..4 {
            let sextet = usize::try_from(word >> (18 - 6 * i) & 63).unwrap_or(0);
            text.push(if i <= chunk.len() { char::from(ALPHABET[sextet]) } else { '=' });
        }
    }
    text
}

/// Reads base64; `None` when it is not.
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut word, mut bits) = (0_u32, 0);
    for letter in text.trim_end_matches('=').bytes() {
        let sextet = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        word = (word << 6 | u32::from(sextet)) & 0xff_ffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(word >> bits & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(text: &str) -> TableField {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn bigquery_types_are_served_as() {
        let day = field(r#"{"name": "a", "type": "DATETIME"}"#);
        assert_eq!((day.served_as(), day.native()), ((Type::TIMESTAMP, -1), "DATETIME".into()));
        let tags = field(r#"{"name": "a", "type": "STRING", "mode": "REPEATED"}"#);
        assert_eq!((tags.served_as(), tags.native()), ((Type::TEXT_ARRAY, -1), "ARRAY<STRING>".into()));
        let money = field(r#"{"name": "a", "type": "NUMERIC", "precision": "10", "scale": "2"}"#);
        assert_eq!((money.served_as(), money.native()), ((Type::NUMERIC, pack_numeric_typmod(10, 2)), "NUMERIC(10, 2)".into()));
        let items = field(
            r#"{"name": "a", "type": "RECORD", "mode": "REPEATED", "fields": [{"name": "x", "type": "INTEGER"}, {"name": "y", "type": "STRING", "mode": "REPEATED"}]}"#,
        );
        assert_eq!((items.served_as().0, items.native()), (Type::JSONB, "ARRAY<STRUCT<x INT64, y ARRAY<STRING>>>".into()));
        let legacy =
            field(r#"{"name": "a", "type": "record", "mode": "repeated", "fields": [{"name": "n", "type": "Integer", "mode": null}]}"#);
        assert_eq!((legacy.served_as().0, legacy.native()), (Type::JSONB, "ARRAY<STRUCT<n INT64>>".into()));
        let digits = field(r#"{"name": "a", "type": "numeric(10, 2)", "precision": 10, "scale": "2"}"#);
        assert_eq!(digits.native(), "NUMERIC(10, 2)");
        assert_eq!(digits.served_as(), (Type::NUMERIC, pack_numeric_typmod(10, 2)));
        let span = field(r#"{"name": "a", "type": "RANGE", "rangeElementType": {"type": "TIMESTAMP"}}"#);
        assert_eq!((span.served_as().0, span.native()), (Type::TSTZRANGE, "RANGE<TIMESTAMP>".into()));
        assert_eq!(field(r#"{"name": "a", "type": "GEOGRAPHY"}"#).served_as().0, Type::TEXT);
    }

    #[test]
    fn parameters_are_typed_text() {
        let values = [
            (Type::INT4, Literal::Int(7)),
            (Type::TIMESTAMPTZ, Literal::TimestampTz(-1)),
            (Type::INTERVAL, Literal::Interval { months: -14, days: 3, micros: -1_500_000 }),
            (Type::TEXT_ARRAY, Literal::Array(vec![Literal::Text("a".into()), Literal::Null])),
            (Type::FLOAT8, Literal::Float(0.1)),
            (Type::TEXT_ARRAY, Literal::Null),
        ];
        let made = parameters(&values, "SELECT @p1, @p2, @p3, @p4, @p5, CAST(NULL AS ARRAY<STRING>)").unwrap();
        let shown = serde_json::to_string(&made).unwrap();
        assert!(shown.contains(r#""name":"p1","parameterType":{"type":"INT64"},"parameterValue":{"value":"7"}"#), "{shown}");
        assert!(shown.contains("1969-12-31 23:59:59.999999+00:00"), "{shown}");
        assert!(shown.contains("-1-2 3 -0:0:1.500000"), "{shown}");
        assert!(shown.contains(r#"{"arrayValues":[{"value":"a"},{}]}"#), "{shown}");
        assert!(!shown.contains("p6"), "{shown}");
        assert_eq!(parameters(&[(Type::DATERANGE, Literal::Null)], "@p1").unwrap_err().sqlstate.0, "0A000");
        assert_eq!(parameters(&[(Type::DATE, Literal::Date(4_000_000))], "@p1").unwrap_err().sqlstate.0, "22008");
        assert!(parameters(&[(Type::DATERANGE, Literal::Null)], "SELECT @p10").unwrap().is_empty(), "what stands in the text is not sent");
    }

    #[test]
    fn base64_both_ways() {
        for (bytes, text) in [(&b""[..], ""), (b"f", "Zg=="), (b"fo", "Zm8="), (b"foo", "Zm9v"), (b"\xff\xfe", "//4=")] {
            assert_eq!(base64(bytes), text);
            assert_eq!(from_base64(text).unwrap(), bytes);
        }
        assert_eq!(from_base64("a b"), None);
    }
}
