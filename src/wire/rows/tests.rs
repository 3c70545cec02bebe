use super::*;
use crate::types::zone::Tz;
use crate::types::{NumericScale, Type};
use arrow::array::{
    Array, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int32Array, Int64Array, ListArray, StringArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::{Field, Int32Type, Schema};

fn encode(columns: Vec<(OutputColumn, ArrayRef)>, format: Format) -> Result<Vec<Vec<Option<Vec<u8>>>>> {
    let fields: Vec<Field> = columns.iter().map(|(column, array)| Field::new(&column.name, array.data_type().clone(), true)).collect();
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.iter().map(|(_, array)| Arc::clone(array)).collect()).unwrap();
    let described: Arc<[OutputColumn]> = columns.into_iter().map(|(column, _)| column).collect();
    let formats = vec![format; described.len()];
    let mut encoder = RowEncoder::new(described, formats, Style::plain(Tz::Europe__Berlin));
    let mut out = BytesMut::new();
    assert_eq!(encoder.encode(&batch, 0, batch.num_rows(), &mut out)?, batch.num_rows());
    Ok(rows(&out))
}

fn rows(mut bytes: &[u8]) -> Vec<Vec<Option<Vec<u8>>>> {
    use bytes::Buf;
    let mut rows = Vec::new();
    while bytes.has_remaining() {
        assert_eq!(bytes.get_u8(), b'D');
        let length = usize::try_from(bytes.get_i32()).unwrap() - 4;
        let mut body = &bytes[..length];
        bytes.advance(length);
        let count = body.get_i16();
        let row = (0..count)
            .map(|_| {
                let length = usize::try_from(body.get_i32()).ok()?;
                let value = body[..length].to_vec();
                body.advance(length);
                Some(value)
            })
            .collect();
        assert!(body.is_empty());
        rows.push(row);
    }
    rows
}

fn column(ty: Type) -> OutputColumn {
    OutputColumn::new("c", ty)
}

fn texts(ty: Type, array: impl Array + 'static) -> Vec<String> {
    let rows = encode(vec![(column(ty), Arc::new(array))], Format::Text).unwrap();
    rows.into_iter().map(|row| row[0].clone().map_or("<null>".into(), |bytes| String::from_utf8(bytes).unwrap())).collect()
}

fn hex(ty: Type, array: impl Array + 'static) -> Vec<String> {
    let rows = encode(vec![(column(ty), Arc::new(array))], Format::Binary).unwrap();
    let digits = |bytes: Vec<u8>| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    rows.into_iter().map(|mut row| row[0].take().map_or("<null>".into(), digits)).collect()
}

#[test]
fn text_of_the_common_types() {
    assert_eq!(texts(Type::INT8, Int64Array::from(vec![Some(-1), None])), ["-1", "<null>"]);
    assert_eq!(texts(Type::BOOL, BooleanArray::from(vec![true, false])), ["t", "f"]);
    assert_eq!(texts(Type::DATE, Date32Array::from(vec![0])), ["1970-01-01"]);
    assert_eq!(texts(Type::TIMESTAMPTZ, TimestampMicrosecondArray::from(vec![0]).with_timezone("UTC")), ["1970-01-01 01:00:00+01"]);
    assert_eq!(texts(Type::FLOAT8, Float64Array::from(vec![0.1, 1e300])), ["0.1", "1e+300"]);
}

#[test]
fn numerics_follow_the_columns_scale() {
    let array: ArrayRef = Arc::new(Decimal128Array::from(vec![12_345]).with_precision_and_scale(20, 4).unwrap());
    let of = |scale| {
        let column = OutputColumn { scale, ..column(Type::NUMERIC) };
        String::from_utf8(encode(vec![(column, Arc::clone(&array))], Format::Text).unwrap()[0][0].clone().unwrap()).unwrap()
    };
    assert_eq!(of(NumericScale::Fixed(4)), "1.2345");
    assert_eq!(of(NumericScale::Fixed(6)), "1.234500");
    assert_eq!(of(NumericScale::Quotient), "1.2345000000000000");
}

