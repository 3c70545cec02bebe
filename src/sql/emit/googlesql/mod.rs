//! Prints GoogleSQL from the bound tree: what PostgreSQL means, in BigQuery's words, or a refusal with a position.
//!
//! The rules of every file here: no operator, function or cast is printed by its name alone, each has an arm that knows its
//! PostgreSQL meaning for its operand types; columns are always qualified; NULL order is always written; filters on bare
//! columns stay bare, so that partitions are pruned.

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

use crate::catalog::model::Table;
use crate::error::{Report, Result, SqlState};
use crate::sql::tree::*;
use crate::sql::walk;
use crate::types::literal::Literal;
use crate::types::zone::Tz;

mod aggregates;
mod array_keys;
mod bits;
mod casts;
mod compare;
mod contents;
mod correlated_with;
mod datetime;
mod deduplicated;
mod dateparts;
mod digits;
mod digits_arrays;
mod digits_averages;
mod digits_quotients;
mod digits_scale;
mod digits_spread;
mod digits_windows;
mod display;
mod expr;
mod format;
mod from;
mod functions;
mod functions_array;
mod functions_json;
mod functions_math;
mod functions_regexp;
mod functions_text;
mod given;
mod grouping;
mod groups;
mod hidden;
mod intervals;
mod json_change;
mod json_contains;
mod json_order;
mod json_output;
mod json_path;
mod json_sets;
mod json_text;
mod letters;
mod literals;
mod names;
mod nan;
mod operators;
mod order;
mod ordered_sets;
mod outer_functions;
mod own_digits;
mod patterns;
pub mod places;
mod query;
mod quotients;
mod random;
mod ranges;
mod record_text;
mod regex_case;
mod regex_classes;
mod regex_order;
mod regex_words;
mod row_members;
mod select;
mod series;
mod spans;
mod standard_time;
mod subquery;
mod template;
mod template_moment;
mod template_number;
mod text;
mod types;
mod window_exclude;
mod window_months;
mod window_values;
mod windows;

use contents::Contents;
use text::Text;

/// Prints a bound query; `zone` is the session's TimeZone. The values of parameters stay out of the text, but for arrays that are NULL, which
/// BigQuery takes for empty ones, and where only a constant can be translated (`parameters` may be left out).
///
/// # Errors
/// 0A000 with position for what has no faithful form.
pub fn emit(bound: &Bound, parameters: &[Literal], zone: Tz) -> Result<String> {
    let contents = Contents::of(&bound.query);
    if contents.record_arrays {
        super::record_arrays::refuse(&bound.query)?;
    }
    if contents.infinite {
        crate::sql::bind::infinite::refuse(bound)?;
    }
    if bound.columns.iter().any(|column| column.ty == crate::types::Type::JSONPATH) {
        return Err(Report::unsupported("showing a jsonpath"));
    }
    print(bound, &contents, parameters, zone, false)
}

/// Prints a bound query; `marked`: with the marks of [`places`].
fn print(bound: &Bound, contents: &Contents, parameters: &[Literal], zone: Tz, marked: bool) -> Result<String> {
    given::printed(bound, parameters, |bound| print_with_windows(bound, contents, parameters, zone, marked))
}

/// Prints a query whose windows stay where they are, or, if one of them stands inside an expression that is printed as a subquery, are computed before.
fn print_with_windows(bound: &Bound, contents: &Contents, parameters: &[Literal], zone: Tz, marked: bool) -> Result<String> {
    match print_as_it_stands(bound, contents, parameters, zone, marked) {
        Err(report) if report.sqlstate == SqlState::FEATURE_NOT_SUPPORTED => match window_values::apart(bound) {
            Some(apart) => print_as_it_stands(&apart, contents, parameters, zone, marked).map_err(|_| report),
            None => Err(report),
        },
        printed => printed,
    }
}

fn print_as_it_stands(bound: &Bound, contents: &Contents, parameters: &[Literal], zone: Tz, marked: bool) -> Result<String> {
    let own = Rc::new(own_digits::Own::of(&bound.query));
    let with_rounded = || {
        let rounded = digits_quotients::rounded(bound, &own, parameters)?;
        let own = Rc::new(own_digits::Own::of(&rounded.query));
        let ready = Ready::of(Cow::Owned(rounded), own, contents, parameters, Pass::Rounded);
        Some(ready.and_then(|ready| ready.print(contents, parameters, zone, marked)))
    };
    if contents.compared_quotients
        && let Some(printed) = with_rounded()
    {
        return printed;
    }
    let mut ready = Ready::of(Cow::Borrowed(bound), own.clone(), contents, parameters, Pass::Trial);
    if ready.as_ref().is_err_and(|report| report.sqlstate == SqlState::FEATURE_NOT_SUPPORTED) {
        // It would be printed in vain.
        if let Some(Ok(text)) = with_rounded() {
            return Ok(text);
        }
        ready = Ready::of(Cow::Borrowed(bound), own.clone(), contents, parameters, Pass::Whole);
    }
    match ready.and_then(|ready| ready.print(contents, parameters, zone, marked)) {
        // What is summed up or shown as text has the digits of quotients that are rounded one by one.
        Err(report) if report.sqlstate == SqlState::FEATURE_NOT_SUPPORTED => match with_rounded() {
            Some(printed) => printed.map_err(|_| report),
            None => Err(report),
        },
        printed => printed,
    }
}

