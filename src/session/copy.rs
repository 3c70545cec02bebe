//! COPY ... TO STDOUT: its options checked in PostgreSQL's order and words (copy.c, `ProcessCopyOptions`), its query run.

use super::Session;
use super::settings::{self, Encoding};
use crate::error::{Report, Result, SqlState};
use crate::query::{Answer, CopyForm, CopyFormat, OutputColumn, QueryContext};
use crate::sql::classify::{Copy, CopyOption, CopyValue};

impl Session {
    /// Runs a COPY. It is a query like any other, but its rows are not cut by a LIMIT that the client did not write: a file
    /// does not show that it is not whole.
    pub(super) async fn copy(&mut self, cx: &QueryContext, copy: &Copy) -> Result<Answer> {
        // A table is looked up before the options are read, a query is bound after.
        let bound = match &copy.table {
            Some((table, _)) => {
                Some(self.prepare_bound(&copy.read, &[], &copy.read.source).await.map_err(|report| of_relation(report, table))?)
            }
            None => None,
        };
        let draft = Draft::read(&copy.options)?;
        let statement = match bound {
            Some(statement) => statement,
            None => self.prepare_bound(&copy.read, &[], &copy.read.source).await?,
        };
        if !statement.parameters().is_empty() {
            let first = copy.read.parameter().unwrap_or((1, None));
            return Err(Report::new(SqlState::UNDEFINED_PARAMETER, format!("there is no parameter ${}", first.0)).at(first.1));
        }
        if let Some((_, columns)) = &copy.table
            && let Some((_, twice)) = columns.iter().enumerate().find(|(i, column)| columns[..*i].contains(column))
        {
            return Err(Report::new(SqlState::DUPLICATE_COLUMN, format!("column \"{twice}\" specified more than once")));
        }
        let columns = statement.columns().cloned().unwrap_or_default();
        let form = draft.over(&columns, copy.table.as_ref().map(|(table, listed)| (table.as_str(), listed.as_slice())))?;
        let mut whole = cx.clone();
        whole.row_limited = true;
        match Box::pin(self.run(&whole, &statement, Vec::new())).await? {
            Answer::Rows { rows, .. } => Ok(Answer::Copy { rows, form }),
            _ => Err(Report::internal("a query of COPY gave no rows")),
        }
    }
}

/// PostgreSQL names the relation of a column that COPY lists, and no place.
fn of_relation(mut report: Report, table: &str) -> Report {
    if report.sqlstate == SqlState::UNDEFINED_TABLE {
        report.position = None;
    }
    if report.sqlstate == SqlState::UNDEFINED_COLUMN
        && let Some(column) = report.message.strip_suffix(" does not exist")
    {
        report.message = format!("{column} of relation \"{table}\" does not exist");
        report.position = None;
    }
    report
}

/// The options, checked as far as they can be without the columns.
#[derive(Debug)]
struct Draft {
    form: CopyForm,
    /// `FORCE_QUOTE`: `None` is no column, an empty list every one.
    force_quote: Option<Vec<String>>,
}

fn syntax(message: impl Into<String>) -> Report {
    Report::new(SqlState::SYNTAX_ERROR, message)
}

fn not_supported(message: impl Into<String>) -> Report {
    Report::new(SqlState::FEATURE_NOT_SUPPORTED, message)
}

fn bad_value(message: impl Into<String>) -> Report {
    Report::new(SqlState::INVALID_PARAMETER_VALUE, message)
}

