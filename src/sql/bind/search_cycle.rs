//! SEARCH and CYCLE of recursive queries (rewriteSearchCycle.c): columns that each row carries on from the row that it was found by.
//!
//! PostgreSQL's columns are rows and arrays of rows. A row is its fields, as everywhere here: the sequence of BREADTH FIRST is the depth and the
//! columns that are searched by. An array of rows is kept as the texts of its rows, which tell rows apart where equal values have one text; beside it
//! stands an array of the columns' values, one row's after the other's, by which the rows sort.

use sqlparser::ast;

use super::Binder;
use super::composite::{Handed, HandedOn};
use super::item_columns::ScopeColumn;
use super::order::distinguishable;
use super::query::{BoundQuery, Output, VisibleCte, column_of, plain_query};
use super::recursion::Recursive;
use super::scope::{Clause, Scope};
use crate::error::{Report, Result, SqlState};
use crate::sql::parse::search_cycle::{Cycle, Search, clauses};
use crate::sql::tree::*;
use crate::types::literal::Literal;
use crate::types::{NumericScale, Type};

/// An array of rows among the columns of a WITH item.
#[derive(Clone, Debug)]
pub struct Path {
    /// The column, which holds the rows' texts.
    column: usize,
    /// The column by which it sorts, if there is one.
    key: Option<usize>,
}

/// The clauses of one WITH item.
pub struct Clauses {
    pub search: Option<Search>,
    pub cycle: Option<Cycle>,
}

impl Clauses {
    /// How many columns they add.
    pub fn added(&self) -> usize {
        usize::from(self.search.is_some()) + 2 * usize::from(self.cycle.is_some())
    }
}

/// A column that the rows carry.
struct Carried {
    column: RelationColumn,
    /// Its value in the rows of the first term.
    first: Expr,
    /// Its value in a row that the recursive term finds.
    next: Expr,
}

