use arrow::array::{Array, AsArray};
use arrow::datatypes::{Decimal128Type, Decimal256Type, Float64Type, Int64Type, IntervalMonthDayNano, TimestampMicrosecondType};
use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::*;

/// Decodes one column and prints its values as Arrow does.
fn shown(field: &str, ty: Type, cells: &str) -> Vec<String> {
    let array = column(field, ty, cells).unwrap();
    let options = FormatOptions::default().with_null("NULL");
    let formatter = ArrayFormatter::try_new(&array, &options).unwrap();
    (0..array.len()).map(|i| formatter.value(i).to_string()).collect()
}

fn column(field: &str, ty: Type, cells: &str) -> Result<ArrayRef> {
    let field: TableField = serde_json::from_str(field).unwrap();
    let cells: Vec<serde_json::Value> = serde_json::from_str(cells).unwrap();
    let rows: Vec<serde_json::Value> = cells.into_iter().map(|cell| serde_json::json!({"f": [{"v": cell}]})).collect();
    let rows: Vec<Row> = serde_json::from_value(rows.into()).unwrap();
    batch(&rows, &[field], &[OutputColumn::new("a", ty)]).map(|batch| batch.column(0).clone())
}

fn plain(kind: &str) -> String {
    format!(r#"{{"name": "a", "type": "{kind}"}}"#)
}

#[test]
fn numbers() {
    let array = column(&plain("INTEGER"), Type::INT4, r#"["1", null, "-9223372036854775808"]"#).unwrap();
    let array = array.as_primitive::<Int64Type>();
    assert!(array.is_null(1));
    assert_eq!((array.value(0), array.value(2)), (1, i64::MIN));
    let array = column(&plain("FLOAT"), Type::FLOAT8, r#"["1.5E10", "NaN", "-Infinity"]"#).unwrap();
    let array = array.as_primitive::<Float64Type>();
    assert!(array.value(0) == 1.5e10 && array.value(1).is_nan() && array.value(2) == f64::NEG_INFINITY);
    let array = column(&plain("NUMERIC"), Type::NUMERIC, r#"["-1.5", "99999999999999999999999999999.999999999"]"#).unwrap();
    assert_eq!(array.as_primitive::<Decimal128Type>().value(0), -1_500_000_000);
    assert_eq!(array.as_primitive::<Decimal128Type>().value_as_string(1), "99999999999999999999999999999.999999999");
    let biggest = "578960446186580977117854925043439539266.34992332820282019728792003956564819967";
    let array =
        column(&plain("BIGNUMERIC"), Type::NUMERIC, &format!(r#"["{biggest}", "-0.00000000000000000000000000000000000001"]"#)).unwrap();
    assert_eq!(array.as_primitive::<Decimal256Type>().value(0), i256::MAX);
    assert_eq!(array.as_primitive::<Decimal256Type>().value(1), i256::from(-1));
}

#[test]
fn dates_and_times() {
    let array = column(&plain("TIMESTAMP"), Type::TIMESTAMPTZ, r#"["253402300799999999", "-62135596800000000", "1.5E9"]"#).unwrap();
    let values = array.as_primitive::<TimestampMicrosecondType>().values().to_vec();
    assert_eq!(values, [253_402_300_799_999_999, -62_135_596_800_000_000, 1_500_000_000_000_000]);
    assert_eq!(
        shown(&plain("DATETIME"), Type::TIMESTAMP, r#"["0001-01-01T00:00:00", "2024-02-29T12:34:56.000001"]"#),
        ["0001-01-01T00:00:00", "2024-02-29T12:34:56.000001"]
    );
    assert_eq!(shown(&plain("DATE"), Type::DATE, r#"["0001-01-01", null, "9999-12-31"]"#), ["0001-01-01", "NULL", "9999-12-31"]);
    assert_eq!(shown(&plain("TIME"), Type::TIME, r#"["23:59:59.999999"]"#), ["23:59:59.999999"]);
    assert_eq!(interval("-1-2 3 -4:5:6.5"), Some(IntervalMonthDayNano::new(-14, 3, -14_706_500_000_000)));
    assert_eq!(interval("0-0 0 87840000:0:0"), None);
}

#[test]
fn text_json_and_bytes() {
    assert_eq!(shown(&plain("JSON"), Type::JSONB, r#"["{\"bb\":1,\"a\":[1,2]}", null]"#), [r#"{"a": [1, 2], "bb": 1}"#, "NULL"]);
    assert_eq!(shown(&plain("STRING"), Type::TEXT, r#"["é\n", ""]"#), ["é\n", ""]);
    let array = column(&plain("BYTES"), Type::BYTEA, r#"["//4="]"#).unwrap();
    assert_eq!(array.as_binary::<i32>().value(0), [0xff, 0xfe]);
    assert_eq!(shown(&plain("STRING"), Type::UUID, r#"["00112233-4455-6677-8899-aabbccddeeff"]"#), ["00112233445566778899aabbccddeeff"]);
}

#[test]
fn arrays_structs_and_ranges() {
    let tags = r#"{"name": "a", "type": "STRING", "mode": "REPEATED"}"#;
    assert_eq!(shown(tags, Type::TEXT_ARRAY, r#"[[{"v": "x"}, {"v": "y"}], []]"#), ["[x, y]", "[]"]);
    let items = r#"{"name": "a", "type": "RECORD", "mode": "REPEATED", "fields": [{"name": "n", "type": "INTEGER"}, {"name": "t", "type": "STRING"}]}"#;
    let cells = r#"[[{"v": {"f": [{"v": "1"}, {"v": "one"}]}}, {"v": {"f": [{"v": null}, {"v": "2"}]}}]]"#;
    assert_eq!(shown(items, Type::JSONB, cells), [r#"[{"n": 1, "t": "one"}, {"n": null, "t": "2"}]"#]);
    let span = |text: &str, ty| {
        let bytes = range(text, ty).expect("a range");
        String::from_utf8(crate::types::range::shown(&bytes, ty, crate::types::zone::Tz::Europe__Berlin)).expect("text")
    };
    assert_eq!(span("[2024-01-01, 2024-12-31)", Type::DATERANGE), "[2024-01-01,2024-12-31)");
    assert_eq!(span("[UNBOUNDED, 2024-12-31)", Type::DATERANGE), "(,2024-12-31)");
    assert_eq!(span("[2024-01-01T00:00:00, UNBOUNDED)", Type::TSRANGE), r#"["2024-01-01 00:00:00",)"#);
    assert_eq!(span("[1704067200000000, UNBOUNDED)", Type::TSTZRANGE), r#"["2024-01-01 01:00:00+01",)"#);
}

#[test]
fn wrong_answers_are_refused() {
    assert_eq!(column(&plain("STRING"), Type::INT8, r#"["x"]"#).unwrap_err().sqlstate.0, "22003");
    assert_eq!(batch(&[], &[], &[OutputColumn::new("a", Type::INT8)]).unwrap_err().sqlstate.0, "XX000");
}

#[test]
fn arrays_that_may_hold_null_come_as_json() {
    let json = |ty, cells: &str| shown(&plain("JSON"), ty, cells);
    assert_eq!(
        json(Type::INT8_ARRAY, r#"["[1, null, -9223372036854775808]", "null", "[]", null]"#),
        ["[1, NULL, -9223372036854775808]", "NULL", "[]", "NULL"]
    );
    assert_eq!(json(Type::TEXT_ARRAY, r#"["[\"a\", null, \"null\"]"]"#), ["[a, NULL, null]"]);
    assert_eq!(json(Type::FLOAT8_ARRAY, r#"["[\"1.5\", \"NaN\", \"-inf\", null, 2]"]"#), ["[1.5, NaN, -inf, NULL, 2.0]"]);
    assert_eq!(json(Type::BOOL_ARRAY, r#"["[true, null, false]"]"#), ["[true, NULL, false]"]);
    assert_eq!(json(Type::BYTEA_ARRAY, r#"["[\"//4=\", null]"]"#), ["[fffe, NULL]"]);
    assert_eq!(json(Type::TIMESTAMP_ARRAY, r#"["[\"2024-02-29T12:34:56.5\"]"]"#), ["[2024-02-29T12:34:56.500]"]);
    assert_eq!(json(Type::TIMESTAMPTZ_ARRAY, r#"["[1500000000000000]"]"#), ["[2017-07-14T02:40:00Z]"]);
    assert_eq!(
        json(Type::JSONB_ARRAY, r#"["[\"{\\\"b\\\":1,\\\"a\\\":null}\", null, \"null\"]"]"#),
        [r#"[{"a": null, "b": 1}, NULL, null]"#]
    );
    assert_eq!(json(Type(3913), r#"["[\"[2024-01-01, UNBOUNDED)\", null]"]"#), ["[010180004d0b0102, NULL]"]);
    // Digits that differ from element to element, and what is left to compute.
    let array = column(&plain("JSON"), Type::NUMERIC_ARRAY, r#"["[\"1.50\", null, \"1.0 3 /\"]"]"#).unwrap();
    let values = array.as_list::<i32>().value(0);
    let values = values.as_binary::<i64>();
    assert!(values.is_null(1) && values.value(0) == b"1.50" && values.value(2) == b"0.33333333333333333333");
    let two = OutputColumn { scale: NumericScale::Fixed(2), ..OutputColumn::new("a", Type::NUMERIC_ARRAY) };
    let field: TableField = serde_json::from_str(&plain("JSON")).unwrap();
    let row: Row = serde_json::from_value(serde_json::json!({"f": [{"v": "[\"1.5\", null]"}]})).unwrap();
    let list = batch(&[row], &[field], &[two]).unwrap().column(0).as_list::<i32>().value(0);
    assert!(list.as_primitive::<Decimal256Type>().value_as_string(0).starts_with("1.500"));
    for wrong in [r#"["{}"]"#, r#"["[[1]]"]"#, r#"["7"]"#, r#"["[1"]"#] {
        assert_eq!(column(&plain("JSON"), Type::INT8_ARRAY, wrong).unwrap_err().sqlstate.0, "XX000", "{wrong}");
    }
}

#[test]
fn numbers_and_moments_in_every_spelling() {
    let numeric = |text: &str| scalars::digits(text, 9);
    assert_eq!(numeric("1.5e3").as_deref(), Some("1500000000000"));
    assert_eq!(numeric("-0.0000000010000").as_deref(), Some("-1"));
    assert_eq!(numeric("1E-9").as_deref(), Some("1"));
    assert_eq!(numeric("0e5").as_deref(), Some("0"));
    assert_eq!(numeric("0.00"), Some("0".into()));
    for wrong in ["1e-10", "", "-", ".", "1e", "NaN", "1e9999999999", "1.2.3", "１"] {
        assert_eq!(numeric(wrong), None, "{wrong}");
    }
    let micros = 253_402_300_799_999_999;
    for text in [
        "253402300799999999",
        "253402300799.999999",
        "2.53402300799999999E11",
        "9999-12-31 23:59:59.999999 UTC",
        "9999-12-31T23:59:59.999999Z",
    ] {
        assert_eq!(scalars::timestamp(text), Some(micros), "{text}");
    }
    assert_eq!(scalars::timestamp("1.6e9"), Some(1_600_000_000_000_000));
    assert_eq!(scalars::timestamp("yesterday"), None);
    assert_eq!(shown(&plain("int64"), Type::INT8, r#"[7, "8", {"v": 9}]"#), ["7", "8", "9"]);
    let items = r#"{"name": "a", "type": "struct", "mode": "repeated", "fields": [{"name": "n", "type": "INT64"}]}"#;
    assert_eq!(shown(items, Type::JSONB, r#"[[{"f": [{"v": 1}]}], null]"#), [r#"[{"n": 1}]"#, "NULL"]);
    assert_eq!(shown(r#"{"type": "string", "mode": "REPEATED"}"#, Type::TEXT_ARRAY, r#"[["x", null], []]"#), ["[x, NULL]", "[]"]);
}
