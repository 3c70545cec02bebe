//! upper() and lower(). PostgreSQL's `C.UTF-8` maps one letter to one letter; GoogleSQL follows Unicode's full rules, by which ß becomes SS, a sigma
//! at the end of a word has a form of its own, and the dotted capital I leaves its dot behind.

use super::*;

/// Letters whose capital GoogleSQL writes as several (Unicode's SpecialCasing.txt).
const SEVERAL: &str = r"[ßŉǰΐΰև\x{1E96}-\x{1E9A}\x{1F50}-\x{1FFC}\x{FB00}-\x{FB17}]";
/// Of those, the Greek ones with a capital of their own in PostgreSQL, and these capitals.
const IOTA: (&str, &str) = ("ᾀᾁᾂᾃᾄᾅᾆᾇᾐᾑᾒᾓᾔᾕᾖᾗᾠᾡᾢᾣᾤᾥᾦᾧᾳῃῳ", "ᾈᾉᾊᾋᾌᾍᾎᾏᾘᾙᾚᾛᾜᾝᾞᾟᾨᾩᾪᾫᾬᾭᾮᾯᾼῌῼ");

impl Emitter {
    pub(super) fn lower(&mut self, value: &Expr) -> Result<Text> {
        Ok(lowered(&self.expr(value)?, value))
    }

    pub(super) fn upper(&mut self, value: &Expr) -> Result<Text> {
        let text = self.expr(value)?;
        if !holds_letters(value) {
            return Ok(Text::call("UPPER", &[text]));
        }
        self.enters_subquery(value)?;
        let letter = self.alias("letter");
        let one = capital(&letter, value);
        Ok(Text::atom(format!(
            "IF(REGEXP_CONTAINS({text}, r'{SEVERAL}'), ARRAY_TO_STRING(ARRAY(SELECT {one} FROM UNNEST(SPLIT({text}, '')) AS {letter} WITH OFFSET AS {letter}_offset ORDER BY {letter}_offset), ''), UPPER({text}))"
        )))
    }
}

/// The capital of one letter, which is a part of `value`.
pub(super) fn capital(letter: &str, value: &Expr) -> String {
    if !holds_letters(value) {
        return format!("UPPER({letter})");
    }
    let (few, many) = IOTA;
    format!("IF(CHAR_LENGTH(UPPER({letter})) = 1, UPPER({letter}), TRANSLATE({letter}, '{few}', '{many}'))")
}

/// The small letters of a value that is printed as `text`.
pub(super) fn lowered(text: &Text, value: &Expr) -> Text {
    Text::atom(format!("LOWER({})", plain_small(&text.to_string(), value)))
}

/// A constant in small letters, one for one.
pub(super) fn small(text: &str) -> String {
    text.chars().map(small_one).collect()
}

/// A letter's small one.
pub(super) fn small_one(c: char) -> char {
    if c == 'İ' { 'i' } else { c.to_lowercase().next().unwrap_or(c) }
}

/// A letter's capital, where that is one letter.
pub(super) fn large_one(c: char) -> char {
    let mut capital = c.to_uppercase();
    match (capital.next(), capital.next()) {
        (Some(one), None) => one,
        _ => IOTA.0.chars().zip(IOTA.1.chars()).find(|(small, _)| *small == c).map_or(c, |(_, large)| large),
    }
}

/// A text without the letters that LOWER takes in another way; they are made small before it.
pub(super) fn plain_small(text: &str, value: &Expr) -> String {
    if holds_letters(value) { format!("TRANSLATE({text}, 'Σİ', 'σi')") } else { text.to_owned() }
}

/// Tells whether a text may hold letters outside ASCII: what is made of numbers, dates and plain constants does not.
fn holds_letters(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(Literal::Text(text)) => !text.is_ascii(),
        ExprKind::Literal(_) => false,
        ExprKind::Column { .. } | ExprKind::Parameter(_) | ExprKind::Subquery { .. } => {
            !(expr.ty.is_integer() || expr.ty.is_float() || matches!(expr.ty.category(), 'B' | 'D' | 'N' | 'T'))
        }
        ExprKind::Call { function, .. } if matches!(function.name.as_str(), "md5" | "encode" | "to_hex" | "chr") => function.name == "chr",
        _ => crate::sql::walk::children(expr).into_iter().any(holds_letters),
    }
}
