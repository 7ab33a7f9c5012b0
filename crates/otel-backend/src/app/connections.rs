//! The connections of all ports, limited in number. If the limit is reached, a new connection
//! displaces the one that has been waiting longest.
//!
//! A connection waits while none of its requests is being handled. One that waits for its next
//! request is closed only to make room, since clients keep connections for minutes and lose a
//! request that they send on a closed one. One that stalls in the middle of a request's head or of
//! an answer is closed after a while.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// The longest pause in the middle of a head or an answer.
pub(super) const STALL: Duration = Duration::from_mins(1);

/// The interval between checks for stalled connections.
const LOOK: Duration = Duration::from_secs(5);

/// All connections; clones share them.
#[derive(Debug, Clone)]
pub(super) struct Connections {
    room: Arc<Semaphore>,
    total: u32,
    waiting: Arc<Mutex<Waiting>>,
}

/// The waiting connections, in the order in which they began to wait.
#[derive(Debug, Default)]
struct Waiting {
    next: u64,
    places: BTreeMap<u64, Place>,
}

#[derive(Debug)]
struct Place {
    since: Instant,
    /// True if it is in the middle of a head or an answer.
    has_begun: bool,
    close: Arc<Notify>,
}

/// A connection; its place is freed when this is dropped.
#[derive(Debug)]
pub(super) struct Connection {
    waiting: Arc<Mutex<Waiting>>,
    state: Mutex<State>,
    close: Arc<Notify>,
    _room: OwnedSemaphorePermit,
}

#[derive(Debug, Default)]
struct State {
    /// The number of requests being handled.
    busy: usize,
    /// The number of answers being sent.
    sending: usize,
    /// True if a part of a head has arrived.
    has_head: bool,
    /// The position among the waiting connections.
    place: Option<u64>,
}

/// Marks a request as being handled until this is dropped.
#[derive(Debug)]
pub(super) struct Busy(Arc<Connection>);

/// Marks an answer as being sent until this is dropped.
#[derive(Debug)]
pub(super) struct Sending(Option<Arc<Connection>>);

impl Connections {
    /// Makes room for `total` connections.
    pub(super) fn new(total: usize) -> Self {
        let total = u32::try_from(total).unwrap_or(u32::MAX);
        Self {
            room: Arc::new(Semaphore::new(total as usize)),
            total,
            waiting: Arc::default(),
        }
    }

    /// Waits for a free place; if there is none, closes the connection that has been waiting
    /// longest.
    pub(super) async fn room(&self) -> Option<OwnedSemaphorePermit> {
        let room = Arc::clone(&self.room);
        if let Ok(permit) = Arc::clone(&room).try_acquire_owned() {
            return Some(permit);
        }
        lock(&self.waiting).close_first();
        room.acquire_owned().await.ok()
    }

    /// Adds a connection, which is waiting at first.
    pub(super) fn open(&self, room: OwnedSemaphorePermit) -> Arc<Connection> {
        let connection = Connection {
            waiting: Arc::clone(&self.waiting),
            state: Mutex::default(),
            close: Arc::new(Notify::new()),
            _room: room,
        };
        connection.settle(&mut lock(&connection.state));
        Arc::new(connection)
    }

    /// Closes stalled connections, in an endless loop.
    pub(super) async fn close_stalled(self) {
        let mut ticks = tokio::time::interval(LOOK);
        loop {
            ticks.tick().await;
            lock(&self.waiting).close_stalled();
        }
    }

    /// Waits until all connections are closed.
    pub(super) async fn closed(&self) {
        // The semaphore is never closed.
        drop(self.room.acquire_many(self.total).await);
    }
}

impl Connection {
    /// Resolves when the connection must be closed.
    pub(super) async fn told_to_close(&self) {
        self.close.notified().await;
    }

    /// Records the start of a request.
    pub(super) fn begin(self: &Arc<Self>) -> Busy {
        self.change(|state| {
            state.busy += 1;
            state.has_head = false;
        });
        Busy(Arc::clone(self))
    }

