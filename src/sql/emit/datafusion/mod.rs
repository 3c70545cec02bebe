//! Bound tree to DataFusion's SQL.
//!
//! Structure (joins, groups, windows, set operations), comparisons and logic stay native, so that DataFusion can prune and push down;
//! whatever has PostgreSQL's own semantics becomes a call of a `pg_...` function of `warehouse::embedded::functions`.
//! Parameters are printed as typed constants: the text needs no binding.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use crate::error::Result;
use crate::sql::tree::{Bound, CteId, Expr, RelationId};
use crate::types::Type;
use crate::types::input::{Order, Reads};
use crate::types::literal::Literal;
use crate::types::zone::Tz;

mod aggregate;
mod call;
mod cast;
mod correlate;
mod decorrelate;
mod dotted;
mod expr;
mod foreign;
mod in_place;
mod key;
mod literal;
mod names;
mod numeric;
mod operator;
mod query;
mod relation;
mod scope;
mod select;
mod subquery;
mod unkeyed;
mod vectors;
#[cfg(test)]
mod tests;
mod weight;
mod window;
mod window_without;

use names::Names;

#[cfg(test)]
pub use call::called_functions;

/// Begins the names of WITH items whose rows are made once and kept, however often they are read.
pub const KEPT: &str = "kept~";

/// Prints a bound query; `reads` is how the session reads dates.
///
/// # Errors
/// 0A000 with position for what has no faithful form, 42883 for BigQuery's own functions.
pub fn emit(bound: &Bound, parameters: &[Literal], reads: Reads) -> Result<String> {
    foreign::check(&bound.query)?;
    weight::check(&bound.query)?;
    super::record_arrays::check(&bound.query)?;
    let mut printer = Printer {
        bound,
        parameters,
        zone: reads.zone,
        zone_text: OnceCell::new(),
        order: reads.order,
        relations: HashMap::new(),
        ctes: HashMap::new(),
        taken: HashSet::new(),
        grouping: Vec::new(),
        stored: HashSet::new(),
        representatives: Vec::new(),
        recursive: false,
        within_key: false,
    };
    let limited = super::computed_limit::rewritten(&bound.query, scope::has_computed_limit, true)?;
    let query = limited.as_ref().unwrap_or(&bound.query);
    let whole = super::whole_rows::rewritten(query, super::whole_rows::Rows::All);
    let query = whole.as_ref().unwrap_or(query);
    let undotted = dotted::undotted(query);
    let query = undotted.as_ref().unwrap_or(query);
    let placed = in_place::placed(query);
    let query = placed.as_ref().unwrap_or(query);
    let plain = decorrelate::decorrelate(query, parameters)?;
    let query = plain.as_ref().unwrap_or(query);
    let guarded = super::guards::guarded(query, true);
    let query = guarded.as_ref().unwrap_or(query);
    printer.taken = scope::column_names_below_subqueries(query);
    printer.query(query)
}

/// What printing knows: the constants of the statement and the names given so far.
struct Printer<'a> {
    bound: &'a Bound,
    parameters: &'a [Literal],
    zone: Tz,
    /// The zone's name as a literal, once it is asked for.
    zone_text: OnceCell<String>,
    order: Order,
    /// How the columns of each FROM item are written.
    relations: HashMap<RelationId, Names>,
    ctes: HashMap<CteId, PrintedCte>,
    /// Every alias in use anywhere in the statement, and the names of columns that a subquery would find in place of an outer alias: to the
    /// engine `x.id` is a field of the column `x` there.
    taken: HashSet<String>,
    /// The grouping expressions of the SELECT being printed, for GROUPING().
    grouping: Vec<String>,
    /// Tables of the catalog: their numerics are decimals always, their columns are worth pruning by.
    stored: HashSet<RelationId>,
    /// Grouping expressions that are grouped by their keys, and what shows the group's value.
    representatives: Vec<(Expr, String)>,
    /// The query printed next is the body of a recursive WITH item.
    recursive: bool,
    /// A key of a window or of an ordered aggregate is being printed.
    within_key: bool,
}

/// A WITH item as printed.
#[derive(Clone)]
struct PrintedCte {
    name: String,
    columns: Vec<String>,
    /// The engine may know keys of its rows.
    has_keys: bool,
}

impl Printer<'_> {
    /// Returns an alias that no other relation of the statement has, and that does not begin as those of kept items do.
    fn alias(&mut self, hint: &str) -> String {
        let hint = hint.trim_start_matches(KEPT);
        let hint = if hint.is_empty() { "q" } else { hint };
        let mut alias = hint.to_owned();
        let mut n = 0;
        // Without regard to case: the planner's own names (`__correlated_sq_1`) and messages stay distinct too.
        while !self.taken.insert(alias.to_lowercase()) {
            n += 1;
            alias = format!("{hint}_{n}");
        }
        alias
    }

    /// Returns what a cast depends on as a string constant: the zone, and the order of dates before it where one is read in another than MDY.
    fn reads_text(&self, from: Type, to: Type) -> String {
        let zone = self.zone_text();
        let order = match self.order {
            Order::Mdy => return zone,
            Order::Dmy => "'DMY ",
            Order::Ymd => "'YMD ",
        };
        if crate::sql::styles::is_read(from, to) { zone.replacen('\'', order, 1) } else { zone }
    }

    /// Returns the zone as a string constant; behind a colon where the name is an abbreviation too (CET), which would mean a fixed offset.
    fn zone_text(&self) -> String {
        let text = self.zone_text.get_or_init(|| {
            let name = self.zone.name();
            let colon = if crate::types::input::datetime::abbreviation(&name.to_lowercase()).is_some() { ":" } else { "" };
            literal::text(&format!("{colon}{name}"))
        });
        text.clone()
    }
}

/// Quotes an identifier.
fn ident(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 2);
    put_ident(name, &mut out);
    out
}

fn put_ident(name: &str, out: &mut String) {
    out.push('"');
    if name.contains('"') {
        out.push_str(&name.replace('"', "\"\""))
    } else {
        out.push_str(name)
    }
    out.push('"');
}

/// Quotes a qualified column.
fn qualified(relation: &str, column: &str) -> String {
    let mut out = String::with_capacity(relation.len() + column.len() + 5);
    put_ident(relation, &mut out);
    out.push('.');
    put_ident(column, &mut out);
    out
}
