//! to_char, to_date and to_timestamp: constant templates, piece by piece.

use super::text::Level;
use super::*;
use crate::types::Type;

/// One piece of a template.
enum Piece {
    /// For FORMAT_TIMESTAMP and its kin, `%` escaped.
    Format(String),
    /// An expression of type STRING.
    Computed(Text),
}

impl Emitter {
    /// Prints a formatting function; `None` if it is none.
    pub fn template_function(&mut self, expr: &Expr, function: &Signature, args: &[Expr]) -> Result<Option<Text>> {
        let [value, template] = args else { return Ok(None) };
        if !matches!(function.name.as_str(), "to_char" | "to_date" | "to_timestamp" | "to_number") {
            return Ok(None);
        }
        let Some(pattern) = literals::constant_text(template) else {
            return Err(refuse(
                format!("{}() with a computed template", function.name),
                template.position,
                "Write the template as a constant.",
            ));
        };
        let pattern = pattern.to_owned();
        let text = match (function.name.as_str(), value.ty) {
            ("to_char", Type::TIMESTAMP | Type::TIMESTAMPTZ) => self.moment_template(value, &pattern, template)?,
            ("to_char", ty) if super::operators::is_number(ty) && ty != Type::FLOAT4 => self.number_template(value, &pattern, template)?,
            ("to_date", _) => {
                let format = parse_template(&pattern, template)?;
                Text::atom(format!("PARSE_DATE({}, {})", literals::string(&format), self.expr(value)?))
            }
            ("to_timestamp", _) => {
                let format = parse_template(&pattern, template)?;
                let zone = if self.is_utc() { String::new() } else { format!(", {}", self.zone_literal()) };
                Text::atom(format!("PARSE_TIMESTAMP({}, {}{zone})", literals::string(&format), self.expr(value)?))
            }
            (name, ty) => return Err(refuse(format!("{name}() of {ty}"), expr.position, "to_char() of timestamps and numbers is.")),
        };
        Ok(Some(text))
    }

    fn moment_template(&mut self, value: &Expr, pattern: &str, at: &Expr) -> Result<Text> {
        let text = self.expr(value)?;
        let zone = if value.ty == Type::TIMESTAMPTZ && !self.is_utc() { Some(self.zone_literal()) } else { None };
        let (call, tail) = if value.ty == Type::TIMESTAMPTZ {
            ("FORMAT_TIMESTAMP", zone.as_ref().map(|zone| format!(", {zone}")).unwrap_or_default())
        } else {
            ("FORMAT_DATETIME", String::new())
        };
        let part = |unit: &str| {
            let zone = zone.as_ref().map(|zone| format!(" AT TIME ZONE {zone}")).unwrap_or_default();
            format!("EXTRACT({unit} FROM {text}{zone})")
        };
        let formatted = |format: &str| format!("{call}({}, {text}{tail})", literals::string(format));
        let pieces = pieces(pattern, at, &part, &formatted)?;
        let mut items = Vec::new();
        let mut run = String::new();
        for piece in pieces {
            match piece {
                Piece::Format(format) => run.push_str(&format),
                Piece::Computed(text) => {
                    if !run.is_empty() {
                        items.push(Text::atom(formatted(&std::mem::take(&mut run))));
                    }
                    items.push(text);
                }
            }
        }
        if !run.is_empty() || items.is_empty() {
            items.push(Text::atom(formatted(&run)));
        }
        Ok(if items.len() == 1 { items.remove(0) } else { Text::call("CONCAT", &items) })
    }

