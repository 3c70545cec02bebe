//! The bound tree: a query with every name resolved and every expression typed as PostgreSQL types it.
//!
//! It keeps the shape of the SELECT it came from, so that both emitters print readable text, and leaves out everything
//! that is mere spelling: aliases, case, ordinals, USING, BETWEEN, casts of constants. Invariants that emitters rely on:
//!
//! - Operands have exactly the types of the operator's or function's signature; implicit casts are explicit [`ExprKind::Cast`] nodes.
//! - Constants are folded into typed `Literal`s: an `unknown` literal never survives binding (it ends as text at last).
//! - A column is named by (relation, column index). Relation ids are unique in the whole statement; a reference to a relation of
//!   an outer query is a correlation. Aliases are hints for printing only.
//! - GROUP BY, ORDER BY, DISTINCT ON hold expressions, never ordinals or aliases; ORDER BY of a set operation holds output indexes.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::catalog::model::Table;
use crate::query::OutputColumn;
use crate::types::{NumericScale, Type};

mod expr;

pub use expr::*;

/// A bound statement: the query, the types of its parameters, the columns as the client sees them.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// The query.
    pub query: Query,
    /// The types of `$1`, `$2`, ...
    pub parameters: Vec<Type>,
    /// Name, type and display of each output column; as many as `query.columns`.
    pub columns: Arc<[OutputColumn]>,
    /// Every table that the text names, also where binding has folded it away (`false AND EXISTS (..)`): who may not read it may not ask about it.
    pub named: Vec<Arc<Table>>,
}

/// Identifies one FROM item in the whole statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RelationId(pub u32);

/// What is known of FROM items, WITH items, columns: their numbers are counted here, nobody outside chooses them.
pub type IdMap<K, V> = FxHashMap<K, V>;
/// A set of FROM items, WITH items, columns.
pub type IdSet<K> = FxHashSet<K>;

/// `WITH ctes body ORDER BY ... LIMIT ... OFFSET ...`
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// The WITH list, in order.
    pub ctes: Vec<Cte>,
    /// SELECT, VALUES or a set operation.
    pub body: SetExpr,
    /// The sort keys.
    pub order_by: Vec<SortKey>,
    /// LIMIT or FETCH FIRST; int8, may hold parameters; NULL means ALL.
    pub limit: Option<Expr>,
    /// FETCH FIRST ... WITH TIES.
    pub with_ties: bool,
    /// OFFSET; int8.
    pub offset: Option<Expr>,
    /// The output columns, under names that are unique within this query (`count`, `count_1`): what outer queries select from.
    pub columns: Vec<RelationColumn>,
}

/// One WITH item.
#[derive(Clone, Debug, PartialEq)]
pub struct Cte {
    /// Identifies it in the statement.
    pub id: CteId,
    /// Its name as written: a hint for printing.
    pub name: String,
    /// WITH RECURSIVE, and it does refer to itself: the body is a `UNION [ALL]` whose right side holds a [`Relation::Cte`] of this id.
    pub recursive: bool,
    /// Its query; `query.columns` are named by the column list if one was given.
    pub query: Query,
}

/// Identifies one WITH item in the whole statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CteId(pub u32);

/// A column of a FROM item.
#[derive(Clone, Debug, PartialEq)]
pub struct RelationColumn {
    /// Its name, unique within the relation.
    pub name: String,
    /// Its type.
    pub ty: Type,
    /// Its typmod.
    pub typmod: i32,
    /// How its numerics are shown.
    pub scale: NumericScale,
}

/// What stands between WITH and ORDER BY.
#[derive(Clone, Debug, PartialEq)]
pub enum SetExpr {
    /// A SELECT.
    Select(Box<Select>),
    /// UNION, INTERSECT, EXCEPT; both sides have equal column types (casts are inserted into them).
    Set {
        /// Which.
        op: SetOp,
        /// Keep duplicates.
        all: bool,
        /// Left side.
        left: Box<Query>,
        /// Right side.
        right: Box<Query>,
    },
    /// VALUES: rows of equal width and types.
    Values(Vec<Vec<Expr>>),
}

/// The set operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SetOp {
    /// UNION.
    Union,
    /// INTERSECT.
    Intersect,
    /// EXCEPT.
    Except,
}

/// One SELECT.
#[derive(Clone, Debug, PartialEq)]
pub struct Select {
    /// DISTINCT.
    pub distinct: Distinct,
    /// The select list; one for each of the query's columns, in order.
    pub projection: Vec<Expr>,
    /// FROM; comma items are cross joins. `None` for a SELECT without FROM.
    pub from: Option<Relation>,
    /// WHERE, bool.
    pub filter: Option<Expr>,
    /// GROUP BY.
    pub group_by: GroupBy,
    /// HAVING, bool.
    pub having: Option<Expr>,
}

