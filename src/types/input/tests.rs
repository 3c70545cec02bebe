//! Text to values; every expected value was printed by PostgreSQL 15 (TimeZone America/New_York).

use super::*;
use crate::types::output;
use crate::types::zone::Tz;

fn read_back(text: &str, ty: Type) -> String {
    let zone = crate::types::zone::Tz::America__New_York;
    match parse(text, ty, -1, zone) {
        Ok(literal) => output::literal(&literal, ty, zone),
        Err(report) => format!("{} {}", report.sqlstate.0, report.message),
    }
}

fn check(ty: Type, cases: &[(&str, &str)]) {
    for (text, value) in cases {
        assert_eq!(read_back(text, ty), *value, "{ty} {text:?}");
    }
}

#[test]
fn dates() {
    let wrong = |text: &str| format!("22007 invalid input syntax for type date: \"{text}\"");
    check(
        Type::DATE,
        &[
            ("2026-03-01", "2026-03-01"),
            ("Mar 1 2026", "2026-03-01"),
            ("1 March 2026", "2026-03-01"),
            ("01-Mar-2026", "2026-03-01"),
            ("3/1/2026", "2026-03-01"),
            ("03/01/26", "2026-03-01"),
            ("20260301", "2026-03-01"),
            ("2026.03.01", "2026-03-01"),
            ("2023-366", "2024-01-01"),
            ("1999.008", "1999-01-08"),
            ("1 jan 70", "1970-01-01"),
            (" 2026-03-01 10:00 ", "2026-03-01"),
            ("epoch", "1970-01-01"),
            ("2026-02-30", "22008 date/time field value out of range: \"2026-02-30\""),
            ("13/01/2026", "22008 date/time field value out of range: \"13/01/2026\""),
            ("abc", &wrong("abc")),
            ("", &wrong("")),
            ("2026-03", &wrong("2026-03")),
            ("2026-03-01--", &wrong("2026-03-01--")),
            ("10:00:00 2026-03-01", &wrong("10:00:00 2026-03-01")),
        ],
    );
    assert_eq!(parse("tomorrow", Type::DATE, -1, Tz::UTC).unwrap_err().sqlstate, SqlState::FEATURE_NOT_SUPPORTED);
}

#[test]
fn dates_in_each_order() {
    let read = |text: &str, order| match parse(text, Type::DATE, -1, Reads { zone: Tz::UTC, order }) {
        Ok(literal) => output::literal(&literal, Type::DATE, Tz::UTC),
        Err(report) => report.sqlstate.0.to_owned(),
    };
    for (text, mdy, dmy, ymd) in [
        ("01/02/2024", "2024-01-02", "2024-02-01", "22008"),
        ("13/02/2024", "22008", "2024-02-13", "22008"),
        ("01/02/03", "2003-01-02", "2003-02-01", "2001-02-03"),
        ("31.12.1999", "22008", "1999-12-31", "22008"),
        ("99-12-31", "22008", "22008", "1999-12-31"),
        ("01-Feb-03", "2003-02-01", "2003-02-01", "2001-02-03"),
        ("1 Feb 03", "2003-02-01", "2003-02-01", "2001-02-03"),
        ("Feb 1 03", "2003-02-01", "2003-02-01", "2001-02-03"),
        ("01-Feb-2003", "2003-02-01", "2003-02-01", "2003-02-01"),
        ("2024-02-03", "2024-02-03", "2024-02-03", "2024-02-03"),
        ("20240203", "2024-02-03", "2024-02-03", "2024-02-03"),
    ] {
        let found = [Order::Mdy, Order::Dmy, Order::Ymd].map(|order| read(text, order));
        assert_eq!(found, [mdy, dmy, ymd], "{text}");
    }
    assert_eq!(Order::of("SQL, DMY"), Order::Dmy);
}

