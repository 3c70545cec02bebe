//! to_char of dates and times: the template is split as formatting.c splits it, each field printed by itself.

use super::*;
use crate::types::Type;

/// The fields of formatting.c (`DCH_keywords`), longest first where one begins another. What is not printed is refused.
const FIELDS: &[&str] = &[
    "A.D.", "A.M.", "AD", "AM", "B.C.", "BC", "CC", "DAY", "DDD", "DD", "DY", "Day", "Dy", "D", "FF1", "FF2", "FF3", "FF4", "FF5", "FF6",
    "FX", "HH24", "HH12", "HH", "IDDD", "ID", "IW", "IYYY", "IYY", "IY", "I", "J", "MI", "MM", "MONTH", "MON", "MS", "Month", "Mon", "OF",
    "P.M.", "PM", "Q", "RM", "SSSSS", "SSSS", "SS", "TZH", "TZM", "TZ", "US", "WW", "W", "Y,YYY", "YYYY", "YYY", "YY", "Y", "a.d.", "a.m.",
    "ad", "am", "b.c.", "bc", "cc", "day", "ddd", "dd", "dy", "d", "ff1", "ff2", "ff3", "ff4", "ff5", "ff6", "fx", "hh24", "hh12", "hh",
    "iddd", "id", "iw", "iyyy", "iyy", "iy", "i", "j", "mi", "mm", "month", "mon", "ms", "of", "p.m.", "pm", "q", "rm", "sssss", "ssss",
    "ss", "tzh", "tzm", "tz", "us", "ww", "w", "y,yyy", "yyyy", "yyy", "yy", "y",
];

/// One node of a template.
pub(super) enum Node {
    /// Text that stands for itself.
    Literal(String),
    /// A field, with FM before it, and its ordinal suffix (TH or th) behind it.
    Field { name: &'static str, fill: bool, ordinal: Option<&'static str> },
}

/// Splits a template into its nodes (`parse_format`).
pub(super) fn nodes(template: &str, at: &Expr) -> Result<Vec<Node>> {
    let mut out: Vec<Node> = Vec::new();
    let mut literal = String::new();
    let mut rest = template;
    while !rest.is_empty() {
        let prefix = ["FM", "fm", "TM", "tm"].into_iter().find(|prefix| rest.starts_with(prefix)).unwrap_or_default();
        if prefix.starts_with(['T', 't']) {
            return Err(refuse("localized names (TM) in a template", at.position, "Leave TM out."));
        }
        let (fill, body) = (prefix.is_empty(), &rest[prefix.len()..]);
        if let Some(name) = FIELDS.iter().find(|name| body.starts_with(**name)) {
            if !literal.is_empty() {
                out.push(Node::Literal(std::mem::take(&mut literal)));
            }
            rest = &body[name.len()..];
            let ordinal = ["TH", "th"].into_iter().find(|suffix| rest.starts_with(suffix));
            rest = ordinal.map_or(rest, |_| &rest[2..]);
            if rest.starts_with("SP") || rest.starts_with("sp") {
                return Err(refuse("spelled numbers (SP) in a template", at.position, "Leave SP out."));
            }
            out.push(Node::Field { name, fill, ordinal });
            continue;
        }
        rest = body;
        let mut chars = rest.chars();
        match chars.next() {
            Some('"') => {
                rest = chars.as_str();
                while let Some(c) = rest.chars().next() {
                    rest = &rest[c.len_utf8()..];
                    match c {
                        '"' => break,
                        '\\' => {
                            let next = rest.chars().next();
                            literal.extend(next);
                            rest = &rest[next.map_or(0, char::len_utf8)..];
                        }
                        c => literal.push(c),
                    }
                }
            }
            // Outside of quotes a backslash is special only before a double quote.
            Some('\\') if chars.as_str().starts_with('"') => {
                literal.push('"');
                rest = &rest[2..];
            }
            Some(c) => {
                literal.push(c);
                rest = chars.as_str();
            }
            None => {}
        }
    }
    if !literal.is_empty() {
        out.push(Node::Literal(literal));
    }
    Ok(out)
}

/// How the parts of one value are printed.
struct Parts {
    /// `FORMAT_DATETIME`, `FORMAT_TIMESTAMP`.
    call: &'static str,
    text: Text,
    /// `, 'zone'` for FORMAT_TIMESTAMP outside of UTC.
    zone: Option<String>,
    zoned: bool,
}

