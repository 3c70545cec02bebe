//! What a jsonpath gives for a document (PostgreSQL's jsonpath_exec.c).

use std::borrow::Cow;
use std::cmp::Ordering;

use super::super::decimal::{Decimal, division_by_zero, too_large};
use super::super::json::{elements, field, kind, members, string};
use super::super::regex::{Need, compile};
use super::parse::{Node, Path, Step};
use super::patterns::regex_flags;
use crate::error::{Report, Result, SqlState};

/// A json value as text.
type Item<'j> = Cow<'j, str>;

/// One evaluation: the document, its variables, the mode.
pub(super) struct Run<'j> {
    root: &'j str,
    variables: &'j str,
    strict: bool,
}

/// Where in the evaluation a node stands.
#[derive(Clone, Copy)]
struct At<'a> {
    current: &'a str,
    last: Option<usize>,
    /// Below `.**`, where what does not fit is passed by.
    lenient: bool,
}

/// Where items go as they are found: PostgreSQL follows one item to its end before it takes the next, and an error comes after what was found.
type Sink<'s, 'j> = dyn FnMut(Item<'j>) -> Result<()> + 's;

/// In lax mode a path that ends in a sign is only asked whether it has a number: what is none is passed by (`executeUnaryArithmExpr`).
pub(super) fn ends_in_a_number(path: &Path, document: &str, variables: &str) -> Result<Option<bool>> {
    let (false, Node::Sign(_, inner)) = (path.strict, &path.root) else { return Ok(None) };
    let run = Run { root: document, variables, strict: false };
    let items = run.unwrapped(inner, At { current: document, last: None, lenient: false })?;
    Ok(Some(items.iter().any(|item| number(item).is_some())))
}

/// Runs a path; what was found before an error stays in `found`.
pub(super) fn run<'j>(path: &Path, document: &'j str, variables: &'j str, found: &mut Vec<Item<'j>>) -> Result<()> {
    let run = Run { root: document, variables, strict: path.strict };
    let at = At { current: document, last: None, lenient: false };
    run.follow(&path.root, at, &mut |item| {
        found.push(item);
        Ok(())
    })
}

impl<'j> Run<'j> {
    /// Hands the items of a node on, one by one.
    fn follow(&self, node: &Node, at: At, sink: &mut Sink<'_, 'j>) -> Result<()> {
        if let Node::Access(from, step) = node {
            let below = matches!(from.as_ref(), Node::Access(_, Step::Deep(..)));
            let inner = At { lenient: at.lenient || below, ..at };
            return self.follow(from, at, &mut |item| self.step(step, item, inner, !self.strict, sink));
        }
        if let Node::Sign(sign, inner) = node {
            return self.unwrapped(inner, at)?.iter().try_for_each(|item| sink(Cow::Owned(signed(*sign, item)?)));
        }
        self.node(node, at)?.into_iter().try_for_each(sink)
    }

