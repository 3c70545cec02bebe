//! COPY ... TO STDOUT: the query, and the options as they are written, old syntax and new (gram.y, `CopyStmt`).

use std::sync::Arc;

use sqlparser::ast::Ident;
use sqlparser::tokenizer::{Token, TokenWithSpan, Word};

use super::utility::{name, string, syntax};
use super::{Class, Read, read_only};
use crate::error::{Report, Result, SqlState};
use crate::sql::parse::{self, Positions, closing, word};

/// COPY ... TO STDOUT.
#[derive(Clone, Debug)]
pub struct Copy {
    /// The query; `COPY table TO` is made one.
    pub read: Read,
    /// The table's name and the columns listed, of `COPY table (columns) TO`.
    pub table: Option<(String, Vec<String>)>,
    /// The options in their order.
    pub options: Vec<CopyOption>,
}

/// One option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyOption {
    /// Its name: `format`, `header`, `force_quote`, ...
    pub name: String,
    /// Its value.
    pub value: CopyValue,
    /// Where it stands.
    pub position: Option<u32>,
}

/// An option's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CopyValue {
    /// None is given.
    Absent,
    /// A word, a string or a number; true for numbers.
    Text(String, bool),
    /// `(a, b)`.
    Columns(Vec<String>),
    /// `*`.
    All,
}

/// `COPY (query) TO STDOUT options`.
pub(super) fn copy_query(read: Read, after: &[TokenWithSpan], positions: &Positions) -> Result<Class> {
    Ok(Class::Copy(Copy { read, table: None, options: target(after, false, positions)? }))
}

/// `COPY table [(columns)] TO STDOUT options`, made `COPY (SELECT columns FROM table) TO STDOUT options`.
pub(super) fn copy_table(tokens: &[TokenWithSpan], positions: &Positions, text: &Arc<str>, source: &str) -> Result<Class> {
    // COPY BINARY table is older than any option; a table of that name is followed by TO.
    let binary = word(tokens.get(1)) == "binary" && name(tokens.get(2)).is_some() && word(tokens.get(2)) != "to";
    let first = if binary { 2 } else { 1 };
    let mut i = first + 1;
    let mut table = name(tokens.get(first)).ok_or_else(|| syntax(tokens.get(first), positions))?;
    while tokens.get(i).is_some_and(|token| token.token == Token::Period) {
        table = name(tokens.get(i + 1)).ok_or_else(|| syntax(tokens.get(i + 1), positions))?;
        i += 2;
    }
    let named = &tokens[first..i.min(tokens.len())];
    let mut columns = Vec::new();
    let mut listed: &[TokenWithSpan] = &[];
    if tokens.get(i).is_some_and(|token| token.token == Token::LParen) {
        let end = closing(tokens, i).ok_or_else(|| syntax(tokens.get(i), positions))?;
        listed = &tokens[i + 1..end];
        columns = names(listed, tokens.get(end), positions)?;
        i = end + 1;
    }
    if word(tokens.get(i)) == "from" {
        return Err(read_only("COPY FROM"));
    }
    let mut options = target(&tokens[i.min(tokens.len())..], true, positions)?;
    if binary {
        let value = CopyValue::Text("binary".into(), false);
        options.insert(0, CopyOption { name: "format".into(), value, position: positions.of(tokens[1].span.start) });
    }
    // The table's and columns' tokens keep their places, so that errors do.
    let keyword = |text: &str| TokenWithSpan { token: Token::make_keyword(text), span: tokens[0].span };
    let mut query = vec![keyword("SELECT")];
    if listed.is_empty() {
        query.push(TokenWithSpan { token: Token::Mul, span: tokens[0].span });
    }
    query.extend(listed.iter().map(quoted));
    query.push(keyword("FROM"));
    query.extend(named.iter().map(quoted));
    let query = parse::query(query, positions, text)?;
    let read = Read { query, text: text.clone(), positions: Arc::new(positions.clone()), source: source.to_owned() };
    Ok(Class::Copy(Copy { read, table: Some((table, columns)), options }))
}

/// A name that is also a keyword must not be read as one.
fn quoted(token: &TokenWithSpan) -> TokenWithSpan {
    let Token::Word(Word { quote_style: None, value, .. }) = &token.token else { return token.clone() };
    let ident = Ident::with_quote('"', value.to_ascii_lowercase());
    TokenWithSpan { token: Token::make_word(&ident.value, Some('"')), span: token.span }
}

/// Names between commas.
fn names(tokens: &[TokenWithSpan], end: Option<&TokenWithSpan>, positions: &Positions) -> Result<Vec<String>> {
    tokens
        .split(|token| token.token == Token::Comma)
        .map(|item| match item {
            [one] => name(Some(one)).ok_or_else(|| syntax(Some(one), positions)),
            [_, second, ..] => Err(syntax(Some(second), positions)),
            [] => Err(syntax(end, positions)),
        })
        .collect()
}

