//! LIKE, SIMILAR TO and regular expressions: patterns that mean the same in PostgreSQL and in RE2.

use super::regex_classes as classes;
use super::text::Level;
use super::*;

impl Emitter {
    /// LIKE and ILIKE. GoogleSQL's LIKE has the same wildcards and the backslash as escape.
    pub fn like(&mut self, expr: &Expr, name: &str, left: &Expr, right: &Expr) -> Result<Text> {
        let insensitive = name.ends_with('*');
        let negated = name.starts_with('!');
        let constant = like_constant(right);
        if let Some(begin) = constant.as_deref().and_then(ends_in_escape) {
            return self.like_to_the_escape(left, begin, insensitive, negated);
        }
        let mut pattern = match &constant {
            Some(constant) => Text::atom(literals::string(constant)),
            None => self.expr(right)?,
        };
        if !left.ty.is_string() || !right.ty.is_string() {
            return Err(refuse("LIKE of anything but text", expr.position, "Cast it to text."));
        }
        let mut text = self.expr(left)?;
        if insensitive {
            pattern = match constant {
                Some(constant) => Text::atom(literals::string(&letters::small(&constant))),
                None => letters::lowered(&pattern, right),
            };
            text = letters::lowered(&text, left);
        }
        let word = if negated { "NOT LIKE" } else { "LIKE" };
        Ok(Text::new(format!("{} {word} {}", text.operand(), pattern.operand()), Level::Compare))
    }

    /// A pattern whose last letter is the escape matches nothing; it is an error for those texts that match all that stands before it and go on
    /// (like_match.c).
    fn like_to_the_escape(&mut self, left: &Expr, begin: &str, insensitive: bool, negated: bool) -> Result<Text> {
        let begin = if insensitive { letters::small(begin) } else { begin.to_owned() };
        let text = self.expr(left)?;
        let text = if insensitive { letters::lowered(&text, left) } else { text };
        let pattern = literals::string(&format!("{begin}_%"));
        Ok(Text::atom(format!(
            "IF({} LIKE {pattern}, ERROR('LIKE pattern must not end with escape character'), IF({} IS NULL, NULL, {}))",
            text.operand(),
            text.operand(),
            if negated { "TRUE" } else { "FALSE" }
        )))
    }

    /// `~`, `~*` and their negations.
    pub fn regex_match(&mut self, name: &str, left: &Expr, right: &Expr) -> Result<Text> {
        let insensitive = name.ends_with('*');
        let flags = if insensitive { "i" } else { "" };
        let (text, pattern) = match super::regex_words::beside(&constant_pattern(right)?) {
            Some(beside) => (self.expr(left)?, self.finished_pattern(&beside, flags, right)?),
            None => (self.subject(left, right)?, self.pattern(right, flags)?),
        };
        let call = Text::atom(format!("REGEXP_CONTAINS({text}, {pattern})"));
        Ok(if name.starts_with('!') { Text::new(format!("NOT {call}"), Level::Not) } else { call })
    }

    /// Prints the text that a pattern is looked for in. RE2's word boundaries know ASCII only: beside other letters they fail loudly.
    pub fn subject(&mut self, value: &Expr, pattern: &Expr) -> Result<Text> {
        let text = self.expr(value)?;
        let converted = constant_pattern(pattern)?;
        if !converted.contains("\\b") && !converted.contains("\\B") {
            return Ok(text);
        }
        Ok(Text::atom(format!(
            "IF(REGEXP_CONTAINS({text}, r'[^\\x00-\\x7f]'), ERROR('a word boundary of a regular expression beside letters outside of ASCII is not supported'), {text})"
        )))
    }

    /// Prints a constant pattern as RE2's literal, or refuses.
    pub fn pattern(&mut self, pattern: &Expr, flags: &str) -> Result<String> {
        let converted = constant_pattern(pattern)?;
        self.finished_pattern(&converted, flags, pattern)
    }

