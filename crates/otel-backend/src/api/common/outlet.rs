//! The path on which traces leave, for every API.
//!
//! One thread, which may block, asks the store, writes the answer and sends it piece by piece, so
//! that a large answer is never in memory as a whole. The resources of an answer are bounded here:
//!
//! - It begins when it is [admitted](super::admission) and has a [turn](super::turns), so nothing is
//!   loaded for an answer that still waits.
//! - It holds the results of a search, one trace, whose size is counted, and [`WAITING`] pieces.
//! - While it waits for memory or for a slow client, others have its turn. After [`PATIENCE`] the
//!   answer is cut off, or before if others need its memory or its room.
//! - An answer that takes long lets others go first again and again, so expensive requests do not
//!   block others.
//!
//! A trace is loaded in [`Query::traces`](crate::query::Query::traces) or
//! [`Query::find`](crate::query::Query::find), and decoded span by span while it is written.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use super::admission::{Admission, admit};
use super::turns::Turns;
use crate::query::{OwnTurn, Patience, Waiting, wait_aside};
use crate::store::ReadError;

/// The most pieces that wait for the client.
const WAITING: usize = 2;

/// The longest to wait for a client to take a piece.
const PATIENCE: Duration = Duration::from_secs(30);

/// The channel for the pieces of an answer, or for the error that ends it.
pub(in crate::api) struct Outlet<P: Send + 'static, E: From<ReadError> + Send + 'static> {
    sender: mpsc::Sender<Result<P, E>>,
    turn: Arc<Turns>,
    admission: Admission,
}

/// The client has gone, or has not taken a piece in time.
#[derive(Debug, thiserror::Error)]
#[error("the client does not take the answer")]
pub(in crate::api) struct Gone;

/// Runs `make` on a thread that may block; returns the pieces as a stream.
pub(in crate::api) async fn open<P: Send + 'static, E: From<ReadError> + Send + 'static>(
    make: impl FnOnce(&mut Outlet<P, E>) -> Result<(), E> + Send + 'static,
) -> mpsc::Receiver<Result<P, E>> {
    let (sender, pieces) = mpsc::channel(WAITING);
    let Some(admission) = admit().await else {
        // The channel is empty, so the first item fits.
        sender.try_send(Err(ReadError::Busy.into())).ok();
        return pieces;
    };
    let turn = Arc::new(Turns::first().await);
    tokio::task::spawn_blocking(move || {
        let _own = OwnTurn::begin(Arc::<Turns>::clone(&turn));
        let mut outlet = Outlet {
            sender,
            turn,
            admission,
        };
        if let Err(reason) = make(&mut outlet) {
            outlet.fail(reason);
        }
    });
    pieces
}

impl<P: Send + 'static, E: From<ReadError> + Send + 'static> Outlet<P, E> {
    /// Sends a piece; waits while the channel is full.
    pub(in crate::api) fn send(&mut self, piece: P) -> Result<(), Gone> {
        self.turn.pass();
        match self.sender.try_send(Ok(piece)) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(piece)) => self.wait(piece),
            Err(TrySendError::Closed(_)) => Err(Gone),
        }
    }

    /// Ends the answer with an error. It waits for a slow client by itself, so that no client takes what
    /// it has received for the whole.
    fn fail(&mut self, reason: E) {
        if let Err(TrySendError::Full(error)) = self.sender.try_send(Err(reason)) {
            let sender = self.sender.clone();
            tokio::spawn(async move { sender.send(error).await });
        }
    }

    /// The time limit of a search for this answer; it also ends when the client has gone.
    pub(in crate::api) fn patience(&self) -> Patience {
        let sender = self.sender.downgrade();
        let turn = Arc::clone(&self.turn);
        Patience::new(move || {
            turn.pass();
            sender.upgrade().is_none_or(|sender| sender.is_closed())
        })
    }

    /// Waits for a slow client, without the turn.
    fn wait(&mut self, piece: Result<P, E>) -> Result<(), Gone> {
        let sender = self.sender.clone();
        let recipient = self.admission.recipient;
        let (done, waiting) = oneshot::channel();
        tokio::spawn(async move {
            let waiting = Waiting::begin(recipient);
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
            self.fail(ReadError::Panicked.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::common::admission::Client;
    use crate::query::cut_off_slowest;

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
    async fn slow_clients_leave_their_turns_to_others() {
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
    async fn answers_that_wait_for_memory_leave_their_turns_to_others() {
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

    #[tokio::test]
    async fn an_answer_that_is_cut_off_does_not_seem_whole() {
        let address = std::net::Ipv4Addr::new(192, 0, 2, 9).into();
        let (ended, mut has_ended) = oneshot::channel();
        let answer = open(move |outlet: &mut Outlet<usize, ReadError>| {
            while outlet.send(0).is_ok() {}
            ended.send(()).ok();
            Err(ReadError::Closed)
        });
        let mut pieces = Client::new(address).asks(answer).await;
        while has_ended.try_recv().is_err() {
            cut_off_slowest(Duration::ZERO, |recipient| recipient.address == address);
            tokio::task::yield_now().await;
        }
        let mut last = None;
        while let Some(piece) = pieces.recv().await {
            last = Some(piece);
        }
        assert!(last.unwrap().is_err());
    }
}
