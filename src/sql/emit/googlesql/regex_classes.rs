//! PostgreSQL's classes of characters (those of `C.UTF-8`) in the words of RE2, which knows most of its own in ASCII only; for use within brackets.

/// `\w` without the underscore. Superscripts and fractions are no digits.
pub(super) const LETTERS_AND_DIGITS: &str = r"\pL\p{Nd}\p{Nl}";
/// `\w`.
pub(super) const WORD: &str = r"\pL\p{Nd}\p{Nl}_";
/// `\s`: every space but those that do not break a line.
pub(super) const SPACES: &str = r"\s\v\x{1680}\x{2000}-\x{2006}\x{2008}-\x{200A}\x{2028}\x{2029}\x{205F}\x{3000}";
/// Capitals, the Roman numerals and the letters in circles among them.
pub(super) const CAPITALS: &str = r"\p{Lu}\p{Lt}\x{2160}-\x{216F}\x{24B6}-\x{24CF}";
/// Small letters.
pub(super) const SMALL: &str = r"\p{Ll}\x{AA}\x{BA}\x{2170}-\x{217F}\x{24D0}-\x{24E9}";
/// What is seen and is neither letter nor digit: punctuation, symbols, fractions, spaces that do not break a line, accents by themselves.
pub(super) const MARKS: &str = r"\pP\pS\p{No}\p{Cf}\x{A0}\x{2007}\x{202F}\x{300}-\x{344}\x{346}-\x{36F}";
