//! String functions. GoogleSQL counts characters in STRING as PostgreSQL does.

use super::functions_regexp::{empty_matches, flags, may_match_nothing};
use super::patterns::constant_pattern;
use super::text::Level;
use super::*;
use crate::types::Type;
use crate::types::literal::Literal;

impl Emitter {
    /// Prints a string function; `None` if it is none.
    pub fn text_function(&mut self, expr: &Expr, function: &Signature, args: &[Expr]) -> Result<Option<Text>> {
        let name = function.name.as_str();
        let first = args.first().map_or(Type::UNKNOWN, |arg| arg.ty);
        if args.iter().any(|arg| arg.ty == Type::BPCHAR) {
            return Ok(None);
        }
        let string = first.is_string();
        let text = match (name, args) {
            ("length" | "char_length" | "character_length", [value]) if string => Text::call("CHAR_LENGTH", &[self.expr(value)?]),
            ("length" | "octet_length", [value]) if string || first == Type::BYTEA => Text::call("BYTE_LENGTH", &[self.expr(value)?]),
            ("bit_length", [value]) => Text::new(format!("BYTE_LENGTH({}) * 8", self.expr(value)?), Level::Multiply),
            ("lower", [value]) if string => self.lower(value)?,
            ("upper", [value]) if string => self.upper(value)?,
            // Words are runs of letters and digits, so that a letter after an apostrophe is a capital.
            ("initcap", [value]) if string => {
                self.enters_subquery(value)?;
                let word = self.alias("word");
                Text::atom(format!(
                    "ARRAY_TO_STRING(ARRAY(SELECT CONCAT({first}, LOWER({rest})) FROM UNNEST(REGEXP_EXTRACT_ALL({v}, r'[\\pL\\p{{Nd}}\\p{{Nl}}]+|[^\\pL\\p{{Nd}}\\p{{Nl}}]+')) AS {word} WITH OFFSET AS {word}_offset ORDER BY {word}_offset), IF({t} IS NULL, NULL, ''))",
                    v = self.expr(value)?,
                    t = self.expr(value)?.operand(),
                    first = super::letters::capital(&format!("SUBSTR({word}, 1, 1)"), value),
                    rest = super::letters::plain_small(&format!("SUBSTR({word}, 2)"), value)
                ))
            }
            ("substr" | "substring", [value, start]) if (string || value.ty == Type::BYTEA) && start.ty.is_integer() => {
                let value = self.expr(value)?;
                match literals::constant_int(start) {
                    Some(n) => Text::call("SUBSTR", &[value, Text::atom(n.max(1).to_string())]),
                    None => Text::atom(format!("SUBSTR({value}, GREATEST({}, 1))", self.expr(start)?)),
                }
            }
            ("substr" | "substring", [value, start, length]) if (string || value.ty == Type::BYTEA) && start.ty.is_integer() => {
                self.substring(value, start, length)?
            }
            ("substring", [value, pattern]) if string => {
                // The first parenthesized group, or the whole match.
                let whole = self.pattern_of_group(pattern, "", 1)?;
                Text::atom(format!("REGEXP_EXTRACT({}, {whole})", self.subject(value, pattern)?))
            }
            ("left", [value, n]) => self.left_right(value, n, true)?,
            ("right", [value, n]) => self.left_right(value, n, false)?,
            ("strpos" | "position", [value, wanted]) if string => Text::call("STRPOS", &[self.expr(value)?, self.expr(wanted)?]),
            ("replace", [value, from, to]) => {
                // An empty pattern replaces nothing in both.
                Text::call("REPLACE", &self.exprs(&[value.clone(), from.clone(), to.clone()])?)
            }
            ("translate", [_, from, to]) => self.translate(expr, args, from, to)?,
            ("lpad" | "rpad", [value, length]) => self.pad(name, value, length, None)?,
            ("lpad" | "rpad", [value, length, fill]) => self.pad(name, value, length, Some(fill))?,
            ("btrim" | "ltrim" | "rtrim", [value]) if string => Text::call(trim(name), &[self.expr(value)?, Text::atom("' '")]),
            ("btrim" | "ltrim" | "rtrim", [value, set]) if string => match literals::constant_text(set) {
                Some("") => self.expr(value)?,
                Some(_) => Text::call(trim(name), &[self.expr(value)?, self.expr(set)?]),
                None => {
                    let (value, set) = (self.expr(value)?, self.expr(set)?);
                    Text::atom(format!("IF({} = '', {value}, {}({value}, {set}))", set.operand(), trim(name)))
                }
            },
            ("repeat", [value, n]) => match literals::constant_int(n) {
                Some(count) => Text::call("REPEAT", &[self.expr(value)?, Text::atom(count.max(0).to_string())]),
                None => Text::atom(format!("REPEAT({}, GREATEST({}, 0))", self.expr(value)?, self.expr(n)?)),
            },
            ("normalize" | "is_normalized", [value, form]) => {
                let ExprKind::Literal(Literal::Text(form)) = &form.kind else { return Ok(None) };
                let form = form.to_ascii_uppercase();
                if !matches!(form.as_str(), "NFC" | "NFD" | "NFKC" | "NFKD") {
                    return Err(Report::new(
                        crate::error::SqlState::INVALID_PARAMETER_VALUE,
                        format!("invalid normalization form: {form}"),
                    ));
                }
                let text = self.expr(value)?;
                let normal = Text::call("NORMALIZE", &[text.clone(), Text::atom(form)]);
                if name == "normalize" { normal } else { Text::infix(&text, "=", &normal, Level::Compare) }
            }
            ("reverse", [value]) if string => Text::call("REVERSE", &[self.expr(value)?]),
            ("starts_with", [_, _]) => Text::call("STARTS_WITH", &self.exprs(args)?),
            ("md5", [value]) => Text::atom(format!("TO_HEX(MD5({}))", self.expr(value)?)),
            ("sha256", [value]) if first == Type::BYTEA => Text::call("SHA256", &[self.expr(value)?]),
            ("sha512", [value]) if first == Type::BYTEA => Text::call("SHA512", &[self.expr(value)?]),
            ("ascii", [value]) => Text::call("UNICODE", &[self.expr(value)?]),
            ("chr", [n]) => {
                if literals::constant_int(n).is_some_and(|n| n != 0) {
                    return Ok(Some(Text::call("CHR", &[self.expr(n)?])));
                }
                let n = self.expr(n)?;
                Text::atom(format!("CHR(IF({} = 0, ERROR('null character not permitted'), {n}))", n.operand()))
            }
            ("to_hex", [value]) => match literals::constant_int(value) {
                Some(n) if n >= 0 => Text::atom(literals::string(&format!("{n:x}"))),
                _ => Text::atom(format!("NULLIF({}, 'NULL')", self.hexadecimal(expr, value)?)),
            },
            ("concat", _) => self.concat(function, args)?,
            ("concat_ws", [separator, rest @ ..]) if function.variadic.is_some() => {
                let mut items = Vec::new();
                for arg in rest {
                    items.push(self.output_text(arg)?);
                }
                Text::atom(format!("ARRAY_TO_STRING([{}], {})", text::list(&items), self.expr(separator)?))
            }
            ("split_part", [value, separator, n]) => self.split_part(value, separator, n)?,
            ("regexp_replace", [value, pattern, replacement, rest @ ..]) if rest.len() <= 1 => {
                self.regexp_replace(value, pattern, replacement, rest.first())?
            }
            // From the begin, the first match or (0) every one.
            ("regexp_replace", [value, pattern, replacement, start, n])
                if literals::constant_int(start) == Some(1) && matches!(literals::constant_int(n), Some(0 | 1)) =>
            {
                let every = Expr::literal(Literal::Text("g".into()), Type::TEXT, n.position);
                let every = Some(&every).filter(|_| literals::constant_int(n) == Some(0));
                self.regexp_replace(value, pattern, replacement, every)?
            }
            ("regexp_like", [value, pattern, rest @ ..]) if rest.len() <= 1 => {
                let flags = flags(rest.first())?;
                Text::atom(format!("REGEXP_CONTAINS({}, {})", self.subject(value, pattern)?, self.pattern(pattern, &flags)?))
            }
            ("regexp_count", [value, pattern, start, rest @ ..]) if literals::constant_int(start) == Some(1) && rest.len() <= 1 => {
                if may_match_nothing(&constant_pattern(pattern)?) {
                    return Err(empty_matches(pattern));
                }
                let flags = flags(rest.first())?;
                Text::atom(format!(
                    "ARRAY_LENGTH(REGEXP_EXTRACT_ALL({}, {}))",
                    self.subject(value, pattern)?,
                    self.whole_match(pattern, &flags)?
                ))
            }
            ("regexp_count" | "regexp_instr" | "regexp_substr", [_, pattern, start, n, ..])
                if occurrence(start, n).is_some() && may_match_nothing(&constant_pattern(pattern)?) =>
            {
                return Err(empty_matches(pattern));
            }
            ("regexp_instr", [value, pattern, start, n, end @ ..])
                if occurrence(start, n).is_some()
                    && end.len() <= 1
                    && end.iter().all(|end| matches!(literals::constant_int(end), Some(0 | 1))) =>
            {
                let behind = end.first().and_then(literals::constant_int).unwrap_or(0);
                let (subject, pattern, n) = (self.subject(value, pattern)?, self.whole_match(pattern, "")?, self.expr(n)?);
                Text::atom(format!("REGEXP_INSTR({subject}, {pattern}, 1, {n}, {behind})"))
            }
            ("regexp_substr", [value, pattern, start, n]) if occurrence(start, n).is_some() => {
                let (subject, pattern, n) = (self.subject(value, pattern)?, self.whole_match(pattern, "")?, self.expr(n)?);
                Text::atom(format!("REGEXP_EXTRACT({subject}, {pattern}, 1, {n})"))
            }
            ("regexp_count" | "regexp_instr", [_, pattern]) if may_match_nothing(&constant_pattern(pattern)?) => {
                return Err(empty_matches(pattern));
            }
            ("regexp_count", [value, pattern]) => Text::atom(format!(
                "ARRAY_LENGTH(REGEXP_EXTRACT_ALL({}, {}))",
                self.subject(value, pattern)?,
                self.whole_match(pattern, "")?
            )),
            ("regexp_instr", [value, pattern]) => {
                Text::atom(format!("REGEXP_INSTR({}, {})", self.subject(value, pattern)?, self.whole_match(pattern, "")?))
            }
            ("string_to_array", [value, separator, null]) if literals::constant_text(null).is_some() => {
                let (item, place) = (self.alias("item"), self.alias("place"));
                self.enters_subquery(value)?;
                let (array, null) = (self.split_text(value, separator)?, self.expr(null)?);
                let value = self.expr(value)?;
                Text::atom(format!(
                    "IF({} IS NULL, NULL, ARRAY(SELECT NULLIF({item}, {null}) FROM UNNEST({array}) AS {item} WITH OFFSET AS {place} ORDER BY {place}))",
                    value.operand()
                ))
            }
            ("regexp_substr", [value, pattern]) => {
                Text::atom(format!("REGEXP_EXTRACT({}, {})", self.subject(value, pattern)?, self.whole_match(pattern, "")?))
            }
            ("regexp_match", [value, pattern, rest @ ..]) if rest.len() <= 1 => {
                let flags = flags(rest.first())?;
                self.regexp_match(value, pattern, &flags)?
            }
            ("regexp_split_to_array", [value, pattern]) => Text::atom(self.regexp_split(expr, value, pattern)?),
            ("string_to_array", [value, separator]) => Text::atom(self.split_text(value, separator)?),
            ("overlay", [value, with, start]) => {
                let length = Text::call("CHAR_LENGTH", &[self.expr(with)?]);
                self.overlay(value, with, start, &length)?
            }
            ("overlay", [value, with, start, length]) => {
                let length = self.expr(length)?;
                self.overlay(value, with, start, &length)?
            }
            ("encode", [value, format]) => match literals::constant_text(format) {
                Some("hex") => Text::call("TO_HEX", &[self.expr(value)?]),
                // Lines of 76 letters, but for one that the padding ends.
                Some("base64") => Text::atom(format!("REGEXP_REPLACE(TO_BASE64({}), r'([^=]{{76}})', '\\\\1\\n')", self.expr(value)?)),
                _ => return Err(refuse("encode() but to hex and base64", format.position, "Use encode(x, 'hex').")),
            },
            ("decode", [value, format]) => match literals::constant_text(format) {
                Some("hex") => Text::call("FROM_HEX", &[self.expr(value)?]),
                Some("base64") => Text::call("FROM_BASE64", &[self.expr(value)?]),
                _ => return Err(refuse("decode() but from hex and base64", format.position, "Use decode(x, 'hex').")),
            },
            ("convert_to", [value, name]) if is_utf8(name) => self.expr(value)?.cast("BYTES"),
            ("convert_from", [value, name]) if is_utf8(name) => self.expr(value)?.cast("STRING"),
            ("quote_ident", [value]) if string => super::format::identifier(&self.expr(value)?),
            ("quote_literal", [value]) if string => super::format::quoted(&self.expr(value)?),
            ("quote_nullable", [value]) if string => {
                let text = self.expr(value)?;
                Text::atom(format!("COALESCE({}, 'NULL')", super::format::quoted(&text)))
            }
            ("text" | "varchar" | "name", [value]) => self.display(value)?,
            ("format", [template, rest @ ..]) => self.format_text(expr, template, rest)?,
            _ => return Ok(None),
        };
        Ok(Some(text))
    }