    /// Records that bytes have arrived.
    pub(super) fn heard(&self) {
        let mut state = lock(&self.state);
        // While a request is being handled, the bytes probably belong to its body.
        if state.busy == 0 && !state.has_head {
            state.has_head = true;
            self.settle(&mut state);
        }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = lock(&self.state);
        change(&mut state);
        self.settle(&mut state);
    }

    /// Updates the connection's position among those that wait.
    fn settle(&self, state: &mut State) {
        let mut waiting = lock(&self.waiting);
        if let Some(place) = state.place.take()
            && waiting.places.remove(&place).is_none()
        {
            // It has already been told to close.
            state.place = Some(place);
            return;
        }
        if state.busy == 0 {
            let has_begun = state.has_head || state.sending > 0;
            state.place = Some(waiting.add(has_begun, &self.close));
        }
    }
}

impl Busy {
    /// Records the answer to a request; if it has a body, that is being sent from now on.
    pub(super) fn answer(self, has_body: bool) -> Sending {
        if !has_body {
            return Sending(None);
        }
        lock(&self.0.state).sending += 1;
        Sending(Some(Arc::clone(&self.0)))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.change(|state| state.busy -= 1);
    }
}

impl Sending {
    /// Records that the client has taken a part of the answer.
    pub(super) fn touch(&self) {
        if let Some(connection) = &self.0 {
            connection.change(|_| {});
        }
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        if let Some(connection) = &self.0 {
            connection.change(|state| state.sending -= 1);
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(place) = lock(&self.state).place {
            lock(&self.waiting).places.remove(&place);
        }
    }
}

impl Waiting {
    fn add(&mut self, has_begun: bool, close: &Arc<Notify>) -> u64 {
        let place = self.next;
        self.next += 1;
        let waits = Place {
            since: Instant::now(),
            has_begun,
            close: Arc::clone(close),
        };
        self.places.insert(place, waits);
        place
    }

    fn close_first(&mut self) {
        if let Some((_, first)) = self.places.pop_first() {
            first.close.notify_one();
        }
    }

    fn close_stalled(&mut self) {
        self.places.retain(|_, place| {
            let has_stalled = place.has_begun && place.since.elapsed() >= STALL;
            if has_stalled {
                place.close.notify_one();
            }
            !has_stalled
        });
    }
}

/// A holder never panics.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn open(connections: &Connections) -> Arc<Connection> {
        connections.open(connections.room().await.unwrap())
    }

    #[tokio::test]
    async fn the_longest_idle_one_makes_room() {
        let connections = Connections::new(3);
        let busy = open(&connections).await;
        let request = busy.begin();
        let first = open(&connections).await;
        let second = open(&connections).await;
        drop(first.begin());

        let waiting = tokio::spawn({
            let connections = connections.clone();
            async move { open(&connections).await }
        });
        second.told_to_close().await;
        assert!(!waiting.is_finished());
        drop(second);
        let third = waiting.await.unwrap();

        drop(request);
        drop((first, busy, third));
        connections.closed().await;
    }

    #[tokio::test(start_paused = true)]
    async fn who_stalls_is_told_to_close_and_who_waits_for_a_request_is_not() {
        let connections = Connections::new(4);
        let idle = open(&connections).await;
        let head = open(&connections).await;
        head.heard();
        let answer = open(&connections).await;
        let sending = answer.begin().answer(true);
        let busy = open(&connections).await;
        let _request = busy.begin();
        let start = Instant::now();
        tokio::spawn(connections.clone().close_stalled());
        tokio::time::sleep(STALL / 2).await;
        sending.touch();
        head.told_to_close().await;
        assert!(start.elapsed() >= STALL && start.elapsed() <= STALL + LOOK);
        answer.told_to_close().await;
        assert!(start.elapsed() >= STALL + STALL / 2);
        for waits in [busy, idle] {
            let told = tokio::time::timeout(10 * STALL, waits.told_to_close()).await;
            assert!(told.is_err());
        }
    }
}
