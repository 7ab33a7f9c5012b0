//! The one way by which traces leave, for every API.
//!
//! One thread, which may block, asks the store, writes the answer and sends it piece by piece, so that
//! a large answer never lies in memory whole. What an answer takes is bounded here:
//!
//! - It begins when it has one of [`MAKERS`]: nothing is loaded for an answer that waits its turn.
//! - It holds what a search keeps, one trace, which is weighed, and [`WAITING`] pieces.
//! - While a slow client is waited for, the permit is free for others; after [`PATIENCE`] the client is
//!   given up.
//! - What takes longer than [`SLICE`] lets others go first each time, so that expensive questions keep
//!   no other waiting.
//! - No more than [`UNDER_WAY`] are begun; for one more, the client that has been waited for longest is
//!   given up.
//!
//! A trace is loaded in [`Query::traces`](crate::query::Query::traces) or
//! [`Query::find`](crate::query::Query::find), and decoded span by span while it is written.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Notify, Semaphore, SemaphorePermit, mpsc, oneshot};

use crate::query::Patience;
use crate::store::ReadError;

/// Pieces that wait for the client.
const WAITING: usize = 2;

/// The time that a client has to take a piece.
const PATIENCE: Duration = Duration::from_secs(30);

/// Answers that are made at the same time, those left aside that wait for their clients.
static MAKERS: Semaphore = Semaphore::const_new(8);

/// The time that an answer is worked on before others have their turn.
const SLICE: Duration = Duration::from_millis(200);

/// Answers that have begun, those included that wait.
static UNDER_WAY: Semaphore = Semaphore::const_new(64);

/// The time that a further answer waits for one of them to end.
const ADMISSION: Duration = Duration::from_secs(1);

/// The answers that wait for their clients, in the order in which they began to.
static SLOW: Mutex<(u64, BTreeMap<u64, Arc<Notify>>)> = Mutex::new((0, BTreeMap::new()));

/// One of [`MAKERS`], and the time from which it is held.
#[derive(Debug)]
struct Turn {
    permit: Option<SemaphorePermit<'static>>,
    since: Instant,
}

/// The channel for the pieces of an answer, or for the error that ends it.
pub(in crate::api) struct Outlet<P: Send + 'static, E: From<ReadError> + Send + 'static> {
    sender: mpsc::Sender<Result<P, E>>,
    turn: Arc<Mutex<Turn>>,
    _under_way: Option<SemaphorePermit<'static>>,
}

/// The client has gone, or has not taken a piece in time.
#[derive(Debug, thiserror::Error)]
#[error("the client does not take the answer")]
pub(in crate::api) struct Gone;

/// Runs `make` on a thread that may block; the answer comes out of the channel.
pub(in crate::api) async fn open<P: Send + 'static, E: From<ReadError> + Send + 'static>(
    make: impl FnOnce(&mut Outlet<P, E>) -> Result<(), E> + Send + 'static,
) -> mpsc::Receiver<Result<P, E>> {
    let under_way = admit().await;
    let (sender, pieces) = mpsc::channel(WAITING);
    if under_way.is_none() {
        // The channel has room for the first.
        sender.try_send(Err(ReadError::Busy.into())).ok();
        return pieces;
    }
    let permit = MAKERS.acquire().await.ok();
    tokio::task::spawn_blocking(move || {
        let turn = Turn {
            permit,
            since: Instant::now(),
        };
        let mut outlet = Outlet {
            sender,
            turn: Arc::new(Mutex::new(turn)),
            _under_way: under_way,
        };
        if let Err(reason) = make(&mut outlet) {
            // A client that has gone needs no reason.
            outlet.pass(Err(reason)).ok();
        }
    });
    pieces
}

/// Waits for room among the answers that have begun, and gives the slowest client up if there is none.
async fn admit() -> Option<SemaphorePermit<'static>> {
    if let Ok(permit) = UNDER_WAY.try_acquire() {
        return Some(permit);
    }
    if let Some((_, slowest)) = lock(&SLOW).1.pop_first() {
        slowest.notify_one();
    }
    let permit = tokio::time::timeout(ADMISSION, UNDER_WAY.acquire()).await;
    permit.ok().and_then(Result::ok)
}

