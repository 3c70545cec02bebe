//! An entry as bytes for Redis: header, key, Arrow IPC under zstd, checksum. What does not read back exactly is a miss.

use std::io::Cursor;

use arrow::ipc::CompressionType;
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::{IpcWriteOptions, StreamWriter};
use arrow::record_batch::RecordBatch;
use chrono::DateTime;

use super::Entry;
use super::key::{FORMAT_VERSION, Key};

const MAGIC: &[u8; 7] = b"sluice\n";
const CHECKSUM: usize = 32;

/// Writes an entry; `None` when Arrow cannot.
pub fn encode(entry: &Entry, key: &Key) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(key.text().len() + 1024);
    bytes.extend_from_slice(MAGIC);
    bytes.push(FORMAT_VERSION);
    for number in [
        u64::try_from(key.text().len()).ok()?,
        u64::try_from(entry.stored_at.timestamp_micros()).ok()?,
        u64::try_from(entry.expires_at.timestamp_micros()).ok()?,
        entry.price_nanos,
        entry.text_hash,
        entry.bytes,
    ] {
        bytes.extend_from_slice(&number.to_le_bytes());
    }
    bytes.extend_from_slice(key.text().as_bytes());
    if let Some(first) = entry.batches.first() {
        let options = IpcWriteOptions::default().try_with_compression(Some(CompressionType::ZSTD)).ok()?;
        let mut writer = StreamWriter::try_new_with_options(&mut bytes, &first.schema(), options).ok()?;
        for batch in &entry.batches {
            writer.write(batch).ok()?;
        }
        writer.finish().ok()?;
    }
    let checksum = blake3::hash(&bytes);
    bytes.extend_from_slice(checksum.as_bytes());
    Some(bytes)
}

/// Reads an entry of exactly this key; `None` for anything else.
pub fn decode(bytes: &[u8], key: &Key) -> Option<Entry> {
    let (body, checksum) = bytes.split_at_checked(bytes.len().checked_sub(CHECKSUM)?)?;
    if blake3::hash(body).as_bytes() != checksum {
        return None;
    }
    let mut rest = body.strip_prefix(MAGIC)?.strip_prefix(&[FORMAT_VERSION])?;
    let mut number = || {
        let (head, tail) = rest.split_first_chunk::<8>()?;
        rest = tail;
        Some(u64::from_le_bytes(*head))
    };
    let key_length = usize::try_from(number()?).ok()?;
    let mut time = || DateTime::from_timestamp_micros(i64::try_from(number()?).ok()?);
    let (stored_at, expires_at) = (time()?, time()?);
    let (price_nanos, text_hash, size) = (number()?, number()?, number()?);
    let (text, ipc) = rest.split_at_checked(key_length)?;
    if text != key.text().as_bytes() {
        return None;
    }
    let batches: Vec<RecordBatch> = match ipc {
        [] => Vec::new(),
        ipc => StreamReader::try_new(Cursor::new(ipc), None).ok()?.collect::<Result<_, _>>().ok()?,
    };
    Some(Entry { batches, stored_at, expires_at, price_nanos, text_hash, bytes: size })
}

#[cfg(test)]
mod tests {
    use super::super::key::Scope;
    use super::super::tests::{Parts, entry, key};
    use super::*;

    #[test]
    fn an_entry_reads_back_the_same() {
        let key = key(Scope::Global, &Parts::default());
        let entry = entry(&["a", "b", "ü"]);
        let bytes = encode(&entry, &key).expect("encodes");
        assert_eq!(decode(&bytes, &key), Some(entry));
    }

    #[test]
    fn an_answer_without_batches_reads_back_too() {
        let key = key(Scope::Global, &Parts::default());
        let none = Entry { batches: Vec::new(), ..entry(&[]) };
        assert_eq!(decode(&encode(&none, &key).expect("encodes"), &key), Some(none));
    }

    #[test]
    fn every_changed_byte_and_every_cut_is_a_miss() {
        let key = key(Scope::Global, &Parts::default());
        let bytes = encode(&entry(&["a"]), &key).expect("encodes");
        for i in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[i] ^= 1;
            assert_eq!(decode(&changed, &key), None, "byte {i}");
            assert_eq!(decode(&bytes[..i], &key), None, "cut at {i}");
        }
        assert_eq!(decode(b"", &key), None);
        assert_eq!(decode(b"foreign", &key), None);
    }

    #[test]
    fn the_answer_to_another_question_is_a_miss() {
        let mine = key(Scope::Global, &Parts::default());
        let other = key(Scope::Global, &Parts { canonical: "SELECT 2".into(), ..Parts::default() });
        assert_eq!(decode(&encode(&entry(&["a"]), &mine).expect("encodes"), &other), None);
    }
}
