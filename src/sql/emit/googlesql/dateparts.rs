//! Parts of dates and times: extract, date_part, date_trunc, date_bin, AT TIME ZONE, make_date and its kin.

use super::datetime::moment_of;
use super::text::Level;
use super::*;
use crate::types::Type;
use crate::types::literal::Literal;

/// Texts longer than this are not printed seven times.
const LONG: usize = 80;

/// A unit of time by the name that is looked for here, whatever PostgreSQL's abbreviation of it (deltatktbl in datetime.c).
fn full_name(unit: &str) -> String {
    let unit = unit.trim().to_ascii_lowercase();
    match unit.as_str() {
        "us" | "usec" | "usecs" | "usecond" | "useconds" => "microseconds",
        "ms" | "msec" | "msecs" | "msecond" | "mseconds" => "milliseconds",
        "s" | "sec" | "secs" => "second",
        "m" | "min" | "mins" => "minute",
        "h" | "hr" | "hrs" => "hour",
        "d" => "day",
        "w" => "week",
        "mon" | "mons" => "month",
        "qtr" => "quarter",
        "y" | "yr" | "yrs" => "year",
        "dec" | "decs" => "decade",
        "c" | "cent" => "century",
        "mil" | "mils" => "millennium",
        _ => return unit,
    }
    .to_owned()
}

/// Tells whether PostgreSQL knows a unit or a field of time.
fn is_unit(name: &str) -> bool {
    const UNITS: [&str; 12] =
        ["microsecond", "millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year", "decade", "timezone"];
    const FIELDS: [&str; 13] = [
        "century",
        "centuries",
        "millennium",
        "millennia",
        "epoch",
        "dow",
        "isodow",
        "doy",
        "isoyear",
        "julian",
        "timezone_h",
        "timezone_hour",
        "timezone_minute",
    ];
    UNITS.contains(&name.strip_suffix('s').unwrap_or(name)) || FIELDS.contains(&name)
}

/// Tells whether PostgreSQL extracts a field from a type.
fn has_field(ty: Type, field: &str) -> bool {
    let of_a_clock = ["microsecond", "millisecond", "second", "minute", "hour"].contains(&field.strip_suffix('s').unwrap_or(field));
    match ty {
        Type::DATE => !of_a_clock && !field.starts_with("timezone"),
        Type::TIME => of_a_clock || field == "epoch",
        Type::TIMESTAMP => !field.starts_with("timezone"),
        _ => true,
    }
}

fn unrecognized(unit: &str, source: &Expr) -> Report {
    let state = crate::error::SqlState::INVALID_PARAMETER_VALUE;
    Report::new(state, format!("unit \"{unit}\" not recognized for type {}", source.ty))
}

impl Emitter {
    /// Prints a date or time function; `None` if it is none.
    pub fn datetime_function(&mut self, expr: &Expr, function: &Signature, args: &[Expr]) -> Result<Option<Text>> {
        let text = match (function.name.as_str(), args) {
            ("extract", [field, source]) => self.extract(expr, field, source)?,
            ("date_part", [field, source]) => self.extract(expr, field, source)?.cast("FLOAT64"),
            ("date_trunc", [field, source, rest @ ..]) => self.date_trunc(expr, field, source, rest.first())?,
            ("date_bin", [stride, source, origin]) => self.date_bin(expr, stride, source, origin)?,
            ("timezone", [zone, source]) => self.at_time_zone(expr, zone, source)?,
            ("make_date", [_, _, _]) => Text::call("DATE", &self.exprs(args)?),
            ("make_time", [hour, minute, second]) => {
                let clock = format!("TIME({}, {}, 0)", self.expr(hour)?, self.expr(minute)?);
                Text::atom(format!("TIME_ADD({clock}, INTERVAL {} MICROSECOND)", self.micros(second)?))
            }
            ("make_timestamp", [year, month, day, hour, minute, second]) => {
                let parts = self.exprs(&[year, month, day, hour, minute].map(Expr::clone))?;
                let micros = self.micros(second)?;
                Text::atom(format!("DATETIME_ADD(DATETIME({}, 0), INTERVAL {micros} MICROSECOND)", text::list(&parts)))
            }
            ("to_timestamp", [seconds]) => {
                Text::atom(format!("TIMESTAMP_MICROS(CAST(ROUND({} * 1e6) AS INT64))", self.expr(seconds)?.at(Level::Multiply)))
            }
            ("isfinite", [value]) => Text::atom(format!("IF({} IS NULL, NULL, TRUE)", self.expr(value)?.operand())),
            ("overlaps", [_, _, _, _]) => self.overlaps(args)?,
            ("make_timestamptz", [year, month, day, hour, minute, second, zone @ ..]) if zone.len() <= 1 => {
                let zone = match zone {
                    [] => self.zone_literal(),
                    [zone, ..] => zone_name(zone)?,
                };
                let parts = self.exprs(&[year, month, day, hour, minute].map(Expr::clone))?;
                let micros = self.micros(second)?;
                let local = format!("DATETIME_ADD(DATETIME({}, 0), INTERVAL {micros} MICROSECOND)", text::list(&parts));
                moment_of(&Text::atom(local), &zone)
            }
            ("age", [later, earlier]) => self.age(expr, later, earlier)?,
            ("justify_hours" | "justify_days" | "justify_interval", [value]) => {
                Text::call(&function.name.to_ascii_uppercase(), &[self.expr(value)?])
            }
            ("make_interval", parts) if parts.len() == 7 => self.make_interval(expr, parts)?,
            _ => return Ok(None),
        };
        Ok(Some(text))
    }

