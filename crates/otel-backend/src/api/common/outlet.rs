//! The one way by which traces leave, for every API.
//!
//! One thread, which may block, asks the store, writes the answer and sends it piece by piece, so that
//! a large answer never lies in memory whole. What an answer takes is bounded here:
//!
//! - It begins when it has one of [`MAKERS`]: nothing is loaded for an answer that waits its turn.
//! - It holds what a search keeps, one trace, and [`WAITING`] pieces.
//! - While a slow client is waited for, the permit is free for others; after [`PATIENCE`] the client is
//!   given up.
//!
//! A trace is loaded in [`Query::traces`](crate::query::Query::traces) or
//! [`Query::find`](crate::query::Query::find), and decoded span by span while it is written.

use std::time::Duration;

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Semaphore, SemaphorePermit, mpsc, oneshot};

use crate::query::Patience;
use crate::store::ReadError;

/// Pieces that wait for the client.
const WAITING: usize = 2;

/// The time that a client has to take a piece.
const PATIENCE: Duration = Duration::from_secs(30);

/// Answers that are made at the same time, those left aside that wait for their clients.
static MAKERS: Semaphore = Semaphore::const_new(8);

/// The channel for the pieces of an answer, or for the error that ends it.
pub(in crate::api) struct Outlet<P: Send + 'static, E: From<ReadError> + Send + 'static> {
    sender: mpsc::Sender<Result<P, E>>,
    /// One of [`MAKERS`].
    permit: Option<SemaphorePermit<'static>>,
}

/// The client has gone, or has not taken a piece in time.
#[derive(Debug, thiserror::Error)]
#[error("the client does not take the answer")]
pub(in crate::api) struct Gone;

/// Runs `make` on a thread that may block; the answer comes out of the channel.
pub(in crate::api) async fn open<P: Send + 'static, E: From<ReadError> + Send + 'static>(
    make: impl FnOnce(&mut Outlet<P, E>) -> Result<(), E> + Send + 'static,
) -> mpsc::Receiver<Result<P, E>> {
    let permit = MAKERS.acquire().await.ok();
    let (sender, pieces) = mpsc::channel(WAITING);
    tokio::task::spawn_blocking(move || {
        let mut outlet = Outlet { sender, permit };
        if let Err(reason) = make(&mut outlet) {
            // A client that has gone needs no reason.
            outlet.pass(Err(reason)).ok();
        }
    });
    pieces
}

impl<P: Send + 'static, E: From<ReadError> + Send + 'static> Outlet<P, E> {
    /// Sends a piece; waits while enough of them wait already.
    pub(in crate::api) fn send(&mut self, piece: P) -> Result<(), Gone> {
        self.pass(Ok(piece))
    }

    /// The limit of a search for this answer, which also ends when the client has gone.
    pub(in crate::api) fn patience(&self) -> Patience {
        let sender = self.sender.downgrade();
        Patience::new(move || sender.upgrade().is_none_or(|sender| sender.is_closed()))
    }

    fn pass(&mut self, piece: Result<P, E>) -> Result<(), Gone> {
        match self.sender.try_send(piece) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(piece)) => self.wait(piece),
            Err(TrySendError::Closed(_)) => Err(Gone),
        }
    }

    /// Waits for a slow client without the permit.
    fn wait(&mut self, piece: Result<P, E>) -> Result<(), Gone> {
        self.permit = None;
        let sender = self.sender.clone();
        let (done, waiting) = oneshot::channel();
        tokio::spawn(async move {
            let sent = tokio::time::timeout(PATIENCE, sender.send(piece)).await;
            if matches!(sent, Ok(Ok(()))) {
                done.send(MAKERS.acquire().await.ok()).ok();
            }
        });
        self.permit = waiting.blocking_recv().map_err(|_| Gone)?;
        Ok(())
    }
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
