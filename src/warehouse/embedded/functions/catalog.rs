//! Functions that tools ask about the catalog: format_type, pg_table_is_visible, obj_description, ...

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::execution::{FunctionRegistry, SessionState};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature, Volatility};

use super::rows::{each_row, strict_rows};
use super::value::Value;
use crate::catalog::model::Table;
use crate::catalog::pg_catalog::{World, keys, row_types, schema_oid};
use crate::error::{Report, Result};
use crate::types::Type;

mod counters;
mod describe;
mod names;
mod objects;
mod properties;
mod routines;
mod session;
mod sizes;
mod type_limits;

/// Adds the functions to the state of one query over system relations.
///
/// # Errors
/// XX000 when the engine does not take a function.
pub fn register(state: &mut SessionState, world: Arc<World>) -> Result<()> {
    let known = Arc::new(Known::new(world));
    for group in [
        counters::QUESTIONS.as_slice(),
        describe::QUESTIONS,
        names::QUESTIONS,
        objects::QUESTIONS,
        properties::QUESTIONS,
        session::QUESTIONS,
        sizes::QUESTIONS,
        type_limits::QUESTIONS,
    ] {
        for question in group {
            let function = ScalarUDF::from(Asked { question, known: known.clone(), signature: signature() });
            state.register_udf(Arc::new(function)).map_err(Report::internal)?;
        }
    }
    Ok(())
}

/// The names that values of reg* types print as.
#[derive(Debug)]
pub struct ObjectNames(Known);

impl ObjectNames {
    /// Makes the names as seen in this world.
    pub fn new(world: Arc<World>) -> ObjectNames {
        ObjectNames(Known::new(world))
    }

    /// Returns the name of one object: unknown OIDs as numbers, 0 as `-`.
    pub fn of(&self, ty: Type, oid: u32) -> String {
        names::reg_name(&self.0, ty, oid)
    }
}

fn signature() -> Signature {
    Signature::new(TypeSignature::OneOf(vec![TypeSignature::VariadicAny, TypeSignature::Nullary]), Volatility::Stable)
}

/// The world, with what the functions look up in it by OID.
#[derive(Debug)]
struct Known {
    world: Arc<World>,
    relations: OnceLock<HashMap<u32, Arc<Table>>>,
    row_types: OnceLock<HashMap<u32, (Arc<Table>, bool)>>,
    schemas: OnceLock<HashMap<u32, String>>,
}

impl Known {
    fn new(world: Arc<World>) -> Known {
        Known { world, relations: OnceLock::new(), row_types: OnceLock::new(), schemas: OnceLock::new() }
    }

    /// Finds the relation whose row type this is, and whether it is the type of arrays of it.
    fn row_type(&self, oid: i64) -> Option<&(Arc<Table>, bool)> {
        let both = |table: &Arc<Table>| {
            let (row, array) = row_types::oids(table);
            [(row, (table.clone(), false)), (array, (table.clone(), true))]
        };
        let by_oid = || self.world.snapshot.tables().flat_map(both).collect();
        self.row_types.get_or_init(by_oid).get(&u32::try_from(oid).ok()?)
    }

    /// Returns what a type is called as `format_type` prints it; `None` for one that is not there.
    fn type_name(&self, oid: u32, typmod: i32) -> Option<String> {
        let ty = Type(oid);
        if ty.entry().is_some() {
            return Some(ty.format(typmod));
        }
        let (table, is_array) = self.row_type(oid.into())?;
        Some(format!("{}{}", names::relation_name(self, table), if *is_array { "[]" } else { "" }))
    }

    fn relation(&self, oid: i64) -> Option<&Arc<Table>> {
        let by_oid = || self.world.snapshot.tables().map(|table| (table.oid, table.clone())).collect();
        self.relations.get_or_init(by_oid).get(&u32::try_from(oid).ok()?)
    }

    fn schema(&self, oid: i64) -> Option<&String> {
        let by_oid = || self.world.snapshot.schemas.keys().map(|name| (schema_oid(name), name.clone())).collect();
        self.schemas.get_or_init(by_oid).get(&u32::try_from(oid).ok()?)
    }

    /// Finds a key by the OID of its constraint or of its index.
    fn key(&self, oid: i64) -> Option<keys::Known<'_>> {
        let oid = u32::try_from(oid).ok()?;
        keys::all(&self.world).find(|key| key.oid() == oid || (key.is_primary() && keys::index_oid(key.table) == oid))
    }

    /// Tells whether the bare name means this relation.
    fn is_visible(&self, table: &Table) -> bool {
        let found = self.world.snapshot.table(None, &table.name.table, &self.world.search_path);
        found.is_some_and(|found| found.oid == table.oid)
    }
}

/// What a function answers, as Arrow type.
#[derive(Clone, Copy, Debug)]
enum Gives {
    Text,
    Bool,
    Int4,
    Int8,
    Float8,
    Oid,
    Texts,
    Int4s,
    Time,
}

impl Gives {
    fn arrow(self) -> DataType {
        match self {
            Gives::Text => DataType::Utf8,
            Gives::Bool => DataType::Boolean,
            Gives::Int4 => DataType::Int32,
            Gives::Int8 => DataType::Int64,
            Gives::Float8 => DataType::Float64,
            Gives::Oid => DataType::UInt32,
            Gives::Texts => super::value::list_of(DataType::Utf8),
            Gives::Int4s => super::value::list_of(DataType::Int32),
            Gives::Time => DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, Some("UTC".into())),
        }
    }
}

type Answer = for<'a> fn(&Known, &'a [Value<'a>]) -> Result<Value<'a>>;

/// One function.
#[derive(Debug)]
struct Question {
    name: &'static str,
    gives: Gives,
    /// NULL in, NULL out.
    strict: bool,
    answer: Answer,
}

impl Question {
    const fn new(name: &'static str, gives: Gives, answer: Answer) -> Question {
        Question { name, gives, strict: true, answer }
    }

    const fn with_nulls(name: &'static str, gives: Gives, answer: Answer) -> Question {
        Question { name, gives, strict: false, answer }
    }
}

/// A function in the world of one query.
#[derive(Clone, Debug)]
struct Asked {
    question: &'static Question,
    known: Arc<Known>,
    signature: Signature,
}

impl PartialEq for Asked {
    fn eq(&self, other: &Asked) -> bool {
        self.question.name == other.question.name && Arc::ptr_eq(&self.known, &other.known)
    }
}

impl Eq for Asked {}

impl Hash for Asked {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.question.name.hash(state);
    }
}

impl ScalarUDFImpl for Asked {
    fn name(&self) -> &str {
        self.question.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> datafusion::common::Result<DataType> {
        Ok(self.question.gives.arrow())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> datafusion::common::Result<ColumnarValue> {
        let constant = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let rows = if constant { 1 } else { args.number_rows };
        let arrays: Vec<ArrayRef> = args.args.into_iter().map(|arg| arg.into_array(rows)).collect::<datafusion::common::Result<_>>()?;
        let ty = self.question.gives.arrow();
        let answer = self.question.answer;
        let result = if self.question.strict {
            strict_rows(&arrays, &ty, rows, &|args| answer(&self.known, args))
        } else {
            each_row(&arrays, &ty, rows, &|args| answer(&self.known, args))
        };
        let result = result.map_err(super::raise)?;
        Ok(if constant { ColumnarValue::Scalar(ScalarValue::try_from_array(&result, 0)?) } else { ColumnarValue::Array(result) })
    }
}
