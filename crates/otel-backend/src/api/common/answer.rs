//! HTTP answers that are written while they are sent.
//!
//! An answer that fits into one piece is sent with its length. An answer that fails before its
//! first piece is sent becomes a proper error.

use std::io::{self, Write};
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http_body::Frame;
use tokio::sync::mpsc;

use super::envelope::ApiError;
use super::outlet::{self, Outlet};
use crate::format::json::JsonWriter;
use crate::query::Patience;

/// The size of a piece in bytes.
const PIECE: usize = 256 * 1024;

/// The writer of a JSON answer.
pub(in crate::api) type Json<'p, 'o> = JsonWriter<&'p mut Pieces<'o>>;

/// A JSON answer written by `write`, which gets the writer and the time limit of a search.
pub(in crate::api) async fn json(
    pretty: bool,
    write: impl FnOnce(&mut Json<'_, '_>, &Patience) -> Result<(), ApiError> + Send + 'static,
) -> Result<Response, ApiError> {
    let write = move |pieces: &mut Pieces<'_>, patience: &Patience| {
        let mut json = JsonWriter::new(pieces, pretty);
        write(&mut json, patience)
    };
    bytes("application/json", write).await
}

/// Like [`json`], with any content type.
pub(in crate::api) async fn bytes(
    content_type: &'static str,
    write: impl FnOnce(&mut Pieces<'_>, &Patience) -> Result<(), ApiError> + Send + 'static,
) -> Result<Response, ApiError> {
    let make = move |outlet: &mut Outlet<Bytes, ApiError>| {
        let patience = outlet.patience();
        let mut out = Pieces {
            piece: Vec::new(),
            outlet,
        };
        write(&mut out, &patience)?;
        Ok(out.outlet.send(out.piece.into())?)
    };
    let mut pieces = outlet::open(make).await;
    let first = pieces.recv().await.transpose()?.unwrap_or_default();
    // A first piece that is not full is the only one.
    let body = if first.len() < PIECE {
        Body::from(first)
    } else {
        let first = Some(first);
        Body::new(Streamed { first, pieces })
    };
    Ok(([(CONTENT_TYPE, content_type)], body).into_response())
}

/// A writer that sends an answer in pieces.
pub(in crate::api) struct Pieces<'o> {
    piece: Vec<u8>,
    outlet: &'o mut Outlet<Bytes, ApiError>,
}

impl Pieces<'_> {
    /// Sends the full piece. The next one is likely to be as large, so its memory is reserved at
    /// once.
    fn send(&mut self) -> io::Result<()> {
        let next = Vec::with_capacity(self.piece.capacity());
        let piece = std::mem::replace(&mut self.piece, next);
        self.outlet.send(piece.into()).map_err(io::Error::other)
    }
}

impl Write for Pieces<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    // JSON is written a few bytes at a time, so the path for a piece that is not full must be
    // short.
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

/// The pieces of an answer; the first one has already been received.
struct Streamed {
    first: Option<Bytes>,
    pieces: mpsc::Receiver<Result<Bytes, ApiError>>,
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
