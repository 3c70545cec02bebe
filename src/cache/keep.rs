//! The tee: rows go to the client as they come, and into the cache when they turn out complete.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BinaryViewArray, StringViewArray, UInt64Array};
use arrow::record_batch::RecordBatch;
use chrono::Utc;
use futures::StreamExt;

use super::flight::Lead;
use super::key::Key;
use super::{Entry, Meta, ResultCache};
use crate::query::BatchStream;

struct Tee {
    rows: BatchStream,
    store: Arc<dyn ResultCache>,
    key: Key,
    meta: Meta,
    max_bytes: u64,
    /// What has come so far; `None` once it is too large.
    kept: Option<(Vec<RecordBatch>, u64)>,
}

/// Passes rows on and stores them at their end. An error, a cut stream or too many bytes store nothing.
pub fn tee(store: Arc<dyn ResultCache>, key: Key, rows: BatchStream, meta: Meta, max_bytes: u64) -> BatchStream {
    let tee = Tee { rows, store, key, meta, max_bytes, kept: Some((Vec::new(), 0)) };
    Box::pin(futures::stream::unfold(Some(tee), |tee| async move {
        let mut tee = tee?;
        match tee.rows.next().await {
            Some(Ok(batch)) => {
                tee.take(&batch);
                Some((Ok(batch), Some(tee)))
            }
            Some(Err(report)) => Some((Err(report), None)),
            None => {
                tee.finish().await;
                None
            }
        }
    }))
}

impl Tee {
    fn take(&mut self, batch: &RecordBatch) {
        let Some((batches, bytes)) = &mut self.kept else { return };
        let compact = compact(batch);
        *bytes = bytes.saturating_add(u64::try_from(compact.get_array_memory_size()).unwrap_or(u64::MAX));
        if *bytes <= self.max_bytes {
            batches.push(compact);
            if let Some(lead) = &self.meta.lead {
                lead.streaming();
            }
        } else {
            self.kept = None;
            self.meta.lead.take().into_iter().for_each(Lead::not_stored);
        }
    }

    async fn finish(self) {
        let Some((batches, bytes)) = self.kept else { return };
        let stored_at = Utc::now();
        let Some(expires_at) = chrono::TimeDelta::from_std(self.meta.ttl).ok().and_then(|ttl| stored_at.checked_add_signed(ttl)) else {
            return;
        };
        let entry = Entry { batches, stored_at, expires_at, price_nanos: self.meta.price_nanos, text_hash: self.meta.text_hash, bytes };
        self.store.put(&self.key, Arc::new(entry)).await;
        self.meta.lead.into_iter().for_each(Lead::stored);
    }
}

/// Copies what a batch shows out of larger buffers that it would keep alive.
fn compact(batch: &RecordBatch) -> RecordBatch {
    let columns: Vec<ArrayRef> = batch.columns().iter().map(compact_array).collect();
    RecordBatch::try_new(batch.schema(), columns).unwrap_or_else(|_| batch.clone())
}

fn compact_array(array: &ArrayRef) -> ArrayRef {
    if let Some(strings) = array.as_any().downcast_ref::<StringViewArray>() {
        return Arc::new(strings.gc());
    }
    if let Some(bytes) = array.as_any().downcast_ref::<BinaryViewArray>() {
        return Arc::new(bytes.gc());
    }
    let shown = array.to_data().get_slice_memory_size().unwrap_or(usize::MAX);
    if array.get_array_memory_size() / 2 <= shown.saturating_add(1024) {
        return array.clone();
    }
    let rows = UInt64Array::from_iter_values(0..u64::try_from(array.len()).unwrap_or(0));
    arrow::compute::take(array, &rows, None).unwrap_or_else(|_| array.clone())
}
