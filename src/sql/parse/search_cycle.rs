//! SEARCH and CYCLE of recursive queries, which sqlparser does not know: a name behind the WITH item's parenthesis, `FROM "sluice$search ..."`, that
//! the binder reads (gram.y, `opt_search_clause`, `opt_cycle_clause`).

use sqlparser::ast::{Expr, Ident};
use sqlparser::keywords::Keyword;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::dialect::Postgres;
use super::{Positions, near, taken, word};
use crate::error::{Report, Result, SqlState};

/// What the name begins with.
const MARK: &str = "sluice$search";
/// What stands between the parts of the name: no identifier holds it.
const BETWEEN: char = '\u{1f}';

/// `SEARCH DEPTH FIRST BY columns SET sequence`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Search {
    /// BREADTH rather than DEPTH.
    pub breadth: bool,
    /// The columns that are searched by.
    pub columns: Vec<String>,
    /// The column that says in which order.
    pub sequence: String,
    /// Where the clause begins.
    pub position: Option<u32>,
}

/// `CYCLE columns SET mark TO value DEFAULT default USING path`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cycle {
    /// The columns by which a row is known again.
    pub columns: Vec<String>,
    /// The column that marks a cycle.
    pub mark: String,
    /// What marks it, and what stands elsewhere; `None` where they are true and false.
    pub values: Option<(Expr, Expr)>,
    /// The column of the path.
    pub path: String,
    /// Where the clause begins.
    pub position: Option<u32>,
}

/// Writes the clauses of WITH items as names behind them.
///
/// # Errors
/// 42601 at the token that does not belong there.
pub(super) fn marked(mut tokens: Vec<TokenWithSpan>, positions: &Positions, text: &str) -> Result<Vec<TokenWithSpan>> {
    let may_be =
        |token: &TokenWithSpan| matches!(&token.token, Token::Word(word) if matches!(word.keyword, Keyword::SEARCH | Keyword::CYCLE));
    let is_clause = |tokens: &[TokenWithSpan]| tokens.first().is_some_and(may_be) && (is_search(tokens) || is_cycle(tokens));
    if !(0..tokens.len()).any(|i| is_clause(&tokens[i..])) {
        return Ok(tokens);
    }
    let mut out: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    let mut i = 0;
    while i < tokens.len() {
        let closed = out.last().is_some_and(|before| before.token == Token::RParen);
        if !closed || !is_clause(&tokens[i..]) {
            out.push(taken(&mut tokens[i]));
            i += 1;
            continue;
        }
        let span = tokens[i].span;
        let mut reader = Reader { tokens: &tokens, at: i, positions, text };
        let mut parts = vec![MARK.to_owned()];
        if is_search(&tokens[i..]) {
            reader.search(&mut parts)?;
        }
        if is_cycle(&tokens[reader.at..]) {
            reader.cycle(&mut parts)?;
        }
        i = reader.at;
        let name = Token::make_word(&parts.join(&BETWEEN.to_string()), Some('"'));
        out.extend([Token::make_keyword("FROM"), name].map(|token| TokenWithSpan { token, span }));
    }
    Ok(out)
}

fn is_search(tokens: &[TokenWithSpan]) -> bool {
    word(tokens.first()) == "search" && matches!(word(tokens.get(1)).as_str(), "depth" | "breadth") && word(tokens.get(2)) == "first"
}

/// `CYCLE a, b SET`; an alias of that name has no SET behind it.
fn is_cycle(tokens: &[TokenWithSpan]) -> bool {
    let mut at = 1;
    loop {
        if word(tokens.first()) != "cycle" || !matches!(tokens.get(at).map(|token| &token.token), Some(Token::Word(_))) {
            return false;
        }
        match tokens.get(at + 1) {
            Some(token) if token.token == Token::Comma => at += 2,
            next => return word(next) == "set",
        }
    }
}

struct Reader<'t> {
    tokens: &'t [TokenWithSpan],
    at: usize,
    positions: &'t Positions,
    text: &'t str,
}