impl Turn {
    /// Lets others go first if this has taken long; waits for its next turn.
    fn pass(&mut self) {
        if self.since.elapsed() < SLICE {
            return;
        }
        if MAKERS.available_permits() == 0 {
            self.permit = None;
            // Whoever waits is served in order.
            self.permit = Handle::current().block_on(MAKERS.acquire()).ok();
        }
        self.since = Instant::now();
    }
}

/// No holder panics.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<P: Send + 'static, E: From<ReadError> + Send + 'static> Outlet<P, E> {
    /// Sends a piece; waits while enough of them wait already.
    pub(in crate::api) fn send(&mut self, piece: P) -> Result<(), Gone> {
        self.pass(Ok(piece))
    }

    /// The limit of a search for this answer, which also ends when the client has gone.
    pub(in crate::api) fn patience(&self) -> Patience {
        let sender = self.sender.downgrade();
        let turn = Arc::clone(&self.turn);
        Patience::new(move || {
            lock(&turn).pass();
            sender.upgrade().is_none_or(|sender| sender.is_closed())
        })
    }

    fn pass(&mut self, piece: Result<P, E>) -> Result<(), Gone> {
        lock(&self.turn).pass();
        match self.sender.try_send(piece) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(piece)) => self.wait(piece),
            Err(TrySendError::Closed(_)) => Err(Gone),
        }
    }

    /// Waits for a slow client without the permit.
    fn wait(&mut self, piece: Result<P, E>) -> Result<(), Gone> {
        lock(&self.turn).permit = None;
        let sender = self.sender.clone();
        let (done, waiting) = oneshot::channel();
        tokio::spawn(async move {
            let given_up = Arc::new(Notify::new());
            let place = enter(&given_up);
            let sent = tokio::select! {
                sent = tokio::time::timeout(PATIENCE, sender.send(piece)) => sent,
                () = given_up.notified() => return,
            };
            lock(&SLOW).1.remove(&place);
            if matches!(sent, Ok(Ok(()))) {
                done.send(MAKERS.acquire().await.ok()).ok();
            }
        });
        let permit = waiting.blocking_recv().map_err(|_| Gone)?;
        *lock(&self.turn) = Turn {
            permit,
            since: Instant::now(),
        };
        Ok(())
    }
}

/// Takes a place among the answers that wait for their clients.
fn enter(given_up: &Arc<Notify>) -> u64 {
    let mut slow = lock(&SLOW);
    let (next, waiting) = &mut *slow;
    let place = *next;
    *next += 1;
    waiting.insert(place, Arc::clone(given_up));
    place
}

/// An answer whose thread panics ends with an error, not as if it were whole.
impl<P: Send + 'static, E: From<ReadError> + Send + 'static> Drop for Outlet<P, E> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.pass(Err(ReadError::Panicked.into())).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIECES: usize = 10;

    async fn answer() -> mpsc::Receiver<Result<usize, ReadError>> {
        open(|outlet| {
            (0..PIECES)
                .try_for_each(|number| outlet.send(number))
                .map_err(|_| ReadError::Closed)
        })
        .await
    }

    #[tokio::test]
    async fn slow_clients_leave_the_permits_to_others() {
        let mut slow = Vec::new();
        for _ in 0..2 * MAKERS.available_permits() {
            slow.push(answer().await);
        }
        let mut quick = answer().await;
        assert_eq!(quick.recv().await.unwrap().unwrap(), 0);
        // None of them has been given up for that.
        for mut pieces in slow {
            let mut count = 0;
            while let Some(piece) = pieces.recv().await {
                assert_eq!(piece.unwrap(), count);
                count += 1;
            }
            assert_eq!(count, PIECES);
        }
    }

    #[tokio::test]
    async fn an_answer_that_panics_does_not_seem_whole() {
        let mut pieces = open(|outlet: &mut Outlet<usize, ReadError>| {
            outlet.send(0).map_err(|_| ReadError::Closed)?;
            panic!("a defect");
        })
        .await;
        assert_eq!(pieces.recv().await.unwrap().unwrap(), 0);
        let error = pieces.recv().await.unwrap().unwrap_err();
        assert!(matches!(error, ReadError::Panicked), "{error}");
    }
}