impl Draft {
    fn read(options: &[CopyOption]) -> Result<Draft> {
        let mut format = None;
        let (mut delimiter, mut null, mut quote, mut escape, mut header) = (None, None, None, None, None);
        let (mut force_quote, mut force_not_null, mut force_null) = (None, false, false);
        for (i, option) in options.iter().enumerate() {
            let name = option.name.as_str();
            let known = [
                "format",
                "freeze",
                "delimiter",
                "null",
                "header",
                "quote",
                "escape",
                "force_quote",
                "force_not_null",
                "force_null",
                "convert_selectively",
                "encoding",
            ];
            if !known.contains(&name) {
                return Err(syntax(format!("option \"{name}\" not recognized")).at(option.position));
            }
            if options[..i].iter().any(|earlier| earlier.name == option.name) {
                return Err(syntax("conflicting or redundant options").at(option.position));
            }
            match name {
                "format" => {
                    format = Some(match text(option)?.as_str() {
                        "text" => CopyFormat::Text,
                        "csv" => CopyFormat::Csv,
                        "binary" => CopyFormat::Binary,
                        other => return Err(bad_value(format!("COPY format \"{other}\" not recognized")).at(option.position)),
                    });
                }
                "freeze" => {
                    boolean(option).ok_or_else(|| syntax("freeze requires a Boolean value"))?;
                }
                "delimiter" => delimiter = Some(text(option)?),
                "null" => null = Some(text(option)?),
                "header" => header = Some(header_choice(option)?),
                "quote" => quote = Some(text(option)?),
                "escape" => escape = Some(text(option)?),
                "force_quote" => {
                    force_quote = Some(match &option.value {
                        CopyValue::All => Vec::new(),
                        CopyValue::Columns(columns) => columns.clone(),
                        _ => return Err(no_columns(option)),
                    });
                }
                "force_not_null" | "force_null" => {
                    if !matches!(option.value, CopyValue::Columns(_)) {
                        return Err(no_columns(option));
                    }
                    force_not_null |= name == "force_not_null";
                    force_null |= name == "force_null";
                }
                "encoding" => encoding(option)?,
                _ => {}
            }
        }
        let format = format.unwrap_or_default();
        let csv = format == CopyFormat::Csv;
        if format == CopyFormat::Binary {
            if delimiter.is_some() {
                return Err(syntax("cannot specify DELIMITER in BINARY mode"));
            }
            if null.is_some() {
                return Err(syntax("cannot specify NULL in BINARY mode"));
            }
        }
        let delimiter = delimiter.unwrap_or_else(|| if csv { "," } else { "\t" }.to_owned());
        let null = null.unwrap_or_else(|| if csv { "" } else { "\\N" }.to_owned());
        let [delimiter] = *delimiter.as_bytes() else {
            return Err(not_supported("COPY delimiter must be a single one-byte character"));
        };
        if matches!(delimiter, b'\r' | b'\n') {
            return Err(bad_value("COPY delimiter cannot be newline or carriage return"));
        }
        if null.contains(['\r', '\n']) {
            return Err(bad_value("COPY null representation cannot use newline or carriage return"));
        }
        if !csv && (matches!(delimiter, b'\\' | b'.') || delimiter.is_ascii_lowercase() || delimiter.is_ascii_digit()) {
            return Err(bad_value(format!("COPY delimiter cannot be \"{}\"", char::from(delimiter))));
        }
        let header = header.unwrap_or(false);
        if format == CopyFormat::Binary && header {
            return Err(not_supported("cannot specify HEADER in BINARY mode"));
        }
        if !csv && quote.is_some() {
            return Err(not_supported("COPY quote available only in CSV mode"));
        }
        let quote = quote.unwrap_or_else(|| "\"".to_owned());
        let [quote] = *quote.as_bytes() else { return Err(not_supported("COPY quote must be a single one-byte character")) };
        if csv && delimiter == quote {
            return Err(bad_value("COPY delimiter and quote must be different"));
        }
        if !csv && escape.is_some() {
            return Err(not_supported("COPY escape available only in CSV mode"));
        }
        let escape = match escape {
            None => quote,
            Some(escape) => match *escape.as_bytes() {
                [escape] => escape,
                _ => return Err(not_supported("COPY escape must be a single one-byte character")),
            },
        };
        for (given, what) in [(force_quote.is_some(), "force quote"), (force_not_null, "force not null"), (force_null, "force null")] {
            if !csv && given {
                return Err(not_supported(format!("COPY {what} available only in CSV mode")));
            }
            if given && what != "force quote" {
                return Err(not_supported(format!("COPY {what} only available using COPY FROM")));
            }
        }
        if null.as_bytes().contains(&delimiter) {
            return Err(not_supported("COPY delimiter must not appear in the NULL specification"));
        }
        if csv && null.as_bytes().contains(&quote) {
            return Err(not_supported("CSV quote character must not appear in the NULL specification"));
        }
        Ok(Draft { form: CopyForm { format, header, delimiter, null, quote, escape, force_quote: Vec::new() }, force_quote })
    }

    /// Finds the columns that the options name; `table` is the table that is copied and the columns listed.
    fn over(self, columns: &[OutputColumn], table: Option<(&str, &[String])>) -> Result<CopyForm> {
        let Draft { mut form, force_quote } = self;
        let Some(names) = force_quote else { return Ok(form) };
        form.force_quote = vec![names.is_empty(); columns.len()];
        for (i, name) in names.iter().enumerate() {
            let Some(at) = columns.iter().position(|column| column.name == *name) else {
                return Err(match table {
                    Some((_, listed)) if !listed.is_empty() => {
                        Report::new(SqlState::INVALID_COLUMN_REFERENCE, format!("FORCE_QUOTE column \"{name}\" not referenced by COPY"))
                    }
                    Some((table, _)) => {
                        Report::new(SqlState::UNDEFINED_COLUMN, format!("column \"{name}\" of relation \"{table}\" does not exist"))
                    }
                    None => Report::new(SqlState::UNDEFINED_COLUMN, format!("column \"{name}\" does not exist")),
                });
            };
            if names[..i].contains(name) {
                return Err(Report::new(SqlState::DUPLICATE_COLUMN, format!("column \"{name}\" specified more than once")));
            }
            form.force_quote[at] = true;
        }
        Ok(form)
    }
}

fn no_columns(option: &CopyOption) -> Report {
    bad_value(format!("argument to option \"{}\" must be a list of column names", option.name)).at(option.position)
}

