//! Forms of PostgreSQL's grammar that sqlparser does not know, written as forms that it does.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

use super::dialect::Postgres;
use super::forms::{begins, marks};
use super::plain_names::{is_plain_name, is_typed_constant};
use super::select_items::{begins_select_item, ends_select_item, is_select_item};
use super::standard::{
    begins_sets, ends_type, ends_with_group_by, fetches_computed, is_interval_of_digits, is_labelled_interval, quantified_operator,
    turn_substring, without_inner_sets,
};
use super::strict::stands_before_operand;
use super::{closing, locks, taken, word};

/// Rewrites the tokens of a query; each new token stands where the one it replaces stood.
pub fn rewritten(mut tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let before = |tokens: &[TokenWithSpan], i: usize| i.checked_sub(1).is_some_and(|at| marks(&tokens[at], &tokens[i..]));
    let first = (0..tokens.len()).find(|i| before(&tokens, *i) || begins(&tokens[*i..]));
    let Some(mut i) = first else { return tokens };
    let mut out: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len() + 8);
    out.extend(tokens[..i].iter_mut().map(taken));
    // Where a `(VALUES ...)` that stands as a subquery ends.
    let mut closes: Vec<usize> = Vec::new();
    // `substring(x SIMILAR pattern ESCAPE mark)` under way.
    let mut similar = false;
    while i < tokens.len() {
        if locks::behind_limit(&mut tokens, i) {
            continue;
        }
        let token = &tokens[i];
        let (span, next) = (token.span, word(tokens.get(i + 1)));
        let like = |new: Token| TokenWithSpan { token: new, span };
        let keyword = |name: &str| like(Token::make_keyword(name));
        if closes.last() == Some(&i) {
            closes.pop();
            out.extend([token.clone(), keyword("AS"), like(Token::make_word("*VALUES*", Some('"')))]);
        }
        if !begins(&tokens[i..]) && !out.last().is_some_and(|last| marks(last, &tokens[i..])) {
            out.push(taken(&mut tokens[i]));
            i += 1;
            continue;
        }
        match (word(Some(token)).as_str(), &token.token) {
            // 'one' and, on the next line, 'two' are one string.
            (_, Token::SingleQuotedString(part)) if continues(out.last(), token) => {
                let escaped = matches!(out.last().map(|token| &token.token), Some(Token::EscapedStringLiteral(_)));
                if let Some(TokenWithSpan { token: Token::SingleQuotedString(text) | Token::EscapedStringLiteral(text), span }) =
                    out.last_mut()
                {
                    text.push_str(&if escaped { unescaped(part) } else { part.clone() });
                    span.end = token.span.end;
                }
            }
            // interval(2) '1.234 s' is '1.234 s'::interval(2).
            ("interval", _) if is_interval_of_digits(&tokens[i..]) => {
                out.extend([tokens[i + 4].clone(), like(Token::DoubleColon)]);
                out.extend(tokens[i..i + 4].iter().cloned());
                i += 4;
            }
            // The calls of ROWS FROM.
            (_, Token::Word(name)) if name.value == ROWS_FROM => {
                out.push(token.clone());
                if let Some(end) = closing(&tokens, i + 1) {
                    let calls = with_columns(&tokens[i + 2..end]);
                    tokens.splice(i + 2..end, calls);
                }
            }
            // COLLATION FOR (x)
            ("collation", _) if next == "for" && matches!(tokens.get(i + 2).map(|token| &token.token), Some(Token::LParen)) => {
                out.extend([
                    like(Token::make_word("pg_catalog", None)),
                    like(Token::Period),
                    like(Token::make_word("pg_collation_for", None)),
                ]);
                i += 1;
            }
            // f(VARIADIC x) becomes an argument of a name that the binder knows.
            ("variadic", _) if matches!(out.last().map(|token| &token.token), Some(Token::LParen | Token::Comma)) => {
                out.extend([like(Token::make_word(VARIADIC, Some('"'))), like(Token::RArrow)]);
            }
            // (f(x)).*: the star is a field that the binder knows.
            (_, Token::Mul)
                if matches!(out.as_slice(), [.., before, point]
                    if point.token == Token::Period && matches!(before.token, Token::RParen | Token::RBracket)) =>
            {
                out.push(like(Token::make_word(STAR, Some('"'))));
            }
            // FOR NO KEY UPDATE OF a, b
            ("for", _) if matches!(next.as_str(), "update" | "share" | "no" | "key") => match locks::plain(&tokens, i) {
                Some((clause, end)) => {
                    out.extend(clause);
                    i = end - 1;
                }
                None => out.push(token.clone()),
            },
            // substring(x FOR n FROM m) is substring(x FROM m FOR n).
            ("substring", _)
                if matches!(tokens.get(i + 1).map(|token| &token.token), Some(Token::LParen))
                    && !matches!(out.last().map(|token| &token.token), Some(Token::Period)) =>
            {
                out.push(token.clone());
                turn_substring(&mut tokens, i + 1);
            }
            // INTERVAL '48' hours: a word that is no field names the column.
            ("interval", _) if is_labelled_interval(&tokens[i..]) => {
                out.extend([token.clone(), tokens[i + 1].clone(), keyword("AS")]);
                i += 1;
            }
            // int ARRAY and int ARRAY[3], the standard's spelling of int[] and int[3]. The word alone begins no operand and names no type.
            ("array", Token::Word(_)) if ends_type(&out) => {
                if !matches!(tokens.get(i + 1).map(|token| &token.token), Some(Token::LBracket)) {
                    out.extend([like(Token::LBracket), like(Token::RBracket)]);
                }
            }
            // GROUP BY DISTINCT a, ROLLUP (...): a first item that the binder knows.
            ("distinct", _) if ends_with_group_by(&out) => {
                out.push(like(Token::make_word(DISTINCT_SETS, Some('"'))));
                out.extend([Token::LParen, Token::RParen, Token::Comma].map(like));
            }
            // GROUPING SETS (a, GROUPING SETS (b, c)) are GROUPING SETS (a, b, c).
            ("grouping", _) if begins_sets(&tokens[i..]) => {
                out.push(token.clone());
                if let Some(end) = closing(&tokens, i + 2) {
                    let flat = without_inner_sets(&tokens[i + 3..end]);
                    tokens.splice(i + 3..end, flat);
                }
            }
            // FETCH FIRST (2 + 1) ROWS ONLY, and WITH TIES as a call around it
            ("fetch", _) if fetches_computed(&tokens[i..]).is_some() => {
                let (end, words) = fetches_computed(&tokens[i..]).unwrap_or_default();
                tokens.drain(i + end + 1..i + end + 1 + words);
                out.push(keyword("LIMIT"));
                if words == 3 {
                    out.push(like(Token::make_word(WITH_TIES, Some('"'))));
                }
                i += 1;
            }
            // FOR READ ONLY, which does nothing
            ("for", _) if next == "read" && word(tokens.get(i + 2)) == "only" => i += 2,
            // GROUP BY ALL ROLLUP (...)
            ("all", _) if ends_with_group_by(&out) => {}
            // x OPERATOR(pg_catalog.=) ANY (...): sqlparser knows ANY behind an operator's own letters only.
            ("operator", _) if quantified_operator(&tokens[i..]).is_some() => {
                let (operator, len) = quantified_operator(&tokens[i..]).unwrap_or((Token::EOF, 0));
                out.push(like(operator));
                i += len - 1;
            }
            // ORDER BY x USING >
            ("using", _) if sort_operator(&tokens[i + 1..]).is_some() => {
                let (descending, len) = sort_operator(&tokens[i + 1..]).unwrap_or_default();
                out.push(keyword(if descending { "DESC" } else { "ASC" }));
                i += len;
            }
            (name, _) if is_plain_name(&tokens[i..], out.last()) => out.push(like(Token::make_word(name, Some('"')))),
            // inet '10.0.0.1' is '10.0.0.1'::inet.
            (_, Token::Word(_)) if is_typed_constant(&tokens[i..], out.last()) => {
                out.extend([tokens[i + 1].clone(), like(Token::DoubleColon), token.clone()]);
                i += 1;
            }
            ("similar", _) if next != "to" => {
                similar = true;
                out.push(keyword("FROM"));
            }
            ("escape", _) if similar => {
                similar = false;
                out.push(keyword("FOR"));
            }
            // t.user, t.current_date, pg_catalog.substring(...): names, behind a point.
            (name, Token::Word(inner))
                if matches!(out.last().map(|token| &token.token), Some(Token::Period))
                    && match tokens.get(i + 1).map(|token| &token.token) {
                        Some(Token::LParen) => has_own_syntax(inner.keyword) || names_a_function(inner.keyword),
                        _ => names_a_function(inner.keyword),
                    } =>
            {
                out.push(like(Token::make_word(name, Some('"'))));
            }
            // (t.*) as a select item is t.*, whatever its alias.
            (_, Token::Word(_))
                if star_of_value(&tokens[i..], &out).is_some_and(|len| is_select_item(&tokens[i + len..], &out).is_some()) =>
            {
                let len = star_of_value(&tokens[i..], &out).unwrap_or_default();
                let alias = is_select_item(&tokens[i + len..], &out).unwrap_or_default();
                out.pop();
                out.extend(tokens[i..i + len].iter().cloned());
                i += len + alias;
            }
            // (t.*) and t.* IS NULL: the star names the whole row.
            (_, Token::Word(_)) if star_of_value(&tokens[i..], &out).is_some() => {
                let len = star_of_value(&tokens[i..], &out).unwrap_or_default();
                out.extend([like(Token::make_word(WHOLE_ROW, None)), like(Token::LParen)]);
                out.extend(tokens[i..i + len].iter().cloned());
                out.push(like(Token::RParen));
                i += len - 1;
            }
            // name := value is name => value.
            (_, Token::Assignment) => out.push(like(Token::RArrow)),
            // (t).*, but as a select item, where the binder tells a FROM item from a row of another name.
            (_, Token::LParen) if is_star_of_row(&tokens[i..]) && !(ends_select_item(tokens.get(i + 5)) && begins_select_item(&out)) => {
                out.extend([tokens[i + 1].clone(), tokens[i + 3].clone(), tokens[i + 4].clone()]);
                i += 4;
            }
            (_, Token::LParen) if next == "values" && !is_from_item(out.last()) => {
                out.push(token.clone());
                if let Some(end) = closing(&tokens, i).filter(|end| only_rows(&tokens[i + 2..*end])) {
                    out.extend([keyword("SELECT"), like(Token::Mul), keyword("FROM"), token.clone()]);
                    closes.push(end);
                }
            }
            // ((SELECT 1) UNION SELECT 2) as a value.
            (_, Token::LParen) if !is_from_item(out.last()) && begins_with_operand(&tokens[i..]) => {
                out.push(token.clone());
                if let Some(end) = closing(&tokens, i) {
                    out.extend([keyword("SELECT"), like(Token::Mul), keyword("FROM"), token.clone()]);
                    closes.push(end);
                }
            }
            _ => out.push(taken(&mut tokens[i])),
        }
        i += 1;
    }
    out
}

