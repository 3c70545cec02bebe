//! Unicode's normal forms: `normalize` and `IS NORMALIZED`.

use unicode_normalization::UnicodeNormalization;

use super::Scalar;
use super::rows::{BOOL, TEXT, strict};
use super::value::Value;
use crate::error::{Report, Result, SqlState};

/// Characters whose normal forms, or whose part in those of others, came after Unicode 14, which PostgreSQL 15 knows. Found by asking both about
/// every character.
const LATER: [(char, char); 25] = [
    ('\u{558}', '\u{558}'),
    ('\u{58b}', '\u{58c}'),
    ('\u{5c8}', '\u{5c9}'),
    ('\u{897}', '\u{897}'),
    ('\u{1acf}', '\u{1af0}'),
    ('\u{209d}', '\u{209f}'),
    ('\u{a7f1}', '\u{a7f1}'),
    ('\u{105c9}', '\u{105e4}'),
    ('\u{107bb}', '\u{107bf}'),
    ('\u{10d69}', '\u{10d6d}'),
    ('\u{10ecb}', '\u{10eff}'),
    ('\u{11382}', '\u{113d0}'),
    ('\u{11f41}', '\u{11f42}'),
    ('\u{1611e}', '\u{1612f}'),
    ('\u{16d63}', '\u{16d6a}'),
    ('\u{1b123}', '\u{1b126}'),
    ('\u{1ccd6}', '\u{1ccf9}'),
    ('\u{1d127}', '\u{1d128}'),
    ('\u{1d250}', '\u{1d281}'),
    ('\u{1d6a6}', '\u{1d6a6}'),
    ('\u{1df95}', '\u{1dfff}'),
    ('\u{1e030}', '\u{1e08f}'),
    ('\u{1e4ec}', '\u{1e4ef}'),
    ('\u{1e5ee}', '\u{1e5ef}'),
    ('\u{1e6e3}', '\u{1e6f5}'),
];

fn normalized(text: &str, form: &str) -> Result<String> {
    if text.chars().any(|c| LATER.iter().any(|(from, to)| (*from..=*to).contains(&c))) {
        return Err(Report::unsupported("the normal form of a character that came after Unicode 14"));
    }
    Ok(match form.to_ascii_uppercase().as_str() {
        "NFC" => text.nfc().collect(),
        "NFD" => text.nfd().collect(),
        "NFKC" => text.nfkc().collect(),
        "NFKD" => text.nfkd().collect(),
        _ => return Err(Report::new(SqlState::INVALID_PARAMETER_VALUE, format!("invalid normalization form: {form}"))),
    })
}

pub(super) fn functions() -> Vec<Scalar> {
    vec![
        strict!("pg_normalize", TEXT, |args| Ok(Value::Text(normalized(args[0].str()?, args[1].str()?)?.into()))),
        strict!("pg_is_normalized", BOOL, |args| {
            let text = args[0].str()?;
            Ok(Value::Bool(normalized(text, args[1].str()?)? == text))
        }),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_those_of_unicode() {
        assert_eq!(normalized("a\u{308}ﬁ", "nfc").expect("a form"), "äﬁ");
        assert_eq!(normalized("äﬁ", "NFKD").expect("a form"), "a\u{308}fi");
        assert!(normalized("a", "NFX").is_err_and(|report| report.sqlstate == SqlState::INVALID_PARAMETER_VALUE));
        assert!(normalized("\u{1ccd6}", "NFKC").is_err_and(|report| report.sqlstate == SqlState::FEATURE_NOT_SUPPORTED));
    }
}