    fn micros(&mut self, seconds: &Expr) -> Result<String> {
        if let ExprKind::Literal(Literal::Float(f)) = seconds.kind {
            return Ok(format!("{:.0}", f * 1e6));
        }
        Ok(format!("CAST(ROUND({} * 1e6) AS INT64)", self.expr(seconds)?.at(Level::Multiply)))
    }

    fn extract(&mut self, expr: &Expr, field: &Expr, source: &Expr) -> Result<Text> {
        let Some(field) = literals::constant_text(field).map(full_name) else {
            return Err(refuse("extract() of a computed field", field.position, "Write the field as a constant."));
        };
        if field == "epoch" {
            return self.epoch(expr, source);
        }
        let ty = source.ty;
        let text = self.expr(source)?;
        let zone = if ty == Type::TIMESTAMPTZ && !self.is_utc() { format!(" AT TIME ZONE {}", self.zone_literal()) } else { String::new() };
        let part = |unit: &str| format!("EXTRACT({unit} FROM {text}{zone})");
        let has_date = matches!(ty, Type::DATE | Type::TIMESTAMP | Type::TIMESTAMPTZ);
        let has_clock = matches!(ty, Type::TIME | Type::TIMESTAMP | Type::TIMESTAMPTZ | Type::INTERVAL);
        let whole = match field.as_str() {
            "year" | "years" if has_date || ty == Type::INTERVAL => part("YEAR"),
            "month" | "months" | "mon" if has_date || ty == Type::INTERVAL => part("MONTH"),
            "day" | "days" if has_date || ty == Type::INTERVAL => part("DAY"),
            "hour" | "hours" if has_clock => part("HOUR"),
            "minute" | "minutes" | "min" if has_clock => part("MINUTE"),
            "quarter" if has_date => part("QUARTER"),
            "quarter" if ty == Type::INTERVAL => format!("DIV({}, 3) + 1", part("MONTH")),
            "decade" if ty == Type::INTERVAL => format!("DIV({}, 10)", part("YEAR")),
            "century" if ty == Type::INTERVAL => format!("DIV({}, 100)", part("YEAR")),
            "millennium" if ty == Type::INTERVAL => format!("DIV({}, 1000)", part("YEAR")),
            "week" if has_date => part("ISOWEEK"),
            "isoyear" if has_date => part("ISOYEAR"),
            "doy" if has_date => part("DAYOFYEAR"),
            "dow" if has_date => format!("{} - 1", part("DAYOFWEEK")),
            "isodow" if has_date => format!("MOD({} + 5, 7) + 1", part("DAYOFWEEK")),
            "decade" if has_date => format!("DIV({}, 10)", part("YEAR")),
            "century" if has_date => format!("DIV({} + 99, 100)", part("YEAR")),
            "millennium" if has_date => format!("DIV({} + 999, 1000)", part("YEAR")),
            "julian" if ty == Type::DATE => format!("UNIX_DATE({text}) + 2440588"),
            "timezone" | "timezone_hour" | "timezone_minute" if ty == Type::TIMESTAMPTZ => {
                let seconds = format!("DATETIME_DIFF(DATETIME({text}, {}), DATETIME({text}, 'UTC'), SECOND)", self.zone_literal());
                match field.as_str() {
                    "timezone" => seconds,
                    "timezone_hour" => format!("DIV({seconds}, 3600)"),
                    _ => format!("DIV(MOD({seconds}, 3600), 60)"),
                }
            }
            "microsecond" | "microseconds" if has_clock => format!("{} * 1000000 + {}", part("SECOND"), part("MICROSECOND")),
            "second" | "seconds" | "sec" if has_clock => {
                return Ok(Text::new(format!("{} + CAST({} AS NUMERIC) / 1000000", part("SECOND"), part("MICROSECOND")), Level::Add));
            }
            "millisecond" | "milliseconds" if has_clock => {
                return Ok(Text::new(format!("{} * 1000 + CAST({} AS NUMERIC) / 1000", part("SECOND"), part("MICROSECOND")), Level::Add));
            }
            _ if !is_unit(&field) => return Err(unrecognized(&field, source)),
            _ if !has_field(ty, &field) => {
                let message = format!("unit \"{field}\" not supported for type {ty}");
                return Err(Report::new(crate::error::SqlState::FEATURE_NOT_SUPPORTED, message));
            }
            _ => {
                return Err(refuse(
                    format!("extract({field} from {ty})"),
                    expr.position,
                    "Fields like year, month, week, dow, hour, epoch are.",
                ));
            }
        };
        Ok(Text::atom(whole).cast("NUMERIC"))
    }

