//! sqlparser's PostgreSQL dialect, mended where PostgreSQL's grammar (gram.y) says otherwise.

use std::any::TypeId;
use std::cell::Cell;

use sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments, Ident, ObjectName, UnaryOperator,
};
use sqlparser::dialect::{Dialect, PostgreSqlDialect, Precedence};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Span, Token, TokenWithSpan};

use super::operands;

/// The name of the function that stands for SYMMETRIC around BETWEEN's first bound.
pub const SYMMETRIC: &str = "sluice$symmetric";

/// Binds tighter than COLLATE and AT TIME ZONE, looser than a subscript: PostgreSQL's UMINUS.
const UNARY_MINUS: u8 = 125;
/// PostgreSQL's `Op`: every operator that has no precedence of its own.
const OTHER_OPERATOR: u8 = 70;

/// Keywords that need AS in front to name a column (PostgreSQL, appendix C, "requires AS").
const NO_BARE_LABELS: &[Keyword] = &[
    Keyword::ARRAY,
    Keyword::AS,
    Keyword::CHAR,
    Keyword::CHARACTER,
    Keyword::CREATE,
    Keyword::DAY,
    Keyword::EXCEPT,
    Keyword::FETCH,
    Keyword::FILTER,
    Keyword::FOR,
    Keyword::FROM,
    Keyword::GRANT,
    Keyword::GROUP,
    Keyword::HAVING,
    Keyword::HOUR,
    Keyword::INTERSECT,
    Keyword::INTO,
    Keyword::LIMIT,
    Keyword::MINUTE,
    Keyword::MONTH,
    Keyword::NOTNULL,
    Keyword::OFFSET,
    Keyword::ON,
    Keyword::ORDER,
    Keyword::OVER,
    Keyword::OVERLAPS,
    Keyword::PRECISION,
    Keyword::RETURNING,
    Keyword::SECOND,
    Keyword::TO,
    Keyword::UNION,
    Keyword::VARYING,
    Keyword::WHERE,
    Keyword::WINDOW,
    Keyword::WITH,
    Keyword::WITHIN,
    Keyword::WITHOUT,
    Keyword::YEAR,
];

/// Reserved words (PostgreSQL, appendix C) that no operand begins with.
pub(super) const NO_OPERAND: &[Keyword] = &[
    Keyword::ANALYZE,
    Keyword::AND,
    Keyword::AS,
    Keyword::ASC,
    Keyword::ASYMMETRIC,
    Keyword::CHECK,
    Keyword::COLLATE,
    Keyword::COLUMN,
    Keyword::CONSTRAINT,
    Keyword::CREATE,
    Keyword::DEFERRABLE,
    Keyword::DESC,
    Keyword::DISTINCT,
    Keyword::DO,
    Keyword::ELSE,
    Keyword::END,
    Keyword::EXCEPT,
    Keyword::FETCH,
    Keyword::FOR,
    Keyword::FOREIGN,
    Keyword::FROM,
    Keyword::GRANT,
    Keyword::GROUP,
    Keyword::HAVING,
    Keyword::IN,
    Keyword::INTERSECT,
    Keyword::INTO,
    Keyword::LIMIT,
    Keyword::OFFSET,
    Keyword::ON,
    Keyword::OR,
    Keyword::ORDER,
    Keyword::PRIMARY,
    Keyword::REFERENCES,
    Keyword::RETURNING,
    Keyword::SELECT,
    Keyword::THEN,
    Keyword::TO,
    Keyword::UNION,
    Keyword::UNIQUE,
    Keyword::USING,
    Keyword::WHEN,
    Keyword::WHERE,
    Keyword::WINDOW,
    Keyword::WITH,
];

/// Words of other dialects, and unreserved ones of PostgreSQL, that may name a FROM item.
const PLAIN_NAMES: &[Keyword] = &[
    Keyword::CLUSTER,
    Keyword::CONNECT,
    Keyword::DISTRIBUTE,
    Keyword::EXPLAIN,
    Keyword::FORMAT,
    Keyword::OUTPUT,
    Keyword::PARTITION,
    Keyword::PREWHERE,
    Keyword::SET,
    Keyword::SETTINGS,
    Keyword::SORT,
    Keyword::START,
    Keyword::TOP,
    Keyword::VIEW,
];