    /// to_char of a number: 9, 0, comma, point and FM.
    fn number_template(&mut self, value: &Expr, pattern: &str, at: &Expr) -> Result<Text> {
        let refused = || refuse(format!("the number template '{pattern}'"), at.position, "9, 0, comma, point and the prefix FM are.");
        let (fill, body) = match pattern.strip_prefix("FM") {
            Some(rest) => (false, rest),
            None => (true, pattern),
        };
        let body = body.replace('D', ".").replace('G', ",");
        let (whole, fraction) = body.split_once('.').unwrap_or((body.as_str(), ""));
        if !whole.chars().all(|c| matches!(c, '9' | '0' | ',')) || !fraction.chars().all(|c| matches!(c, '9' | '0')) || body.is_empty() {
            return Err(refused());
        }
        let groups: Vec<&str> = whole.split(',').collect();
        let grouped = groups.len() > 1;
        if grouped && (groups[0].is_empty() || groups[0].len() > 3 || groups[1..].iter().any(|group| group.len() != 3)) {
            return Err(refused());
        }
        let digits: String = whole.chars().filter(|c| *c != ',').collect();
        let (n, scale) = (digits.len(), fraction.len());
        let minimum = digits.find('0').map_or(0, |first| n - first);
        // With FM, a 9 behind the point drops its zero.
        if n == 0 || (minimum > 1 && minimum != n) || (grouped && minimum > 1) || (!fill && fraction.contains('9')) || n > 28 {
            return Err(refused());
        }
        let number = match value.ty {
            Type::FLOAT8 => return Err(refuse("to_char() of double precision", value.position, "Cast it to numeric.")),
            Type::NUMERIC => self.expr(value)?,
            _ => self.expr(value)?.cast("NUMERIC"),
        };
        let rounded = format!("ROUND({number}, {scale})");
        let flag = if grouped { "'" } else { "" };
        let form = literals::string(&format!("%{flag}.{scale}f"));
        let mut magnitude = format!("FORMAT({form}, ABS({rounded}))");
        if minimum > 1 {
            let width = n + if scale > 0 { scale + 1 } else { 0 };
            magnitude = format!("LPAD({magnitude}, {width}, '0')");
        } else if minimum == 0 && scale > 0 {
            magnitude = format!("REGEXP_REPLACE({magnitude}, r'^0\\.', '.')");
        }
        let overflow: String = body.replace(['9', '0'], "#");
        let limit = format!("NUMERIC '1{}'", "0".repeat(n));
        let sign = format!("IF({rounded} < 0, '-', '')");
        let shown = format!("CONCAT({sign}, IF(ABS({rounded}) >= {limit}, {}, {magnitude}))", literals::string(&overflow));
        let shown = if fill { format!("LPAD({shown}, {}, ' ')", body.len() + 1) } else { shown };
        Ok(Text::atom(format!("IF({} IS NULL, NULL, {shown})", number.operand())))
    }
}

/// A pattern, what it prints, and what it prints after FM.
type Known<'f> = (&'static str, &'f dyn Fn() -> Piece, &'f dyn Fn() -> Piece);

