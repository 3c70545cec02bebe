//! Statements without a query, read from their tokens: SET, SHOW, transactions, cursors, and everything that writes.

use std::sync::Arc;

use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::execute::execute;
use super::{Class, Modes, Motion, read_only};
use crate::error::{Report, Result, SqlState};
use crate::sql::parse::{Positions, dialect, explained, word};
use crate::types::Type;
use crate::types::ident::quote_ident;
use crate::types::input::interval;
use crate::types::literal::Literal;

/// Classifies a statement that is no query.
pub fn classify(tokens: &[TokenWithSpan], positions: &Positions, text: &Arc<str>, source: &str) -> Result<Class> {
    let words: Vec<String> = tokens.iter().map(|token| word(Some(token)).to_string()).collect();
    let at = |i: usize| words.get(i).map_or("", String::as_str);
    let named = |i: usize| name(tokens.get(i)).ok_or_else(|| syntax(tokens.get(i), positions));
    let ends = |i: usize| tokens.get(i).map_or(Ok(()), |token| Err(syntax(Some(token), positions)));
    let is_work = |word: &str| matches!(word, "work" | "transaction");
    // [AND [NO] CHAIN]: whether, and where it ends.
    let chained = |i: usize| match (at(i), at(i + 1), at(i + 2)) {
        ("and", "chain", _) => (true, i + 2),
        ("and", "no", "chain") => (false, i + 3),
        _ => (false, i),
    };
    match at(0) {
        "set" if at(1) == "constraints" => Ok(Class::Nothing("SET CONSTRAINTS".into())),
        "set" => set(tokens, &words, positions),
        "show" => show(tokens, &words, positions),
        "reset" => {
            let (name, end) = match (at(1), at(2)) {
                ("all", _) => (None, 2),
                ("session", "authorization") => (Some("session_authorization".to_owned()), 3),
                ("time", "zone") => (Some("timezone".to_owned()), 3),
                _ => setting(tokens, 1, positions).map(|(name, end)| (Some(name), end))?,
            };
            ends(end)?;
            Ok(Class::Reset(name))
        }
        "discard" => {
            ends(2)?;
            match at(1) {
                "all" | "plans" | "sequences" | "temp" => Ok(Class::Discard(at(1).to_uppercase())),
                "temporary" => Ok(Class::Discard("TEMP".into())),
                _ => Err(syntax(tokens.get(1), positions)),
            }
        }
        "begin" | "start" => {
            let start = at(0) == "start";
            if start && at(1) != "transaction" {
                return Err(syntax(tokens.get(1), positions));
            }
            ends(behind_modes(tokens, &words, if is_work(at(1)) { 2 } else { 1 }))?;
            Ok(Class::Begin { modes: modes(&words[1..]), start })
        }
        "commit" | "end" if at(1) != "prepared" => {
            let (chain, end) = chained(if is_work(at(1)) { 2 } else { 1 });
            ends(end)?;
            Ok(Class::Commit { chain })
        }
        "rollback" | "abort" if at(1) != "prepared" => {
            let i = if is_work(at(1)) { 2 } else { 1 };
            if at(i) == "to" && at(0) == "rollback" {
                let at = if at(i + 1) == "savepoint" && tokens.len() > i + 2 { i + 2 } else { i + 1 };
                let name = named(at)?;
                ends(at + 1)?;
                return Ok(Class::RollbackTo(name));
            }
            let (chain, end) = chained(i);
            ends(end)?;
            Ok(Class::Rollback { chain })
        }
        "savepoint" => {
            let name = named(1)?;
            ends(2)?;
            Ok(Class::Savepoint(name))
        }
        "release" => {
            let at = if at(1) == "savepoint" && tokens.len() > 2 { 2 } else { 1 };
            let name = named(at)?;
            ends(at + 1)?;
            Ok(Class::Release(name))
        }
        "execute" => execute(tokens, positions, text, source).map(Class::Execute),
        "explain" if explained(tokens).is_some_and(|at| word(tokens.get(at)) == "execute") => {
            let at = explained(tokens).unwrap_or(1);
            let form = super::explain_form(&tokens[..at], positions)?;
            Ok(Class::ExplainExecute(form, execute(&tokens[at..], positions, text, source)?))
        }
        "deallocate" => {
            let i = if at(1) == "prepare" && tokens.len() > 2 { 2 } else { 1 };
            let name = named(i)?;
            ends(i + 1)?;
            Ok(Class::Deallocate((at(i) != "all").then_some(name)))
        }
        "fetch" | "move" => fetch(tokens, &words, positions),
        "close" => {
            let name = named(1)?;
            ends(2)?;
            Ok(Class::Close((at(1) != "all").then_some(name)))
        }
        "listen" | "unlisten" => {
            let all = at(0) == "unlisten" && tokens.get(1).is_some_and(|token| token.token == Token::Mul);
            if !all {
                named(1)?;
            }
            ends(2)?;
            Ok(Class::Nothing(at(0).to_uppercase()))
        }
        "checkpoint" => {
            ends(1)?;
            Ok(Class::Nothing("CHECKPOINT".into()))
        }
        // The lock that reading takes; there is nothing that it could keep out.
        "lock" if words.ends_with(&["in", "access", "share", "mode"].map(String::from)) => Ok(Class::Nothing("LOCK TABLE".into())),

        "copy" => super::copy::copy_table(tokens, positions, text, source),
        _ => refused(tokens, &words, positions),
    }
}

