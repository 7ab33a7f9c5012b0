//! Answers that are made while they are sent, so that a large one never lies in memory whole.
//!
//! A thread that may block makes the pieces; a few of them wait for the client, and a client that
//! takes none for half a minute is given up.

use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc};

use crate::query::{Hit, Query, Trace};
use crate::store::ReadError;

/// Pieces that wait for the client.
const WAITING: usize = 2;

/// How long a client may take for a piece.
const PATIENCE: Duration = Duration::from_secs(30);

/// Answers that are made at the same time. Together they hold at most this many times what a search
/// keeps, one trace and some pieces.
static MAKERS: Semaphore = Semaphore::const_new(32);

/// Where the pieces of an answer are sent to.
pub(in crate::api) struct Outlet<T> {
    sender: mpsc::Sender<T>,
    handle: Handle,
}

/// The client has gone away, or takes nothing any more.
#[derive(Debug, thiserror::Error)]
#[error("the client does not take the answer")]
pub(in crate::api) struct Gone;

/// Has an answer made on a thread that may block.
pub(in crate::api) async fn open<T: Send + 'static>(
    make: impl FnOnce(Outlet<T>) + Send + 'static,
) -> Result<mpsc::Receiver<T>, ReadError> {
    let permit = MAKERS.acquire().await.map_err(|_| ReadError::Closed)?;
    let (sender, pieces) = mpsc::channel(WAITING);
    let handle = Handle::current();
    tokio::task::spawn_blocking(move || {
        let _permit = permit;
        make(Outlet { sender, handle });
    });
    Ok(pieces)
}

impl<T> Outlet<T> {
    /// Sends a piece; waits while enough of them wait already.
    pub(in crate::api) fn send(&self, piece: T) -> Result<(), Gone> {
        let sent = async { tokio::time::timeout(PATIENCE, self.sender.send(piece)).await };
        match self.handle.block_on(sent) {
            Ok(Ok(())) => Ok(()),
            _ => Err(Gone),
        }
    }
}

/// Traces that are loaded one after the other, on a thread that may block.
pub(in crate::api) struct Traces {
    query: Query,
    hits: std::vec::IntoIter<Hit>,
    handle: Handle,
}

impl Traces {
    /// What a search found. Must be made within the runtime.
    pub(in crate::api) fn new(query: Query, hits: Vec<Hit>) -> Self {
        Self {
            query,
            hits: hits.into_iter(),
            handle: Handle::current(),
        }
    }
}

impl Iterator for Traces {
    type Item = Result<Trace, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let loaded = self.handle.block_on(self.query.load(self.hits.next()?));
            match loaded {
                // It was removed since it was found.
                Ok(None) => {}
                Ok(Some(trace)) => return Some(Ok(trace)),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}
