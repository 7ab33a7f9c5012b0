//! The receivers: each decodes its protocol, hands the spans over, and answers.
//!
//! Only this module and [`crate::otlp`] know wire formats. Every protocol comes down to
//! [`UncheckedSpan`](crate::model::UncheckedSpan)s, which are checked in one place, and to
//! [`Intake::take`], which stores them.

pub mod body;
pub mod budget;
mod grpc;
mod jaeger;
pub mod jaeger_grpc;
pub mod jaeger_http;
pub mod jaeger_udp;
pub mod otlp_grpc;
pub mod otlp_http;

use bytes::Bytes;

use crate::model::InvalidSpan;
use crate::otlp::Decoded;
use crate::store::{AppendError, Batch, BatchBuilder, Store};

/// Takes spans from all receivers into the store.
#[derive(Debug, Clone)]
pub struct Intake {
    store: Store,
}

/// What became of the spans of a request.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    /// How many are stored.
    pub spans: usize,
    /// Those that are not.
    pub rejected: Rejected,
}

/// Spans that were rejected.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Rejected {
    /// How many.
    pub count: usize,
    /// Why the first of them was.
    pub reason: Option<InvalidSpan>,
}

/// Why nothing of a request was stored.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError<E> {
    /// It cannot be decoded.
    #[error("{0}")]
    Decode(E),
    /// The store did not take it.
    #[error(transparent)]
    Append(#[from] AppendError),
}

/// Requests from this size on are decoded on a thread that may block.
const LARGE: usize = 512 * 1024;

impl Intake {
    /// Takes spans into this store.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Decodes a request and stores its spans; they are committed when this returns.
    ///
    /// # Errors
    /// [`IntakeError`] if nothing was stored. A span that is not valid is no error: it is counted in
    /// [`Accepted::rejected`].
    pub async fn take<E: Send + 'static>(
        &self,
        request: Bytes,
        decode: for<'a> fn(&'a [u8]) -> Result<Decoded<'a>, E>,
    ) -> Result<Accepted, IntakeError<E>> {
        let large = request.len() >= LARGE;
        let encode = move || -> Result<_, IntakeError<E>> {
            let decoded = decode(&request).map_err(IntakeError::Decode)?;
            Ok(encode_all(decoded))
        };
        let (batch, rejected) = if large {
            let task = tokio::task::spawn_blocking(encode);
            task.await.map_err(|_| AppendError::Closed)??
        } else {
            encode()?
        };
        let spans = batch.len();
        self.store.append(batch).await?;
        Ok(Accepted { spans, rejected })
    }
}

/// Encodes the spans that are valid.
fn encode_all(decoded: Decoded<'_>) -> (Batch, Rejected) {
    let mut batch = BatchBuilder::default();
    let mut rejected = Rejected::default();
    for incoming in decoded {
        match incoming {
            Ok(incoming) => batch.push(&incoming.span, incoming.message),
            Err(reason) => rejected.add(reason),
        }
    }
    (batch.finish(), rejected)
}

impl Rejected {
    fn add(&mut self, reason: InvalidSpan) {
        self.count += 1;
        self.reason.get_or_insert(reason);
    }

    /// Why the first of them was, as text; "" if there is none.
    fn reason(&self) -> String {
        let reason = self.reason.as_ref();
        reason.map(ToString::to_string).unwrap_or_default()
    }
}

impl Accepted {
    /// Logs what was rejected, for protocols that cannot tell the sender.
    fn log_rejected(&self, protocol: &str) {
        if self.rejected.count > 0 {
            tracing::warn!(
                protocol,
                rejected = self.rejected.count,
                reason = self.rejected.reason(),
                "spans were rejected"
            );
        }
    }
}
