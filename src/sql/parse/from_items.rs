//! FROM as PostgreSQL's grammar has it: `ONLY t`, `t *`, functions of a special syntax as items, and which JOIN needs a condition.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::rewrite::ROWS_FROM;
use super::{Positions, closing, near, taken, word};
use crate::error::Result;

/// What stands between two parentheses.
#[derive(Default)]
struct Level {
    /// SELECT was seen: FROM begins its list.
    is_query: bool,
    /// Inside the list of FROM.
    from: bool,
    /// An item is due.
    expects: bool,
    /// JOINs whose condition is due.
    joins: Vec<Pending>,
}

/// A JOIN whose condition is due.
struct Pending {
    /// Where its right side begins in what is written.
    right: usize,
    /// Its right side is a join itself: the condition stands behind that one's.
    joined: bool,
}

/// Rewrites the items of FROM into forms that sqlparser knows.
///
/// # Errors
/// 42601 where a JOIN lacks its condition or a string stands for a table.
pub fn rewritten(mut tokens: Vec<TokenWithSpan>, positions: &Positions, text: &str) -> Result<Vec<TokenWithSpan>> {
    let mut out: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    let mut levels = vec![Level::default()];
    let mut i = 0;
    while let Some(token) = tokens.get(i) {
        let outer = levels.last_mut().expect("the text itself is a level");
        if outer.from && outer.expects {
            match item(&tokens[i..]) {
                Item::Taken(replaced, len) => {
                    outer.expects = false;
                    out.extend(replaced);
                    i += len;
                    continue;
                }
                Item::Name(len) => {
                    outer.expects = false;
                    out.extend(tokens[i..i + len].iter_mut().map(taken));
                    i += len;
                    continue;
                }
                Item::Wrong => return Err(near(token, positions, text)),
                Item::Other => {}
            }
        }
        match &token.token {
            Token::LParen => {
                let joined = outer.from && outer.expects && !super::query_word(tokens.get(i + 1));
                outer.expects = false;
                levels.push(Level { from: joined, expects: joined, ..Level::default() });
            }
            Token::RParen => {
                if outer.from && !outer.joins.is_empty() {
                    return Err(near(token, positions, text));
                }
                if levels.len() > 1 {
                    levels.pop();
                }
            }
            Token::Comma if outer.from => {
                if !outer.joins.is_empty() {
                    return Err(near(token, positions, text));
                }
                outer.expects = true;
            }
            Token::Word(inner) if inner.quote_style.is_none() && !follows_point(&out) => match inner.keyword {
                Keyword::SELECT => *outer = Level { is_query: true, ..Level::default() },
                Keyword::FROM if outer.is_query && !is_distinct_from(&out) => (outer.from, outer.expects) = (true, true),
                Keyword::JOIN if outer.from => {
                    outer.expects = true;
                    if let Some(pending) = outer.joins.last_mut() {
                        pending.joined = true;
                    }
                    if needs_condition(&out) {
                        outer.joins.push(Pending { right: out.len() + 1, joined: false });
                    }
                }
                Keyword::ON if outer.from && outer.joins.is_empty() => return Err(near(token, positions, text)),
                Keyword::ON | Keyword::USING if outer.from => {
                    let named = if inner.keyword == Keyword::USING { using_alias(&tokens, i) } else { None };
                    // a JOIN b LEFT JOIN c ON x ON y is a JOIN (b LEFT JOIN c ON x) ON y.
                    if let Some(Pending { right, joined: true }) = outer.joins.pop() {
                        let (first, last) = (out.get(right).map_or(token.span, |first| first.span), token.span);
                        out.insert(right, TokenWithSpan { token: Token::LParen, span: first });
                        out.push(TokenWithSpan { token: Token::RParen, span: last });
                    }
                    if let Some(end) = named {
                        name_using(&mut tokens, end);
                    }
                }
                // f(...) AS (a int): the item has the function's own name.
                Keyword::AS if outer.from && follows_call(&out) && defines_columns(&tokens[i + 1..]) => {
                    let span = token.span;
                    out.push(taken(&mut tokens[i]));
                    out.push(TokenWithSpan { token: Token::make_word(UNNAMED, Some('"')), span });
                    i += 1;
                    continue;
                }
                keyword if outer.from && ends_from(keyword) => {
                    if !outer.joins.is_empty() {
                        return Err(near(token, positions, text));
                    }
                    outer.from = false;
                }
                _ => {}
            },
            _ => {}
        }
        out.push(taken(&mut tokens[i]));
        i += 1;
    }
    if levels.last().is_some_and(|level| level.from && !level.joins.is_empty()) {
        return Err(super::at_end(tokens.last().map(|token| token.span.end), positions, text));
    }
    Ok(out)
}

