//! What PostgreSQL's grammar refuses and sqlparser reads: words of other dialects, types called like functions, brackets without ARRAY.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::dialect::NO_OPERAND;
use super::misplaced::{comma_without_in, misplaced_argument, misplaced_field, misplaced_length, misplaced_type};
use super::{Positions, at_end, closing, near, word, writes};
use crate::error::{Report, Result, SqlState};

/// Refuses the first form that is not PostgreSQL's.
///
/// # Errors
/// 42601 at the token that PostgreSQL names.
pub fn check(tokens: &[TokenWithSpan], positions: &Positions, text: &str) -> Result<()> {
    // The brackets that are open: is each an array's?
    let mut brackets: Vec<bool> = Vec::new();
    // The parentheses that are open: is each a call's? And what a bracket may not follow, if the token before ended it.
    let mut calls: Vec<bool> = Vec::new();
    let mut whole = false;
    for (i, token) in tokens.iter().enumerate() {
        let before = i.checked_sub(1).and_then(|at| tokens.get(at));
        let after = tokens.get(i + 1);
        let wrong = |token: Option<&TokenWithSpan>| match token {
            Some(token) => Err(near(token, positions, text)),
            None => Err(at_end(tokens.last().map(|token| token.span.end), positions, text)),
        };
        let follows_whole = std::mem::replace(&mut whole, ends_whole(token));
        match &token.token {
            Token::LParen => calls.push(is_call(tokens, i)),
            Token::RParen => whole = calls.pop().unwrap_or(false),
            Token::LBracket => {
                let array = is_word(before, Keyword::ARRAY)
                    || brackets.last() == Some(&true)
                        && before.is_some_and(|before| matches!(before.token, Token::LBracket | Token::Comma));
                if !array && (follows_whole || !ends_operand(before)) {
                    return wrong(Some(token));
                }
                if is_word(after, Keyword::OFFSET) {
                    return wrong(after);
                }
                brackets.push(array);
            }
            Token::RBracket => whole = brackets.pop() == Some(true),
            Token::Placeholder(name) if name.starts_with(':') && brackets.last() != Some(&false) => {
                let message = "syntax error at or near \":\"";
                return Err(Report::new(SqlState::SYNTAX_ERROR, message).at(positions.of(token.span.start)));
            }
            Token::Colon if brackets.last() != Some(&false) => return wrong(Some(token)),
            Token::Comma if after.is_some_and(begins_nothing) => return wrong(after),
            Token::SingleQuotedString(_) | Token::EscapedStringLiteral(_) if matches!(after, Some(TokenWithSpan { token: Token::SingleQuotedString(_), span }) if span.start.line == token.span.end.line) =>
            {
                return wrong(after);
            }
            Token::DoubleColon if after.is_some_and(begins_clause) => return wrong(after),
            Token::DoubleColon => {
                if let Some(at) = misplaced_length(tokens, i + 1) {
                    return wrong(tokens.get(at));
                }
            }
            Token::Word(inner) if inner.quote_style.is_none() && !is_point(before) => match inner.keyword {
                Keyword::FETCH if !matches!(word(after).as_str(), "first" | "next") && ends_operand(before) => return wrong(after),
                Keyword::IGNORE | Keyword::RESPECT
                    if word(after) == "nulls" && !matches!(word(tokens.get(i + 2)).as_str(), "first" | "last") =>
                {
                    return wrong(after);
                }
                Keyword::FROM | Keyword::JOIN if after.is_some_and(begins_nothing) => return wrong(after),
                Keyword::INNER | Keyword::CROSS | Keyword::LEFT | Keyword::RIGHT | Keyword::FULL
                    if !is_word(before, Keyword::AS) && joins_nothing(inner.keyword, after) =>
                {
                    return wrong(after);
                }
                Keyword::OUTER if !is_word(after, Keyword::JOIN) && matches!(word(before).as_str(), "left" | "right" | "full") => {
                    return wrong(after);
                }
                Keyword::WITH if is_word(after, Keyword::OFFSET) => return wrong(Some(token)),
                // A name is no string.
                Keyword::AS | Keyword::WITH if after.is_some_and(|after| matches!(after.token, Token::SingleQuotedString(_))) => {
                    return wrong(after);
                }
                Keyword::AS => {
                    if let Some(at) = misplaced_length(tokens, i + 1) {
                        return wrong(tokens.get(at));
                    }
                }
                Keyword::CURRENT_CATALOG
                | Keyword::CURRENT_DATE
                | Keyword::CURRENT_ROLE
                | Keyword::CURRENT_USER
                | Keyword::SESSION_USER
                | Keyword::USER
                    if opens(after) && !is_word(before, Keyword::AS) =>
                {
                    return wrong(after);
                }
                Keyword::CURRENT_TIME | Keyword::CURRENT_TIMESTAMP | Keyword::LOCALTIME | Keyword::LOCALTIMESTAMP
                    if opens(after) && !is_word(before, Keyword::AS) =>
                {
                    if !tokens.get(i + 2).is_some_and(is_integer) {
                        return wrong(tokens.get(i + 2));
                    }
                    if tokens.get(i + 3).is_none_or(|next| next.token != Token::RParen) {
                        return wrong(tokens.get(i + 3));
                    }
                }
                Keyword::EXTRACT if opens(after) && stands_as_operand(before) => {
                    if let Some(at) = misplaced_field(tokens, i + 1) {
                        return wrong(tokens.get(at));
                    }
                }
                Keyword::DISTINCT
                    if word(before) == "select" && after.is_none_or(|next| next.token == Token::RParen || begins_clause(next)) =>
                {
                    return wrong(after);
                }
                Keyword::UNION if word(after) == "by" => return wrong(after),
                Keyword::BY if matches!(word(after).as_str(), "all" | "distinct") && word(before) == "group" => {
                    let next = tokens.get(i + 2);
                    if next.is_none_or(|next| next.token == Token::RParen || begins_clause(next)) {
                        return wrong(next);
                    }
                }
                Keyword::LIMIT
                    if tokens.get(i + 2).is_some_and(|token| token.token == Token::Comma)
                        && after.is_some_and(|after| matches!(after.token, Token::Number(..) | Token::Placeholder(_))) =>
                {
                    return Err(Report::new(SqlState::SYNTAX_ERROR, "LIMIT #,# syntax is not supported")
                        .hint("Use separate LIMIT and OFFSET clauses.")
                        .at(positions.of(token.span.start)));
                }
                Keyword::SAFE_CAST | Keyword::TRY_CAST if opens(after) => {
                    let end = closing(tokens, i + 1).unwrap_or(tokens.len() - 1);
                    if let Some(at) = tokens[i..end].iter().position(|token| word(Some(token)) == "as") {
                        return wrong(tokens.get(i + at));
                    }
                }
                Keyword::POSITION if opens(after) => {
                    if let Some(comma) = comma_without_in(tokens, i + 1) {
                        return wrong(tokens.get(comma));
                    }
                }
                _ if opens(after) && stands_as_operand(before) => {
                    if let Some(at) = misplaced_type(tokens, i).or_else(|| misplaced_argument(tokens, i)) {
                        return wrong(tokens.get(at));
                    }
                }
                _ => {}
            },
            _ => {}
        }
    }
    Ok(())
}

