//! A piece of SQL with the strength of its outermost operator, so that parentheses stand only where they are needed.

use std::fmt;

/// Binding strengths of GoogleSQL's operators, weakest first (GoogleSQL, "Operator precedence").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// OR.
    Or,
    /// AND.
    And,
    /// NOT.
    Not,
    /// Comparisons, IS, IN, LIKE; they do not chain.
    Compare,
    /// `|`
    BitOr,
    /// `^`
    BitXor,
    /// `&`
    BitAnd,
    /// Shifts.
    Shift,
    /// `+` and `-`.
    Add,
    /// `*`, `/`, `||`.
    Multiply,
    /// Prefix operators.
    Unary,
    /// Names, calls, literals, anything in parentheses.
    Atom,
}

/// A printed expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text {
    sql: String,
    level: Level,
}

impl Text {
    /// Makes an expression that needs no parentheses anywhere.
    pub fn atom(sql: impl Into<String>) -> Text {
        Text { sql: sql.into(), level: Level::Atom }
    }

    /// Makes an expression whose outermost operator has this level.
    pub fn new(sql: impl Into<String>, level: Level) -> Text {
        Text { sql: sql.into(), level }
    }

    /// Makes an expression whose outermost operator is as strong as this one's.
    pub fn like(&self, sql: impl Into<String>) -> Text {
        Text::new(sql, self.level)
    }

    /// Returns the text as it stands.
    pub fn as_str(&self) -> &str {
        &self.sql
    }

    /// Makes a function call.
    pub fn call(name: &str, args: &[Text]) -> Text {
        Text::atom(concat(&[name, "(", &list(args), ")"]))
    }

    /// Makes `left op right`; chains to the left except for comparisons.
    pub fn infix(left: &Text, op: &str, right: &Text, level: Level) -> Text {
        let above = next(level);
        let left_level = if level == Level::Compare { above } else { level };
        let mut sql = String::with_capacity(left.sql.len() + op.len() + right.sql.len() + 6);
        left.put(left_level, &mut sql);
        sql.push(' ');
        sql.push_str(op);
        sql.push(' ');
        right.put(above, &mut sql);
        Text { sql, level }
    }

    /// Makes `CAST(x AS type)`.
    pub fn cast(&self, ty: &str) -> Text {
        Text::atom(concat(&["CAST(", &self.sql, " AS ", ty, ")"]))
    }

    /// Puts it between two marks that are not SQL.
    pub fn between(&self, begin: &str, end: char) -> Text {
        Text { sql: format!("{begin}{}{end}", self.sql), level: self.level }
    }

    /// Returns the text as an operand of an operator of this level.
    pub fn at(&self, level: Level) -> String {
        let mut sql = String::with_capacity(self.sql.len() + 2);
        self.put(level, &mut sql);
        sql
    }

    /// Appends the text as an operand of an operator of this level.
    fn put(&self, level: Level, sql: &mut String) {
        let enclosed = self.level < level;
        if enclosed {
            sql.push('(');
        }
        sql.push_str(&self.sql);
        if enclosed {
            sql.push(')');
        }
    }

    /// Returns the text as an operand of anything.
    pub fn tight(&self) -> String {
        self.at(Level::Atom)
    }

    /// Returns the text as an operand of a comparison or IS.
    pub fn operand(&self) -> String {
        self.at(next(Level::Compare))
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sql)
    }
}

/// Puts pieces together; sooner than `format!` and slices' own `concat`, and most of a query's text goes through it.
pub(super) fn concat(pieces: &[&str]) -> String {
    let mut text = String::with_capacity(pieces.iter().map(|piece| piece.len()).sum());
    for piece in pieces {
        text.push_str(piece);
    }
    text
}

/// Joins with commas.
pub(super) fn list(items: &[Text]) -> String {
    let mut text = String::with_capacity(items.iter().map(|item| item.sql.len() + 2).sum());
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            text.push_str(", ");
        }
        text.push_str(&item.sql);
    }
    text
}

/// Joins conditions by AND or OR.
pub(super) fn chain(items: &[Text], op: &str, level: Level) -> Text {
    match items {
        [single] => single.clone(),
        _ => {
            let mut sql = String::with_capacity(items.iter().map(|item| item.sql.len() + op.len() + 4).sum());
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    sql.push(' ');
                    sql.push_str(op);
                    sql.push(' ');
                }
                item.put(next(level), &mut sql);
            }
            Text { sql, level }
        }
    }
}

fn next(level: Level) -> Level {
    use Level::*;
    match level {
        Or => And,
        And => Not,
        Not => Compare,
        Compare => BitOr,
        BitOr => BitXor,
        BitXor => BitAnd,
        BitAnd => Shift,
        Shift => Add,
        Add => Multiply,
        Multiply => Unary,
        Unary | Atom => Atom,
    }
}

/// Shifts every line two blanks to the right. No literal holds a raw newline, so text is never changed.
pub(super) fn indent(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len() + sql.len() / 8 + 2);
    indent_into(&mut out, sql);
    out
}

/// Appends a text, every line two blanks to the right.
pub(super) fn indent_into(out: &mut String, sql: &str) {
    for (i, line) in sql.lines().enumerate() {
        out.push_str(if i > 0 { "\n  " } else { "  " });
        out.push_str(line);
    }
}

/// Puts a query in parentheses: on one line if it is short, else indented.
pub(super) fn parenthesized(sql: &str) -> String {
    let mut flat = String::new();
    for (i, line) in sql.lines().enumerate() {
        if flat.len() > 100 {
            break;
        }
        if i > 0 {
            flat.push(' ');
        }
        flat.push_str(line.trim());
    }
    if flat.len() <= 100 { ["(", &flat, ")"].concat() } else { ["(\n", &indent(sql), "\n)"].concat() }
}
