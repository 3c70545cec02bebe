//! PostgreSQL's regular expressions as trees: the plain expression, and the plan by which a match is taken apart (regcomp.c).

use std::rc::Rc;

use super::letters;

/// A set of characters.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Set {
    /// Not those.
    pub(super) negated: bool,
    /// Ranges, both ends included.
    pub(super) ranges: Vec<(char, char)>,
    /// Classes, each perhaps negated.
    pub(super) classes: Vec<(Class, bool)>,
    /// Without regard to case.
    pub(super) ignore_case: bool,
    /// Newline is no member, whatever the rest says.
    pub(super) no_newline: bool,
}

/// A named class of characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Alpha,
    Digit,
    Alnum,
    Word,
    Space,
    Upper,
    Lower,
    Punct,
    Print,
    Graph,
    Cntrl,
    Blank,
    Xdigit,
}

impl Class {
    /// Finds a class by the name it has in brackets.
    pub(super) fn named(name: &str) -> Option<Class> {
        Some(match name {
            "alpha" => Class::Alpha,
            "digit" => Class::Digit,
            "alnum" => Class::Alnum,
            "word" => Class::Word,
            "space" => Class::Space,
            "upper" => Class::Upper,
            "lower" => Class::Lower,
            "punct" => Class::Punct,
            "print" => Class::Print,
            "graph" => Class::Graph,
            "cntrl" => Class::Cntrl,
            "blank" => Class::Blank,
            "xdigit" => Class::Xdigit,
            _ => return None,
        })
    }

    fn holds(self, c: char) -> bool {
        match self {
            Class::Alpha => letters::is_alpha(c),
            Class::Digit => c.is_ascii_digit(),
            Class::Alnum => letters::is_alnum(c),
            Class::Word => letters::is_word(c),
            Class::Space => letters::is_space(c),
            Class::Upper => c.is_uppercase(),
            Class::Lower => c.is_lowercase(),
            Class::Punct => c.is_ascii_punctuation() || !c.is_ascii() && !letters::is_alnum(c) && !letters::is_space(c) && !c.is_control(),
            Class::Print => !c.is_control(),
            Class::Graph => !c.is_control() && !letters::is_space(c),
            Class::Cntrl => c.is_control(),
            Class::Blank => matches!(c, ' ' | '\t'),
            Class::Xdigit => c.is_ascii_hexdigit(),
        }
    }
}

impl Set {
    /// The set of one character.
    pub(super) fn of(c: char, ignore_case: bool) -> Set {
        Set { ranges: vec![(c, c)], ignore_case, ..Set::default() }
    }

    /// Tells whether a character is a member.
    pub(super) fn holds(&self, c: char) -> bool {
        if self.no_newline && c == '\n' {
            return false;
        }
        let listed = |c: char| self.ranges.iter().any(|(from, to)| (*from..=*to).contains(&c));
        let of_class = self.classes.iter().any(|(class, negated)| {
            // Upper and lower are one where case does not count.
            let class = if self.ignore_case && matches!(class, Class::Upper | Class::Lower) { Class::Alpha } else { *class };
            class.holds(c) != *negated
        });
        let inside = listed(c) || of_class || self.ignore_case && spelled_as(c).any(listed);
        inside != self.negated
    }
}

/// Letters whose only capital or small letter is another letter's too.
const SHARED: [(char, char); 14] = [
    ('S', 'ſ'),
    ('k', '\u{212a}'),
    ('å', '\u{212b}'),
    ('ω', '\u{2126}'),
    ('Μ', 'µ'),
    ('Σ', 'ς'),
    ('Β', 'ϐ'),
    ('Ε', 'ϵ'),
    ('Θ', 'ϑ'),
    ('Κ', 'ϰ'),
    ('Π', 'ϖ'),
    ('Ρ', 'ϱ'),
    ('Φ', 'ϕ'),
    ('Ṡ', 'ẛ'),
];

/// The letters of a pattern that mean a letter: those of which it is the capital or the small letter (regc_locale.c, `allcases`).
fn spelled_as(c: char) -> impl Iterator<Item = char> {
    let (lower, upper) = (single(c.to_lowercase()), single(c.to_uppercase()));
    let other = [lower, upper].into_iter().flatten();
    let other = other.filter(move |p| single(p.to_lowercase()) == Some(c) || single(p.to_uppercase()) == Some(c));
    other.chain(SHARED.into_iter().filter(move |(of, _)| *of == c).map(|(_, letter)| letter))
}

fn single(mut chars: impl Iterator<Item = char>) -> Option<char> {
    chars.next().filter(|_| chars.next().is_none())
}

/// A place that consumes nothing.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Place {
    /// The beginning of the text.
    Start,
    /// The end of the text.
    End,
    /// The beginning of a line.
    LineStart,
    /// The end of a line.
    LineEnd,
    /// The beginning of a word.
    WordStart,
    /// The end of a word.
    WordEnd,
    /// Either.
    WordEdge,
    /// Neither.
    NoWordEdge,
    /// What follows matches, or does not.
    Ahead(Re, bool),
    /// What stands before matches, or does not.
    Behind(Re, bool),
}

/// A plain expression: what it matches, without groups. Each has an id, under which its matches are remembered.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Re {
    pub(super) id: usize,
    pub(super) kind: Rc<Kind>,
}

/// The forms of plain expressions.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    One(Set),
    Place(Place),
    Concat(Vec<Re>),
    Any(Vec<Re>),
    /// At least, at most.
    Repeat(Re, u32, Option<u32>),
}

/// Which of several extents is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Preference {
    None,
    Longest,
    Shortest,
}

impl Preference {
    /// The preference of two in a row: the first that has one.
    pub(super) fn then(self, other: Preference) -> Preference {
        if self == Preference::None { other } else { self }
    }
}

/// How a match is taken apart: nodes where groups lie inside, or where greediness differs.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) re: Re,
    pub(super) preference: Preference,
    /// Holds both greedy and non-greedy parts, groups, or references.
    pub(super) messy: bool,
    /// Holds a group.
    pub(super) captures: bool,
    /// Holds a reference to a group.
    pub(super) refers: bool,
    pub(super) form: Form,
}

/// The forms of nodes.
#[derive(Clone, Debug)]
pub(super) enum Form {
    /// Nothing inside is asked for.
    Unit,
    Concat(Box<Node>, Box<Node>),
    Any(Vec<Node>),
    Capture(usize, Box<Node>),
    Repeat(Box<Node>, u32, Option<u32>),
    /// The text of a group, so many times.
    Reference(usize, u32, Option<u32>),
}