    fn node(&self, node: &Node, at: At) -> Result<Vec<Item<'j>>> {
        Ok(match node {
            Node::Root => vec![Cow::Borrowed(self.root)],
            Node::Current => vec![Cow::Owned(at.current.to_owned())],
            Node::Last => {
                let last = at.last.ok_or_else(|| Report::internal("last outside of a subscript"))?;
                vec![Cow::Owned(last.to_string())]
            }
            Node::Variable(name) => match field(self.variables, name)? {
                Some(value) => vec![Cow::Borrowed(value)],
                None => {
                    return Err(Report::new(SqlState::UNDEFINED_OBJECT, format!("could not find jsonpath variable \"{name}\"")));
                }
            },
            Node::Constant(json) => vec![Cow::Owned(json.clone())],
            Node::Access(..) | Node::Sign(..) => {
                let mut found = Vec::new();
                self.follow(node, at, &mut |item| {
                    found.push(item);
                    Ok(())
                })?;
                found
            }
            Node::Arithmetic(sign, left, right) => {
                let single = |side: &str, node: &Node| -> Result<Decimal> {
                    let items = self.unwrapped(node, at)?;
                    match items.as_slice() {
                        [one] if number(one).is_some() => number(one).ok_or_else(too_large),
                        _ => {
                            let message = format!("{side} operand of jsonpath operator {sign} is not a single numeric value");
                            Err(Report::new(SqlState("22038"), message))
                        }
                    }
                };
                vec![Cow::Owned(compute(*sign, single("left", left)?, single("right", right)?)?.shown(-2))]
            }
            predicate => vec![Cow::Borrowed(match self.truth(predicate, at)? {
                Some(true) => "true",
                Some(false) => "false",
                None => "null",
            })],
        })
    }

    /// The items of an operand; in lax mode arrays stand for their elements.
    fn unwrapped(&self, node: &Node, at: At) -> Result<Vec<Item<'j>>> {
        let items = self.node(node, at)?;
        if self.strict {
            return Ok(items);
        }
        Ok(items.into_iter().flat_map(|item| if kind(&item) == "array" { of_array(&item) } else { vec![item] }).collect())
    }

    fn step(&self, step: &Step, item: Item<'j>, at: At, unwrap: bool, sink: &mut Sink<'_, 'j>) -> Result<()> {
        let strict = self.strict && !at.lenient;
        let is_array = kind(&item) == "array";
        let unwraps = match step {
            Step::Member(_) | Step::AnyMember | Step::Filter(_) => true,
            Step::Method(name) => !matches!(*name, "type" | "size"),
            Step::Datetime(_) => true,
            _ => false,
        };
        if is_array && unwrap && unwraps {
            for element in of_array(&item) {
                self.step(step, element, at, false, sink)?;
            }
            return Ok(());
        }
        let misfit = |state: &'static str, message: String| if strict { Err(Report::new(SqlState(state), message)) } else { Ok(()) };
        match step {
            Step::Member(name) => {
                if kind(&item) != "object" {
                    return misfit("2203A", "jsonpath member accessor can only be applied to an object".into());
                }
                match field(&item, name)? {
                    Some(value) => sink(part(&item, value))?,
                    None => return misfit("2203A", format!("JSON object does not contain key \"{name}\"")),
                }
            }
            Step::AnyMember => {
                if kind(&item) != "object" {
                    return misfit("2203C", "jsonpath wildcard member accessor can only be applied to an object".into());
                }
                members(&item)?.into_iter().try_for_each(|(_, value)| sink(part(&item, value)))?;
            }
            Step::AnyElement if is_array => of_array(&item).into_iter().try_for_each(sink)?,
            Step::AnyElement => {
                misfit("22039", "jsonpath wildcard array accessor can only be applied to an array".into())?;
                sink(item)?;
            }
            Step::Deep(from, to) => deep(&item, 0, *from, *to, sink)?,
            Step::Elements(list) => {
                if !is_array {
                    misfit("22039", "jsonpath array accessor can only be applied to an array".into())?;
                }
                let all = if is_array { of_array(&item) } else { vec![item] };
                let inner = At { last: Some(all.len().saturating_sub(1)), ..at };
                for (from, to) in list {
                    let from = self.subscript(from, inner)?;
                    let to = to.as_ref().map_or(Ok(from), |to| self.subscript(to, inner))?;
                    let len = i64::try_from(all.len()).unwrap_or(i64::MAX);
                    if strict && (from < 0 || from > to || to >= len) {
                        return Err(Report::new(SqlState("22033"), "jsonpath array subscript is out of bounds"));
                    }
                    let indexes = from.max(0)..=to.min(len - 1);
                    indexes.filter_map(|i| all.get(usize::try_from(i).ok()?).cloned()).try_for_each(&mut *sink)?;
                }
            }
            Step::Filter(condition) => {
                if self.truth(condition, At { current: &item, ..at })? == Some(true) {
                    sink(item)?;
                }
            }
            Step::Method(name) => sink(method(name, item, strict)?)?,
            Step::Datetime(_) if kind(&item) == "string" => {
                return Err(Report::unsupported("jsonpath item method .datetime()"));
            }
            Step::Datetime(_) => {
                return Err(Report::new(SqlState("22031"), "jsonpath item method .datetime() can only be applied to a string"));
            }
        }
        Ok(())
    }

    fn subscript(&self, node: &Node, at: At) -> Result<i64> {
        let items = self.node(node, at)?;
        let value = match items.as_slice() {
            [one] => number(one).and_then(|value| value.truncated(0)).and_then(|value| value.unscaled.to_i128()),
            _ => None,
        };
        value
            .and_then(|value| i32::try_from(value).ok())
            .map(i64::from)
            .ok_or_else(|| Report::new(SqlState("22033"), "jsonpath array subscript is not a single numeric value"))
    }

    /// A predicate: true, false, or unknown. Errors of its operands are unknown.
    fn truth(&self, node: &Node, at: At) -> Result<Option<bool>> {
        Ok(match node {
            Node::And(left, right) => match self.truth(left, at)? {
                Some(false) => Some(false),
                left => match (left, self.truth(right, at)?) {
                    (_, Some(false)) => Some(false),
                    (Some(true), right) => right,
                    _ => None,
                },
            },
            Node::Or(left, right) => match self.truth(left, at)? {
                Some(true) => Some(true),
                left => match (left, self.truth(right, at)?) {
                    (_, Some(true)) => Some(true),
                    (Some(false), right) => right,
                    _ => None,
                },
            },
            Node::Not(inner) => self.truth(inner, at)?.map(|truth| !truth),
            Node::IsUnknown(inner) => Some(self.truth(inner, at)?.is_none()),
            Node::Exists(inner) => {
                let mut any = false;
                let end = known(self.follow(inner, at, &mut |_| {
                    any = true;
                    Ok(())
                }))?;
                // In lax mode the first item decides, before any error.
                if any && !self.strict { Some(true) } else { end.map(|()| any) }
            }
            Node::Compare(operator, left, right) => {
                let (Some(left), Some(right)) = (known(self.unwrapped(left, at))?, known(self.unwrapped(right, at))?) else {
                    return Ok(None);
                };
                let pairs = left.iter().flat_map(|a| right.iter().map(move |b| (a, b)));
                self.any(pairs.map(|(a, b)| compare(operator, a, b)))?
            }
            Node::StartsWith(left, initial) => {
                let (Some(left), Some(initial)) = (known(self.unwrapped(left, at))?, known(self.node(initial, at))?) else {
                    return Ok(None);
                };
                let [initial] = initial.as_slice() else { return Ok(None) };
                self.any(left.iter().map(|item| match (kind(item), kind(initial)) {
                    ("string", "string") => Ok(Some(string(item)?.starts_with(&string(initial)?))),
                    _ => Ok(None),
                }))?
            }
            Node::LikeRegex(left, pattern, flags) => {
                let flags = regex_flags(flags)?;
                let Some(left) = known(self.unwrapped(left, at))? else { return Ok(None) };
                let regex = compile(pattern, &flags, Need::Match)?;
                self.any(left.iter().map(|item| match kind(item) {
                    "string" => regex.is_match(&string(item)?).map(Some),
                    _ => Ok(None),
                }))?
            }
            _ => return Err(Report::internal("a jsonpath expression that is no predicate")),
        })
    }

    /// Whether one of several comparisons holds. In lax mode the first that does decides; in strict mode none may be unknown.
    fn any(&self, results: impl Iterator<Item = Result<Option<bool>>>) -> Result<Option<bool>> {
        let (mut holds, mut unknown) = (false, false);
        for result in results {
            match result? {
                None if self.strict => return Ok(None),
                None => unknown = true,
                Some(true) if !self.strict => return Ok(Some(true)),
                Some(truth) => holds |= truth,
            }
        }
        Ok(if holds {
            Some(true)
        } else if unknown {
            None
        } else {
            Some(false)
        })
    }
}

