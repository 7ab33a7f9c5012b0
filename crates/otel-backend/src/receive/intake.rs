//! From the bytes of a request to spans or log records in the store, within the limits.

use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use tokio::sync::Semaphore;

use super::accepted::Accepted;
use super::body::{self, Compression};
use super::failure::LastFailure;
use super::logs;
use super::refusal::{BodyError, Refusal};
use crate::budget::{Budget, Held};
use crate::config::Limits;
use crate::format::otlp::{DecodedLogs, Signal};
use crate::format::{Decoded, surrogate};
use crate::forward::{Forward, Via};
use crate::metrics::{Metrics, Protocol};
use crate::model::{Attribute, InvalidSpan, Span};
use crate::store::{AppendError, BatchBuilder, Signals, Store};

/// The state that the intakes of all protocols share; clones share it too.
#[derive(Debug, Clone)]
pub struct Intakes {
    store: Store,
    limits: Limits,
    budget: Budget,
    /// The permit to decode a request that may take long, and much memory, which is not in the budget.
    long_work: Arc<Semaphore>,
    failure: Arc<LastFailure>,
    metrics: Metrics,
    forward: Option<Forward>,
}

/// Stores what is received by one protocol.
#[derive(Debug, Clone)]
pub struct Intake {
    shared: Intakes,
    protocol: Protocol,
}

/// The bytes of a request.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) bytes: Bytes,
    pub(super) compression: Option<Compression>,
    /// Their share of the budget.
    pub(super) held: Held,
    /// The backends through which they came.
    pub(super) via: Via,
}

/// Decodes a request of spans.
pub(super) type DecodeSpans = for<'a> fn(&'a [u8], &Limits) -> Result<Decoded<'a>, Refusal>;

/// Decodes a request of log records.
pub(super) type DecodeLogs = for<'a> fn(&'a [u8], &Limits) -> Result<DecodedLogs<'a>, Refusal>;

/// Decodes a request.
#[derive(Debug, Clone, Copy)]
pub(super) enum Decode {
    Spans(DecodeSpans),
    Logs(DecodeLogs),
}

/// The size in bytes from which a request is decoded on a thread that may block, and the compressed
/// size.
const LARGE: usize = 512 * 1024;
const LARGE_PACKED: usize = 64 * 1024;

impl Intakes {
    /// Makes intakes for this store, with these limits.
    pub fn new(
        store: Store,
        limits: Limits,
        budget: Budget,
        metrics: Metrics,
        forward: Option<Forward>,
    ) -> Self {
        Self {
            store,
            limits,
            budget,
            long_work: Arc::new(Semaphore::new(1)),
            failure: Arc::default(),
            metrics,
            forward,
        }
    }

    /// The intake for a protocol.
    pub fn of(&self, protocol: Protocol) -> Intake {
        Intake {
            shared: self.clone(),
            protocol,
        }
    }

    /// The last error of the store.
    pub fn failure(&self) -> Arc<LastFailure> {
        Arc::clone(&self.failure)
    }
}

impl Intake {
    /// The metrics of the program.
    pub(super) fn metrics(&self) -> &Metrics {
        &self.shared.metrics
    }

    /// The protocol of the requests.
    pub(super) fn protocol(&self) -> Protocol {
        self.protocol
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    /// An empty share of the budget.
    pub(super) fn hold(&self) -> Held {
        self.shared.budget.hold()
    }

    /// Reads the body of an HTTP request.
    pub(super) async fn read(&self, headers: &HeaderMap, body: Body) -> Result<Received, Refusal> {
        let encoding = headers.get(CONTENT_ENCODING);
        let compression = Compression::named(encoding.map_or(&b""[..], |value| value.as_bytes()))?;
        let mut held = self.hold();
        Ok(Received {
            bytes: body::collect(body, self.shared.limits.body, &mut held).await?,
            compression,
            held,
            via: self.way(headers)?,
        })
    }

    /// The backends through which a request came, if what comes is forwarded.
    pub(super) fn way(&self, headers: &HeaderMap) -> Result<Via, Refusal> {
        match &self.shared.forward {
            Some(forward) => Ok(forward.way(headers)?),
            None => Ok(Via::default()),
        }
    }

    /// Decodes a request and stores its spans or log records, which are committed when this
    /// returns.
    ///
    /// An invalid item does not cause a refusal; it is counted in [`Accepted::rejected`].
    pub(super) async fn accept(
        &self,
        received: impl Future<Output = Result<Received, Refusal>>,
        decode: Decode,
    ) -> Result<Accepted, Refusal> {
        let taken = self.accept_uncounted(received.await, decode).await;
        self.count_refusal(taken)
    }

    async fn accept_uncounted(
        &self,
        received: Result<Received, Refusal>,
        decode: Decode,
    ) -> Result<Accepted, Refusal> {
        let received = received?;
        let (forward, via) = (self.shared.forward.clone(), received.via.clone());
        let read = move |bytes: &[u8], limits: &Limits| {
            let (batch, accepted) = encode(bytes, limits, decode)?;
            let parcels = forward.map(|forward| forward.prepare(&batch, &via));
            Ok((batch, accepted, parcels.unwrap_or_default()))
        };
        let ((batch, accepted, parcels), held) = self.read_with(received, read).await?;
        let accepted = self.take(batch, accepted, held).await?;
        if let Some(forward) = &self.shared.forward {
            forward.send(parcels);
        }
        Ok(accepted)
    }

    /// Reads a request of which nothing is stored.
    pub(super) async fn look<T: Send + 'static>(
        &self,
        received: impl Future<Output = Result<Received, Refusal>>,
        read: fn(&[u8], &Limits) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let looked = match received.await {
            Ok(received) => self.read_with(received, read).await,
            Err(refusal) => Err(refusal),
        };
        self.count_refusal(looked.map(|(read, _)| read))
    }

