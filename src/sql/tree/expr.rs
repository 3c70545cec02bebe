//! Expressions of the bound tree.

use std::sync::Arc;

use super::{Query, RelationId, SortKey};
use crate::types::literal::Literal;
use crate::types::{NumericScale, Type};

/// A typed expression. Equality does not look at positions: `GROUP BY` and `ORDER BY` find their select items by it.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it does.
    pub kind: ExprKind,
    /// Its PostgreSQL type.
    pub ty: Type,
    /// Its typmod as PostgreSQL reports it in RowDescription, -1 for none.
    pub typmod: i32,
    /// For numerics: the display scale by PostgreSQL's rules.
    pub scale: NumericScale,
    /// Where it begins in the client's text: characters, from 1.
    pub position: Option<u32>,
}

/// A function or operator of PostgreSQL's catalog, as resolution chose it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Signature {
    /// `pg_proc.oid` or `pg_operator.oid`; 0 for functions of the warehouse and of the schema `sluice`.
    pub oid: u32,
    /// The schema: `pg_catalog`, `sluice`, or `bigquery` for the warehouse's own functions (`SAFE.`, `NET.` are part of the name).
    pub schema: &'static str,
    /// The name in lower case, or the operator's symbol.
    pub name: String,
    /// The argument types after polymorphic types are resolved; variadic arguments appear one by one (see `variadic`).
    pub arguments: Vec<Type>,
    /// Arguments from this index on were gathered by VARIADIC; with `VARIADIC array` in the call this is `None` and the last argument is the array.
    pub variadic: Option<usize>,
    /// The result type.
    pub returns: Type,
    /// Returns a set.
    pub returns_set: bool,
    /// `i` immutable, `s` stable, `v` volatile.
    pub volatility: char,
    /// NULL in, NULL out.
    pub strict: bool,
}

/// What an expression does.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A constant.
    Literal(Literal),
    /// A column of a FROM item.
    Column {
        /// Which item.
        relation: RelationId,
        /// Which of its columns, from 0.
        column: usize,
    },
    /// `$n`, counted from 0 here.
    Parameter(usize),
    /// A scalar or set-returning function.
    Call {
        /// Which.
        function: Arc<Signature>,
        /// Its arguments.
        args: Vec<Expr>,
    },
    /// A prefix (one argument) or infix (two arguments) operator of `pg_operator`, LIKE as `~~`, ILIKE as `~~*`.
    Operator {
        /// Which.
        operator: Arc<Signature>,
        /// Its operands.
        args: Vec<Expr>,
    },
    /// AND of two or more.
    And(Vec<Expr>),
    /// OR of two or more.
    Or(Vec<Expr>),
    /// NOT.
    Not(Box<Expr>),
    /// `IS [NOT] NULL` of anything but a row; of the row of a FROM item that may have none: whether it has.
    IsNull {
        /// The operand.
        expr: Box<Expr>,
        /// IS NOT NULL.
        negated: bool,
    },
    /// `IS [NOT] TRUE` / FALSE / UNKNOWN.
    IsBool {
        /// The operand, bool.
        expr: Box<Expr>,
        /// TRUE, FALSE, or `None` for UNKNOWN.
        value: Option<bool>,
        /// With NOT.
        negated: bool,
    },
    /// `IS [NOT] DISTINCT FROM`, with the `=` operator that compares.
    IsDistinct {
        /// The equality of the operands' types.
        operator: Arc<Signature>,
        /// Left operand.
        left: Box<Expr>,
        /// Right operand.
        right: Box<Expr>,
        /// IS NOT DISTINCT FROM.
        negated: bool,
    },
    /// A cast to this expression's type and typmod.
    Cast {
        /// What is cast.
        expr: Box<Expr>,
        /// Written by the user (`::`, CAST, type 'literal') rather than implied.
        explicit: bool,
        /// How PostgreSQL does it.
        method: CastMethod,
    },
    /// CASE; `CASE x WHEN v` is turned into `WHEN x = v`.
    Case {
        /// (condition, result) pairs.
        whens: Vec<(Expr, Expr)>,
        /// ELSE; `None` gives NULL.
        otherwise: Option<Box<Expr>>,
    },
    /// COALESCE; all of one type.
    Coalesce(Vec<Expr>),
    /// NULLIF(left, right), with the `=` operator that compares. The type is the left operand's.
    NullIf {
        /// The equality.
        operator: Arc<Signature>,
        /// Left operand.
        left: Box<Expr>,
        /// Right operand.
        right: Box<Expr>,
    },
    /// GREATEST, NULLs ignored.
    Greatest(Vec<Expr>),
    /// LEAST, NULLs ignored.
    Least(Vec<Expr>),
    /// `expr [NOT] IN (list)`, with the `=` operator. NOT IN keeps PostgreSQL's NULL rules.
    InList {
        /// The equality.
        operator: Arc<Signature>,
        /// What is looked for.
        expr: Box<Expr>,
        /// Where.
        list: Vec<Expr>,
        /// NOT IN.
        negated: bool,
    },
    /// `left op ANY|ALL (array)`.
    AnyArray {
        /// The operator over element types.
        operator: Arc<Signature>,
        /// Left operand.
        left: Box<Expr>,
        /// The array.
        array: Box<Expr>,
        /// ALL.
        all: bool,
    },
    /// An aggregate call.
    Aggregate(Box<Aggregate>),
    /// A window call.
    Window(Box<Window>),
    /// GROUPING(...): indexes into the select's grouping expressions.
    Grouping(Vec<usize>),
    /// A subquery as an expression.
    Subquery {
        /// What is made of it.
        kind: SubqueryKind,
        /// The query.
        query: Box<Query>,
    },
    /// ARRAY[...]; elements of the array's element type, or arrays of the same type (multidimensional).
    Array(Vec<Expr>),
    /// `array[index]`, int4, from 1.
    Subscript {
        /// The array (or jsonb).
        expr: Box<Expr>,
        /// The index.
        index: Box<Expr>,
    },
    /// `array[lower:upper]`.
    Slice {
        /// The array.
        expr: Box<Expr>,
        /// From, or the first.
        lower: Option<Box<Expr>>,
        /// To, or the last.
        upper: Option<Box<Expr>>,
    },
    /// ROW(...) or a whole-row reference; type record. Row comparisons are already expanded by the binder.
    Row(Vec<Expr>, RowOf),
}