/// What an operand gives; `None` where it fails in a way that a predicate takes for unknown.
fn known<T>(items: Result<T>) -> Result<Option<T>> {
    match items {
        Ok(items) => Ok(Some(items)),
        Err(report) if is_suppressed(&report) => Ok(None),
        Err(report) => Err(report),
    }
}

/// Tells whether an error is one of the data, which predicates and `silent` pass by.
pub(super) fn is_suppressed(report: &Report) -> bool {
    report.sqlstate.0.starts_with("2203") || matches!(report.sqlstate, SqlState::DIVISION_BY_ZERO | SqlState::NUMERIC_VALUE_OUT_OF_RANGE)
}

fn part<'j>(whole: &Item<'j>, value: &str) -> Item<'j> {
    match whole {
        Cow::Borrowed(text) => {
            let from = value.as_ptr().addr() - text.as_ptr().addr();
            Cow::Borrowed(&text[from..from + value.len()])
        }
        Cow::Owned(_) => Cow::Owned(value.to_owned()),
    }
}

fn of_array<'j>(item: &Item<'j>) -> Vec<Item<'j>> {
    elements(item).into_iter().map(|element| part(item, element)).collect()
}

fn deep<'j>(item: &Item<'j>, level: u32, from: u32, to: u32, sink: &mut Sink<'_, 'j>) -> Result<()> {
    let children = match kind(item) {
        "array" => of_array(item),
        "object" => members(item)?.into_iter().map(|(_, value)| part(item, value)).collect(),
        _ => Vec::new(),
    };
    // `last` alone is the leaves.
    let leaves = from == u32::MAX;
    if level >= from && level <= to || leaves && children.is_empty() {
        sink(item.clone())?;
    }
    if level < to {
        for child in &children {
            deep(child, level + 1, from, to, sink)?;
        }
    }
    Ok(())
}

