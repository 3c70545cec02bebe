//! One SELECT: its clauses in order, DISTINCT ON, WITH TIES, set-returning calls of the select list.

use super::expr::same;
use super::nan::{may_be_nan, sort_keys};
use super::query::partition_key;
use super::text::{Level, indent_into};
use super::*;
use crate::types::Type;
use crate::types::literal::Literal;

/// The clauses of a SELECT, printed.
#[derive(Default)]
struct Clauses {
    distinct: bool,
    items: Vec<String>,
    from: Option<String>,
    filter: Option<String>,
    group_by: Option<String>,
    having: Option<String>,
    qualify: Option<String>,
    order_by: Vec<String>,
    limit: String,
}

impl Emitter {
    /// Prints the SELECT of a query with the query's ORDER BY and LIMIT.
    pub fn select(&mut self, query: &Query, select: &Select, aliases: &[String], top: bool) -> Result<String> {
        if distinct_arrays(select) {
            // Arrays are told apart by groups.
            let grouped = Select { distinct: Distinct::No, group_by: GroupBy::Plain(select.projection.clone()), ..select.clone() };
            return self.select(query, &grouped, aliases, top);
        }
        let as_node = std::mem::take(&mut self.as_node);
        let takes_nodes = std::mem::take(&mut self.takes_nodes) && select.distinct == Distinct::No;
        let outer = self.computed.len();
        let grouping = std::mem::take(&mut self.grouping);
        let must_split = std::mem::take(&mut self.must_split);
        let given = self.taken.given();
        let mut sql = self.select_within(query, select, aliases, (top, as_node, takes_nodes), self.splits(query, select));
        if self.must_split && sql.is_ok() {
            self.computed.truncate(outer);
            self.taken.take_back(given);
            sql = self.select_within(query, select, aliases, (top, as_node, takes_nodes), true);
        }
        self.computed.truncate(outer);
        self.grouping = grouping;
        self.must_split = must_split;
        sql
    }

    fn select_within(
        &mut self,
        query: &Query,
        select: &Select,
        aliases: &[String],
        (top, as_node, takes_nodes): (bool, bool, bool),
        split: bool,
    ) -> Result<String> {
        let mut clauses = Clauses { distinct: select.distinct == Distinct::All, ..Clauses::default() };
        let conditions = match &select.filter {
            Some(filter) if reads_functions(select, self.returns_sets) => match &filter.kind {
                ExprKind::And(items) => items.clone(),
                _ => vec![filter.clone()],
            },
            _ => Vec::new(),
        };
        let outer_kept = std::mem::replace(&mut self.kept, conditions);
        clauses.from = select.from.as_ref().map(|from| self.from(from)).transpose()?;
        let kept = std::mem::replace(&mut self.kept, outer_kept);
        clauses.filter = select.filter.as_ref().map(|filter| self.expr(filter)).transpose()?.map(|text| text.to_string());
        if !split && matches!(select.group_by, GroupBy::Sets { .. }) {
            self.grouping_keys(select)?;
        }
        if !split && self.groups_by_computed(select) {
            self.must_split = true;
        }
        if split {
            (clauses.from, clauses.filter) = self.split(query, select, clauses.from.take(), clauses.filter.take())?;
        }
        let outer_kept = std::mem::replace(&mut self.kept, if split { Vec::new() } else { kept });
        self.set_returning(select, split, &mut clauses.from)?;
        self.kept = outer_kept;
        let mut left_nodes = Vec::new();
        for (i, (expr, alias)) in select.projection.iter().zip(aliases).enumerate() {
            let sorted = query.order_by.iter().any(|key| key.by == SortBy::Output(i));
            let alone = top && !sorted && !clauses.distinct && !self.arrays_as_json && select.group_by == GroupBy::None;
            let value = match alone.then(|| self.json_output(expr)).transpose()?.flatten() {
                Some(json) if self.computed(expr).is_none() => json,
                _ if as_node => self.json_node(expr)?,
                _ if top
                    && !sorted
                    && !clauses.distinct
                    && let Some(text) = self.json_text_built(expr)? =>
                {
                    text
                }
                _ if takes_nodes && matches!(expr.ty, Type::JSON | Type::JSONB) => {
                    let (value, is_node) = self.json_or_node(expr)?;
                    if is_node {
                        left_nodes.push(i);
                    }
                    value
                }
                _ => self.output(expr, top)?,
            };
            clauses.items.push(item(&value, alias));
        }
        if clauses.items.is_empty() {
            clauses.items.push("1 AS nothing".to_owned());
        }
        if clauses.distinct {
            self.check_distinct(select)?;
        }
        if !split {
            clauses.having = select.having.as_ref().map(|having| self.expr(having)).transpose()?.map(|text| text.to_string());
            clauses.group_by = self.group_by(select, &mut clauses.having)?;
        }
        clauses.order_by = self.order_by(query, select, aliases)?;
        let counts = || query.limit.iter().chain(&query.offset);
        if counts().all(super::query::is_plain_count) || query.with_ties {
            clauses.limit = self.limit(query)?;
        } else {
            self.computed_limit(query, select, &mut clauses)?;
        }
        if let Distinct::On(keys) = &select.distinct {
            clauses.qualify = Some(self.distinct_on(query, select, keys)?);
        }
        if query.with_ties {
            self.with_ties(query, select, &mut clauses)?;
        }
        if clauses.from.is_none() {
            // Filters, aggregates, windows and ORDER BY need a FROM in GoogleSQL.
            let bare = clauses.filter.is_none() && select.group_by == GroupBy::None && clauses.qualify.is_none();
            if !bare || !clauses.order_by.is_empty() || select.projection.iter().any(has_window) {
                clauses.from = Some(format!("(SELECT 1 AS one) AS {}", self.alias("single_row")));
            }
        }
        self.left_nodes = left_nodes;
        Ok(print(&clauses))
    }