/// `TO STDOUT options`; tables may have `USING DELIMITERS` before them, which is older than WITH.
fn target(tokens: &[TokenWithSpan], table: bool, positions: &Positions) -> Result<Vec<CopyOption>> {
    if word(tokens.first()) != "to" {
        return Err(syntax(tokens.first(), positions));
    }
    // PostgreSQL's grammar takes STDIN for STDOUT, and PDO sends it.
    if !matches!(word(tokens.get(1)).as_str(), "stdout" | "stdin") {
        return Err(Report::new(SqlState::INSUFFICIENT_PRIVILEGE, "COPY to a file or program is not allowed")
            .hint("Anyone can COPY to stdout: use psql's \\copy."));
    }
    let mut options = Vec::new();
    let mut i = 2;
    let using = usize::from(word(tokens.get(i)) == "using");
    if table && word(tokens.get(i + using)) == "delimiters" {
        let text = tokens.get(i + using + 1).and_then(|token| string(&token.token));
        let text = text.ok_or_else(|| syntax(tokens.get(i + using + 1), positions))?;
        let position = positions.of(tokens[i].span.start);
        options.push(CopyOption { name: "delimiter".into(), value: CopyValue::Text(text, false), position });
        i += using + 2;
    }
    let with = word(tokens.get(i)) == "with";
    let rest = &tokens[i + usize::from(with)..];
    if rest.first().is_some_and(|token| token.token == Token::LParen) {
        let end = closing(rest, 0).ok_or_else(|| syntax(rest.first(), positions))?;
        for option in rest[1..end].split(|token| token.token == Token::Comma && depth(rest, token) == 1) {
            options.push(generic(option, rest.get(end), positions)?);
        }
        return match rest.get(end + 1) {
            None => Ok(options),
            Some(token) if table && word(Some(token)) == "where" => Err(no_where(token, positions)),
            token => Err(syntax(token, positions)),
        };
    }
    old(rest, table, &mut options, positions)?;
    Ok(options)
}

/// How many parentheses are open at a token.
fn depth(tokens: &[TokenWithSpan], at: &TokenWithSpan) -> usize {
    tokens.iter().take_while(|token| !std::ptr::eq(*token, at)).fold(0_usize, |depth, token| match token.token {
        Token::LParen => depth + 1,
        Token::RParen => depth.saturating_sub(1),
        _ => depth,
    })
}

fn no_where(token: &TokenWithSpan, positions: &Positions) -> Report {
    Report::new(SqlState::SYNTAX_ERROR, "WHERE clause not allowed with COPY TO").at(positions.of(token.span.start))
}

/// `name [value]`, within parentheses.
fn generic(option: &[TokenWithSpan], end: Option<&TokenWithSpan>, positions: &Positions) -> Result<CopyOption> {
    let first = option.first().ok_or_else(|| syntax(end, positions))?;
    let name = name(Some(first)).ok_or_else(|| syntax(Some(first), positions))?;
    let value = match &option[1..] {
        [] => CopyValue::Absent,
        [one] if one.token == Token::Mul => CopyValue::All,
        [one] => scalar(one, positions)?,
        [sign, number] => match (&sign.token, &number.token) {
            (Token::Minus, Token::Number(number, _)) => CopyValue::Text(format!("-{number}"), true),
            (Token::Plus, Token::Number(number, _)) => CopyValue::Text(number.clone(), true),
            (Token::LParen, _) => return Err(syntax(Some(number), positions)),
            _ => return Err(syntax(Some(number), positions)),
        },
        [open, inner @ .., last] if open.token == Token::LParen && last.token == Token::RParen => {
            let items = inner.split(|token| token.token == Token::Comma).map(|item| match item {
                [one] => match scalar(one, positions)? {
                    CopyValue::Text(text, _) => Ok(text),
                    _ => Err(syntax(Some(one), positions)),
                },
                [_, second, ..] => Err(syntax(Some(second), positions)),
                [] => Err(syntax(Some(last), positions)),
            });
            CopyValue::Columns(items.collect::<Result<_>>()?)
        }
        [_, second, ..] => return Err(syntax(Some(second), positions)),
    };
    Ok(CopyOption { name, value, position: positions.of(first.span.start) })
}

fn scalar(token: &TokenWithSpan, positions: &Positions) -> Result<CopyValue> {
    match &token.token {
        Token::Number(number, _) => Ok(CopyValue::Text(number.clone(), true)),
        other => match string(other).or_else(|| name(Some(token))) {
            Some(text) => Ok(CopyValue::Text(text, false)),
            None => Err(syntax(Some(token), positions)),
        },
    }
}

