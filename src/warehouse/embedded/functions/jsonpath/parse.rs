//! The language of jsonpath (PostgreSQL's jsonpath_gram.y): text to tree.

use crate::error::{Report, Result, SqlState};
use crate::types::json::quote;

/// Nested parentheses and filters a path may have.
const DEPTH_MAX: usize = 200;

/// A parsed path.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Path {
    /// `strict`: structural errors are errors, and arrays are not unwrapped.
    pub(super) strict: bool,
    /// The expression.
    pub(super) root: Node,
}

/// An expression or a predicate.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// `$`.
    Root,
    /// `@`.
    Current,
    /// `last`.
    Last,
    /// `$name`.
    Variable(String),
    /// A constant, as json text.
    Constant(String),
    /// A step from what the node gives.
    Access(Box<Node>, Step),
    /// `+` and `-` before a value.
    Sign(char, Box<Node>),
    /// `+ - * / %`.
    Arithmetic(char, Box<Node>, Box<Node>),
    /// `== != < <= > >=`.
    Compare(&'static str, Box<Node>, Box<Node>),
    /// `&&`.
    And(Box<Node>, Box<Node>),
    /// `||`.
    Or(Box<Node>, Box<Node>),
    /// `!`.
    Not(Box<Node>),
    /// `is unknown`.
    IsUnknown(Box<Node>),
    /// `exists(...)`.
    Exists(Box<Node>),
    /// `starts with`.
    StartsWith(Box<Node>, Box<Node>),
    /// `like_regex "pattern" flag "flags"`.
    LikeRegex(Box<Node>, String, String),
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    /// `.key`.
    Member(String),
    /// `.*`.
    AnyMember,
    /// `[*]`.
    AnyElement,
    /// `.**{from to to}`.
    Deep(u32, u32),
    /// `[a, b to c]`.
    Elements(Vec<(Node, Option<Node>)>),
    /// `?(...)`.
    Filter(Box<Node>),
    /// `.type()` and the like.
    Method(&'static str),
    /// `.datetime("template")`.
    Datetime(Option<String>),
}

const METHODS: &[&str] = &["type", "size", "double", "ceiling", "floor", "abs", "keyvalue", "datetime"];
const COMPARISONS: &[&str] = &["==", "!=", "<>", "<=", ">=", "<", ">"];

impl Node {
    fn is_predicate(&self) -> bool {
        matches!(
            self,
            Node::Compare(..)
                | Node::And(..)
                | Node::Or(..)
                | Node::Not(_)
                | Node::IsUnknown(_)
                | Node::Exists(_)
                | Node::StartsWith(..)
                | Node::LikeRegex(..)
        )
    }
}

/// Reads a path.
///
/// # Errors
/// 42601 for what is none.
pub(super) fn parse(text: &str) -> Result<Path> {
    let mut parser = Parser { text, at: 0, depth: 0, in_filter: 0, in_subscript: 0 };
    if text.trim().is_empty() {
        return Err(Report::new(SqlState::INVALID_TEXT_REPRESENTATION, format!("invalid input syntax for type jsonpath: \"{text}\"")));
    }
    let strict = parser.word("strict");
    if !strict {
        parser.word("lax");
    }
    let root = parser.any()?;
    parser.space();
    if parser.at < text.len() {
        return Err(parser.unexpected());
    }
    Ok(Path { strict, root })
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    in_filter: usize,
    in_subscript: usize,
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn space(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            match self.rest().strip_prefix("/*").map(|comment| comment.find("*/")) {
                Some(Some(end)) => self.at += end + 4,
                _ => return,
            }
        }
    }

    fn take(&mut self, symbol: &str) -> bool {
        self.space();
        let found = self.rest().starts_with(symbol);
        if found {
            self.at += symbol.len();
        }
        found
    }

    fn expect(&mut self, symbol: &str) -> Result<()> {
        if self.take(symbol) { Ok(()) } else { Err(self.unexpected()) }
    }

    /// Takes a keyword, which ends where no letter follows.
    fn word(&mut self, word: &str) -> bool {
        self.space();
        let rest = self.rest();
        let found = rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
            && !rest[word.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$');
        if found {
            self.at += word.len();
        }
        found
    }

    fn unexpected(&mut self) -> Report {
        self.space();
        let rest = self.rest();
        let near: String = rest.chars().take_while(|c| c.is_alphanumeric()).collect();
        let near = if near.is_empty() { rest.chars().take(1).collect() } else { near };
        let message = if near.is_empty() {
            "syntax error at end of jsonpath input".to_owned()
        } else {
            format!("syntax error at or near \"{near}\" of jsonpath input")
        };
        Report::new(SqlState::SYNTAX_ERROR, message)
    }

    /// An expression or a predicate.
    fn any(&mut self) -> Result<Node> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(Report::new(SqlState::PROGRAM_LIMIT_EXCEEDED, "jsonpath is nested too deeply"));
        }
        let mut left = self.conjunction()?;
        while self.take("||") {
            let right = self.conjunction()?;
            left = Node::Or(Box::new(self.predicate(left)?), Box::new(self.predicate(right)?));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn predicate(&mut self, node: Node) -> Result<Node> {
        if node.is_predicate() { Ok(node) } else { Err(self.unexpected()) }
    }

    fn conjunction(&mut self) -> Result<Node> {
        let mut left = self.comparison()?;
        while self.take("&&") {
            let right = self.comparison()?;
            left = Node::And(Box::new(self.predicate(left)?), Box::new(self.predicate(right)?));
        }
        Ok(left)
    }

    fn comparison(&mut self) -> Result<Node> {
        self.space();
        if self.rest().starts_with('!') && !self.rest().starts_with("!=") {
            self.at += 1;
            self.space();
            if !self.rest().starts_with('(') && !self.rest().starts_with("exists") {
                return Err(self.unexpected());
            }
            let inner = self.primary()?;
            return Ok(Node::Not(Box::new(self.predicate(inner)?)));
        }
        let left = self.sum()?;
        if left.is_predicate() {
            return if self.word("is") {
                if self.word("unknown") { Ok(Node::IsUnknown(Box::new(left))) } else { Err(self.unexpected()) }
            } else {
                Ok(left)
            };
        }
        for operator in COMPARISONS {
            if self.take(operator) {
                let right = self.sum()?;
                let operator = if *operator == "<>" { "!=" } else { operator };
                return Ok(Node::Compare(operator, Box::new(left), Box::new(right)));
            }
        }
        if self.word("starts") {
            if !self.word("with") {
                return Err(self.unexpected());
            }
            let initial = self.primary()?;
            if !matches!(initial, Node::Constant(_) | Node::Variable(_)) {
                return Err(self.unexpected());
            }
            return Ok(Node::StartsWith(Box::new(left), Box::new(initial)));
        }
        if self.word("like_regex") {
            self.space();
            let pattern = self.string()?;
            let flags = if self.word("flag") {
                self.space();
                self.string()?
            } else {
                String::new()
            };
            return Ok(Node::LikeRegex(Box::new(left), pattern, flags));
        }
        Ok(left)
    }

    fn sum(&mut self) -> Result<Node> {
        let mut left = self.product()?;
        loop {
            self.space();
            let Some(sign @ ('+' | '-')) = self.rest().chars().next() else { return Ok(left) };
            self.at += 1;
            left = Node::Arithmetic(sign, Box::new(left), Box::new(self.product()?));
        }
    }

    fn product(&mut self) -> Result<Node> {
        let mut left = self.signed()?;
        loop {
            self.space();
            let Some(sign @ ('*' | '/' | '%')) = self.rest().chars().next() else { return Ok(left) };
            self.at += 1;
            left = Node::Arithmetic(sign, Box::new(left), Box::new(self.signed()?));
        }
    }

    fn signed(&mut self) -> Result<Node> {
        self.space();
        match self.rest().chars().next() {
            Some(sign @ ('+' | '-')) => {
                self.at += 1;
                Ok(Node::Sign(sign, Box::new(self.signed()?)))
            }
            _ => self.accessed(),
        }
    }

    fn accessed(&mut self) -> Result<Node> {
        let mut node = self.primary()?;
        while let Some(step) = self.step()? {
            node = Node::Access(Box::new(node), step);
        }
        Ok(node)
    }

    fn primary(&mut self) -> Result<Node> {
        self.space();
        let Some(first) = self.rest().chars().next() else { return Err(self.unexpected()) };
        match first {
            '(' => {
                self.at += 1;
                let inner = self.any()?;
                self.expect(")")?;
                Ok(inner)
            }
            '$' => {
                self.at += 1;
                if self.rest().starts_with('"') {
                    return Ok(Node::Variable(self.string()?));
                }
                let name = self.name();
                Ok(if name.is_empty() { Node::Root } else { Node::Variable(name) })
            }
            '@' if self.in_filter > 0 => {
                self.at += 1;
                Ok(Node::Current)
            }
            '@' => Err(Report::new(SqlState::SYNTAX_ERROR, "@ is not allowed in root expressions")),
            '"' => {
                let value = self.string()?;
                let mut json = String::new();
                quote(&value, &mut json);
                Ok(Node::Constant(json))
            }
            '0'..='9' | '.' => self.number(),
            _ => {
                for constant in ["true", "false", "null"] {
                    if self.word(constant) {
                        return Ok(Node::Constant(constant.to_owned()));
                    }
                }
                if self.word("exists") {
                    self.expect("(")?;
                    let inner = self.any()?;
                    self.expect(")")?;
                    return Ok(Node::Exists(Box::new(inner)));
                }
                if self.word("last") {
                    return match self.in_subscript {
                        0 => Err(Report::new(SqlState::SYNTAX_ERROR, "LAST is allowed only in array subscripts")),
                        _ => Ok(Node::Last),
                    };
                }
                Err(self.unexpected())
            }
        }
    }

    fn number(&mut self) -> Result<Node> {
        let bytes = self.rest().as_bytes();
        let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let mut end = digits(0);
        if bytes.get(end) == Some(&b'.') && (end > 0 || digits(1) > 0) {
            end += 1 + digits(end + 1);
        }
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            let count = digits(end + 1 + sign);
            if count == 0 {
                return Err(self.unexpected());
            }
            end += 1 + sign + count;
        }
        let text = self.rest()[..end].to_owned();
        self.at += end;
        if text.is_empty() || self.rest().starts_with(|c: char| c.is_alphanumeric() || c == '_') {
            return Err(self.unexpected());
        }
        // As jsonb writes it: no bare point, no exponent.
        let padded = format!("{}{}", if text.starts_with('.') { "0" } else { "" }, text.replace(".e", "e").replace(".E", "e"));
        Ok(Node::Constant(crate::types::json::canonical(padded.strip_suffix('.').unwrap_or(&padded))?))
    }

    fn name(&mut self) -> String {
        let name: String = self.rest().chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '$')).collect();
        self.at += name.len();
        name
    }

    fn string(&mut self) -> Result<String> {
        if !self.rest().starts_with('"') {
            return Err(self.unexpected());
        }
        let bytes = self.rest().as_bytes();
        let mut end = 1;
        while end < bytes.len() && bytes[end] != b'"' {
            end += if bytes[end] == b'\\' { 2 } else { 1 };
        }
        if end >= bytes.len() {
            return Err(Report::new(SqlState::SYNTAX_ERROR, "unterminated quoted string at end of jsonpath input"));
        }
        let raw = self.rest()[..=end].to_owned();
        self.at += end + 1;
        super::super::json::string(&raw)
    }

    fn step(&mut self) -> Result<Option<Step>> {
        self.space();
        if self.take("?") {
            self.expect("(")?;
            self.in_filter += 1;
            let inner = self.any()?;
            self.in_filter -= 1;
            let inner = self.predicate(inner)?;
            self.expect(")")?;
            return Ok(Some(Step::Filter(Box::new(inner))));
        }
        if self.take("[") {
            return self.subscripts().map(Some);
        }
        if !self.take(".") {
            return Ok(None);
        }
        if self.take("**") {
            return self.depths().map(Some);
        }
        if self.take("*") {
            return Ok(Some(Step::AnyMember));
        }
        self.space();
        if self.rest().starts_with('"') {
            return Ok(Some(Step::Member(self.string()?)));
        }
        let name = self.name();
        let method = METHODS.iter().find(|method| **method == name);
        match (method, self.take("(")) {
            (Some(method), true) => {
                if *method != "datetime" {
                    self.expect(")")?;
                    return Ok(Some(Step::Method(method)));
                }
                self.space();
                let template = if self.rest().starts_with('"') { Some(self.string()?) } else { None };
                self.expect(")")?;
                Ok(Some(Step::Datetime(template)))
            }
            (None, true) => Err(self.unexpected()),
            (_, false) if name.is_empty() => Err(self.unexpected()),
            (_, false) => Ok(Some(Step::Member(name))),
        }
    }

    fn subscripts(&mut self) -> Result<Step> {
        if self.take("*") {
            self.expect("]")?;
            return Ok(Step::AnyElement);
        }
        self.in_subscript += 1;
        let mut list = Vec::new();
        loop {
            let from = self.sum()?;
            let to = if self.word("to") { Some(self.sum()?) } else { None };
            list.push((from, to));
            if !self.take(",") {
                break;
            }
        }
        self.in_subscript -= 1;
        self.expect("]")?;
        Ok(Step::Elements(list))
    }

    fn depths(&mut self) -> Result<Step> {
        if !self.take("{") {
            return Ok(Step::Deep(0, u32::MAX));
        }
        let from = self.level()?;
        let to = if self.word("to") { self.level()? } else { from };
        self.expect("}")?;
        Ok(Step::Deep(from, to))
    }

    fn level(&mut self) -> Result<u32> {
        if self.word("last") {
            return Ok(u32::MAX);
        }
        self.space();
        let digits: String = self.rest().chars().take_while(char::is_ascii_digit).collect();
        self.at += digits.len();
        digits.parse().map_err(|_| self.unexpected())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read() {
        let path = parse("strict $.a[*] ? (@.b > 1 && !(@.c == \"x\"))").expect("a path");
        assert!(path.strict);
        assert!(matches!(path.root, Node::Access(_, Step::Filter(_))));
        assert!(matches!(parse("$.a + -1 * 2").expect("a path").root, Node::Arithmetic('+', ..)));
        assert!(matches!(parse("$[last, 0 to 2]").expect("a path").root, Node::Access(_, Step::Elements(list)) if list.len() == 2));
        assert!(matches!(parse("($.a == 1) is unknown").expect("a path").root, Node::IsUnknown(_)));
        for wrong in ["", "$.", "$[", "$ ? (@.a)", "@", "last", "$.a ==", "1a", "! $.a"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