    /// Prints an expression as a result column: at the statement's top, what BigQuery cannot return is wrapped.
    pub fn output(&mut self, expr: &Expr, top: bool) -> Result<Text> {
        if let (Type::RECORD, true, ExprKind::Row(fields, _)) = (expr.ty, top, &expr.kind) {
            return self.record_text(expr, fields);
        }
        if expr.ty == Type::RECORD {
            return self.expr(expr);
        }
        types::of(expr)?;
        if top
            && matches!(expr.ty, Type::JSON | Type::JSONB)
            && let Some(built) = self.json_built(expr)?
        {
            return Ok(built);
        }
        if top && expr.ty.is_array() {
            return self.output_array(expr);
        }
        self.expr(expr)
    }

    fn check_distinct(&self, select: &Select) -> Result<()> {
        match select.projection.iter().find(|expr| !types::groupable(expr.ty)) {
            Some(expr) => Err(refuse(
                format!("DISTINCT of a column of type {}", expr.ty),
                expr.position,
                "Cast the column to text, or use DISTINCT ON.",
            )),
            None => Ok(()),
        }
    }

    /// DISTINCT ON: the first row of each group in the query's order.
    fn distinct_on(&mut self, query: &Query, select: &Select, keys: &[Expr]) -> Result<String> {
        let mut partition = Vec::new();
        for key in keys {
            if !types::groupable(key.ty) && key.ty != Type::JSONB {
                return Err(refuse(format!("DISTINCT ON a value of type {}", key.ty), key.position, "Use a number, a text or a date."));
            }
            if !matches!(key.kind, ExprKind::Literal(_)) {
                partition.push(partition_key(key.ty, &self.expr(key)?.to_string()));
            }
        }
        let mut order = Vec::new();
        for key in &query.order_by {
            let expr = match &key.by {
                SortBy::Output(i) => super::digits::value(&select.projection[*i]),
                SortBy::Expr(expr) => expr,
            };
            if !keys.iter().any(|known| same(known, expr)) {
                let text = self.sorted_text(expr)?.to_string();
                order.push(sort_keys(&text, may_be_nan(expr), key));
            }
        }
        let mut over = Vec::new();
        if !partition.is_empty() {
            over.push(format!("PARTITION BY {}", partition.join(", ")));
        }
        if !order.is_empty() {
            over.push(format!("ORDER BY {}", order.join(", ")));
        }
        Ok(format!("ROW_NUMBER() OVER ({}) = 1", over.join(" ")))
    }

    /// LIMIT and OFFSET by expressions, which GoogleSQL does not take: by the number of the row.
    fn computed_limit(&mut self, query: &Query, select: &Select, clauses: &mut Clauses) -> Result<()> {
        let position = query.limit.as_ref().or(query.offset.as_ref()).and_then(|count| count.position);
        if select.distinct != Distinct::No {
            return Err(refuse("LIMIT with an expression beside DISTINCT", position, "Write a number or a parameter."));
        }
        let over = format!("ROW_NUMBER() OVER ({})", self.order_within(query, select)?);
        let offset = query.offset.as_ref().map(|offset| self.expr(offset)).transpose()?.map(|offset| format!("COALESCE({offset}, 0)"));
        let mut conditions = Vec::new();
        conditions.extend(offset.as_ref().map(|offset| format!("{over} > {offset}")));
        if let Some(limit) = &query.limit {
            let limit = self.expr(limit)?;
            let last = offset.map_or(limit.at(Level::BitOr), |offset| format!("{} + {offset}", limit.at(Level::Add)));
            conditions.push(format!("COALESCE({over} <= {last}, TRUE)"));
        }
        clauses.qualify = Some(conditions.join(" AND "));
        Ok(())
    }

