use proptest::prelude::*;

use super::*;

fn day(limit: u64) -> Vec<Claim> {
    vec![Claim { account: Account { budget: None, user: Some("ann".into()) }, period: Period::DAY, limit: Some(Usd(limit)) }]
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

#[test]
fn exactly_the_limit_fits_and_one_more_does_not() {
    let ledger = Arc::new(Ledger::default());
    let now = at("2026-03-01T10:00:00Z");
    let _held = ledger.reserve(now, Usd(60), &day(100)).expect("fits");
    let refused = ledger.reserve(now, Usd(41), &day(100)).expect_err("one too many");
    assert_eq!(refused, Refused { claim: 0, balance: Balance { spent: Usd(0), reserved: Usd(60) }, limit: Usd(100) });
    ledger.reserve(now, Usd(40), &day(100)).expect("fits to the last");
}

#[test]
fn settling_frees_what_was_not_needed_and_dropping_does_not() {
    let ledger = Arc::new(Ledger::default());
    let now = at("2026-03-01T10:00:00Z");
    ledger.reserve(now, Usd(100), &day(100)).expect("fits").settle(Usd(30));
    assert_eq!(ledger.balance(now, &day(0)[0].account, Period::DAY), Balance { spent: Usd(30), reserved: Usd(0) });
    drop(ledger.reserve(now, Usd(70), &day(100)).expect("fits"));
    assert_eq!(ledger.balance(now, &day(0)[0].account, Period::DAY).spent, Usd(100));
    assert!(ledger.reserve(now, Usd(1), &day(100)).is_err());
}

#[test]
fn a_new_day_begins_at_midnight_utc() {
    let ledger = Arc::new(Ledger::default());
    drop(ledger.reserve(at("2026-03-01T23:59:59Z"), Usd(100), &day(100)).expect("fits"));
    assert!(ledger.reserve(at("2026-03-01T23:59:59Z"), Usd(1), &day(100)).is_err());
    assert!(ledger.reserve(at("2026-03-02T00:00:00Z"), Usd(1), &day(100)).is_ok());
}

#[test]
fn several_claims_are_all_made_or_none() {
    let ledger = Arc::new(Ledger::default());
    let now = at("2026-03-01T10:00:00Z");
    let shared = Claim { account: Account { budget: Some("b".into()), user: None }, period: Period::Month, limit: Some(Usd(10)) };
    let both = [day(100).remove(0), shared.clone()];
    assert_eq!(ledger.reserve(now, Usd(11), &both).expect_err("over the second").claim, 1);
    assert_eq!(ledger.balance(now, &both[0].account, Period::DAY).used(), Usd(0));
    let _held = ledger.reserve(now, Usd(10), &both).expect("fits");
    assert_eq!(ledger.balance(now, &shared.account, Period::Month).used(), Usd(10));
}

#[test]
fn sums_beyond_all_numbers_do_not_fit() {
    let ledger = Arc::new(Ledger::default());
    let now = at("2026-03-01T10:00:00Z");
    let _held = ledger.reserve(now, Usd(5), &day(u64::MAX)).expect("fits");
    assert!(ledger.reserve(now, Usd(u64::MAX), &day(u64::MAX)).is_err());
}

#[test]
fn many_threads_never_pass_the_limit() {
    let ledger = Arc::new(Ledger::default());
    let now = at("2026-03-01T10:00:00Z");
    let admitted: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..50).map(|_| scope.spawn(|| ledger.reserve(now, Usd(10), &day(100)).is_ok())).collect();
        threads.into_iter().map(|thread| usize::from(thread.join().expect("no panic"))).sum()
    });
    assert_eq!(admitted, 10);
}

proptest! {
    /// Any interleaving of reserve, settle (for no more than was reserved) and drop, over two users and a shared budget.
    #[test]
    fn spent_never_passes_the_limit(steps in proptest::collection::vec((0..4_u8, 0..60_u64, 0..2_u8), 1..200)) {
        let ledger = Arc::new(Ledger::default());
        let now = at("2026-03-01T10:00:00Z");
        let account = |user: u8| Account { budget: None, user: Some(user.to_string()) };
        let shared = Account { budget: Some("b".into()), user: None };
        let mut open: Vec<Reservation> = Vec::new();
        let mut total = 0;
        for (step, amount, user) in steps {
            match step {
                0 | 1 => {
                    let claims = [
                        Claim { account: account(user), period: Period::DAY, limit: Some(Usd(100)) },
                        Claim { account: shared.clone(), period: Period::DAY, limit: Some(Usd(150)) },
                    ];
                    open.extend(ledger.reserve(now, Usd(amount), &claims));
                }
                2 if !open.is_empty() => {
                    let mut reservation = open.swap_remove(usize::try_from(amount).expect("small") % open.len());
                    let spent = amount.min(reservation.amount().0);
                    total += spent;
                    reservation.settle(Usd(spent));
                }
                3 if !open.is_empty() => total += open.remove(0).amount().0,
                _ => {}
            }
            for user in 0..2 {
                prop_assert!(ledger.balance(now, &account(user), Period::DAY).used() <= Usd(100));
            }
            let balance = ledger.balance(now, &shared, Period::DAY);
            prop_assert!(balance.used() <= Usd(150));
            prop_assert_eq!(balance.spent, Usd(total));
            prop_assert_eq!(balance.reserved, Usd(open.iter().map(|reservation| reservation.amount().0).sum()));
        }
    }
}

#[test]
fn another_attempt_needs_its_money_anew() {
    let ledger = Arc::new(Ledger::default());
    let now = at("2026-03-01T10:00:00Z");
    let mut attempt = ledger.reserve(now, Usd(60), &day(100)).expect("fits");
    attempt.again(now, Usd(0)).expect("the first was for free");
    assert_eq!(ledger.balance(now, &day(0)[0].account, Period::DAY), Balance { spent: Usd(0), reserved: Usd(60) });
    // What the second was billed leaves too little for a third.
    attempt.again(now, Usd(50)).expect_err("gone");
    drop(attempt);
    assert_eq!(ledger.balance(now, &day(0)[0].account, Period::DAY), Balance { spent: Usd(50), reserved: Usd(0) });
    // It counts in the period in which it runs.
    let mut late = ledger.reserve(at("2026-03-01T23:59:59Z"), Usd(10), &day(100)).expect("fits");
    let next = at("2026-03-02T00:00:01Z");
    late.again(next, Usd(0)).expect("fits");
    assert_eq!(ledger.balance(next, &day(0)[0].account, Period::DAY).reserved, Usd(10));
}