/// The alias of a function whose columns are defined without one.
pub const UNNAMED: &str = "sluice$unnamed";

/// `(name type, ...)`
fn defines_columns(tokens: &[TokenWithSpan]) -> bool {
    let [open, name, next, ..] = tokens else { return false };
    let has_type = !matches!(next.token, Token::Comma | Token::RParen);
    open.token == Token::LParen && matches!(name.token, Token::Word(_)) && has_type
}

/// Tells whether a call ends here: a parenthesis that a name stands before.
fn follows_call(out: &[TokenWithSpan]) -> bool {
    if out.last().is_none_or(|token| token.token != Token::RParen) {
        return false;
    }
    let mut depth = 0_usize;
    let open = out.iter().rposition(|token| {
        match token.token {
            Token::RParen => depth += 1,
            Token::LParen => depth -= 1,
            _ => {}
        }
        depth == 0
    });
    let before = open.and_then(|open| open.checked_sub(1)).and_then(|at| out.get(at));
    let name = before.and_then(|before| if let Token::Word(name) = &before.token { Some(name) } else { None });
    name.is_some_and(|name| {
        let joins = matches!(name.keyword, Keyword::FROM | Keyword::JOIN | Keyword::LATERAL | Keyword::ONLY | Keyword::VALUES);
        name.quote_style.is_some() || !joins
    })
}

/// The first part of the name that stands for the alias behind USING.
pub const USING_ALIAS: &str = "sluice$using";

/// Where the list of USING ends, if `AS name` follows.
fn using_alias(tokens: &[TokenWithSpan], using: usize) -> Option<usize> {
    if tokens.get(using + 1)?.token != Token::LParen {
        return None;
    }
    let end = closing(tokens, using + 1)?;
    let named = word(tokens.get(end + 1)) == "as" && matches!(tokens.get(end + 2)?.token, Token::Word(_));
    named.then_some(end)
}

/// `USING (a, b) AS u` becomes `USING (a, b, "sluice$using".u)`: sqlparser has no place for the name.
fn name_using(tokens: &mut Vec<TokenWithSpan>, end: usize) {
    let span = tokens[end + 1].span;
    let like = |token: Token| TokenWithSpan { token, span };
    let name = tokens[end + 2].clone();
    let mark = [like(Token::Comma), like(Token::make_word(USING_ALIAS, Some('"'))), like(Token::Period), name];
    tokens.splice(end + 1..end + 3, []);
    tokens.splice(end..end, mark);
}

/// What begins where an item of FROM is due.
enum Item {
    /// So many tokens as they stand.
    Name(usize),
    /// These tokens in place of so many.
    Taken(Vec<TokenWithSpan>, usize),
    /// A string or a reserved word, which names no table.
    Wrong,
    /// Something that says itself that it is no item yet, or a parenthesis.
    Other,
}

fn item(tokens: &[TokenWithSpan]) -> Item {
    let first = &tokens[0];
    let Token::Word(inner) = &first.token else {
        return if matches!(first.token, Token::SingleQuotedString(_)) { Item::Wrong } else { Item::Other };
    };
    let unquoted = inner.quote_style.is_none();
    let name = word(Some(first));
    if unquoted && inner.keyword == Keyword::TABLE && tokens.get(1).is_none_or(|next| next.token != Token::LParen) {
        return Item::Wrong;
    }
    if unquoted && matches!(inner.keyword, Keyword::LATERAL | Keyword::SELECT | Keyword::VALUES) {
        return Item::Other;
    }
    if unquoted && name == "only" {
        return only(tokens);
    }
    // ROWS FROM (f(...), g(...)) becomes a call of a name that the binder knows.
    if unquoted && name == "rows" && word(tokens.get(1)) == "from" && tokens.get(2).is_some_and(|token| token.token == Token::LParen) {
        let token = Token::make_word(ROWS_FROM, Some('"'));
        return Item::Taken(vec![TokenWithSpan { token, span: first.span }], 2);
    }
    if unquoted && let Some(len) = special(tokens) {
        return function(tokens, len);
    }
    let len = name_length(tokens);
    match tokens.get(len).map(|token| &token.token) {
        // t * says that its children are meant, as t does.
        Some(Token::Mul) => Item::Taken(tokens[..len].to_vec(), len + 1),
        _ => Item::Name(len),
    }
}

