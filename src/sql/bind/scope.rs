//! What names mean in one query level: FROM items, their columns, and PostgreSQL's errors for names that mean nothing.

use sqlparser::ast::{Ident, NamedWindowDefinition};

use super::Binder;
use super::item_columns::{Columns, ScopeColumn};
use super::names::{closest, fold, is_function_word, is_reserved};
use crate::catalog::model::cut;
use crate::error::{Report, Result, SqlState};
use crate::sql::tree::{Expr, ExprKind, IdSet, RelationId, RowOf};
use crate::types::Type;
use crate::types::literal::Literal;

/// One FROM item as names see it.
#[derive(Clone, Debug)]
pub struct Item {
    /// The alias or table name; `None` for a join's merged columns.
    pub name: Option<String>,
    /// The schema, for tables without an alias.
    pub schema: Option<String>,
    /// The table's own name, when an alias hides it.
    pub hidden_name: Option<String>,
    /// Its columns.
    pub columns: Columns,
    /// May qualify a column.
    pub qualifies: bool,
    /// Its columns are seen without qualification and by `*`.
    pub shows_columns: bool,
    /// A function of one scalar column: the item's name alone means that column.
    pub scalar: bool,
    /// An outer join may have no row of it.
    pub may_be_empty: bool,
    /// What `tableoid` means, for relations with a column that is never NULL.
    pub tableoid: Option<Expr>,
    /// Columns that are found by their names only: no `*` and no NATURAL JOIN sees them. The warehouse's own, and those of SEARCH and CYCLE.
    pub pseudo: Columns,
}

/// Where in a query an expression stands: decides on aggregates, window functions, set-returning functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clause {
    /// The select list.
    Select,
    /// FROM: a function's arguments.
    From,
    /// JOIN ON.
    On,
    /// WHERE.
    Where,
    /// GROUP BY.
    GroupBy,
    /// HAVING.
    Having,
    /// ORDER BY.
    OrderBy,
    /// DISTINCT ON.
    DistinctOn,
    /// LIMIT.
    Limit,
    /// OFFSET.
    Offset,
    /// VALUES.
    Values,
    /// The arguments of an aggregate.
    Aggregate,
    /// FILTER of an aggregate.
    Filter,
    /// The arguments of a window function.
    WindowCall,
    /// PARTITION BY, ORDER BY, frame of a window.
    WindowDefinition,
    /// The arguments of EXECUTE.
    Execute,
}

/// One query level.
#[derive(Debug)]
pub struct Scope {
    /// The FROM items that are visible now.
    pub items: Vec<Item>,
    /// What all FROM items so far are called, visible or not, each with the name of its table or WITH item.
    pub called: Vec<(String, Option<String>)>,
    /// The clause being bound.
    pub clause: Clause,
    /// An aggregate of this level was seen.
    pub aggregates: bool,
    /// A window call of this level was seen.
    pub windows: bool,
    /// WINDOW w AS (...).
    pub named_windows: Vec<NamedWindowDefinition>,
    /// The FROM items' ids.
    pub relations: IdSet<RelationId>,
    /// The set-returning calls of the select list, which become a FROM item of this id.
    pub set_calls: Vec<Expr>,
    /// The id for `set_calls`.
    pub set_relation: Option<RelationId>,
    /// Expanded arrays of the select list, each a FROM item of its own.
    pub expansions: Vec<(RelationId, Expr)>,
    /// Aggregates of this level that stand in subqueries, where each is a column of `outer_relation`.
    pub outer_aggregates: Vec<Expr>,
    /// The id of the query that computes them.
    pub outer_relation: Option<RelationId>,
    /// Arguments of GROUPING(...), to be found in GROUP BY.
    pub groupings: Vec<Vec<Expr>>,
    /// Sort items as written and as bound: a subquery written twice is one expression (DISTINCT ON beside ORDER BY).
    pub sort_items: Vec<(sqlparser::ast::Expr, Expr)>,
}

impl Scope {
    /// Makes an empty level.
    pub fn new(clause: Clause) -> Scope {
        Scope {
            items: Vec::new(),
            called: Vec::new(),
            clause,
            aggregates: false,
            windows: false,
            named_windows: Vec::new(),
            relations: IdSet::default(),
            set_calls: Vec::new(),
            set_relation: None,
            expansions: Vec::new(),
            outer_aggregates: Vec::new(),
            outer_relation: None,
            groupings: Vec::new(),
            sort_items: Vec::new(),
        }
    }
}