/// The old form, without parentheses: `CSV HEADER DELIMITER AS ',' NULL '' FORCE QUOTE a, b`.
fn old(tokens: &[TokenWithSpan], table: bool, options: &mut Vec<CopyOption>, positions: &Positions) -> Result<()> {
    let mut i = 0;
    while let Some(first) = tokens.get(i) {
        let text = |text: &str| CopyValue::Text(text.to_owned(), false);
        let (name, value) = match (word(Some(first)).as_str(), word(tokens.get(i + 1)).as_str()) {
            (format @ ("csv" | "binary"), _) => ("format", text(format)),
            (flag @ ("header" | "freeze"), _) => (if flag == "header" { "header" } else { "freeze" }, text("true")),
            (key @ ("delimiter" | "null" | "quote" | "escape" | "encoding"), next) => {
                i += if next == "as" && key != "encoding" { 2 } else { 1 };
                let value = tokens.get(i).and_then(|token| string(&token.token)).ok_or_else(|| syntax(tokens.get(i), positions))?;
                let key = ["delimiter", "null", "quote", "escape", "encoding"].into_iter().find(|known| *known == key).unwrap_or_default();
                (key, text(&value))
            }
            ("force", "quote") if tokens.get(i + 2).is_some_and(|token| token.token == Token::Mul) => {
                i += 2;
                ("force_quote", CopyValue::All)
            }
            ("force", second @ ("quote" | "not" | "null")) => {
                let key = match second {
                    "quote" => "force_quote",
                    "not" => "force_not_null",
                    _ => "force_null",
                };
                if second == "not" && word(tokens.get(i + 2)) != "null" {
                    return Err(syntax(tokens.get(i + 2), positions));
                }
                i += if second == "not" { 3 } else { 2 };
                let from = i;
                while tokens.get(i + 1).is_some_and(|token| token.token == Token::Comma) {
                    i += 2;
                }
                let listed = tokens.get(from..=i).ok_or_else(|| syntax(tokens.get(i), positions))?;
                (key, CopyValue::Columns(names(listed, tokens.get(i), positions)?))
            }
            ("where", _) if table => return Err(no_where(first, positions)),
            _ => return Err(syntax(Some(first), positions)),
        };
        options.push(CopyOption { name: name.to_owned(), value, position: positions.of(first.span.start) });
        i += 1;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::classify;
    use super::*;

    fn copy(text: &str) -> Result<Copy> {
        match classify(parse::parse(text)?.remove(0))? {
            Class::Copy(copy) => Ok(copy),
            other => panic!("{other:?}"),
        }
    }

    fn options(text: &str) -> String {
        let shown = |option: &CopyOption| match &option.value {
            CopyValue::Absent => option.name.clone(),
            CopyValue::Text(text, _) => format!("{}={text}", option.name),
            CopyValue::Columns(names) => format!("{}=({})", option.name, names.join(" ")),
            CopyValue::All => format!("{}=*", option.name),
        };
        match copy(text) {
            Ok(copy) => copy.options.iter().map(shown).collect::<Vec<_>>().join(" "),
            Err(report) => format!("{report} at {:?}", report.position),
        }
    }

    #[test]
    fn both_syntaxes() {
        assert_eq!(options("COPY (SELECT 1) TO STDOUT WITH (FORMAT csv, HEADER, null -1)"), "format=csv header null=-1");
        assert_eq!(options("copy t (a, \"B\") to stdout (force_quote (a, \"B\"), force_quote *)"), "force_quote=(a B) force_quote=*");
        assert_eq!(
            options(
                "copy (select 1) to stdout delimiter as '|' null 'x' csv header quote as '%' escape '!' force quote a, b encoding 'utf8'"
            ),
            "delimiter=| null=x format=csv header=true quote=% escape=! force_quote=(a b) encoding=utf8"
        );
        assert_eq!(options("copy binary t to stdout"), "format=binary");
        assert_eq!(options("copy (table t) to stdin with csv"), "format=csv");
        assert_eq!(options("copy t to stdout using delimiters '|' with csv"), "delimiter=| format=csv");
    }

    #[test]
    fn malformed_ones() {
        assert_eq!(options("copy (select 1) to stdout ()"), "42601: syntax error at or near \")\" at Some(28)");
        assert_eq!(options("copy (select 1) to stdout (force_quote (a,b,))"), "42601: syntax error at or near \")\" at Some(45)");
        assert_eq!(options("copy (select 1) to stdout csv foo"), "42601: syntax error at or near \"foo\" at Some(31)");
        assert_eq!(options("copy (select 1) to stdout using delimiters '|'"), "42601: syntax error at or near \"using\" at Some(27)");
        assert_eq!(options("copy t to stdout where true"), "42601: WHERE clause not allowed with COPY TO at Some(18)");
        assert_eq!(options("copy (select 1) from stdin"), "42601: syntax error at or near \"from\" at Some(17)");
        assert_eq!(options("copy t from stdin"), "25006: cannot execute COPY FROM in a read-only transaction at None");
    }

    #[test]
    fn a_table_becomes_a_query() {
        let copy = copy("COPY s.\"Order\" (a, user) TO STDOUT").unwrap();
        assert_eq!(copy.read.query.to_string(), r#"SELECT "a", "user" FROM "s"."Order""#);
        assert_eq!(copy.table, Some(("Order".to_owned(), vec!["a".to_owned(), "user".to_owned()])));
    }
}