/// The dialect that client text is parsed with.
#[derive(Debug, Default)]
pub struct Postgres {
    pub(super) base: PostgreSqlDialect,
    /// Leaves every operand to sqlparser: what `operands` is judged by.
    pub(super) all_by_sqlparser: bool,
    /// Where a `` ` `` stood that was read as an operator. A text that can be read so to its end is no PostgreSQL all the same: it may be GoogleSQL.
    pub(super) backtick: Cell<Option<Span>>,
}

macro_rules! as_postgres {
    ($($name:ident),* $(,)?) => { $(fn $name(&self) -> bool { self.base.$name() })* };
}

impl Dialect for Postgres {
    as_postgres!(
        supports_filter_during_aggregation,
        supports_group_by_expr,
        allow_extract_custom,
        allow_extract_single_quotes,
        supports_create_index_with_clause,
        supports_explain_with_utility_options,
        supports_listen_notify,
        supports_bitwise_shift_operators,
        supports_comment_on,
        supports_load_extension,
        supports_named_fn_args_with_colon_operator,
        supports_empty_projections,
        supports_nested_comments,
        supports_string_escape_constant,
        supports_array_typedef_with_brackets,
        supports_geometric_types,
        supports_notnull_operator,
        supports_interval_options,
        supports_comma_separated_trim,
        supports_xml_expressions,
    );

    fn dialect(&self) -> TypeId {
        TypeId::of::<PostgreSqlDialect>()
    }

    fn identifier_quote_style(&self, identifier: &str) -> Option<char> {
        self.base.identifier_quote_style(identifier)
    }

    fn is_delimited_identifier_start(&self, ch: char) -> bool {
        ch == '"'
    }

    fn is_identifier_start(&self, ch: char) -> bool {
        self.base.is_identifier_start(ch)
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        self.base.is_identifier_part(ch)
    }

    fn is_custom_operator_part(&self, ch: char) -> bool {
        self.base.is_custom_operator_part(ch)
    }

    fn is_reserved_for_identifier(&self, kw: Keyword) -> bool {
        // Those that PostgreSQL reserves are read as nothing else, so that an error stands where they break off.
        matches!(kw, Keyword::CASE | Keyword::CAST | Keyword::NOT | Keyword::ARRAY) || self.base.is_reserved_for_identifier(kw)
    }

    fn supports_string_literal_concatenation_with_newline(&self) -> bool {
        true
    }

    fn supports_in_empty_list(&self) -> bool {
        false
    }

    /// `FROM name` behind a WITH item: what stands for SEARCH and CYCLE (`search_cycle`).
    fn supports_from_first_insert(&self) -> bool {
        true
    }

    fn is_column_alias(&self, kw: &Keyword, _: &mut Parser) -> bool {
        *kw == Keyword::NoKeyword || !NO_BARE_LABELS.contains(kw)
    }

    fn is_table_alias(&self, kw: &Keyword, parser: &mut Parser) -> bool {
        *kw == Keyword::NoKeyword || PLAIN_NAMES.contains(kw) || self.base.is_table_alias(kw, parser)
    }

    fn prec_value(&self, prec: Precedence) -> u8 {
        self.base.prec_value(prec)
    }

    fn get_next_precedence(&self, parser: &Parser) -> Option<Result<u8, ParserError>> {
        match &parser.peek_token_ref().token {
            Token::Word(word) if word.quote_style.is_none() && word.value.eq_ignore_ascii_case("isnull") => {
                Some(Ok(self.base.prec_value(Precedence::Is)))
            }
            // No constant stands right behind an operand: it is no alias either.
            Token::SingleQuotedString(_) | Token::EscapedStringLiteral(_) | Token::DollarQuotedString(_) => {
                Some(parser.expected_ref("the end of an operand", parser.peek_token_ref()))
            }
            // sqlparser gives these the precedence of `=`.
            Token::Word(word) if word.keyword == Keyword::OPERATOR => Some(Ok(OTHER_OPERATOR)),
            Token::Tilde
            | Token::TildeAsterisk
            | Token::ExclamationMarkTilde
            | Token::ExclamationMarkTildeAsterisk
            | Token::DoubleTilde
            | Token::DoubleTildeAsterisk
            | Token::ExclamationMarkDoubleTilde
            | Token::ExclamationMarkDoubleTildeAsterisk
            | Token::PGSquareRoot
            | Token::PGCubeRoot
            | Token::Spaceship => Some(Ok(OTHER_OPERATOR)),
            _ => self.base.get_next_precedence(parser),
        }
    }

