//! `array_agg` and `string_agg` over a frame that only grows: `pg_running_list`, `pg_running_text`. The engine's own keeps each row's value as an
//! array of its own and joins them all for every row; and what all the rows hold is counted here.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ListArray};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue, internal_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDFImpl, Signature, Volatility};

use super::raise;
use super::value::{Value, list_of, read};
use crate::warehouse::embedded::stop;

/// The name in texts.
pub const RUNNING_LIST: &str = "pg_running_list";

/// The aggregate.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct RunningList(Signature);

impl RunningList {
    pub(super) fn new() -> RunningList {
        RunningList(Signature::any(1, Volatility::Immutable))
    }
}

impl AggregateUDFImpl for RunningList {
    fn name(&self) -> &str {
        RUNNING_LIST
    }

    fn signature(&self) -> &Signature {
        &self.0
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        Ok(list_of(types[0].clone()))
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        let DataType::List(field) = args.return_field.data_type() else { return internal_err!("{RUNNING_LIST} gives a list") };
        Ok(Box::new(Values { field: field.clone(), parts: Vec::new() }))
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        Ok(vec![Arc::new(Field::new(args.name, args.return_field.data_type().clone(), true))])
    }
}

/// The name in texts.
pub const RUNNING_TEXT: &str = "pg_running_text";

/// `string_agg(value, delimiter)`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct RunningText(Signature);

impl RunningText {
    pub(super) fn new() -> RunningText {
        RunningText(Signature::any(2, Volatility::Immutable))
    }
}

impl AggregateUDFImpl for RunningText {
    fn name(&self) -> &str {
        RUNNING_TEXT
    }

    fn signature(&self) -> &Signature {
        &self.0
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(Text(None)))
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        Ok(vec![Arc::new(Field::new(args.name, DataType::Utf8, true))])
    }
}

/// The text so far.
#[derive(Debug)]
struct Text(Option<String>);

impl Accumulator for Text {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        for i in 0..values[0].len() {
            let (value, delimiter) = (read(&values[0], i).map_err(raise)?, read(&values[1], i).map_err(raise)?);
            let Value::Text(value) = value else { continue };
            match &mut self.0 {
                None => self.0 = Some(value.into_owned()),
                Some(text) => {
                    text.push_str(delimiter.str().unwrap_or(""));
                    text.push_str(&value);
                }
            }
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        stop::check().map_err(raise)?;
        // Every row keeps its own text until the window's batch is made.
        stop::gather(self.0.as_ref().map_or(0, String::len)).map_err(raise)?;
        Ok(ScalarValue::Utf8(self.0.clone()))
    }

    fn size(&self) -> usize {
        size_of::<Text>() + self.0.as_ref().map_or(0, String::capacity)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.evaluate()?])
    }

    fn merge_batch(&mut self, _: &[ArrayRef]) -> Result<()> {
        internal_err!("{RUNNING_TEXT} is for windows")
    }
}

/// The values so far.
#[derive(Debug)]
struct Values {
    field: FieldRef,
    /// Those of the last evaluation as one array, and what has come since.
    parts: Vec<ArrayRef>,
}

impl Accumulator for Values {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        if !values[0].is_empty() {
            self.parts.push(Arc::clone(&values[0]));
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        stop::check().map_err(raise)?;
        if self.parts.len() > 1 {
            let parts: Vec<&dyn Array> = self.parts.iter().map(AsRef::as_ref).collect();
            self.parts = vec![arrow::compute::concat(&parts)?];
        }
        let Some(values) = self.parts.first() else {
            return ScalarValue::try_from(&DataType::List(self.field.clone()));
        };
        // Every row keeps its own array until the window's batch is made.
        stop::gather(values.get_array_memory_size()).map_err(raise)?;
        let list = ListArray::try_new(self.field.clone(), OffsetBuffer::from_lengths([values.len()]), Arc::clone(values), None)?;
        Ok(ScalarValue::List(Arc::new(list)))
    }

    fn size(&self) -> usize {
        size_of::<Values>() + self.parts.iter().map(|part| part.get_array_memory_size()).sum::<usize>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.evaluate()?])
    }

    fn merge_batch(&mut self, _: &[ArrayRef]) -> Result<()> {
        internal_err!("{RUNNING_LIST} is for windows")
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{AsArray, Int32Array};
    use arrow::datatypes::Int32Type;

    use super::*;

    #[test]
    fn values_gather_from_one_row_to_the_next() {
        let mut values = Values { field: Arc::new(Field::new_list_field(DataType::Int32, true)), parts: Vec::new() };
        assert!(values.evaluate().unwrap().is_null(), "no rows, no array");
        for n in 1..=3 {
            values.update_batch(&[Arc::new(Int32Array::from(vec![Some(n), None]))]).unwrap();
            let ScalarValue::List(list) = values.evaluate().unwrap() else { panic!("a list") };
            let list = list.value(0);
            let all: Vec<Option<i32>> = list.as_primitive::<Int32Type>().iter().collect();
            assert_eq!(all, (1..=n).flat_map(|n| [Some(n), None]).collect::<Vec<_>>());
        }
    }
}
