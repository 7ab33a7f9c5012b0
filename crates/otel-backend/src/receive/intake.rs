//! From the bytes of a request to spans in the store, within the limits.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use tokio::sync::Semaphore;

use super::body::{self, BodyError, Compression};
use super::budget::{Budget, Held};
use super::failure::LastFailure;
use super::refusal::{Refusal, Why};
use crate::config::Limits;
use crate::format::{Decoded, surrogate};
use crate::metrics::{Metrics, Protocol};
use crate::model::{Attribute, InvalidSpan, Span, UnixNanos};
use crate::store::{AppendError, Batch, BatchBuilder, Store};

/// The parts that the intakes of all protocols share; clones share them too.
#[derive(Debug, Clone)]
pub struct Intakes {
    store: Store,
    limits: Limits,
    budget: Budget,
    /// One permit for each request that may be worked on for long at the same time.
    long_work: Arc<Semaphore>,
    failure: Arc<LastFailure>,
    metrics: Metrics,
}

/// Takes the spans of one protocol into the store.
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
}

/// Decodes a request.
pub(super) type Decode = for<'a> fn(&'a [u8], &Limits) -> Result<Decoded<'a>, Refusal>;

/// The numbers of spans of a request that were stored and rejected.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Accepted {
    /// The number of spans that are stored.
    pub(super) spans: usize,
    /// The number of spans that were rejected.
    pub(super) rejected: usize,
    /// The reason for the first rejection.
    pub(super) reason: Option<InvalidSpan>,
    /// How many of those that are stored are of a time to come.
    pub(super) ahead: usize,
}

/// The time by which a span may start after it came: clocks differ.
const AHEAD: Duration = Duration::from_hours(24);

/// Requests of more bytes are decoded on a thread that may block.
const LARGE: usize = 512 * 1024;

impl Intakes {
    /// Intakes of this store, within these limits.
    pub fn new(store: Store, limits: Limits, budget: Budget, metrics: Metrics) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            store,
            limits,
            budget,
            long_work: Arc::new(Semaphore::new(cores)),
            failure: Arc::default(),
            metrics,
        }
    }

    /// The intake of a protocol.
    pub fn of(&self, protocol: Protocol) -> Intake {
        Intake {
            shared: self.clone(),
            protocol,
        }
    }

    /// The last failure of the store to take spans.
    pub fn failure(&self) -> Arc<LastFailure> {
        Arc::clone(&self.failure)
    }
}

impl Intake {
    /// The metrics of the program.
    pub(super) fn metrics(&self) -> &Metrics {
        &self.shared.metrics
    }

    /// The protocol by which its requests come.
    pub(super) fn protocol(&self) -> Protocol {
        self.protocol
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    /// Nothing of the budget yet, to be added to.
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
        })
    }

    /// Decodes a request and stores its spans; they are committed when this returns.
    ///
    /// A span that is not valid does not refuse the request: it is counted in [`Accepted::rejected`].
    pub(super) async fn accept(
        &self,
        received: impl Future<Output = Result<Received, Refusal>>,
        decode: Decode,
    ) -> Result<Accepted, Refusal> {
        let taken = match self
            .read_with(received, move |bytes, limits| encode(bytes, limits, decode))
            .await
        {
            Ok(((batch, accepted), held)) => self.take(batch, accepted, held).await,
            Err(refusal) => Err(refusal),
        };
        self.count_refusal(taken)
    }

    /// Reads a request of which nothing is stored.
    pub(super) async fn look<T: Send + 'static>(
        &self,
        received: impl Future<Output = Result<Received, Refusal>>,
        read: fn(&[u8], &Limits) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let looked = self.read_with(received, read).await;
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

    /// Decompresses a request and reads it; on a thread that may block, if it is large. Its share of the
    /// budget is handed on.
    async fn read_with<T: Send + 'static>(
        &self,
        received: impl Future<Output = Result<Received, Refusal>>,
        read: impl FnOnce(&[u8], &Limits) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<(T, Held), Refusal> {
        let Received {
            bytes,
            compression,
            held,
        } = received.await?;
        self.shared.metrics.received(self.protocol, bytes.len());
        let limits = self.shared.limits;
        let quick = limits.decompressed.min(LARGE);
        let read = match unpack(&bytes, compression, quick) {
            Ok(plain) if plain.len() <= LARGE => {
                drop(bytes);
                read(&plain, &limits)
            }
            // Decompression stopped at the limit of quick work, so most of the request is to come.
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
        batch: Batch,
        accepted: Accepted,
        mut held: Held,
    ) -> Result<Accepted, Refusal> {
        self.shared
            .metrics
            .refused_spans(self.protocol, "invalid", accepted.rejected);
        match self.store(batch, &mut held).await {
            Ok(()) => self.shared.metrics.stored(self.protocol, accepted.spans),
            Err(refusal) => {
                self.shared
                    .metrics
                    .refused_spans(self.protocol, refusal.reason(), accepted.spans);
                return Err(refusal);
            }
        }
        Ok(accepted)
    }

    async fn store(&self, batch: Batch, held: &mut Held) -> Result<(), Refusal> {
        held.add(batch.size())?;
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

/// Encodes the spans that are valid; of JSON that is wrong only in halves of characters, all.
fn encode(bytes: &[u8], limits: &Limits, decode: Decode) -> Result<(Batch, Accepted), Refusal> {
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
) -> Result<(Batch, Accepted), Refusal> {
    let mut batch = BatchBuilder::with_capacity(bytes.len());
    let mut accepted = Accepted::default();
    let latest = UnixNanos::now().after(AHEAD);
    for incoming in decode(bytes, limits)? {
        if accepted.spans + accepted.rejected == limits.spans {
            return Err(Refusal::TooMany {
                what: "spans",
                limit: limits.spans,
            });
        }
        let pushed = incoming.and_then(|incoming| {
            check(&incoming.span, limits)?;
            batch.push(&incoming.span, incoming.message);
            Ok(incoming.span.start)
        });
        match pushed {
            Ok(start) => {
                accepted.spans += 1;
                accepted.ahead += usize::from(start > latest);
            }
            Err(reason) => {
                accepted.rejected += 1;
                accepted.reason.get_or_insert(reason);
            }
        }
    }
    Ok((batch.finish(), accepted))
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

impl Accepted {
    /// The reason for the first rejection or, if there was none, what is strange about other spans; else
    /// "".
    pub(super) fn reason(&self) -> String {
        match &self.reason {
            Some(reason) => reason.to_string(),
            None if self.ahead > 0 => format!(
                "{} spans start more than a day ahead of the clock of otel-backend; they are kept, and count as of now: their times must be in nanoseconds",
                self.ahead
            ),
            None => String::new(),
        }
    }

    /// What was rejected, for the log.
    pub(super) fn why(&self) -> Option<Extension<Why>> {
        (self.rejected + self.ahead > 0).then(|| {
            let message = match self.rejected {
                0 => self.reason(),
                rejected => format!("{rejected} spans were rejected: {}", self.reason()),
            };
            Extension(Why {
                message,
                counted: true,
            })
        })
    }

    /// Logs what was rejected of what came without a connection.
    pub(super) fn log_rejected(&self, protocol: Protocol) {
        if self.rejected > 0 {
            tracing::warn!(
                protocol = protocol.as_str(),
                rejected = self.rejected,
                reason = self.reason(),
                "spans were rejected"
            );
        }
    }
}