    fn parse_prefix(&self, parser: &mut Parser) -> Option<Result<Expr, ParserError>> {
        if !self.all_by_sqlparser
            && let Some(operand) = operands::parse(parser)
        {
            return Some(operand);
        }
        let (op, precedence) = match parser.peek_token_ref().token {
            Token::Minus => (UnaryOperator::Minus, UNARY_MINUS),
            Token::Plus => (UnaryOperator::Plus, UNARY_MINUS),
            Token::Tilde => (UnaryOperator::BitwiseNot, OTHER_OPERATOR),
            Token::AtSign => (UnaryOperator::PGAbs, OTHER_OPERATOR),
            Token::PGSquareRoot => (UnaryOperator::PGSquareRoot, OTHER_OPERATOR),
            Token::PGCubeRoot => (UnaryOperator::PGCubeRoot, OTHER_OPERATOR),
            Token::DoubleExclamationMark => (UnaryOperator::PGPrefixFactorial, OTHER_OPERATOR),
            Token::CustomBinaryOperator(_) => return Some(self.no_prefix(parser)),
            Token::Word(ref word) if word.quote_style.is_none() && NO_OPERAND.contains(&word.keyword) => {
                return Some(parser.expected_ref("an operand", parser.peek_token_ref()));
            }
            _ => return None,
        };
        parser.next_token();
        Some(parser.parse_subexpr(precedence).map(|expr| Expr::UnaryOp { op, expr: Box::new(expr) }))
    }

    fn parse_infix(&self, parser: &mut Parser, left: &Expr, precedence: u8) -> Option<Result<Expr, ParserError>> {
        if ends_chain(left, parser.peek_tokens_ref::<2>()) {
            let found = parser.peek_token_ref().clone();
            return Some(parser.expected("the end of a comparison", found));
        }
        let Token::Word(word) = &parser.peek_token_ref().token else { return any_operator(parser, left) };
        if word.quote_style.is_some() {
            return None;
        }
        if word.value.eq_ignore_ascii_case("isnull") {
            parser.next_token();
            return Some(Ok(Expr::IsNull(Box::new(left.clone()))));
        }
        match word.keyword {
            Keyword::COLLATE => {
                parser.next_token();
                let expr = Box::new(left.clone());
                Some(parser.parse_object_name(false).map(|collation| Expr::Collate { expr, collation }))
            }
            Keyword::IS => self.distinct_from(parser, left, precedence),
            Keyword::IN => Some(among(parser, left)),
            Keyword::NOT if word_after(parser, "in") => Some(among(parser, left)),
            Keyword::NOT | Keyword::BETWEEN | Keyword::LIKE | Keyword::ILIKE => self.symmetric_or_quantified(parser, left),
            _ => None,
        }
    }
}

impl Postgres {
    /// An operator that stands before no operand, as `` ` `` does: it is read all the same, and told when it is looked for.
    fn no_prefix(&self, parser: &mut Parser) -> Result<Expr, ParserError> {
        let operator = parser.next_token();
        let prefix = Ident { value: operator.token.to_string(), quote_style: None, span: operator.span };
        if prefix.value.contains('`') {
            self.backtick.set(self.backtick.get().or(Some(operator.span)));
        }
        parser.parse_subexpr(OTHER_OPERATOR).map(|value| Expr::Prefixed { prefix, value: Box::new(value) })
    }