    /// FETCH FIRST n ROWS WITH TIES: every row whose rank is at most n.
    fn with_ties(&mut self, query: &Query, select: &Select, clauses: &mut Clauses) -> Result<()> {
        let position = query.limit.as_ref().and_then(|limit| limit.position);
        if clauses.distinct || clauses.qualify.is_some() {
            return Err(refuse("WITH TIES together with DISTINCT", position, "Use rank() in a subquery."));
        }
        let Some(limit) = &query.limit else { return Err(Report::internal("WITH TIES without a count")) };
        let count = self.expr(limit)?;
        let over = format!("RANK() OVER ({})", self.order_within(query, select)?);
        clauses.qualify = Some(match &query.offset {
            None => format!("{over} <= {}", count.at(Level::BitOr)),
            // The rows after the offset, up to the rank of the last one that is counted.
            Some(offset) => {
                let offset = self.expr(offset)?;
                let row = over.replacen("RANK", "ROW_NUMBER", 1);
                format!("{row} > {} AND {over} <= {} + {}", offset.at(Level::BitOr), count.at(Level::Add), offset.at(Level::Add))
            }
        });
        clauses.limit = String::new();
        Ok(())
    }

    /// The set-returning calls of the select list become a cross join with their rows, side by side if there are several.
    fn set_returning(&mut self, select: &Select, split: bool, from: &mut Option<String>) -> Result<()> {
        if !self.returns_sets {
            return Ok(());
        }
        let mut calls: Vec<&Expr> = Vec::new();
        for expr in &select.projection {
            collect_calls(expr, &mut calls);
        }
        let mut distinct: Vec<&Expr> = Vec::new();
        for call in calls {
            if !distinct.iter().any(|known| same(known, call)) {
                distinct.push(call);
            }
        }
        let Some(first) = distinct.first().copied() else { return Ok(()) };
        let hint = "Put the set-returning functions into FROM.";
        if (select.group_by != GroupBy::None && !split)
            || matches!(select.distinct, Distinct::On(_))
            || select.projection.iter().any(has_window)
        {
            return Err(refuse("a set-returning function beside GROUP BY, DISTINCT ON or window functions", first.position, hint));
        }
        let alias = self.alias("element");
        let (source, columns) = match distinct.as_slice() {
            [call] => self.series(call, &alias)?,
            _ => self.abreast(&distinct, &alias)?,
        };
        if columns.len() != distinct.len() {
            return Err(refuse("a function that returns several columns in the select list", first.position, hint));
        }
        *from = Some(match from.take() {
            Some(known) => format!("{known}\nCROSS JOIN {source}"),
            None => source,
        });
        self.computed.extend(distinct.into_iter().cloned().zip(columns));
        Ok(())
    }
}

/// Tells whether FROM has a function, or the select list one that returns a set.
fn reads_functions(select: &Select, returns_sets: bool) -> bool {
    fn is_there(relation: &Relation) -> bool {
        match relation {
            Relation::Function { .. } => true,
            Relation::Join { left, right, .. } => is_there(left) || is_there(right),
            _ => false,
        }
    }
    select.from.as_ref().is_some_and(is_there) || returns_sets && select.projection.iter().any(has_call)
}

/// Tells whether DISTINCT has to compare arrays, and nothing stands in the way of doing it by groups.
fn distinct_arrays(select: &Select) -> bool {
    select.distinct == Distinct::All
        && select.group_by == GroupBy::None
        && select.projection.iter().any(|expr| array_keys::is_key(expr.ty))
        && !select.projection.iter().any(|expr| has_call(expr) || has_window(expr))
}

fn item(value: &Text, alias: &str) -> String {
    let quoted = names::quote(alias);
    let value = value.as_str();
    // A column under its own name needs no alias.
    let head = places::unmarked(value).strip_suffix(&*quoted).and_then(|head| head.strip_suffix('.'));
    if head.is_some_and(|head| head.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_')) {
        return value.to_owned();
    }
    [value, " AS ", &quoted].concat()
}

