//! The destination of imported spans: the data directory, or the backend that uses it.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use tokio::runtime::Runtime;

use super::ImportError;
use crate::config::{Config, Endpoint};
use crate::format::otlp::{LogsJson, TracesJson};
use crate::health::reachable;
use crate::model::{LogRecord, Span};
use crate::store::{AppendError, BatchBuilder, Location, LogBatchBuilder, OpenError, Store};

/// The number of spans stored together.
pub(super) const CHUNK: usize = 1000;

/// The number of attempts at a busy backend, a second apart.
const ATTEMPTS: usize = 60;

/// The timeout of a request to a backend.
const PATIENCE: Duration = Duration::from_mins(1);

/// Stores spans and log records.
pub(super) enum Sink {
    /// Into the data directory.
    Store { store: Store, runtime: Runtime },
    /// To the OTLP HTTP port of a backend.
    Backend(SocketAddr),
}

/// The reason why spans were not stored.
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    /// The store did not accept them.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The backend did not answer.
    #[error(
        "the backend at {address} does not answer: {source}: is it the one that uses the data directory? Its port is set by --otlp-http-port"
    )]
    Io {
        /// The backend's address.
        address: SocketAddr,
        /// The error of the connection.
        source: io::Error,
    },
    /// The backend was busy at every attempt.
    #[error("the backend at {address} stays busy: import again when it has less to do")]
    Busy {
        /// The backend's address.
        address: SocketAddr,
    },
    /// The backend refused.
    #[error("the backend at {address} refused: {status}: {body}")]
    Refused {
        /// The backend's address.
        address: SocketAddr,
        /// The status.
        status: u16,
        /// The body of its answer.
        body: String,
    },
}

/// OTLP's answer.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Answer {
    partial_success: PartialSuccess,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct PartialSuccess {
    /// A number, possibly as text.
    #[serde(alias = "rejectedLogRecords")]
    rejected_spans: Value,
}

impl Sink {
    pub(super) fn open(config: &Config) -> Result<Self, ImportError> {
        if config.store.location == Location::Memory {
            return Self::backend(config);
        }
        let store = match Store::open(&config.store) {
            Err(OpenError::InUse { .. }) => return Self::backend(config),
            opened => opened?,
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        Ok(Self::Store {
            store,
            runtime: runtime.map_err(ImportError::Start)?,
        })
    }

    fn backend(config: &Config) -> Result<Self, ImportError> {
        let listeners = config.listeners.iter();
        let mut otlp = listeners.filter(|(endpoint, _)| *endpoint == Endpoint::OtlpHttp);
        let (_, address) = otlp.next().ok_or(ImportError::NoPort)?;
        let address = reachable(*address);
        eprintln!("otel-backend: a backend is running: sending to http://{address}");
        Ok(Self::Backend(address))
    }

    /// Stores spans; returns the numbers stored and rejected.
    pub(super) fn store(&self, spans: &[Span<'_>]) -> Result<(u64, u64), SinkError> {
        if spans.is_empty() {
            return Ok((0, 0));
        }
        match self {
            Self::Store { store, runtime } => {
                let mut batch = BatchBuilder::default();
                for span in spans {
                    batch.push(span, None);
                }
                runtime.block_on(store.append(batch.finish()))?;
                Ok((spans.len() as u64, 0))
            }
            Self::Backend(address) => {
                let body = |spans: &[Span<'_>]| serde_json::json!(TracesJson::new(spans));
                send(*address, "/v1/traces", spans, &body)
            }
        }
    }

    /// Stores log records; returns the numbers stored and rejected.
    pub(super) fn store_logs(&self, records: &[LogRecord<'_>]) -> Result<(u64, u64), SinkError> {
        if records.is_empty() {
            return Ok((0, 0));
        }
        match self {
            Self::Store { store, runtime } => {
                let mut batch = LogBatchBuilder::default();
                for record in records {
                    batch.push(record, None);
                }
                runtime.block_on(store.append(batch.finish()))?;
                Ok((records.len() as u64, 0))
            }
            Self::Backend(address) => {
                let body = |records: &[LogRecord<'_>]| serde_json::json!(LogsJson::new(records));
                send(*address, "/v1/logs", records, &body)
            }
        }
    }

    /// Waits until all spans are stored.
    pub(super) fn close(self) {
        if let Self::Store { store, runtime } = self {
            runtime.block_on(store.close());
        }
    }
}

/// Sends spans or log records to a backend, in several requests if there are too many for one.
fn send<T>(
    address: SocketAddr,
    path: &str,
    items: &[T],
    body_of: &impl Fn(&[T]) -> Value,
) -> Result<(u64, u64), SinkError> {
    let body = body_of(items).to_string();
    for _ in 0..ATTEMPTS {
        let answer =
            post(address, path, &body).map_err(|source| SinkError::Io { address, source })?;
        match answer {
            (200, body) => {
                let answer: Answer = serde_json::from_str(&body).unwrap_or_default();
                let rejected = number(&answer.partial_success.rejected_spans);
                return Ok(((items.len() as u64).saturating_sub(rejected), rejected));
            }
            (429 | 503, _) => thread::sleep(Duration::from_secs(1)),
            (413, _) if items.len() == 1 => return Ok((0, 1)),
            (413, _) => {
                let (one, other) = items.split_at(items.len() / 2);
                let one = send(address, path, one, body_of)?;
                let other = send(address, path, other, body_of)?;
                return Ok((one.0 + other.0, one.1 + other.1));
            }
            (status, body) => {
                return Err(SinkError::Refused {
                    address,
                    status,
                    body,
                });
            }
        }
    }
    Err(SinkError::Busy { address })
}

fn number(value: &Value) -> u64 {
    let text = value.as_str().and_then(|text| text.parse().ok());
    value.as_u64().or(text).unwrap_or_default()
}

/// Posts a body; returns the status and the body of the answer.
fn post(address: SocketAddr, path: &str, body: &str) -> io::Result<(u16, String)> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(
        stream,
        "POST {path} HTTP/1.0\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    )?;
    // A body that is too large is refused before it has been read completely, and sending fails.
    stream.write_all(body.as_bytes()).ok();
    let mut answer = Vec::new();
    stream.take(1 << 20).read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    let status = answer
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| io::Error::other("the answer is not HTTP"))?;
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Ok((status, body.to_owned()))
}
