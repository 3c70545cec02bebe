//! Walks over the bound tree: every query, relation and expression, subqueries included, parents before children.

use smallvec::{SmallVec, smallvec};

use super::tree::*;

macro_rules! walker {
    ($(#[$doc:meta])* $visitor:ident, $query:ident, $set:ident, $select:ident, $relation:ident, $expr:ident, $sort:ident, $iter:ident, $as_ref:ident $(, $mutable:tt)?) => {
        $(#[$doc])*
        pub trait $visitor {
            /// Called for each query before its parts.
            fn query(&mut self, _query: &$($mutable)? Query) {}
            /// Called for each FROM item (joins included) before its parts.
            fn relation(&mut self, _relation: &$($mutable)? Relation) {}
            /// Called for each expression before its operands.
            fn expr(&mut self, _expr: &$($mutable)? Expr) {}
        }

        /// Walks a query and everything below it.
        pub fn $query(query: &$($mutable)? Query, visitor: &mut dyn $visitor) {
            visitor.query(query);
            for cte in query.ctes.$iter() {
                $query(&$($mutable)? cte.query, visitor);
            }
            $set(&$($mutable)? query.body, visitor);
            $sort(&$($mutable)? query.order_by, visitor);
            for expr in [&$($mutable)? query.limit, &$($mutable)? query.offset].into_iter().flatten() {
                $expr(expr, visitor);
            }
        }

        fn $set(body: &$($mutable)? SetExpr, visitor: &mut dyn $visitor) {
            match body {
                SetExpr::Select(select) => $select(select, visitor),
                SetExpr::Set { left, right, .. } => {
                    $query(left, visitor);
                    $query(right, visitor);
                }
                SetExpr::Values(rows) => {
                    for expr in rows.$iter().flatten() {
                        $expr(expr, visitor);
                    }
                }
            }
        }

        /// Walks one SELECT and everything below it.
        pub fn $select(select: &$($mutable)? Select, visitor: &mut dyn $visitor) {
            if let Some(from) = &$($mutable)? select.from {
                $relation(from, visitor);
            }
            for expr in select.projection.$iter() {
                $expr(expr, visitor);
            }
            if let Distinct::On(exprs) = &$($mutable)? select.distinct {
                for expr in exprs.$iter() {
                    $expr(expr, visitor);
                }
            }
            if let Some(expr) = &$($mutable)? select.filter {
                $expr(expr, visitor);
            }
            match &$($mutable)? select.group_by {
                GroupBy::None => {}
                GroupBy::Plain(exprs) | GroupBy::Sets { exprs, .. } => {
                    for expr in exprs.$iter() {
                        $expr(expr, visitor);
                    }
                }
            }
            if let Some(expr) = &$($mutable)? select.having {
                $expr(expr, visitor);
            }
        }

        /// Walks a FROM item and everything below it.
        pub fn $relation(relation: &$($mutable)? Relation, visitor: &mut dyn $visitor) {
            visitor.relation(relation);
            match relation {
                Relation::Table { .. } | Relation::Cte { .. } => {}
                Relation::Derived { query, .. } => $query(query, visitor),
                Relation::Function { calls, .. } => {
                    for expr in calls.$iter() {
                        $expr(expr, visitor);
                    }
                }
                Relation::Join { left, right, on, .. } => {
                    $relation(left, visitor);
                    $relation(right, visitor);
                    if let Some(expr) = on {
                        $expr(expr, visitor);
                    }
                }
            }
        }

        fn $sort(keys: &$($mutable)? [SortKey], visitor: &mut dyn $visitor) {
            for key in keys.$iter() {
                if let SortBy::Expr(expr) = &$($mutable)? key.by {
                    $expr(expr, visitor);
                }
            }
        }

        /// Walks an expression, its operands and its subqueries.
        pub fn $expr(expr: &$($mutable)? Expr, visitor: &mut dyn $visitor) {
            visitor.expr(expr);
            match &$($mutable)? expr.kind {
                ExprKind::Literal(_) | ExprKind::Column { .. } | ExprKind::Parameter(_) | ExprKind::Grouping(_) => {}
                ExprKind::Call { args, .. }
                | ExprKind::Operator { args, .. }
                | ExprKind::And(args)
                | ExprKind::Or(args)
                | ExprKind::Coalesce(args)
                | ExprKind::Greatest(args)
                | ExprKind::Least(args)
                | ExprKind::Array(args)
                | ExprKind::Row(args, _) => {
                    for arg in args.$iter() {
                        $expr(arg, visitor);
                    }
                }
                ExprKind::Not(inner)
                | ExprKind::IsNull { expr: inner, .. }
                | ExprKind::IsBool { expr: inner, .. }
                | ExprKind::Cast { expr: inner, .. } => $expr(inner, visitor),
                ExprKind::IsDistinct { left, right, .. }
                | ExprKind::NullIf { left, right, .. }
                | ExprKind::AnyArray { left, array: right, .. }
                | ExprKind::Subscript { expr: left, index: right } => {
                    $expr(left, visitor);
                    $expr(right, visitor);
                }
                ExprKind::Slice { expr: array, lower, upper } => {
                    $expr(array, visitor);
                    for bound in [lower, upper].into_iter().flatten() {
                        $expr(bound, visitor);
                    }
                }
                ExprKind::Case { whens, otherwise } => {
                    for (condition, result) in whens.$iter() {
                        $expr(condition, visitor);
                        $expr(result, visitor);
                    }
                    if let Some(result) = otherwise {
                        $expr(result, visitor);
                    }
                }
                ExprKind::InList { expr: inner, list, .. } => {
                    $expr(inner, visitor);
                    for item in list.$iter() {
                        $expr(item, visitor);
                    }
                }
                ExprKind::Aggregate(call) => {
                    let call = call.$as_ref();
                    for arg in call.args.$iter() {
                        $expr(arg, visitor);
                    }
                    $sort(&$($mutable)? call.order_by, visitor);
                    if let Some(filter) = &$($mutable)? call.filter {
                        $expr(filter, visitor);
                    }
                }
                ExprKind::Window(call) => {
                    let call = call.$as_ref();
                    for arg in call.args.$iter().chain(call.partition_by.$iter()) {
                        $expr(arg, visitor);
                    }
                    $sort(&$($mutable)? call.order_by, visitor);
                    if let Some(filter) = &$($mutable)? call.filter {
                        $expr(filter, visitor);
                    }
                    if let Some(frame) = &$($mutable)? call.frame {
                        for bound in [&$($mutable)? frame.start, &$($mutable)? frame.end] {
                            if let FrameBound::Preceding(offset) | FrameBound::Following(offset) = bound {
                                $expr(offset, visitor);
                            }
                        }
                    }
                }
                ExprKind::Subquery { kind, query } => {
                    if let SubqueryKind::Compare { left, .. } = kind {
                        for operand in left.$iter() {
                            $expr(operand, visitor);
                        }
                    }
                    $query(query, visitor);
                }
            }
        }
    };
}

walker!(
    /// Looks at every part of a bound tree.
    Visitor, walk_query, walk_set, walk_select, walk_relation, walk_expr, walk_sort, iter, as_ref
);
walker!(
    /// Changes parts of a bound tree in place. A replaced part is walked in its new form.
    VisitorMut, walk_query_mut, walk_set_mut, walk_select_mut, walk_relation_mut, walk_expr_mut, walk_sort_mut, iter_mut, as_mut, mut
);

/// Calls `f` for every expression of a query.
pub fn each_expr(query: &Query, f: impl FnMut(&Expr)) {
    struct Each<F>(F);
    impl<F: FnMut(&Expr)> Visitor for Each<F> {
        fn expr(&mut self, expr: &Expr) {
            (self.0)(expr);
        }
    }
    walk_query(query, &mut Each(f));
}

/// Calls `f` for every expression of a query; `f` may replace it.
pub fn each_expr_mut(query: &mut Query, f: impl FnMut(&mut Expr)) {
    struct Each<F>(F);
    impl<F: FnMut(&mut Expr)> VisitorMut for Each<F> {
        fn expr(&mut self, expr: &mut Expr) {
            (self.0)(expr);
        }
    }
    walk_query_mut(query, &mut Each(f));
}

/// Calls `f` for every FROM item of a query.
pub fn each_relation(query: &Query, f: impl FnMut(&Relation)) {
    struct Each<F>(F);
    impl<F: FnMut(&Relation)> Visitor for Each<F> {
        fn relation(&mut self, relation: &Relation) {
            (self.0)(relation);
        }
    }
    walk_query(query, &mut Each(f));
}

/// Tells whether an expression holds an aggregate, subqueries aside.
pub fn aggregates(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Aggregate(_)) || children(expr).into_iter().any(aggregates)
}

/// Operands; few have more, and the tree is looked through many times.
pub type Children<'e> = SmallVec<[&'e Expr; 6]>;