/// What is made of the digits of result columns.
#[derive(Clone, Copy, PartialEq)]
enum Pass {
    /// All, up to the first column whose digits cannot be had: that is an error.
    Trial,
    /// All that can.
    Whole,
    /// All that can, of a tree whose quotients have the digits that PostgreSQL gives them.
    Rounded,
}

/// A tree that is ready to be printed.
struct Ready<'b> {
    /// The tree, rewritten or as it was.
    bound: Cow<'b, Bound>,
    /// Which numerics show the digits that they have.
    own: Rc<own_digits::Own>,
    /// Whether the digits of all result columns can be had.
    digits: Result<()>,
    pass: Pass,
}

impl<'b> Ready<'b> {
    fn of(bound: Cow<'b, Bound>, own: Rc<own_digits::Own>, contents: &Contents, parameters: &[Literal], pass: Pass) -> Result<Ready<'b>> {
        let bound = digits::prepare(bound, &own, parameters, (pass, contents.number_duplicates))?;
        let bound = if contents.group_frames { Cow::Owned(groups::rewritten(&bound)) } else { bound };
        let bound = if contents.needs_rewriting() { rewritten(bound, contents)? } else { bound };
        quotients::check(&bound)?;
        let own = if matches!(bound, Cow::Borrowed(_)) { own } else { Rc::new(own_digits::Own::of(&bound.query)) };
        let digits = digits::check(&bound, &own);
        if pass == Pass::Trial {
            digits?;
            return Ok(Ready { bound, own, digits: Ok(()), pass });
        }
        Ok(Ready { bound, own, digits, pass })
    }

    fn print(self, contents: &Contents, parameters: &[Literal], zone: Tz, marked: bool) -> Result<String> {
        let bound = &*self.bound;
        let mut emitter = Emitter::new(bound, self.own, zone);
        emitter.marked = marked;
        emitter.rounded = self.pass == Pass::Rounded;
        emitter.parameters = parameters.to_vec();
        // Both sides of a set operation, all rows of VALUES, have to agree on the form of their arrays.
        emitter.arrays_as_json = !matches!(bound.query.body, SetExpr::Select(_));
        let aliases = names::columns(&bound.query.columns);
        let text = emitter.query(&bound.query, &aliases, true)?;
        // What has no form at all is told first.
        self.digits?;
        if contents.random {
            random::check(&bound.query, &text)?;
        }
        emitter.check_zone(&text)?;
        Ok(text)
    }
}

/// Takes what a rewriting makes of a query, if it is due and makes something: each copies the whole query.
fn apply(bound: &mut Cow<Bound>, due: bool, rewriting: impl Fn(&Query) -> Result<Option<Query>>) -> Result<()> {
    if due && let Some(query) = rewriting(&bound.query)? {
        *bound =
            Cow::Owned(Bound { query, parameters: bound.parameters.clone(), columns: bound.columns.clone(), named: bound.named.clone() });
    }
    Ok(())
}

/// Rewrites what GoogleSQL has no words for.
fn rewritten<'b>(mut bound: Cow<'b, Bound>, contents: &Contents) -> Result<Cow<'b, Bound>> {
    apply(&mut bound, contents.correlated_items, correlated_with::rewritten)?;
    apply(&mut bound, contents.whole_rows, |query| Ok(super::whole_rows::rewritten(query, super::whole_rows::Rows::Counted)))?;
    apply(&mut bound, contents.changed_members, |query| Ok(row_members::rewritten(query)))?;
    apply(&mut bound, contents.outer_functions, |query| Ok(outer_functions::rewritten(query)))?;
    apply(&mut bound, contents.json_duplicates, |query| Ok(deduplicated::of_json(query)))?;
    if contents.failing && super::guards::are_due(&bound.query, false) {
        super::guards::guard(&mut bound.to_mut().query, false);
    }
    apply(&mut bound, contents.failing, |query| Ok(super::inner_guards::guarded(query)))?;
    apply(&mut bound, contents.computed_limits, |query| super::computed_limit::rewritten(query, query::limits_distinct_rows, false))?;
    Ok(bound)
}