/// `ONLY t`, `ONLY (t)`: tables have no children here.
fn only(tokens: &[TokenWithSpan]) -> Item {
    match tokens.get(1).map(|token| &token.token) {
        Some(Token::Word(_)) => {
            let len = name_length(&tokens[1..]);
            Item::Taken(tokens[1..=len].to_vec(), 1 + len)
        }
        Some(Token::LParen) => match closing(tokens, 1) {
            Some(end) if end == 2 + name_length(&tokens[2..]) => Item::Taken(tokens[2..end].to_vec(), end + 1),
            _ => Item::Other,
        },
        _ => Item::Other,
    }
}

/// How many tokens a name like `a.b.c` has.
fn name_length(tokens: &[TokenWithSpan]) -> usize {
    let mut len = usize::from(matches!(tokens.first().map(|token| &token.token), Some(Token::Word(_))));
    while len > 0
        && tokens.get(len).is_some_and(|token| token.token == Token::Period)
        && matches!(tokens.get(len + 1).map(|token| &token.token), Some(Token::Word(_)))
    {
        len += 2;
    }
    len
}

/// How many tokens an expression has that gram.y allows as an item (`func_expr_common_subexpr`) and sqlparser does not.
fn special(tokens: &[TokenWithSpan]) -> Option<usize> {
    let name = word(tokens.first());
    let called = tokens.get(1).is_some_and(|token| token.token == Token::LParen);
    let point = tokens.get(1).is_some_and(|token| token.token == Token::Period);
    match name.as_str() {
        "substring" | "position" | "overlay" | "trim" | "extract" | "coalesce" | "greatest" | "least" | "nullif" if called => {
            closing(tokens, 1).map(|end| end + 1)
        }
        "current_time" | "current_timestamp" | "localtime" | "localtimestamp" if called => closing(tokens, 1).map(|end| end + 1),
        "current_date" | "current_time" | "current_timestamp" | "localtime" | "localtimestamp" | "current_role" | "current_user"
        | "session_user" | "user" | "current_catalog" | "current_schema"
            if !called && !point =>
        {
            Some(1)
        }
        _ => None,
    }
}

/// `substring(...) AS s` becomes `LATERAL (SELECT substring(...)) AS s("s")`: a function's only column is called as its alias.
fn function(tokens: &[TokenWithSpan], len: usize) -> Item {
    let span = tokens[0].span;
    let like = |token: Token| TokenWithSpan { token, span };
    let keyword = |name: &str| like(Token::make_keyword(name));
    let mut out = vec![keyword("LATERAL"), like(Token::LParen), keyword("SELECT")];
    out.extend(tokens[..len].iter().cloned());
    out.extend([like(Token::RParen), keyword("AS")]);
    let mut at = len;
    if word(tokens.get(at)) == "as" {
        at += 1;
    }
    let alias = match tokens.get(at).map(|token| &token.token) {
        Some(Token::Word(inner)) if at > len || inner.quote_style.is_some() || may_be_alias(inner.keyword) => {
            at += 1;
            tokens[at - 1].clone()
        }
        _ => like(Token::make_word(own_name(tokens).as_str(), Some('"'))),
    };
    let listed = tokens.get(at).is_some_and(|token| token.token == Token::LParen);
    out.push(alias.clone());
    if !listed {
        out.extend([like(Token::LParen), alias, like(Token::RParen)]);
    }
    Item::Taken(out, at)
}

/// What the function is called: `trim` stands for three.
fn own_name(tokens: &[TokenWithSpan]) -> String {
    match (word(tokens.first()).as_str(), word(tokens.get(2)).as_str()) {
        ("trim", "leading") => "ltrim".into(),
        ("trim", "trailing") => "rtrim".into(),
        ("trim", _) => "btrim".into(),
        (name, _) => name.into(),
    }
}

