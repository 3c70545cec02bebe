//! `lag` and `lead` whose offset differs from row to row, or whose default does: `pg_neighbour(value, distance, default)`. The engine's own take
//! constants only.

use arrow::array::{Array, ArrayRef, AsArray, UInt32Array};
use arrow::datatypes::{DataType, Field, FieldRef, Int64Type};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::function::{PartitionEvaluatorArgs, WindowUDFFieldArgs};
use datafusion::logical_expr::{PartitionEvaluator, Signature, Volatility, WindowUDFImpl};

/// The name in texts.
const NEIGHBOUR: &str = "pg_neighbour";

/// The window function: the value so many rows further on, int8, in front where the distance is negative.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Neighbour(Signature);

impl Neighbour {
    pub(super) fn new() -> Neighbour {
        Neighbour(Signature::any(3, Volatility::Immutable))
    }
}

impl WindowUDFImpl for Neighbour {
    fn name(&self) -> &str {
        NEIGHBOUR
    }

    fn signature(&self) -> &Signature {
        &self.0
    }

    fn partition_evaluator(&self, _: PartitionEvaluatorArgs) -> Result<Box<dyn PartitionEvaluator>> {
        Ok(Box::new(Partition))
    }

    fn field(&self, args: WindowUDFFieldArgs) -> Result<FieldRef> {
        let ty = args.input_fields().first().map_or(DataType::Null, |field| field.data_type().clone());
        Ok(Field::new(args.name(), ty, true).into())
    }
}

/// The rows of one partition.
#[derive(Debug)]
struct Partition;

impl PartitionEvaluator for Partition {
    fn evaluate_all(&mut self, values: &[ArrayRef], rows: usize) -> Result<ArrayRef> {
        let [values, distances, defaults] = values else { return exec_err!("{NEIGHBOUR} takes three arguments") };
        let Some(distances) = distances.as_primitive_opt::<Int64Type>() else { return exec_err!("{NEIGHBOUR} takes an int8") };
        // Each row's own default stands behind the values; PostgreSQL gives NULL where the distance is NULL.
        let both = arrow::compute::concat(&[values.as_ref(), defaults.as_ref()])?;
        let place = |row: usize| {
            if distances.is_null(row) {
                return None;
            }
            let other = i64::try_from(row).ok()?.checked_add(distances.value(row)).and_then(|at| usize::try_from(at).ok());
            u32::try_from(other.filter(|at| *at < rows).unwrap_or(rows + row)).ok()
        };
        let places: UInt32Array = (0..rows).map(place).collect();
        Ok(arrow::compute::take(&both, &places, None)?)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Int32Array, Int64Array};
    use arrow::datatypes::Int32Type;

    use super::*;

    #[test]
    fn rows_beyond_the_partition_have_their_default() {
        let values: ArrayRef = Arc::new(Int32Array::from(vec![Some(10), None, Some(30)]));
        let distances: ArrayRef = Arc::new(Int64Array::from(vec![Some(-1), Some(1), None]));
        let defaults: ArrayRef = Arc::new(Int32Array::from(vec![Some(7), Some(8), Some(9)]));
        let found = Partition.evaluate_all(&[values.clone(), distances, defaults.clone()], 3).unwrap();
        assert_eq!(found.as_primitive::<Int32Type>().iter().collect::<Vec<_>>(), [Some(7), Some(30), None]);
        let far: ArrayRef = Arc::new(Int64Array::from(vec![i64::MAX, i64::MIN, 0]));
        let found = Partition.evaluate_all(&[values, far, defaults], 3).unwrap();
        assert_eq!(found.as_primitive::<Int32Type>().iter().collect::<Vec<_>>(), [Some(7), Some(8), Some(30)]);
    }
}