impl Item {
    fn find(&self, name: &str, quoted: bool) -> Vec<ScopeColumn> {
        let mut found = Vec::new();
        self.find_exact(name, &mut found);
        if found.is_empty() {
            self.find_loose(name, quoted, &mut found);
        }
        found
    }

    /// Adds the columns of exactly this name.
    fn find_exact(&self, name: &str, found: &mut Vec<ScopeColumn>) {
        self.columns.exactly(name, found);
    }

    /// Adds the columns that are not spelled so.
    fn find_loose(&self, name: &str, quoted: bool, found: &mut Vec<ScopeColumn>) {
        if quoted {
            return self.pseudo.named(|own| own == name, found);
        }
        // The warehouse's own columns have no case; names given in the query have.
        let before = found.len();
        self.columns.named(|own| cut(own).eq_ignore_ascii_case(name), found);
        let mut loose = found.split_off(before);
        loose.retain(|column| column.origin.0 != 0);
        if loose.is_empty() {
            return self.pseudo.named(|own| own.eq_ignore_ascii_case(name), found);
        }
        found.append(&mut loose);
    }
}

/// What a name turned out to mean.
pub struct Found {
    /// The expression.
    pub expr: Expr,
    /// Table OID and attribute number.
    pub origin: (u32, i16),
}