#[test]
fn times_and_timestamps() {
    check(
        Type::TIMESTAMP,
        &[
            ("2026-03-01T10:00:00.123456789", "2026-03-01 10:00:00.123457"),
            ("2026-03-01 24:00:00", "2026-03-02 00:00:00"),
            ("2026-03-01 10:00:00 PM", "2026-03-01 22:00:00"),
            ("20260301T101112", "2026-03-01 10:11:12"),
            ("2026-03-01 10:00:00+02", "2026-03-01 10:00:00"),
            ("2026-03-01 25:00", "22008 date/time field value out of range: \"2026-03-01 25:00\""),
            ("10:00", "22007 invalid input syntax for type timestamp: \"10:00\""),
        ],
    );
    check(
        Type::TIMESTAMPTZ,
        &[
            ("2026-03-01 10:00:00", "2026-03-01 10:00:00-05"),
            ("2026-03-01T10:00:00Z", "2026-03-01 05:00:00-05"),
            ("2026-03-01 10:00:00+05:30", "2026-02-28 23:30:00-05"),
            ("2026-07-01 10:00:00 europe/berlin", "2026-07-01 04:00:00-04"),
            ("2026-03-01 10:00:00 PST", "2026-03-01 13:00:00-05"),
            // MSK follows Moscow: three hours, four from 2011 to 2014, three again.
            ("2011-03-27 02:00:00 MSK", "2011-03-26 18:00:00-04"),
            ("2013-03-27 02:00:00 MSK", "2013-03-26 18:00:00-04"),
            ("2014-10-26 00:59:59 MSK", "2014-10-25 16:59:59-04"),
            ("2020-07-01 02:00:00 msk", "2020-06-30 19:00:00-04"),
            ("2020-07-01 02:00:00 NOVT", "2020-06-30 15:00:00-04"),
            // The gap in March counts as winter time, the hour that comes twice in November too.
            ("2026-03-08 02:30:00", "2026-03-08 03:30:00-04"),
            ("2026-11-01 01:30:00", "2026-11-01 01:30:00-05"),
            ("2026-03-01 10:00:00 Foo/Bar", "22023 time zone \"foo/bar\" not recognized"),
            ("2026-03-01 10:00:00+16", "22009 time zone displacement out of range: \"2026-03-01 10:00:00+16\""),
        ],
    );
    check(Type::TIME, &[("10:00 PM", "22:00:00"), ("101112", "10:11:12"), ("allballs", "00:00:00"), ("2026-03-01 10:00", "10:00:00")]);
    check(Type::TIMETZ, &[("04:05:06-08", "04:05:06-08"), ("04:05:06.50+05:30", "04:05:06.5+05:30")]);
}

