use std::time::Instant;

use proptest::prelude::*;
use tokio_util::sync::CancellationToken;

use super::price::MIB;
use super::settings::{Budget, RoleLimits};
use super::*;
use crate::query::{CacheMode, Notices, QueryId, SessionInputs};
use crate::sql::emit::Origin;
use crate::sql::fixtures::{events_table, principal};
use settings::OnExceed;

/// A scan of `shop.NAME`.
pub fn scan(table: &str, bytes: u64) -> Scan {
    Scan {
        table: TableName { schema: "shop".into(), table: table.into() },
        partitions: None,
        columns: Vec::new(),
        columns_total: 0,
        bytes: Bytes(bytes),
        column_bytes: Vec::new(),
    }
}

/// An exact estimate of these scans.
pub fn estimate(scans: &[Scan]) -> Estimate {
    let bytes = scans.iter().fold(Bytes(0), |sum, scan| sum.plus(scan.bytes));
    Estimate { bytes, accuracy: Accuracy::Exact, scans: scans.to_vec(), warehouse_cache_hit: false, tables_told: true }
}

fn context(user: &str) -> QueryContext {
    let session = SessionInputs {
        database: "shop".into(),
        search_path: Vec::new(),
        timezone: crate::types::zone::Tz::UTC,
        reads_in: crate::types::zone::Tz::UTC.into(),
        timezone_name: "UTC".into(),
        application_name: String::new(),
        cache_mode: CacheMode::On,
        max_usd: None,
        dry_run: false,
        labels: Vec::new(),
        tags: Vec::new(),
        backend_pid: 1,
        ends: None,
        settings: Arc::default(),
        objects: Arc::default(),
        about_settings: Default::default(),
    };
    QueryContext {
        id: QueryId(1),
        principal: Arc::new(principal(user)),
        session: Arc::new(session),
        transaction_start: Utc::now(),
        xid: Default::default(),
        random: Default::default(),
        statement_start: Utc::now(),
        cancel: CancellationToken::new(),
        deadline: None,
        started: Instant::now(),
        row_limited: false,
        notices: Notices::default(),
        turn: None,
    }
}

fn job() -> Job {
    Job {
        text: "SELECT 1".into(),
        dialect: Dialect::DataFusion,
        parameters: Vec::new(),
        columns: Arc::from([]),
        tables: vec![Arc::new(events_table())],
        ordered: false,
        origin: Origin::Emitter,
        fingerprint: String::new(),
    }
}

/// One MiB costs one cent; no approvals.
fn cent_a_mebibyte() -> Settings {
    let mut settings = Settings::default();
    settings.pricing.usd_per_tib = Usd::from_dollars(0.01 * 1024.0 * 1024.0);
    settings.pricing.simulated = true;
    settings.approval.from_usd = None;
    settings
}

fn reads(mib: u64) -> Estimate {
    estimate(&[scan("events", mib * MIB)])
}

fn code(result: Result<Admitted>) -> &'static str {
    result.map_or_else(|report| report.sqlstate.0, |_| "admitted")
}

#[test]
fn the_cap_per_query_holds_to_the_mebibyte() {
    let guard = Guard::new(cent_a_mebibyte());
    let admitted = guard.admit(&context("ann"), "q", job(), &reads(1000)).expect("exactly ten dollars");
    assert_eq!(admitted.cap(), Some(Bytes(1000 * MIB)), "the cap, not the estimate");
    assert_eq!(admitted.price(), Usd::from_dollars(10.0));
    assert_eq!(code(guard.admit(&context("bob"), "q", job(), &estimate(&[scan("events", 1000 * MIB + 1)]))), "SL001");
}

