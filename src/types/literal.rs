//! Constants and parameter values: PostgreSQL values in memory.

/// A typed constant; the type stands beside it.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// NULL of any type.
    Null,
    /// bool.
    Bool(bool),
    /// int2, int4, int8, oid and the reg* types.
    Int(i64),
    /// float4, float8; NaN and infinities included.
    Float(f64),
    /// numeric: sign, digits, point; no exponent. `Expr::scale` is `Fixed` with the digits behind the point. NaN and infinities are refused.
    Numeric(String),
    /// text, varchar, bpchar, name, "char", json and every type that travels as its text (timetz, inet, ranges...), in output form.
    Text(String),
    /// jsonb in PostgreSQL's output form.
    Json(String),
    /// bytea.
    Bytes(Vec<u8>),
    /// date: days since 1970-01-01. Infinity is refused.
    Date(i32),
    /// time: microseconds since midnight.
    Time(i64),
    /// timestamp: microseconds since 1970-01-01 00:00:00.
    Timestamp(i64),
    /// timestamptz: microseconds since 1970-01-01 00:00:00 UTC.
    TimestampTz(i64),
    /// interval.
    Interval {
        /// Months.
        months: i32,
        /// Days.
        days: i32,
        /// Microseconds.
        micros: i64,
    },
    /// uuid.
    Uuid([u8; 16]),
    /// A one-dimensional array constant; elements of the array's element type.
    Array(Vec<Literal>),
}
