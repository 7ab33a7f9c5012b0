//! The connections of all ports: bounded in number, closed when idle for long, and the one that has
//! been idle for longest makes room for a new one when there is no more.
//!
//! A connection is idle while no request on it is being worked on and no part of an answer has been
//! taken.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// The time after which an idle connection is closed.
pub(super) const IDLE: Duration = Duration::from_mins(1);

/// The interval between searches for idle connections.
const LOOK: Duration = Duration::from_secs(5);

/// All connections; clones share them.
#[derive(Debug, Clone)]
pub(super) struct Connections {
    room: Arc<Semaphore>,
    total: u32,
    idle: Arc<Mutex<Idle>>,
}

/// The idle connections, longest idle first.
#[derive(Debug, Default)]
struct Idle {
    next: u64,
    waiting: BTreeMap<u64, (Instant, Arc<Notify>)>,
}

/// One of the connections; its room is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Connection {
    idle: Arc<Mutex<Idle>>,
    state: Mutex<State>,
    close: Arc<Notify>,
    _room: OwnedSemaphorePermit,
}

#[derive(Debug)]
struct State {
    /// Requests that are being worked on.
    busy: usize,
    /// The position among the idle connections.
    place: Option<u64>,
}

/// A request that is being worked on, until this is dropped.
#[derive(Debug)]
pub(super) struct Busy(Arc<Connection>);

impl Connections {
    /// Room for that many connections.
    pub(super) fn new(total: usize) -> Self {
        let total = u32::try_from(total).unwrap_or(u32::MAX);
        Self {
            room: Arc::new(Semaphore::new(total as usize)),
            total,
            idle: Arc::default(),
        }
    }

    /// Waits for room; if there is none, closes the connection that has been idle for longest.
    pub(super) async fn room(&self) -> Option<OwnedSemaphorePermit> {
        let room = Arc::clone(&self.room);
        if let Ok(permit) = Arc::clone(&room).try_acquire_owned() {
            return Some(permit);
        }
        lock(&self.idle).close_first();
        room.acquire_owned().await.ok()
    }

    /// A new connection, which is idle.
    pub(super) fn open(&self, room: OwnedSemaphorePermit) -> Arc<Connection> {
        let close = Arc::new(Notify::new());
        let place = lock(&self.idle).add(&close);
        Arc::new(Connection {
            idle: Arc::clone(&self.idle),
            state: Mutex::new(State {
                busy: 0,
                place: Some(place),
            }),
            close,
            _room: room,
        })
    }

    /// Closes connections that are idle for too long, until it is aborted.
    pub(super) async fn close_idle(self) {
        let mut ticks = tokio::time::interval(LOOK);
        loop {
            ticks.tick().await;
            let mut idle = lock(&self.idle);
            while idle
                .first_since()
                .is_some_and(|since| since.elapsed() >= IDLE)
            {
                idle.close_first();
            }
        }
    }

    /// Waits until there is no connection any more.
    pub(super) async fn closed(&self) {
        // Nobody closes the semaphore.
        drop(self.room.acquire_many(self.total).await);
    }
}

impl Connection {
    /// Resolves when the connection is to be closed.
    pub(super) async fn told_to_close(&self) {
        self.close.notified().await;
    }

    /// A request begins.
    pub(super) fn begin(self: &Arc<Self>) -> Busy {
        let mut state = lock(&self.state);
        state.busy += 1;
        if let Some(place) = state.place.take() {
            lock(&self.idle).waiting.remove(&place);
        }
        Busy(Arc::clone(self))
    }

    /// Something was sent: the idle time of the connection starts anew.
    pub(super) fn touch(&self) {
        let mut state = lock(&self.state);
        if let Some(place) = state.place {
            let mut idle = lock(&self.idle);
            // It may have been told to close meanwhile.
            if idle.waiting.remove(&place).is_some() {
                state.place = Some(idle.add(&self.close));
            }
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let mut state = lock(&self.0.state);
        state.busy -= 1;
        if state.busy == 0 {
            state.place = Some(lock(&self.0.idle).add(&self.0.close));
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(place) = lock(&self.state).place {
            lock(&self.idle).waiting.remove(&place);
        }
    }
}

impl Idle {
    fn add(&mut self, close: &Arc<Notify>) -> u64 {
        let place = self.next;
        self.next += 1;
        self.waiting
            .insert(place, (Instant::now(), Arc::clone(close)));
        place
    }

    fn first_since(&self) -> Option<Instant> {
        self.waiting.first_key_value().map(|(_, (since, _))| *since)
    }

    fn close_first(&mut self) {
        if let Some((_, (_, close))) = self.waiting.pop_first() {
            close.notify_one();
        }
    }
}

/// No holder panics.
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
        first.touch();

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
    async fn who_is_idle_for_long_is_told_to_close() {
        let connections = Connections::new(2);
        let idle = open(&connections).await;
        let busy = open(&connections).await;
        let _request = busy.begin();
        let start = Instant::now();
        tokio::spawn(connections.clone().close_idle());
        idle.told_to_close().await;
        assert!(start.elapsed() >= IDLE && start.elapsed() <= IDLE + LOOK);
        let told = tokio::time::timeout(10 * IDLE, busy.told_to_close()).await;
        assert!(told.is_err());
    }
}
