//! PostgreSQL's types: OID, name, category, array element, typmod; values as text. Imports `error` only.
//!
//! The table is PostgreSQL 15's own `pg_type` (`pg_type.tsv`, written by `tests/generate/signatures`).

use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

pub mod bits;
pub mod ident;
pub mod inet;
pub mod input;
pub mod json;
pub mod literal;
pub mod lsn;
pub mod output;
pub mod pattern_groups;
pub mod range;
pub mod snapshot;
pub mod zone;

/// 2000-01-01, from which PostgreSQL counts in binary, as days since 1970-01-01.
pub const EPOCH_DAYS: i32 = 10_957;
/// The same in microseconds.
pub const EPOCH_MICROS: i64 = 10_957 * 86_400_000_000;

/// Returns a date as it travels in binary: days since 2000, and infinite ones as they are.
pub fn days_since_2000(days: i32) -> i32 {
    if matches!(days, i32::MIN | i32::MAX) { days } else { days.saturating_sub(EPOCH_DAYS) }
}

/// Returns a moment as it travels in binary: microseconds since 2000, and infinite ones as they are.
pub fn micros_since_2000(micros: i64) -> i64 {
    if matches!(micros, i64::MIN | i64::MAX) { micros } else { micros.saturating_sub(EPOCH_MICROS) }
}

/// A PostgreSQL type, by OID (PostgreSQL, chapter 53.64 `pg_type`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Type(pub u32);

/// What `pg_type` says of one type.
#[derive(Clone, Debug)]
pub struct TypeEntry {
    /// The type's OID.
    pub oid: u32,
    /// `typname`, as in `int4` or `_int4`.
    pub name: &'static str,
    /// `typlen`: bytes, -1 for varlena, -2 for cstring.
    pub length: i16,
    /// `typcategory`, as in `N` for numbers.
    pub category: char,
    /// `typispreferred`: the type that ambiguous calls in its category resolve to.
    pub preferred: bool,
    /// `typelem`: the element's OID of an array, else 0 (some fixed-length types have one too).
    pub element: u32,
    /// `typarray`: the OID of the array of this type, or 0.
    pub array: u32,
    /// `typtype`: `b` base, `p` pseudo, `r` range, `m` multirange.
    pub kind: char,
}

/// The entries, and by OID which of them: types are looked up many times for each query.
struct Table {
    entries: Vec<TypeEntry>,
    /// One more than the place in `entries`; 0 for none.
    places: Vec<u16>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let entries: Vec<TypeEntry> = include_str!("pg_type.tsv").lines().map(entry).collect();
    let last = entries.iter().map(|entry| entry.oid as usize).max().unwrap_or(0);
    let mut places = vec![0; last + 1];
    for (i, entry) in entries.iter().enumerate() {
        places[entry.oid as usize] = u16::try_from(i + 1).expect("PostgreSQL has some hundred types");
    }
    Table { entries, places }
});

fn entry(line: &'static str) -> TypeEntry {
    let field: Vec<&'static str> = line.split('\t').collect();
    let number = |i: usize| -> i64 { field[i].parse().expect("pg_type.tsv holds numbers") };
    let first = |i: usize| field[i].chars().next().expect("pg_type.tsv holds a char");
    TypeEntry {
        oid: u32::try_from(number(0)).expect("oid"),
        name: field[1],
        length: i16::try_from(number(2)).expect("typlen"),
        category: first(3),
        preferred: field[4] == "t",
        element: u32::try_from(number(5)).expect("typelem"),
        array: u32::try_from(number(6)).expect("typarray"),
        kind: first(7),
    }
}

static BY_NAME: LazyLock<HashMap<&'static str, Type>> =
    LazyLock::new(|| TABLE.entries.iter().map(|entry| (entry.name, Type(entry.oid))).collect());

