//! The path on which traces leave, for every API.
//!
//! One thread, which may block, asks the store, writes the answer and sends it piece by piece, so
//! that a large answer is never in memory as a whole. The resources of an answer are bounded here:
//!
//! - It begins when it has one of the permits of [`BEGINNERS`] or [`MAKERS`], so nothing is loaded
//!   for an answer that still waits.
//! - It holds the results of a search, one trace, whose size is counted, and [`WAITING`] pieces.
//! - While it waits for memory or for a slow client, its permit is free for others. After
//!   [`PATIENCE`] the client is disconnected, or before if others need its memory.
//! - An answer that takes longer than [`SLICE`] lets others go first each time, and those that have
//!   just begun before all others, so that expensive requests do not block others.
//! - No more than [`UNDER_WAY`] answers are in progress; for another one, the clients that have been
//!   waited for longest are disconnected, one by one.
//!
//! A trace is loaded in [`Query::traces`](crate::query::Query::traces) or
//! [`Query::find`](crate::query::Query::find), and decoded span by span while it is written.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Semaphore, SemaphorePermit, mpsc, oneshot};

use crate::query::{OwnTurn, Patience, Turn, Waiting, cut_off_slowest, wait_aside};
use crate::store::ReadError;

/// The most pieces that wait for the client.
const WAITING: usize = 2;

/// The longest to wait for a client to take a piece.
const PATIENCE: Duration = Duration::from_secs(30);

/// Permits for answers that are being made, not counting those that wait for memory or for
/// their clients.
static MAKERS: Semaphore = Semaphore::const_new(4);

/// Further permits, for the first [`SLICE`] of an answer.
static BEGINNERS: Semaphore = Semaphore::const_new(4);

/// The time after which an answer lets others go first.
const SLICE: Duration = Duration::from_millis(200);

/// Permits for answers in progress, including those that wait for their clients.
static UNDER_WAY: Semaphore = Semaphore::const_new(64);

/// The longest that a new answer waits for one of these permits.
const ADMISSION: Duration = Duration::from_secs(1);

/// The time after which it has another client disconnected that was waited for at least so long.
const CUT_OFF_EVERY: Duration = Duration::from_millis(20);

/// A permit of [`MAKERS`] or [`BEGINNERS`], and the time since which it is held.
#[derive(Debug)]
struct Slice {
    permit: Option<SemaphorePermit<'static>>,
    begins: bool,
    since: Instant,
    /// Some threads of a question are none of the runtime's.
    runtime: Handle,
}

/// The channel for the pieces of an answer, or for the error that ends it.
pub(in crate::api) struct Outlet<P: Send + 'static, E: From<ReadError> + Send + 'static> {
    sender: mpsc::Sender<Result<P, E>>,
    turn: Arc<Mutex<Slice>>,
    _under_way: Option<SemaphorePermit<'static>>,
}

/// The client has gone, or has not taken a piece in time.
#[derive(Debug, thiserror::Error)]
#[error("the client does not take the answer")]
pub(in crate::api) struct Gone;

/// Runs `make` on a thread that may block; returns the pieces as a stream.
pub(in crate::api) async fn open<P: Send + 'static, E: From<ReadError> + Send + 'static>(
    make: impl FnOnce(&mut Outlet<P, E>) -> Result<(), E> + Send + 'static,
) -> mpsc::Receiver<Result<P, E>> {
    let under_way = admit().await;
    let (sender, pieces) = mpsc::channel(WAITING);
    if under_way.is_none() {
        // The channel is empty, so the first item fits.
        sender.try_send(Err(ReadError::Busy.into())).ok();
        return pieces;
    }
    let slice = Slice::first().await;
    tokio::task::spawn_blocking(move || {
        let turn = Arc::new(Mutex::new(slice));
        let _own = OwnTurn::begin(Arc::<Mutex<Slice>>::clone(&turn));
        let mut outlet = Outlet {
            sender,
            turn,
            _under_way: under_way,
        };
        if let Err(reason) = make(&mut outlet) {
            // The send fails only if the client has gone.
            outlet.deliver(Err(reason)).ok();
        }
    });
    pieces
}

/// Waits for a permit for another answer, and disconnects the slowest clients as long as there is none.
async fn admit() -> Option<SemaphorePermit<'static>> {
    if let Ok(permit) = UNDER_WAY.try_acquire() {
        return Some(permit);
    }
    let permit = tokio::time::timeout(ADMISSION, UNDER_WAY.acquire());
    tokio::pin!(permit);
    let mut cut_off = tokio::time::interval(CUT_OFF_EVERY);
    loop {
        tokio::select! {
            permit = &mut permit => return permit.ok().and_then(Result::ok),
            _ = cut_off.tick() => cut_off_slowest(CUT_OFF_EVERY),
        }
    }
}

impl Slice {
    /// Waits for a permit for an answer that begins.
    async fn first() -> Self {
        let maker = MAKERS.try_acquire().ok();
        let begins = maker.is_none();
        let permit = match maker {
            Some(permit) => Some(permit),
            None => BEGINNERS.acquire().await.ok(),
        };
        Self {
            permit,
            begins,
            since: Instant::now(),
            runtime: Handle::current(),
        }
    }

