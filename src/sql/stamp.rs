//! Session and clock functions to constants: now(), current_user, current_setting().

use std::cell::RefCell;
use std::sync::LazyLock;
use std::time::Duration;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeZone, Timelike, Utc};

use super::bind::coerce::{Coercer, Context};
use super::bind::functions::resolve_function;
use super::tree::{Bound, Expr, ExprKind, Signature};
use super::{seeded, walk};
use crate::catalog::model::Snapshot;
use crate::error::{Report, Result, SqlState};
use crate::query::random::Random;
use crate::query::xid::Xid;
use crate::query::{Principal, SessionInputs};
use crate::types::Type;
use crate::types::literal::Literal;

/// What the session, the clock and the catalog say.
#[derive(Clone, Copy, Debug)]
pub struct StampContext<'a> {
    /// The session's settings.
    pub session: &'a SessionInputs,
    /// Who asks.
    pub principal: &'a Principal,
    /// When the transaction began.
    pub transaction_start: DateTime<Utc>,
    /// The transaction's number.
    pub xid: &'a Xid,
    /// The session's random numbers.
    pub random: &'a Random,
    /// When the message came that runs it.
    pub statement_start: DateTime<Utc>,
    /// The clock.
    pub now: DateTime<Utc>,
    /// The catalog.
    pub snapshot: &'a Snapshot,
}

/// What stamping found out about the query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamped {
    /// How long the answer stays true for the clock's sake; `None` for ever.
    pub valid_for: Option<Duration>,
    /// Something volatile remains (random(), clock_timestamp()): never cache.
    pub volatile: bool,
    /// The answer depends on the session's TimeZone.
    pub zone_dependent: bool,
}

/// When this process began: `pg_postmaster_start_time()`.
static STARTED: LazyLock<DateTime<Utc>> = LazyLock::new(Utc::now);

/// Says that the server begins now, unless that was said before.
pub fn begin() -> DateTime<Utc> {
    *STARTED
}

/// Folds session and clock functions into constants, then casts of constants.
///
/// # Errors
/// 42704 for an unknown setting; what an input function says of a constant.
pub fn stamp(bound: &mut Bound, cx: &StampContext) -> Result<Stamped> {
    let mut stamped = Stamped::default();
    let mut failed: Option<Report> = None;
    walk::each_expr_mut(&mut bound.query, |expr| {
        if failed.is_none()
            && let Err(report) = fold(expr, cx, &mut stamped)
        {
            failed = Some(report);
        }
    });
    if let Some(report) = failed {
        return Err(report);
    }
    fold_casts(bound, cx)?;
    if seeded::draw(bound, cx.random)? {
        stamped.valid_for = Some(Duration::ZERO);
    }
    walk::each_expr(&bound.query, |expr| {
        let volatility = match &expr.kind {
            ExprKind::Call { function, .. } => function.volatility,
            ExprKind::Operator { operator, .. } => operator.volatility,
            _ => 'i',
        };
        stamped.volatile |= volatility == 'v';
        stamped.zone_dependent |= matches!(expr.ty, Type::TIMESTAMPTZ | Type::TIMETZ | Type::TIMESTAMPTZ_ARRAY | Type::TSTZRANGE);
    });
    Ok(stamped)
}

fn fold(expr: &mut Expr, cx: &StampContext, stamped: &mut Stamped) -> Result<()> {
    // now()::date changes once a day, not at every moment.
    if let ExprKind::Cast { expr: inner, .. } = &expr.kind
        && expr.ty == Type::DATE
        && matches!(&inner.kind, ExprKind::Call { function, .. } if is_now(function))
    {
        expr.kind = ExprKind::Literal(today(cx, stamped));
        return Ok(());
    }
    let ExprKind::Call { function, args } = &expr.kind else { return Ok(()) };
    if function.schema != "pg_catalog" {
        return Ok(());
    }
    // age(x) counts from today's midnight.
    if let ("age", [arg]) = (function.name.as_str(), args.as_slice())
        && matches!(arg.ty, Type::TIMESTAMP | Type::TIMESTAMPTZ)
    {
        let arg = arg.clone();
        let midnight = Expr::literal(midnight(cx, arg.ty, stamped), arg.ty, expr.position);
        let age = resolve_function(Some("pg_catalog"), "age", &[arg.ty, arg.ty], false, expr.position)?;
        expr.kind = ExprKind::Call { function: age.signature, args: vec![midnight, arg] };
        return Ok(());
    }
    if let Some(literal) = value(function, args, expr.typmod, cx, stamped)? {
        expr.kind = ExprKind::Literal(literal);
    }
    Ok(())
}

