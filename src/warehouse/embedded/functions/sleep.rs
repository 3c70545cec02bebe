//! pg_sleep() for the rows of a query: each row waits its time, one after the other (misc.c).

use std::time::{Duration, Instant};

use chrono::{Months, Utc};
use tokio::runtime::{Handle, RuntimeFlavor};

use super::Scalar;
use super::rows::{TEXT, strict};
use super::value::Value;
use crate::error::{Report, Result};
use crate::warehouse::embedded::stop;

/// How long a cancelled query sleeps on.
const STEP: Duration = Duration::from_millis(20);
/// The longest sleep in seconds: a century, whatever the client asks for.
const CENTURY: f64 = 3.2e9;

pub(super) fn functions() -> Vec<Scalar> {
    vec![
        strict!("pg_sleep", TEXT, |args| sleep(args[0].float()?)).acting(),
        strict!("pg_sleep_for", TEXT, |args| match &args[0] {
            Value::Interval(months, days, micros) => sleep(seconds(*months, *days, *micros)),
            other => Err(Report::internal(format!("a function expected an interval and got {other:?}"))),
        })
        .acting(),
        strict!("pg_sleep_until", TEXT, |args| match &args[0] {
            Value::TimestampTz(micros) => sleep(of_micros(micros.saturating_sub(Utc::now().timestamp_micros()))),
            other => Err(Report::internal(format!("a function expected a moment and got {other:?}"))),
        })
        .acting(),
    ]
}

fn of_micros(micros: i64) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "no sleep is that long, and that exact")]
    let micros = micros as f64;
    micros / 1e6
}

/// How long an interval is from now on.
fn seconds(months: i32, days: i32, micros: i64) -> f64 {
    let now = Utc::now();
    let step = Months::new(months.unsigned_abs());
    let then = if months < 0 { now.checked_sub_months(step) } else { now.checked_add_months(step) };
    let whole = then.map_or(CENTURY, |then| of_micros((then - now).num_microseconds().unwrap_or(i64::MAX)));
    whole + f64::from(days) * 86_400.0 + of_micros(micros)
}

/// Sleeps, unless the query is to stop before. The thread's other work is done by others meanwhile.
fn sleep(seconds: f64) -> Result<Value<'static>> {
    // Less than nothing, and NaN, are no time at all.
    let until = Instant::now() + Duration::try_from_secs_f64(seconds.clamp(0.0, CENTURY)).unwrap_or_default();
    let wait = || {
        loop {
            stop::check()?;
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(Value::text(""));
            }
            std::thread::sleep(left.min(STEP));
        }
    };
    match Handle::try_current() {
        Ok(handle) if handle.runtime_flavor() == RuntimeFlavor::MultiThread => tokio::task::block_in_place(wait),
        _ => wait(),
    }
}
