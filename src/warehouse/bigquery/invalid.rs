//! What BigQuery has against a query (`invalidQuery`): by its words, for there is nothing else to go by.

use crate::error::{Report, SqlState};

/// Errors of values that PostgreSQL has words of its own for.
fn of_a_value(message: &str) -> Option<Report> {
    let after = |heads: &[&str]| {
        heads.iter().find_map(|head| {
            let start = message.get(..head.len()).filter(|start| start.eq_ignore_ascii_case(head))?;
            message.get(start.len()..)
        })
    };
    let quoted = |text: &str| {
        let text = text.trim();
        let inner = ['\'', '"'].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote));
        unescaped(inner.unwrap_or(text))
    };
    if after(&["illegal conversion of non-finite floating point number"]).is_some() {
        return Some(Report::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "integer out of range"));
    }
    if let Some(text) = after(&["invalid numeric value:", "invalid bignumeric value:"]) {
        let text = text.strip_prefix(' ').unwrap_or(text);
        if matches!(text.trim_start_matches('-').to_ascii_lowercase().as_str(), "nan" | "inf" | "infinity") {
            return Some(Report::new(SqlState::FEATURE_NOT_SUPPORTED, "a numeric that is NaN or infinite is not supported by BigQuery"));
        }
        return Some(Report::new(
            SqlState::INVALID_TEXT_REPRESENTATION,
            format!("invalid input syntax for type numeric: \"{}\"", unescaped(text)),
        ));
    }
    if after(&["invalid input to parse_json", "invalid json"]).is_some() {
        return Some(Report::new(SqlState::INVALID_TEXT_REPRESENTATION, "invalid input syntax for type json"));
    }
    let moments = [
        ("date", after(&["invalid date: "])),
        ("timestamp", after(&["invalid datetime string ", "invalid datetime: "])),
        ("timestamp with time zone", after(&["invalid timestamp: ", "invalid timestamp string "])),
        ("time", after(&["invalid time string ", "invalid time: "])),
    ];
    if let Some((ty, text)) = moments.into_iter().find_map(|(ty, text)| Some((ty, quoted(text?)))) {
        // Numbers in the right places that no calendar or clock has.
        let numbers = text.split([' ', 'T']).next().unwrap_or_default();
        let separator = if ty == "time" { ':' } else { '-' };
        let parts: Vec<&str> = numbers.split(separator).collect();
        let whole = ty != "time" && parts.len() == 1 && !text.is_empty();
        let in_form =
            (parts.len() >= 2 || whole) && parts.iter().all(|part| part.chars().all(|letter| letter.is_ascii_digit() || letter == '.'));
        return Some(match in_form && parts.iter().all(|part| !part.is_empty()) {
            true => Report::new(SqlState("22008"), format!("date/time field value out of range: \"{text}\"")),
            false => Report::new(SqlState::INVALID_DATETIME_FORMAT, format!("invalid input syntax for type {ty}: \"{text}\"")),
        });
    }
    if let Some(text) = after(&["input calculates to invalid date: ", "input calculates to invalid datetime: "]) {
        let day = text.split(' ').next().unwrap_or(text);
        return Some(Report::new(SqlState("22008"), format!("date field value out of range: {day}")));
    }
    if after(&["out-of-range datetime field"]).is_some() {
        return Some(Report::new(SqlState("22008"), "date/time field value out of range"));
    }
    if after(&["adding ", "subtracting "]).is_some() && message.contains("overflow") {
        let what = if message.contains(" to date ") || message.contains(" from date ") { "date" } else { "timestamp" };
        return Some(Report::new(SqlState("22008"), format!("{what} out of range")));
    }
    if after(&["invalid datetime [invalid]"]).is_some() {
        return Some(Report::new(SqlState("22008"), "timestamp out of range"));
    }
    if message.contains("but got a value that is not in range of") {
        let report = Report::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "numeric field overflow");
        return Some(match (number_after(message, "precision "), number_after(message, "scale ")) {
            (Some(precision), Some(scale)) => report.detail(format!(
                "A field with precision {precision}, scale {scale} must round to an absolute value less than {}.",
                if precision > scale { format!("10^{}", precision - scale) } else { "1".to_owned() }
            )),
            _ => report,
        });
    }
    // int4 and int2 are held to their range by a product that does not fit int8 otherwise (`googlesql::casts`).
    if let Some(product) = after(&["int64 overflow: "]) {
        let name = match product.rsplit_once(" * ").map(|(_, factor)| factor.trim()) {
            Some("4294967296") => "integer",
            Some("281474976710656") => "smallint",
            _ => "bigint",
        };
        return Some(Report::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, format!("{name} out of range")));
    }
    if after(&["output of lpad", "output of rpad", "output of repeat"]).is_some() {
        let report = Report::new(SqlState::PROGRAM_LIMIT_EXCEEDED, "requested length too large");
        return Some(report.detail("BigQuery makes texts of at most 1 MB."));
    }
    if let Some(words) = after(&["cannot parse regular expression: "]) {
        let known = [
            ("missing )", "parentheses () not balanced"),
            ("unexpected )", "parentheses () not balanced"),
            ("missing ]", "brackets [] not balanced"),
            ("no argument for repetition", "quantifier operand invalid"),
            ("bad repetition operator", "quantifier operand invalid"),
            ("invalid character class range", "invalid character range"),
            ("trailing \\", "invalid escape \\ sequence"),
            ("invalid escape sequence", "invalid escape \\ sequence"),
        ];
        return known
            .iter()
            .find(|(head, _)| words.starts_with(head))
            .map(|(_, why)| Report::new(SqlState::INVALID_REGULAR_EXPRESSION, format!("invalid regular expression: {why}")));
    }
    if message.contains("POW(") && message.contains("fractional power") {
        let words = "a negative number raised to a non-integer power yields a complex result";
        return Some(Report::new(SqlState("2201F"), words));
    }
    if message.contains("argument in SUBSTR() cannot be negative") || after(&["negative substring length"]).is_some() {
        return Some(Report::new(SqlState("22011"), "negative substring length not allowed"));
    }
    if let Some(point) = after(&["invalid codepoint "]) {
        return Some(match point.trim().starts_with('-') {
            true => Report::new(SqlState::INVALID_PARAMETER_VALUE, "character number must be positive"),
            false => Report::new(SqlState("54000"), format!("requested character too large for encoding: {}", point.trim())),
        });
    }
    if after(&["failed to decode invalid hexadecimal string"]).is_some() {
        let text = unescaped(message.split_once(": ").map_or("", |(_, text)| text));
        let wrong = text.chars().find(|digit| !digit.is_ascii_hexdigit() && !digit.is_ascii_whitespace());
        let message = match wrong {
            Some(digit) => format!("invalid hexadecimal digit: \"{digit}\""),
            None => "invalid hexadecimal data: odd number of digits".to_owned(),
        };
        return Some(Report::new(SqlState::INVALID_PARAMETER_VALUE, message));
    }
    // The one array that is asked for elements which it may not have (`googlesql::digits_quotients`).
    if after(&["array index "]).is_some() && message.contains("out of bounds") {
        return Some(Report::new(SqlState::FEATURE_NOT_SUPPORTED, "a quotient to more than 38 digits is not supported by BigQuery"));
    }
    // The words of PostgreSQL, for what BigQuery says in its own.
    let words = [
        ("like pattern ends with a backslash", "22025", "LIKE pattern must not end with escape character"),
        ("like pattern must not end with escape", "22025", "LIKE pattern must not end with escape character"),
        ("limit requires non-negative", "2201W", "LIMIT must not be negative"),
        ("the n value (number of buckets) for the ntile function must be positive", "22014", "argument of ntile must be greater than zero"),
        ("window frame offset for preceding or following must be non-negative", "22013", "frame starting offset must not be negative"),
        ("range lower bound must be less", "22000", "range lower bound must be less than or equal to range upper bound"),
        ("count must be greater than zero", "2201G", "count must be greater than zero"),
        ("floating point error in function: pow(0, -", "2201F", "zero raised to a negative power is undefined"),
        ("floating point error in function: pow(", "22003", "value out of range: overflow"),
        ("floating point error in function: exp(", "22003", "value out of range: overflow"),
    ];
    let lower = message.to_ascii_lowercase();
    if let Some((_, state, words)) = words.iter().find(|(head, ..)| lower.starts_with(head)) {
        return Some(Report::new(SqlState(state), *words));
    }
    after(&["null character not permitted"]).map(|_| Report::new(SqlState("54000"), "null character not permitted"))
}