#[test]
fn the_cap_in_bytes_wins_where_it_is_lower() {
    let guard = Guard::new(Settings { max_bytes_per_query: Some(Bytes(10 * MIB)), ..cent_a_mebibyte() });
    assert_eq!(guard.admit(&context("ann"), "q", job(), &reads(1)).expect("the minimum fits").cap(), Some(Bytes(10 * MIB)));
    let refused = guard.admit(&context("ann"), "q", job(), &reads(11)).expect_err("a mebibyte over");
    assert_eq!(refused.message, "SL001: query would bill 11 MiB, over the limit of 10 MiB per query");
}

#[test]
fn a_session_lowers_the_cap_and_never_raises_it() {
    let guard = Guard::new(cent_a_mebibyte());
    let with = |max_usd: f64| {
        let mut cx = context("ann");
        Arc::make_mut(&mut cx.session).max_usd = Some(max_usd);
        cx
    };
    assert_eq!(code(guard.admit(&with(1.0), "q", job(), &reads(101))), "SL001");
    assert_eq!(code(guard.admit(&with(1000.0), "q", job(), &reads(1001))), "SL001");
    assert_eq!(guard.limits(&with(1.0)).per_query, Some(Usd::from_dollars(1.0)));
}

#[test]
fn reading_the_result_is_paid_within_the_limits_of_the_query() {
    let mut settings = cent_a_mebibyte();
    settings.pricing.storage_read_usd_per_tib = settings.pricing.usd_per_tib;
    settings.max_usd_per_day = Some(Usd::from_dollars(10.05));
    settings.approval.from_usd = Some(Usd::from_dollars(9.9));
    let admit = |guard: &Guard, user: &str, mib| guard.admit(&context(user), "q", job(), &reads(mib)).expect("within the limits");
    let guard = Guard::new(settings.clone());
    let mut ann = admit(&guard, "ann", 960);
    // Set aside are USD 9.70: another 0.30 are the cap of the query, and 0.20 what nobody has to say yes to.
    assert_eq!(ann.reserve_reading(Bytes(21 * MIB)).expect_err("an approval would be needed").sqlstate.0, "SL001");
    assert_eq!(ann.reserve_reading(Bytes(20 * MIB)).expect("just within"), Usd::from_dollars(0.2));
    assert_eq!(guard.limits(&context("ann")).spent_today, Usd::from_dollars(9.9));
    ann.settle_reading(false);
    assert_eq!(guard.limits(&context("ann")).spent_today, Usd::from_dollars(9.7), "nothing was read");
    ann.reserve_reading(Bytes(10 * MIB)).expect("fits");
    ann.settle_reading(true);
    ann.settle(Bytes(960 * MIB));
    assert_eq!(guard.limits(&context("ann")).spent_today, Usd::from_dollars(9.7));
    // The day's money counts, too; and where nobody says how it went, it counts as spent.
    let mut again = admit(&guard, "ann", 20);
    assert_eq!(again.reserve_reading(Bytes(6 * MIB)).expect_err("over the day").sqlstate.0, "SL002");
    again.reserve_reading(Bytes(5 * MIB)).expect("fits");
    drop(again);
    assert_eq!(guard.limits(&context("ann")).spent_today, Usd::from_dollars(10.05));

    settings.pricing.storage_read_usd_per_tib = Usd::ZERO;
    let mut free = admit(&Guard::new(settings), "bob", 960);
    assert_eq!(free.reserve_reading(Bytes(u64::MAX)).expect("free"), Usd::ZERO);
}

#[test]
fn a_role_has_its_own_cap() {
    let mut settings = cent_a_mebibyte();
    settings.roles.insert("analyst".into(), RoleLimits { max_usd_per_query: Some(Usd::from_dollars(12.0)), ..RoleLimits::default() });
    assert_eq!(code(Guard::new(settings).admit(&context("ann"), "q", job(), &reads(1200))), "admitted");
}