impl Parts {
    fn part(&self, unit: &str) -> String {
        let zone = self.zone.as_ref().map(|zone| format!(" AT TIME ZONE {zone}")).unwrap_or_default();
        format!("EXTRACT({unit} FROM {}{zone})", self.text)
    }

    fn formatted(&self, format: &str) -> String {
        let zone = self.zone.as_ref().map(|zone| format!(", {zone}")).unwrap_or_default();
        format!("{}({}, {}{zone})", self.call, literals::string(format), self.text)
    }
}

/// What a field prints: codes of FORMAT_TIMESTAMP, or an expression of type STRING.
enum Piece {
    Format(&'static str),
    Computed(String),
}

impl Emitter {
    /// to_char of a timestamp.
    pub fn moment_template(&mut self, value: &Expr, template: &str, at: &Expr) -> Result<Text> {
        let zoned = value.ty == Type::TIMESTAMPTZ;
        let text = self.expr(value)?;
        let upper = template.to_ascii_uppercase();
        let has_clock = ["HH", "MI", "SS", "MS", "US", "TZ", "OF", "FF"].iter().any(|field| upper.contains(field));
        let parts = Parts {
            call: if zoned { "FORMAT_TIMESTAMP" } else { "FORMAT_DATETIME" },
            text: if zoned && has_clock { self.in_standard_time(value, text) } else { text },
            zone: (zoned && !self.is_utc()).then(|| self.zone_literal()),
            zoned,
        };
        let mut items: Vec<Text> = Vec::new();
        let mut run = String::new();
        for node in nodes(template, at)? {
            match node {
                Node::Literal(text) => run.push_str(&text.replace('%', "%%")),
                Node::Field { name, fill, ordinal } => match field(&parts, name, fill, ordinal).ok_or_else(|| unknown(name, at))? {
                    Piece::Format(code) => run.push_str(code),
                    Piece::Computed(sql) => {
                        if !run.is_empty() {
                            items.push(Text::atom(parts.formatted(&std::mem::take(&mut run))));
                        }
                        items.push(Text::atom(sql));
                    }
                },
            }
        }
        if !run.is_empty() || items.is_empty() {
            items.push(Text::atom(parts.formatted(&run)));
        }
        Ok(if items.len() == 1 { items.remove(0) } else { Text::call("CONCAT", &items) })
    }