/// The whole number behind a word of a message.
fn number_after(message: &str, word: &str) -> Option<u32> {
    let rest = message.split_once(word)?.1;
    rest.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}

/// Gives an error of a text that is no integer the type of the cast, where all casts of texts in a query are to one (`googlesql::casts`).
pub(super) fn named_by_casts(report: Report, text: &str) -> Report {
    const CAST: &str = "'xX', '??') AS INT64)";
    let Some(value) = report.message.strip_prefix("invalid input syntax for type bigint: ") else { return report };
    let behind: Vec<&str> = text.split(CAST).skip(1).collect();
    let all = |factor: &str| !behind.is_empty() && behind.iter().all(|rest| rest.starts_with(factor));
    let name = if all(" * 4294967296,") {
        "integer"
    } else if all(" * 281474976710656,") {
        "smallint"
    } else {
        return report;
    };
    Report { message: format!("invalid input syntax for type {name}: {value}"), ..report }
}

/// A value as it was, of a message that shows it as a literal of GoogleSQL: `O\'Neil`, `\303\200`.
fn unescaped(shown: &str) -> String {
    let mut bytes = Vec::with_capacity(shown.len());
    let mut rest = shown.bytes().peekable();
    while let Some(byte) = rest.next() {
        let Some(next) = rest.peek().copied().filter(|_| byte == b'\\') else {
            bytes.push(byte);
            continue;
        };
        rest.next();
        bytes.push(match next {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'0'..=b'3' => (0..2).fold(next - b'0', |byte, _| match rest.next_if(|digit| (b'0'..=b'7').contains(digit)) {
                Some(digit) => byte.wrapping_mul(8).wrapping_add(digit - b'0'),
                None => byte,
            }),
            other => other,
        });
    }
    String::from_utf8(bytes).unwrap_or_else(|_| shown.to_owned())
}

