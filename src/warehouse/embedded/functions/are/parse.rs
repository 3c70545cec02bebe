//! Advanced regular expressions: text to tree (regcomp.c, chapter 9.7.3).

use std::rc::Rc;

use super::tree::{Class, Form, Kind, Node, Place, Preference, Re, Set};
use crate::error::{Report, Result, SqlState};

/// The most that a bound may say.
const REPEAT_MAX: u32 = 255;
/// Nested parentheses at most.
const DEPTH_MAX: usize = 200;
/// Groups and the like in a row at most: a match is taken apart by as deep a recursion.
const CHAIN_MAX: usize = 1000;

/// What the options of a call or of the pattern itself say.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Options {
    pub(super) ignore_case: bool,
    /// `.` and negated brackets leave newlines out.
    pub(super) newline_stops: bool,
    /// `^` and `$` match at lines.
    pub(super) newline_anchors: bool,
    /// White space and comments do not count.
    pub(super) expanded: bool,
    /// The pattern is a plain string.
    pub(super) literal: bool,
}

/// A parsed expression.
pub(super) struct Parsed {
    pub(super) root: Node,
    /// How many groups there are.
    pub(super) groups: usize,
}

pub(super) fn invalid(why: &str) -> Report {
    Report::new(SqlState::INVALID_REGULAR_EXPRESSION, format!("invalid regular expression: {why}"))
}

/// Reads an expression.
///
/// # Errors
/// 2201B for what is none.
pub(super) fn parse(pattern: &str, options: Options) -> Result<Parsed> {
    let mut parser =
        Parser { chars: pattern.chars().collect(), at: 0, options, groups: Vec::new(), open: Vec::new(), size: 0, depth: 0, chain: 0 };
    parser.prefix()?;
    if parser.options.literal {
        let rest = parser.chars.split_off(parser.at);
        let all: Vec<Re> = rest.into_iter().map(|c| parser.char(c)).collect();
        let re = parser.re(Kind::Concat(all));
        return Ok(Parsed { root: unit(re, Preference::None), groups: 0 });
    }
    let root = parser.alternatives()?;
    if parser.at < parser.chars.len() {
        return Err(invalid("parentheses () not balanced"));
    }
    Ok(Parsed { root, groups: parser.groups.len() })
}

struct Parser {
    chars: Vec<char>,
    at: usize,
    options: Options,
    /// The expressions of the groups, once they are closed.
    groups: Vec<Option<Re>>,
    open: Vec<usize>,
    size: usize,
    depth: usize,
    /// Branches under way, one inside or behind the other.
    chain: usize,
}

/// Stack that is left when more is taken, and how much that is.
const RED_ZONE: usize = 64 * 1024;
const STACK: usize = 1024 * 1024;

/// An atom before its quantifier.
enum Atom {
    Plain(Re),
    /// Parentheses without a group: a node whose inside may matter.
    Inner(Node),
    Group(usize, Node),
    Reference(usize),
}

fn unit(re: Re, preference: Preference) -> Node {
    Node { re, preference, messy: false, captures: false, refers: false, form: Form::Unit }
}

/// Tells whether two preferences exclude one another.
fn mixed(a: Preference, b: Preference) -> bool {
    a != Preference::None && b != Preference::None && a != b
}

impl Parser {
    fn re(&mut self, kind: Kind) -> Re {
        self.size += 1;
        Re { id: self.size - 1, kind: Rc::new(kind) }
    }

    fn char(&mut self, c: char) -> Re {
        let set = Set::of(c, self.options.ignore_case);
        self.re(Kind::One(set))
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn follows(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(i, c)| self.chars.get(self.at + i) == Some(&c))
    }

    fn take(&mut self, text: &str) -> bool {
        let found = self.follows(text);
        if found {
            self.at += text.chars().count();
        }
        found
    }

    /// `***:`, `***=` and `(?xyz)` at the beginning.
    fn prefix(&mut self) -> Result<()> {
        if self.take("***=") {
            self.options.literal = true;
            return Ok(());
        }
        if !self.take("***:") && self.follows("***") {
            return Err(invalid("quantifier operand invalid"));
        }
        if !self.follows("(?") || !self.chars.get(self.at + 2).is_some_and(char::is_ascii_alphabetic) {
            return Ok(());
        }
        let Some(end) = self.chars[self.at..].iter().position(|c| *c == ')') else { return Err(invalid("invalid embedded option")) };
        let letters: String = self.chars[self.at + 2..self.at + end].iter().collect();
        self.at += end + 1;
        apply(&mut self.options, &letters)
    }