impl Binder<'_> {
    /// Reads the clauses behind a WITH item.
    pub fn search_and_cycle(&self, item: &ast::Cte, recursive: bool, position: Option<u32>) -> Result<Option<Clauses>> {
        let Some(mark) = &item.from else { return Ok(None) };
        let Some((search, cycle)) = clauses(mark)? else {
            return Err(Report::new(SqlState::SYNTAX_ERROR, "syntax error at or near \"FROM\"").at(self.places.of(mark.span.start)));
        };
        if !recursive {
            return Err(Report::new(SqlState::SYNTAX_ERROR, "WITH query is not recursive").at(position));
        }
        Ok(Some(Clauses { search, cycle }))
    }

    /// Adds what the recursive term itself may name of the columns that the clauses add: all but the row of BREADTH FIRST, whose fields are not known yet.
    pub fn add_inside(&mut self, clauses: &Clauses, item: &mut VisibleCte) -> Result<()> {
        let mut add = |name: &str, ty: Type, is_path: bool| {
            if is_path {
                item.paths.push(Path { column: item.columns.len(), key: None });
            }
            item.columns.push(column(name, ty));
            item.outputs.push(Output { name: name.to_owned(), origin: (0, 0) });
            item.added += 1;
        };
        match &clauses.search {
            Some(search) if search.breadth => add("", Type::TEXT, false),
            Some(search) => add(&search.sequence, Type::TEXT_ARRAY, true),
            None => {}
        }
        if let Some(cycle) = &clauses.cycle {
            let (value, _) = self.mark_values(cycle)?;
            add(&cycle.mark, value.ty, false);
            add(&cycle.path, Type::TEXT_ARRAY, true);
        }
        Ok(())
    }

    /// Adds the columns of SEARCH and CYCLE to a recursive query whose terms are bound.
    pub fn searched(&mut self, name: &str, id: CteId, clauses: Clauses, terms: Recursive) -> Result<(BoundQuery, HandedOn, Vec<Path>)> {
        let Recursive { first, mut second, all } = terms;
        let width = first.query.columns.len();
        let names: Vec<String> = first.outputs.iter().map(|output| output.name.clone()).collect();
        check(&clauses, &names)?;
        let own = own_relation(&second.query, name, id)?;
        let (left, right) = (self.next_relation(), self.next_relation());
        let columns = first.query.columns.clone();
        let of = |relation: RelationId, list: &[String]| -> Vec<Expr> {
            let places = list.iter().filter_map(|name| names.iter().position(|known| known == name));
            places.map(|i| column_of(relation, i, &columns[i], None)).collect()
        };
        let mut added: Vec<Carried> = Vec::new();
        let mut shown: Vec<String> = Vec::new();
        let (mut handed, mut paths) = (HandedOn::new(), Vec::new());
        let mut hidden: Vec<Carried> = Vec::new();
        let visible = width + clauses.added();
        if let Some(search) = &clauses.search {
            let (here, next) = (of(left, &search.columns), of(right, &search.columns));
            shown.push(search.sequence.clone());
            if search.breadth {
                let null = || Expr::literal(Literal::Null, Type::TEXT, None);
                added.push(Carried { column: column(&search.sequence, Type::TEXT), first: null(), next: null() });
                let mut fields = vec!["*DEPTH*".to_owned()];
                fields.extend(search.columns.iter().cloned());
                handed.push(Handed::new(width, fields, visible));
                let depth = column_of(right, visible, &column("depth", Type::INT8), None);
                let one = Expr::literal(Literal::Int(1), Type::INT8, None);
                hidden.push(Carried {
                    column: column("depth", Type::INT8),
                    first: Expr::literal(Literal::Int(0), Type::INT8, None),
                    next: self.operator("+", Some(depth), one, None)?,
                });
                let copies = here.into_iter().zip(next);
                hidden.extend(copies.map(|(first, next)| Carried { column: like(&first, "searched"), first, next }));
            } else {
                let path = self.path(&search.sequence, (width, here, next), right, visible + hidden.len(), &mut hidden)?;
                paths.push(path.0);
                added.push(path.1);
            }
        }
        let mut stops = None;
        if let Some(cycle) = &clauses.cycle {
            let (mark, here, next) = (width + added.len(), of(left, &cycle.columns), of(right, &cycle.columns));
            for value in &here {
                distinguishable(value.ty, cycle.position)?;
                if !has_one_text(value) {
                    return Err(Report::unsupported(format!("CYCLE over a column of type {}", value.ty)).at(cycle.position));
                }
            }
            let (value, default) = self.mark_values(cycle)?;
            let marked = RelationColumn { typmod: value.typmod, scale: value.scale, ..column(&cycle.mark, value.ty) };
            let row = self.row_text(next.clone());
            let known = column_of(right, mark + 1, &column(&cycle.path, Type::TEXT_ARRAY), None);
            let met = self.among(row, known)?;
            let otherwise = Some(Box::new(default.clone()));
            let next_mark = self.make(ExprKind::Case { whens: vec![(met, value.clone())], otherwise }, value.ty, value.typmod, None);
            let before = column_of(right, mark, &marked, None);
            stops = Some(self.operator("<>", Some(before), value, cycle.position)?);
            added.push(Carried { column: marked, first: default, next: next_mark });
            let path = self.path(&cycle.path, (mark + 1, here, next), right, visible + hidden.len(), &mut hidden)?;
            paths.push(path.0);
            added.push(path.1);
            shown.extend([cycle.mark.clone(), cycle.path.clone()]);
        }
        added.extend(hidden);

        let mut all_columns = columns.clone();
        all_columns.extend(added.iter().map(|carried| carried.column.clone()));
        let unique = super::names::unique(all_columns.iter().map(|column| column.name.clone()));
        for (column, name) in all_columns.iter_mut().zip(unique) {
            column.name = name;
        }
        // The recursive term hands on what its row was found with.
        let SetExpr::Select(select) = &mut second.query.body else { return Err(Report::internal("a SELECT expected")) };
        for (i, column) in all_columns.iter().enumerate().skip(width) {
            select.projection.push(column_of(own, i, column, None));
            second.query.columns.push(column.clone());
        }
        let fresh = super::names::unique(second.query.columns.iter().map(|column| column.name.clone()));
        for (column, name) in second.query.columns.iter_mut().zip(fresh) {
            column.name = name;
        }
        if let Some(from) = &mut select.from {
            widen(from, id, &all_columns);
        }
        let (firsts, nexts) = added.into_iter().map(|carried| (carried.first, carried.next)).unzip();
        let first = around(first.query, left, &columns, firsts, None, &all_columns);
        let second = around(second.query, right, &columns, nexts, stops, &all_columns);
        let output = |name: String| Output { name, origin: (0, 0) };
        let outputs = names.into_iter().chain(shown).map(output).collect();
        let body = SetExpr::Set { op: SetOp::Union, all, left: Box::new(first), right: Box::new(second) };
        Ok((BoundQuery { query: plain_query(body, all_columns), outputs }, handed, paths))
    }

    /// The columns of an array of rows: the texts, and behind all others the values that it sorts by.
    fn path(
        &self,
        name: &str,
        (at, here, next): (usize, Vec<Expr>, Vec<Expr>),
        right: RelationId,
        key_at: usize,
        hidden: &mut Vec<Carried>,
    ) -> Result<(Path, Carried)> {
        let texts = column(name, Type::TEXT_ARRAY);
        let list = |binder: &Self, row: Vec<Expr>| Expr::new(ExprKind::Array(vec![binder.row_text(row)]), Type::TEXT_ARRAY, None);
        let longer = |binder: &Self, before: Expr, row: Expr| binder.operator("||", Some(before), row, None);
        let first = list(self, here.clone());
        let row = list(self, next.clone());
        let carried = Carried { first, next: longer(self, column_of(right, at, &texts, None), row)?, column: texts };
        let ty = here.first().map(|value| value.ty);
        let element = ty.filter(|ty| here.iter().all(|value| value.ty == *ty) && sorts_in_arrays(*ty));
        let Some(array) = element.and_then(Type::array) else { return Ok((Path { column: at, key: None }, carried)) };
        let values = column("sorted", array);
        let list = |row: Vec<Expr>| Expr::new(ExprKind::Array(row), array, None);
        let before = column_of(right, key_at, &values, None);
        hidden.push(Carried { first: list(here), next: longer(self, before, list(next))?, column: values });
        Ok((Path { column: at, key: Some(key_at) }, carried))
    }

    /// The text of a row, by which it is known again.
    fn row_text(&self, fields: Vec<Expr>) -> Expr {
        let row = Expr::new(ExprKind::Row(fields, RowOf::Fields), Type::RECORD, None);
        self.make(ExprKind::Cast { expr: Box::new(row), explicit: true, method: CastMethod::InOut }, Type::TEXT, -1, None)
    }

    fn among(&self, row: Expr, known: Expr) -> Result<Expr> {
        let ExprKind::Operator { operator, .. } = self.operator("=", Some(row.clone()), row.clone(), None)?.kind else {
            return Err(Report::internal("an operator of texts"));
        };
        Ok(self.make(ExprKind::AnyArray { operator, left: Box::new(row), array: Box::new(known), all: false }, Type::BOOL, -1, None))
    }

    /// What marks a cycle, and what does not.
    fn mark_values(&mut self, cycle: &Cycle) -> Result<(Expr, Expr)> {
        let Some((value, default)) = &cycle.values else {
            let constant = |value| Expr::literal(Literal::Bool(value), Type::BOOL, None);
            return Ok((constant(true), constant(false)));
        };
        self.scopes.push(Scope::new(Clause::Values));
        let bound = self.expr(value).and_then(|value| Ok(vec![value, self.expr(default)?]));
        self.scopes.pop();
        let (mut values, _, _) = self.unified("CYCLE", bound?)?;
        let default = self.settle(values.pop().ok_or_else(|| Report::internal("a default"))?)?;
        let value = self.settle(values.pop().ok_or_else(|| Report::internal("a value"))?)?;
        Ok((value, default))
    }

    /// Shows the texts of a WITH item's paths as the arrays of rows that they stand for.
    pub fn take_paths(&mut self, id: RelationId, paths: &[Path], columns: &[RelationColumn], shown: &mut [ScopeColumn]) {
        for Path { column, key } in paths {
            let texts = Box::new(column_of(id, *column, &columns[*column], None));
            let rows = Type::RECORD.array().unwrap_or(Type::TEXT_ARRAY);
            shown[*column].expr = Expr::new(ExprKind::Cast { expr: texts, explicit: false, method: CastMethod::Binary }, rows, None);
            if let Some(key) = key {
                self.path_keys.insert((id, *column), column_of(id, *key, &columns[*key], None));
            }
        }
    }

    /// What an array of rows sorts by.
    pub fn path_key(&self, expr: &Expr) -> Option<Expr> {
        let ExprKind::Cast { expr: texts, .. } = &expr.kind else { return None };
        let ExprKind::Column { relation, column } = texts.kind else { return None };
        if expr.ty.element() != Some(Type::RECORD) {
            return None;
        }
        self.path_keys.get(&(relation, column)).map(|key| Expr { position: expr.position, ..key.clone() })
    }
}