/// What is PostgreSQL's and has no place here: WITH that writes, functions of XML.
pub fn unsupported(tokens: &[TokenWithSpan], positions: &Positions) -> Option<Report> {
    for (i, token) in tokens.iter().enumerate() {
        let before = i.checked_sub(1).and_then(|at| tokens.get(at));
        // All of these have a parenthesis beside them.
        if !opens(before) && !opens(tokens.get(i + 1)) {
            continue;
        }
        let word_at = |n: usize| word(tokens.get(i + n));
        match word(Some(token)).as_str() {
            "insert" | "update" | "delete" | "merge" if opens(before) => {
                let two_back = word(i.checked_sub(2).and_then(|at| tokens.get(at)));
                if two_back == "as" || two_back == "materialized" {
                    // PostgreSQL tells what the statement itself writes.
                    let verb = writes(tokens).map_or(word_at(0), |verb| word(tokens.get(verb)));
                    let message = format!("cannot execute {} in a read-only transaction", verb.to_ascii_uppercase());
                    return Some(Report::new(SqlState::READ_ONLY_SQL_TRANSACTION, message));
                }
            }
            name
            @ ("xmlelement" | "xmlforest" | "xmlpi" | "xmlroot" | "xmlserialize" | "xmlparse" | "xmlexists" | "xmltable" | "treat")
                if opens(tokens.get(i + 1)) && !is_point(before) =>
            {
                return Some(Report::unsupported(format!("function {name}")).at(positions.of(token.span.start)));
            }
            _ => {}
        }
    }
    None
}

fn is_name(token: Option<&TokenWithSpan>) -> bool {
    matches!(token.map(|token| &token.token), Some(Token::Word(_)))
}

fn is_integer(token: &TokenWithSpan) -> bool {
    matches!(&token.token, Token::Number(digits, _) if digits.bytes().all(|digit| digit.is_ascii_digit()))
}

