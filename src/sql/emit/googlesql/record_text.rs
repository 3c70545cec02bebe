//! A row as text.

use super::*;
use crate::types::Type;

/// Texts longer than this are not printed four times.
const LONG: usize = 120;

impl Emitter {
    /// The text of a row: `(1,"a b",)` (record_out).
    pub fn record_text(&mut self, expr: &Expr, fields: &[Expr]) -> Result<Text> {
        let outer = |field: &Expr| matches!(&field.kind, ExprKind::Column { relation, .. } if self.nullable.contains(relation));
        if fields.iter().any(outer) {
            return Err(refuse("a whole row that an outer join may leave empty", expr.position, "Select its columns."));
        }
        let mut items = vec![Text::atom("'('")];
        for (i, field) in fields.iter().enumerate() {
            if i > 0 {
                items.push(Text::atom("','"));
            }
            let text = match field.ty {
                Type::BOOL => Text::atom(format!("LEFT({}, 1)", self.display(field)?)),
                _ => self.display(field)?,
            };
            let plain = field.ty.is_integer() || matches!(field.ty, Type::NUMERIC | Type::FLOAT8 | Type::DATE | Type::BOOL | Type::UUID);
            let text = if plain {
                text
            } else {
                // What is long is printed once.
                let long = text.to_string().len() > LONG;
                let name = if long { Text::atom(self.alias("field")) } else { text.clone() };
                let quoted = Text::atom(format!(
                    "IF({t} = '' OR REGEXP_CONTAINS({name}, r'[(),\"\\\\\\s]'), CONCAT('\"', REPLACE(REPLACE({name}, '\\\\', '\\\\\\\\'), '\"', '\"\"'), '\"'), {name})",
                    t = name.operand()
                ));
                if long {
                    self.enters_subquery(field)?;
                    Text::atom(format!("(SELECT {quoted} FROM UNNEST([{text}]) AS {name})"))
                } else {
                    quoted
                }
            };
            items.push(Text::atom(format!("COALESCE({text}, '')")));
        }
        items.push(Text::atom("')'"));
        Ok(Text::call("CONCAT", &items))
    }
}