    fn epoch(&mut self, expr: &Expr, source: &Expr) -> Result<Text> {
        // The difference of two moments needs no interval.
        if let ExprKind::Operator { operator, args } = &source.kind
            && operator.name == "-"
            && let [left, right] = args.as_slice()
            && left.ty == right.ty
        {
            let name = match left.ty {
                Type::TIMESTAMP => Some("DATETIME_DIFF"),
                Type::TIMESTAMPTZ => Some("TIMESTAMP_DIFF"),
                _ => None,
            };
            if let Some(name) = name {
                let micros = format!("{name}({}, {}, MICROSECOND)", self.expr(left)?, self.expr(right)?);
                return Ok(Text::new(format!("CAST({micros} AS NUMERIC) / 1000000"), Level::Multiply));
            }
        }
        let text = self.expr(source)?;
        let micros = match source.ty {
            Type::DATE => return Ok(Text::atom(format!("CAST(UNIX_DATE({text}) * 86400 AS NUMERIC)"))),
            Type::TIMESTAMPTZ => format!("UNIX_MICROS({text})"),
            Type::TIMESTAMP => format!("UNIX_MICROS(TIMESTAMP({text}))"),
            Type::TIME => format!("TIME_DIFF({text}, TIME '00:00:00', MICROSECOND)"),
            // A year counts 365.25 days, a month 30 (interval_part_common in timestamp.c).
            Type::INTERVAL => {
                // What is long is printed once.
                let long = text.to_string().len() > LONG;
                let name = if long { self.alias("span") } else { text.to_string() };
                let part = |unit: &str| format!("EXTRACT({unit} FROM {name})");
                let sum = Text::new(
                    format!(
                        "CAST({} * 31557600 + {} * 2592000 + {} * 86400 + {} * 3600 + {} * 60 + {} AS NUMERIC) + CAST({} AS NUMERIC) / 1000000",
                        part("YEAR"),
                        part("MONTH"),
                        part("DAY"),
                        part("HOUR"),
                        part("MINUTE"),
                        part("SECOND"),
                        part("MICROSECOND")
                    ),
                    Level::Add,
                );
                if !long {
                    return Ok(sum);
                }
                self.enters_subquery(source)?;
                return Ok(Text::atom(format!("(SELECT {sum} FROM UNNEST([{text}]) AS {name})")));
            }
            ty => return Err(refuse(format!("extract(epoch from {ty})"), expr.position, "Use a date or a timestamp.")),
        };
        Ok(Text::new(format!("CAST({micros} AS NUMERIC) / 1000000"), Level::Multiply))
    }