fn is_now(function: &Signature) -> bool {
    matches!(
        function.name.as_str(),
        "now" | "current_timestamp" | "transaction_timestamp" | "statement_timestamp" | "clock_timestamp" | "localtimestamp"
    )
}

/// The constant that a call comes to, `None` for all other functions.
fn value(function: &Signature, args: &[Expr], typmod: i32, cx: &StampContext, stamped: &mut Stamped) -> Result<Option<Literal>> {
    let session = cx.session;
    let start = cx.transaction_start;
    let text = |text: &str| Literal::Text(text.to_owned());
    let mut moment = |literal: Literal| {
        stamped.valid_for = Some(Duration::ZERO);
        literal
    };
    let local = start.with_timezone(&session.timezone).naive_local();
    let shown = match function.name.as_str() {
        "now" | "current_timestamp" | "transaction_timestamp" => moment(Literal::TimestampTz(rounded(start.timestamp_micros(), typmod))),
        "statement_timestamp" => moment(Literal::TimestampTz(cx.statement_start.timestamp_micros())),
        // One moment for the whole statement: nothing here tells the moments of two rows apart.
        "clock_timestamp" => moment(Literal::TimestampTz(cx.now.timestamp_micros())),
        "localtimestamp" => moment(Literal::Timestamp(rounded(local.and_utc().timestamp_micros(), typmod))),
        "localtime" => moment(Literal::Time(rounded(micros(local.time()), typmod))),
        "current_time" => moment(Literal::Text(timetz(rounded(micros(local.time()), typmod), cx))),
        "current_date" => today(cx, stamped),
        "current_user" | "session_user" | "user" | "current_role" | "getpgusername" => text(&cx.principal.user),
        "current_database" | "current_catalog" => text(&session.database),
        "current_schema" => search_path(cx).into_iter().next().map_or(Literal::Null, Literal::Text),
        "current_schemas" => {
            let [Expr { kind: ExprKind::Literal(Literal::Bool(implicit)), .. }] = args else { return Ok(None) };
            let implied = implicit.then(|| "pg_catalog".to_owned());
            Literal::Array(implied.into_iter().chain(search_path(cx)).map(Literal::Text).collect())
        }
        "txid_current" => moment(Literal::Int(cx.xid.assign().cast_signed())),
        "pg_current_xact_id" => moment(Literal::Text(cx.xid.assign().to_string())),
        "txid_current_if_assigned" => moment(cx.xid.assigned().map_or(Literal::Null, |xid| Literal::Int(xid.cast_signed()))),
        "pg_current_xact_id_if_assigned" => moment(cx.xid.assigned().map_or(Literal::Null, |xid| Literal::Text(xid.to_string()))),
        "txid_current_snapshot" | "pg_current_snapshot" => moment(Literal::Text(cx.xid.snapshot().shown())),
        "version" => {
            let version = setting(session, "server_version").unwrap_or_else(|| "15.0".into());
            Literal::Text(format!("PostgreSQL {version} (Sluice {})", env!("CARGO_PKG_VERSION")))
        }
        "pg_backend_pid" => Literal::Int(i64::from(session.backend_pid)),
        "current_setting" => return current_setting(session, args),
        "inet_client_addr" => session.ends.map_or(Literal::Null, |ends| Literal::Text(ends.client_address().to_string())),
        "inet_server_addr" => session.ends.map_or(Literal::Null, |ends| Literal::Text(ends.server_address().to_string())),
        "inet_client_port" => session.ends.map_or(Literal::Null, |ends| Literal::Int(ends.client.port().into())),
        "inet_server_port" => session.ends.map_or(Literal::Null, |ends| Literal::Int(ends.server.port().into())),
        "pg_postmaster_start_time" | "pg_conf_load_time" => Literal::TimestampTz(STARTED.timestamp_micros()),
        "pg_is_in_recovery" | "pg_jit_available" | "pg_is_other_temp_schema" => Literal::Bool(false),
        "pg_my_temp_schema" | "pg_trigger_depth" => Literal::Int(0),
        "pg_client_encoding" | "getdatabaseencoding" => text("UTF8"),
        _ => return Ok(None),
    };
    Ok(Some(shown))
}

