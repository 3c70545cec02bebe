//! Places in a client's text: sqlparser's lines and columns as PostgreSQL's characters.

use std::sync::Arc;

use sqlparser::tokenizer::{Location, Token};

/// How far before an operand its operator or function is looked for.
const LOOK_BACK: usize = 200;

/// Turns sqlparser's lines and columns into places in the text.
#[derive(Clone, Debug)]
pub struct Positions {
    /// Characters before each line.
    lines: Vec<usize>,
    /// The byte where each character begins; empty for ASCII.
    bytes: Vec<u32>,
    pub(super) text: Arc<str>,
}

impl Positions {
    /// Reads the lines of a text.
    pub fn new(text: &str) -> Positions {
        let mut lines = vec![0];
        if text.is_ascii() {
            lines.extend(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1));
            return Positions { lines, bytes: Vec::new(), text: text.into() };
        }
        lines.extend(text.chars().enumerate().filter(|(_, ch)| *ch == '\n').map(|(i, _)| i + 1));
        let offset = |(byte, _): (usize, char)| u32::try_from(byte).unwrap_or(u32::MAX);
        let bytes = text.char_indices().map(offset).collect();
        Positions { lines, bytes, text: text.into() }
    }

    /// Returns the character position, from 1; `None` for a made-up token.
    pub fn of(&self, location: Location) -> Option<u32> {
        let line = usize::try_from(location.line).ok()?.checked_sub(1)?;
        let column = usize::try_from(location.column).ok()?.max(1);
        u32::try_from(self.lines.get(line)? + column).ok()
    }

    /// Returns the byte offset, at most the length of the text.
    pub fn byte(&self, location: Location) -> usize {
        let Some(line) = usize::try_from(location.line).ok().and_then(|line| line.checked_sub(1)) else { return 0 };
        let Some(start) = self.lines.get(line) else { return self.text.len() };
        let character = start + usize::try_from(location.column).unwrap_or(1).saturating_sub(1);
        if self.bytes.is_empty() {
            return character.min(self.text.len());
        }
        self.bytes.get(character).and_then(|byte| usize::try_from(*byte).ok()).unwrap_or(self.text.len())
    }

    /// Returns the position of the parenthesis that a query in parentheses begins with; the place is its first word's, or first value's.
    pub fn opening_before(&self, location: Location) -> Option<u32> {
        let before = self.text.get(..self.byte(location))?;
        let inner = before.trim_end().strip_suffix('(')?;
        let before = inner.trim_end();
        // (VALUES (1), whose first place is its first value's.
        let values = before.len().checked_sub(6).filter(|at| before.get(*at..).is_some_and(|word| word.eq_ignore_ascii_case("values")));
        let open = match values {
            Some(at) => before.get(..at)?.rfind('(')?,
            None => inner.len(),
        };
        self.character(open)
    }

    /// Returns the position of the character that begins at a byte.
    pub(super) fn character(&self, byte: usize) -> Option<u32> {
        let before = if self.bytes.is_empty() { byte } else { self.text.get(..byte)?.chars().count() };
        u32::try_from(before + 1).ok()
    }

    /// Returns the position of the last such word or sign before a place; in front of it only white space, parentheses and a few words may stand.
    pub fn before(&self, location: Location, word: &str) -> Option<u32> {
        let end = self.byte(location);
        let mut start = end.saturating_sub(LOOK_BACK);
        while !self.text.is_char_boundary(start) {
            start -= 1;
        }
        let found = self.text.get(start..end)?.to_ascii_lowercase().rfind(word)? + start;
        self.character(found)
    }

    /// Returns the position of the last such word before a place, comments and strings apart.
    pub fn word_before(&self, position: u32, word: &str) -> Option<u32> {
        let tokens = super::lexer::tokens(&self.text).ok()?;
        let before = tokens.iter().take_while(|token| self.of(token.span.start).is_some_and(|at| at < position));
        before.filter(|token| super::word(Some(*token)) == word).last().and_then(|token| self.of(token.span.start))
    }

    /// Returns the position of the type in `CAST(x AS type)`, which begins at a place.
    pub fn type_in_cast(&self, cast: u32) -> Option<u32> {
        let tokens = super::lexer::tokens(&self.text).ok()?;
        let open = tokens.iter().position(|token| self.of(token.span.start) == Some(cast))? + 1;
        let (mut i, end) = (open + 1, super::closing(&tokens, open)?);
        while i < end && super::word(tokens.get(i)) != "as" {
            i = if tokens[i].token == Token::LParen { super::closing(&tokens, i)? + 1 } else { i + 1 };
        }
        tokens.get(i + 1).filter(|_| i < end).and_then(|token| self.of(token.span.start))
    }

    /// Returns the positions of the n-th `::` behind a place and of the type behind that.
    pub fn cast_after(&self, location: Location, n: usize) -> Option<(u32, u32)> {
        let tokens = super::lexer::tokens(&self.text).ok()?;
        let casts = (0..tokens.len()).filter(|i| tokens[*i].token == Token::DoubleColon && tokens[*i].span.start >= location);
        let at = casts.into_iter().nth(n)?;
        Some((self.of(tokens[at].span.start)?, self.of(tokens.get(at + 1)?.span.start)?))
    }

    /// Returns the position of the operator before an operand that begins at `position`; `None` where no letters of operators stand there.
    pub fn operator_before(&self, position: u32) -> Option<u32> {
        let character = usize::try_from(position).ok()?.checked_sub(1)?;
        let byte = if self.bytes.is_empty() { character } else { usize::try_from(*self.bytes.get(character)?).ok()? };
        let before = self.text.get(..byte)?.trim_end_matches(|ch: char| ch.is_whitespace() || ch == '(');
        let operator = before.len() - before.trim_end_matches(|ch| "+-*/<>=~!@#%^&|`?".contains(ch)).len();
        let after = self.text.get(before.len()..byte)?.chars().count() + operator;
        (operator > 0).then(|| position.checked_sub(u32::try_from(after).ok()?)).flatten()
    }

    /// Returns the position of the first character that is neither white space nor a closing parenthesis, from a place on:
    /// where the operator behind an operand stands.
    pub fn operator_after(&self, location: Location) -> Option<u32> {
        let byte = self.byte(location);
        let rest = self.text.get(byte..)?;
        let skipped = rest.chars().take_while(|ch| ch.is_whitespace() || *ch == ')').count();
        self.of(location)?.checked_add(u32::try_from(skipped).ok()?)
    }
}