fn refused(tokens: &[TokenWithSpan], words: &[String], positions: &Positions) -> Result<Class> {
    let at = |i: usize| words.get(i).map_or("", String::as_str);
    let verb = at(0).to_uppercase();
    Err(match at(0) {
        "insert" | "update" | "delete" | "merge" | "grant" | "revoke" | "comment" | "reindex" | "vacuum" | "cluster" | "call" | "do"
        | "analyze" | "analyse" | "lock" | "notify" | "import" | "reassign" | "refresh" | "security" => read_only(match at(0) {
            "refresh" => "REFRESH MATERIALIZED VIEW",
            "lock" => "LOCK TABLE",
            "security" => "SECURITY LABEL",
            "import" => "IMPORT FOREIGN SCHEMA",
            "reassign" => "REASSIGN OWNED",
            "analyse" => "ANALYZE",
            _ => &verb,
        }),
        "truncate" => read_only("TRUNCATE TABLE"),
        "create" if object(words) == "TABLE" && words.iter().any(|word| word == "as") => read_only("CREATE TABLE AS"),
        "create" | "alter" | "drop" if tokens.len() == 1 => syntax(None, positions),
        "create" | "alter" | "drop" => read_only(&format!("{verb} {}", object(words))),
        "explain" | "prepare" | "declare" => {
            let write = ["insert", "update", "delete", "merge", "create"].iter().find(|verb| words.iter().any(|word| word == *verb));
            match write {
                Some(write) => read_only(&write.to_uppercase()),
                None => syntax(tokens.get(1), positions),
            }
        }
        "load" | "commit" | "rollback" => Report::unsupported(&verb).at(tokens.first().and_then(|token| positions.of(token.span.start))),
        _ => syntax(tokens.first(), positions),
    })
}

/// What CREATE, ALTER or DROP is about, as the command's tag calls it (cmdtaglist.h).
fn object(words: &[String]) -> String {
    const NOISE: [&str; 13] = [
        "or",
        "replace",
        "temp",
        "temporary",
        "unlogged",
        "global",
        "local",
        "unique",
        "recursive",
        "concurrently",
        "constraint",
        "procedural",
        "trusted",
    ];
    let first = words.iter().skip(1).position(|word| !NOISE.contains(&word.as_str())).map_or(1, |i| i + 1);
    let at = |i: usize| words.get(first + i).map_or("", String::as_str);
    let count = match (at(0), at(1)) {
        ("foreign", "data") | ("text", "search") => 3,
        ("materialized", "view")
        | ("foreign", "table")
        | ("event", "trigger")
        | ("access", "method")
        | ("user", "mapping")
        | ("default", "privileges")
        | ("operator", "class" | "family")
        | ("large", "object") => 2,
        ("default", "conversion") => return "CONVERSION".to_owned(),
        ("user" | "group", _) => return "ROLE".to_owned(),
        ("language", _) if words.first().is_some_and(|verb| verb == "create") => return "EXTENSION".to_owned(),
        _ => 1,
    };
    let named: Vec<&str> = (0..count).map(at).collect();
    named.join(" ").to_uppercase()
}