/// `+` or `-` of a number.
fn signed(sign: char, item: &str) -> Result<String> {
    let Some(value) = number(item) else {
        let message = format!("operand of unary jsonpath operator {sign} is not a numeric value");
        return Err(Report::new(SqlState("2203B"), message));
    };
    let value = if sign == '-' { Decimal::new(value.unscaled.wrapping_neg(), value.scale) } else { value };
    Ok(value.shown(-2))
}

fn number(item: &str) -> Option<Decimal> {
    if kind(item) == "number" { Decimal::parse(item.trim()).ok() } else { None }
}

fn compute(sign: char, a: Decimal, b: Decimal) -> Result<Decimal> {
    let (x, y, scale) = a.aligned(b)?;
    Ok(match sign {
        '+' => Decimal::new(x.checked_add(y).ok_or_else(too_large)?, scale),
        '-' => Decimal::new(x.checked_sub(y).ok_or_else(too_large)?, scale),
        '*' => Decimal::new(a.unscaled.checked_mul(b.unscaled).ok_or_else(too_large)?, a.scale.checked_add(b.scale).ok_or_else(too_large)?),
        '/' => a.divided(b, -2, -2)?,
        _ if b.is_zero() => return Err(division_by_zero()),
        _ => Decimal::new(x.wrapping_rem(y), scale),
    })
}

fn compare(operator: &str, a: &str, b: &str) -> Result<Option<bool>> {
    let ordering = match (kind(a), kind(b)) {
        ("null", "null") => Ordering::Equal,
        ("null", _) | (_, "null") => return Ok(Some(operator == "!=")),
        ("boolean", "boolean") => a.trim().cmp(b.trim()),
        ("string", "string") => string(a)?.cmp(&string(b)?),
        ("number", "number") => match (number(a), number(b)) {
            (Some(a), Some(b)) => {
                let (a, b, _) = a.aligned(b)?;
                a.cmp(&b)
            }
            _ => return Err(too_large()),
        },
        _ => return Ok(None),
    };
    Ok(Some(match operator {
        "==" => ordering.is_eq(),
        "!=" => ordering.is_ne(),
        "<" => ordering.is_lt(),
        "<=" => ordering.is_le(),
        ">" => ordering.is_gt(),
        _ => ordering.is_ge(),
    }))
}

