//! Parquet footers as queries see them: without the extremes of floating-point columns. Writers leave NaN out of them (the Parquet format
//! asks for it), while to PostgreSQL NaN is greater than every number (chapter 8.1.3): row groups would be skipped that hold rows.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::ParquetFileReaderFactory;
use datafusion::datasource::physical_plan::parquet::CachedParquetFileReaderFactory;
use datafusion::parquet::arrow::arrow_reader::ArrowReaderOptions;
use datafusion::parquet::arrow::async_reader::AsyncFileReader;
use datafusion::parquet::basic::Type as PhysicalType;
use datafusion::parquet::errors::Result;
use datafusion::parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, RowGroupMetaData};
use datafusion::parquet::file::page_index::column_index::ColumnIndexMetaData;
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use futures::FutureExt;
use futures::future::BoxFuture;

/// Makes readers that do not tell the extremes of floating-point columns.
#[derive(Debug)]
pub struct Footers(pub CachedParquetFileReaderFactory);

impl ParquetFileReaderFactory for Footers {
    fn create_reader(
        &self,
        partition: usize,
        file: PartitionedFile,
        hint: Option<usize>,
        metrics: &ExecutionPlanMetricsSet,
    ) -> datafusion::error::Result<Box<dyn AsyncFileReader + Send>> {
        Ok(Box::new(Reader(self.0.create_reader(partition, file, hint, metrics)?)))
    }
}

struct Reader(Box<dyn AsyncFileReader + Send>);

impl AsyncFileReader for Reader {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes>> {
        self.0.get_bytes(range)
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, Result<Vec<Bytes>>> {
        self.0.get_byte_ranges(ranges)
    }

    fn get_metadata<'a>(&'a mut self, options: Option<&'a ArrowReaderOptions>) -> BoxFuture<'a, Result<Arc<ParquetMetaData>>> {
        async move { without_extremes(self.0.get_metadata(options).await?) }.boxed()
    }
}

fn is_float(column: &ColumnChunkMetaData) -> bool {
    // FLOAT16 is a fixed array of bytes; PostgreSQL has no such type.
    matches!(column.column_type(), PhysicalType::FLOAT | PhysicalType::DOUBLE)
}

fn without_extremes(metadata: Arc<ParquetMetaData>) -> Result<Arc<ParquetMetaData>> {
    if !metadata.row_groups().iter().any(|group| group.columns().iter().any(is_float)) {
        return Ok(metadata);
    }
    let groups = metadata.row_groups().iter().cloned().map(stripped).collect::<Result<Vec<RowGroupMetaData>>>()?;
    let pages = metadata.column_index().cloned().map(|mut pages| {
        for (group, pages) in groups.iter().zip(&mut pages) {
            for (column, page) in group.columns().iter().zip(pages) {
                if is_float(column) {
                    *page = ColumnIndexMetaData::NONE;
                }
            }
        }
        pages
    });
    Ok(Arc::new(Arc::unwrap_or_clone(metadata).into_builder().set_row_groups(groups).set_column_index(pages).build()))
}

fn stripped(group: RowGroupMetaData) -> Result<RowGroupMetaData> {
    let column = |column: &ColumnChunkMetaData| match is_float(column) {
        true => column.clone().into_builder().clear_statistics().set_column_index_offset(None).set_column_index_length(None).build(),
        false => Ok(column.clone()),
    };
    let columns = group.columns().iter().map(column).collect::<Result<Vec<_>>>()?;
    group.into_builder().set_column_metadata(columns).build()
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, Float64Array, Int64Array};
    use arrow::record_batch::RecordBatch;
    use datafusion::parquet::arrow::ArrowWriter;
    use datafusion::parquet::file::metadata::{PageIndexPolicy, ParquetMetaDataReader};

    use super::*;

    #[test]
    fn floats_have_no_extremes() {
        let floats: ArrayRef = Arc::new(Float64Array::from(vec![1.0, f64::NAN]));
        let integers: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
        let batch = RecordBatch::try_from_iter([("f", floats), ("i", integers)]).unwrap();
        let mut file = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut file, batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        let reader = ParquetMetaDataReader::new().with_page_index_policy(PageIndexPolicy::Optional);
        let metadata = Arc::new(reader.parse_and_finish(&Bytes::from(file)).unwrap());
        let told = |metadata: &ParquetMetaData| -> Vec<(bool, bool)> {
            let pages = &metadata.column_index().unwrap()[0];
            let columns = metadata.row_group(0).columns().iter().zip(pages);
            columns.map(|(column, page)| (column.statistics().is_some(), !matches!(page, ColumnIndexMetaData::NONE))).collect()
        };
        assert_eq!(told(&metadata)[1], (true, true));
        assert!(told(&metadata)[0].0, "the writer tells the extremes of floats");
        assert_eq!(told(&without_extremes(metadata).unwrap()), [(false, false), (true, true)]);
    }
}