    /// Waits for a permit to go on, on a thread that may block. Whoever waits is served in order.
    fn acquire(runtime: &Handle) -> Option<SemaphorePermit<'static>> {
        let (done, waiting) = oneshot::channel();
        runtime.spawn(async move { done.send(MAKERS.acquire().await.ok()) });
        waiting.blocking_recv().ok().flatten()
    }

    /// Begins a slice that is not the first.
    fn renew(&mut self, permit: Option<SemaphorePermit<'static>>) {
        self.permit = permit;
        self.begins = false;
        self.since = Instant::now();
    }

    /// Lets others go first if this answer has used its time slice.
    fn pass(&mut self) {
        if self.since.elapsed() < SLICE {
            return;
        }
        if self.begins || MAKERS.available_permits() == 0 {
            self.permit = None;
            let permit = Self::acquire(&self.runtime);
            self.renew(permit);
        }
        self.since = Instant::now();
    }
}

impl Turn for Mutex<Slice> {
    fn leave(&self) {
        lock(self).permit = None;
    }

    fn resume(&self) {
        let runtime = lock(self).runtime.clone();
        let permit = Slice::acquire(&runtime);
        lock(self).renew(permit);
    }
}

/// A holder never panics.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<P: Send + 'static, E: From<ReadError> + Send + 'static> Outlet<P, E> {
    /// Sends a piece; waits while the channel is full.
    pub(in crate::api) fn send(&mut self, piece: P) -> Result<(), Gone> {
        lock(&self.turn).pass();
        self.deliver(Ok(piece))
    }

    /// The time limit of a search for this answer; it also ends when the client has gone.
    pub(in crate::api) fn patience(&self) -> Patience {
        let sender = self.sender.downgrade();
        let turn = Arc::clone(&self.turn);
        Patience::new(move || {
            lock(&turn).pass();
            sender.upgrade().is_none_or(|sender| sender.is_closed())
        })
    }

    /// Sends a piece or an error; an error needs no permit.
    fn deliver(&mut self, piece: Result<P, E>) -> Result<(), Gone> {
        match self.sender.try_send(piece) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(piece)) => self.wait(piece),
            Err(TrySendError::Closed(_)) => Err(Gone),
        }
    }

    /// Waits for a slow client, without the permit.
    fn wait(&mut self, piece: Result<P, E>) -> Result<(), Gone> {
        let sender = self.sender.clone();
        let (done, waiting) = oneshot::channel();
        tokio::spawn(async move {
            let waiting = Waiting::begin();
            let sent = tokio::select! {
                sent = tokio::time::timeout(PATIENCE, sender.send(piece)) => sent,
                () = waiting.cut_off() => return,
            };
            if matches!(sent, Ok(Ok(()))) {
                done.send(()).ok();
            }
        });
        wait_aside(|| waiting.blocking_recv().map_err(|_| Gone))
    }
}

/// An answer whose thread panics ends with an error, not as if it were complete.
impl<P: Send + 'static, E: From<ReadError> + Send + 'static> Drop for Outlet<P, E> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.deliver(Err(ReadError::Panicked.into())).ok();
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
        for _ in 0..16 {
            slow.push(answer().await);
        }
        let mut quick = answer().await;
        assert_eq!(quick.recv().await.unwrap().unwrap(), 0);
        // No client was disconnected for the sake of another.
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
    async fn answers_that_wait_for_memory_leave_the_permits_to_others() {
        let mut waiting = Vec::new();
        for _ in 0..16 {
            let (memory, freed) = std::sync::mpsc::channel::<()>();
            let answer = open(move |outlet: &mut Outlet<usize, ReadError>| {
                wait_aside(|| freed.recv().map_err(|_| ReadError::Busy))?;
                outlet.send(0).map_err(|_| ReadError::Closed)
            });
            waiting.push((memory, answer.await));
        }
        let mut quick = answer().await;
        assert_eq!(quick.recv().await.unwrap().unwrap(), 0);
        for (memory, mut pieces) in waiting {
            memory.send(()).unwrap();
            assert_eq!(pieces.recv().await.unwrap().unwrap(), 0);
        }
    }

    #[tokio::test]
    async fn an_answer_that_begins_goes_before_those_that_take_long() {
        let longer = MAKERS.acquire_many(4).await.unwrap();
        let mut slice = Slice::first().await;
        assert!(slice.begins);
        slice.since -= SLICE;
        // It has used up its time, and waits like the others.
        let passing = tokio::task::spawn_blocking(move || {
            slice.pass();
            slice
        });
        let other = Slice::first().await;
        assert!(other.begins && !passing.is_finished());
        drop(longer);
        assert!(!passing.await.unwrap().begins);
    }

    #[tokio::test]
    async fn a_thread_that_is_none_of_the_runtimes_waits_for_its_turn_too() {
        let mut slice = Slice::first().await;
        slice.begins = true;
        slice.since -= SLICE;
        let passing = std::thread::spawn(move || {
            slice.pass();
            slice.begins
        });
        let passed = tokio::task::spawn_blocking(|| passing.join());
        assert!(!passed.await.unwrap().unwrap());
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