    fn date_trunc(&mut self, expr: &Expr, field: &Expr, source: &Expr, zone: Option<&Expr>) -> Result<Text> {
        let Some(field) = literals::constant_text(field).map(full_name) else {
            return Err(refuse("date_trunc() to a computed unit", field.position, "Write the unit as a constant."));
        };
        if source.ty == Type::INTERVAL {
            return self.truncated_interval(expr, &field, source);
        }
        let unit = match field.as_str() {
            "microsecond" | "microseconds" => "MICROSECOND",
            "millisecond" | "milliseconds" => "MILLISECOND",
            "second" | "seconds" => "SECOND",
            "minute" | "minutes" => "MINUTE",
            "hour" | "hours" => "HOUR",
            "day" | "days" => "DAY",
            "week" | "weeks" => "ISOWEEK",
            "month" | "months" => "MONTH",
            "quarter" => "QUARTER",
            "year" | "years" => "YEAR",
            "decade" | "decades" | "century" | "centuries" | "millennium" | "millennia" => {
                return self.trunc_years(expr, &field, source, zone);
            }
            _ if !is_unit(&field) => return Err(unrecognized(&field, source)),
            // The fields that extract() knows beside units.
            "dow" | "isodow" | "doy" | "isoyear" | "julian" | "epoch" => return Err(unrecognized(&field, source)),
            _ => return Err(refuse(format!("date_trunc('{field}')"), expr.position, "Units from microsecond to year are.")),
        };
        let text = self.expr(source)?;
        match (source.ty, zone) {
            (Type::TIMESTAMP, None) => Ok(Text::atom(format!("DATETIME_TRUNC({text}, {unit})"))),
            (Type::TIMESTAMPTZ, None) if self.is_utc() => Ok(Text::atom(format!("TIMESTAMP_TRUNC({text}, {unit})"))),
            (Type::TIMESTAMPTZ, None) => Ok(Text::atom(format!("TIMESTAMP_TRUNC({text}, {unit}, {})", self.zone_literal()))),
            (Type::TIMESTAMPTZ, Some(zone)) => Ok(Text::atom(format!("TIMESTAMP_TRUNC({text}, {unit}, {})", zone_name(zone)?))),
            (ty, _) => Err(refuse(format!("date_trunc() of {ty}"), expr.position, "Use a date or a timestamp.")),
        }
    }

    /// date_trunc to ten, a hundred or a thousand years: the decade begins with a year 0, centuries and millennia with a year 1.
    fn trunc_years(&mut self, expr: &Expr, field: &str, source: &Expr, zone: Option<&Expr>) -> Result<Text> {
        let text = self.expr(source)?;
        let zone = match (source.ty, zone) {
            (Type::TIMESTAMP, None) => None,
            (Type::TIMESTAMPTZ, None) => Some(self.zone_literal()),
            (Type::TIMESTAMPTZ, Some(zone)) => Some(zone_name(zone)?),
            (ty, _) => return Err(refuse(format!("date_trunc() of {ty}"), expr.position, "Use a date or a timestamp.")),
        };
        let local = zone.as_ref().map_or(text.to_string(), |zone| format!("DATETIME({text}, {zone})"));
        let since = match field {
            "decade" | "decades" => format!("MOD(EXTRACT(YEAR FROM {local}), 10)"),
            "century" | "centuries" => format!("MOD(EXTRACT(YEAR FROM {local}) - 1, 100)"),
            _ => format!("MOD(EXTRACT(YEAR FROM {local}) - 1, 1000)"),
        };
        let begin = format!("DATETIME_SUB(DATETIME_TRUNC({local}, YEAR), INTERVAL {since} YEAR)");
        let begin = Text::atom(begin);
        Ok(zone.map_or(begin.clone(), |zone| moment_of(&begin, &zone)))
    }