    /// Skips what `x` lets stand between.
    fn skip(&mut self) {
        loop {
            if self.follows("(?#") {
                while self.peek().is_some_and(|c| c != ')') {
                    self.at += 1;
                }
                self.at += 1;
            } else if self.options.expanded && self.peek().is_some_and(char::is_whitespace) {
                self.at += 1;
            } else if self.options.expanded && self.peek() == Some('#') {
                while self.peek().is_some_and(|c| c != '\n') {
                    self.at += 1;
                }
            } else {
                return;
            }
        }
    }

    fn alternatives(&mut self) -> Result<Node> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(Report::unsupported(format!("a regular expression of more than {DEPTH_MAX} nested parentheses")));
        }
        let mut branches = vec![self.branch()?];
        while self.peek() == Some('|') {
            self.at += 1;
            branches.push(self.branch()?);
        }
        self.depth -= 1;
        if branches.len() == 1 {
            return Ok(branches.remove(0));
        }
        let re = self.re(Kind::Any(branches.iter().map(|branch| branch.re.clone()).collect()));
        if branches.iter().all(|branch| !branch.messy) && !branches.iter().any(|branch| branch.preference == Preference::Shortest) {
            return Ok(unit(re, Preference::Longest));
        }
        let (captures, refers) = (branches.iter().any(|branch| branch.captures), branches.iter().any(|branch| branch.refers));
        Ok(Node { re, preference: Preference::Longest, messy: true, captures, refers, form: Form::Any(branches) })
    }

    /// A branch: a run of plain atoms, then a messy one, then the rest.
    fn branch(&mut self) -> Result<Node> {
        self.chain += 1;
        if self.chain > CHAIN_MAX {
            return Err(Report::unsupported(format!("a regular expression of more than {CHAIN_MAX} groups")));
        }
        let branch = stacker::maybe_grow(RED_ZONE, STACK, || self.branch_on_stack());
        self.chain -= 1;
        branch
    }

    fn branch_on_stack(&mut self) -> Result<Node> {
        let (mut run, mut preference): (Vec<Re>, Preference) = (Vec::new(), Preference::None);
        loop {
            self.skip();
            if matches!(self.peek(), None | Some('|' | ')')) {
                let re = self.re(Kind::Concat(run));
                return Ok(unit(re, preference));
            }
            let atom = self.atom()?;
            let (least, most, wanted) = self.quantifier()?;
            let once = least == 1 && most == Some(1);
            let (inner, messy) = match &atom {
                Atom::Plain(_) => (Preference::None, false),
                Atom::Inner(node) => (node.preference, node.messy),
                Atom::Group(..) => (Preference::None, true),
                Atom::Reference(_) => (Preference::None, true),
            };
            let own = if wanted == Preference::None { inner } else { wanted };
            if !messy && !mixed(preference, own) && !mixed(wanted, inner) {
                let re = match atom {
                    Atom::Plain(re) => re,
                    Atom::Inner(node) => node.re,
                    _ => return Err(Report::internal("a group among plain atoms")),
                };
                let re = if once { re } else { self.re(Kind::Repeat(re, least, most)) };
                run.push(re);
                preference = preference.then(own);
                continue;
            }
            let node = self.quantified(atom, least, most, wanted)?;
            let rest = self.branch()?;
            let right = self.concat(node, rest);
            if run.is_empty() {
                return Ok(right);
            }
            let re = self.re(Kind::Concat(run));
            return Ok(self.concat(unit(re, preference), right));
        }
    }

    fn concat(&mut self, left: Node, right: Node) -> Node {
        let re = self.re(Kind::Concat(vec![left.re.clone(), right.re.clone()]));
        let (captures, refers) = (left.captures || right.captures, left.refers || right.refers);
        let preference = left.preference.then(right.preference);
        Node { re, preference, messy: true, captures, refers, form: Form::Concat(Box::new(left), Box::new(right)) }
    }

    /// A messy atom with its quantifier.
    fn quantified(&mut self, atom: Atom, least: u32, most: Option<u32>, wanted: Preference) -> Result<Node> {
        let node = match atom {
            Atom::Plain(re) => unit(re, Preference::None),
            Atom::Inner(node) => node,
            Atom::Group(number, inner) => {
                let (re, preference, refers) = (inner.re.clone(), inner.preference, inner.refers);
                Node { re, preference, messy: true, captures: true, refers, form: Form::Capture(number, Box::new(inner)) }
            }
            Atom::Reference(number) => {
                let group = self.groups.get(number - 1).cloned().flatten().ok_or_else(|| invalid("invalid backreference number"))?;
                if matches!(group.kind.as_ref(), Kind::Concat(parts) if parts.is_empty()) {
                    // PostgreSQL's own answers depend on what its compiler took out.
                    return Err(Report::unsupported("a reference to an empty group of a regular expression"));
                }
                let re = self.re(Kind::Repeat(group, least, most));
                let form = Form::Reference(number, least, most);
                return Ok(Node { re, preference: wanted, messy: true, captures: false, refers: true, form });
            }
        };
        let vacuous = wanted == Preference::None || node.preference == Preference::None || wanted == node.preference;
        if least == 1 && most == Some(1) && vacuous {
            return Ok(node);
        }
        let preference = wanted.then(node.preference);
        let re = self.re(Kind::Repeat(node.re.clone(), least, most));
        if !node.captures && !node.refers {
            return Ok(Node { messy: mixed(wanted, node.preference) || node.messy, ..unit(re, preference) });
        }
        if least > 0 && !node.refers {
            // Only the last turn's groups are seen: x{m,n} is x{m-1,n-1}x.
            let before = self.re(Kind::Repeat(node.re.clone(), least - 1, most.map(|most| most - 1)));
            let form = Form::Concat(Box::new(unit(before, preference)), Box::new(node));
            return Ok(Node { re, preference, messy: true, captures: true, refers: false, form });
        }
        let (captures, refers) = (node.captures, node.refers);
        Ok(Node { re, preference, messy: true, captures, refers, form: Form::Repeat(Box::new(node), least, most) })
    }

    /// Reads `*`, `+`, `?`, `{m,n}` and whether it is greedy.
    fn quantifier(&mut self) -> Result<(u32, Option<u32>, Preference)> {
        self.skip();
        let (least, most, fixed) = match self.peek() {
            Some('*') => (0, None, false),
            Some('+') => (1, None, false),
            Some('?') => (0, Some(1), false),
            Some('{') if self.chars.get(self.at + 1).is_some_and(char::is_ascii_digit) => {
                self.at += 1;
                let least = self.bound()?;
                let (most, fixed) = match self.peek() {
                    Some(',') => {
                        self.at += 1;
                        (if self.peek().is_some_and(|c| c.is_ascii_digit()) { Some(self.bound()?) } else { None }, false)
                    }
                    _ => (Some(least), true),
                };
                if self.peek() != Some('}') {
                    return Err(invalid("invalid repetition count(s)"));
                }
                if most.is_some_and(|most| most < least) {
                    return Err(invalid("invalid repetition count(s)"));
                }
                (least, most, fixed)
            }
            _ => return Ok((1, Some(1), Preference::None)),
        };
        self.at += 1;
        let lazy = self.peek() == Some('?');
        if lazy {
            self.at += 1;
        }
        self.skip();
        let again = matches!(self.peek(), Some('*' | '+' | '?'))
            || self.peek() == Some('{') && self.chars.get(self.at + 1).is_some_and(char::is_ascii_digit);
        if again {
            return Err(invalid("quantifier operand invalid"));
        }
        Ok((
            least,
            most,
            if fixed {
                Preference::None
            } else if lazy {
                Preference::Shortest
            } else {
                Preference::Longest
            },
        ))
    }

    fn bound(&mut self) -> Result<u32> {
        let mut value = 0;
        while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
            value = value * 10 + digit;
            self.at += 1;
            if value > REPEAT_MAX {
                return Err(invalid("invalid repetition count(s)"));
            }
        }
        Ok(value)
    }

    fn place(&mut self, place: Place) -> Atom {
        Atom::Plain(self.re(Kind::Place(place)))
    }

    fn atom(&mut self) -> Result<Atom> {
        let c = self.peek().ok_or_else(|| Report::internal("an atom behind the end"))?;
        let lines = self.options.newline_anchors;
        match c {
            '(' => return self.parenthesis(),
            '[' => {
                if self.take("[[:<:]]") {
                    return Ok(self.place(Place::WordStart));
                }
                if self.take("[[:>:]]") {
                    return Ok(self.place(Place::WordEnd));
                }
                self.at += 1;
                let set = self.bracket()?;
                return Ok(Atom::Plain(self.re(Kind::One(set))));
            }
            '\\' => {
                self.at += 1;
                return self.escape();
            }
            '*' | '+' | '?' => return Err(invalid("quantifier operand invalid")),
            '{' if self.chars.get(self.at + 1).is_some_and(char::is_ascii_digit) => return Err(invalid("quantifier operand invalid")),
            _ => self.at += 1,
        }
        Ok(match c {
            '.' => {
                let set = Set { negated: true, no_newline: self.options.newline_stops, ..Set::default() };
                Atom::Plain(self.re(Kind::One(set)))
            }
            '^' => self.place(if lines { Place::LineStart } else { Place::Start }),
            '$' => self.place(if lines { Place::LineEnd } else { Place::End }),
            c => Atom::Plain(self.char(c)),
        })
    }

    fn parenthesis(&mut self) -> Result<Atom> {
        for (mark, ahead, positive) in [("(?=", true, true), ("(?!", true, false), ("(?<=", false, true), ("(?<!", false, false)] {
            if self.take(mark) {
                let before = self.groups.len();
                let inner = self.alternatives()?;
                self.close()?;
                if self.groups.len() > before {
                    return Err(Report::unsupported("a group inside a lookaround of a regular expression"));
                }
                if inner.refers {
                    return Err(invalid("invalid backreference number"));
                }
                return Ok(self.place(if ahead { Place::Ahead(inner.re, positive) } else { Place::Behind(inner.re, positive) }));
            }
        }
        if self.take("(?:") {
            let inner = self.alternatives()?;
            self.close()?;
            return Ok(Atom::Inner(inner));
        }
        if self.follows("(?") {
            return Err(invalid("quantifier operand invalid"));
        }
        self.at += 1;
        self.groups.push(None);
        let number = self.groups.len();
        self.open.push(number);
        let inner = self.alternatives()?;
        self.close()?;
        self.open.pop();
        self.groups[number - 1] = Some(inner.re.clone());
        Ok(Atom::Group(number, inner))
    }

    fn close(&mut self) -> Result<()> {
        if self.peek() != Some(')') {
            return Err(invalid("parentheses () not balanced"));
        }
        self.at += 1;
        Ok(())
    }

    fn class(&mut self, class: Class, negated: bool) -> Atom {
        // \D, \W and \S leave newlines out where the option says so; in brackets they may not.
        let no_newline = negated && self.options.newline_stops;
        let set = Set { classes: vec![(class, negated)], no_newline, ..Set::default() };
        Atom::Plain(self.re(Kind::One(set)))
    }

    fn escape(&mut self) -> Result<Atom> {
        let Some(c) = self.peek() else { return Err(invalid("invalid escape \\ sequence")) };
        if let Some(class) = shorthand(c) {
            self.at += 1;
            return Ok(self.class(class.0, class.1));
        }
        let place = match c {
            'A' => Place::Start,
            'Z' => Place::End,
            'm' => Place::WordStart,
            'M' => Place::WordEnd,
            'y' => Place::WordEdge,
            'Y' => Place::NoWordEdge,
            '1'..='9' => {
                let start = self.at;
                while self.peek().is_some_and(|c| c.is_ascii_digit()) {
                    self.at += 1;
                }
                let digits: String = self.chars[start..self.at].iter().collect();
                let number = digits.parse::<usize>().map_err(|_| invalid("invalid backreference number"))?;
                if number > self.groups.len() || self.open.contains(&number) {
                    return Err(invalid("invalid backreference number"));
                }
                return Ok(Atom::Reference(number));
            }
            _ => {
                let c = self.character()?;
                return Ok(Atom::Plain(self.char(c)));
            }
        };
        self.at += 1;
        Ok(self.place(place))
    }

    /// An escape that stands for one character.
    fn character(&mut self) -> Result<char> {
        let wrong = || invalid("invalid escape \\ sequence");
        let c = self.peek().ok_or_else(wrong)?;
        self.at += 1;
        Ok(match c {
            'a' => '\u{7}',
            'b' => '\u{8}',
            'B' => '\\',
            'e' => '\u{1b}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            '0' => '\0',
            'c' => {
                let control = self.peek().ok_or_else(wrong)?;
                self.at += 1;
                char::from_u32(u32::from(control) & 31).ok_or_else(wrong)?
            }
            'x' | 'u' | 'U' => {
                let (least, most) = match c {
                    'x' => (1, 255),
                    'u' => (4, 4),
                    _ => (8, 8),
                };
                let digits: String = self.chars[self.at..].iter().take_while(|c| c.is_ascii_hexdigit()).take(most).collect();
                if digits.len() < least {
                    return Err(wrong());
                }
                self.at += digits.len();
                u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32).ok_or_else(wrong)?
            }
            c if c.is_alphanumeric() => return Err(wrong()),
            c => c,
        })
    }

    /// `[...]` behind its opening bracket.
    fn bracket(&mut self) -> Result<Set> {
        let unbalanced = || invalid("brackets [] not balanced");
        let mut set = Set { ignore_case: self.options.ignore_case, ..Set::default() };
        if self.take("^") {
            set.negated = true;
            set.no_newline = self.options.newline_stops;
        }
        let mut first = true;
        loop {
            let c = self.peek().ok_or_else(unbalanced)?;
            if c == ']' && !first {
                self.at += 1;
                return Ok(set);
            }
            first = false;
            if self.take("[:") {
                let start = self.at;
                while self.peek().is_some_and(|c| c != ':') {
                    self.at += 1;
                }
                let name: String = self.chars[start..self.at].iter().collect();
                if !self.take(":]") {
                    return Err(unbalanced());
                }
                let class = Class::named(&name).ok_or_else(|| invalid("invalid character class"))?;
                set.classes.push((class, false));
                continue;
            }
            if c == '\\'
                && let Some(class) = self.chars.get(self.at + 1).copied().and_then(shorthand)
            {
                self.at += 2;
                set.classes.push(class);
                continue;
            }
            let from = self.endpoint()?;
            let is_range = self.peek() == Some('-') && self.chars.get(self.at + 1).is_some_and(|c| *c != ']');
            if !is_range {
                set.ranges.push((from, from));
                continue;
            }
            self.at += 1;
            let to = self.endpoint()?;
            if from > to {
                return Err(invalid("invalid character range"));
            }
            set.ranges.push((from, to));
        }
    }

    /// One end of a range: a character, an escape, `[.x.]` or `[=x=]`.
    fn endpoint(&mut self) -> Result<char> {
        for (open, close) in [("[.", ".]"), ("[=", "=]")] {
            if self.take(open) {
                let c = self.peek().ok_or_else(|| invalid("brackets [] not balanced"))?;
                self.at += 1;
                if !self.take(close) {
                    return Err(invalid("invalid collating element"));
                }
                return Ok(c);
            }
        }
        let c = self.peek().ok_or_else(|| invalid("brackets [] not balanced"))?;
        self.at += 1;
        if c == '\\' { self.character() } else { Ok(c) }
    }
}

