//! Matching (regexec.c): the earliest match, of the length that the whole prefers, taken apart from left to right.

use std::collections::HashMap;
use std::rc::Rc;

use super::letters;
use super::tree::{Form, Kind, Node, Place, Preference, Re};
use crate::error::{Report, Result, SqlState};
use crate::warehouse::embedded::stop;

/// Steps that one search may take.
const STEPS_MAX: usize = 20_000_000;

/// Where a group matched: characters, from and to.
pub(super) type Span = Option<(usize, usize)>;

/// One search in one text.
pub(super) struct Search<'t> {
    text: &'t [char],
    groups: Vec<Span>,
    known: HashMap<(usize, usize), Rc<[usize]>>,
    steps: usize,
}

impl<'t> Search<'t> {
    pub(super) fn new(text: &'t [char], groups: usize) -> Search<'t> {
        Search { text, groups: vec![None; groups + 1], known: HashMap::new(), steps: 0 }
    }

    /// Finds the first match that begins at `from` or later: its span, then those of the groups.
    pub(super) fn find(&mut self, root: &Node, from: usize) -> Result<Option<Vec<Span>>> {
        for start in from..=self.text.len() {
            let ends = self.ends(&root.re, start)?;
            for end in ordered(&ends, root.preference) {
                self.groups.fill(None);
                if self.take_apart(root, start, end)? {
                    self.groups[0] = Some((start, end));
                    return Ok(Some(self.groups.clone()));
                }
            }
        }
        Ok(None)
    }

    fn step(&mut self, cost: usize) -> Result<()> {
        stop::tick()?;
        self.steps += cost;
        if self.steps > STEPS_MAX {
            return Err(Report::new(SqlState::PROGRAM_LIMIT_EXCEEDED, "regular expression is too complex"));
        }
        Ok(())
    }

    /// Where the matches of a plain expression that begin here end, in order.
    fn ends(&mut self, re: &Re, from: usize) -> Result<Rc<[usize]>> {
        if let Kind::One(set) = re.kind.as_ref() {
            self.step(1)?;
            let found = self.text.get(from).is_some_and(|c| set.holds(*c));
            return Ok(if found { Rc::from([from + 1]) } else { Rc::from([]) });
        }
        if let Some(known) = self.known.get(&(re.id, from)) {
            return Ok(known.clone());
        }
        let ends: Vec<usize> = match re.kind.as_ref() {
            Kind::One(_) => Vec::new(),
            Kind::Place(place) => {
                if self.holds(place, from)? {
                    vec![from]
                } else {
                    Vec::new()
                }
            }
            Kind::Concat(parts) => {
                let mut at = vec![from];
                for part in parts {
                    at = self.after(part, &at)?;
                }
                at
            }
            Kind::Any(branches) => {
                let mut all = Vec::new();
                for branch in branches {
                    all.extend_from_slice(&self.ends(branch, from)?);
                }
                sorted(all)
            }
            Kind::Repeat(inner, least, most) => {
                let mut at = vec![from];
                for _ in 0..*least {
                    at = self.after(inner, &at)?;
                    if at.is_empty() {
                        break;
                    }
                }
                let mut all = at.clone();
                let mut turns = *least;
                while !at.is_empty() && most.is_none_or(|most| turns < most) {
                    let next = self.after(inner, &at)?;
                    at = next.into_iter().filter(|end| all.binary_search(end).is_err()).collect();
                    all = sorted([all, at.clone()].concat());
                    turns += 1;
                }
                all
            }
        };
        self.step(ends.len() + 1)?;
        let ends: Rc<[usize]> = ends.into();
        self.known.insert((re.id, from), ends.clone());
        Ok(ends)
    }

    fn after(&mut self, re: &Re, starts: &[usize]) -> Result<Vec<usize>> {
        let mut all = Vec::new();
        for start in starts {
            all.extend_from_slice(&self.ends(re, *start)?);
        }
        Ok(if starts.len() > 1 { sorted(all) } else { all })
    }

    fn matches(&mut self, re: &Re, from: usize, to: usize) -> Result<bool> {
        Ok(self.ends(re, from)?.binary_search(&to).is_ok())
    }

    fn holds(&mut self, place: &Place, at: usize) -> Result<bool> {
        let is_word = |c: Option<&char>| c.is_some_and(|c| letters::is_word(*c));
        let (before, behind) = (at.checked_sub(1).and_then(|i| self.text.get(i)), self.text.get(at));
        let (left, right) = (is_word(before), is_word(behind));
        Ok(match place {
            Place::Start => at == 0,
            Place::End => at == self.text.len(),
            Place::LineStart => before.is_none_or(|c| *c == '\n'),
            Place::LineEnd => behind.is_none_or(|c| *c == '\n'),
            Place::WordStart => !left && right,
            Place::WordEnd => left && !right,
            Place::WordEdge => left != right,
            Place::NoWordEdge => left == right,
            Place::Ahead(re, positive) => self.ends(re, at)?.is_empty() != *positive,
            Place::Behind(re, positive) => {
                let mut found = false;
                for start in (0..=at).rev() {
                    found = self.matches(re, start, at)?;
                    if found {
                        break;
                    }
                }
                found == *positive
            }
        })
    }

    /// Tells whether a node matches exactly this part of the text, and notes the groups inside.
    fn take_apart(&mut self, node: &Node, from: usize, to: usize) -> Result<bool> {
        self.step(1)?;
        match &node.form {
            Form::Unit => self.matches(&node.re, from, to),
            Form::Capture(number, inner) => {
                let fits = self.take_apart(inner, from, to)?;
                if fits {
                    self.groups[*number] = Some((from, to));
                }
                Ok(fits)
            }
            Form::Concat(left, right) => {
                let middles = self.ends(&left.re, from)?;
                for middle in ordered(&middles, left.preference) {
                    if middle > to || !self.matches(&right.re, middle, to)? {
                        continue;
                    }
                    if self.take_apart(left, from, middle)? && self.take_apart(right, middle, to)? {
                        return Ok(true);
                    }
                    self.forget(left);
                    self.forget(right);
                }
                Ok(false)
            }
            Form::Any(branches) => {
                for branch in branches {
                    if self.matches(&branch.re, from, to)? && self.take_apart(branch, from, to)? {
                        return Ok(true);
                    }
                    self.forget(branch);
                }
                Ok(false)
            }
            Form::Repeat(inner, least, most) => self.turns(node, inner, (*least, *most), from, to, 0),
            Form::Reference(number, least, most) => self.repeats(*number, (*least, *most), from, to),
        }
    }

    /// The turns of a repetition, each as long (or as short) as the rest allows; empty turns only where the least asks for them, or one where there is
    /// nothing to match at all.
    fn turns(&mut self, node: &Node, inner: &Node, bounds: (u32, Option<u32>), from: usize, to: usize, done: u32) -> Result<bool> {
        let (least, most) = bounds;
        if from == to && done >= least {
            if done == 0 && most != Some(0) && self.matches(&inner.re, from, to)? {
                self.forget(inner);
                if !self.take_apart(inner, from, to)? {
                    self.forget(inner);
                }
            }
            return Ok(true);
        }
        if most.is_some_and(|most| done >= most) {
            return Ok(false);
        }
        let ends = self.ends(&inner.re, from)?;
        let may_be_empty = done < least;
        for end in ordered(&ends, node.preference) {
            if end > to || end == from && !may_be_empty {
                continue;
            }
            self.forget(inner);
            if self.take_apart(inner, from, end)? {
                // The groups of the last turn stay, unless a later one fails.
                let kept = self.groups.clone();
                if self.turns(node, inner, bounds, end, to, done + 1)? {
                    return Ok(true);
                }
                self.groups = kept;
            }
        }
        self.forget(inner);
        Ok(false)
    }

    fn repeats(&self, number: usize, (least, most): (u32, Option<u32>), from: usize, to: usize) -> Result<bool> {
        let Some((start, end)) = self.groups[number] else { return Ok(least == 0 && from == to) };
        let (group, part) = (&self.text[start..end], &self.text[from..to]);
        if group.is_empty() {
            return Ok(part.is_empty());
        }
        let turns = part.len() / group.len();
        let count = u32::try_from(turns).unwrap_or(u32::MAX);
        let fits = part.len() % group.len() == 0 && count >= least && most.is_none_or(|most| count <= most);
        Ok(fits && part.chunks(group.len()).all(|chunk| chunk == group))
    }

    fn forget(&mut self, node: &Node) {
        match &node.form {
            Form::Unit | Form::Reference(..) => {}
            Form::Capture(number, inner) => {
                self.groups[*number] = None;
                self.forget(inner);
            }
            Form::Concat(left, right) => {
                self.forget(left);
                self.forget(right);
            }
            Form::Any(branches) => branches.iter().for_each(|branch| self.forget(branch)),
            Form::Repeat(inner, ..) => self.forget(inner),
        }
    }
}

fn sorted(mut ends: Vec<usize>) -> Vec<usize> {
    ends.sort_unstable();
    ends.dedup();
    ends
}

/// The ends in the order in which they are tried.
fn ordered(ends: &[usize], preference: Preference) -> impl Iterator<Item = usize> + use<> {
    let mut ends = ends.to_vec();
    if preference != Preference::Shortest {
        ends.reverse();
    }
    ends.into_iter()
}