/// Where the modes of a transaction end that begin here.
fn behind_modes(tokens: &[TokenWithSpan], words: &[String], from: usize) -> usize {
    let at = |i: usize| words.get(i).map_or("", String::as_str);
    let mut i = from;
    loop {
        let comma = i > from && tokens.get(i).is_some_and(|token| token.token == Token::Comma);
        let mode = if comma { i + 1 } else { i };
        i = match (at(mode), at(mode + 1), at(mode + 2), at(mode + 3)) {
            ("isolation", "level", "repeatable", "read") => mode + 4,
            ("isolation", "level", "read", "committed" | "uncommitted") => mode + 4,
            ("isolation", "level", "serializable", _) => mode + 3,
            ("read", "only" | "write", ..) | ("not", "deferrable", ..) => mode + 2,
            ("deferrable", ..) => mode + 1,
            _ => return i,
        };
    }
}

/// The error for a token that does not fit.
pub fn syntax(token: Option<&TokenWithSpan>, positions: &Positions) -> Report {
    match token {
        Some(token) => {
            Report::new(SqlState::SYNTAX_ERROR, format!("syntax error at or near \"{}\"", token.token)).at(positions.of(token.span.start))
        }
        None => Report::new(SqlState::SYNTAX_ERROR, "syntax error at end of input"),
    }
}

/// A name: folded unless quoted.
pub fn name(token: Option<&TokenWithSpan>) -> Option<String> {
    match &token?.token {
        Token::Word(word) if word.quote_style.is_some() => Some(word.value.clone()),
        Token::Word(word) => Some(word.value.to_ascii_lowercase()),
        _ => None,
    }
}

/// Reads a list of type names.
pub fn types(tokens: &[TokenWithSpan], positions: &Positions) -> Result<Vec<Type>> {
    let dialect = dialect::Postgres::default();
    let mut parser = Parser::new(&dialect).with_tokens_with_locations(tokens.to_vec());
    let mut types = Vec::new();
    loop {
        let first = parser.peek_token();
        let parsed = parser.parse_data_type().map_err(|_| syntax(Some(&first), positions))?;
        types.push(crate::sql::bind::type_of(&parsed).map_err(|report| report.at(positions.of(first.span.start)))?.0);
        if !parser.consume_token(&Token::Comma) {
            break;
        }
    }
    match parser.next_token() {
        token if token.token == Token::EOF => Ok(types),
        token => Err(syntax(Some(&token), positions)),
    }
}

/// `name[.name]`: the lower-case name and the index behind it.
fn setting(tokens: &[TokenWithSpan], from: usize, positions: &Positions) -> Result<(String, usize)> {
    let first = name(tokens.get(from)).ok_or_else(|| syntax(tokens.get(from), positions))?.to_ascii_lowercase();
    if tokens.get(from + 1).is_some_and(|token| token.token == Token::Period) {
        let second = name(tokens.get(from + 2)).ok_or_else(|| syntax(tokens.get(from + 2), positions))?;
        return Ok((format!("{first}.{}", second.to_ascii_lowercase()), from + 3));
    }
    Ok((first, from + 1))
}

/// Settings that take several values (PostgreSQL's `GUC_LIST_INPUT`), of those that a session may set.
const LISTS: [&str; 5] = ["search_path", "datestyle", "session_preload_libraries", "local_preload_libraries", "temp_tablespaces"];