    /// The text that concat() and format() use: a boolean is t or f there.
    pub fn output_text(&mut self, arg: &Expr) -> Result<Text> {
        if arg.ty == Type::BOOL {
            let text = self.expr(arg)?;
            return Ok(Text::atom(format!("CASE {text} WHEN TRUE THEN 't' WHEN FALSE THEN 'f' END")));
        }
        self.display(arg)
    }

    fn concat(&mut self, function: &Signature, args: &[Expr]) -> Result<Text> {
        if function.variadic.is_none() && args.iter().any(|arg| arg.ty.is_array()) {
            return Err(refuse("concat(VARIADIC array)", args[0].position, "Use array_to_string(array, '')."));
        }
        let mut items = Vec::new();
        for arg in args {
            let text = self.output_text(arg)?;
            items.push(if literals::is_constant(arg) || self.never_null(arg) { text } else { Text::atom(format!("COALESCE({text}, '')")) });
        }
        Ok(if items.is_empty() { Text::atom("''") } else { Text::call("CONCAT", &items) })
    }

    /// PostgreSQL's substring begins to count before the first character; GoogleSQL counts a negative start from the end.
    fn substring(&mut self, value: &Expr, start: &Expr, length: &Expr) -> Result<Text> {
        let value = self.expr(value)?;
        match (literals::constant_int(start), literals::constant_int(length)) {
            (_, Some(n)) if n < 0 => Err(Report::new(crate::error::SqlState("22011"), "negative substring length not allowed")),
            (Some(from), Some(n)) => {
                let end = from.saturating_add(n);
                Ok(Text::atom(format!("SUBSTR({value}, {}, {})", from.max(1), (end - from.max(1)).max(0))))
            }
            (Some(from), None) if from >= 1 => Ok(Text::atom(format!("SUBSTR({value}, {from}, {})", self.expr(length)?))),
            _ => {
                let (from, n) = (self.expr(start)?, self.expr(length)?);
                let count = format!("GREATEST({} + {} - GREATEST({from}, 1), 0)", from.at(Level::Add), n.at(Level::Multiply));
                let count = match literals::constant_int(length) {
                    Some(_) => count,
                    None => format!("IF({} < 0, ERROR('negative substring length not allowed'), {count})", n.operand()),
                };
                Ok(Text::atom(format!("SUBSTR({value}, GREATEST({from}, 1), {count})")))
            }
        }
    }

