//! One subquery of an expression: left to the engine, or looked up among the answers that are joined to FROM.

use super::super::correlate::defined;
use super::super::scope;
use super::build::{self, aggregate, call, column, compare, derived, described, either, named, same, select, select_query, truth};
use super::guarded::may_fail;
use super::native::{self, Place};
use super::{Decorrelation, Site};
use crate::error::{Report, Result};
use crate::sql::tree::{CastMethod, Distinct, Expr, ExprKind, GroupBy, Query, Relation, Select, SetExpr, Signature, SubqueryKind};
use crate::sql::walk;
use crate::types::Type;
use crate::types::literal::Literal;

impl Decorrelation<'_> {
    /// Answers a subquery, which the expression is.
    pub(super) fn subquery(&mut self, expr: &mut Expr, place: Place, site: &mut Site) -> Result<()> {
        let operands = if place == Place::Grouped { Place::Grouped } else { Place::Inside };
        for operand in walk::children_mut(expr) {
            self.expr(operand, operands, site)?;
        }
        let ExprKind::Subquery { kind, query } = &mut expr.kind else { return Ok(()) };
        if let SubqueryKind::Compare { left, operators, .. } = kind {
            self.without_blanks(left, operators, query);
        }
        let native = native::is_native(kind, query, place);
        if native && !self.is_risky(kind, query, site) {
            return self.query(query);
        }
        let (kind, query) = (kind.clone(), (**query).clone());
        let (joins, grouped, known) = (site.joins.len(), site.grouped.len(), self.guards.clone());
        match self.answered(kind, query, expr, place, site) {
            Ok(answer) => *expr = answer,
            // For more rows than ask for it, then.
            Err(_) if native => {
                site.joins.truncate(joins);
                site.grouped.truncate(grouped);
                self.guards = known;
                let ExprKind::Subquery { query, .. } = &mut expr.kind else { return Ok(()) };
                self.query(query)?;
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Tells whether the engine would compute what may fail for more rows than ask for it.
    fn is_risky(&self, kind: &SubqueryKind, query: &Query, site: &Site) -> bool {
        let Some(from) = &site.from else { return false };
        let value = matches!(kind, SubqueryKind::Scalar | SubqueryKind::Array);
        if value && !scope::outer_references_of_query(query).is_empty() {
            return may_fail(query);
        }
        !self.guards_of(query, &defined(from)).is_empty()
    }

    fn answered(&mut self, kind: SubqueryKind, query: Query, expr: &Expr, place: Place, site: &mut Site) -> Result<Expr> {
        let operands = if place == Place::Grouped { Place::Grouped } else { Place::Inside };
        Ok(match kind {
            SubqueryKind::Scalar => self.scalar(query, expr, place, site)?,
            SubqueryKind::Array => self.array(query, expr, place, site)?,
            SubqueryKind::Exists => self.exists(query, expr, place, site)?,
            SubqueryKind::Compare { left, operators, all } => {
                let mut compared = match (left.as_slice(), operators.as_slice()) {
                    ([left], [operator]) if !left.ty.is_array() && !operator.arguments.iter().any(|ty| has_key(*ty)) => {
                        over_array(left, operator, all, query, expr)?
                    }
                    _ => self.over_rows(&left, &operators, all, query, expr)?,
                };
                for child in walk::children_mut(&mut compared) {
                    if matches!(child.kind, ExprKind::Subquery { .. }) {
                        self.subquery(child, operands, site)?;
                    }
                }
                if matches!(compared.kind, ExprKind::Subquery { .. }) {
                    self.subquery(&mut compared, operands, site)?;
                }
                compared
            }
        })
    }

    /// char(n) compares as its text does, from which the blanks at the end are gone.
    fn without_blanks(&mut self, left: &mut [Expr], operators: &mut [std::sync::Arc<Signature>], query: &mut Box<Query>) {
        let padded = |operator: &Signature| operator.arguments == [Type::BPCHAR, Type::BPCHAR];
        if !operators.iter().any(|operator| padded(operator)) {
            return;
        }
        let id = self.relation_id();
        let mut list: Vec<Expr> = query.columns.iter().enumerate().map(|(i, like)| column(id, i, like)).collect();
        for ((value, operator), shown) in left.iter_mut().zip(operators).zip(&mut list) {
            if padded(operator) {
                *value = text_of(value.clone());
                *shown = text_of(shown.clone());
                *operator = build::signature(&operator.name, vec![Type::TEXT, Type::TEXT], Type::BOOL);
            }
        }
        let columns = query.columns.iter().zip(&list).map(|(like, shown)| described(&like.name, shown)).collect();
        let inner = std::mem::replace(&mut **query, select_query(select(Vec::new(), None, None), Vec::new()));
        **query = select_query(select(list, Some(derived(id, "padded", inner)), None), columns);
    }

    /// The value of the one column and at most one row.
    fn scalar(&mut self, query: Query, whole: &Expr, place: Place, site: &mut Site) -> Result<Expr> {
        let single = native::is_one_row(&query) || is_first_row(&query);
        let domain = self.domain_of_site(&query, site)?;
        let width = query.columns.len();
        let rows = self.push(query, &domain, false)?;
        if single {
            return self.look_up(rows, 0, width, &domain, whole, place, site);
        }
        // A second row is an error only for an outer row that asks for it.
        let lists = self.gathered(rows, width, &domain, false);
        let list = self.look_up(lists, 0, 1, &domain, whole, place, site)?;
        Ok(Expr { position: whole.position, typmod: whole.typmod, scale: whole.scale, ..call("pg_single", vec![list], whole.ty) })
    }

    /// ARRAY(SELECT ...), of outer rows or with an order of its own.
    fn array(&mut self, query: Query, whole: &Expr, place: Place, site: &mut Site) -> Result<Expr> {
        let ordered = !query.order_by.is_empty();
        let domain = self.domain_of_site(&query, site)?;
        let width = query.columns.len();
        let rows = self.push(query, &domain, ordered)?;
        let lists = self.gathered(rows, width, &domain, ordered);
        let list = if domain.keys.is_empty() {
            let kind = ExprKind::Subquery { kind: SubqueryKind::Scalar, query: Box::new(lists) };
            let mut list = Expr { kind, ..whole.clone() };
            self.subquery(&mut list, Place::Inside, site)?;
            list
        } else {
            self.look_up(lists, 0, 1, &domain, whole, place, site)?
        };
        // As one call: COALESCE would write the list out twice, and ask for one type of both.
        let call = call("pg_never_null", vec![list], whole.ty);
        Ok(Expr { position: whole.position, typmod: whole.typmod, scale: whole.scale, ..call })
    }

    /// EXISTS: the values that have rows.
    fn exists(&mut self, mut query: Query, whole: &Expr, place: Place, site: &mut Site) -> Result<Expr> {
        if !matches!(&query.body, SetExpr::Select(select) if matches!(select.distinct, Distinct::On(_))) {
            query.order_by.clear();
        }
        let domain = self.domain_of_site(&query, site)?;
        if domain.keys.is_empty() {
            return self.any_row(query, whole);
        }
        bare(&mut query);
        let width = query.columns.len();
        let rows = self.push(query, &domain, false)?;
        let id = self.relation_id();
        let mut list: Vec<Expr> = (width..width + domain.keys.len()).map(|i| column(id, i, &rows.columns[i])).collect();
        list.insert(0, truth(true));
        let columns = std::iter::once(named("present", Type::BOOL)).chain(domain.columns()).collect();
        let mut values = select(list, Some(derived(id, "rows", rows)), None);
        values.distinct = Distinct::All;
        let present = self.look_up(select_query(values, columns), 0, 1, &domain, &truth(true), place, site)?;
        Ok(Expr { kind: ExprKind::IsNull { expr: Box::new(present), negated: true }, ..whole.clone() })
    }

    /// EXISTS of an uncorrelated query as a value: its rows are counted, one at most.
    fn any_row(&mut self, mut query: Query, whole: &Expr) -> Result<Expr> {
        if query.limit.is_none() && !query.with_ties {
            query.limit = Some(build::number(1));
        }
        bare(&mut query);
        self.query(&mut query)?;
        let id = self.relation_id();
        let rows = aggregate("count", Vec::new(), Vec::new(), &build::number(0));
        let found = compare(">", rows, build::number(0));
        let columns = vec![described("found", &found)];
        let mut count = select(vec![found], Some(derived(id, "rows", query)), None);
        count.group_by = GroupBy::Plain(Vec::new());
        let kind = ExprKind::Subquery { kind: SubqueryKind::Scalar, query: Box::new(select_query(count, columns)) };
        Ok(Expr { kind, ..whole.clone() })
    }

    /// Joins the answers to FROM, and returns the column of this index among them. The values they are looked up by begin at `width`.
    #[allow(clippy::too_many_arguments)]
    fn look_up(
        &mut self,
        mut answers: Query,
        index: usize,
        width: usize,
        domain: &super::domain::Domain,
        whole: &Expr,
        place: Place,
        site: &mut Site,
    ) -> Result<Expr> {
        self.query(&mut answers)?;
        if domain.keys.is_empty() {
            let kind = ExprKind::Subquery { kind: SubqueryKind::Scalar, query: Box::new(answers) };
            return Ok(Expr { kind, ..whole.clone() });
        }
        let id = self.relation_id();
        let values = (width..width + domain.keys.len()).map(|i| column(id, i, &answers.columns[i])).collect();
        let Some(on) = same(domain.keys.clone(), values) else { return Err(Report::internal("a domain without columns")) };
        let found = column(id, index, &answers.columns[index]);
        site.joins.push((derived(id, "answers", answers), on));
        if place == Place::Grouped {
            if !matches!(&site.group_by, GroupBy::Plain(exprs) if !exprs.is_empty()) {
                return Err(Report::unsupported("a correlated subquery beside GROUPING SETS").at(whole.position));
            }
            site.grouped.push(found.clone());
        }
        Ok(Expr { position: whole.position, ..found })
    }

    /// `(a, b) = ANY (SELECT ...)`, and what is compared by a key: the rows are compared inside, and the answers gathered by the rules of three-valued logic.
    fn over_rows(
        &mut self,
        left: &[Expr],
        operators: &[std::sync::Arc<crate::sql::tree::Signature>],
        all: bool,
        query: Query,
        whole: &Expr,
    ) -> Result<Expr> {
        let equal = operators.iter().all(|operator| operator.name == "=");
        let unequal = operators.iter().all(|operator| operator.name == "<>");
        if !equal && !unequal && left.len() > 1 || left.iter().any(holds_aggregate) {
            return Err(Report::unsupported("this comparison of a row with a subquery").at(whole.position));
        }
        let id = self.relation_id();
        let mut pairs: Vec<Expr> = left
            .iter()
            .zip(operators)
            .enumerate()
            .map(|(i, (left, operator))| {
                let right = column(id, i, &query.columns[i]);
                Expr::new(ExprKind::Operator { operator: operator.clone(), args: vec![left.clone(), right] }, Type::BOOL, whole.position)
            })
            .collect();
        let compared = match (pairs.len(), equal) {
            (1, _) => pairs.remove(0),
            (_, true) => Expr::new(ExprKind::And(pairs), Type::BOOL, None),
            (_, false) => Expr::new(ExprKind::Or(pairs), Type::BOOL, None),
        };
        let unknown = Expr::new(ExprKind::IsNull { expr: Box::new(compared.clone()), negated: false }, Type::BOOL, None);
        let decisive = !all; // one TRUE decides ANY, one FALSE decides ALL
        let gather = aggregate(if all { "bool_and" } else { "bool_or" }, vec![compared], Vec::new(), &truth(true));
        let doubt = aggregate("bool_or", vec![unknown], Vec::new(), &truth(true));
        let decided = Expr::new(ExprKind::IsBool { expr: Box::new(gather), value: Some(decisive), negated: false }, Type::BOOL, None);
        let null = Expr::literal(Literal::Null, Type::BOOL, None);
        let value = either(decided, truth(decisive), either(doubt, null, truth(!decisive)));
        let value = Expr { ty: Type::BOOL, ..value };
        let columns = vec![described("compared", &value)];
        let mut one =
            select(vec![value], Some(Relation::Derived { id, alias: "pairs".into(), lateral: false, query: Box::new(query) }), None);
        one.group_by = GroupBy::Plain(Vec::new());
        let kind = ExprKind::Subquery { kind: SubqueryKind::Scalar, query: Box::new(select_query(one, columns)) };
        Ok(Expr { kind, ..whole.clone() })
    }
}

fn text_of(value: Expr) -> Expr {
    let position = value.position;
    Expr::new(ExprKind::Cast { expr: Box::new(value), explicit: false, method: CastMethod::Function }, Type::TEXT, position)
}

/// Tells whether values are compared by something that stands for them, which elements of arrays are not.
fn has_key(ty: Type) -> bool {
    matches!(ty, Type::INTERVAL | Type::JSONB | Type::INET | Type::PG_LSN | Type::XID8)
}

/// `left op ANY (SELECT ...)` as `left op ANY (ARRAY(SELECT ...))`.
fn over_array(
    left: &Expr,
    operator: &std::sync::Arc<crate::sql::tree::Signature>,
    all: bool,
    mut query: Query,
    whole: &Expr,
) -> Result<Expr> {
    let refuse = || Report::unsupported("this comparison with a subquery").at(whole.position);
    let ty = query.columns[0].ty.array().ok_or_else(refuse)?;
    let plain = |ty: &Type| !matches!(*ty, Type::INTERVAL | Type::JSONB | Type::RECORD | Type::BPCHAR) && !ty.is_array();
    if !operator.arguments.iter().all(plain) {
        return Err(refuse());
    }
    if query.limit.is_none()
        && query.offset.is_none()
        && !matches!(&query.body, SetExpr::Select(select) if matches!(select.distinct, Distinct::On(_)))
    {
        query.order_by.clear();
    }
    let scale = query.columns[0].scale;
    let kind = ExprKind::Subquery { kind: SubqueryKind::Array, query: Box::new(query) };
    let array = Box::new(Expr { scale, ..Expr::new(kind, ty, whole.position) });
    Ok(Expr { kind: ExprKind::AnyArray { operator: operator.clone(), left: Box::new(left.clone()), array, all }, ..whole.clone() })
}

/// `ORDER BY ... LIMIT 1`.
fn is_first_row(query: &Query) -> bool {
    matches!(&query.limit, Some(limit) if matches!(limit.kind, ExprKind::Literal(Literal::Int(0 | 1)))) && !query.with_ties
}

/// Nobody looks at the select list of EXISTS.
fn bare(query: &mut Query) {
    let SetExpr::Select(select) = &mut query.body else { return };
    let Select { distinct: Distinct::No, group_by: GroupBy::None, .. } = &**select else { return };
    let sets = select.projection.iter().any(|expr| {
        let mut found = false;
        scope::each(expr, &mut |expr| {
            found |= matches!(&expr.kind, ExprKind::Call { function, .. } if function.returns_set);
        });
        found
    });
    let sorts = query.order_by.iter().any(|key| matches!(key.by, crate::sql::tree::SortBy::Output(_)));
    if !sets && !sorts {
        select.projection = vec![truth(true)];
        query.columns = vec![named("found", Type::BOOL)];
    }
}

fn holds_aggregate(expr: &Expr) -> bool {
    let mut found = false;
    scope::each(expr, &mut |expr| found |= matches!(expr.kind, ExprKind::Aggregate(_) | ExprKind::Window(_) | ExprKind::Grouping(_)));
    found
}
