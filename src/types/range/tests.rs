use super::*;
use crate::types::zone::Tz;

fn range(text: &str, ty: Type) -> Vec<u8> {
    read(text, ty, Tz::UTC).expect(text)
}

fn text(bytes: &[u8], ty: Type) -> String {
    String::from_utf8(shown(bytes, ty, Tz::UTC)).expect("text")
}

#[test]
fn ranges_are_shown_as_range_out_shows_them() {
    for (ty, given, shows) in [
        (Type::INT4RANGE, " [ 1 ,2] ", "[1,3)"),
        (Type::INT4RANGE, "(1,2)", "empty"),
        (Type::INT4RANGE, "[,]", "(,)"),
        (Type::INT4RANGE, "Empty ", "empty"),
        (Type::INT8RANGE, "(-5,9223372036854775807)", "[-4,9223372036854775807)"),
        (Type::NUMRANGE, "(-1.50,2.00]", "(-1.50,2.00]"),
        (Type::NUMRANGE, "[0.000,1e3)", "[0.000,1000)"),
        (Type::NUMRANGE, "[-0.0012,0.00120]", "[-0.0012,0.00120]"),
        (Type::NUMRANGE, "[120,1200.5]", "[120,1200.5]"),
        (Type::DATERANGE, r#"["2024-01-01",2024-02-29]"#, "[2024-01-01,2024-03-01)"),
        (Type::DATERANGE, "[2024-01-01,infinity]", "[2024-01-01,infinity]"),
        (Type::DATERANGE, "(-infinity,2024-01-01)", "(-infinity,2024-01-01)"),
        (Type::TSRANGE, "[2024-01-01 10:00, )", r#"["2024-01-01 10:00:00",)"#),
        (Type::TSTZRANGE, "(,2024-01-01 10:00+02]", r#"(,"2024-01-01 08:00:00+00"]"#),
    ] {
        if ty == Type::TSRANGE {
            // A blank is no infinite bound.
            assert_eq!(read(given, ty, Tz::UTC).unwrap_err().sqlstate.0, "22007", "{given}");
            continue;
        }
        assert_eq!(text(&range(given, ty), ty), shows, "{given}");
    }
}

#[test]
fn what_is_no_range_is_refused_in_postgres_words() {
    let said = |text: &str, ty| {
        let report = read(text, ty, Tz::UTC).unwrap_err();
        format!("{} {} {}", report.sqlstate.0, report.message, report.detail.unwrap_or_default())
    };
    assert_eq!(said("[1,2", Type::INT4RANGE), "22P02 malformed range literal: \"[1,2\" Unexpected end of input.");
    assert_eq!(said("1,2)", Type::INT4RANGE), "22P02 malformed range literal: \"1,2)\" Missing left parenthesis or bracket.");
    assert_eq!(said("[1)", Type::INT4RANGE), "22P02 malformed range literal: \"[1)\" Missing comma after lower bound.");
    assert_eq!(said("[1,2,3)", Type::INT4RANGE), "22P02 malformed range literal: \"[1,2,3)\" Too many commas.");
    assert_eq!(said("[1,2)x", Type::INT4RANGE), "22P02 malformed range literal: \"[1,2)x\" Junk after right parenthesis or bracket.");
    assert_eq!(said("emptyx", Type::INT4RANGE), "22P02 malformed range literal: \"emptyx\" Junk after \"empty\" key word.");
    assert_eq!(said("[a,2)", Type::INT4RANGE), "22P02 invalid input syntax for type integer: \"a\" ");
    assert_eq!(said("[2,1)", Type::NUMRANGE), "22000 range lower bound must be less than or equal to range upper bound ");
    assert_eq!(said("[1,2147483647]", Type::INT4RANGE), "22003 integer out of range ");
}

#[test]
fn bytes_sort_as_ranges_do() {
    let sorted = [
        "empty",
        "(,-10.5)",
        "(,-10.5]",
        "(,0)",
        "(,)",
        "[-10.5,-2]",
        "(-10.5,-2)",
        "[-2,1]",
        "[0,0.001)",
        "[0,1)",
        "[0,1]",
        "[0,)",
        "(0,1)",
        "[12,100)",
        "[123,)",
    ];
    for pair in sorted.windows(2) {
        let (a, b) = (range(pair[0], Type::NUMRANGE), range(pair[1], Type::NUMRANGE));
        assert!(key(&a) < key(&b), "{} < {}", pair[0], pair[1]);
    }
    assert_eq!(key(&range("[1.0,2)", Type::NUMRANGE)), key(&range("[1,2.00)", Type::NUMRANGE)));
}

#[test]
fn differences_end_where_the_other_begins() {
    let ty = Type::NUMRANGE;
    let minus = |a, b| minus(&range(a, ty), &range(b, ty), ty).map(|bytes| text(&bytes, ty));
    assert_eq!(minus("[1,10)", "[5.0,20)").unwrap(), "[1,5.0)");
    assert_eq!(minus("[1,10)", "(5,20)").unwrap(), "[1,5]");
    assert_eq!(minus("[1,10)", "[0,5.00]").unwrap(), "(5.00,10)");
    assert_eq!(minus("[1,10)", "[0,5)").unwrap(), "[5,10)");
    assert_eq!(minus("[1,10)", "[1,10]").unwrap(), "empty");
    assert_eq!(minus("[1,10)", "[10,20]").unwrap(), "[1,10)");
    assert_eq!(minus("[1,10)", "[2,3]").unwrap_err().message, "result of range difference would not be contiguous");
}

#[test]
fn the_wire_gets_and_gives_the_same() {
    for (ty, given) in
        [(Type::INT4RANGE, "[1,5)"), (Type::DATERANGE, "(,2024-01-01)"), (Type::NUMRANGE, "(-1.50,)"), (Type::INT8RANGE, "empty")]
    {
        let bytes = range(given, ty);
        let mut sent = Vec::new();
        to_wire(&mut sent, &bytes, ty).expect("a range");
        if ty == Type::INT4RANGE {
            assert_eq!(sent, [2, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 5]);
            let int = |bytes: &[u8], _| Ok(Literal::Int(i32::from_be_bytes(bytes.try_into().unwrap()).into()));
            assert_eq!(from_wire(&sent, ty, int).expect("a range"), bytes);
        }
        assert!(from_wire(&sent[..sent.len() - 1], ty, |_, _| Ok(Literal::Int(1))).is_err());
    }
}