fn current_setting(session: &SessionInputs, args: &[Expr]) -> Result<Option<Literal>> {
    let name = match args.first().map(|arg| &arg.kind) {
        Some(ExprKind::Literal(Literal::Text(name))) => name,
        Some(ExprKind::Literal(Literal::Null)) => return Ok(Some(Literal::Null)),
        // The engine asks for each row, over system relations.
        _ => return Ok(None),
    };
    let missing_ok = matches!(args.get(1).map(|arg| &arg.kind), Some(ExprKind::Literal(Literal::Bool(true))));
    match setting(session, name) {
        Some(value) => Ok(Some(Literal::Text(value))),
        None if missing_ok => Ok(Some(Literal::Null)),
        None => Err(Report::new(SqlState::UNDEFINED_OBJECT, format!("unrecognized configuration parameter \"{name}\""))),
    }
}

fn setting(session: &SessionInputs, name: &str) -> Option<String> {
    session.settings.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
}

/// The schemas of the search path that exist.
fn search_path(cx: &StampContext) -> Vec<String> {
    let known = cx.session.search_path.iter().filter_map(|name| {
        // `public` stays `public`, even where it stands for the default schema.
        cx.snapshot.schema(name).map(|schema| if name == "public" { name.clone() } else { schema.name.clone() })
    });
    let mut path: Vec<String> = known.collect();
    if path.is_empty() {
        path.extend(cx.snapshot.default_schema.clone());
    }
    path
}

fn local_date(cx: &StampContext) -> NaiveDate {
    cx.transaction_start.with_timezone(&cx.session.timezone).date_naive()
}

fn today(cx: &StampContext, stamped: &mut Stamped) -> Literal {
    let date = local_date(cx);
    let tomorrow = date.checked_add_days(Days::new(1)).and_then(|day| day.and_hms_opt(0, 0, 0));
    let until = tomorrow
        .and_then(|midnight| cx.session.timezone.from_local_datetime(&midnight).earliest())
        .and_then(|midnight| (midnight.with_timezone(&Utc) - cx.transaction_start).to_std().ok())
        .unwrap_or(Duration::ZERO);
    stamped.valid_for = Some(stamped.valid_for.map_or(until, |known| known.min(until)));
    stamped.zone_dependent = true;
    let days = date.signed_duration_since(DateTime::UNIX_EPOCH.date_naive()).num_days();
    Literal::Date(i32::try_from(days).unwrap_or(i32::MAX))
}

fn midnight(cx: &StampContext, ty: Type, stamped: &mut Stamped) -> Literal {
    let _ = today(cx, stamped);
    let midnight = local_date(cx).and_time(NaiveTime::MIN);
    if ty == Type::TIMESTAMP {
        return Literal::Timestamp(midnight.and_utc().timestamp_micros());
    }
    let instant = cx.session.timezone.from_local_datetime(&midnight).earliest();
    Literal::TimestampTz(instant.map_or(midnight.and_utc().timestamp_micros(), |instant| instant.timestamp_micros()))
}

fn micros(time: NaiveTime) -> i64 {
    i64::from(time.num_seconds_from_midnight()) * 1_000_000 + i64::from(time.nanosecond() / 1000)
}

/// Rounds to `CURRENT_TIMESTAMP(n)`.
fn rounded(micros: i64, precision: i32) -> i64 {
    match u32::try_from(precision) {
        Ok(digits) if digits < 6 => {
            let unit = 10_i64.pow(6 - digits);
            (micros + unit / 2).div_euclid(unit) * unit
        }
        _ => micros,
    }
}

/// timetz in output form: `12:34:56.789+01`.
fn timetz(micros: i64, cx: &StampContext) -> String {
    let (seconds, fraction) = (micros / 1_000_000, micros % 1_000_000);
    let mut out = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if fraction > 0 {
        out.push_str(format!(".{fraction:06}").trim_end_matches('0'));
    }
    let zoned = cx.transaction_start.with_timezone(&cx.session.timezone);
    let offset = chrono::Offset::fix(zoned.offset()).local_minus_utc();
    let (sign, offset) = if offset < 0 { ('-', -offset) } else { ('+', offset) };
    out.push_str(&format!("{sign}{:02}", offset / 3600));
    if offset % 3600 != 0 {
        out.push_str(&format!(":{:02}", offset / 60 % 60));
    }
    out
}