    /// `IS [NOT] DISTINCT FROM`: sqlparser lets its right side swallow a following AND.
    fn distinct_from(&self, parser: &mut Parser, left: &Expr, precedence: u8) -> Option<Result<Expr, ParserError>> {
        let negated = match parser.peek_tokens::<4>() {
            [_, a, b, _] if word(&a, "distinct") && word(&b, "from") => false,
            [_, a, b, c] if word(&a, "not") && word(&b, "distinct") && word(&c, "from") => true,
            _ => return None,
        };
        (0..3 + usize::from(negated)).for_each(|_| drop(parser.next_token()));
        let left = Box::new(left.clone());
        Some(parser.parse_subexpr(precedence).map(|right| match negated {
            false => Expr::IsDistinctFrom(left, Box::new(right)),
            true => Expr::IsNotDistinctFrom(left, Box::new(right)),
        }))
    }

    /// `[NOT] BETWEEN [A]SYMMETRIC a AND b`, `[NOT] [I]LIKE ANY|ALL|SOME (...)`.
    fn symmetric_or_quantified(&self, parser: &mut Parser, left: &Expr) -> Option<Result<Expr, ParserError>> {
        let ahead = parser.peek_tokens::<3>();
        let negated = word(&ahead[0], "not");
        let (operator, next) = if negated { (&ahead[1], &ahead[2]) } else { (&ahead[0], &ahead[1]) };
        let skip = 2 + usize::from(negated);
        if word(operator, "between") && (word(next, "symmetric") || word(next, "asymmetric")) {
            let symmetric = word(next, "symmetric");
            (0..skip).for_each(|_| drop(parser.next_token()));
            return Some(self.between(parser, left, negated, symmetric));
        }
        if !["any", "all", "some"].iter().any(|name| word(next, name)) {
            return None;
        }
        let compare_op = match (word(operator, "like"), word(operator, "ilike"), negated) {
            (true, _, false) => BinaryOperator::PGLikeMatch,
            (true, _, true) => BinaryOperator::PGNotLikeMatch,
            (_, true, false) => BinaryOperator::PGILikeMatch,
            (_, true, true) => BinaryOperator::PGNotILikeMatch,
            _ => return None,
        };
        let all = word(next, "all");
        (0..skip).for_each(|_| drop(parser.next_token()));
        Some(quantified(parser, left, compare_op, all))
    }

    fn between(&self, parser: &mut Parser, left: &Expr, negated: bool, symmetric: bool) -> Result<Expr, ParserError> {
        let precedence = self.prec_value(Precedence::Between);
        let low = parser.parse_subexpr(precedence)?;
        parser.expect_keyword_is(Keyword::AND)?;
        let high = parser.parse_subexpr(precedence)?;
        if !symmetric {
            return Ok(Expr::Between { expr: Box::new(left.clone()), negated, low: Box::new(low), high: Box::new(high) });
        }
        let list = FunctionArgumentList {
            duplicate_treatment: None,
            args: vec![FunctionArg::Unnamed(FunctionArgExpr::Expr(low))],
            clauses: Vec::new(),
        };
        let low = Expr::Function(Function {
            name: ObjectName::from(vec![Ident::new(SYMMETRIC)]),
            uses_odbc_syntax: false,
            parameters: FunctionArguments::None,
            args: FunctionArguments::List(list),
            filter: None,
            null_treatment: None,
            over: None,
            within_group: Vec::new(),
        });
        Ok(Expr::Between { expr: Box::new(left.clone()), negated, low: Box::new(low), high: Box::new(high) })
    }
}

/// Tells whether an operator would go on a chain of its kind without parentheses: comparisons, LIKE and BETWEEN, IS DISTINCT FROM do not
/// associate (gram.y, `%nonassoc`).
fn ends_chain(left: &Expr, ahead: [&TokenWithSpan; 2]) -> bool {
    let [first, second] = ahead.map(|token| &token.token);
    let compares = |op: &BinaryOperator| {
        use BinaryOperator as Op;
        matches!(op, Op::Eq | Op::NotEq | Op::Lt | Op::Gt | Op::LtEq | Op::GtEq)
    };
    let next = if word(first, "not") { second } else { first };
    match left {
        Expr::BinaryOp { op, .. } if compares(op) => {
            matches!(first, Token::Eq | Token::Neq | Token::Lt | Token::Gt | Token::LtEq | Token::GtEq)
        }
        Expr::Like { .. } | Expr::ILike { .. } | Expr::SimilarTo { .. } | Expr::Between { .. } => {
            ["like", "ilike", "similar", "between", "in"].iter().any(|name| word(next, name))
        }
        Expr::IsDistinctFrom(..) | Expr::IsNotDistinctFrom(..) => word(first, "is"),
        _ => false,
    }
}

