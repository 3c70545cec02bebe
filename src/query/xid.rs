//! Transaction numbers. A transaction has none until it asks for one (transam/README, "Transaction and Subtransaction Numbering").
//!
//! They are counted in this process; nothing is written under them.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::types::snapshot::Snapshot;

/// The first number that a transaction may have; what the catalog calls frozen was frozen by it (`FirstNormalTransactionId`).
pub const FIRST: u64 = 3;

/// A transaction's number, if it has one. Copies are of the same transaction, which ends with the last of them.
#[derive(Clone, Debug, Default)]
pub struct Xid(Arc<Number>);

#[derive(Debug, Default)]
struct Number(OnceLock<u64>);

/// What is known of all transactions.
struct Numbers {
    next: u64,
    /// The greatest number whose transaction has ended.
    ended: u64,
    running: BTreeSet<u64>,
}

static NUMBERS: Mutex<Numbers> = Mutex::new(Numbers { next: FIRST, ended: FIRST - 1, running: BTreeSet::new() });

fn with<T>(work: impl FnOnce(&mut Numbers) -> T) -> T {
    work(&mut NUMBERS.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Xid {
    /// Returns the number, which is given now if it has not been before.
    pub fn assign(&self) -> u64 {
        let next = || {
            with(|numbers| {
                let number = numbers.next;
                numbers.next += 1;
                numbers.running.insert(number);
                number
            })
        };
        *self.0.0.get_or_init(next)
    }

    /// Returns the number if there is one.
    pub fn assigned(&self) -> Option<u64> {
        self.0.0.get().copied()
    }

    /// Returns what `age()` counts from: the own number, or the next one.
    pub fn now(&self) -> u64 {
        self.assigned().unwrap_or_else(|| with(|numbers| numbers.next))
    }

    /// Returns which transactions are seen; the own one is not among those that run (procarray.c, `GetSnapshotData`).
    pub fn snapshot(&self) -> Snapshot {
        with(|numbers| {
            let xmax = numbers.ended + 1;
            let running = numbers.running.range(..xmax);
            let xmin = running.clone().next().copied().unwrap_or(xmax);
            Snapshot { xmin, xmax, running: running.copied().filter(|xid| self.assigned() != Some(*xid)).collect() }
        })
    }
}

impl Drop for Number {
    fn drop(&mut self) {
        if let Some(number) = self.0.get() {
            with(|numbers| {
                numbers.running.remove(number);
                numbers.ended = numbers.ended.max(*number);
            });
        }
    }
}

#[test]
fn a_snapshot_sees_what_has_ended() {
    let (first, second) = (Xid::default(), Xid::default());
    assert_eq!(first.assigned(), None);
    let (one, two) = (first.assign(), second.assign());
    assert!(one < two && first.assign() == one && first.clone().assigned() == Some(one));
    drop(second);
    let (own, others) = (first.snapshot(), Xid::default().snapshot());
    assert!(own.xmin <= one && !own.running.contains(&one), "the own number is none of those that run");
    assert!(others.running.contains(&one) && others.sees(two) && !others.sees(one));
    drop(first);
    assert!(Xid::default().snapshot().sees(one));
}