macro_rules! types {
    ($($name:ident = $oid:literal),* $(,)?) => {
        impl Type {
            $(#[doc = concat!("The type with OID ", $oid, ".")] pub const $name: Type = Type($oid);)*
        }
    };
}

types! {
    BOOL = 16, BYTEA = 17, CHAR = 18, NAME = 19, INT8 = 20, INT2 = 21, INT2VECTOR = 22, INT4 = 23, REGPROC = 24, TEXT = 25,
    OID = 26, XID = 28, CID = 29, OIDVECTOR = 30, JSON = 114, PG_NODE_TREE = 194, FLOAT4 = 700, FLOAT8 = 701, UNKNOWN = 705,
    INET = 869, ACLITEM = 1033, BPCHAR = 1042, VARCHAR = 1043, DATE = 1082, TIME = 1083, TIMESTAMP = 1114, TIMESTAMPTZ = 1184,
    BIT = 1560, VARBIT = 1562, INTERVAL = 1186, TIMETZ = 1266, NUMERIC = 1700, REGPROCEDURE = 2202, REGOPER = 2203, REGCLASS = 2205, REGTYPE = 2206,
    RECORD = 2249, CSTRING = 2275, ANY = 2276, ANYARRAY = 2277, VOID = 2278, ANYELEMENT = 2283, ANYNONARRAY = 2776, UUID = 2950,
    ANYENUM = 3500, JSONB = 3802, ANYRANGE = 3831, INT4RANGE = 3904, NUMRANGE = 3906, TSRANGE = 3908, TSTZRANGE = 3910,
    DATERANGE = 3912, INT8RANGE = 3926, JSONPATH = 4072, REGNAMESPACE = 4089, REGROLE = 4096, REGCOLLATION = 4191,
    TXID_SNAPSHOT = 2970, PG_LSN = 3220, PG_SNAPSHOT = 5038, XID8 = 5069, ANYMULTIRANGE = 4537, ANYCOMPATIBLEMULTIRANGE = 4538,
    ANYCOMPATIBLE = 5077, ANYCOMPATIBLEARRAY = 5078, ANYCOMPATIBLENONARRAY = 5079, ANYCOMPATIBLERANGE = 5080,
    BOOL_ARRAY = 1000, BYTEA_ARRAY = 1001, CHAR_ARRAY = 1002, NAME_ARRAY = 1003, INT2_ARRAY = 1005, INT4_ARRAY = 1007,
    TEXT_ARRAY = 1009, VARCHAR_ARRAY = 1015, INT8_ARRAY = 1016, FLOAT4_ARRAY = 1021, FLOAT8_ARRAY = 1022, OID_ARRAY = 1028,
    ACLITEM_ARRAY = 1034, TIMESTAMP_ARRAY = 1115, DATE_ARRAY = 1182, TIME_ARRAY = 1183, TIMESTAMPTZ_ARRAY = 1185,
    INTERVAL_ARRAY = 1187, NUMERIC_ARRAY = 1231, UUID_ARRAY = 2951, JSON_ARRAY = 199, JSONB_ARRAY = 3807,
}

impl Type {
    /// Returns the `pg_type` entry, or `None` for an OID that PostgreSQL 15 does not have.
    pub fn entry(self) -> Option<&'static TypeEntry> {
        let place = *TABLE.places.get(self.0 as usize)?;
        TABLE.entries.get(usize::from(place).checked_sub(1)?)
    }

    /// Finds a type by `typname` (`int4`, `_text`); SQL spellings such as `integer` are the parser's business.
    pub fn by_name(name: &str) -> Option<Type> {
        BY_NAME.get(name).copied()
    }

    /// Returns every type of the table, by OID.
    pub fn all() -> impl Iterator<Item = &'static TypeEntry> {
        TABLE.entries.iter()
    }

    /// Returns `typname`, or `???` for an unknown OID, as `format_type` does.
    pub fn name(self) -> &'static str {
        self.entry().map_or("???", |entry| entry.name)
    }

    /// Returns `typcategory`; `U` when unknown.
    pub fn category(self) -> char {
        self.entry().map_or('U', |entry| entry.category)
    }

    /// Tells whether this is its category's preferred type.
    pub fn is_preferred(self) -> bool {
        self.entry().is_some_and(|entry| entry.preferred)
    }

    /// Returns the array type of this element type.
    pub fn array(self) -> Option<Type> {
        self.entry().filter(|entry| entry.array != 0).map(|entry| Type(entry.array))
    }

    /// Returns the element type of a true array (category `A`), and of an array of rows.
    pub fn element(self) -> Option<Type> {
        let entry = self.entry()?;
        let is_array = entry.category == 'A' || entry.element == Type::RECORD.0;
        (is_array && entry.element != 0).then_some(Type(entry.element))
    }

    /// Tells whether this is a true array type.
    pub fn is_array(self) -> bool {
        self.element().is_some()
    }

    /// Tells whether this is int2, int4 or int8.
    pub fn is_integer(self) -> bool {
        matches!(self, Type::INT2 | Type::INT4 | Type::INT8)
    }

    /// Tells whether this is float4 or float8.
    pub fn is_float(self) -> bool {
        matches!(self, Type::FLOAT4 | Type::FLOAT8)
    }

    /// Tells whether values are character strings (category `S`, or `unknown`).
    pub fn is_string(self) -> bool {
        self.category() == 'S' || self == Type::UNKNOWN
    }

    /// Returns the SQL name as `format_type(oid, typmod)` prints it: `character varying(10)`, `integer[]`.
    pub fn format(self, typmod: i32) -> String {
        if let Some(element) = self.element() {
            // int2vector and oidvector have category A, yet are spelled by their own names.
            if !matches!(self, Type::INT2VECTOR | Type::OIDVECTOR) {
                return format!("{}[]", element.format(typmod));
            }
        }
        let precision = |max: i32| if (0..=max).contains(&typmod) { format!("({typmod})") } else { String::new() };
        match self {
            Type::BOOL => "boolean".into(),
            Type::INT2 => "smallint".into(),
            Type::INT4 => "integer".into(),
            Type::INT8 => "bigint".into(),
            Type::FLOAT4 => "real".into(),
            Type::FLOAT8 => "double precision".into(),
            Type::CHAR => "\"char\"".into(),
            Type::ANY => "\"any\"".into(),
            Type::BPCHAR if typmod < 0 => "character".into(),
            Type::BPCHAR => format!("character({})", typmod - 4),
            Type::VARCHAR if typmod < 0 => "character varying".into(),
            Type::VARCHAR => format!("character varying({})", typmod - 4),
            Type::NUMERIC => match numeric_typmod(typmod) {
                Some((precision, scale)) => format!("numeric({precision},{scale})"),
                None => "numeric".into(),
            },
            Type::VARBIT if typmod < 0 => "bit varying".into(),
            Type::VARBIT => format!("bit varying({typmod})"),
            Type::BIT if typmod >= 0 => format!("bit({typmod})"),
            Type::TIME => format!("time{} without time zone", precision(6)),
            Type::TIMETZ => format!("time{} with time zone", precision(6)),
            Type::TIMESTAMP => format!("timestamp{} without time zone", precision(6)),
            Type::TIMESTAMPTZ => format!("timestamp{} with time zone", precision(6)),
            _ => self.name().to_owned(),
        }
    }
}