#[test]
fn an_int4_that_came_wider_is_checked() {
    assert_eq!(texts(Type::INT4, Int64Array::from(vec![7])), ["7"]);
    assert_eq!(hex(Type::INT4, Int64Array::from(vec![7])), ["00000007"]);
    let error = encode(vec![(column(Type::INT4), Arc::new(Int64Array::from(vec![1i64 << 40])))], Format::Text).unwrap_err();
    assert_eq!((error.sqlstate, error.message.as_str()), (SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "integer out of range"));
}

#[test]
fn a_wrong_arrow_type_is_an_error_and_no_panic() {
    let error = encode(vec![(column(Type::DATE), Arc::new(Int64Array::from(vec![7])))], Format::Text).unwrap_err();
    assert_eq!(error.message, "column \"c\" of type date came as Arrow Int64");
    let error = encode(vec![(column(Type(790)), Arc::new(StringArray::from(vec!["$1.00"])))], Format::Binary).unwrap_err();
    assert_eq!(error.sqlstate, SqlState::FEATURE_NOT_SUPPORTED);
}

#[test]
fn arrays() {
    let lists = || ListArray::from_iter_primitive::<Int32Type, _, _>(vec![Some(vec![Some(1), None]), Some(vec![]), None]);
    assert_eq!(texts(Type::INT4_ARRAY, lists()), ["{1,NULL}", "{}", "<null>"]);
    assert_eq!(
        texts(Type::INT2VECTOR, ListArray::from_iter_primitive::<arrow::datatypes::Int16Type, _, _>(vec![Some(vec![Some(1), Some(2)])])),
        ["1 2"]
    );
    assert_eq!(
        hex(Type::INT4_ARRAY, lists()),
        ["00000001000000010000001700000002000000010000000400000001ffffffff", "000000000000000000000017", "<null>"]
    );
    let mut builder = arrow::array::ListBuilder::new(arrow::array::TimestampMicrosecondBuilder::new());
    builder.append_value([Some(0), Some(1_000_000)]);
    assert_eq!(texts(Type::TIMESTAMP_ARRAY, builder.finish()), [r#"{"1970-01-01 00:00:00","1970-01-01 00:00:01"}"#]);
}

#[test]
fn binary_of_the_common_types() {
    assert_eq!(hex(Type::DATE, Date32Array::from(vec![10_957, 0])), ["00000000", "ffffd533"]);
    assert_eq!(hex(Type::TIMESTAMP, TimestampMicrosecondArray::from(vec![946_684_800_000_000])), ["0000000000000000"]);
    assert_eq!(hex(Type::JSONB, StringArray::from(vec!["{}"])), ["017b7d"]);
    assert_eq!(hex(Type::JSON, StringArray::from(vec!["{}"])), ["7b7d"]);
    assert_eq!(hex(Type::BOOL, BooleanArray::from(vec![true])), ["01"]);
}

#[test]
fn a_batch_is_encoded_in_chunks() {
    let batch = RecordBatch::try_from_iter([("n", Arc::new(Int32Array::from_iter_values(0..100_000)) as ArrayRef)]).unwrap();
    let mut encoder = RowEncoder::new([column(Type::INT4)].into(), vec![Format::Text], Style::plain(Tz::UTC));
    let (mut row, mut chunks, mut out) = (0, 0, BytesMut::new());
    while row < batch.num_rows() {
        row = encoder.encode(&batch, row, batch.num_rows(), &mut out).unwrap();
        assert!(out.len() < FLUSH_AT + CHUNK_BYTES);
        out.clear();
        chunks += 1;
    }
    assert!(chunks > 10);
}

// Straight to their place or encoded before, NULL or not: each value is in its row, over many chunks.
#[test]
fn columns_of_every_kind_keep_their_rows() {
    let many = 0..700i64;
    let ints: ArrayRef = Arc::new(many.clone().map(|n| (n % 3 != 0).then_some(n)).collect::<Int64Array>());
    let strings: ArrayRef =
        Arc::new(many.clone().map(|n| (n % 5 != 0).then(|| "x".repeat(usize::try_from(n % 90).unwrap()))).collect::<StringArray>());
    let lists: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(
        many.clone().map(|n| (n % 7 != 0).then(|| vec![i32::try_from(n).ok(), None])),
    ));
    let decimals: ArrayRef =
        Arc::new(many.clone().map(|n| Some(i128::from(n) * -1001)).collect::<Decimal128Array>().with_precision_and_scale(38, 3).unwrap());
    let numeric = OutputColumn { scale: NumericScale::Fixed(3), ..column(Type::NUMERIC) };
    let columns = vec![(column(Type::INT8), ints), (column(Type::TEXT), strings), (column(Type::INT4_ARRAY), lists), (numeric, decimals)];
    let text = |value: &Option<Vec<u8>>| value.as_ref().map(|bytes| String::from_utf8(bytes.clone()).unwrap());
    let mut buffer = BytesMut::new();
    let (described, arrays): (Vec<OutputColumn>, Vec<ArrayRef>) = columns.into_iter().unzip();
    let fields: Vec<Field> =
        described.iter().zip(&arrays).map(|(column, array)| Field::new(&column.name, array.data_type().clone(), true)).collect();
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap();
    for format in [Format::Text, Format::Binary] {
        let mut encoder = RowEncoder::new(described.clone().into(), vec![format; 4], Style::plain(Tz::UTC));
        let (mut row, mut found) = (3, Vec::new());
        while row < 700 {
            row = encoder.encode(&batch, row, 700, &mut buffer).unwrap();
            found.extend(rows(&buffer));
            buffer.clear();
        }
        assert_eq!(found.len(), 697);
        for (n, row) in (3..700i64).zip(found) {
            assert_eq!(row[0].is_none(), n % 3 == 0);
            assert_eq!(text(&row[1]), (n % 5 != 0).then(|| "x".repeat(usize::try_from(n % 90).unwrap())));
            assert_eq!(row[2].is_none(), n % 7 == 0);
            if format == Format::Text {
                assert_eq!(text(&row[0]).map_or(0, |value| value.parse().unwrap()), if n % 3 == 0 { 0 } else { n });
                assert_eq!(text(&row[2]), (n % 7 != 0).then(|| format!("{{{n},NULL}}")));
                assert_eq!(text(&row[3]).unwrap(), format!("-{}.{:03}", n * 1001 / 1000, n * 1001 % 1000));
            } else if n % 3 != 0 {
                assert_eq!(row[0], Some(n.to_be_bytes().to_vec()));
            }
        }
    }
}

#[test]
fn ranges() {
    let made = |text: &str, ty| crate::types::range::read(text, ty, Tz::UTC).expect(text);
    let array = |texts: &[&str], ty| arrow::array::BinaryArray::from_iter_values(texts.iter().map(|text| made(text, ty)));
    // The zone is the session's.
    let span = array(&["[2024-01-01 10:00+00,2024-07-01 10:00+00)", "empty"], Type::TSTZRANGE);
    assert_eq!(texts(Type::TSTZRANGE, span), [r#"["2024-01-01 11:00:00+01","2024-07-01 12:00:00+02")"#, "empty"]);
    let days = || array(&["(,2000-01-02)", "[2000-01-02,infinity)"], Type::DATERANGE);
    assert_eq!(texts(Type::DATERANGE, days()), ["(,2000-01-02)", "[2000-01-02,infinity)"]);
    assert_eq!(hex(Type::DATERANGE, days()), ["080000000400000001", "020000000400000001000000047fffffff"]);
}
