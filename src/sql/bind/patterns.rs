//! LIKE with ESCAPE and SIMILAR TO: constant patterns are rewritten as like_escape() and similar_to_escape() would.

use sqlparser::ast::{Expr as AstExpr, Value, ValueWithSpan};

use super::Binder;
use crate::error::{Report, Result, SqlState};
use crate::sql::tree::{Expr, ExprKind};
use crate::types::Type;
use crate::types::literal::Literal;

impl Binder<'_> {
    /// `expr LIKE pattern [ESCAPE escape]` by the operator's name.
    pub fn like(&mut self, expr: &AstExpr, pattern: &AstExpr, escape: Option<&ValueWithSpan>, operator: &str) -> Result<Expr> {
        let position = self.operator_position(expr);
        let left = self.expr(expr)?;
        let mut right = self.expr(pattern)?;
        if let Some(escape) = escape {
            let at = right.position;
            right = match (&right.kind, string(&escape.value)) {
                (ExprKind::Literal(Literal::Text(pattern)), Some(escape)) => {
                    Expr::literal(Literal::Text(like_escape(pattern, escape).map_err(|report| report.at(at))?), right.ty, at)
                }
                (_, Some("\\")) => right,
                _ => {
                    let escape = self.value(&escape.value, at)?;
                    self.call(Some("pg_catalog"), "like_escape", vec![right, escape], at)?
                }
            };
        }
        self.operator(operator, Some(left), right, position)
    }

    /// `expr SIMILAR TO pattern [ESCAPE escape]`: `~` or `!~` with a regular expression.
    pub fn similar(&mut self, expr: &AstExpr, pattern: &AstExpr, escape: Option<&ValueWithSpan>, operator: &str) -> Result<Expr> {
        let position = self.operator_position(expr);
        let left = self.expr(expr)?;
        let right = self.expr(pattern)?;
        let at = right.position;
        let escape_text = match escape {
            None => Some("\\"),
            Some(escape) => string(&escape.value),
        };
        let right = match (&right.kind, escape_text) {
            (ExprKind::Literal(Literal::Text(pattern)), Some(escape)) => {
                Expr::literal(Literal::Text(similar_to_regex(pattern, escape).map_err(|report| report.at(at))?), right.ty, at)
            }
            (ExprKind::Literal(Literal::Null), _) => right,
            _ => {
                let mut args = vec![right];
                if let Some(escape) = escape {
                    args.push(self.value(&escape.value, at)?);
                }
                self.call(Some("pg_catalog"), "similar_to_escape", args, at)?
            }
        };
        let right = if right.ty == Type::UNKNOWN { self.settle(right)? } else { right };
        self.operator(operator, Some(left), right, position)
    }
}

fn string(value: &Value) -> Option<&str> {
    match value {
        Value::SingleQuotedString(text) | Value::EscapedStringLiteral(text) | Value::UnicodeStringLiteral(text) => Some(text),
        _ => None,
    }
}

fn escape_char(escape: &str) -> Result<Option<char>> {
    let mut chars = escape.chars();
    match (chars.next(), chars.next()) {
        (first, None) => Ok(first),
        _ => Err(Report::new(SqlState("22025"), "invalid escape string").hint("Escape string must be empty or one character.")),
    }
}

/// Rewrites a LIKE pattern to the escape character backslash (like_match.c, `MB_do_like_escape`).
///
/// # Errors
/// 22025 for an escape of several characters.
pub fn like_escape(pattern: &str, escape: &str) -> Result<String> {
    let escape = escape_char(escape)?;
    if escape == Some('\\') {
        return Ok(pattern.to_owned());
    }
    let mut out = String::new();
    let mut escaped = false;
    for ch in pattern.chars() {
        if Some(ch) == escape && !escaped {
            out.push('\\');
            escaped = true;
        } else if ch == '\\' {
            out.push('\\');
            if !escaped {
                out.push('\\');
            }
            escaped = false;
        } else {
            out.push(ch);
            escaped = false;
        }
    }
    Ok(out)
}

/// Turns a SIMILAR TO pattern into a regular expression (regexp.c, `similar_escape_internal`).
///
/// # Errors
/// 22025 for an escape of several characters, 2200C for more than two separators.
pub fn similar_to_regex(pattern: &str, escape: &str) -> Result<String> {
    let escape = escape_char(escape)?;
    let mut out = String::from("^(?:");
    let (mut escaped, mut bracket, mut quotes) = (false, false, 0);
    for ch in pattern.chars() {
        if escaped {
            if ch == '"' && !bracket {
                // The double quote parts of SUBSTRING ... FOR.
                match quotes {
                    0 => out.push_str("){1,1}?("),
                    1 => out.push_str("){1,1}(?:"),
                    _ => {
                        return Err(Report::new(
                            SqlState("2200C"),
                            "SQL regular expression may not contain more than two escape-double-quote separators",
                        ));
                    }
                }
                quotes += 1;
            } else {
                out.push('\\');
                out.push(ch);
            }
            escaped = false;
        } else if Some(ch) == escape {
            escaped = true;
        } else if bracket {
            if ch == '\\' {
                out.push('\\');
            }
            out.push(ch);
            bracket = ch != ']';
        } else {
            match ch {
                '[' => {
                    out.push('[');
                    bracket = true;
                }
                '%' => out.push_str(".*"),
                '_' => out.push('.'),
                '(' => out.push_str("(?:"),
                '\\' | '.' | '^' | '$' => {
                    out.push('\\');
                    out.push(ch);
                }
                _ => out.push(ch),
            }
        }
    }
    out.push_str(")$");
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_escapes_become_backslashes() {
        assert_eq!(like_escape("50!%%", "!").unwrap(), "50\\%%");
        assert_eq!(like_escape("a\\b!!", "!").unwrap(), "a\\\\b\\!");
        assert_eq!(like_escape("a\\b", "").unwrap(), "a\\\\b");
        assert!(like_escape("a", "ab").is_err());
    }

    #[test]
    fn similar_patterns_become_regular_expressions() {
        assert_eq!(similar_to_regex("%(b|d)_", "\\").unwrap(), "^(?:.*(?:b|d).)$");
        assert_eq!(similar_to_regex("a.[x%]\\%", "\\").unwrap(), "^(?:a\\.[x%]\\%)$");
    }
}