/// Folds casts whose operand has become a constant, innermost first.
fn fold_casts(bound: &mut Bound, cx: &StampContext) -> Result<()> {
    let parameters = RefCell::new(bound.parameters.clone());
    let regs = |ty: Type, _: &str| Err(Report::unsupported(format!("a constant of type {ty}")));
    let coercer = Coercer { zone: cx.session.timezone, reads_in: cx.session.reads_in, parameters: &parameters, regs: &regs, late: None };
    let mut failed: Option<Report> = None;
    loop {
        let mut changed = false;
        walk::each_expr_mut(&mut bound.query, |expr| {
            let (ty, typmod, scale) = (expr.ty, expr.typmod, expr.scale);
            let ExprKind::Cast { expr: inner, explicit, .. } = &expr.kind else { return };
            if !matches!(inner.kind, ExprKind::Literal(_)) || failed.is_some() {
                return;
            }
            let context = if *explicit { Context::Explicit } else { Context::Assignment };
            match coercer.coerce((**inner).clone(), ty, typmod, context) {
                Ok(folded) if matches!(folded.kind, ExprKind::Literal(_)) => {
                    *expr = Expr { ty, typmod, scale, position: expr.position, ..folded };
                    changed = true;
                }
                Ok(_) => {}
                Err(report) if report.sqlstate == SqlState::FEATURE_NOT_SUPPORTED => {}
                Err(report) => failed = Some(report.at(expr.position)),
            }
        });
        if let Some(report) = failed {
            return Err(report);
        }
        if !changed {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::query::CacheMode;
    use crate::sql::bind::{BindContext, bind};
    use crate::sql::classify::{Class, classify};
    use crate::sql::parse::parse;
    use crate::sql::tree::SetExpr;

    fn stamped(text: &str) -> Result<(Vec<ExprKind>, Stamped)> {
        let zone = crate::types::zone::Tz::Europe__Berlin;
        let start: DateTime<Utc> = "2024-03-30T23:30:00.123456Z".parse().unwrap();
        let session = SessionInputs {
            database: "shop".into(),
            search_path: vec!["nosuch".into()],
            timezone: zone,
            reads_in: zone.into(),
            timezone_name: "Europe/Berlin".into(),
            application_name: String::new(),
            cache_mode: CacheMode::On,
            max_usd: None,
            dry_run: false,
            labels: Vec::new(),
            tags: Vec::new(),
            backend_pid: 7,
            ends: None,
            settings: Arc::new(vec![("work_mem".into(), "4MB".into())]),
            objects: Arc::default(),
            about_settings: Default::default(),
        };
        let principal = Principal { user: "ann".into(), role: "analyst".into(), admin: false, token: None };
        let snapshot = Snapshot { default_schema: Some("main".into()), ..Snapshot::default() };
        let Class::Read(read) = classify(parse(text)?.remove(0))? else { panic!("{text}") };
        let mut bound = bind(
            &read,
            &BindContext { snapshot: &snapshot, search_path: &[], timezone: zone, reads_in: zone.into(), parameter_types: &[] },
        )?;
        let stamped = stamp(
            &mut bound,
            &StampContext {
                session: &session,
                principal: &principal,
                transaction_start: start,
                xid: &Xid::default(),
                random: &Random::default(),
                statement_start: start,
                now: start,
                snapshot: &snapshot,
            },
        )?;
        let SetExpr::Select(select) = bound.query.body else { panic!("{text}") };
        Ok((select.projection.into_iter().map(|expr| expr.kind).collect(), stamped))
    }

    #[test]
    fn the_date_is_the_sessions_and_holds_until_its_midnight() {
        // 00:30 on the day that loses an hour in Berlin: 22.5 hours are left.
        let (values, stamped) = stamped("select current_date, now()::date").unwrap();
        assert_eq!(values, vec![ExprKind::Literal(Literal::Date(19_813)); 2]);
        assert_eq!(stamped.valid_for.map(|left| left.as_secs()), Some(22 * 3600 + 1799));
    }

    #[test]
    fn moments_and_names_are_constants() {
        let (values, stamp) =
            stamped("select localtimestamp(0), current_time, current_user::text, current_schema, current_setting('Work_Mem')").unwrap();
        let text = |text: &str| ExprKind::Literal(Literal::Text(text.into()));
        assert_eq!(values[0], ExprKind::Literal(Literal::Timestamp(1_711_845_000_000_000)));
        assert_eq!(values[1..], [text("00:30:00.123456+01"), text("ann"), text("main"), text("4MB")]);
        assert_eq!(stamp.valid_for, Some(Duration::ZERO));
        assert!(!stamp.volatile);
        assert!(stamped("select random()").unwrap().1.volatile);
        assert_eq!(stamped("select 1").unwrap().1, Stamped::default());
        assert_eq!(stamped("select current_setting('nosuch')").unwrap_err().sqlstate, SqlState::UNDEFINED_OBJECT);
    }
}