/// How many tokens `t . *` has where it stands as a value.
fn star_of_value(tokens: &[TokenWithSpan], out: &[TokenWithSpan]) -> Option<usize> {
    let mut len = 1;
    while tokens.get(len)?.token == Token::Period && matches!(tokens.get(len + 1)?.token, Token::Word(_)) {
        len += 2;
    }
    if tokens.get(len)?.token != Token::Period || tokens.get(len + 1)?.token != Token::Mul {
        return None;
    }
    let (len, next) = (len + 2, tokens.get(len + 2)?);
    let before = |n: usize| out.len().checked_sub(n).and_then(|at| out.get(at)).map(|token| &token.token);
    let alone = matches!(before(1), Some(Token::LParen))
        && next.token == Token::RParen
        && match before(2) {
            Some(Token::Word(word)) if word.keyword == Keyword::FROM => {
                matches!(before(3), Some(Token::Word(word)) if word.keyword == Keyword::DISTINCT)
            }
            Some(Token::Word(word)) => word.quote_style.is_none() && stands_before_operand(word.keyword),
            Some(Token::RParen | Token::RBracket) => false,
            _ => true,
        };
    (alone || word(Some(next)) == "is" || word(Some(next)) == "isnull" || word(Some(next)) == "notnull").then_some(len)
}

