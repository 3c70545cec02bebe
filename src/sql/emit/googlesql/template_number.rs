//! to_char and to_number: templates of digits, group separators, a point, signs and literal text (NUM_processor in formatting.c).

use super::*;
use crate::types::Type;

/// Where the sign goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    /// A minus, or room for one, before the first digit.
    Leading,
    /// S before the digits: plus or minus.
    Anchored,
    /// S behind the digits.
    Trailing,
    /// MI behind the digits.
    Minus,
    /// PR: angle brackets.
    Brackets,
}

/// A template, taken apart.
struct Template {
    /// Blanks fill the number: no FM.
    fill: bool,
    prefix: String,
    /// `9`, `0`, `,` before the point.
    whole: String,
    point: bool,
    /// `9` and `0` behind it.
    fraction: String,
    sign: Sign,
    /// TH or th.
    ordinal: Option<&'static str>,
    suffix: String,
}

impl Emitter {
    /// to_char of a number.
    pub fn number_template(&mut self, value: &Expr, pattern: &str, at: &Expr) -> Result<Text> {
        let hint = "9, 0, comma, point, S, MI, PR, L, FM and literal text around them are.";
        let refused = || refuse(format!("the number template '{pattern}'"), at.position, hint);
        let template = parse(pattern).ok_or_else(refused)?;
        let digits: String = template.whole.chars().filter(|c| *c != ',').collect();
        let (n, scale) = (digits.len(), template.fraction.len());
        let minimum = digits.find('0').map_or(0, |first| n - first);
        let groups: Vec<&str> = template.whole.split(',').collect();
        let grouped = groups.len() > 1;
        let odd_groups = grouped && (groups[0].is_empty() || groups[0].len() > 3 || groups[1..].iter().any(|group| group.len() != 3));
        if n == 0 || n > 28 || scale > 9 || odd_groups || (minimum > 1 && (minimum != n || grouped)) {
            return Err(refused());
        }
        // PostgreSQL prints no point that no digit follows, and nothing that stands behind it, unless the number does not fit.
        let bare = template.point && scale == 0;
        if bare && !(template.suffix.is_empty() && template.ordinal.is_none() && matches!(template.sign, Sign::Leading | Sign::Anchored)) {
            return Err(refuse("a number template with a point that no digit follows", at.position, "Leave the point out."));
        }
        let float = value.ty == Type::FLOAT8;
        let number = match value.ty {
            // Up to 15 digits PostgreSQL prints a double precision as C does, which rounds its exact value.
            Type::FLOAT8 if n + scale <= 15 => self.expr(value)?,
            Type::FLOAT8 => {
                return Err(refuse("to_char() of double precision to more than 15 digits", value.position, "Cast it to numeric."));
            }
            Type::NUMERIC => self.expr(value)?,
            _ => self.expr(value)?.cast("NUMERIC"),
        };
        let rounded = if float { number.tight() } else { format!("ROUND({number}, {scale})") };
        let flag = if grouped { "'" } else { "" };
        let form = literals::string(&format!("%{flag}.{scale}f"));
        let mut magnitude = format!("FORMAT({form}, ABS({rounded}))");
        let point = usize::from(template.point);
        if minimum > 1 {
            magnitude = format!("LPAD({magnitude}, {}, '0')", n + if scale > 0 { scale + 1 } else { 0 });
        } else if minimum == 0 && scale > 0 {
            // With FM a zero stays before a point that nothing follows.
            let zero = if template.fill || template.fraction.contains('0') { "r'^0\\.', '.'" } else { "r'^0\\.(0*[1-9])', r'.\\1'" };
            magnitude = format!("REGEXP_REPLACE({magnitude}, {zero})");
        }
        let droppable = scale - template.fraction.rfind('0').map_or(0, |last| last + 1);
        if !template.fill && droppable > 0 {
            magnitude = format!("REGEXP_REPLACE({magnitude}, r'0{{1,{droppable}}}$', '')");
        }
        let length = template.whole.len() + point + scale;
        let overflow = literals::string(
            &format!("{}{}{}", template.whole, if template.point { "." } else { "" }, template.fraction).replace(['9', '0'], "#"),
        );
        let limit = if float { format!("1e{n}") } else { format!("NUMERIC '1{}'", "0".repeat(n)) };
        let magnitude_of = if float { format!("ABS(ROUND({rounded}, {scale}))") } else { format!("ABS({rounded})") };
        let shown = format!("IF({magnitude_of} >= {limit}, {overflow}, {magnitude})");
        let padded = |sql: String, width: usize| if template.fill { format!("LPAD({sql}, {width}, ' ')") } else { sql };
        let negative = format!("{rounded} < 0");
        let mut items = Vec::new();
        if !template.prefix.is_empty() {
            items.push(Text::atom(literals::string(&template.prefix)));
        }
        items.push(Text::atom(match template.sign {
            sign if bare => {
                let plus = if sign == Sign::Anchored { "+" } else { "" };
                let signed = |digits: &str, width: usize| padded(format!("CONCAT(IF({negative}, '-', '{plus}'), {digits})"), width);
                format!("IF({magnitude_of} >= {limit}, {}, {})", signed(&overflow, length + 1), signed(&magnitude, length))
            }
            Sign::Leading => padded(format!("CONCAT(IF({negative}, '-', ''), {shown})"), length + 1),
            Sign::Anchored => padded(format!("CONCAT(IF({negative}, '-', '+'), {shown})"), length + 1),
            Sign::Trailing => format!("CONCAT({}, IF({negative}, '-', '+'))", padded(shown, length)),
            Sign::Minus => {
                let blank = if template.fill { "' '" } else { "''" };
                format!("CONCAT({}, IF({negative}, '-', {blank}))", padded(shown, length))
            }
            Sign::Brackets => {
                let (plain, blank) = (padded(shown.clone(), length + 1), if template.fill { "' '" } else { "''" });
                let bracketed = padded(format!("CONCAT('<', {shown})"), length + 1);
                format!("IF({negative}, CONCAT({bracketed}, '>'), CONCAT({plain}, {blank}))")
            }
        }));
        if let Some(suffix) = template.ordinal {
            if scale > 0 || float {
                return Err(refused());
            }
            let [th, st, nd, rd] = if suffix == "TH" { ["TH", "ST", "ND", "RD"] } else { ["th", "st", "nd", "rd"] };
            items.push(Text::atom(format!(
                "IF({negative} OR {magnitude_of} >= {limit}, '', IF(MOD(DIV(CAST({rounded} AS INT64), 10), 10) = 1, '{th}', CASE MOD(CAST({rounded} AS INT64), 10) WHEN 1 THEN '{st}' WHEN 2 THEN '{nd}' WHEN 3 THEN '{rd}' ELSE '{th}' END))"
            )));
        }
        if !template.suffix.is_empty() {
            items.push(Text::atom(literals::string(&template.suffix)));
        }
        let text = if items.len() == 1 { items.remove(0) } else { Text::call("CONCAT", &items) };
        if float {
            return Ok(Text::atom(format!(
                "IF(IS_NAN({number}) OR ABS({number}) >= 1e{}, ERROR('to_char() of double precision to more than 15 digits is not supported'), {text})",
                15 - scale
            )));
        }
        Ok(Text::atom(format!("IF({} IS NULL, NULL, {text})", number.operand())))
    }
}

