//! The operands that most expressions are made of: columns, calls, constants, parentheses.
//!
//! sqlparser takes every operand for a type in front of a constant first, then for a construct of its own, then for a name, and `a.b` for
//! two operands. Where the next tokens leave no doubt, what it would come to is read here at once.

use sqlparser::ast::{Expr, Ident, ObjectName};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Span, Token, TokenWithSpan, Word};

/// Reads an operand; `None` where sqlparser has to find out itself.
pub(super) fn parse(parser: &mut Parser) -> Option<Result<Expr, ParserError>> {
    let [first, second, third, fourth] = parser.peek_tokens_ref::<4>();
    let name = match (&first.token, &second.token) {
        (Token::Number(..), _) => return Some(parser.parse_value().map(Expr::Value)),
        (Token::SingleQuotedString(_), next) if *next != Token::LBracket => return Some(parser.parse_value().map(Expr::Value)),
        (Token::LParen, _) => {
            let is_query = matches!(&second.token, Token::Word(word) if matches!(word.keyword, Keyword::SELECT | Keyword::WITH));
            return Some(in_parentheses(parser, is_query));
        }
        (Token::Word(word), _) if is_name(word) => ident(word, first.span),
        _ => return None,
    };
    match (&second.token, &third.token) {
        (Token::LParen, _) => {
            parser.advance_token();
            Some(parser.parse_function(ObjectName::from(vec![name])))
        }
        (Token::Period, Token::Word(word)) if is_name(word) && ends(fourth) => {
            let column = ident(word, third.span);
            (0..3).for_each(|_| parser.advance_token());
            Some(Ok(Expr::CompoundIdentifier(vec![name, column])))
        }
        _ if ends(second) => {
            parser.advance_token();
            Some(Ok(Expr::Identifier(name)))
        }
        _ => None,
    }
}

fn in_parentheses(parser: &mut Parser, is_query: bool) -> Result<Expr, ParserError> {
    parser.advance_token();
    let inner = if is_query {
        Expr::Subquery(parser.parse_query()?)
    } else {
        let mut exprs = parser.parse_comma_separated(Parser::parse_expr)?;
        match exprs.len() {
            1 => Expr::Nested(Box::new(exprs.remove(0))),
            _ => Expr::Tuple(exprs),
        }
    };
    parser.expect_token(&Token::RParen)?;
    Ok(inner)
}

/// Tells whether a word begins no type and no construct.
fn is_name(word: &Word) -> bool {
    matches!(
        word.keyword,
        Keyword::NoKeyword
            | Keyword::ABS
            | Keyword::AVG
            | Keyword::COALESCE
            | Keyword::COUNT
            | Keyword::DENSE_RANK
            | Keyword::GROUPING
            | Keyword::ID
            | Keyword::KEY
            | Keyword::LAG
            | Keyword::LEAD
            | Keyword::LEAST
            | Keyword::LOWER
            | Keyword::MAX
            | Keyword::MIN
            | Keyword::NAME
            | Keyword::NULLIF
            | Keyword::RANK
            | Keyword::ROW_NUMBER
            | Keyword::STATUS
            | Keyword::STDDEV_SAMP
            | Keyword::SUM
            | Keyword::UPPER
            | Keyword::VALUE
    )
}

/// Tells whether a name ends before a token: no arguments, subscript, further name or constant follows.
fn ends(next: &TokenWithSpan) -> bool {
    !matches!(
        next.token,
        Token::LParen
            | Token::LBracket
            | Token::Period
            | Token::SingleQuotedString(_)
            | Token::DoubleQuotedString(_)
            | Token::EscapedStringLiteral(_)
            | Token::DollarQuotedString(_)
            | Token::HexStringLiteral(_)
    )
}

fn ident(word: &Word, span: Span) -> Ident {
    Ident { value: word.value.clone(), quote_style: word.quote_style, span }
}

#[cfg(test)]
mod tests {
    use super::super::dialect::Postgres;
    use super::*;
    use sqlparser::ast::Statement;
    use sqlparser::dialect::PostgreSqlDialect;

    /// What is read at once is what sqlparser comes to by itself, places and errors included.
    #[test]
    fn operands_are_what_sqlparser_makes_of_them() {
        let shown = |parsed: Result<Vec<Statement>, ParserError>| format!("{parsed:?}");
        for operand in [
            "a",
            "\"a\"",
            "a.b",
            "a.\"B\"",
            "\"a\".b",
            "a.b.c",
            "a.b()",
            "a.*",
            "f(a)",
            "f()",
            "sum(a.b)",
            "count(*)",
            "count(distinct a)",
            "sum(a) over (order by b)",
            "coalesce(a, b)",
            "value",
            "x.value",
            "name.id",
            "a[1]",
            "a.b[1]",
            "1",
            "1.5",
            "'x'",
            "(a)",
            "(a, b)",
            "(select a)",
            "((select a))",
            "(a.b)::int",
            "((a))",
            "date '2020-01-01'",
            "a 'x'",
            "interval '1 day'",
            "case when a then b end",
            "exists (select 1)",
            "f(a)(b)",
            "a.",
            "f(",
            "(",
            "(a",
            "()",
            "a.1",
            "_a 'x'",
            "a collate b",
            "a.b collate c",
            "max",
            "max.a",
            "a.max",
            "t.sum(b)",
            "cast(a as int)",
            "a is null",
            "a.b in (1, 2)",
            "not a",
            "f(x => a)",
            "f(variadic a)",
            "f(a order by b)",
            "f(a) filter (where b)",
        ] {
            for text in [format!("SELECT {operand} FROM t"), format!("SELECT b + {operand} = c"), format!("SELECT {operand}")] {
                let ours = Parser::parse_sql(&Postgres::default(), &text);
                let own = Parser::parse_sql(&Postgres { base: PostgreSqlDialect {}, all_by_sqlparser: true, ..Postgres::default() }, &text);
                assert_eq!(shown(ours), shown(own), "{text}");
            }
        }
    }
}
