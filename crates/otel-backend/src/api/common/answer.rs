//! JSON that is written while it is sent.
//!
//! An answer that fits into one piece is sent with its length, and one that fails before its first
//! piece has left is a proper error.

use std::io::{self, Write};
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http_body::Frame;
use tokio::sync::mpsc;

use super::envelope::{ApiError, json};
use super::outlet::{self, Outlet};

/// Bytes of one piece.
const PIECE: usize = 256 * 1024;

type Piece = Result<Bytes, ApiError>;

/// Has an answer in JSON written; `write` is given where to.
pub(in crate::api) async fn stream(
    write: impl FnOnce(&mut Pieces) -> Result<(), ApiError> + Send + 'static,
) -> Result<Response, ApiError> {
    let make = move |outlet| {
        let mut out = Pieces {
            piece: Vec::new(),
            outlet,
        };
        let written = write(&mut out);
        out.finish(written);
    };
    let mut pieces = outlet::open(make).await?;
    let first = pieces.recv().await.transpose()?.unwrap_or_default();
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
pub(in crate::api) struct Pieces {
    piece: Vec<u8>,
    outlet: Outlet<Piece>,
}

impl Pieces {
    fn finish(mut self, written: Result<(), ApiError>) {
        let last = written.map(|()| std::mem::take(&mut self.piece).into());
        if let Err(reason) = self.outlet.send(last) {
            tracing::debug!(%reason, "an answer was cut off");
        }
    }

    /// Sends what is full. What follows is large, too, so it has its room at once.
    fn send(&mut self) -> io::Result<()> {
        let next = Vec::with_capacity(self.piece.capacity());
        let piece = std::mem::replace(&mut self.piece, next);
        let sent = self.outlet.send(Ok(piece.into()));
        sent.map_err(io::Error::other)
    }
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    // JSON is written a few bytes at a time: the way that a piece is not full must be short.
    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() < PIECE {
            return Ok(());
        }
        self.send()
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