/// DISTINCT of a SELECT.
#[derive(Clone, Debug, PartialEq)]
pub enum Distinct {
    /// No DISTINCT.
    No,
    /// DISTINCT.
    All,
    /// DISTINCT ON (...); the query's ORDER BY begins with these.
    On(Vec<Expr>),
}

/// GROUP BY of a SELECT.
#[derive(Clone, Debug, PartialEq)]
pub enum GroupBy {
    /// No GROUP BY and no aggregate.
    None,
    /// One group per distinct tuple; empty for a SELECT with aggregates and no GROUP BY (one group in all).
    Plain(Vec<Expr>),
    /// GROUPING SETS, ROLLUP, CUBE: expanded to sets of indexes into `exprs`.
    Sets {
        /// Every grouping expression once.
        exprs: Vec<Expr>,
        /// The sets.
        sets: Vec<Vec<usize>>,
    },
}

/// A FROM item.
#[derive(Clone, Debug, PartialEq)]
pub enum Relation {
    /// A table of the catalog; column `i` is `table.columns[i]`.
    Table {
        /// Its id.
        id: RelationId,
        /// The alias or name as written: a hint for printing.
        alias: String,
        /// The table.
        table: Arc<Table>,
    },
    /// A subquery; its columns are `query.columns`.
    Derived {
        /// Its id.
        id: RelationId,
        /// The alias: a hint for printing.
        alias: String,
        /// May refer to relations left of it.
        lateral: bool,
        /// The query.
        query: Box<Query>,
    },
    /// A reference to a WITH item; its columns are the item's `query.columns`.
    Cte {
        /// Its id as a relation.
        id: RelationId,
        /// The alias: a hint for printing.
        alias: String,
        /// Which item.
        cte: CteId,
        /// The columns (a copy, since a recursive item is still being bound where it refers to itself).
        columns: Vec<RelationColumn>,
    },
    /// A set-returning (or scalar) function in FROM; implicitly lateral. Several calls are ROWS FROM.
    Function {
        /// Its id.
        id: RelationId,
        /// The alias: a hint for printing.
        alias: String,
        /// The calls ([`ExprKind::Call`] each; `unnest` of several arrays is several calls).
        calls: Vec<Expr>,
        /// WITH ORDINALITY: a last column of type int8.
        ordinality: bool,
        /// The columns.
        columns: Vec<RelationColumn>,
    },
    /// A join; USING and NATURAL are turned into `on`.
    Join {
        /// Which.
        kind: JoinKind,
        /// Left side.
        left: Box<Relation>,
        /// Right side.
        right: Box<Relation>,
        /// The condition, bool; `None` for a cross join.
        on: Option<Expr>,
    },
}

/// The kinds of join.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JoinKind {
    /// CROSS JOIN and comma.
    Cross,
    /// INNER JOIN.
    Inner,
    /// LEFT JOIN.
    Left,
    /// RIGHT JOIN.
    Right,
    /// FULL JOIN.
    Full,
}

/// One ORDER BY item. PostgreSQL's default for NULLs (last when ascending, first when descending) is made explicit.
#[derive(Clone, Debug, PartialEq)]
pub struct SortKey {
    /// What to sort by.
    pub by: SortBy,
    /// DESC.
    pub descending: bool,
    /// NULLS FIRST.
    pub nulls_first: bool,
}

/// What a sort key refers to.
#[derive(Clone, Debug, PartialEq)]
pub enum SortBy {
    /// The query's output column of this index (ordinals, output names, and expressions equal to a select item).
    Output(usize),
    /// An expression over the SELECT's FROM items. Inside aggregates and windows it is always this.
    Expr(Expr),
}

impl Relation {
    /// Returns the id, or `None` for a join.
    pub fn id(&self) -> Option<RelationId> {
        match self {
            Relation::Table { id, .. } | Relation::Derived { id, .. } | Relation::Cte { id, .. } | Relation::Function { id, .. } => {
                Some(*id)
            }
            Relation::Join { .. } => None,
        }
    }
}

impl Bound {
    /// Returns every catalog table that the query reads, each once, in the order of first appearance.
    pub fn tables(&self) -> Vec<Arc<Table>> {
        let mut tables: Vec<Arc<Table>> = Vec::new();
        super::walk::each_relation(&self.query, |relation| {
            if let Relation::Table { table, .. } = relation
                && !tables.iter().any(|known| known.name == table.name)
            {
                tables.push(table.clone());
            }
        });
        tables
    }
}