#[test]
fn the_refusal_says_how_to_mend_the_query() {
    let mut settings = Settings::default();
    settings.pricing.usd_per_tib = Usd::from_dollars(6250.0);
    settings.pricing.simulated = true;
    let columns = [("event_id", 40), ("day", 20), ("kind", 64), ("payload", 3050)];
    let scan = Scan {
        partitions: Some((214, 214)),
        columns: columns.iter().map(|(name, _)| (*name).to_owned()).collect(),
        columns_total: 4,
        column_bytes: columns.iter().map(|(name, mib)| ((*name).to_owned(), Bytes(mib * MIB))).collect(),
        ..scan("events", 3174 * MIB)
    };
    let refused = Guard::new(settings).admit(&context("ann"), "q", job(), &estimate(&[scan])).expect_err("too dear");
    assert_eq!(refused.message, "SL001: query would cost USD 18.92 (simulated), over the limit of USD 10.00 per query");
    assert_eq!(refused.detail.as_deref(), Some("It would read 3.1 GiB from shop.events: all 214 partitions, all 4 columns."));
    assert_eq!(
        refused.hint.as_deref(),
        Some("Add a filter on \"day\", or name columns: event_id, day, kind would read 124 MiB (USD 0.74). EXPLAIN is free.")
    );
}

#[test]
fn an_upper_bound_runs_under_the_cap_or_is_denied() {
    let bound = Estimate { accuracy: Accuracy::UpperBound, ..reads(5000) };
    let guard = Guard::new(cent_a_mebibyte());
    let googles = || Job { dialect: Dialect::GoogleSql, ..job() };
    let admitted = guard.admit(&context("ann"), "q", googles(), &bound).expect("the warehouse stops it");
    assert_eq!(admitted.cap(), Some(Bytes(1000 * MIB)));
    assert_eq!(guard.limits(&context("ann")).spent_today, Usd::from_dollars(10.0), "no more than the cap is set aside");
    let strict = Guard::new(Settings { clustered_estimate: ClusteredEstimate::Deny, ..cent_a_mebibyte() });
    assert_eq!(code(strict.admit(&context("ann"), "q", googles(), &bound)), "SL001");
    // The embedded engine stops at no cap: neither the limit per query, nor a lower one of the session, nor an approval is got around by it.
    assert_eq!(code(Guard::new(cent_a_mebibyte()).admit(&context("ann"), "q", job(), &bound)), "SL001");
    let careful = context("ann");
    let session = Arc::new(SessionInputs { max_usd: Some(0.5), ..SessionInputs::clone(&careful.session) });
    let small = Estimate { accuracy: Accuracy::UpperBound, ..reads(500) };
    assert_eq!(code(Guard::new(cent_a_mebibyte()).admit(&QueryContext { session, ..careful }, "q", job(), &small)), "SL001");
    assert!(Guard::new(cent_a_mebibyte()).admit(&context("ann"), "q", job(), &small).is_ok());
}

#[test]
fn estimates_that_may_be_too_low_are_not_believed() {
    let low = Estimate { accuracy: Accuracy::LowerBound, ..reads(1) };
    assert_eq!(code(Guard::new(cent_a_mebibyte()).admit(&context("ann"), "q", job(), &low)), "SL005");
    let guard = Guard::new(Settings { on_estimate_error: OnEstimateError::TableSize, ..cent_a_mebibyte() });
    assert_eq!(code(guard.admit(&context("ann"), "q", job(), &low)), "SL005", "the size is not known");
    let mut sized = job();
    sized.tables = vec![Arc::new(crate::catalog::model::Table { bytes: Some(500 * MIB), ..events_table() })];
    assert_eq!(guard.admit(&context("ann"), "q", sized, &low).expect("five dollars").price(), Usd::from_dollars(5.0));
}

