//! Arrays as keys: GoogleSQL neither groups nor sorts arrays. Groups are made of their JSON text, which is read again behind them; the order is that of a
//! text in which every element begins with a character below all others.

use super::*;
use crate::types::Type;

/// Tells whether arrays of this type can be keys: their elements come back unchanged from JSON.
pub(super) fn is_key(ty: Type) -> bool {
    ty.element().is_some_and(|element| {
        element.is_integer() || matches!(element, Type::TEXT | Type::VARCHAR | Type::NAME | Type::UUID | Type::BOOL | Type::DATE)
    })
}

/// The JSON text of an array, NULL for NULL.
pub(super) fn key(array: &Text) -> Text {
    Text::atom(format!("IF({} IS NULL, NULL, TO_JSON_STRING({array}))", array.operand()))
}

impl Emitter {
    /// The array that a key is the JSON text of.
    pub fn array_of_key(&mut self, key: &Text, ty: Type) -> Result<Text> {
        let element = ty.element().and_then(|element| types::name(element, -1, crate::types::NumericScale::Any));
        let element = element.ok_or_else(|| Report::internal("an array of no type"))?;
        let (item, place) = (self.alias("item"), self.alias("place"));
        let value = if element == "STRING" { item.clone() } else { format!("CAST({item} AS {element})") };
        Ok(Text::atom(format!(
            "IF({} IS NULL, NULL, ARRAY(SELECT {value} FROM UNNEST(JSON_VALUE_ARRAY({key})) AS {item} WITH OFFSET AS {place} ORDER BY {place}))",
            key.operand()
        )))
    }

    /// What an array is sorted by: element by element, NULL behind all values, the shorter of two that begin alike first.
    pub fn array_order(&mut self, array: &Text, ty: Type) -> Option<Text> {
        let element = ty.element()?;
        let texts = match element {
            Type::TEXT | Type::VARCHAR | Type::NAME | Type::UUID => array.to_string(),
            Type::DATE => self.each_element(array, |item| format!("FORMAT_DATE('%F', {item})")),
            Type::BOOL => self.each_element(array, |item| format!("CAST({item} AS STRING)")),
            element if element.is_integer() => self.each_element(array, |item| {
                format!("LPAD(CAST(CAST({item} AS NUMERIC) + NUMERIC '9223372036854775808' AS STRING), 20, '0')")
            }),
            _ => return None,
        };
        Some(Text::atom(format!("IF(ARRAY_LENGTH({array}) = 0, '', CONCAT('\\x01', ARRAY_TO_STRING({texts}, '\\x01', '\\U0010FFFF')))")))
    }

    fn each_element(&mut self, array: &Text, form: impl Fn(&str) -> String) -> String {
        let (item, place) = (self.alias("item"), self.alias("place"));
        format!("ARRAY(SELECT {} FROM UNNEST({array}) AS {item} WITH OFFSET AS {place} ORDER BY {place})", form(&item))
    }
}