fn shorthand(c: char) -> Option<(Class, bool)> {
    Some(match c {
        'd' => (Class::Digit, false),
        'D' => (Class::Digit, true),
        's' => (Class::Space, false),
        'S' => (Class::Space, true),
        'w' => (Class::Word, false),
        'W' => (Class::Word, true),
        _ => return None,
    })
}

/// Applies option letters.
///
/// # Errors
/// 2201B for a letter that is none; 0A000 for the other kinds of expressions.
pub(super) fn apply(options: &mut Options, letters: &str) -> Result<()> {
    for letter in letters.chars() {
        match letter {
            'c' => options.ignore_case = false,
            'i' => options.ignore_case = true,
            'm' | 'n' => (options.newline_stops, options.newline_anchors) = (true, true),
            'p' => (options.newline_stops, options.newline_anchors) = (true, false),
            'w' => (options.newline_stops, options.newline_anchors) = (false, true),
            's' => (options.newline_stops, options.newline_anchors) = (false, false),
            'x' => options.expanded = true,
            't' => options.expanded = false,
            'q' => options.literal = true,
            'b' | 'e' => return Err(Report::unsupported(format!("the option \"{letter}\" of a regular expression"))),
            _ => return Err(invalid("invalid embedded option")),
        }
    }
    Ok(())
}