#[test]
fn the_day_ends_at_its_limit() {
    let guard = Guard::new(cent_a_mebibyte());
    let mut first = guard.admit(&context("ann"), "q", job(), &reads(900)).expect("fits");
    assert_eq!(guard.limits(&context("ann")).spent_today, Usd::from_dollars(9.1), "with a minimum for the table");
    first.settle(Bytes(900 * MIB));
    assert_eq!(guard.limits(&context("ann")).spent_today, Usd::from_dollars(9.0));
    drop(guard.admit(&context("ann"), "q", job(), &reads(990)).expect("fits"));
    let refused = guard.admit(&context("ann"), "q", job(), &reads(100)).expect_err("one dollar is left");
    assert_eq!(
        refused.message,
        "SL002: query could cost up to USD 1.10 (simulated), and only USD 1.00 of the day's limit of USD 20.00 is left"
    );
    assert_eq!(code(guard.admit(&context("ann"), "q", job(), &reads(90))), "admitted");
    assert_eq!(code(guard.admit(&context("bob"), "q", job(), &reads(900))), "admitted", "every user has a day");
}

#[test]
fn what_never_ran_is_given_back() {
    let guard = Guard::new(cent_a_mebibyte());
    guard.admit(&context("ann"), "q", job(), &reads(900)).expect("fits").release();
    assert_eq!(guard.limits(&context("ann")).spent_today, Usd::ZERO);
}

#[test]
fn budgets_follow_patterns_and_may_be_shared() {
    let budget = |name: &str, user: &str, shared, on_exceed| Budget {
        name: name.into(),
        user: user.into(),
        shared,
        max: Usd::from_dollars(5.0),
        soft: Some(Usd::from_dollars(4.0)),
        period: Period::DAY,
        on_exceed,
    };
    let with = |budget| Guard::new(Settings { budgets: vec![budget], ..cent_a_mebibyte() });

    let guard = with(budget("agents", "bot-*", true, OnExceed::Deny));
    assert_eq!(code(guard.admit(&context("ann"), "q", job(), &reads(900))), "admitted", "does not concern ann");
    let cx = context("bot-1");
    assert_eq!(code(guard.admit(&cx, "q", job(), &reads(400))), "admitted");
    assert_eq!(cx.notices.drain()[0].message, "budget \"agents\" is at USD 4.10 of USD 5.00");
    let refused = guard.admit(&context("bot-2"), "q", job(), &reads(100)).expect_err("they share it");
    assert_eq!(refused.message, "SL002: query would cost USD 1.00 (simulated), and only USD 0.90 of USD 5.00 of budget \"agents\" is left");
    assert_eq!(guard.budgets(&principal("bot-2"))[1].balance.used(), Usd::from_dollars(4.1));

    let guard = with(budget("everyone", "*", false, OnExceed::Deny));
    assert_eq!(code(guard.admit(&context("ann"), "q", job(), &reads(450))), "admitted");
    assert_eq!(code(guard.admit(&context("bob"), "q", job(), &reads(450))), "admitted", "everyone has their own");

    let guard = with(budget("soft", "*", false, OnExceed::Notice));
    let cx = context("ann");
    assert_eq!(code(guard.admit(&cx, "q", job(), &reads(600))), "admitted");
    assert!(cx.notices.drain()[0].message.starts_with("would be refused: SL002"));
}

#[test]
fn dear_queries_wait_for_a_yes_and_run_once() {
    let mut settings = cent_a_mebibyte();
    settings.approval.from_usd = Some(Usd::from_dollars(1.0));
    let guard = Guard::new(settings);
    assert_eq!(code(guard.admit(&context("ann"), "q", job(), &reads(100))), "admitted", "one dollar is not above it");
    let refused = guard.admit(&context("ann"), "q", job(), &reads(101)).expect_err("a cent above");
    assert_eq!(refused.message, "SL003: query would cost USD 1.01 (simulated), approval is required above USD 1.00");
    let hint = refused.hint.expect("how");
    let id = hint.split('\'').nth(1).expect("an id");
    let boss = Principal { admin: true, ..principal("boss") };
    assert!(guard.approve(id, &principal("ann")).is_err());
    assert_eq!(guard.approve(id, &boss).expect("may"), "approved: USD 1.01 of user ann may run once within 15 min");
    assert_eq!(code(guard.admit(&context("bob"), "q", job(), &reads(101))), "SL003", "bound to the user");
    assert_eq!(code(guard.admit(&context("ann"), "q2", job(), &reads(101))), "SL003", "bound to the query");
    assert_eq!(code(guard.admit(&context("ann"), "q", job(), &reads(101))), "admitted");
    assert_eq!(code(guard.admit(&context("ann"), "q", job(), &reads(101))), "SL003", "once");
    assert_eq!(code(guard.admit(&context("ann"), "q", job(), &reads(1001))), "SL001", "no approval lifts the cap");
}