#[test]
fn errors_of_casts_name_the_type() {
    let wrong = invalid("Bad int64 value: a b", "bad int64 value: a b");
    let named = |sql: &str| named_by_casts(wrong.clone(), sql).message;
    let cast = "CAST(TRANSLATE(TRIM(t.s), 'xX', '??') AS INT64)";
    assert_eq!(named(cast), "invalid input syntax for type bigint: \"a b\"");
    assert_eq!(named(&format!("DIV({cast} * 4294967296, 4294967296)")), "invalid input syntax for type integer: \"a b\"");
    assert_eq!(named(&format!("DIV({cast} * 4294967296, 4294967296), {cast}")), "invalid input syntax for type bigint: \"a b\"");
    let said = |message: &str| invalid(message, &message.to_lowercase()).message;
    assert_eq!(said("int64 overflow: 2147483740 * 4294967296"), "integer out of range");
    assert_eq!(said("int64 overflow: 40000 * 281474976710656"), "smallint out of range");
    assert_eq!(said("int64 overflow: 9223372036854775807 + 1"), "bigint out of range");
    assert_eq!(said("Invalid date: 'o\\'clock \\\"q\\\"'"), "invalid input syntax for type date: \"o'clock \"q\"\"");
    assert_eq!(said("Cannot parse regular expression: missing ): ("), "invalid regular expression: parentheses () not balanced");
}

#[test]
fn values_are_shown_as_they_were() {
    assert_eq!(unescaped("Eve O\\'Neil 4"), "Eve O'Neil 4");
    assert_eq!(unescaped("a\\\"b\\\\c\\n \\303\\200 à"), "a\"b\\c\n À à");
    assert_eq!(unescaped("\\377"), "\\377");
}