fn set(tokens: &[TokenWithSpan], words: &[String], positions: &Positions) -> Result<Class> {
    let at = |i: usize| words.get(i).map_or("", String::as_str);
    if at(1) == "transaction" && at(2) == "snapshot" {
        return Err(Report::unsupported("SET TRANSACTION SNAPSHOT"));
    }
    let characteristics = words.get(1..5).is_some_and(|words| words == ["session", "characteristics", "as", "transaction"]);
    if at(1) == "transaction" || characteristics {
        let from = if characteristics { 5 } else { 2 };
        let end = behind_modes(tokens, words, from);
        if end == from || end < tokens.len() {
            return Err(syntax(tokens.get(end), positions));
        }
        let modes = modes(&words[from..]);
        return Ok(if characteristics { Class::SetCharacteristics(modes) } else { Class::SetTransaction(modes) });
    }
    let local = at(1) == "local";
    let i = if local || (at(1) == "session" && at(2) != "authorization") { 2 } else { 1 };
    let (name, next) = match (at(i), at(i + 1)) {
        ("time", "zone") => ("timezone".to_owned(), i + 2),
        ("session", "authorization") => ("session_authorization".to_owned(), i + 2),
        ("names", _) => ("client_encoding".to_owned(), i + 1),
        ("role", _) => ("role".to_owned(), i + 1),
        ("schema", _) => ("search_path".to_owned(), i + 1),
        _ => {
            let (name, next) = setting(tokens, i, positions)?;
            let assigned = at(next) == "to" || tokens.get(next).is_some_and(|token| token.token == Token::Eq);
            if !assigned {
                return Err(syntax(tokens.get(next), positions));
            }
            (name, next + 1)
        }
    };
    let list = &tokens[next.min(tokens.len())..];
    if list.is_empty() {
        return Err(syntax(None, positions));
    }
    if list.len() == 1 && (at(next) == "default" || (name == "timezone" && at(next) == "local")) {
        return Ok(Class::Set { name, value: None, local });
    }
    let lists = LISTS.contains(&name.as_str());
    if !lists && list.iter().any(|token| token.token == Token::Comma) {
        return Err(Report::new(SqlState::INVALID_PARAMETER_VALUE, format!("SET {name} takes only one argument")));
    }
    let values = list.split(|token| token.token == Token::Comma).map(|value| self::value(value, lists, positions));
    Ok(Class::Set { name, value: Some(values.collect::<Result<Vec<_>>>()?.join(", ")), local })
}

/// One value of SET: a name, a string, a signed number. Names of a list keep quotes where they need them.
fn value(tokens: &[TokenWithSpan], list: bool, positions: &Positions) -> Result<String> {
    let quoted = |text: String| if list { quote_ident(&text) } else { text };
    match tokens {
        [one] => match &one.token {
            Token::Word(word) if word.quote_style.is_some() => Ok(quoted(word.value.clone())),
            Token::Word(word) => Ok(quoted(word.value.to_ascii_lowercase())),
            Token::Number(number, _) => Ok(number.clone()),
            token => string(token).map(quoted).ok_or_else(|| syntax(Some(one), positions)),
        },
        [sign, number] => match (&sign.token, &number.token) {
            (Token::Minus, Token::Number(number, _)) => Ok(format!("-{number}")),
            (Token::Plus, Token::Number(number, _)) => Ok(number.clone()),
            (Token::Word(word), text) if word.value.eq_ignore_ascii_case("interval") => zone_of_interval(text, number, positions),
            _ => Err(syntax(Some(sign), positions)),
        },
        // INTERVAL '-08:00' HOUR TO MINUTE
        [first, text, _, to, _] if word(Some(first)) == "interval" && word(Some(to)) == "to" => {
            zone_of_interval(&text.token, text, positions)
        }
        _ => Err(syntax(tokens.get(1), positions)),
    }
}

/// The zone that SET TIME ZONE INTERVAL names, in POSIX's spelling: an interval counts east.
fn zone_of_interval(text: &Token, at: &TokenWithSpan, positions: &Positions) -> Result<String> {
    let text = string(text).ok_or_else(|| syntax(Some(at), positions))?;
    let Literal::Interval { months: 0, days: 0, micros } = interval::parse(&text, -1)? else {
        return Err(Report::new(SqlState::INVALID_PARAMETER_VALUE, "interval time zone must not include months or days"));
    };
    let minutes = micros / 60_000_000;
    let shown = |minutes: i64| {
        let sign = if minutes < 0 { '-' } else { '+' };
        let rest = if minutes % 60 == 0 { String::new() } else { format!(":{:02}", minutes.abs() % 60) };
        format!("{sign}{:02}{rest}", minutes.abs() / 60)
    };
    Ok(format!("<{}>{}", shown(minutes), shown(-minutes)))
}