    fn count_refusal<T>(&self, result: Result<T, Refusal>) -> Result<T, Refusal> {
        if let Err(refusal) = &result {
            self.shared
                .metrics
                .refused_request(self.protocol, refusal.reason());
        }
        result
    }

    /// Decompresses a request and reads it, on a thread that may block if it is large. Passes on
    /// its share of the budget.
    async fn read_with<T: Send + 'static>(
        &self,
        received: Received,
        read: impl FnOnce(&[u8], &Limits) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<(T, Held), Refusal> {
        let Received {
            bytes,
            compression,
            held,
            via: _,
        } = received;
        self.shared.metrics.received(self.protocol, bytes.len());
        let limits = self.shared.limits;
        // Some bytes take long to decompress, however few they become.
        let is_quick = compression.is_none() || bytes.len() <= LARGE_PACKED;
        let quick = if is_quick {
            unpack(&bytes, compression, limits.decompressed.min(LARGE))
        } else {
            Err(BodyError::TooLargeInside(0))
        };
        let read = match quick {
            Ok(plain) if plain.len() <= LARGE => {
                drop(bytes);
                read(&plain, &limits)
            }
            // Decompression stopped at the limit for quick work or did not begin, so the request is large.
            Ok(_) | Err(BodyError::TooLargeInside(_)) => {
                let permit = Arc::clone(&self.shared.long_work).acquire_owned().await;
                let work = move || {
                    let _permit = permit.map_err(|_| AppendError::Closed)?;
                    let plain = unpack(&bytes, compression, limits.decompressed)?;
                    read(&plain, &limits)
                };
                let work = tokio::task::spawn_blocking(work);
                work.await.map_err(|_| Refusal::Panicked)?
            }
            Err(reason) => Err(reason.into()),
        };
        Ok((read?, held))
    }

    async fn take(
        &self,
        batch: Signals,
        accepted: Accepted,
        mut held: Held,
    ) -> Result<Accepted, Refusal> {
        let counters = match accepted.signal {
            Signal::Logs => self.shared.metrics.logs(),
            Signal::Traces | Signal::Metrics => self.shared.metrics.spans(),
        };
        counters.refused(self.protocol, "invalid", accepted.rejected);
        match self.store(batch, &mut held).await {
            Ok(()) => {
                counters.stored(self.protocol, accepted.stored);
                counters.of_odd_time(self.protocol, "future", accepted.future);
                counters.of_odd_time(self.protocol, "past", accepted.past);
            }
            Err(refusal) => {
                counters.refused(self.protocol, refusal.reason(), accepted.stored);
                return Err(refusal);
            }
        }
        Ok(accepted)
    }

    async fn store(&self, batch: Signals, held: &mut Held) -> Result<(), Refusal> {
        // Its bytes as they came are not in memory any more.
        held.fit(batch.size())?;
        let stored = self.shared.store.append(batch).await;
        self.shared.failure.note(&stored);
        Ok(stored?)
    }
}

fn unpack(
    bytes: &Bytes,
    compression: Option<Compression>,
    limit: usize,
) -> Result<Bytes, BodyError> {
    match compression {
        Some(compression) => compression.unpack(bytes, limit),
        None => Ok(bytes.clone()),
    }
}

/// Encodes the valid items; if JSON is invalid only because of unpaired surrogates, repairs it
/// first.
fn encode(bytes: &[u8], limits: &Limits, decode: Decode) -> Result<(Signals, Accepted), Refusal> {
    let encoded = encode_as_is(bytes, limits, decode);
    let is_wrong = match &encoded {
        Ok((_, accepted)) => accepted.rejected > 0,
        Err(refusal) => matches!(refusal, Refusal::Malformed(_)),
    };
    match is_wrong.then(|| surrogate::repair(bytes)).flatten() {
        Some(repaired) => encode_as_is(&repaired, limits, decode),
        None => encoded,
    }
}

fn encode_as_is(
    bytes: &[u8],
    limits: &Limits,
    decode: Decode,
) -> Result<(Signals, Accepted), Refusal> {
    let mut accepted = Accepted::of(decode.signal());
    let signals = match decode {
        Decode::Spans(decode) => {
            let mut batch = BatchBuilder::with_capacity(bytes.len());
            for incoming in decode(bytes, limits)? {
                accepted.count(
                    limits,
                    incoming.and_then(|incoming| {
                        check(&incoming.span, limits)?;
                        batch.push(&incoming.span, incoming.message);
                        Ok(incoming.span.start)
                    }),
                )?;
            }
            batch.finish().into()
        }
        Decode::Logs(decode) => {
            logs::encode(decode(bytes, limits)?, bytes.len(), limits, &mut accepted)?.into()
        }
    };
    Ok((signals, accepted))
}

fn check(span: &Span<'_>, limits: &Limits) -> Result<(), InvalidSpan> {
    let events = span.events.iter().flat_map(|event| &event.attributes);
    let links = span.links.iter().flat_map(|link| &link.attributes);
    let own = span.attributes.iter().chain(events).chain(links);
    let shared = span
        .resource
        .attributes
        .iter()
        .chain(&span.scope.attributes);
    let too_large = |attribute: &&Attribute<'_>| attribute.size() > limits.attribute;
    match own.chain(shared).find(too_large) {
        None => Ok(()),
        Some(attribute) => Err(InvalidSpan::TooLarge {
            key: attribute.key.chars().take(64).collect(),
            bytes: attribute.size(),
            limit: limits.attribute,
        }),
    }
}

impl Decode {
    fn signal(&self) -> Signal {
        match self {
            Self::Spans(_) => Signal::Traces,
            Self::Logs(_) => Signal::Logs,
        }
    }
}