fn column(name: &str, ty: Type) -> RelationColumn {
    RelationColumn { name: name.to_owned(), ty, typmod: -1, scale: NumericScale::Any }
}

fn like(expr: &Expr, name: &str) -> RelationColumn {
    RelationColumn { name: name.to_owned(), ty: expr.ty, typmod: expr.typmod, scale: expr.scale }
}

/// Tells whether equal values have one text, so that rows of them are known again by theirs.
fn has_one_text(value: &Expr) -> bool {
    let plain = matches!(
        value.ty,
        Type::BOOL
            | Type::TEXT
            | Type::VARCHAR
            | Type::NAME
            | Type::UUID
            | Type::DATE
            | Type::TIME
            | Type::TIMESTAMP
            | Type::TIMESTAMPTZ
            | Type::OID
    );
    plain || value.ty.is_integer() || value.typmod >= 0 && matches!(value.ty, Type::BPCHAR | Type::NUMERIC)
}

/// Tells whether arrays of these values sort in the warehouses as PostgreSQL sorts rows.
fn sorts_in_arrays(ty: Type) -> bool {
    ty.is_integer() || matches!(ty, Type::TEXT | Type::VARCHAR | Type::NAME | Type::UUID | Type::BOOL | Type::DATE | Type::TIMESTAMP)
}