    /// OVERLAPS, with the answers that PostgreSQL gives when an end is NULL (overlaps_timestamp in timestamp.c).
    fn overlaps(&mut self, args: &[Expr]) -> Result<Text> {
        let mut bounds = Vec::new();
        for pair in args.chunks(2) {
            let [start, end] = pair else { return Err(Report::internal("OVERLAPS")) };
            self.enters_subquery(start)?;
            self.enters_subquery(end)?;
            bounds.push(self.expr(start)?);
            bounds.push(if end.ty == Type::INTERVAL { self.shift(start, end, false)? } else { self.expr(end)? });
        }
        let [s1, e1, s2, e2] = bounds.as_slice() else { return Err(Report::internal("OVERLAPS")) };
        let spans = self.alias("spans");
        // The lesser bound is known as soon as one bound is; the greater one only if both are.
        let low = |s: &Text, e: &Text| format!("COALESCE(LEAST({s}, {e}), {s}, {e})");
        let meets = |low: &str, other_high: &str, own_high: &str| {
            format!(
                "CASE WHEN {other_high} IS NULL THEN NULL WHEN {low} < {other_high} THEN TRUE WHEN {own_high} IS NULL THEN NULL ELSE FALSE END"
            )
        };
        let (a, b, c, d) = (format!("{spans}.a"), format!("{spans}.b"), format!("{spans}.c"), format!("{spans}.d"));
        Ok(Text::atom(format!(
            "(SELECT CASE WHEN {a} > {c} THEN {} WHEN {a} < {c} THEN {} WHEN {a} = {c} AND {b} IS NOT NULL AND {d} IS NOT NULL THEN TRUE END FROM UNNEST([STRUCT({} AS a, GREATEST({s1}, {e1}) AS b, {} AS c, GREATEST({s2}, {e2}) AS d)]) AS {spans})",
            meets(&a, &d, &b),
            meets(&c, &b, &d),
            low(s1, e1),
            low(s2, e2)
        )))
    }

    /// date_bin: the moment minus its distance from the origin modulo the stride; the modulus is never negative.
    fn date_bin(&mut self, expr: &Expr, stride: &Expr, source: &Expr, origin: &Expr) -> Result<Text> {
        let ExprKind::Literal(Literal::Interval { months: 0, days, micros }) = stride.kind else {
            return Err(refuse(
                "date_bin() with a computed stride or one of months",
                stride.position,
                "Write a constant interval of days or of a time.",
            ));
        };
        let stride = i64::from(days) * 86_400_000_000 + micros;
        if stride <= 0 {
            return Err(Report::new(crate::error::SqlState::DATETIME_FIELD_OVERFLOW, "stride must be greater than zero").at(expr.position));
        }
        let prefix = match source.ty {
            Type::TIMESTAMP => "DATETIME",
            Type::TIMESTAMPTZ => "TIMESTAMP",
            ty => return Err(refuse(format!("date_bin() of {ty}"), expr.position, "Use a timestamp.")),
        };
        let (text, origin) = (self.expr(source)?, self.expr(origin)?);
        Ok(Text::atom(format!(
            "{prefix}_SUB({text}, INTERVAL MOD(MOD({prefix}_DIFF({text}, {origin}, MICROSECOND), {stride}) + {stride}, {stride}) MICROSECOND)"
        )))
    }

    fn at_time_zone(&mut self, expr: &Expr, zone: &Expr, source: &Expr) -> Result<Text> {
        let name = zone_name(zone)?;
        let text = self.expr(source)?;
        match source.ty {
            Type::TIMESTAMPTZ => Ok(Text::call("DATETIME", &[text, Text::atom(name)])),
            Type::TIMESTAMP => Ok(moment_of(&text, &name)),
            ty => Err(refuse(format!("AT TIME ZONE of {ty}"), expr.position, "Use a timestamp.")),
        }
    }

    /// age: years, months and days as on the calendar. A day is borrowed from the earlier moment's month (timestamp_age in timestamp.c).
    fn age(&mut self, expr: &Expr, later: &Expr, earlier: &Expr) -> Result<Text> {
        self.enters_subquery(later)?;
        self.enters_subquery(earlier)?;
        let (a, b) = match later.ty {
            Type::TIMESTAMP => (self.expr(later)?, self.expr(earlier)?),
            Type::TIMESTAMPTZ => {
                let (a, b) = (self.expr(later)?, self.expr(earlier)?);
                (self.in_zone("DATETIME", &a), self.in_zone("DATETIME", &b))
            }
            ty => return Err(refuse(format!("age() of {ty}"), expr.position, "Use timestamps.")),
        };
        let name = self.alias("age");
        Ok(Text::atom(format!(
            "(SELECT IF({n}.a < {n}.b, -1, 1) * (INTERVAL {n}.months - IF({n}.days < 0, 1, 0) MONTH + INTERVAL {n}.days + IF({n}.days < 0, EXTRACT(DAY FROM LAST_DAY({n}.low)), 0) DAY + INTERVAL {n}.micros + IF({n}.micros < 0, 86400000000, 0) MICROSECOND) FROM (SELECT s.*, (EXTRACT(YEAR FROM high) - EXTRACT(YEAR FROM low)) * 12 + EXTRACT(MONTH FROM high) - EXTRACT(MONTH FROM low) AS months, EXTRACT(DAY FROM high) - EXTRACT(DAY FROM low) - IF(TIME(high) < TIME(low), 1, 0) AS days, TIME_DIFF(TIME(high), TIME(low), MICROSECOND) AS micros FROM (SELECT a, b, LEAST(a, b) AS low, GREATEST(a, b) AS high FROM UNNEST([STRUCT({a} AS a, {b} AS b)])) AS s) AS {n})",
            n = names::quote(&name)
        )))
    }