pub(super) fn string(token: &Token) -> Option<String> {
    match token {
        Token::SingleQuotedString(text) | Token::EscapedStringLiteral(text) | Token::UnicodeStringLiteral(text) => Some(text.clone()),
        Token::DollarQuotedString(text) => Some(text.value.clone()),
        _ => None,
    }
}

fn show(tokens: &[TokenWithSpan], words: &[String], positions: &Positions) -> Result<Class> {
    let at = |i: usize| words.get(i).map_or("", String::as_str);
    let name = match (at(1), at(2)) {
        ("all", _) if tokens.len() == 2 => return Ok(Class::Show(None)),
        ("time", "zone") => "timezone".to_owned(),
        ("transaction", "isolation") => "transaction_isolation".to_owned(),
        ("session", "authorization") => "session_authorization".to_owned(),
        _ => {
            let (name, next) = setting(tokens, 1, positions)?;
            if let Some(token) = tokens.get(next) {
                return Err(syntax(Some(token), positions));
            }
            name
        }
    };
    Ok(Class::Show(Some(name)))
}

fn modes(words: &[String]) -> Modes {
    let mut modes = Modes::default();
    for (i, word) in words.iter().enumerate() {
        let next = |n: usize| words.get(i + n).map_or("", String::as_str);
        match (word.as_str(), next(1)) {
            ("read", "only") => modes.read_only = Some(true),
            ("read", "write") => modes.read_only = Some(false),
            ("level", "serializable") => modes.isolation = Some("serializable".into()),
            ("level", first @ ("read" | "repeatable")) => modes.isolation = Some(format!("{first} {}", next(2))),
            ("not", "deferrable") => modes.deferrable = Some(false),
            ("deferrable", _) if i == 0 || words[i - 1] != "not" => modes.deferrable = Some(true),
            _ => {}
        }
    }
    modes
}

fn fetch(tokens: &[TokenWithSpan], words: &[String], positions: &Positions) -> Result<Class> {
    let at = |i: usize| words.get(i).map_or("", String::as_str);
    let skip = at(0) == "move";
    let backward = || Report::unsupported("moving a cursor backward").hint("Cursors go forward only.");
    let number = |i: usize| match tokens.get(i).map(|token| &token.token) {
        Some(Token::Number(number, _)) => number.parse::<u64>().map(Some).map_err(|_| syntax(tokens.get(i), positions)),
        Some(Token::Minus) => Err(backward()),
        _ => Ok(None),
    };
    let (motion, mut i) = match at(1) {
        "next" => (Motion::Forward(Some(1)), 2),
        "first" => (Motion::Absolute(1), 2),
        "last" => (Motion::Last, 2),
        "all" => (Motion::Forward(None), 2),
        "forward" if at(2) == "all" => (Motion::Forward(None), 3),
        "forward" => number(2)?.map_or((Motion::Forward(Some(1)), 2), |count| (Motion::Forward(Some(count)), 3)),
        "relative" | "absolute" => {
            let count = number(2)?.ok_or_else(|| syntax(tokens.get(2), positions))?;
            (if at(1) == "relative" { Motion::Relative(count) } else { Motion::Absolute(count) }, 3)
        }
        "backward" | "prior" => return Err(backward()),
        _ => number(1)?.map_or((Motion::Forward(Some(1)), 1), |count| (Motion::Forward(Some(count)), 2)),
    };
    if matches!(at(i), "from" | "in") {
        i += 1;
    }
    let name = name(tokens.get(i)).ok_or_else(|| syntax(tokens.get(i), positions))?;
    match tokens.get(i + 1) {
        None => Ok(Class::Fetch { name, motion, skip }),
        Some(token) => Err(syntax(Some(token), positions)),
    }
}
