//! Connections that have not logged in: they have places of their own, and the one that has waited longest makes room for the next. So
//! whoever opens connections and says nothing locks nobody out.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

/// The places.
pub(super) struct Lobby {
    most: usize,
    waiting: Mutex<VecDeque<Arc<CancellationToken>>>,
}

/// One connection's place, free again when dropped.
pub(super) struct Turn<'a> {
    lobby: &'a Lobby,
    /// Cancelled when the connection has to make room.
    pub(super) over: Arc<CancellationToken>,
}

impl Lobby {
    pub(super) fn new(most: usize) -> Lobby {
        Lobby { most: most.max(1), waiting: Mutex::default() }
    }

    /// Takes a place, if need be that of the connection that has waited longest.
    pub(super) fn enter(&self) -> Turn<'_> {
        let over = Arc::new(CancellationToken::new());
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        while waiting.len() >= self.most {
            if let Some(oldest) = waiting.pop_front() {
                oldest.cancel();
            }
        }
        waiting.push_back(over.clone());
        Turn { lobby: self, over }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut waiting = self.lobby.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|other| !Arc::ptr_eq(other, &self.over));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_makes_room() {
        let lobby = Lobby::new(2);
        let (first, second) = (lobby.enter(), lobby.enter());
        assert!(!first.over.is_cancelled());
        let third = lobby.enter();
        assert!(first.over.is_cancelled() && !second.over.is_cancelled());
        drop(second);
        let _fourth = lobby.enter();
        assert!(!third.over.is_cancelled(), "a place was free");
    }
}