/// Returns the direct operands of an expression; of a subquery only the left operands of its comparison.
pub fn children(expr: &Expr) -> Children<'_> {
    fn keys(keys: &[SortKey]) -> impl Iterator<Item = &Expr> {
        keys.iter().filter_map(|key| if let SortBy::Expr(expr) = &key.by { Some(expr) } else { None })
    }
    match &expr.kind {
        ExprKind::Literal(_) | ExprKind::Column { .. } | ExprKind::Parameter(_) | ExprKind::Grouping(_) => Children::new(),
        ExprKind::Call { args, .. }
        | ExprKind::Operator { args, .. }
        | ExprKind::And(args)
        | ExprKind::Or(args)
        | ExprKind::Coalesce(args)
        | ExprKind::Greatest(args)
        | ExprKind::Least(args)
        | ExprKind::Array(args)
        | ExprKind::Row(args, _) => args.iter().collect(),
        ExprKind::Not(inner)
        | ExprKind::IsNull { expr: inner, .. }
        | ExprKind::IsBool { expr: inner, .. }
        | ExprKind::Cast { expr: inner, .. } => smallvec![&**inner],
        ExprKind::IsDistinct { left, right, .. }
        | ExprKind::NullIf { left, right, .. }
        | ExprKind::AnyArray { left, array: right, .. }
        | ExprKind::Subscript { expr: left, index: right } => smallvec![&**left, &**right],
        ExprKind::Slice { expr: array, lower, upper } => {
            std::iter::once(array).chain([lower, upper].into_iter().flatten()).map(|part| &**part).collect()
        }
        ExprKind::Case { whens, otherwise } => {
            whens.iter().flat_map(|(condition, result)| [condition, result]).chain(otherwise.as_deref()).collect()
        }
        ExprKind::InList { expr: inner, list, .. } => std::iter::once(&**inner).chain(list).collect(),
        ExprKind::Aggregate(call) => call.args.iter().chain(keys(&call.order_by)).chain(&call.filter).collect(),
        ExprKind::Window(call) => {
            let mut parts: Children = call.args.iter().chain(&call.filter).chain(&call.partition_by).chain(keys(&call.order_by)).collect();
            for bound in call.frame.iter().flat_map(|frame| [&frame.start, &frame.end]) {
                if let FrameBound::Preceding(offset) | FrameBound::Following(offset) = bound {
                    parts.push(offset);
                }
            }
            parts
        }
        ExprKind::Subquery { kind, .. } => match kind {
            SubqueryKind::Compare { left, .. } => left.iter().collect(),
            SubqueryKind::Scalar | SubqueryKind::Exists | SubqueryKind::Array => Children::new(),
        },
    }
}