pub(super) fn is_word(token: Option<&TokenWithSpan>, keyword: Keyword) -> bool {
    matches!(token.map(|token| &token.token), Some(Token::Word(word)) if word.keyword == keyword && word.quote_style.is_none())
}

fn is_point(token: Option<&TokenWithSpan>) -> bool {
    token.is_some_and(|token| matches!(token.token, Token::Period))
}

pub(super) fn opens(token: Option<&TokenWithSpan>) -> bool {
    token.is_some_and(|token| matches!(token.token, Token::LParen))
}

/// Tells whether a word behind INNER, LEFT and their like is another than JOIN and OUTER, and begins no clause: these words may label a column.
fn joins_nothing(kind: Keyword, after: Option<&TokenWithSpan>) -> bool {
    let is_outer = matches!(kind, Keyword::LEFT | Keyword::RIGHT | Keyword::FULL);
    match word(after).as_str() {
        "join" | "as" => false,
        "outer" => !is_outer,
        _ => is_name(after) && !after.is_some_and(begins_clause),
    }
}

/// Tells whether neither an operand nor a FROM item begins with a word.
pub(super) fn begins_nothing(token: &TokenWithSpan) -> bool {
    matches!(&token.token, Token::Word(word) if word.quote_style.is_none() && word.keyword != Keyword::NoKeyword && NO_OPERAND.contains(&word.keyword))
}

/// Tells whether a reserved word begins a clause behind the select list.
fn begins_clause(token: &TokenWithSpan) -> bool {
    const CLAUSES: [Keyword; 9] = [
        Keyword::FROM,
        Keyword::WHERE,
        Keyword::GROUP,
        Keyword::HAVING,
        Keyword::ORDER,
        Keyword::LIMIT,
        Keyword::UNION,
        Keyword::EXCEPT,
        Keyword::INTERSECT,
    ];
    matches!(&token.token, Token::Word(word) if word.quote_style.is_none() && CLAUSES.contains(&word.keyword))
}

/// Tells whether a parenthesis encloses the arguments of a call, which no subscript follows: PostgreSQL wants `(f(x))[1]`.
fn is_call(tokens: &[TokenWithSpan], open: usize) -> bool {
    let Some(mut at) = open.checked_sub(1).filter(|at| is_name(tokens.get(*at))) else { return false };
    while at >= 2 && is_point(tokens.get(at - 1)) && is_name(tokens.get(at - 2)) {
        at -= 2;
    }
    let first = tokens.get(at);
    let named = !first.is_some_and(
        |first| matches!(&first.token, Token::Word(word) if word.quote_style.is_none() && stands_before_operand(word.keyword)),
    ) && !matches!(
        word(first).as_str(),
        "in" | "any"
            | "all"
            | "some"
            | "as"
            | "from"
            | "join"
            | "lateral"
            | "using"
            | "values"
            | "row"
            | "symmetric"
            | "asymmetric"
            | "both"
            | "leading"
            | "trailing"
    );
    named && stands_as_operand(at.checked_sub(1).and_then(|before| tokens.get(before)))
}

/// Tells whether a token is a constant, which no subscript follows.
fn ends_whole(token: &TokenWithSpan) -> bool {
    let string = matches!(token.token, Token::SingleQuotedString(_) | Token::EscapedStringLiteral(_) | Token::DollarQuotedString(_));
    string || matches!(token.token, Token::Number(..)) || is_word(Some(token), Keyword::END) || is_word(Some(token), Keyword::NULL)
}

/// Tells whether a subscript may follow a token.
fn ends_operand(token: Option<&TokenWithSpan>) -> bool {
    match token.map(|token| &token.token) {
        Some(Token::Word(word)) => {
            word.quote_style.is_some()
                || !(stands_before_operand(word.keyword)
                    || matches!(word.keyword, Keyword::IN | Keyword::LIKE | Keyword::ILIKE | Keyword::IS | Keyword::FROM | Keyword::AS))
        }
        Some(Token::RParen | Token::RBracket | Token::Placeholder(_) | Token::Number(..) | Token::Mul) => true,
        Some(Token::SingleQuotedString(_) | Token::EscapedStringLiteral(_) | Token::DollarQuotedString(_)) => true,
        _ => false,
    }
}

/// Tells whether what stands behind a token is an operand, and neither a type nor an alias.
pub(super) fn stands_as_operand(before: Option<&TokenWithSpan>) -> bool {
    match before.map(|token| &token.token) {
        None | Some(Token::DoubleColon | Token::Period | Token::RParen | Token::RBracket | Token::Number(..)) => false,
        Some(Token::SingleQuotedString(_) | Token::EscapedStringLiteral(_) | Token::Placeholder(_)) => false,
        Some(Token::Word(word)) => word.quote_style.is_none() && stands_before_operand(word.keyword),
        Some(_) => true,
    }
}