    /// left and right: a negative count leaves characters out at the other end.
    fn left_right(&mut self, value: &Expr, n: &Expr, left: bool) -> Result<Text> {
        let value = self.expr(value)?;
        let name = if left { "LEFT" } else { "RIGHT" };
        match literals::constant_int(n) {
            Some(count) if count >= 0 => Ok(Text::atom(format!("{name}({value}, {count})"))),
            Some(count) => Ok(Text::atom(format!("{name}({value}, GREATEST(CHAR_LENGTH({value}) - {}, 0))", count.unsigned_abs()))),
            None => {
                let n = self.expr(n)?;
                Ok(Text::atom(format!(
                    "{name}({value}, IF({} < 0, GREATEST(CHAR_LENGTH({value}) + {}, 0), {n}))",
                    n.operand(),
                    n.at(Level::Multiply)
                )))
            }
        }
    }

    fn translate(&mut self, expr: &Expr, args: &[Expr], from: &Expr, to: &Expr) -> Result<Text> {
        let (Some(from), Some(to)) = (literals::constant_text(from), literals::constant_text(to)) else {
            return Err(refuse("translate() with computed sets", expr.position, "Write the characters as constants."));
        };
        // Of a character that is listed twice the first counts; superfluous targets do not.
        let mut seen = std::collections::HashSet::new();
        let (mut sources, mut targets) = (String::new(), String::new());
        let mut deleted = String::new();
        let mut to = to.chars();
        for c in from.chars() {
            let target = to.next();
            if seen.insert(c) {
                match target {
                    Some(target) => {
                        sources.push(c);
                        targets.push(target);
                    }
                    None => deleted.push(c),
                }
            }
        }
        sources.push_str(&deleted);
        Ok(Text::atom(format!("TRANSLATE({}, {}, {})", self.expr(&args[0])?, literals::string(&sources), literals::string(&targets))))
    }