/// Tells whether a word behind an item may be its alias without AS.
fn may_be_alias(keyword: Keyword) -> bool {
    !ends_from(keyword)
        && !matches!(
            keyword,
            Keyword::JOIN
                | Keyword::ON
                | Keyword::USING
                | Keyword::INNER
                | Keyword::LEFT
                | Keyword::RIGHT
                | Keyword::FULL
                | Keyword::CROSS
                | Keyword::NATURAL
                | Keyword::WITH
                | Keyword::TABLESAMPLE
        )
}

/// Tells whether a reserved word ends the list of FROM.
fn ends_from(keyword: Keyword) -> bool {
    matches!(
        keyword,
        Keyword::WHERE
            | Keyword::GROUP
            | Keyword::HAVING
            | Keyword::ORDER
            | Keyword::LIMIT
            | Keyword::OFFSET
            | Keyword::FETCH
            | Keyword::FOR
            | Keyword::WINDOW
            | Keyword::UNION
            | Keyword::EXCEPT
            | Keyword::INTERSECT
    )
}

fn follows_point(out: &[TokenWithSpan]) -> bool {
    out.last().is_some_and(|token| matches!(token.token, Token::Period))
}

/// `IS [NOT] DISTINCT FROM`
fn is_distinct_from(out: &[TokenWithSpan]) -> bool {
    let back = |n: usize| word(out.len().checked_sub(n).and_then(|at| out.get(at)));
    back(1) == "distinct" && (back(2) == "is" || back(2) == "not")
}

/// Tells whether the JOIN behind these tokens needs ON or USING.
fn needs_condition(out: &[TokenWithSpan]) -> bool {
    let kinds = out.iter().rev().map(|token| word(Some(token)));
    let mut kinds = kinds.take_while(|kind| matches!(kind.as_str(), "inner" | "left" | "right" | "full" | "outer" | "cross" | "natural"));
    !kinds.any(|kind| kind == "cross" || kind == "natural")
}

#[test]
fn items_and_conditions() {
    let shown = |text: &str| match super::parse(text).map(|mut statements| statements.remove(0).body) {
        Ok(super::Body::Query(query)) => query.to_string(),
        Ok(_) => "no query".into(),
        Err(report) => format!("{report} at {:?}", report.position),
    };
    for (text, expected) in [
        ("SELECT a * b FROM ONLY t, ONLY (s.u) AS x, v * w", "SELECT a * b FROM t, s.u AS x, v w"),
        ("SELECT 1 FROM user", "SELECT 1 FROM LATERAL (SELECT user) AS \"user\" (\"user\")"),
        ("SELECT 1 FROM t JOIN current_date d ON true", "SELECT 1 FROM t JOIN LATERAL (SELECT current_date) AS d (d) ON true"),
        ("SELECT a IS DISTINCT FROM user FROM t", "SELECT a IS DISTINCT FROM user FROM t"),
        ("SELECT 1 FROM a JOIN b JOIN c ON 1 = 2", "42601: syntax error at end of input at Some(39)"),
        ("SELECT 1 FROM a JOIN b WHERE true", "42601: syntax error at or near \"WHERE\" at Some(24)"),
        (
            "SELECT 1 FROM a JOIN b LEFT JOIN c CROSS JOIN d ON x ON y JOIN e USING (z)",
            "SELECT 1 FROM a JOIN (b LEFT JOIN (c CROSS JOIN d) ON x) ON y JOIN e USING(z)",
        ),
        ("SELECT 1 FROM a CROSS JOIN b ON true", "42601: syntax error at or near \"ON\" at Some(30)"),
        ("SELECT 1 FROM (a JOIN b), c", "42601: syntax error at or near \")\" at Some(24)"),
        ("SELECT u.x FROM a JOIN b USING (x) AS u", "SELECT u.x FROM a JOIN b USING(x, \"sluice$using\".u)"),
        ("SELECT 1 FROM '/etc/passwd'", "42601: syntax error at or near \"'/etc/passwd'\" at Some(15)"),
        ("SELECT 1 FROM a NATURAL LEFT JOIN (b JOIN c USING (x)), d", "SELECT 1 FROM a NATURAL LEFT JOIN (b JOIN c USING(x)), d"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}
