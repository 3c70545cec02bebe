//! PostgreSQL's functions as DataFusion functions, for texts that `sql::emit::datafusion` prints.
//!
//! Arguments arrive with the Arrow types that [`crate::query::BatchStream`] lists; strings in any of Arrow's three forms. Errors are
//! [`Report`]s inside `DataFusionError::External`, so that the SQLSTATE reaches the client.
//!
//! The session should be made with `datafusion.sql_parser.enable_ident_normalization = false` and
//! `datafusion.execution.time_zone = "UTC"`; no other option matters to the text.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{DataFusionError, ScalarValue};
use datafusion::logical_expr::{
    AggregateUDF, ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature, Volatility,
    WindowUDF,
};
use datafusion::prelude::SessionContext;

use super::stop;
use crate::error::Report;

pub use array::series_length;
pub use late::{LATE, late};
pub use running::{RUNNING_LIST, RUNNING_TEXT};
pub use value::literals;

mod acl;
mod are;
mod arithmetic;
mod array;
mod bits;
mod bytes;
mod cast;
pub mod catalog;
mod date;
pub(in crate::warehouse) mod decimal;
mod digits;
mod extent;
mod format;
mod hash;
mod inet;
mod interval;
mod interval_format;
mod items;
mod json;
mod json_build;
mod json_change;
mod json_objects;
mod jsonpath;
mod keys;
mod late;
mod like;
mod logarithm;
mod neighbour;
mod normal;
mod number_format;
mod numbers;
mod numeric_series;
mod octets;
mod ordered;
mod pattern;
mod range;
mod regex;
mod rows;
mod running;
mod sleep;
mod statistics;
mod tables;
#[cfg(test)]
mod tests;
mod text;
mod time;
mod to_number;
mod transactions;
mod trigonometry;
mod value;
mod variadic;
mod zone;

/// Registers every function.
pub fn register(ctx: &SessionContext) {
    for functions in [
        acl::functions(),
        arithmetic::functions(),
        array::functions(),
        bits::functions(),
        cast::functions(),
        date::functions(),
        decimal::functions(),
        digits::functions(),
        format::functions(),
        hash::functions(),
        inet::functions(),
        interval::functions(),
        json::functions(),
        json_build::functions(),
        json_change::functions(),
        json_objects::functions(),
        jsonpath::functions(),
        keys::functions(),
        late::functions(),
        like::functions(),
        logarithm::functions(),
        normal::functions(),
        number_format::functions(),
        numbers::functions(),
        numeric_series::functions(),
        octets::functions(),
        ordered::functions(),
        pattern::functions(),
        range::functions(),
        sleep::functions(),
        statistics::functions(),
        tables::functions(),
        text::functions(),
        time::functions(),
        to_number::functions(),
        transactions::functions(),
        trigonometry::functions(),
        variadic::functions(),
        zone::functions(),
    ] {
        for function in functions {
            ctx.register_udf(ScalarUDF::from(function));
        }
    }
    ctx.register_udaf(AggregateUDF::from(running::RunningList::new()));
    ctx.register_udaf(AggregateUDF::from(running::RunningText::new()));
    ctx.register_udwf(WindowUDF::from(neighbour::Neighbour::new()));
}

/// How a function's result type follows from its arguments: their types, and the constants among them.
type Returns = fn(&[DataType], &[Option<&ScalarValue>]) -> Result<DataType, Report>;

/// What a function does: arrays of equal length (or of length one for constants, see `rows`), the result type, the number of rows.
type Kernel = fn(&[ArrayRef], &DataType, usize) -> Result<ArrayRef, Report>;

/// One function.
#[derive(Clone)]
pub(super) struct Scalar {
    name: &'static str,
    returns: Returns,
    kernel: Kernel,
    signature: Signature,
    /// Called for each row, even of constants.
    acts: bool,
}

impl Scalar {
    fn new(name: &'static str, returns: Returns, kernel: Kernel) -> Scalar {
        let any = TypeSignature::OneOf(vec![TypeSignature::VariadicAny, TypeSignature::Nullary]);
        Scalar { name, returns, kernel, signature: Signature::new(any, Volatility::Immutable), acts: false }
    }

    /// Of constants too it is computed when its rows are asked for: the planner would hold the value, and print it.
    fn late(mut self) -> Scalar {
        self.signature.volatility = Volatility::Volatile;
        self
    }

    /// It does something, for each row anew.
    fn acting(mut self) -> Scalar {
        self.acts = true;
        self.late()
    }
}

impl std::fmt::Debug for Scalar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for Scalar {
    fn eq(&self, other: &Scalar) -> bool {
        self.name == other.name
    }
}

impl Eq for Scalar {}

impl std::hash::Hash for Scalar {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Scalar {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> datafusion::common::Result<DataType> {
        (self.returns)(types, &vec![None; types.len()]).map_err(raise)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> datafusion::common::Result<FieldRef> {
        let types: Vec<DataType> = args.arg_fields.iter().map(|field| field.data_type().clone()).collect();
        let ty = (self.returns)(&types, args.scalar_arguments).map_err(raise)?;
        Ok(Arc::new(Field::new(self.name, ty, true)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> datafusion::common::Result<ColumnarValue> {
        stop::check().map_err(raise)?;
        let constant = !self.acts && args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let rows = if constant { 1 } else { args.number_rows };
        // Constants stay arrays of one row: `Rows` and the arithmetic kernels read them as such.
        let arrays = args
            .args
            .iter()
            .map(|arg| match arg {
                ColumnarValue::Array(array) => Ok(array.clone()),
                ColumnarValue::Scalar(value) => value.to_array_of_size(1),
            })
            .collect::<datafusion::common::Result<Vec<_>>>()?;
        let result = (self.kernel)(&arrays, args.return_field.data_type(), rows).map_err(raise)?;
        if constant && result.len() == 1 {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&result, 0)?));
        }
        Ok(ColumnarValue::Array(result))
    }
}

/// Wraps a report so that it survives DataFusion's own errors around it.
pub(super) fn raise(report: Report) -> DataFusionError {
    DataFusionError::External(Box::new(report))
}

/// Finds the report inside an error, however deep.
pub fn report_of(error: &DataFusionError) -> Option<Report> {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(current) = source {
        if let Some(report) = current.downcast_ref::<Report>() {
            return Some(report.clone());
        }
        if let Some(DataFusionError::External(inner)) = current.downcast_ref::<DataFusionError>()
            && let Some(report) = inner.downcast_ref::<Report>()
        {
            return Some(report.clone());
        }
        if let Some(arrow::error::ArrowError::ExternalError(inner)) = current.downcast_ref::<arrow::error::ArrowError>() {
            if let Some(report) = inner.downcast_ref::<Report>() {
                return Some(report.clone());
            }
            if let Some(inner) = inner.downcast_ref::<DataFusionError>() {
                return report_of(inner);
            }
        }
        if let Some(DataFusionError::Shared(inner)) = current.downcast_ref::<DataFusionError>() {
            return report_of(inner);
        }
        source = current.source();
    }
    None
}