/// What is known while a statement is printed.
struct Emitter {
    /// The session's time zone.
    zone: Tz,
    /// How each column of each FROM item is written.
    columns: IdMap<RelationId, from::Columns>,
    /// The base tables by id: they tell whether a column may be NULL.
    tables: IdMap<RelationId, Arc<Table>>,
    /// FROM items that an outer join may fill with NULLs.
    nullable: IdSet<RelationId>,
    /// The printed names of WITH items.
    ctes: IdMap<CteId, String>,
    /// Aliases in use, in lower case.
    taken: names::Taken,
    /// Expressions that stand for something computed further in: grouping keys, set-returning calls, ordered-set arrays.
    computed: Vec<(Expr, Text)>,
    /// An aggregate would end up inside a subquery that was made for its value: the groups have to be made first.
    must_split: bool,
    /// The grouping expressions of the SELECT that is being printed, for GROUPING().
    grouping: Vec<Text>,
    /// The values of parameters, as far as they are known.
    parameters: Vec<Literal>,
    /// Every array of the result leaves as JSON.
    arrays_as_json: bool,
    /// Columns of FROM items that hold nodes of `json_output`.
    nodes: IdSet<(RelationId, usize)>,
    /// The same of WITH items.
    cte_nodes: IdMap<CteId, Vec<usize>>,
    /// Columns of the next SELECT may leave as nodes, and which of the last one's did.
    takes_nodes: bool,
    left_nodes: Vec<usize>,
    /// The next SELECT's one column is JSON that is built there: it leaves as a node.
    as_node: bool,
    /// Which numerics show the digits that they have.
    own: Rc<own_digits::Own>,
    /// The conditions of the WHERE whose FROM is being printed.
    kept: Vec<Expr>,
    /// Expressions are printed with marks that tell where they come from.
    marked: bool,
    /// Every quotient is rounded as in PostgreSQL.
    rounded: bool,
    /// Some function of the statement returns a set.
    returns_sets: bool,
}

impl Emitter {
    fn new(bound: &Bound, own: Rc<own_digits::Own>, zone: Tz) -> Emitter {
        let mut emitter = Emitter {
            zone,
            columns: IdMap::default(),
            tables: IdMap::default(),
            nullable: IdSet::default(),
            ctes: IdMap::default(),
            taken: names::Taken::default(),
            computed: Vec::new(),
            must_split: false,
            grouping: Vec::new(),
            parameters: Vec::new(),
            arrays_as_json: false,
            nodes: IdSet::default(),
            cte_nodes: IdMap::default(),
            takes_nodes: false,
            left_nodes: Vec::new(),
            as_node: false,
            own,
            kept: Vec::new(),
            marked: false,
            rounded: false,
            returns_sets: false,
        };
        // A relation alias equal to an output alias would be captured in ORDER BY, where output aliases come first.
        emitter.reserve(&bound.query);
        emitter
    }

    /// Returns a relation alias near the hint that nothing else in the statement uses.
    fn alias(&mut self, hint: &str) -> String {
        self.taken.unique(names::safe(hint))
    }

    /// Returns the value of a parameter or a constant, where it is known.
    fn value_of<'e>(&'e self, expr: &'e Expr) -> Option<&'e Literal> {
        match &expr.kind {
            ExprKind::Literal(value) => Some(value),
            ExprKind::Parameter(n) => self.parameters.get(*n),
            ExprKind::Cast { expr: inner, .. } if inner.ty.is_integer() => self.value_of(inner),
            _ => None,
        }
    }

    /// Refuses a text that names a zone with rules of its own, which GoogleSQL does not know.
    fn check_zone(&self, text: &str) -> Result<()> {
        match self.zone {
            Tz::Posix(_) if text.contains('<') && text.contains(&self.zone_literal()) => {
                Err(Report::unsupported(format!("the time zone {} in a query over BigQuery", self.zone.name()))
                    .hint("Name it by its place, as in SET timezone = 'America/New_York'."))
            }
            _ => Ok(()),
        }
    }

    /// Returns the session's zone as a string literal.
    fn zone_literal(&self) -> String {
        match self.zone {
            Tz::Posix(zone) if zone.fixed().is_some_and(|east| east % 60 == 0) => {
                let minutes = zone.fixed().unwrap_or(0) / 60;
                let sign = if minutes < 0 { '-' } else { '+' };
                literals::string(&format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60))
            }
            zone => literals::string(&zone.name()),
        }
    }
}

/// Runs one level of a deep recursion: a chain of hundreds of pluses is a tree as deep.
fn on_growing_stack<T>(level: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(256 << 10, 4 << 20, level)
}

/// Refuses a construct, where it stands.
fn refuse(what: impl std::fmt::Display, position: Option<u32>, hint: &str) -> Report {
    Report::unsupported(what).at(position).hint(hint)
}