/// Takes a template apart; `None` where it holds what is not printed faithfully.
fn parse(pattern: &str) -> Option<Template> {
    let mut template = Template {
        fill: true,
        prefix: String::new(),
        whole: String::new(),
        point: false,
        fraction: String::new(),
        sign: Sign::Leading,
        ordinal: None,
        suffix: String::new(),
    };
    let mut rest = pattern;
    // Before the digits, in them, behind them.
    let mut ended = false;
    while !rest.is_empty() {
        let started = !template.whole.is_empty() || template.point;
        let word = |words: &[&str]| words.iter().find_map(|word| rest.strip_prefix(word));
        if let Some(after) = word(&["FM", "fm"]) {
            template.fill = false;
            rest = after;
        } else if let Some(after) = word(&["MI", "mi"]) {
            if !started || template.sign != Sign::Leading {
                return None;
            }
            (template.sign, ended, rest) = (Sign::Minus, true, after);
        } else if let Some(after) = word(&["PR", "pr"]) {
            if !started || template.sign != Sign::Leading {
                return None;
            }
            (template.sign, ended, rest) = (Sign::Brackets, true, after);
        } else if let Some(after) = word(&["TH"]).map(|after| (after, "TH")).or_else(|| word(&["th"]).map(|after| (after, "th"))) {
            if !started || template.ordinal.is_some() {
                return None;
            }
            (template.ordinal, ended, rest) = (Some(after.1), true, after.0);
        } else if word(&["SG", "sg", "SP", "PL", "pl", "RN", "rn", "EEEE", "eeee"]).is_some() {
            return None;
        } else if let Some(after) = word(&["S", "s"]) {
            if template.sign != Sign::Leading || (!started && !template.prefix.is_empty()) {
                return None;
            }
            template.sign = if started { Sign::Trailing } else { Sign::Anchored };
            (ended, rest) = (started, after);
        } else {
            let c = rest.chars().next()?;
            rest = &rest[c.len_utf8()..];
            match c {
                '9' | '0' if !ended => if template.point { &mut template.fraction } else { &mut template.whole }.push(c),
                ',' | 'G' if !ended && started && !template.point => template.whole.push(','),
                '.' | 'D' if !ended && !template.point => template.point = true,
                '9' | '0' | ',' | '.' | 'D' | 'G' => return None,
                'L' | 'l' => if started { &mut template.suffix } else { &mut template.prefix }.push(' '),
                '"' => {
                    let (quoted, after) = rest.split_once('"')?;
                    if quoted.contains('\\') {
                        return None;
                    }
                    if started { &mut template.suffix } else { &mut template.prefix }.push_str(quoted);
                    (ended, rest) = (started, after);
                }
                c if c.is_ascii_alphanumeric() || c == '\\' => return None,
                c => {
                    if started { &mut template.suffix } else { &mut template.prefix }.push(c);
                    ended = started;
                }
            }
        }
    }
    // Without digits behind it, FM drops the point and more.
    (template.fill || !template.point || !template.fraction.is_empty() || template.suffix.is_empty()).then_some(template)
}