impl fmt::Debug for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.format(-1))
    }
}

/// Splits a numeric typmod into (precision, scale); `None` when unconstrained (-1).
pub fn numeric_typmod(typmod: i32) -> Option<(u16, i16)> {
    if typmod < 4 {
        return None;
    }
    let bits = typmod - 4;
    let precision = u16::try_from((bits >> 16) & 0xffff).ok()?;
    // PostgreSQL 15: the scale is an 11-bit signed number (numeric.c, numeric_typmod_scale).
    let scale = i16::try_from(((bits & 0x7ff) ^ 1024) - 1024).ok()?;
    Some((precision, scale))
}

/// Packs numeric(precision, scale) into a typmod.
pub fn pack_numeric_typmod(precision: u16, scale: i16) -> i32 {
    ((i32::from(precision) << 16) | (i32::from(scale) & 0x7ff)) + 4
}

/// How many digits stand behind the point when a numeric is shown.
///
/// PostgreSQL keeps a display scale in each value; a column store keeps one per column. The binder computes what
/// PostgreSQL's rule gives for the expression, the wire prints accordingly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum NumericScale {
    /// Every value has exactly this display scale: typmod'ed columns, sums, products, `round(x, n)`.
    Fixed(u16),
    /// A quotient or an average: at least 16 significant digits (numeric.c, `select_div_scale`), by value.
    Quotient,
    /// Not known: the value's own digits, trailing zeros removed.
    #[default]
    Any,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_format_type() {
        assert_eq!(Type::INT4_ARRAY.format(-1), "integer[]");
        assert_eq!(Type::VARCHAR.format(14), "character varying(10)");
        assert_eq!(Type::NUMERIC.format(pack_numeric_typmod(15, 2)), "numeric(15,2)");
        assert_eq!(Type::TIMESTAMPTZ.format(3), "timestamp(3) with time zone");
        assert_eq!(numeric_typmod(pack_numeric_typmod(3, -2)), Some((3, -2)));
        assert_eq!(Type::by_name("_text"), Some(Type::TEXT_ARRAY));
        assert_eq!(Type::TEXT_ARRAY.element(), Some(Type::TEXT));
    }
}
