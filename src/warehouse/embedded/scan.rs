//! A folder's table as DataFusion sees it: prunes partitions at plan time and writes down what is going to be read.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::{DataType, Schema, SchemaRef};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use chrono::DateTime;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::{DFSchema, Statistics};
use datafusion::config::{CsvOptions, TableParquetOptions};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::object_store::ObjectStoreUrl;
use datafusion::datasource::physical_plan::parquet::CachedParquetFileReaderFactory;
use datafusion::datasource::physical_plan::{CsvSource, FileGroup, FileScanConfigBuilder, FileSource, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator, TableProviderFilterPushDown, TableType};
use datafusion::object_store::ObjectMeta;
use datafusion::object_store::path::Path as StorePath;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::scalar::ScalarValue;
use futures::future::BoxFuture;

use super::folders::{DataFile, Format, partition_value};
use super::footers::Footers;
use super::metadata::MetadataCache;
use super::tables::FolderTable;
use crate::error::Report;

/// What the scans of one plan are going to read, written by [`FolderScan::scan`], an extension of the session's configuration.
#[derive(Debug, Default)]
pub struct Ledger(Mutex<Vec<Entry>>);

/// One scan.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The table.
    pub table: Arc<FolderTable>,
    /// The files that are left after pruning.
    pub files: Vec<DataFile>,
    /// All of its partitions.
    pub partitions: u64,
    /// The columns that the query needs, filters included, as indexes of the table's schema.
    pub columns: BTreeSet<usize>,
}

impl Ledger {
    /// Takes the entries.
    pub fn take(&self) -> Vec<Entry> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A table of the folders for the planner.
#[derive(Debug)]
pub struct FolderScan {
    /// The table.
    pub table: Arc<FolderTable>,
    /// Footers.
    pub metadata: Arc<MetadataCache>,
}

impl TableProvider for FolderScan {
    fn schema(&self) -> SchemaRef {
        self.table.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let decide = |filter: &&Expr| {
            if self.names_partitions_only(filter) && is_plain(filter) {
                TableProviderFilterPushDown::Exact
            } else {
                TableProviderFilterPushDown::Inexact
            }
        };
        Ok(filters.iter().map(decide).collect())
    }

    // What `async_trait` would write, without an async block that holds DataFusion's expressions: see `engine::State`.
    fn scan<'s, 'session, 'columns, 'filters, 'all>(
        &'s self,
        state: &'session dyn Session,
        projection: Option<&'columns Vec<usize>>,
        filters: &'filters [Expr],
        limit: Option<usize>,
    ) -> BoxFuture<'all, Result<Arc<dyn ExecutionPlan>>>
    where
        's: 'all,
        'session: 'all,
        'columns: 'all,
        'filters: 'all,
        Self: 'all,
    {
        self.planned(state, projection, filters, limit)
    }
}