    /// to_char of an interval (or a time): its own fields, which may be larger than a clock's.
    pub fn interval_template(&mut self, value: &Expr, template: &str, at: &Expr) -> Result<Text> {
        self.enters_subquery(value)?;
        let text = self.expr(value)?;
        let span = self.alias("span");
        let part = |unit: &str| format!("EXTRACT({unit} FROM {span})");
        let padded = |sql: String, width: usize, fill: bool| {
            let width = if fill { width } else { 1 };
            format!("FORMAT(IF({sql} < 0, '%0{}d', '%0{width}d'), {sql})", width + 1)
        };
        let mut items: Vec<Text> = Vec::new();
        for node in nodes(template, at)? {
            items.push(Text::atom(match node {
                Node::Literal(text) => literals::string(&text),
                Node::Field { name, fill, ordinal: None } => match name.to_ascii_uppercase().as_str() {
                    "HH24" => padded(part("HOUR"), 2, fill),
                    "HH12" | "HH" => padded(format!("(MOD({0} + 11, 12) + 1)", part("HOUR")), 2, fill),
                    "AM" | "PM" => format!("IF(MOD({}, 24) < 12, 'AM', 'PM')", part("HOUR")),
                    "MI" => padded(part("MINUTE"), 2, fill),
                    "SS" => padded(part("SECOND"), 2, fill),
                    // Only of days the sign counts among the two places.
                    "DD" if fill => format!("FORMAT('%02d', {})", part("DAY")),
                    "DD" => format!("CAST({} AS STRING)", part("DAY")),
                    "MM" => padded(part("MONTH"), 2, fill),
                    "YYYY" => padded(part("YEAR"), 4, fill),
                    "MS" => padded(part("MILLISECOND"), 3, true),
                    "US" => padded(part("MICROSECOND"), 6, true),
                    _ => return Err(unknown(name, at)),
                },
                Node::Field { name, .. } => return Err(unknown(name, at)),
            }));
        }
        let shown = if items.is_empty() { "''".to_owned() } else { format!("CONCAT({})", text::list(&items)) };
        Ok(Text::atom(format!("(SELECT IF({span} IS NULL, NULL, {shown}) FROM UNNEST([{text}]) AS {span})")))
    }
}

fn unknown(name: &str, at: &Expr) -> Report {
    refuse(
        format!("the field {name} of a template here"),
        at.position,
        "Compute it with extract(), or put literal letters into double quotes.",
    )
}

/// Prints one field; `None` where there is no faithful form.
fn field(parts: &Parts, name: &str, fill: bool, ordinal: Option<&str>) -> Option<Piece> {
    if let Some((unit, width)) = number_of(parts, name) {
        // Fractions of a second keep their zeros.
        let fill =
            fill || matches!(name.as_bytes(), [b'M' | b'm', b'S' | b's'] | [b'U' | b'u', b'S' | b's'] | [b'F' | b'f', b'F' | b'f', _]);
        // FORMAT would make the word NULL of NULL.
        let number =
            if fill && width > 1 { format!("LPAD(CAST({unit} AS STRING), {width}, '0')") } else { format!("CAST({unit} AS STRING)") };
        let Some(suffix) = ordinal else {
            let code = match (name.to_ascii_uppercase().as_str(), fill) {
                ("YYYY", true) => Some("%E4Y"),
                ("MM", true) => Some("%m"),
                ("DD", true) => Some("%d"),
                ("DDD", true) => Some("%j"),
                ("HH24", true) => Some("%H"),
                ("HH12" | "HH", true) => Some("%I"),
                ("MI", true) => Some("%M"),
                ("SS", true) => Some("%S"),
                ("YY", true) => Some("%y"),
                ("IW", true) => Some("%V"),
                ("IYYY", true) => Some("%G"),
                ("Q", _) => Some("%Q"),
                ("ID", _) => Some("%u"),
                _ => None,
            };
            return Some(match code {
                Some(code) => Piece::Format(code),
                None => Piece::Computed(number),
            });
        };
        let words = if suffix == "TH" { ["TH", "ST", "ND", "RD"] } else { ["th", "st", "nd", "rd"] };
        let [th, st, nd, rd] = words;
        return Some(Piece::Computed(format!(
            "CONCAT({number}, IF(MOD(DIV({unit}, 10), 10) = 1, '{th}', CASE MOD({unit}, 10) WHEN 1 THEN '{st}' WHEN 2 THEN '{nd}' WHEN 3 THEN '{rd}' ELSE '{th}' END))"
        )));
    }
    if ordinal.is_some() {
        return None;
    }
    let cased = |code: &str| match (name.contains(|c: char| c.is_ascii_uppercase()), name.contains(|c: char| c.is_ascii_lowercase())) {
        (true, false) => format!("UPPER({})", parts.formatted(code)),
        (false, true) => format!("LOWER({})", parts.formatted(code)),
        _ => parts.formatted(code),
    };
    Some(match name {
        "Month" | "Day" if !fill => Piece::Format(if name == "Day" { "%A" } else { "%B" }),
        "MONTH" | "Month" | "month" | "DAY" | "Day" | "day" => {
            let word = cased(if name.eq_ignore_ascii_case("day") { "%A" } else { "%B" });
            Piece::Computed(if fill { format!("RPAD({word}, 9, ' ')") } else { word })
        }
        "Mon" => Piece::Format("%b"),
        "Dy" => Piece::Format("%a"),
        "MON" | "mon" => Piece::Computed(cased("%b")),
        "DY" | "dy" => Piece::Computed(cased("%a")),
        "AM" | "PM" => Piece::Format("%p"),
        "am" | "pm" => Piece::Computed(cased("%p")),
        "A.M." | "P.M." => Piece::Computed(format!("CASE {} < 12 WHEN TRUE THEN 'A.M.' WHEN FALSE THEN 'P.M.' END", parts.part("HOUR"))),
        "a.m." | "p.m." => Piece::Computed(format!("CASE {} < 12 WHEN TRUE THEN 'a.m.' WHEN FALSE THEN 'p.m.' END", parts.part("HOUR"))),
        "AD" | "BC" => Piece::Format("AD"),
        "ad" | "bc" => Piece::Format("ad"),
        "A.D." | "B.C." => Piece::Format("A.D."),
        "a.d." | "b.c." => Piece::Format("a.d."),
        "RM" | "rm" => {
            let months = if name == "RM" {
                "'I', 'II', 'III', 'IV', 'V', 'VI', 'VII', 'VIII', 'IX', 'X', 'XI', 'XII'"
            } else {
                "'i', 'ii', 'iii', 'iv', 'v', 'vi', 'vii', 'viii', 'ix', 'x', 'xi', 'xii'"
            };
            let month = format!("[{months}][ORDINAL({})]", parts.part("MONTH"));
            Piece::Computed(if fill { format!("RPAD({month}, 4, ' ')") } else { month })
        }
        "Y,YYY" | "y,yyy" => {
            let year = parts.part("YEAR");
            Piece::Computed(format!("CONCAT(CAST(DIV({year}, 1000) AS STRING), ',', FORMAT('%03d', MOD({year}, 1000)))"))
        }
        // A timestamp without time zone has no zone to show: PostgreSQL prints nothing for TZ, and zero for its offset.
        "TZ" | "tz" if !parts.zoned => Piece::Format(""),
        "TZ" if parts.zone.is_none() => Piece::Format("UTC"),
        "tz" if parts.zone.is_none() => Piece::Format("utc"),
        "OF" | "of" if !fill => Piece::Format(if parts.zoned && parts.zone.is_some() { return None } else { "+0" }),
        "OF" | "of" | "TZH" | "tzh" if !parts.zoned || parts.zone.is_none() => Piece::Format("+00"),
        "TZM" | "tzm" if !parts.zoned || parts.zone.is_none() => Piece::Format("00"),
        "OF" | "of" => Piece::Computed(format!("REGEXP_REPLACE({}, r':00$', '')", parts.formatted("%Ez"))),
        "TZH" | "tzh" => Piece::Computed(format!("LEFT({}, 3)", parts.formatted("%Ez"))),
        "TZM" | "tzm" => Piece::Computed(format!("RIGHT({}, 2)", parts.formatted("%Ez"))),
        _ => return None,
    })
}

/// The fields that are numbers: what is counted, and to how many digits zeros fill it.
fn number_of(parts: &Parts, name: &str) -> Option<(String, usize)> {
    let part = |unit: &str| parts.part(unit);
    let micros = || part("MICROSECOND");
    Some(match name.to_ascii_uppercase().as_str() {
        "YYYY" => (part("YEAR"), 4),
        "YYY" => (format!("MOD({}, 1000)", part("YEAR")), 3),
        "YY" => (format!("MOD({}, 100)", part("YEAR")), 2),
        "Y" => (format!("MOD({}, 10)", part("YEAR")), 1),
        "IYYY" => (part("ISOYEAR"), 4),
        "IYY" => (format!("MOD({}, 1000)", part("ISOYEAR")), 3),
        "IY" => (format!("MOD({}, 100)", part("ISOYEAR")), 2),
        "I" => (format!("MOD({}, 10)", part("ISOYEAR")), 1),
        "CC" => (format!("DIV({} + 99, 100)", part("YEAR")), 2),
        "Q" => (part("QUARTER"), 1),
        "MM" => (part("MONTH"), 2),
        "DDD" => (part("DAYOFYEAR"), 3),
        "DD" => (part("DAY"), 2),
        "D" => (part("DAYOFWEEK"), 1),
        "ID" => (format!("MOD({} + 5, 7) + 1", part("DAYOFWEEK")), 1),
        "IDDD" => (format!("({} - 1) * 7 + MOD({} + 5, 7) + 1", part("ISOWEEK"), part("DAYOFWEEK")), 3),
        "WW" => (format!("DIV({} - 1, 7) + 1", part("DAYOFYEAR")), 2),
        "W" => (format!("DIV({} - 1, 7) + 1", part("DAY")), 1),
        "IW" => (part("ISOWEEK"), 2),
        "J" => (format!("UNIX_DATE({}) + 2440588", part("DATE")), 1),
        "HH24" => (part("HOUR"), 2),
        "HH12" | "HH" => (format!("MOD({} + 11, 12) + 1", part("HOUR")), 2),
        "MI" => (part("MINUTE"), 2),
        "SS" => (part("SECOND"), 2),
        "SSSS" | "SSSSS" => (format!("{} * 3600 + {} * 60 + {}", part("HOUR"), part("MINUTE"), part("SECOND")), 1),
        "MS" | "FF3" => (part("MILLISECOND"), 3),
        "US" | "FF6" => (micros(), 6),
        "FF1" => (format!("DIV({}, 100000)", micros()), 1),
        "FF2" => (format!("DIV({}, 10000)", micros()), 2),
        "FF4" => (format!("DIV({}, 100)", micros()), 4),
        "FF5" => (format!("DIV({}, 10)", micros()), 5),
        _ => return None,
    })
}