/// What is wrong with a query: names and syntax should have been found by us, so most of these are errors of values.
pub(super) fn invalid(message: &str, lower: &str) -> Report {
    let starts = |heads: &[&str]| heads.iter().any(|head| lower.starts_with(head));
    if starts(&["division by zero"]) {
        return Report::new(SqlState::DIVISION_BY_ZERO, "division by zero");
    }
    if starts(&["column "]) && lower.contains("must appear in the GROUP BY clause") {
        return Report::new(SqlState::GROUPING_ERROR, lower);
    }
    if starts(&["sequence step cannot be 0"]) {
        return Report::new(SqlState::INVALID_PARAMETER_VALUE, "step size cannot equal zero");
    }
    if message.contains("SQRT") && (message.contains("negative") || message.contains("loating point error")) {
        return Report::new(SqlState("2201F"), "cannot take square root of a negative number");
    }
    let logarithms = ["function: LN(", "function: LOG(", "function: LOG10(", "LN is undefined", "LOG is undefined", "LOG10 is undefined"];
    if logarithms.iter().any(|head| message.contains(head)) {
        let of_zero = logarithms.iter().any(|head| message.contains(&format!("{head}0")) && !message.contains(&format!("{head}0.")));
        let of_less = logarithms.iter().any(|head| message.contains(&format!("{head}-")));
        let what = if of_zero {
            "zero"
        } else if of_less {
            "a negative number"
        } else {
            "zero or a negative number"
        };
        return Report::new(SqlState("2201E"), format!("cannot take logarithm of {what}"));
    }
    if let Some(text) = lower.strip_prefix("bad int64 value: ") {
        let text = message.get(message.len() - text.len()..).unwrap_or(text);
        return Report::new(
            SqlState::INVALID_TEXT_REPRESENTATION,
            format!("invalid input syntax for type bigint: \"{}\"", unescaped(text)),
        );
    }
    if let Some(text) = lower.strip_prefix("bad double value: ") {
        let text = message.get(message.len() - text.len()..).unwrap_or(text);
        return Report::new(
            SqlState::INVALID_TEXT_REPRESENTATION,
            format!("invalid input syntax for type double precision: \"{}\"", unescaped(text)),
        );
    }
    if let Some(report) = of_a_value(message) {
        return report;
    }
    if lower.starts_with("argument ") && lower.ends_with(": key must not be null") {
        return Report::new(SqlState::INVALID_PARAMETER_VALUE, lower);
    }
    if starts(&["cannot replace existing key"]) {
        return Report::new(SqlState::INVALID_PARAMETER_VALUE, lower).hint("Try using the function jsonb_set to replace key value.");
    }
    if starts(&[
        "cannot delete from",
        "field name must not be null",
        "cannot set path in",
        "cannot delete path in",
        "cannot get array length",
        "cannot extract elements from a",
        "cannot call json",
        "cannot deconstruct a",
        "cannot cast jsonb ",
        "the provided json",
    ]) {
        return Report::new(SqlState::INVALID_PARAMETER_VALUE, lower);
    }
    if starts(&["number of elements to trim"]) {
        return Report::new(SqlState("2202E"), lower);
    }
    if starts(&["path element at position "]) {
        return Report::new(SqlState::INVALID_TEXT_REPRESENTATION, lower);
    }
    if lower.starts_with("jsonpath item method .") {
        return Report::new(SqlState("22036"), lower);
    }
    if starts(&["scalar subquery produced more than one element", "more than one element"]) {
        return Report::new(SqlState::CARDINALITY_VIOLATION, "more than one row returned by a subquery used as an expression");
    }
    if starts(&["cannot query over table"]) {
        return Report::new(SqlState::PARTITION_FILTER_REQUIRED, format!("SL004: {lower}"))
            .hint("Add a condition on the partitioning column with constants.");
    }
    if starts(&["not found: table", "table not found", "not found: view"]) {
        return super::reasons::vanished(message);
    }
    // Names and grammar were right in the client's text: whatever is wrong with them is wrong with our translation, or changed under it.
    let of_the_text = if starts(&["syntax error"]) || lower.contains("must have an immediately following ON or USING") {
        Some(SqlState::SYNTAX_ERROR)
    } else if starts(&["unrecognized name", "name "]) {
        Some(SqlState::UNDEFINED_COLUMN)
    } else if starts(&["function not found", "no matching signature"]) {
        Some(SqlState::UNDEFINED_FUNCTION)
    } else {
        None
    };
    if let Some(state) = of_the_text {
        return Report::new(state, format!("BigQuery does not take the translated query: {lower}"))
            .detail("The message is about the GoogleSQL that the query was translated into, not about the query as it was sent.")
            .hint(
                "If a table was changed a moment ago, try again in a minute; otherwise write the query in another way, and report this.",
            );
    }
    let state = if lower.contains("overflow") || lower.contains("out of range") || lower.contains("domain error") {
        SqlState::NUMERIC_VALUE_OUT_OF_RANGE
    } else if starts(&[
        "invalid date",
        "invalid time",
        "invalid datetime",
        "invalid timestamp",
        "invalid interval",
        "failed to parse input string",
    ]) {
        SqlState::INVALID_DATETIME_FORMAT
    } else if starts(&[
        "bad int64 value",
        "bad double value",
        "bad bool value",
        "invalid numeric",
        "invalid bignumeric",
        "could not cast",
        "invalid cast",
        "invalid input:",
        "invalid input syntax",
        "invalid input to parse_json",
        "failed to parse",
    ]) {
        SqlState::INVALID_TEXT_REPRESENTATION
    } else if starts(&["cannot parse regular expression"]) {
        SqlState::INVALID_REGULAR_EXPRESSION
    } else if starts(&["array cannot have a null element"]) {
        return Report::new(SqlState::FEATURE_NOT_SUPPORTED, "BigQuery cannot return an array that holds NULL")
            .hint("Leave the NULLs out, or return the array as json.");
    } else if lower.contains("correlated subquer") || lower.contains("unsupported") || lower.contains("not supported") {
        return Report::new(SqlState::FEATURE_NOT_SUPPORTED, format!("BigQuery cannot run this query: {message}"));
    } else {
        SqlState::DATA_EXCEPTION
    };
    Report::new(state, lower)
}