impl FolderScan {
    /// Makes the scan of the files that are left after pruning.
    fn planned<'a>(
        &'a self,
        state: &'a dyn Session,
        projection: Option<&'a Vec<usize>>,
        filters: &'a [Expr],
        limit: Option<usize>,
    ) -> BoxFuture<'a, Result<Arc<dyn ExecutionPlan>>> {
        Box::pin(self.scan_of(state, projection, filters, limit))
    }

    async fn scan_of(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let table = self.table.clone();
        let listing = blocking(move || table.listing()).await?;
        let (on_partitions, on_rows): (Vec<&Expr>, Vec<&Expr>) =
            filters.iter().partition(|filter| self.names_partitions_only(filter) && !filter.is_volatile());
        let kept = self.prune(state, &listing.files, &on_partitions)?;
        self.write_down(state, &listing.files, &kept, projection, filters);

        let projected = || -> Result<SchemaRef> {
            Ok(match projection {
                Some(indexes) => Arc::new(self.table.schema.project(indexes)?),
                None => self.table.schema.clone(),
            })
        };
        if kept.is_empty() {
            return Ok(Arc::new(EmptyExec::new(projected()?)));
        }
        let statistics = self.statistics(&kept).await?;
        let files = kept.iter().map(|file| self.partitioned_file(file)).collect::<Result<Vec<_>>>()?;
        let groups = balanced(files, state.config().target_partitions());
        let config = FileScanConfigBuilder::new(ObjectStoreUrl::local_filesystem(), self.source(state, &on_rows)?)
            .with_file_groups(groups)
            .with_statistics(statistics)
            // The limit of a filtered scan holds behind the filter, which stands above unless it was exact.
            .with_limit(limit.filter(|_| on_rows.is_empty() && on_partitions.iter().all(|filter| is_plain(filter))))
            .with_projection_indices(projection.cloned())?
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }

    /// Tells whether a filter can be judged by the path of a file alone.
    fn names_partitions_only(&self, filter: &Expr) -> bool {
        let columns = filter.column_refs();
        !columns.is_empty() && columns.iter().all(|column| self.table.partition_fields().iter().any(|field| *field.name() == column.name))
    }

    /// Returns the files whose partition passes every filter.
    fn prune(&self, state: &dyn Session, files: &[DataFile], filters: &[&Expr]) -> Result<Vec<DataFile>> {
        if filters.is_empty() {
            return Ok(files.to_vec());
        }
        let schema = Arc::new(Schema::new(self.table.partition_fields().to_vec()));
        let arrays = (0..self.table.partition_columns)
            .map(|i| ScalarValue::iter_to_array(files.iter().map(|file| self.partition_scalar(file, i)).collect::<Result<Vec<_>>>()?))
            .collect::<Result<Vec<ArrayRef>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(files.len()));
        let batch = RecordBatch::try_new_with_options(schema.clone(), arrays, &options)?;
        let df_schema = DFSchema::try_from(schema)?;
        let mut keep = vec![true; files.len()];
        for filter in filters {
            let judged = state
                .create_physical_expr((*filter).clone(), &df_schema)
                .and_then(|expr| expr.evaluate(&batch))
                .and_then(|value| value.into_array(files.len()));
            match judged {
                Ok(array) if *array.data_type() == DataType::Boolean => {
                    let passes = array.as_boolean();
                    keep.iter_mut().enumerate().for_each(|(i, keep)| *keep &= !arrow::array::Array::is_null(passes, i) && passes.value(i));
                }
                // The filter itself stands above the scan and will say what is wrong with it, if a row gets there.
                _ if !is_plain(filter) => {}
                Ok(other) => return Err(DataFusionError::Internal(format!("a filter of type {}", other.data_type()))),
                Err(error) => return Err(error),
            }
        }
        Ok(files.iter().zip(keep).filter(|(_, keep)| *keep).map(|(file, _)| file.clone()).collect())
    }

    fn partition_scalar(&self, file: &DataFile, i: usize) -> Result<ScalarValue> {
        let field = &self.table.partition_fields()[i];
        partition_value(file.partition.get(i).and_then(Option::as_deref), field.data_type()).ok_or_else(|| {
            let message = format!("a folder of table \"{}\" has no {} in its name", self.table.place.name, field.data_type());
            DataFusionError::External(Box::new(Report::new(crate::error::SqlState::SYSTEM_ERROR, message)))
        })
    }

    fn write_down(&self, state: &dyn Session, all: &[DataFile], kept: &[DataFile], projection: Option<&Vec<usize>>, filters: &[Expr]) {
        let Some(ledger) = state.config().get_extension::<Ledger>() else { return };
        let mut columns: BTreeSet<usize> = match projection {
            Some(indexes) => indexes.iter().copied().collect(),
            None => (0..self.table.schema.fields().len()).collect(),
        };
        let named = filters.iter().flat_map(Expr::column_refs).filter_map(|column| self.table.schema.index_of(&column.name).ok());
        columns.extend(named);
        let partitions = all.iter().map(|file| &file.partition).collect::<BTreeSet<_>>().len();
        let entry =
            Entry { table: self.table.clone(), files: kept.to_vec(), partitions: u64::try_from(partitions).unwrap_or(u64::MAX), columns };
        ledger.0.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
    }

    /// Counts rows for the planner. Least and greatest values are left out: Parquet's pass over NaN, PostgreSQL's do not.
    async fn statistics(&self, files: &[DataFile]) -> Result<Statistics> {
        let mut statistics = Statistics::new_unknown(&self.table.schema);
        if self.table.format == Format::Csv {
            let bytes = files.iter().map(|file| file.size).sum::<u64>();
            statistics.total_byte_size = Precision::Inexact(usize::try_from(bytes).unwrap_or(usize::MAX));
            return Ok(statistics);
        }
        let (metadata, files) = (self.metadata.clone(), files.to_vec());
        let (rows, bytes) = blocking(move || {
            files.iter().try_fold((0_u64, 0_u64), |(rows, bytes), file| {
                let file = metadata.get(file)?;
                Ok((rows + file.rows, bytes + file.bytes.iter().sum::<u64>()))
            })
        })
        .await?;
        statistics.num_rows = Precision::Exact(usize::try_from(rows).unwrap_or(usize::MAX));
        statistics.total_byte_size = Precision::Inexact(usize::try_from(bytes).unwrap_or(usize::MAX));
        Ok(statistics)
    }

    fn partitioned_file(&self, file: &DataFile) -> Result<PartitionedFile> {
        let seconds = i64::try_from(file.modified.div_euclid(1_000_000_000)).unwrap_or(0);
        let nanos = u32::try_from(file.modified.rem_euclid(1_000_000_000)).unwrap_or(0);
        let meta = ObjectMeta {
            location: StorePath::from_absolute_path(std::path::absolute(&file.path)?)
                .map_err(|error| DataFusionError::ObjectStore(Box::new(error.into())))?,
            last_modified: DateTime::from_timestamp(seconds, nanos).unwrap_or_default(),
            size: file.size,
            e_tag: None,
            version: None,
        };
        let values = (0..self.table.partition_columns).map(|i| self.partition_scalar(file, i)).collect::<Result<Vec<_>>>()?;
        Ok(PartitionedFile::new_from_meta(meta).with_partition_values(values))
    }

    fn source(&self, state: &dyn Session, filters: &[&Expr]) -> Result<Arc<dyn FileSource>> {
        let schema =
            TableSchema::builder(self.table.file_schema()).with_table_partition_cols(self.table.partition_fields().to_vec()).build();
        if self.table.format == Format::Csv {
            let options = CsvOptions { has_header: Some(true), newlines_in_values: Some(true), ..CsvOptions::default() };
            return Ok(Arc::new(CsvSource::new(schema).with_csv_options(options)));
        }
        let store = state.runtime_env().object_store(ObjectStoreUrl::local_filesystem())?;
        let footers = state.runtime_env().cache_manager.get_file_metadata_cache();
        let options = TableParquetOptions { global: state.config_options().execution.parquet.clone(), ..TableParquetOptions::default() };
        let mut source = ParquetSource::new(schema)
            .with_table_parquet_options(options)
            .with_parquet_file_reader_factory(Arc::new(Footers(CachedParquetFileReaderFactory::new(store, footers))));
        if let Some(filter) = conjunction(filters.iter().copied().cloned()) {
            let df_schema = DFSchema::try_from(self.table.schema.clone())?;
            // Only row groups are skipped by it; what cannot be a physical expression here is judged above the scan anyway.
            if let Ok(predicate) = state.create_physical_expr(filter, &df_schema) {
                source = source.with_predicate(predicate);
            }
        }
        Ok(Arc::new(source))
    }
}

