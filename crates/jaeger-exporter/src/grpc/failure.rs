//! The reasons why a call failed, worded so that the reader knows what to do.

use std::error::Error;
use std::io;
use std::iter::successors;
use std::time::Duration;

use tonic::{Code, Status, TimeoutExpired};

use crate::retry::Retry;
use crate::tls;

/// The backend as an error describes it.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: bool,
    /// The time limit of the export, over all its calls.
    pub(super) timeout: Duration,
}

const BROKEN_PLAINTEXT: &str =
    "did the backend stop, or does the port speak TLS, which needs https://?";
/// A server that requires a client certificate reports a missing one after the handshake, and
/// closes.
const BROKEN_TLS: &str =
    "did the backend stop, does the port not speak TLS, or does it want a client certificate?";

#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("connection refused: is the backend running and listening on {port}?")]
    Refused { port: u16 },
    #[error("the host {host} has no address: is the name right, and known on this machine?")]
    UnknownHost { host: String },
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    #[error("the connection broke ({text}): {hint}")]
    Broken { text: String, hint: &'static str },
    #[error("{0}")]
    Tls(String),
    #[error(
        "the port answers with something other than HTTP/2: is it {cause}? \
         Jaeger takes gRPC on port 14250"
    )]
    NotHttp2 { cause: &'static str },
    #[error("gRPC status {code:?}{text}{hint}")]
    Status {
        code: Code,
        text: String,
        hint: &'static str,
        retry: Retry,
    },
    #[error("the exporter was shut down")]
    Stopped,
}

impl Failure {
    /// Returns when another call may succeed.
    pub(super) fn retry(&self) -> Retry {
        match self {
            Self::Refused { .. } | Self::UnknownHost { .. } | Self::Broken { .. } => Retry::Soon,
            // The timeout is that of the whole export, so no time is left.
            Self::Timeout(_) | Self::Tls(_) | Self::NotHttp2 { .. } | Self::Stopped => Retry::Never,
            Self::Status { retry, .. } => *retry,
        }
    }

    /// Finds the cause of a status: an answer of the backend, or an error of the connection, which
    /// tonic keeps as its source.
    pub(super) fn from_status(status: &Status, target: &Target) -> Self {
        let Some(source) = status.source() else {
            return Self::from_answer(status);
        };
        let chain = || successors(Some(source), |error| (*error).source());
        let found = chain().find_map(|error| Self::from_cause(error, target));
        found.unwrap_or_else(|| {
            let mut texts: Vec<_> = chain().map(ToString::to_string).collect();
            texts.dedup();
            let hint = if target.tls {
                BROKEN_TLS
            } else {
                BROKEN_PLAINTEXT
            };
            Self::Broken {
                text: texts.join(": "),
                hint,
            }
        })
    }

    /// Returns the failure for an error whose kind tells what is wrong.
    fn from_cause(error: &(dyn Error + 'static), target: &Target) -> Option<Self> {
        if error.is::<TimeoutExpired>() {
            return Some(Self::Timeout(target.timeout));
        }
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return Self::from_io(error, target);
        }
        // hyper and h2 expose these causes only as text.
        match error.to_string().as_str() {
            "dns error" => Some(Self::UnknownHost {
                host: target.host.clone(),
            }),
            // HTTP/1.1 read as a frame, or chosen by a server that was offered HTTP/2 only.
            text if text.contains("frame with invalid size")
                || text.contains("HTTP/2 was not negotiated") =>
            {
                Some(Self::NotHttp2 {
                    cause: if target.tls {
                        "an HTTP port"
                    } else {
                        "an HTTP port, or one for TLS, which needs https://"
                    },
                })
            }
            _ => None,
        }
    }

    fn from_io(error: &io::Error, target: &Target) -> Option<Self> {
        match tls::explained(error) {
            Some(reason) => Some(Self::Tls(reason)),
            None if error.kind() == io::ErrorKind::ConnectionRefused => {
                Some(Self::Refused { port: target.port })
            }
            None => None,
        }
    }

    fn from_answer(status: &Status) -> Self {
        let text = match status.message() {
            "" => String::new(),
            message => format!(" ({message})"),
        };
        let (hint, retry) = match status.code() {
            // A batch that is over the receiver's limit will be over it every time.
            Code::ResourceExhausted if text.contains("larger than max") => (
                ": the batch is too big; lower OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
                Retry::Never,
            ),
            Code::Unavailable
            | Code::ResourceExhausted
            | Code::Cancelled
            | Code::DeadlineExceeded
            | Code::Aborted => ("", Retry::Later),
            Code::Unauthenticated | Code::PermissionDenied => (": check the headers", Retry::Never),
            Code::Unimplemented => (
                ": is this Jaeger's gRPC port? It takes spans on port 14250",
                Retry::Never,
            ),
            _ => ("", Retry::Never),
        };
        Self::Status {
            code: status.code(),
            text,
            hint,
            retry,
        }
    }
}
