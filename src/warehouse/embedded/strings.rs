//! How long the strings of a Parquet column chunk can be at most, where its writer did not record their size.
//!
//! A price must not come out too low, and the size on the disk can be: a dictionary holds each string once, however many rows have it
//! (Parquet format, Encodings.md). The dictionary's page is read then; it is small.

use std::fs::File;
use std::sync::Arc;

use datafusion::parquet::basic::{Encoding, PageType, Type as PhysicalType};
use datafusion::parquet::column::page::{Page, PageReader};
use datafusion::parquet::errors::ParquetError;
use datafusion::parquet::file::metadata::ColumnChunkMetaData;
use datafusion::parquet::file::serialized_reader::SerializedPageReader;

/// Returns a number of bytes that the strings of a chunk with so many values do not exceed; `None` where nothing short of reading them
/// all tells (strings that share their beginnings with the one before).
pub(super) fn bound(chunk: &ColumnChunkMetaData, values: u64, source: &Arc<File>) -> Result<Option<u64>, ParquetError> {
    if let PhysicalType::FIXED_LEN_BYTE_ARRAY = chunk.column_type() {
        let width = u64::try_from(chunk.column_descr().type_length()).unwrap_or(0);
        return Ok(Some(values.saturating_mul(width)));
    }
    if chunk.encodings().any(|encoding| encoding == Encoding::DELTA_BYTE_ARRAY) {
        return Ok(None);
    }
    let whole = u64::try_from(chunk.uncompressed_size()).unwrap_or(0);
    if chunk.dictionary_page_offset().is_none() && !chunk.encodings().any(is_dictionary) {
        return Ok(Some(whole));
    }
    let rows = usize::try_from(chunk.num_values()).unwrap_or(usize::MAX);
    let Some(longest) = longest(&mut SerializedPageReader::new(source.clone(), chunk, rows, None)?)? else { return Ok(None) };
    let coded = values.saturating_mul(longest);
    // Writers go over to plain strings when a dictionary gets too large.
    Ok(Some(if is_all_coded(chunk) { coded } else { coded.saturating_add(whole) }))
}

/// Returns the length of the dictionary's longest string; `None` when the first page is no dictionary of plain strings.
fn longest(pages: &mut impl PageReader) -> Result<Option<u64>, ParquetError> {
    let Some(Page::DictionaryPage { buf, num_values, .. }) = pages.get_next_page()? else { return Ok(None) };
    let (mut rest, mut longest) = (&buf[..], 0);
    for _ in 0..num_values {
        // Plain: four bytes of length, little-endian, then the string.
        let Some((length, behind)) = rest.split_first_chunk::<4>() else { return Ok(None) };
        let length = u32::from_le_bytes(*length);
        longest = longest.max(u64::from(length));
        let Some(behind) = usize::try_from(length).ok().and_then(|length| behind.get(length..)) else { return Ok(None) };
        rest = behind;
    }
    Ok(Some(longest))
}

fn is_dictionary(encoding: Encoding) -> bool {
    #[allow(deprecated)] // what writers of format 1 say
    let old = encoding == Encoding::PLAIN_DICTIONARY;
    old || encoding == Encoding::RLE_DICTIONARY
}

/// Tells whether every data page is known to hold references into the dictionary.
fn is_all_coded(chunk: &ColumnChunkMetaData) -> bool {
    match (chunk.page_encoding_stats(), chunk.page_encoding_stats_mask()) {
        (Some(pages), _) => {
            pages.iter().filter(|page| page.page_type != PageType::DICTIONARY_PAGE).all(|page| is_dictionary(page.encoding))
        }
        (None, Some(mask)) => mask.encodings().all(is_dictionary),
        (None, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, RecordBatch, StringArray};
    use datafusion::parquet::arrow::ArrowWriter;
    use datafusion::parquet::file::metadata::{ColumnChunkMetaDataBuilder, ParquetMetaDataReader};
    use datafusion::parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};

    use super::*;

    /// Returns what the strings amount to, and the bound that is found without the writer's own record of it.
    fn judge(name: &str, strings: &[String], properties: WriterProperties) -> (u64, Option<u64>) {
        let path = std::env::temp_dir().join(format!("sluice-strings-{}-{name}.parquet", std::process::id()));
        let column: ArrayRef = Arc::new(StringArray::from_iter_values(strings));
        let batch = RecordBatch::try_from_iter([("s", column)]).unwrap();
        let mut writer = ArrowWriter::try_new(File::create(&path).unwrap(), batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        let source = Arc::new(File::open(&path).unwrap());
        let metadata = ParquetMetaDataReader::new().parse_and_finish(source.as_ref()).unwrap();
        let (mut truth, mut most) = (0, Some(0));
        for group in metadata.row_groups() {
            truth += u64::try_from(group.column(0).unencoded_byte_array_data_bytes().unwrap()).unwrap();
            let chunk =
                ColumnChunkMetaDataBuilder::from(group.column(0).clone()).set_unencoded_byte_array_data_bytes(None).build().unwrap();
            let values = u64::try_from(chunk.num_values()).unwrap();
            most = most.zip(bound(&chunk, values, &source).unwrap()).map(|(sum, more)| sum + more);
        }
        std::fs::remove_file(&path).unwrap();
        (truth, most)
    }

    #[test]
    fn no_way_of_writing_makes_strings_look_shorter() {
        let codes: Vec<String> = (0..20_000).map(|i| ["north america", "eu", "apac"][i % 3].to_owned()).collect();
        let long: Vec<String> = (0..3_000).map(|i| format!("{i}{}", "x".repeat(i % 900))).collect();
        let version = |version| WriterProperties::builder().set_writer_version(version).set_statistics_enabled(EnabledStatistics::Chunk);
        for (name, strings) in [("codes", &codes), ("long", &long)] {
            let each = [
                ("first", version(WriterVersion::PARQUET_1_0).build()),
                ("second", version(WriterVersion::PARQUET_2_0).build()),
                ("full", version(WriterVersion::PARQUET_1_0).set_dictionary_page_size_limit(1000).build()),
                ("plain", version(WriterVersion::PARQUET_1_0).set_dictionary_enabled(false).build()),
            ];
            for (kind, properties) in each {
                let (truth, most) = judge(&format!("{name}-{kind}"), strings, properties);
                assert!(most.is_none_or(|most| most >= truth), "{name}, {kind}: {most:?} for {truth}");
                assert!(most.is_some() || kind == "second", "{name}, {kind}");
            }
        }
        let (truth, most) = judge("tight", &codes, WriterProperties::builder().build());
        assert!(most.unwrap() <= truth * 3, "{most:?} for {truth}");
    }

    #[test]
    fn strings_that_share_their_beginnings_are_not_guessed() {
        let urls: Vec<String> = (0..5_000).map(|i| format!("https://shop.example/products/{i:05}")).collect();
        let properties = WriterProperties::builder().set_dictionary_enabled(false).set_encoding(Encoding::DELTA_BYTE_ARRAY).build();
        assert_eq!(judge("delta", &urls, properties).1, None);
    }
}