/// Whose row a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowOf {
    /// ROW(...): the fields as they were written.
    Fields,
    /// A FROM item, which has one always.
    Item,
    /// A FROM item that an outer join may leave without one: then the whole is NULL.
    Outer(RelationId),
}

/// How a cast is done (`pg_cast.castmethod`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CastMethod {
    /// By a cast function, as int4 to numeric.
    Function,
    /// Same representation, as varchar to text.
    Binary,
    /// By the output and input functions' text, as anything to text and back.
    InOut,
    /// Only the typmod changes: numeric(20,6) to numeric(10,2), varchar(10) to varchar(3).
    Length,
    /// An array, element by element.
    Elements,
}

/// An aggregate call.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    /// Which.
    pub function: Arc<Signature>,
    /// Its arguments; empty for `count(*)`. For WITHIN GROUP: the direct arguments.
    pub args: Vec<Expr>,
    /// DISTINCT.
    pub distinct: bool,
    /// ORDER BY inside the call, or of WITHIN GROUP; by expression always.
    pub order_by: Vec<SortKey>,
    /// FILTER (WHERE ...).
    pub filter: Option<Expr>,
    /// An ordered-set or hypothetical-set aggregate.
    pub within_group: bool,
}

/// A window call.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// Which: a window function, or an aggregate.
    pub function: Arc<Signature>,
    /// Is it an aggregate used as a window function.
    pub aggregate: bool,
    /// Its arguments.
    pub args: Vec<Expr>,
    /// FILTER, for aggregates.
    pub filter: Option<Expr>,
    /// PARTITION BY.
    pub partition_by: Vec<Expr>,
    /// ORDER BY; by expression always.
    pub order_by: Vec<SortKey>,
    /// The frame; `None` is PostgreSQL's default (RANGE UNBOUNDED PRECEDING TO CURRENT ROW).
    pub frame: Option<Frame>,
}

/// A window frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// ROWS, RANGE, GROUPS.
    pub unit: FrameUnit,
    /// Where it begins.
    pub start: FrameBound,
    /// Where it ends.
    pub end: FrameBound,
    /// EXCLUDE.
    pub exclude: FrameExclude,
}

/// The unit of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FrameUnit {
    /// ROWS.
    Rows,
    /// RANGE.
    Range,
    /// GROUPS.
    Groups,
}

/// One end of a frame.
#[derive(Clone, Debug, PartialEq)]
pub enum FrameBound {
    /// UNBOUNDED PRECEDING.
    UnboundedPreceding,
    /// n PRECEDING.
    Preceding(Box<Expr>),
    /// CURRENT ROW.
    CurrentRow,
    /// n FOLLOWING.
    Following(Box<Expr>),
    /// UNBOUNDED FOLLOWING.
    UnboundedFollowing,
}

/// EXCLUDE of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FrameExclude {
    /// NO OTHERS.
    NoOthers,
    /// CURRENT ROW.
    CurrentRow,
    /// GROUP.
    Group,
    /// TIES.
    Ties,
}

/// What an expression makes of a subquery.
#[derive(Clone, Debug, PartialEq)]
pub enum SubqueryKind {
    /// The value of its one column and at most one row.
    Scalar,
    /// EXISTS.
    Exists,
    /// ARRAY(SELECT ...).
    Array,
    /// `left op ANY|ALL (SELECT ...)`; IN is `= ANY`, NOT IN is `<> ALL`. One operator and left operand per column.
    Compare {
        /// The left operands.
        left: Vec<Expr>,
        /// The operators, left type against column type.
        operators: Vec<Arc<Signature>>,
        /// ALL.
        all: bool,
    },
}

impl PartialEq for Expr {
    fn eq(&self, other: &Expr) -> bool {
        self.ty == other.ty && self.typmod == other.typmod && self.scale == other.scale && self.kind == other.kind
    }
}

impl Expr {
    /// Makes an expression without typmod and display scale.
    pub fn new(kind: ExprKind, ty: Type, position: Option<u32>) -> Expr {
        Expr { kind, ty, typmod: -1, scale: NumericScale::Any, position }
    }

    /// Makes a literal.
    pub fn literal(literal: Literal, ty: Type, position: Option<u32>) -> Expr {
        Expr::new(ExprKind::Literal(literal), ty, position)
    }

    /// Tells whether this is the constant NULL.
    pub fn is_null_literal(&self) -> bool {
        matches!(self.kind, ExprKind::Literal(Literal::Null))
    }
}