/// Comparisons of columns with constants: they cannot fail, so the paths alone may decide them.
fn is_plain(expr: &Expr) -> bool {
    use Operator::{And, Eq, Gt, GtEq, IsDistinctFrom, IsNotDistinctFrom, Lt, LtEq, NotEq, Or};
    match expr {
        Expr::Column(_) | Expr::Literal(..) => true,
        Expr::Cast(cast) => matches!(*cast.expr, Expr::Column(_) | Expr::Literal(..)) && is_temporal(cast.field.data_type()),
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
            matches!(op, And | Or | Eq | NotEq | Lt | LtEq | Gt | GtEq | IsDistinctFrom | IsNotDistinctFrom)
                && is_plain(left)
                && is_plain(right)
        }
        Expr::Not(inner)
        | Expr::IsNull(inner)
        | Expr::IsNotNull(inner)
        | Expr::IsTrue(inner)
        | Expr::IsFalse(inner)
        | Expr::IsNotTrue(inner)
        | Expr::IsNotFalse(inner) => is_plain(inner),
        Expr::Between(between) => is_plain(&between.expr) && is_plain(&between.low) && is_plain(&between.high),
        Expr::InList(list) => is_plain(&list.expr) && list.list.iter().all(is_plain),
        _ => false,
    }
}

fn is_temporal(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Date32 | DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, _) | DataType::Int64)
}

/// Deals files to groups of about equal size, the order of paths kept within each group.
fn balanced(files: Vec<PartitionedFile>, groups: usize) -> Vec<FileGroup> {
    let total: u64 = files.iter().map(|file| file.object_meta.size).sum();
    let share = total / u64::try_from(groups.max(1)).unwrap_or(1) + 1;
    let (mut dealt, mut group, mut size) = (Vec::new(), Vec::new(), 0);
    for file in files {
        size += file.object_meta.size;
        group.push(file);
        if size >= share {
            dealt.push(FileGroup::new(std::mem::take(&mut group)));
            size = 0;
        }
    }
    if !group.is_empty() {
        dealt.push(FileGroup::new(group));
    }
    dealt
}

/// Runs what waits for the disk where waiting is allowed.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> crate::error::Result<T> + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await.map_err(|error| DataFusionError::External(Box::new(error)))?;
    done.map_err(|report| DataFusionError::External(Box::new(report)))
}