/// The checks of `analyzeCTE` (parse_cte.c).
fn check(clauses: &Clauses, names: &[String]) -> Result<()> {
    let wrong = |message: String, position| Err(Report::new(SqlState::SYNTAX_ERROR, message).at(position));
    let listed = |what: &str, columns: &[String], position: Option<u32>| {
        for (i, column) in columns.iter().enumerate() {
            if !names.contains(column) {
                return wrong(format!("{what} column \"{column}\" not in WITH query column list"), position);
            }
            if columns[..i].contains(column) {
                let message = format!("{what} column \"{column}\" specified more than once");
                return Err(Report::new(SqlState::DUPLICATE_COLUMN, message).at(position));
            }
        }
        Ok(())
    };
    let used = |what: &str, name: &String, position| match names.contains(name) {
        true => wrong(format!("{what} column name \"{name}\" already used in WITH query column list"), position),
        false => Ok(()),
    };
    if let Some(search) = &clauses.search {
        listed("search", &search.columns, search.position)?;
        used("search sequence", &search.sequence, search.position)?;
    }
    if let Some(cycle) = &clauses.cycle {
        listed("cycle", &cycle.columns, cycle.position)?;
        used("cycle mark", &cycle.mark, cycle.position)?;
        used("cycle path", &cycle.path, cycle.position)?;
        if cycle.mark == cycle.path {
            return wrong("cycle mark column name and cycle path column name are the same".into(), cycle.position);
        }
    }
    if let (Some(search), Some(cycle)) = (&clauses.search, &clauses.cycle) {
        for (what, name) in [("mark", &cycle.mark), ("path", &cycle.path)] {
            if search.sequence == *name {
                let message = format!("search sequence column name and cycle {what} column name are the same");
                return wrong(message, search.position);
            }
        }
    }
    Ok(())
}

/// The item's own rows among the FROM items of its recursive term.
fn own_relation(term: &Query, name: &str, id: CteId) -> Result<RelationId> {
    let SetExpr::Select(select) = &term.body else {
        let message = "with a SEARCH or CYCLE clause, the right side of the UNION must be a SELECT";
        return Err(Report::new(SqlState::SYNTAX_ERROR, message));
    };
    let Some(own) = select.from.as_ref().and_then(|from| find(from, id)) else {
        let place = "must be at the top level of its right-hand SELECT";
        return Err(Report::unsupported(format!(
            "with a SEARCH or CYCLE clause, the recursive reference to WITH query \"{name}\" {place}"
        )));
    };
    let plain = select.distinct == Distinct::No && select.group_by == GroupBy::None;
    if !plain || !term.order_by.is_empty() || term.limit.is_some() || term.offset.is_some() {
        return Err(Report::unsupported("SEARCH or CYCLE where the recursive term has DISTINCT, GROUP BY, ORDER BY or LIMIT"));
    }
    Ok(own)
}

fn find(from: &Relation, id: CteId) -> Option<RelationId> {
    match from {
        Relation::Join { left, right, .. } => find(left, id).or_else(|| find(right, id)),
        Relation::Cte { id: relation, cte, .. } if *cte == id => Some(*relation),
        _ => None,
    }
}

/// Gives the item's own rows the columns that they carry.
fn widen(from: &mut Relation, id: CteId, all: &[RelationColumn]) {
    match from {
        Relation::Join { left, right, .. } => {
            widen(left, id, all);
            widen(right, id, all);
        }
        Relation::Cte { cte, columns, .. } if *cte == id => *columns = all.to_vec(),
        _ => {}
    }
}

/// `SELECT columns, added FROM (query) WHERE filter`.
fn around(
    query: Query,
    id: RelationId,
    columns: &[RelationColumn],
    added: Vec<Expr>,
    filter: Option<Expr>,
    all: &[RelationColumn],
) -> Query {
    let mut projection: Vec<Expr> = columns.iter().enumerate().map(|(i, column)| column_of(id, i, column, None)).collect();
    projection.extend(added);
    let from = Some(Relation::Derived { id, alias: "term".into(), lateral: false, query: Box::new(query) });
    let select = Select { distinct: Distinct::No, projection, from, filter, group_by: GroupBy::None, having: None };
    plain_query(SetExpr::Select(Box::new(select)), all.to_vec())
}