    fn make_interval(&mut self, expr: &Expr, parts: &[Expr]) -> Result<Text> {
        let [years, months, weeks, days, hours, minutes, seconds] = parts else { return Err(Report::internal("make_interval")) };
        let seconds = match seconds.kind {
            ExprKind::Literal(Literal::Float(f)) if f.fract() == 0.0 => format!("{f:.0}"),
            _ => return Err(refuse("make_interval() with computed seconds", expr.position, "Multiply: n * interval '1 second'.")),
        };
        let days = match literals::constant_int(weeks) {
            Some(0) => self.expr(days)?.to_string(),
            _ => format!("{} * 7 + {}", self.expr(weeks)?.at(Level::Multiply), self.expr(days)?.at(Level::Multiply)),
        };
        Ok(Text::atom(format!(
            "MAKE_INTERVAL({}, {}, {days}, {}, {}, {seconds})",
            self.expr(years)?,
            self.expr(months)?,
            self.expr(hours)?,
            self.expr(minutes)?
        )))
    }
}

/// Prints a zone that both know. As in PostgreSQL an abbreviation is a fixed offset, a name one of the IANA data base, and an offset has the sign of
/// POSIX: west is positive. An interval counts eastwards.
fn zone_name(zone: &Expr) -> Result<String> {
    use crate::types::input::datetime;
    if let ExprKind::Literal(Literal::Interval { months: 0, days: 0, micros }) = zone.kind {
        return offset(micros / 1_000_000, zone);
    }
    let name = literals::constant_text(zone)
        .ok_or_else(|| refuse("a computed time zone", zone.position, "Write the zone as a constant, as in 'Europe/Berlin'."))?;
    if datetime::followed(&name.to_ascii_lowercase()).is_some() {
        let what = format!("the time zone \"{name}\", whose meaning depends on the moment,");
        return Err(refuse(what, zone.position, "Name it by its place, as in 'Europe/Moscow'."));
    }
    if let Some(seconds) = datetime::abbreviation(&name.to_ascii_lowercase()) {
        return offset(i64::from(seconds), zone);
    }
    if let Some(known) = datetime::zone(name) {
        return Ok(literals::string(&known.name()));
    }
    match datetime::posix_zone(name) {
        Some(seconds) if seconds.abs() < 15 * 3600 => offset(seconds.into(), zone),
        Some(_) => Err(refuse(format!("the time zone \"{name}\""), zone.position, "Use a full name, as in 'Europe/Berlin' or 'UTC'.")),
        None if name.parse::<Tz>().is_ok() => {
            Err(refuse(format!("the time zone \"{name}\""), zone.position, "Use a full name, as in 'Europe/Berlin' or 'UTC'."))
        }
        None => Err(Report::new(crate::error::SqlState::INVALID_PARAMETER_VALUE, format!("time zone \"{name}\" not recognized"))),
    }
}

/// Prints a fixed offset, seconds east of Greenwich.
fn offset(seconds: i64, at: &Expr) -> Result<String> {
    if seconds == 0 {
        return Ok("'UTC'".to_owned());
    }
    if seconds % 60 != 0 || seconds.abs() > 14 * 3600 {
        return Err(refuse("an offset of this length as a time zone", at.position, "Use a full name, as in 'Europe/Berlin' or 'UTC'."));
    }
    let minutes = seconds.abs() / 60;
    Ok(format!("'{}{:02}:{:02}'", if seconds < 0 { '-' } else { '+' }, minutes / 60, minutes % 60))
}