/// The patterns of to_char that are known, longest first where one begins another.
fn pieces(pattern: &str, at: &Expr, part: &dyn Fn(&str) -> String, formatted: &dyn Fn(&str) -> String) -> Result<Vec<Piece>> {
    let format = |code: &str| Piece::Format(code.to_owned());
    let computed = |sql: String| Piece::Computed(Text::new(sql, Level::Atom));
    let number = |sql: String| Piece::Computed(Text::atom(format!("CAST({sql} AS STRING)")));
    let case = |upper: bool, code: &str| computed(format!("{}({})", if upper { "UPPER" } else { "LOWER" }, formatted(code)));
    let mut out = Vec::new();
    let mut rest = pattern;
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix('"') {
            let (literal, tail) = quoted.split_once('"').unwrap_or((quoted, ""));
            out.push(Piece::Format(literal.replace('%', "%%")));
            rest = tail;
            continue;
        }
        let (fm, body) = match rest.strip_prefix("FM").or_else(|| rest.strip_prefix("fm")) {
            Some(body) => (true, body),
            None => (false, rest),
        };
        let known: &[Known] = &[
            ("YYYY", &|| format("%E4Y"), &|| number(part("YEAR"))),
            ("yyyy", &|| format("%E4Y"), &|| number(part("YEAR"))),
            ("IYYY", &|| format("%G"), &|| format("%G")),
            ("YY", &|| format("%y"), &|| format("%y")),
            ("MONTH", &|| computed(format!("RPAD(UPPER({}), 9, ' ')", formatted("%B"))), &|| case(true, "%B")),
            ("Month", &|| computed(format!("RPAD({}, 9, ' ')", formatted("%B"))), &|| format("%B")),
            ("month", &|| computed(format!("RPAD(LOWER({}), 9, ' ')", formatted("%B"))), &|| case(false, "%B")),
            ("MON", &|| case(true, "%b"), &|| case(true, "%b")),
            ("Mon", &|| format("%b"), &|| format("%b")),
            ("mon", &|| case(false, "%b"), &|| case(false, "%b")),
            ("MM", &|| format("%m"), &|| number(part("MONTH"))),
            ("mm", &|| format("%m"), &|| number(part("MONTH"))),
            ("DDD", &|| format("%j"), &|| number(part("DAYOFYEAR"))),
            ("DAY", &|| computed(format!("RPAD(UPPER({}), 9, ' ')", formatted("%A"))), &|| case(true, "%A")),
            ("Day", &|| computed(format!("RPAD({}, 9, ' ')", formatted("%A"))), &|| format("%A")),
            ("day", &|| computed(format!("RPAD(LOWER({}), 9, ' ')", formatted("%A"))), &|| case(false, "%A")),
            ("DD", &|| format("%d"), &|| number(part("DAY"))),
            ("dd", &|| format("%d"), &|| number(part("DAY"))),
            ("DY", &|| case(true, "%a"), &|| case(true, "%a")),
            ("Dy", &|| format("%a"), &|| format("%a")),
            ("dy", &|| case(false, "%a"), &|| case(false, "%a")),
            ("HH24", &|| format("%H"), &|| number(part("HOUR"))),
            ("hh24", &|| format("%H"), &|| number(part("HOUR"))),
            ("HH12", &|| format("%I"), &|| number(format!("MOD({} + 11, 12) + 1", part("HOUR")))),
            ("HH", &|| format("%I"), &|| number(format!("MOD({} + 11, 12) + 1", part("HOUR")))),
            ("MI", &|| format("%M"), &|| number(part("MINUTE"))),
            ("mi", &|| format("%M"), &|| number(part("MINUTE"))),
            ("SS", &|| format("%S"), &|| number(part("SECOND"))),
            ("ss", &|| format("%S"), &|| number(part("SECOND"))),
            ("MS", &|| computed(format!("FORMAT('%03d', {})", part("MILLISECOND"))), &|| {
                computed(format!("FORMAT('%03d', {})", part("MILLISECOND")))
            }),
            ("US", &|| computed(format!("FORMAT('%06d', {})", part("MICROSECOND"))), &|| {
                computed(format!("FORMAT('%06d', {})", part("MICROSECOND")))
            }),
            ("AM", &|| format("%p"), &|| format("%p")),
            ("PM", &|| format("%p"), &|| format("%p")),
            ("am", &|| case(false, "%p"), &|| case(false, "%p")),
            ("pm", &|| case(false, "%p"), &|| case(false, "%p")),
            ("IW", &|| format("%V"), &|| number(part("ISOWEEK"))),
            ("ID", &|| format("%u"), &|| format("%u")),
            ("Q", &|| format("%Q"), &|| format("%Q")),
            ("D", &|| number(part("DAYOFWEEK")), &|| number(part("DAYOFWEEK"))),
        ];
        if let Some((word, plain, bare)) = known.iter().find(|(word, ..)| body.starts_with(word)) {
            out.push(if fm { bare() } else { plain() });
            rest = &body[word.len()..];
            if rest.starts_with("TH") || rest.starts_with("th") {
                return Err(refuse(
                    "an ordinal suffix in a template",
                    at.position,
                    "Leave TH out, or put literal letters into double quotes.",
                ));
            }
            continue;
        }
        let c = rest.chars().next().unwrap_or(' ');
        if c.is_ascii_alphabetic() && !matches!(c, 'T' | 'h' | 'm' | 's' | 'Z' | 'u' | 'n' | 'k') || fm || c == '\\' {
            return Err(refuse(
                format!("the template '{pattern}'"),
                at.position,
                "YYYY, MM, Mon, Month, DD, Day, HH24, MI, SS, MS, Q, IW and AM are; literal letters go into double quotes.",
            ));
        }
        if c == 'T' && (rest.starts_with("TZ") || rest.starts_with("TM")) {
            return Err(refuse(format!("the template '{pattern}'"), at.position, "Zones and localized names are not."));
        }
        out.push(Piece::Format(if c == '%' { "%%".to_owned() } else { c.to_string() }));
        rest = &rest[c.len_utf8()..];
    }
    Ok(out)
}

/// Converts a template for reading; only numeric fields of fixed width and separators.
fn parse_template(pattern: &str, at: &Expr) -> Result<String> {
    let known = [
        ("YYYY", "%Y"),
        ("MM", "%m"),
        ("DD", "%d"),
        ("HH24", "%H"),
        ("HH12", "%I"),
        ("MI", "%M"),
        ("SS", "%S"),
        ("AM", "%p"),
        ("PM", "%p"),
        ("Mon", "%b"),
        ("Month", "%B"),
    ];
    let mut out = String::new();
    let mut rest = pattern;
    while !rest.is_empty() {
        if let Some((word, code)) = known.iter().filter(|(word, _)| rest.starts_with(word)).max_by_key(|(word, _)| word.len()) {
            out.push_str(code);
            rest = &rest[word.len()..];
            continue;
        }
        let c = rest.chars().next().unwrap_or(' ');
        if !matches!(c, '-' | '/' | ':' | ' ' | '.' | ',') {
            return Err(refuse(format!("the template '{pattern}'"), at.position, "YYYY, MM, DD, HH24, MI and SS with separators are."));
        }
        out.push(c);
        rest = &rest[c.len_utf8()..];
    }
    Ok(out)
}