/// `[NOT] IN (...)`: sqlparser takes a list that begins with a subquery in parentheses for a subquery.
fn among(parser: &mut Parser, left: &Expr) -> Result<Expr, ParserError> {
    let negated = parser.parse_keyword(Keyword::NOT);
    parser.expect_keyword_is(Keyword::IN)?;
    parser.expect_token(&Token::LParen)?;
    let query = |parser: &mut Parser| {
        let query = parser.parse_query()?;
        parser.expect_token(&Token::RParen).map(|_| query)
    };
    // A constant or a column begins no query, SELECT nothing else.
    let whole = match &parser.peek_token_ref().token {
        Token::Number(..) | Token::SingleQuotedString(_) | Token::Placeholder(_) => None,
        Token::Word(word) if word.keyword == Keyword::NoKeyword => None,
        Token::Word(word) if matches!(word.keyword, Keyword::SELECT | Keyword::WITH) => Some(query(parser)?),
        _ => parser.maybe_parse(query)?,
    };
    let expr = Box::new(left.clone());
    if let Some(subquery) = whole {
        return Ok(Expr::InSubquery { expr, subquery, negated });
    }
    let list = parser.parse_comma_separated(Parser::parse_expr)?;
    parser.expect_token(&Token::RParen)?;
    Ok(Expr::InList { expr, list, negated })
}

/// Operators that sqlparser does not take where PostgreSQL does: any of them before ANY and ALL, roots between two operands.
fn any_operator(parser: &mut Parser, left: &Expr) -> Option<Result<Expr, ParserError>> {
    let [operator, quantifier, open] = parser.peek_tokens_ref::<3>();
    let name = match &operator.token {
        Token::Eq | Token::Neq | Token::Lt | Token::Gt | Token::LtEq | Token::GtEq => return None,
        token if !super::operators::is_operator(token) => return None,
        token => token.to_string(),
    };
    let all = word(&quantifier.token, "all");
    if open.token == Token::LParen && (all || word(&quantifier.token, "any") || word(&quantifier.token, "some")) {
        (0..2).for_each(|_| parser.advance_token());
        return Some(quantified(parser, left, BinaryOperator::Custom(name), all));
    }
    if !matches!(operator.token, Token::PGSquareRoot | Token::PGCubeRoot) {
        return None;
    }
    parser.advance_token();
    let right = parser.parse_subexpr(OTHER_OPERATOR);
    Some(right.map(|right| Expr::BinaryOp { left: Box::new(left.clone()), op: BinaryOperator::Custom(name), right: Box::new(right) }))
}

fn quantified(parser: &mut Parser, left: &Expr, compare_op: BinaryOperator, all: bool) -> Result<Expr, ParserError> {
    parser.expect_token(&Token::LParen)?;
    let subquery = matches!(&parser.peek_token_ref().token, Token::Word(word) if matches!(word.keyword, Keyword::SELECT | Keyword::WITH));
    let right = if subquery { Expr::Subquery(parser.parse_query()?) } else { parser.parse_expr()? };
    parser.expect_token(&Token::RParen)?;
    let (left, right) = (Box::new(left.clone()), Box::new(right));
    Ok(if all { Expr::AllOp { left, compare_op, right } } else { Expr::AnyOp { left, compare_op, right, is_some: false } })
}

fn word_after(parser: &Parser, name: &str) -> bool {
    word(&parser.peek_tokens::<2>()[1], name)
}

fn word(token: &Token, name: &str) -> bool {
    matches!(token, Token::Word(word) if word.quote_style.is_none() && word.value.eq_ignore_ascii_case(name))
}