    fn pad(&mut self, name: &str, value: &Expr, length: &Expr, fill: Option<&Expr>) -> Result<Text> {
        let call = name.to_ascii_uppercase();
        let value = self.expr(value)?;
        let length = match literals::constant_int(length) {
            Some(n) => n.max(0).to_string(),
            None => format!("GREATEST({}, 0)", self.expr(length)?),
        };
        match fill {
            None => Ok(Text::atom(format!("{call}({value}, {length})"))),
            Some(fill) if literals::constant_text(fill) == Some("") => Ok(Text::atom(format!("LEFT({value}, {length})"))),
            Some(fill) if literals::is_constant(fill) => Ok(Text::atom(format!("{call}({value}, {length}, {})", self.expr(fill)?))),
            Some(fill) => {
                let fill = self.expr(fill)?;
                Ok(Text::atom(format!("IF({} = '', LEFT({value}, {length}), {call}({value}, {length}, {fill}))", fill.operand())))
            }
        }
    }

    fn split_part(&mut self, value: &Expr, separator: &Expr, n: &Expr) -> Result<Text> {
        let known = literals::constant_text(separator);
        let (value, separator) = (self.expr(value)?, self.expr(separator)?);
        // Nothing separates nothing: the text is its only part.
        let parts = match known {
            Some("") => format!("[{value}]"),
            Some(_) => format!("SPLIT({value}, {separator})"),
            None => format!("IF({} = '', [{value}], SPLIT({value}, {separator}))", separator.operand()),
        };
        let part = match literals::constant_int(n) {
            Some(0) => {
                let state = crate::error::SqlState::INVALID_PARAMETER_VALUE;
                return Err(Report::new(state, "field position must not be zero"));
            }
            Some(n) if n > 0 => format!("{parts}[SAFE_ORDINAL({n})]"),
            Some(n) => format!("ARRAY_REVERSE({parts})[SAFE_ORDINAL({})]", n.unsigned_abs()),
            None => {
                let n = self.expr(n)?;
                format!(
                    "CASE SIGN({n}) WHEN 1 THEN {parts}[SAFE_ORDINAL({n})] WHEN -1 THEN ARRAY_REVERSE({parts})[SAFE_ORDINAL(-{})] WHEN 0 THEN ERROR('field position must not be zero') END",
                    n.tight()
                )
            }
        };
        let mut missing = vec![format!("{} IS NULL", value.operand())];
        missing.extend(known.is_none().then(|| format!("{} IS NULL", separator.operand())));
        if literals::constant_int(n).is_none() {
            missing.push(format!("{} IS NULL", self.expr(n)?.operand()));
        }
        Ok(Text::atom(format!("IF({}, NULL, COALESCE({part}, ''))", missing.join(" OR "))))
    }