/// `( (query) UNION ...`
fn begins_with_operand(tokens: &[TokenWithSpan]) -> bool {
    let opens = |token: &&TokenWithSpan| token.token == Token::LParen;
    if !tokens.get(1).is_some_and(|token| opens(&token)) {
        return false;
    }
    let first = word(tokens.iter().find(|token| !opens(token)));
    matches!(first.as_str(), "select" | "with" | "values" | "table")
        && closing(tokens, 1).is_some_and(|end| matches!(word(tokens.get(end + 1)).as_str(), "union" | "except" | "intersect"))
}

/// The function that stands for ROWS FROM; its arguments are the calls.
pub const ROWS_FROM: &str = "sluice$rows from";

/// The function that stands for the word DISTINCT behind GROUP BY.
pub const DISTINCT_SETS: &str = "sluice$distinct sets";

/// The function that stands around the row count of `FETCH FIRST (...) ROWS WITH TIES`.
pub const WITH_TIES: &str = "sluice$with ties";

/// The function that stands for `t.*` as a value.
pub const WHOLE_ROW: &str = "sluice$whole row";

/// The function that stands for `f(...) AS (a int, b text)` inside ROWS FROM: the call, then `"a"::int, "b"::text`.
pub const WITH_COLUMNS: &str = "sluice$with columns";