fn method<'j>(name: &str, item: Item<'j>, strict: bool) -> Result<Item<'j>> {
    let numeric = || {
        number(&item)
            .ok_or_else(|| Report::new(SqlState("22036"), format!("jsonpath item method .{name}() can only be applied to a numeric value")))
    };
    Ok(Cow::Owned(match name {
        "type" => format!("\"{}\"", kind(&item)),
        "size" if kind(&item) == "array" => elements(&item).len().to_string(),
        "size" if strict => {
            return Err(Report::new(SqlState("22039"), "jsonpath item method .size() can only be applied to an array"));
        }
        "size" => "1".to_owned(),
        "abs" => {
            let value = numeric()?;
            Decimal::new(value.unscaled.wrapping_abs(), value.scale).shown(-2)
        }
        "floor" | "ceiling" => {
            let value = numeric()?;
            let whole = value.truncated(0).ok_or_else(too_large)?;
            let (a, b, _) = whole.aligned(value)?;
            let step = match name {
                "floor" if a > b => -1,
                "ceiling" if a < b => 1,
                _ => 0,
            };
            compute('+', whole, Decimal::int(step))?.shown(-2)
        }
        "double" => match kind(&item) {
            "number" => double(item.trim())?,
            "string" => double(&string(&item)?)?,
            _ => {
                let message = "jsonpath item method .double() can only be applied to a string or numeric value";
                return Err(Report::new(SqlState("22036"), message));
            }
        },
        "keyvalue" if kind(&item) != "object" => {
            return Err(Report::new(SqlState("2203C"), "jsonpath item method .keyvalue() can only be applied to an object"));
        }
        "keyvalue" => return Err(Report::unsupported("jsonpath item method .keyvalue()")),
        _ => return Err(Report::unsupported(format!("jsonpath item method .{name}()"))),
    }))
}

/// A number by way of float8, as `.double()` goes.
fn double(text: &str) -> Result<String> {
    match text.trim().parse::<f64>() {
        Ok(value) if value.is_finite() => crate::types::json::canonical(&format!("{value}")),
        _ => Err(Report::new(
            SqlState("22036"),
            "numeric argument of jsonpath item method .double() is out of range for type double precision",
        )),
    }
}

/// XQuery's flags as PostgreSQL's own.
#[cfg(test)]
mod tests {
    use super::*;
    use crate::warehouse::embedded::functions::jsonpath::parse::parse;

    fn query(path: &str, document: &str) -> Vec<String> {
        let path = parse(path).expect("a path");
        let mut found = Vec::new();
        run(&path, document, "{\"x\": 2}", &mut found).expect("items");
        found.into_iter().map(Cow::into_owned).collect()
    }

    #[test]
    fn lax_mode_unwraps_and_passes_by() {
        let document = r#"{"a": [{"b": 1}, {"b": 2}, {"c": 3}], "d": null}"#;
        assert_eq!(query("$.a.b", document), ["1", "2"]);
        assert_eq!(query("$.a[*] ? (@.b >= $x)", document), [r#"{"b": 2}"#]);
        assert_eq!(query("$.a[last]", document), [r#"{"c": 3}"#]);
        assert_eq!(query("$.a[0 to 1].b", document), ["1", "2"]);
        assert_eq!(query("$.a.size()", document), ["3"]);
        assert_eq!(query("$.d == null", document), ["true"]);
        assert_eq!(query("$.nope", document), [""; 0]);
        assert_eq!(query("$.**{2}.b", r#"{"a": {"c": {"b": 7}}}"#), ["7"]);
        assert_eq!(query("$.a[0].b + 2 * 3", document), ["7"]);
        let mut found = Vec::new();
        assert!(run(&parse("strict $.nope").expect("a path"), document, "{}", &mut found).is_err());
        // What comes before an error has been found.
        assert!(run(&parse("strict $[*].b").expect("a path"), r#"[{"b": 1}, {}, {"b": 2}]"#, "{}", &mut found).is_err());
        assert_eq!(found, ["1"]);
    }
}