fn print(clauses: &Clauses) -> String {
    let Clauses { items, from, filter, group_by, having, qualify, order_by, limit, .. } = clauses;
    let flat = items.iter().map(|item| item.len() + 2).sum::<usize>().saturating_sub(2);
    let rest = [from, filter, group_by, having, qualify].into_iter().flatten().map(|clause| clause.len() + 10).sum::<usize>();
    let mut sql = String::with_capacity(flat + 4 * items.len() + rest + limit.len() + 64);
    sql.push_str(if clauses.distinct { "SELECT DISTINCT" } else { "SELECT" });
    if flat <= 100 && !items.iter().any(|item| item.contains('\n')) {
        for (i, item) in items.iter().enumerate() {
            sql.push_str(if i > 0 { ", " } else { " " });
            sql.push_str(item);
        }
    } else {
        for (i, item) in items.iter().enumerate() {
            sql.push_str(if i > 0 { ",\n" } else { "\n" });
            indent_into(&mut sql, item);
        }
    }
    let mut clause = |word: &str, value: &Option<String>| {
        if let Some(value) = value {
            sql.push('\n');
            sql.push_str(word);
            sql.push_str(value);
        }
    };
    clause("FROM ", from);
    clause("WHERE ", filter);
    clause("GROUP BY ", group_by);
    clause("HAVING ", having);
    if qualify.is_some() && filter.is_none() && group_by.is_none() && having.is_none() {
        // BigQuery wants WHERE, GROUP BY or HAVING beside QUALIFY.
        clause("WHERE TRUE", &Some(String::new()));
    }
    clause("QUALIFY ", qualify);
    for (i, key) in order_by.iter().enumerate() {
        sql.push_str(if i > 0 { ", " } else { "\nORDER BY " });
        sql.push_str(key);
    }
    sql.push_str(limit);
    sql
}

/// Gathers set-returning calls, subqueries aside.
fn collect_calls<'e>(expr: &'e Expr, calls: &mut Vec<&'e Expr>) {
    if let ExprKind::Call { function, args } = &expr.kind {
        if function.returns_set {
            calls.push(expr);
            return;
        }
        args.iter().for_each(|arg| collect_calls(arg, calls));
        return;
    }
    for_operands(expr, &mut |operand| collect_calls(operand, calls));
}

/// Tells whether there is a set-returning call, subqueries aside.
fn has_call(expr: &Expr) -> bool {
    let mut calls = Vec::new();
    collect_calls(expr, &mut calls);
    !calls.is_empty()
}

fn has_window(expr: &Expr) -> bool {
    let mut found = matches!(expr.kind, ExprKind::Window(_));
    for_operands(expr, &mut |operand| found |= has_window(operand));
    found
}

/// Calls `f` for each operand of an expression that belongs to the same SELECT.
pub(super) fn for_operands<'e>(expr: &'e Expr, f: &mut dyn FnMut(&'e Expr)) {
    on_growing_stack(|| for_operands_on_stack(expr, f));
}

fn for_operands_on_stack<'e>(expr: &'e Expr, f: &mut dyn FnMut(&'e Expr)) {
    match &expr.kind {
        ExprKind::Literal(_) | ExprKind::Column { .. } | ExprKind::Parameter(_) | ExprKind::Grouping(_) => {}
        ExprKind::Call { args, .. }
        | ExprKind::Operator { args, .. }
        | ExprKind::And(args)
        | ExprKind::Or(args)
        | ExprKind::Coalesce(args)
        | ExprKind::Greatest(args)
        | ExprKind::Least(args)
        | ExprKind::Array(args)
        | ExprKind::Row(args, _) => args.iter().for_each(f),
        ExprKind::Not(inner)
        | ExprKind::IsNull { expr: inner, .. }
        | ExprKind::IsBool { expr: inner, .. }
        | ExprKind::Cast { expr: inner, .. } => {
            f(inner);
        }
        ExprKind::IsDistinct { left, right, .. }
        | ExprKind::NullIf { left, right, .. }
        | ExprKind::AnyArray { left, array: right, .. }
        | ExprKind::Subscript { expr: left, index: right } => {
            f(left);
            f(right);
        }
        ExprKind::Slice { expr: array, lower, upper } => {
            f(array);
            [lower, upper].into_iter().flatten().for_each(|bound| f(bound));
        }
        ExprKind::Case { whens, otherwise } => {
            for (condition, result) in whens {
                f(condition);
                f(result);
            }
            if let Some(result) = otherwise {
                f(result);
            }
        }
        ExprKind::InList { expr: inner, list, .. } => {
            f(inner);
            list.iter().for_each(f);
        }
        ExprKind::Aggregate(call) => {
            call.args.iter().for_each(&mut *f);
            call.order_by.iter().filter_map(sort_expr).for_each(&mut *f);
            call.filter.iter().for_each(f);
        }
        ExprKind::Window(call) => {
            call.args.iter().chain(&call.partition_by).for_each(&mut *f);
            call.order_by.iter().filter_map(sort_expr).for_each(&mut *f);
            call.filter.iter().for_each(f);
        }
        ExprKind::Subquery { kind, .. } => {
            if let SubqueryKind::Compare { left, .. } = kind {
                left.iter().for_each(f);
            }
        }
    }
}

fn sort_expr(key: &SortKey) -> Option<&Expr> {
    match &key.by {
        SortBy::Expr(expr) => Some(expr),
        SortBy::Output(_) => None,
    }
}

/// Tells whether an expression is NULL or another constant.
pub(super) fn is_literal(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Literal(Literal::Null)) || literals::is_constant(expr)
}