/// The field that stands for `.*` behind a composite value.
pub const STAR: &str = "sluice$star";

/// The argument's name that stands for VARIADIC.
pub const VARIADIC: &str = "sluice$variadic";

/// Writes the calls of ROWS FROM that define their columns as calls of [`WITH_COLUMNS`].
fn with_columns(tokens: &[TokenWithSpan]) -> Vec<TokenWithSpan> {
    let mut out = Vec::with_capacity(tokens.len());
    for call in top_level(tokens) {
        if !out.is_empty() {
            out.push(TokenWithSpan {
                token: Token::Comma,
                span: call.first().map_or_else(sqlparser::tokenizer::Span::empty, |token| token.span),
            });
        }
        let at = call.windows(2).position(|pair| word(Some(&pair[0])) == "as" && pair[1].token == Token::LParen);
        let Some((at, end)) = at.and_then(|at| Some((at, closing(call, at + 1)?))) else {
            out.extend_from_slice(call);
            continue;
        };
        let span = call[at].span;
        let like = |token: Token| TokenWithSpan { token, span };
        out.extend([like(Token::make_word(WITH_COLUMNS, Some('"'))), like(Token::LParen)]);
        out.extend_from_slice(&call[..at]);
        for column in top_level(&call[at + 2..end]) {
            let [name, data_type @ ..] = column else { continue };
            out.extend([like(Token::Comma), name.clone(), like(Token::DoubleColon)]);
            out.extend_from_slice(data_type);
        }
        out.push(like(Token::RParen));
    }
    out
}

/// Splits tokens at the commas outside parentheses.
fn top_level(tokens: &[TokenWithSpan]) -> Vec<&[TokenWithSpan]> {
    let (mut parts, mut depth, mut from) = (Vec::new(), 0_usize, 0);
    for (i, token) in tokens.iter().enumerate() {
        match token.token {
            Token::LParen | Token::LBracket => depth += 1,
            Token::RParen | Token::RBracket => depth = depth.saturating_sub(1),
            Token::Comma if depth == 0 => {
                parts.push(&tokens[from..i]);
                from = i + 1;
            }
            _ => {}
        }
    }
    parts.push(&tokens[from..]);
    parts
}

/// The operator behind ORDER BY ... USING: is the order descending, and how many tokens are it. `~<~` is text's `<` of the C collation.
fn sort_operator(tokens: &[TokenWithSpan]) -> Option<(bool, usize)> {
    let descending = |token: &Token| match token {
        Token::Lt => Some(false),
        Token::Gt => Some(true),
        Token::CustomBinaryOperator(operator) if operator == "~<~" => Some(false),
        Token::CustomBinaryOperator(operator) if operator == "~>~" => Some(true),
        _ => None,
    };
    if let Some(descending) = tokens.first().and_then(|token| descending(&token.token)) {
        return Some((descending, 1));
    }
    match tokens {
        [operator, TokenWithSpan { token: Token::LParen, .. }, rest @ ..] if word(Some(operator)) == "operator" => match rest {
            [TokenWithSpan { token, .. }, TokenWithSpan { token: Token::RParen, .. }, ..] => Some((descending(token)?, 4)),
            [schema, point, TokenWithSpan { token, .. }, TokenWithSpan { token: Token::RParen, .. }, ..]
                if word(Some(schema)) == "pg_catalog" && point.token == Token::Period =>
            {
                Some((descending(token)?, 6))
            }
            _ => None,
        },
        _ => None,
    }
}