fn text(option: &CopyOption) -> Result<String> {
    match &option.value {
        CopyValue::Absent => Err(syntax(format!("{} requires a parameter", option.name))),
        CopyValue::Text(text, _) => Ok(text.clone()),
        CopyValue::Columns(names) => Ok(names.join(".")),
        CopyValue::All => Ok("*".to_owned()),
    }
}

/// `defGetBoolean`.
fn boolean(option: &CopyOption) -> Option<bool> {
    match &option.value {
        CopyValue::Absent => Some(true),
        CopyValue::Text(text, true) => match text.as_str() {
            "0" => Some(false),
            "1" => Some(true),
            _ => None,
        },
        CopyValue::Text(text, false) => match text.to_ascii_lowercase().as_str() {
            "true" | "on" => Some(true),
            "false" | "off" => Some(false),
            _ => None,
        },
        CopyValue::Columns(_) | CopyValue::All => None,
    }
}

fn header_choice(option: &CopyOption) -> Result<bool> {
    match (&option.value, boolean(option)) {
        (_, Some(on)) => Ok(on),
        (CopyValue::Text(text, false), None) if text.eq_ignore_ascii_case("match") => {
            Err(not_supported("cannot use \"match\" with HEADER in COPY TO"))
        }
        _ => Err(syntax("header requires a Boolean value or \"match\"")),
    }
}

fn encoding(option: &CopyOption) -> Result<()> {
    let name = text(option)?;
    match settings::encoding(&name) {
        Encoding::Utf8 | Encoding::Ascii => Ok(()),
        Encoding::Other => Err(not_supported(format!("COPY ENCODING '{name}' is not supported")).hint("Use UTF8.").at(option.position)),
        Encoding::Unknown => Err(bad_value("argument to option \"encoding\" must be a valid encoding name").at(option.position)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::classify::{Class, classify};
    use crate::sql::parse::parse;
    use crate::types::Type;

    /// What COPY of columns a and b says to these options.
    fn with(options: &str) -> String {
        let text = format!("copy (select 1) to stdout ({options})");
        let Class::Copy(copy) = classify(parse(&text).unwrap().remove(0)).unwrap() else { panic!("{text}") };
        let columns = [OutputColumn::new("a", Type::INT4), OutputColumn::new("b", Type::INT4)];
        match Draft::read(&copy.options).and_then(|draft| draft.over(&columns, None)) {
            Ok(form) => format!("{:?} {} {:?} {:?}", form.format, char::from(form.delimiter), form.null, form.force_quote),
            Err(report) => report.to_string(),
        }
    }

    // As PostgreSQL 15 answers.
    #[test]
    fn options_are_checked_in_postgres_words() {
        for (options, said) in [
            ("format foo", "22023: COPY format \"foo\" not recognized"),
            ("format csv, format text", "42601: conflicting or redundant options"),
            ("blah", "42601: option \"blah\" not recognized"),
            ("delimiter ';;'", "0A000: COPY delimiter must be a single one-byte character"),
            ("delimiter E'\\n'", "22023: COPY delimiter cannot be newline or carriage return"),
            ("delimiter 'a'", "22023: COPY delimiter cannot be \"a\""),
            ("format binary, delimiter ','", "42601: cannot specify DELIMITER in BINARY mode"),
            ("format binary, null ''", "42601: cannot specify NULL in BINARY mode"),
            ("format binary, header", "0A000: cannot specify HEADER in BINARY mode"),
            ("header match", "0A000: cannot use \"match\" with HEADER in COPY TO"),
            ("header 2", "42601: header requires a Boolean value or \"match\""),
            ("quote '\"'", "0A000: COPY quote available only in CSV mode"),
            ("escape '\"'", "0A000: COPY escape available only in CSV mode"),
            ("force_quote *", "0A000: COPY force quote available only in CSV mode"),
            ("format csv, quote '\"\"'", "0A000: COPY quote must be a single one-byte character"),
            ("format csv, quote ','", "22023: COPY delimiter and quote must be different"),
            ("format csv, force_null *", "22023: argument to option \"force_null\" must be a list of column names"),
            ("format csv, force_null (a)", "0A000: COPY force null only available using COPY FROM"),
            ("force_not_null (a)", "0A000: COPY force not null available only in CSV mode"),
            ("format csv, force_quote (c)", "42703: column \"c\" does not exist"),
            ("format csv, force_quote (a, a)", "42701: column \"a\" specified more than once"),
            ("format csv, null ','", "0A000: COPY delimiter must not appear in the NULL specification"),
            ("format csv, null '\"'", "0A000: CSV quote character must not appear in the NULL specification"),
            ("null E'\\n'", "22023: COPY null representation cannot use newline or carriage return"),
            ("encoding 'foo'", "22023: argument to option \"encoding\" must be a valid encoding name"),
            ("format", "42601: format requires a parameter"),
            ("format csv, force_quote (b), header on", "Csv , \"\" [false, true]"),
            ("format csv, force_quote *, delimiter '|'", "Csv | \"\" [true, true]"),
            ("freeze, convert_selectively (a), encoding utf8", "Text \t \"\\\\N\" []"),
        ] {
            assert_eq!(with(options), said, "{options}");
        }
    }
}