#[test]
fn intervals() {
    check(
        Type::INTERVAL,
        &[
            ("1 day 2:03", "1 day 02:03:00"),
            ("-1 day +2:03", "-1 days +02:03:00"),
            ("1-2", "1 year 2 mons"),
            ("1-2 3 4:05:06", "1 year 2 mons 3 days 04:05:06"),
            ("P1Y2M3DT4H5M6S", "1 year 2 mons 3 days 04:05:06"),
            ("P0001-02-03T04:05:06", "1 year 2 mons 3 days 04:05:06"),
            ("P00021015T103020", "2 years 10 mons 15 days 10:30:20"),
            ("P0002", "2 years"),
            ("P0002-10T1S", "2 years 10 mons 00:00:01"),
            ("PT10", "10:00:00"),
            ("PT10:30", "10:30:00"),
            ("PT040506.789", "04:05:06.000001"),
            ("P10.5e4Y", "105000 years"),
            ("@ 1 day ago", "-1 days"),
            ("1.5 months", "1 mon 15 days"),
            ("1.1 month", "1 mon 3 days"),
            ("0.5 week", "3 days 12:00:00"),
            ("1h30m", "01:30:00"),
            ("100:00:00", "100:00:00"),
            ("2:03.5", "00:02:03.5"),
            ("10", "00:00:10"),
            ("2562047788:00:54.775807", "2562047788:00:54.775807"),
            ("2562047789:00:00", "22015 interval field value out of range: \"2562047789:00:00\""),
            ("1.0 s 5 ms", "00:00:01.005"),
            ("1.5 s 5 ms", "22007 invalid input syntax for type interval: \"1.5 s 5 ms\""),
            ("1:20:05 5 microseconds", "22007 invalid input syntax for type interval: \"1:20:05 5 microseconds\""),
            ("P.Y0M3DT4H5M6S", "22007 invalid input syntax for type interval: \"P.Y0M3DT4H5M6S\""),
            ("1 day 2 days", "22007 invalid input syntax for type interval: \"1 day 2 days\""),
            ("abc", "22007 invalid input syntax for type interval: \"abc\""),
        ],
    );
    let cut = |text: &str, fields: &str, precision| {
        let typmod = interval::typmod(Some(fields), precision).unwrap();
        output::literal(&parse(text, Type::INTERVAL, typmod, Tz::UTC).unwrap(), Type::INTERVAL, Tz::UTC)
    };
    assert_eq!(cut("1", "YEAR", None), "1 year");
    assert_eq!(cut("1 year 2 months 3 days", "YEAR TO MONTH", None), "1 year 2 mons");
    assert_eq!(cut("2:03", "MINUTE TO SECOND", None), "00:02:03");
    assert_eq!(cut("1.2345678", "SECOND", Some(2)), "00:00:01.23");
}

#[test]
fn arrays() {
    let malformed = |text: &str| format!("22P02 malformed array literal: \"{text}\"");
    check(
        Type::TEXT_ARRAY,
        &[
            ("{}", "{}"),
            (r#"{a,b c,"d,e"}"#, r#"{a,"b c","d,e"}"#),
            (r#"{"NULL",null,Null}"#, r#"{"NULL",NULL,NULL}"#),
            (r#"{"a\"b","c\\d"}"#, r#"{"a\"b","c\\d"}"#),
            (r#"{""}"#, r#"{""}"#),
            ("{1,2", &malformed("{1,2")),
            ("1,2", &malformed("1,2")),
            ("{1,,2}", &malformed("{1,,2}")),
            ("{1,}", &malformed("{1,}")),
        ],
    );
    check(Type::INT4_ARRAY, &[("{ 1 , NULL }", "{1,NULL}"), ("{a}", "22P02 invalid input syntax for type integer: \"a\"")]);
    assert_eq!(parse("{{1},{2}}", Type::INT4_ARRAY, -1, Tz::UTC).unwrap_err().sqlstate, SqlState::FEATURE_NOT_SUPPORTED);
}

#[test]
fn other_types() {
    check(Type::UUID, &[("{a0eebc99-9c0b4ef8-bb6d-6bb9bd380a11}", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")]);
    check(Type::UUID, &[("a0eebc99", "22P02 invalid input syntax for type uuid: \"a0eebc99\"")]);
    check(
        Type::BYTEA,
        &[(r"\xDEAD beef", r"\xdeadbeef"), (r"a\\b\001", r"\x615c6201"), (r"\x1", "22023 invalid hexadecimal data: odd number of digits")],
    );
    check(Type::JSONB, &[(r#"{"b":1,"a":2}"#, r#"{"a": 2, "b": 1}"#)]);
    check(Type::JSON, &[(r#"{"b":1, "a":2}"#, r#"{"b":1, "a":2}"#)]);
    check(Type::BOOL, &[("yes", "t"), ("of", "f"), ("2", "22P02 invalid input syntax for type boolean: \"2\"")]);
    assert_eq!(parse("abcdef", Type::VARCHAR, 7, Tz::UTC).unwrap_err().message, "value too long for type character varying(3)");
    assert_eq!(parse("ab", Type::BPCHAR, 8, Tz::UTC), Ok(Literal::Text("ab  ".into())));
}