impl Binder<'_> {
    /// Resolves `column`.
    pub fn column(&mut self, ident: &Ident) -> Result<Found> {
        let (name, position) = (fold(ident), self.places.of(ident.span.start));
        self.check_word(ident)?;
        if let Some(found) = self.visible_column(&name, ident.quote_style.is_some(), position)? {
            return Ok(found);
        }
        for scope in self.scopes.iter().rev() {
            if let Some(item) = scope.items.iter().find(|item| item.qualifies && item.name.as_deref().map(cut) == Some(name.as_str())) {
                return Ok(Found { expr: self.whole_row(item, position), origin: (0, 0) });
            }
        }
        let tables: Vec<&Expr> =
            self.scopes.last().into_iter().flat_map(|scope| &scope.items).filter_map(|item| item.tableoid.as_ref()).collect();
        let is_table = |scope: &Scope| scope.relations.iter().filter(|id| self.tables.contains_key(id)).count() == 1;
        if let [tableoid] = tables.as_slice()
            && self.scopes.last().is_some_and(is_table)
            && let Some(expr) = system_column(&name, tableoid)
        {
            return Ok(Found { expr: Expr { position, ..expr }, origin: (0, 0) });
        }
        refuse_system_column(&name, position)?;
        let report = Report::new(SqlState::UNDEFINED_COLUMN, format!("column \"{name}\" does not exist")).at(position);
        Err(self.column_hint(report, None, &name))
    }

    /// Refuses reserved words where a name is due; sqlparser takes many of them for names.
    pub fn check_word(&self, ident: &Ident) -> Result<()> {
        if !is_reserved(ident) && !is_function_word(ident) {
            return Ok(());
        }
        let message = format!("syntax error at or near \"{}\"", ident.value);
        Err(Report::new(SqlState::SYNTAX_ERROR, message).at(self.places.of(ident.span.start)))
    }

    /// As [`Binder::check_word`], where a name is given: a function without parentheses is none either.
    pub fn check_name(&self, ident: &Ident) -> Result<()> {
        if super::expr::is_keyword_function(ident) {
            let message = format!("syntax error at or near \"{}\"", ident.value);
            return Err(Report::new(SqlState::SYNTAX_ERROR, message).at(self.places.of(ident.span.start)));
        }
        self.check_word(ident)
    }

    /// Resolves an unqualified name in every level, `None` if it is no column. A column spelled so further out comes before one that is spelled
    /// with capitals: to PostgreSQL that one has another name.
    pub fn visible_column(&self, name: &str, quoted: bool, position: Option<u32>) -> Result<Option<Found>> {
        let mut hits = Vec::new();
        for loose in [false, true] {
            for scope in self.scopes.iter().rev() {
                for item in scope.items.iter().filter(|item| item.shows_columns) {
                    match loose {
                        false => item.find_exact(name, &mut hits),
                        true => item.find_loose(name, quoted, &mut hits),
                    }
                }
                match hits.len() {
                    0 => {}
                    1 => {
                        return Ok(hits.pop().map(|one| Found { expr: Expr { position, ..one.expr }, origin: one.origin }));
                    }
                    _ => {
                        let message = format!("column reference \"{name}\" is ambiguous");
                        return Err(Report::new(SqlState::AMBIGUOUS_COLUMN, message).at(position));
                    }
                }
            }
        }
        Ok(None)
    }

    /// Tells whether the innermost level has such a column: GROUP BY prefers it to an output name.
    pub fn is_input_column(&self, name: &str, quoted: bool) -> bool {
        let shown = |item: &&Item| item.shows_columns && !item.find(name, quoted).is_empty();
        self.scopes.last().is_some_and(|scope| scope.items.iter().any(|item| shown(&item)))
    }

    /// Finds a FROM item by the parts of its name: `alias`, `schema.table`, `database.schema.table`.
    pub fn item(&self, parts: &[Ident]) -> Result<&Item> {
        let position = parts.first().and_then(|ident| self.places.of(ident.span.start));
        parts.first().map_or(Ok(()), |first| self.check_word(first))?;
        let names: Vec<String> = parts.iter().map(fold).collect();
        let (schema, name) = match names.as_slice() {
            [name] => (None, name),
            [schema, name] => (Some(schema), name),
            [database, schema, name] if self.is_database(database) => (Some(schema), name),
            _ => {
                let message = format!("cross-database references are not implemented: {}", names.join("."));
                return Err(Report::new(SqlState::FEATURE_NOT_SUPPORTED, message).at(position));
            }
        };
        let matches = |item: &&Item| {
            let schema_fits = schema.is_none_or(|schema| {
                item.schema
                    .as_deref()
                    .is_some_and(|own| own == schema || self.cx.snapshot.schema(schema).is_some_and(|found| found.name == own))
            });
            item.qualifies && schema_fits && item.name.as_deref().is_some_and(|own| cut(own) == name)
        };
        for scope in self.scopes.iter().rev() {
            let hits: Vec<&Item> = scope.items.iter().filter(matches).collect();
            match hits.as_slice() {
                [] => {}
                [one] => return Ok(one),
                _ => return Err(Report::new(SqlState("42P09"), format!("table reference \"{name}\" is ambiguous")).at(position)),
            }
        }
        // A table of the warehouse may be spelled with capitals; an alias is as it was given.
        let quoted = parts.last().is_some_and(|part| part.quote_style.is_some());
        let loose = |item: &&Item| {
            let own_name = !quoted && schema.is_none() && item.qualifies && item.schema.is_some();
            own_name && item.name.as_deref().is_some_and(|own| cut(own).eq_ignore_ascii_case(name))
        };
        if let Some(item) = self.scopes.iter().rev().find_map(|scope| scope.items.iter().find(loose)) {
            return Ok(item);
        }
        Err(self.no_item(name).at(position))
    }

    /// Says that a FROM item of this name is not there, or not to be named here (`errorMissingRTE`).
    fn no_item(&self, name: &str) -> Report {
        let is_called =
            |(own, table): &&(String, Option<String>)| cut(own) == name || table.as_deref().is_some_and(|table| cut(table) == name);
        let Some((own, _)) = self.scopes.iter().rev().find_map(|scope| scope.called.iter().find(is_called)) else {
            return Report::new(SqlState::UNDEFINED_TABLE, format!("missing FROM-clause entry for table \"{name}\""));
        };
        let visible = self.scopes.iter().flat_map(|scope| &scope.items).any(|item| item.name.as_deref() == Some(own));
        let hint = match visible && own != name {
            true => format!("Perhaps you meant to reference the table alias \"{own}\"."),
            false => format!("There is an entry for table \"{own}\", but it cannot be referenced from this part of the query."),
        };
        Report::new(SqlState::UNDEFINED_TABLE, format!("invalid reference to FROM-clause entry for table \"{name}\"")).hint(hint)
    }

    fn is_database(&self, name: &str) -> bool {
        self.cx.snapshot.databases.iter().any(|database| database == name)
    }

    /// Resolves `a.b`, `schema.a.b`: the last part is the column.
    pub fn qualified(&mut self, parts: &[Ident]) -> Result<Found> {
        let (last, qualifier) = parts.split_last().ok_or_else(|| Report::internal("a name without parts"))?;
        let position = parts.first().and_then(|ident| self.places.of(ident.span.start));
        let name = fold(last);
        let item = self.item(qualifier)?;
        let mut hits = item.find(&name, last.quote_style.is_some());
        let one = hits.pop();
        match one {
            Some(one) if hits.is_empty() => Ok(Found { expr: Expr { position, ..one.expr }, origin: one.origin }),
            None => {
                if let Some(expr) = item.tableoid.as_ref().and_then(|tableoid| system_column(&name, tableoid)) {
                    return Ok(Found { expr: Expr { position, ..expr }, origin: (0, 0) });
                }
                refuse_system_column(&name, position)?;
                let shown = item.name.clone().unwrap_or_default();
                let report = Report::new(SqlState::UNDEFINED_COLUMN, format!("column {shown}.{name} does not exist")).at(position);
                Err(self.column_hint(report, Some(&shown), &name))
            }
            Some(_) => Err(Report::new(SqlState::AMBIGUOUS_COLUMN, format!("column reference \"{name}\" is ambiguous")).at(position)),
        }
    }

    /// The whole row of a FROM item, or the value itself for a function of one column.
    pub fn whole_row(&self, item: &Item, position: Option<u32>) -> Expr {
        if let Some(column) = item.columns.get(0).filter(|_| item.scalar) {
            return Expr { position, ..column.expr };
        }
        // Those of SEARCH and CYCLE belong to the row wherever `*` does not show them.
        let added = item.pseudo.iter().filter(|column| column.origin.0 == 0);
        let fields: Vec<Expr> = item.columns.iter().chain(added).map(|column| Expr { position, ..column.expr }).collect();
        let relation = |field: &Expr| match field.kind {
            ExprKind::Column { relation, .. } => Some(relation),
            _ => None,
        };
        let first = fields.first().and_then(relation);
        let whole = match first.filter(|_| item.may_be_empty && fields.iter().all(|field| relation(field) == first)) {
            Some(id) => RowOf::Outer(id),
            None => RowOf::Item,
        };
        Expr::new(ExprKind::Row(fields, whole), Type::RECORD, position)
    }

    /// Adds PostgreSQL's "Perhaps you meant" for a column.
    fn column_hint(&self, report: Report, qualifier: Option<&str>, name: &str) -> Report {
        let mut candidates: Vec<(String, String)> = Vec::new();
        for scope in self.scopes.iter().rev() {
            for item in &scope.items {
                let Some(alias) = &item.name else { continue };
                if qualifier.is_some_and(|qualifier| qualifier != alias) {
                    continue;
                }
                candidates.extend(item.columns.names().into_iter().map(|column| (alias.clone(), column)));
            }
        }
        match closest(name, candidates.iter().map(|(_, column)| column.as_str())) {
            Some(i) => report.hint(format!("Perhaps you meant to reference the column \"{}.{}\".", candidates[i].0, candidates[i].1)),
            None => report,
        }
    }
}

