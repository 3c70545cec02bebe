//! Cancel requests for sessions of other replicas: what names a session among them, and the way out.

use arc_swap::ArcSwapOption;
use tokio::sync::mpsc;

/// Orders that may wait to be told. Whoever sends more at once cancels nothing with the rest.
const WAITING: usize = 64;

/// Names a session by what only its client knows. Replicas tell each other this and not the key, which cannot be computed from it.
// Hashes of this kind are compared in a time that does not depend on where they differ.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Order(blake3::Hash);

impl Order {
    /// Names the session with this process id and secret.
    pub fn of(pid: i32, secret: &[u8]) -> Order {
        let mut hasher = blake3::Hasher::new_derive_key("sluice 2026-11 cancel request");
        hasher.update(&pid.to_be_bytes()).update(secret);
        Order(hasher.finalize())
    }

    /// Returns it as it is told.
    pub fn bytes(&self) -> [u8; 32] {
        *self.0.as_bytes()
    }

    /// Reads what was told; `None` for anything else.
    pub fn read(bytes: &[u8]) -> Option<Order> {
        Some(Order(blake3::Hash::from_bytes(bytes.try_into().ok()?)))
    }
}

/// The way to the other replicas; closed until somebody opens it.
#[derive(Default)]
pub struct Relay(ArcSwapOption<mpsc::Sender<Order>>);

impl Relay {
    /// Opens the way and returns its other end. One that was open before ends.
    pub fn open(&self) -> mpsc::Receiver<Order> {
        let (sender, receiver) = mpsc::channel(WAITING);
        self.0.store(Some(sender.into()));
        receiver
    }

    /// Closes the way.
    pub fn close(&self) {
        self.0.store(None);
    }

    /// Sends an order on its way, without waiting. Tells whether there is a way, with room.
    pub fn pass_on(&self, order: Order) -> bool {
        self.0.load().as_ref().is_some_and(|sender| sender.try_send(order).is_ok())
    }
}