    /// string_to_array: an empty text has no elements; a NULL separator means single characters.
    pub fn split_text(&mut self, value: &Expr, separator: &Expr) -> Result<String> {
        let value = self.expr(value)?;
        if separator.is_null_literal() {
            return Ok(format!("IF({} = '', [], SPLIT({value}, ''))", value.operand()));
        }
        match literals::constant_text(separator) {
            Some("") => Ok(format!("CASE WHEN {0} = '' THEN [] WHEN {0} IS NOT NULL THEN [{0}] END", value.operand())),
            Some(text) => Ok(format!("IF({} = '', [], SPLIT({value}, {}))", value.operand(), literals::string(text))),
            None => {
                let separator = self.expr(separator)?;
                Ok(format!(
                    "CASE WHEN {v} = '' THEN [] WHEN {s} IS NULL THEN SPLIT({value}, '') WHEN {s} = '' AND {v} IS NOT NULL THEN [{v}] ELSE SPLIT({value}, {separator}) END",
                    v = value.operand(),
                    s = separator.operand()
                ))
            }
        }
    }

    fn overlay(&mut self, value: &Expr, with: &Expr, start: &Expr, length: &Text) -> Result<Text> {
        let (value, with, from) = (self.expr(value)?, self.expr(with)?, self.expr(start)?);
        if literals::constant_int(start).is_none_or(|n| n < 1) {
            return Err(refuse("overlay() from a computed or negative start", start.position, "Write the start as a positive constant."));
        }
        Ok(Text::atom(format!("CONCAT(SUBSTR({value}, 1, {from} - 1), {with}, SUBSTR({value}, {from} + {}))", length.at(Level::Multiply))))
    }

