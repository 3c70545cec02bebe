//! UNION, INTERSECT and EXCEPT over jsonb. GoogleSQL compares no JSON: its text is compared, and read again behind the operation.

use super::compare::{json_as_text, key_of_json_text};
use super::*;
use crate::types::Type;

impl Emitter {
    /// Prints a set operation that drops duplicates, some of whose columns are jsonb.
    pub fn operation_on_json(&mut self, op: SetOp, sides: [String; 2], columns: &[RelationColumn], aliases: &[String]) -> String {
        let names: Vec<(bool, String)> =
            columns.iter().zip(aliases).map(|(column, alias)| (column.ty == Type::JSONB, names::quote(alias).into_owned())).collect();
        let (word, counted) = match op {
            SetOp::Union => ("UNION ALL", false),
            SetOp::Intersect => ("INTERSECT DISTINCT", true),
            SetOp::Except => ("EXCEPT DISTINCT", true),
        };
        let side = |sql: &String| {
            let items: Vec<String> = names
                .iter()
                .map(|(json, name)| match json {
                    true => format!("{} AS {name}", compared(name, counted)),
                    false => name.clone(),
                })
                .collect();
            format!("SELECT {}\nFROM {}", items.join(", "), text::parenthesized(sql))
        };
        let both = format!("{}\n{word}\n{}", side(&sides[0]), side(&sides[1]));
        let united = self.alias("united");
        let items: Vec<String> = names
            .iter()
            .map(|(json, name)| match (json, counted) {
                (true, true) => format!("PARSE_JSON({united}.{name}) AS {name}"),
                (true, false) => format!("PARSE_JSON(MIN({united}.{name})) AS {name}"),
                (false, _) => format!("{united}.{name}"),
            })
            .collect();
        let select = format!("SELECT {}\nFROM {} AS {united}", items.join(", "), text::parenthesized(&both));
        if counted {
            return select;
        }
        // One of equal values is shown.
        let keys: Vec<String> = names
            .iter()
            .map(|(json, name)| {
                let column = Text::atom(format!("{united}.{name}"));
                if *json { key_of_json_text(&column).to_string() } else { column.to_string() }
            })
            .collect();
        format!("{select}\nGROUP BY {}", keys.join(", "))
    }
}

/// A JSON value by its text; where the texts themselves are compared, one that writes a whole number as 1.0 has no place.
fn compared(name: &str, whole: bool) -> Text {
    let text = json_as_text(Text::atom(name));
    if !whole {
        return text;
    }
    let key = key_of_json_text(&text);
    Text::atom(format!("IF({key} <> {text}, ERROR('a JSON number like 1.0 in INTERSECT or EXCEPT is not supported'), {text})"))
}