/// Functions that gram.y gives arguments of a syntax of their own, unless a schema stands in front.
fn has_own_syntax(keyword: Keyword) -> bool {
    matches!(
        keyword,
        Keyword::SUBSTRING
            | Keyword::SUBSTR
            | Keyword::CONVERT
            | Keyword::POSITION
            | Keyword::OVERLAY
            | Keyword::TRIM
            | Keyword::EXTRACT
            | Keyword::FLOOR
            | Keyword::CEIL
            | Keyword::CEILING
    )
}

/// The beginning of the name in PARTITION BY that stands for EXCLUDE.
pub const EXCLUDE: &str = "sluice$exclude ";

/// Notes EXCLUDE in the window definition that is open at the end of the tokens.
pub fn mark_window(out: &mut Vec<TokenWithSpan>, what: &str) -> bool {
    let mut depth = 0_usize;
    let open = out.iter().rposition(|token| {
        match token.token {
            Token::RParen => depth += 1,
            Token::LParen if depth == 0 => return true,
            Token::LParen => depth -= 1,
            _ => {}
        }
        false
    });
    let Some(open) = open else { return false };
    let span = out[open].span;
    let made = |token: Token| TokenWithSpan { token, span };
    let mark = made(Token::make_word(&format!("{EXCLUDE}{what}"), Some('"')));
    let mut at = open + 1;
    // The name of another window stands first.
    if !matches!(word(out.get(at)).as_str(), "partition" | "order" | "rows" | "range" | "groups") {
        at += 1;
    }
    if word(out.get(at)) == "partition" {
        out.splice(at + 2..at + 2, [mark, made(Token::Comma)]);
    } else {
        out.splice(at..at, [made(Token::make_keyword("PARTITION")), made(Token::make_keyword("BY")), mark]);
    }
    true
}

/// Tells whether a string goes on one on an earlier line.
fn continues(last: Option<&TokenWithSpan>, token: &TokenWithSpan) -> bool {
    last.is_some_and(|last| {
        let is_string = matches!(last.token, Token::SingleQuotedString(_) | Token::EscapedStringLiteral(_));
        is_string && last.span.end.line < token.span.start.line
    })
}

/// What a string says where backslashes are escapes.
fn unescaped(part: &str) -> String {
    let whole = format!("E'{}'", part.replace('\'', "''"));
    match Tokenizer::new(&Postgres::default(), &whole).tokenize().as_deref() {
        Ok([Token::EscapedStringLiteral(text)]) => text.clone(),
        _ => part.to_owned(),
    }
}

/// Words that are functions without parentheses or constants.
fn names_a_function(keyword: Keyword) -> bool {
    matches!(
        keyword,
        Keyword::USER
            | Keyword::CURRENT_CATALOG
            | Keyword::CURRENT_DATE
            | Keyword::CURRENT_ROLE
            | Keyword::CURRENT_SCHEMA
            | Keyword::CURRENT_TIME
            | Keyword::CURRENT_TIMESTAMP
            | Keyword::CURRENT_USER
            | Keyword::LOCALTIME
            | Keyword::LOCALTIMESTAMP
            | Keyword::SESSION_USER
            | Keyword::TRUE
            | Keyword::FALSE
            | Keyword::NULL
    )
}

/// `( name ) . *`
fn is_star_of_row(tokens: &[TokenWithSpan]) -> bool {
    let [_, name, close, point, star, ..] = tokens else { return false };
    matches!(name.token, Token::Word(_)) && close.token == Token::RParen && point.token == Token::Period && star.token == Token::Mul
}

/// Tells whether a parenthesis behind this token may be a FROM item or the body of a WITH item, which sqlparser reads itself.
fn is_from_item(before: Option<&TokenWithSpan>) -> bool {
    before.is_none()
        || matches!(word(before).as_str(), "from" | "join" | "lateral" | "as" | "materialized" | "union" | "all" | "except" | "intersect")
}

/// Tells whether tokens are `(...), (...)`.
fn only_rows(tokens: &[TokenWithSpan]) -> bool {
    let mut at = 0;
    while tokens.get(at).is_some_and(|token| token.token == Token::LParen) {
        let Some(end) = closing(&tokens[at..], 0).map(|end| at + end) else { return false };
        match tokens.get(end + 1).map(|token| &token.token) {
            None => return true,
            Some(Token::Comma) => at = end + 2,
            _ => return false,
        }
    }
    false
}
