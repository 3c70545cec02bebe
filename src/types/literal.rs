//! Constants and parameter values: PostgreSQL values in memory.

/// A typed constant; the type stands beside it. Equal are those that stand for the same answer: NaN is NaN, and -0 is not 0.
#[derive(Clone, Debug)]
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
    /// text, varchar, bpchar, name, "char", json and every type that travels as its text (timetz, inet...), in output form.
    Text(String),
    /// jsonb in PostgreSQL's output form.
    Json(String),
    /// bytea; a range, as `types::range` keeps it.
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

impl PartialEq for Literal {
    fn eq(&self, other: &Literal) -> bool {
        match (self, other) {
            (Literal::Null, Literal::Null) => true,
            (Literal::Bool(one), Literal::Bool(two)) => one == two,
            (Literal::Float(one), Literal::Float(two)) => one.to_bits() == two.to_bits(),
            (Literal::Numeric(one), Literal::Numeric(two))
            | (Literal::Text(one), Literal::Text(two))
            | (Literal::Json(one), Literal::Json(two)) => one == two,
            (Literal::Bytes(one), Literal::Bytes(two)) => one == two,
            (Literal::Date(one), Literal::Date(two)) => one == two,
            (Literal::Int(one), Literal::Int(two))
            | (Literal::Time(one), Literal::Time(two))
            | (Literal::Timestamp(one), Literal::Timestamp(two))
            | (Literal::TimestampTz(one), Literal::TimestampTz(two)) => one == two,
            (
                Literal::Interval { months, days, micros },
                Literal::Interval { months: other_months, days: other_days, micros: other_micros },
            ) => (months, days, micros) == (other_months, other_days, other_micros),
            (Literal::Uuid(one), Literal::Uuid(two)) => one == two,
            (Literal::Array(one), Literal::Array(two)) => one == two,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_are_those_that_stand_for_the_same_answer() {
        let all = [
            Literal::Null,
            Literal::Bool(true),
            Literal::Int(1),
            Literal::Float(f64::NAN),
            Literal::Float(0.0),
            Literal::Float(-0.0),
            Literal::Numeric("1".into()),
            Literal::Text("1".into()),
            Literal::Json("1".into()),
            Literal::Bytes(vec![1]),
            Literal::Date(1),
            Literal::Time(1),
            Literal::Timestamp(1),
            Literal::TimestampTz(1),
            Literal::Interval { months: 0, days: 1, micros: 0 },
            Literal::Interval { months: 1, days: 0, micros: 0 },
            Literal::Uuid([1; 16]),
            Literal::Array(vec![Literal::Float(f64::NAN)]),
        ];
        for (i, one) in all.iter().enumerate() {
            for (j, two) in all.iter().enumerate() {
                assert_eq!(one == two, i == j, "{one:?} {two:?}");
            }
        }
    }
}