    /// Prints a converted pattern with the flags that make RE2 match as PostgreSQL does.
    pub fn finished_pattern(&self, converted: &str, flags: &str, pattern: &Expr) -> Result<String> {
        let told = regex_case::told(converted, flags);
        let flags: String = flags.chars().filter(|flag| *flag != 'g').collect();
        if let Some(unknown) = flags.chars().find(|flag| !matches!(flag, 'i' | 'c' | 'n' | 's')) {
            return Err(refuse(format!("the regular expression flag \"{unknown}\""), pattern.position, "The flags i and g are."));
        }
        // In PostgreSQL the dot matches a line break too, and ^ and $ only the ends of the text.
        let needs_s = converted.contains('.') && !flags.contains('n');
        let prefix = match (flags.contains('i'), needs_s) {
            (true, true) => "(?is)",
            (true, false) => "(?i)",
            (false, true) => "(?s)",
            (false, false) => "",
        };
        if flags.contains('n') {
            return Err(refuse("the regular expression flag \"n\"", pattern.position, "The flags i and g are."));
        }
        Ok(raw(&format!("{prefix}{told}")))
    }
}

/// Prints a pattern, raw where that is readable.
fn raw(pattern: &str) -> String {
    if pattern.contains('\'') || pattern.contains('\n') || pattern.ends_with('\\') || pattern.chars().any(char::is_control) {
        literals::string(pattern)
    } else if pattern.contains('\\') {
        format!("r'{pattern}'")
    } else {
        literals::string(pattern)
    }
}

/// Returns a constant regular expression in the subset that ARE and RE2 share.
pub(super) fn constant_pattern(pattern: &Expr) -> Result<String> {
    if let ExprKind::Call { function, args } = &pattern.kind
        && matches!(function.name.as_str(), "similar_to_escape" | "similar_escape")
        && let Some(text) = args.first().and_then(literals::constant_text)
    {
        let escape = args.get(1).map(|escape| literals::constant_text(escape).unwrap_or("\u{0}"));
        return similar(text, escape, pattern);
    }
    let Some(text) = literals::constant_text(pattern) else {
        return Err(refuse("a regular expression that is no constant", pattern.position, "Write the pattern as a constant."));
    };
    common(text, pattern)
}

/// Checks that a pattern means the same to PostgreSQL's ARE and to RE2.
fn common(text: &str, at: &Expr) -> Result<String> {
    let refused = |what: &str| {
        Err(refuse(format!("{what} in a regular expression"), at.position, "Use the constructs that PostgreSQL and RE2 share."))
    };
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    if text.starts_with("***") {
        return refused("the *** prefix");
    }
    if text.starts_with("(?i)") {
        out.push_str("(?i)");
        chars.nth(3);
    }
    let mut in_class = false;
    let (mut greedy, mut lazy) = (false, false);
    while let Some(c) = chars.next() {
        if in_class {
            match c {
                '[' if matches!(chars.peek(), Some('.' | '=')) => return refused("a collating element"),
                '[' if chars.peek() == Some(&':') => {
                    let mut class = String::from("[");
                    for inner in chars.by_ref() {
                        class.push(inner);
                        if inner == ']' {
                            break;
                        }
                    }
                    let letters = match class.as_str() {
                        "[:alpha:]" => Some("\\pL\\p{Nl}"),
                        "[:alnum:]" => Some(classes::LETTERS_AND_DIGITS),
                        "[:upper:]" => Some(classes::CAPITALS),
                        "[:lower:]" => Some(classes::SMALL),
                        "[:space:]" => Some(classes::SPACES),
                        "[:punct:]" => Some(classes::MARKS),
                        _ => None,
                    };
                    if let Some(letters) = letters {
                        out.push_str(letters);
                        continue;
                    }
                    if !["[:digit:]", "[:xdigit:]"].contains(&class.as_str()) {
                        return refused("this character class");
                    }
                    out.push_str(&class);
                }
                '[' => out.push_str("\\["),
                ']' => {
                    in_class = false;
                    out.push(']');
                }
                '\\' => match chars.next() {
                    Some('w') => out.push_str(classes::WORD),
                    Some('s') => out.push_str(classes::SPACES),
                    Some(
                        e @ ('d' | 'n' | 't' | 'r' | '\\' | ']' | '[' | '-' | '^' | '.' | '/' | '$' | '*' | '+' | '?' | '(' | ')' | '|'
                        | '{' | '}'),
                    ) => {
                        out.push('\\');
                        out.push(e);
                    }
                    _ => return refused("this escape"),
                },
                c => out.push(c),
            }
            continue;
        }
        match c {
            '\\' => match chars.next() {
                // PostgreSQL's words are of Unicode, RE2's of ASCII.
                Some('w') => out.extend(["[", classes::WORD, "]"]),
                Some('W') => out.extend(["[^", classes::WORD, "]"]),
                Some('s') => out.extend(["[", classes::SPACES, "]"]),
                Some('S') => out.extend(["[^", classes::SPACES, "]"]),
                Some(e @ ('d' | 'D' | 'n' | 't' | 'r' | 'f' | 'v')) => {
                    out.push('\\');
                    out.push(e);
                }
                Some('A') => out.push_str("\\A"),
                Some('Z') => out.push_str("\\z"),
                Some('y') => out.push_str("\\b"),
                Some('Y') => out.push_str("\\B"),
                // Only where a word surely begins or ends here, a boundary of either kind is the same.
                Some('m') if chars.peek().is_some_and(|next| next.is_alphanumeric() || *next == '_') => out.push_str("\\b"),
                Some('M') if out.ends_with(|last: char| last.is_alphanumeric() || last == '_') && !out.ends_with("\\b") => {
                    out.push_str("\\b")
                }
                Some('m' | 'M') => return refused("a word boundary beside other than letters"),
                Some(e) if e.is_ascii_digit() => return refused("a back reference"),
                Some(e) if e.is_ascii_alphabetic() => return refused("this escape"),
                Some(e) => {
                    out.push('\\');
                    out.push(e);
                }
                None => return refused("a trailing backslash"),
            },
            '[' => {
                in_class = true;
                out.push('[');
                if chars.peek() == Some(&'^') {
                    chars.next();
                    out.push('^');
                }
                if chars.peek() == Some(&']') {
                    chars.next();
                    out.push_str("\\]");
                }
            }
            '(' => {
                out.push('(');
                if chars.peek() == Some(&'?') {
                    chars.next();
                    match chars.next() {
                        Some(':') => out.push_str("?:"),
                        _ => return refused("a look-around or an embedded option"),
                    }
                }
            }
            '*' | '+' | '?' | '}' => {
                out.push(c);
                if chars.peek() == Some(&'?') {
                    chars.next();
                    out.push('?');
                    lazy = true;
                } else {
                    greedy = true;
                }
            }
            // PostgreSQL's $ stands for the end only, as RE2's does without the m flag.
            c => out.push(c),
        }
    }
    if in_class {
        return refused("an open bracket");
    }
    // ARE gives a whole expression one preference, RE2 each quantifier its own.
    if greedy && lazy {
        return refused("a mix of greedy and non-greedy quantifiers");
    }
    Ok(out)
}