pub(super) fn stands_before_operand(keyword: Keyword) -> bool {
    matches!(
        keyword,
        Keyword::SELECT
            | Keyword::DISTINCT
            | Keyword::WHERE
            | Keyword::AND
            | Keyword::OR
            | Keyword::NOT
            | Keyword::BY
            | Keyword::ON
            | Keyword::HAVING
            | Keyword::CASE
            | Keyword::WHEN
            | Keyword::THEN
            | Keyword::ELSE
            | Keyword::BETWEEN
    )
}

#[test]
fn forms_of_other_dialects() {
    let position = |text: &str| super::parse(text).unwrap_err();
    for (text, at) in [
        ("SELECT [1,2]", 8),
        ("SELECT f([1])", 10),
        ("SELECT a = ANY [1]", 16),
        ("SELECT numeric(1)", 18),
        ("SELECT varchar('x')", 16),
        ("SELECT int(x)", 11),
        ("SELECT interval(1, 0)", 18),
        ("SELECT k FROM t FETCH 1 ROW", 23),
        ("SELECT :name", 8),
        ("SELECT 'a' 'b'", 12),
        ("SELECT k, FROM t", 11),
        ("SELECT lag(k) IGNORE NULLS OVER () FROM t", 22),
        ("SELECT k FROM t LIMIT 1, 2", 17),
        ("SELECT k FROM t GROUP BY ALL", 29),
        ("SELECT SAFE_CAST(1 AS int)", 20),
        ("SELECT a[OFFSET(0)] FROM t", 10),
        ("SELECT ARRAY[1,2][2]", 18),
        ("SELECT ARRAY(SELECT 1)[1]", 23),
        ("SELECT s.f(1)[1]", 14),
        ("SELECT 'abc'[1]", 13),
        ("SELECT 1 < 2 = true", 14),
        ("SELECT a LIKE b NOT LIKE c", 17),
        ("SELECT a BETWEEN 1 AND 2 IN (true)", 26),
        ("SELECT a IS DISTINCT FROM b IS DISTINCT FROM c", 29),
        ("SELECT current_date()", 20),
        ("SELECT current_timestamp(a)", 26),
        ("SELECT extract(year, a)", 20),
        ("SELECT nullif(a)", 16),
        ("SELECT nullif(a, f(b, c), ARRAY[1, 2])", 25),
        ("SELECT coalesce()", 17),
        ("SELECT a::int(11)", 14),
        ("SELECT CAST(a AS varchar(max))", 26),
        ("SELECT a AS 'b'", 13),
        ("SELECT a FROM t INNER OUTER JOIN u ON true", 23),
        ("SELECT a FROM t LEFT u ON true", 22),
        ("SELECT DISTINCT FROM t", 17),
        ("SELECT a FROM t, SELECT b", 18),
    ] {
        assert_eq!(position(text).position, Some(at), "{text}: {}", position(text));
    }
    for text in [
        "SELECT a BETWEEN SYMMETRIC (b)[1] AND c",
        "SELECT trim(BOTH (a)[1] FROM b)",
        "SELECT ARRAY[[1,2],[3,4]], a[1], (a)[2:3], '{1}'::int[], $1[1], a[:2], a[lower:upper], x.user[1] FROM t",
        "SELECT numeric(10,2) '1.5', x::numeric(4), CAST(y AS varchar(3)), time(3) '12:00', \"varchar\"('x') FROM f() AS g(a numeric(3), b bit(4))",
        "SELECT 1 IN (1) IN (true), 1 IS NULL IS NULL, 1 = ANY (a) = true, 1 OPERATOR(pg_catalog.=) 1 = true, 1 = 1 IS NULL FROM t",
        "SELECT 1 left, 2 AS right, current_schema(), current_time(3), pg_catalog.user() FROM ONLY t, ONLY (u) FULL OUTER JOIN v ON true",
        "WITH extract(a, b) AS (SELECT 1, nullif(2, 3)) SELECT string, enum.x, number, a::double precision FROM extract, x AS int (a)",
        "SELECT ignore FROM t ORDER BY ignore NULLS FIRST FETCH FIRST 2 ROWS ONLY",
        "SELECT int4(x), (ARRAY(SELECT 1))[1], (f(x))[1], (ARRAY[1])[1], x::varchar(3)[1], (SELECT y)[1] FROM t WHERE a IN (1) AND interval(1) '1 s' > x",
    ] {
        super::parse(text).unwrap_or_else(|error| panic!("{text}: {error} at {:?}", error.position));
    }
}
