//! Answers that are written while they are sent, so that a large one never lies in memory whole.
//!
//! A thread that may block writes; what it has written waits in a short queue for the client. An
//! answer that fits into one piece is sent with its length, and one that fails before its first
//! piece has left is a proper error.

use std::io::{self, Write};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http_body::Frame;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc};

use super::envelope::{ApiError, json};
use crate::query::{Hit, Query, Trace};
use crate::store::ReadError;

/// Bytes of one piece.
const PIECE: usize = 256 * 1024;

/// Pieces that wait for the client.
const WAITING: usize = 2;

/// How long a client may take for a piece.
const PATIENCE: Duration = Duration::from_secs(30);

/// Answers that are written at the same time. Together they hold at most this many times what a
/// search keeps, one trace and some pieces.
static WRITERS: Semaphore = Semaphore::const_new(32);

type Piece = Result<Bytes, ApiError>;

/// Has an answer in JSON written; `write` is given where to.
pub(super) async fn stream(
    write: impl FnOnce(&mut Pieces) -> Result<(), ApiError> + Send + 'static,
) -> Result<Response, ApiError> {
    let permit = WRITERS.acquire().await.map_err(|_| ReadError::Closed)?;
    let (sender, mut pieces) = mpsc::channel(WAITING);
    let handle = Handle::current();
    tokio::task::spawn_blocking(move || {
        let _permit = permit;
        let mut out = Pieces {
            piece: Vec::new(),
            sender,
            handle,
        };
        let written = write(&mut out);
        out.finish(written);
    });
    let Some(first) = pieces.recv().await.transpose()? else {
        return Ok(json(Vec::new()));
    };
    // There is more only if the first piece is full.
    if first.len() < PIECE {
        return Ok(json(first));
    }
    Ok(json(Body::new(Streamed {
        first: Some(first),
        pieces,
    })))
}

/// Where an answer is written to.
pub(super) struct Pieces {
    piece: Vec<u8>,
    sender: mpsc::Sender<Piece>,
    handle: Handle,
}

impl Pieces {
    fn send(&self, piece: Piece) -> io::Result<()> {
        let sent = tokio::time::timeout(PATIENCE, self.sender.send(piece));
        match self.handle.block_on(sent) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(io::Error::from(io::ErrorKind::BrokenPipe)),
            Err(_) => Err(io::Error::from(io::ErrorKind::TimedOut)),
        }
    }

    fn finish(mut self, written: Result<(), ApiError>) {
        let last = match written {
            Ok(()) => Ok(std::mem::take(&mut self.piece).into()),
            Err(error) => Err(error),
        };
        // The client may have gone away meanwhile.
        if let Err(reason) = self.send(last) {
            tracing::debug!(%reason, "an answer was not taken");
        }
    }
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= PIECE {
            let piece = std::mem::take(&mut self.piece);
            self.send(Ok(piece.into()))?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The pieces of an answer, the first of which has been seen.
struct Streamed {
    first: Option<Bytes>,
    pieces: mpsc::Receiver<Piece>,
}

impl http_body::Body for Streamed {
    type Data = Bytes;
    type Error = ApiError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ApiError>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        let piece = self.pieces.poll_recv(context);
        piece.map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}

/// Traces that are loaded one after the other, on a thread that may block.
pub(super) struct Traces {
    query: Query,
    hits: std::vec::IntoIter<Hit>,
    handle: Handle,
}

impl Traces {
    /// What a search found. Must be made within the runtime.
    pub(super) fn new(query: Query, hits: Vec<Hit>) -> Self {
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