/// The OIDs of PostgreSQL's own relations are smaller (access/transam.h, `FirstNormalObjectId`).
const FIRST_NORMAL_OID: i64 = 16_384;

/// A system column. Rows of the catalog are as old as the server: tools ask to see whether they have changed. Of other rows nobody knows.
fn system_column(name: &str, tableoid: &Expr) -> Option<Expr> {
    let (literal, ty) = match name {
        "tableoid" => return Some(tableoid.clone()),
        // The transaction that bootstraps a cluster.
        "xmin" => (Literal::Int(1), Type::XID),
        "xmax" => (Literal::Int(0), Type::XID),
        "cmin" | "cmax" => (Literal::Int(0), Type::CID),
        _ => return None,
    };
    let ExprKind::Case { whens, .. } = &tableoid.kind else { return None };
    if whens.iter().any(|(_, oid)| !matches!(oid.kind, ExprKind::Literal(Literal::Int(oid)) if oid < FIRST_NORMAL_OID)) {
        return None;
    }
    let whens = whens.iter().map(|(present, _)| (present.clone(), Expr::literal(literal.clone(), ty, None))).collect();
    Some(Expr::new(ExprKind::Case { whens, otherwise: None }, ty, None))
}

fn refuse_system_column(name: &str, position: Option<u32>) -> Result<()> {
    if matches!(name, "ctid" | "xmin" | "xmax" | "cmin" | "cmax" | "tableoid") {
        return Err(Report::unsupported(format!("system column \"{name}\"")).at(position));
    }
    Ok(())
}
