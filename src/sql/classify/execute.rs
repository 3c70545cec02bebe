//! EXECUTE and EXPLAIN EXECUTE: the arguments are expressions, parsed as a select list of nothing else.

use std::sync::Arc;

use sqlparser::ast;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::Read;
use super::utility::{name, syntax};
use crate::error::{Report, Result, SqlState};
use crate::sql::parse::{self, Positions, closing, word};

/// EXECUTE of a prepared statement.
#[derive(Clone, Debug)]
pub struct Execute {
    /// The statement's name.
    pub name: String,
    /// The arguments, as the select list of a query without FROM; `None` where there are none.
    pub args: Option<Read>,
}

impl Execute {
    /// Returns how many arguments it gives.
    pub fn count(&self) -> usize {
        self.args.as_ref().map_or(0, |read| arguments(&read.query).len())
    }
}

/// Returns the expressions of a query that was made of arguments.
pub fn arguments(query: &ast::Query) -> Vec<&ast::Expr> {
    let ast::SetExpr::Select(select) = query.body.as_ref() else { return Vec::new() };
    let exprs = select.projection.iter().filter_map(|item| match item {
        ast::SelectItem::UnnamedExpr(expr) => Some(expr),
        _ => None,
    });
    exprs.collect()
}

/// Reads `EXECUTE name [(arguments)]`, all that is left of a statement.
pub(super) fn execute(tokens: &[TokenWithSpan], positions: &Positions, text: &Arc<str>, source: &str) -> Result<Execute> {
    let name = name(tokens.get(1)).ok_or_else(|| syntax(tokens.get(1), positions))?;
    let Some(open) = tokens.get(2) else { return Ok(Execute { name, args: None }) };
    let end = closing(tokens, 2).filter(|_| open.token == Token::LParen).ok_or_else(|| syntax(Some(open), positions))?;
    if let Some(behind) = tokens.get(end + 1) {
        return Err(syntax(Some(behind), positions));
    }
    // Each argument in parentheses: nothing but an expression may stand there.
    let mut list = vec![TokenWithSpan { token: Token::make_keyword("SELECT"), span: open.span }];
    let mut first = 3;
    for last in commas(&tokens[..end], 3).into_iter().chain([end]) {
        let argument = &tokens[first..last];
        let is_query = matches!(word(argument.first()).as_str(), "select" | "with" | "values" | "table");
        if argument.is_empty() || is_query {
            return Err(syntax(tokens.get(first), positions));
        }
        list.push(TokenWithSpan { token: Token::LParen, span: argument[0].span });
        list.extend_from_slice(argument);
        list.push(TokenWithSpan { token: Token::RParen, span: tokens[last].span });
        if last < end {
            list.push(tokens[last].clone());
        }
        first = last + 1;
    }
    let query = parse::query(list, positions, text)?;
    if let Some(report) = subquery(&query, positions) {
        return Err(report);
    }
    let read = Read { query, text: text.clone(), positions: Arc::new(positions.clone()), source: source.to_owned() };
    Ok(Execute { name, args: Some(read) })
}

/// The commas that stand in no parentheses, from a token on.
fn commas(tokens: &[TokenWithSpan], from: usize) -> Vec<usize> {
    let mut depth = 0_usize;
    let mut found = Vec::new();
    for (i, token) in tokens.iter().enumerate().skip(from) {
        match token.token {
            Token::LParen | Token::LBracket => depth += 1,
            Token::RParen | Token::RBracket => depth = depth.saturating_sub(1),
            Token::Comma if depth == 0 => found.push(i),
            _ => {}
        }
    }
    found
}

/// What PostgreSQL says of a query among the arguments (parse_expr.c, `transformSubLink`).
fn subquery(query: &ast::Query, positions: &Positions) -> Option<Report> {
    struct Inner(usize, Option<ast::Query>);
    impl ast::Visitor for Inner {
        type Break = ();
        fn pre_visit_query(&mut self, query: &ast::Query) -> std::ops::ControlFlow<()> {
            self.0 += 1;
            if self.0 > 1 {
                self.1 = Some(query.clone());
                return std::ops::ControlFlow::Break(());
            }
            std::ops::ControlFlow::Continue(())
        }
    }
    let mut inner = Inner(0, None);
    let _ = ast::Visit::visit(query, &mut inner);
    let start = crate::sql::bind::start_of(&inner.1?)?;
    Some(Report::new(SqlState::FEATURE_NOT_SUPPORTED, "cannot use subquery in EXECUTE parameter").at(positions.opening_before(start)))
}