/// Returns the direct operands of an expression to be changed; of a subquery only the left operands of its comparison.
pub fn children_mut(expr: &mut Expr) -> Vec<&mut Expr> {
    fn keys(keys: &mut [SortKey]) -> impl Iterator<Item = &mut Expr> {
        keys.iter_mut().filter_map(|key| if let SortBy::Expr(expr) = &mut key.by { Some(expr) } else { None })
    }
    match &mut expr.kind {
        ExprKind::Literal(_) | ExprKind::Column { .. } | ExprKind::Parameter(_) | ExprKind::Grouping(_) => Vec::new(),
        ExprKind::Call { args, .. }
        | ExprKind::Operator { args, .. }
        | ExprKind::And(args)
        | ExprKind::Or(args)
        | ExprKind::Coalesce(args)
        | ExprKind::Greatest(args)
        | ExprKind::Least(args)
        | ExprKind::Array(args)
        | ExprKind::Row(args, _) => args.iter_mut().collect(),
        ExprKind::Not(inner)
        | ExprKind::IsNull { expr: inner, .. }
        | ExprKind::IsBool { expr: inner, .. }
        | ExprKind::Cast { expr: inner, .. } => vec![inner],
        ExprKind::IsDistinct { left, right, .. }
        | ExprKind::NullIf { left, right, .. }
        | ExprKind::AnyArray { left, array: right, .. }
        | ExprKind::Subscript { expr: left, index: right } => vec![left, right],
        ExprKind::Slice { expr: array, lower, upper } => {
            std::iter::once(array).chain([lower, upper].into_iter().flatten()).map(|part| &mut **part).collect()
        }
        ExprKind::Case { whens, otherwise } => {
            whens.iter_mut().flat_map(|(condition, result)| [condition, result]).chain(otherwise.as_deref_mut()).collect()
        }
        ExprKind::InList { expr: inner, list, .. } => std::iter::once(&mut **inner).chain(list).collect(),
        ExprKind::Aggregate(call) => {
            let Aggregate { args, order_by, filter, .. } = &mut **call;
            args.iter_mut().chain(keys(order_by)).chain(filter).collect()
        }
        ExprKind::Window(call) => {
            let Window { args, filter, partition_by, order_by, frame, .. } = &mut **call;
            let mut parts: Vec<&mut Expr> = args.iter_mut().chain(filter).chain(partition_by).chain(keys(order_by)).collect();
            for bound in frame.iter_mut().flat_map(|frame| [&mut frame.start, &mut frame.end]) {
                if let FrameBound::Preceding(offset) | FrameBound::Following(offset) = bound {
                    parts.push(offset);
                }
            }
            parts
        }
        ExprKind::Subquery { kind, .. } => match kind {
            SubqueryKind::Compare { left, .. } => left.iter_mut().collect(),
            SubqueryKind::Scalar | SubqueryKind::Exists | SubqueryKind::Array => Vec::new(),
        },
    }
}