impl Reader<'_> {
    fn search(&mut self, parts: &mut Vec<String>) -> Result<()> {
        parts.push(word(self.tokens.get(self.at + 1)).as_str().to_owned());
        parts.push(self.place());
        self.at += 3;
        self.expect("by")?;
        parts.push(self.names()?);
        self.expect("set")?;
        parts.push(self.name()?);
        Ok(())
    }

    fn cycle(&mut self, parts: &mut Vec<String>) -> Result<()> {
        parts.push("cycle".to_owned());
        parts.push(self.place());
        self.at += 1;
        parts.push(self.names()?);
        self.expect("set")?;
        parts.push(self.name()?);
        let (mut value, mut default) = (String::new(), String::new());
        if word(self.tokens.get(self.at)) == "to" {
            self.at += 1;
            value = self.constant()?;
            self.expect("default")?;
            default = self.constant()?;
        }
        parts.extend([value, default]);
        self.expect("using")?;
        parts.push(self.name()?);
        Ok(())
    }

    fn place(&self) -> String {
        let place = self.tokens.get(self.at).and_then(|token| self.positions.of(token.span.start));
        place.map(|place| place.to_string()).unwrap_or_default()
    }

    fn wrong(&self) -> Report {
        match self.tokens.get(self.at) {
            Some(token) => near(token, self.positions, self.text),
            None => Report::new(SqlState::SYNTAX_ERROR, "syntax error at end of input"),
        }
    }

    fn expect(&mut self, keyword: &str) -> Result<()> {
        if word(self.tokens.get(self.at)) != keyword {
            return Err(self.wrong());
        }
        self.at += 1;
        Ok(())
    }

    fn name(&mut self) -> Result<String> {
        let Some(Token::Word(name)) = self.tokens.get(self.at).map(|token| &token.token) else { return Err(self.wrong()) };
        self.at += 1;
        Ok(if name.quote_style.is_some() { name.value.clone() } else { name.value.to_ascii_lowercase() })
    }

    /// Names with commas between them; a name may hold a comma, so the number of names stands first.
    fn names(&mut self) -> Result<String> {
        let mut names = vec![self.name()?];
        while self.tokens.get(self.at).is_some_and(|token| token.token == Token::Comma) {
            self.at += 1;
            names.push(self.name()?);
        }
        Ok(format!("{}{BETWEEN}{}", names.len(), names.join(&BETWEEN.to_string())))
    }

    /// A constant, perhaps with a type's name before it.
    fn constant(&mut self) -> Result<String> {
        let is_string = |at: usize| {
            matches!(
                self.tokens.get(at).map(|token| &token.token),
                Some(Token::SingleQuotedString(_) | Token::EscapedStringLiteral(_) | Token::SingleQuotedByteStringLiteral(_))
            )
        };
        let length = match self.tokens.get(self.at).map(|token| &token.token) {
            Some(Token::Number(..)) => 1,
            Some(Token::Word(_)) if matches!(word(self.tokens.get(self.at)).as_str(), "true" | "false" | "null") => 1,
            Some(Token::Word(_)) if is_string(self.at + 1) => 2,
            _ if is_string(self.at) => 1,
            _ => return Err(self.wrong()),
        };
        let words: Vec<String> = self.tokens[self.at..self.at + length].iter().map(|token| token.token.to_string()).collect();
        self.at += length;
        Ok(words.join(" "))
    }
}

/// Reads the clauses that a name behind a WITH item stands for; `None` for a name that the client wrote.
///
/// # Errors
/// 42601 for a constant that is none.
pub fn clauses(name: &Ident) -> Result<Option<(Option<Search>, Option<Cycle>)>> {
    let mut parts = name.value.split(BETWEEN).map(str::to_owned);
    if parts.next().as_deref() != Some(MARK) {
        return Ok(None);
    }
    let (mut search, mut cycle) = (None, None);
    while let Some(kind) = parts.next() {
        let position = parts.next().and_then(|place| place.parse().ok());
        let count = parts.next().and_then(|count| count.parse().ok()).unwrap_or_default();
        let columns: Vec<String> = parts.by_ref().take(count).collect();
        let own = parts.next().unwrap_or_default();
        if kind != "cycle" {
            search = Some(Search { breadth: kind == "breadth", columns, sequence: own, position });
            continue;
        }
        let (value, default) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let path = parts.next().unwrap_or_default();
        let values = if value.is_empty() { None } else { Some((constant(&value)?, constant(&default)?)) };
        cycle = Some(Cycle { columns, mark: own, values, path, position });
    }
    Ok(Some((search, cycle)))
}

fn constant(text: &str) -> Result<Expr> {
    let wrong = |_| Report::new(SqlState::SYNTAX_ERROR, format!("syntax error at or near \"{text}\""));
    Parser::new(&Postgres::default()).try_with_sql(text).and_then(|mut parser| parser.parse_expr()).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::parse::{Body, parse};

    fn of(sql: &str) -> Option<(Option<Search>, Option<Cycle>)> {
        let mut statements = parse(sql).expect("a query");
        let Some(Body::Query(query)) = statements.pop().map(|statement| statement.body) else { panic!("{sql}") };
        let item = &query.with.expect("WITH").cte_tables[0];
        item.from.as_ref().and_then(|name| clauses(name).expect("clauses"))
    }

    #[test]
    fn clauses_stand_behind_their_item() {
        let (search, cycle) =
            of("WITH RECURSIVE t(a, b) AS (SELECT 1, 2 UNION ALL SELECT a, b FROM t) SEARCH BREADTH FIRST BY a, \"B c\" SET s \
                                  CYCLE a SET m TO 'Y' DEFAULT 'N' USING p SELECT * FROM t")
            .expect("both");
        let search = search.expect("SEARCH");
        assert_eq!((search.breadth, search.columns, search.sequence.as_str()), (true, vec!["a".to_owned(), "B c".to_owned()], "s"));
        let cycle = cycle.expect("CYCLE");
        assert_eq!((cycle.columns, cycle.mark.as_str(), cycle.path.as_str()), (vec!["a".to_owned()], "m", "p"));
        assert_eq!(cycle.values.map(|(value, default)| (value.to_string(), default.to_string())), Some(("'Y'".into(), "'N'".into())));
        assert_eq!(of("WITH t AS (SELECT 1) SELECT * FROM t"), None);
    }

    #[test]
    fn an_alias_of_the_same_name_stays() {
        assert!(parse("SELECT * FROM (SELECT 1 AS a) cycle, (SELECT 2 AS b) search").is_ok());
        assert!(parse("WITH RECURSIVE t AS (SELECT 1) SEARCH DEPTH FIRST BY SET s SELECT 1").is_err());
        assert!(parse("WITH RECURSIVE t AS (SELECT 1) CYCLE a SET m TO 1 + 1 DEFAULT 0 USING p SELECT 1").is_err());
    }
}