#[test]
fn observing_warns_and_runs() {
    let guard = Guard::new(Settings { mode: Mode::Observe, ..cent_a_mebibyte() });
    let cx = context("ann");
    let admitted = guard.admit(&cx, "q", job(), &reads(5000)).expect("only watched");
    assert_eq!(admitted.cap(), None);
    let notices = cx.notices.drain();
    assert!(notices[0].message.starts_with("would be refused: SL001"), "{notices:?}");
    assert!(notices[1].message.starts_with("would be refused: SL002"), "{notices:?}");
    assert_eq!(guard.limits(&cx).spent_today, Usd::from_dollars(50.1), "counted all the same");
    let off = Guard::new(Settings { mode: Mode::Off, ..cent_a_mebibyte() });
    let cx = context("ann");
    assert_eq!(code(off.admit(&cx, "q", job(), &reads(5000))), "admitted");
    assert!(cx.notices.drain().is_empty());
}

#[test]
fn paused_users_wait() {
    let guard = Guard::new(cent_a_mebibyte());
    let boss = Principal { admin: true, ..principal("boss") };
    assert!(guard.pause("ann", &principal("bob")).is_err());
    guard.pause("ann", &boss).expect("may");
    assert_eq!(code(guard.admit(&context("ann"), "q", job(), &reads(1))), "SL006");
    assert_eq!(code(guard.admit(&context("bob"), "q", job(), &reads(1))), "admitted");
    guard.resume("ann", &boss).expect("may");
    assert_eq!(code(guard.admit(&context("ann"), "q", job(), &reads(1))), "admitted");
}

#[test]
fn only_the_servers_own_relations_are_free() {
    let guard = Guard::new(cent_a_mebibyte());
    assert!(guard.admit_free(job()).is_err());
    assert!(guard.admit_free(Job { tables: Vec::new(), ..job() }).is_ok());
    assert!(guard.admit_free(Job { tables: Vec::new(), dialect: Dialect::GoogleSql, ..job() }).is_err());
}

#[test]
fn patterns_have_stars() {
    for (pattern, name, expected) in [
        ("*", "ann", true),
        ("*", "", true),
        ("bot-*", "bot-1", true),
        ("bot-*", "robot-1", false),
        ("*@x.org", "ü@x.org", true),
        ("a*b*c", "a-b-b-c", true),
        ("a*b*c", "a-c", false),
        ("ann", "ann", true),
        ("ann", "anna", false),
        ("*ü", "aüü", true),
    ] {
        assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
    }
}

proptest! {
    /// Whatever queries come, settled by no more than the warehouse may bill: no day passes its limit.
    #[test]
    fn no_day_passes_its_limit(queries in proptest::collection::vec((0..1500_u64, 0..100_u64, any::<bool>()), 1..60)) {
        let guard = Guard::new(cent_a_mebibyte());
        let mut open = Vec::new();
        for (mib, share, keep) in queries {
            if let Ok(mut admitted) = guard.admit(&context("ann"), "q", job(), &reads(mib)) {
                let most = guard.quote(&reads(mib)).reserve_bytes.0;
                if keep { open.push(admitted) } else { admitted.settle(Bytes(most * share / 100)) }
            }
            prop_assert!(guard.limits(&context("ann")).spent_today <= Usd::from_dollars(20.0));
        }
    }
}