    /// The digits of an integer's bits: `%x` would give a negative one a sign.
    fn hexadecimal(&mut self, expr: &Expr, value: &Expr) -> Result<String> {
        let text = self.expr(value)?;
        match value.ty {
            Type::INT4 => Ok(format!("FORMAT('%x', {} & 0xffffffff)", text.tight())),
            Type::INT8 => {
                Ok(format!("IF({} < 0, FORMAT('%x%08x', {1} >> 32, {1} & 0xffffffff), FORMAT('%x', {text}))", text.operand(), text.tight()))
            }
            ty => Err(refuse(format!("to_hex() of {ty}"), expr.position, "Cast it to bigint.")),
        }
    }
}

fn trim(name: &str) -> &'static str {
    match name {
        "ltrim" => "LTRIM",
        "rtrim" => "RTRIM",
        _ => "TRIM",
    }
}

fn is_utf8(name: &Expr) -> bool {
    literals::constant_text(name).is_some_and(|name| matches!(name.to_ascii_lowercase().as_str(), "utf8" | "utf-8"))
}

/// The number of a match that is asked for, where the search is from the begin.
fn occurrence(start: &Expr, n: &Expr) -> Option<i64> {
    literals::constant_int(n).filter(|n| *n >= 1 && literals::constant_int(start) == Some(1))
}