/// Converts a SIMILAR TO pattern: it matches the whole text.
fn similar(text: &str, escape: Option<&str>, at: &Expr) -> Result<String> {
    let escape = escape.unwrap_or("\\").chars().next();
    let mut out = String::from("^(?:");
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if Some(c) == escape {
            match chars.next() {
                Some('"') | None => return Err(refuse("SUBSTRING ... SIMILAR", at.position, "Use substring() with a regular expression.")),
                Some(next) => push_quoted(&mut out, next),
            }
            continue;
        }
        match c {
            '%' => out.push_str(".*"),
            '_' => out.push('.'),
            '(' => out.push_str("(?:"),
            '.' | '^' | '$' | '\\' => push_quoted(&mut out, c),
            c => out.push(c),
        }
    }
    out.push_str(")$");
    common(&out, at)
}

fn push_quoted(out: &mut String, c: char) {
    if !c.is_alphanumeric() && c.is_ascii() && c != '"' && c != ' ' && c != '_' {
        out.push('\\');
    }
    out.push(c);
}

/// Returns a constant LIKE pattern with the backslash as its escape.
fn like_constant(pattern: &Expr) -> Option<String> {
    if let ExprKind::Call { function, args } = &pattern.kind
        && function.name == "like_escape"
        && let [text, escape] = args.as_slice()
    {
        let (text, escape) = (literals::constant_text(text)?, literals::constant_text(escape)?);
        let escape = escape.chars().next();
        let mut out = String::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            if Some(c) == escape {
                out.push('\\');
                out.push(chars.next()?);
            } else if c == '\\' {
                out.push_str("\\\\");
            } else {
                out.push(c);
            }
        }
        return Some(out);
    }
    literals::constant_text(pattern).map(str::to_owned)
}

/// Returns what stands before the escape that a pattern ends with; `None` where it does not end so.
fn ends_in_escape(pattern: &str) -> Option<&str> {
    let mut chars = pattern.char_indices();
    while let Some((i, c)) = chars.next() {
        if c == '\\' && chars.next().is_none() {
            return pattern.get(..i);
        }
    }
    None
}
