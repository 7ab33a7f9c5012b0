//! The model of a trace, with everything that OTLP can express about a span, in nanoseconds.
//!
//! Sent traces are made in this form, and returned traces are converted to it, so that they can be
//! compared. This module knows no protocol, backend or API.

use std::fmt;
use std::sync::Arc;

mod builder;
mod id;
mod log;
mod plan;
mod random;
mod scenario;
mod scenarios;
mod value;

pub use id::{Id, SpanId, TraceId};
pub(crate) use log::{LogRecord, log_records};
pub use plan::{Plan, Trace};
pub use random::Random;
pub use scenario::Scenario;
pub(crate) use value::short;
pub use value::{Attribute, Value, attribute};

/// One operation of a trace.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Span {
    /// The id of its trace.
    pub trace_id: TraceId,
    /// Its own id.
    pub span_id: SpanId,
    /// The id of its parent; `None` for a root.
    pub parent: Option<SpanId>,
    /// The W3C `tracestate`; empty if there is none.
    pub trace_state: String,
    /// The W3C trace flags in the low byte, and OTLP's two bits that tell if the parent is remote.
    pub flags: u32,
    /// The name of the operation.
    pub name: String,
    /// The kind.
    pub kind: Kind,
    /// The start, in nanoseconds since the Unix epoch.
    pub start: u64,
    /// The end, in nanoseconds since the Unix epoch. It may be before the start.
    pub end: u64,
    /// The attributes, in the order sent; keys may repeat.
    pub attributes: Vec<Attribute>,
    /// The events, in the order sent.
    pub events: Vec<Event>,
    /// The links, in the order sent.
    pub links: Vec<Link>,
    /// The status.
    pub status: Status,
    /// The counts of items that the sender dropped.
    pub dropped: Dropped,
    /// The resource that emitted it.
    pub resource: Arc<Resource>,
    /// The instrumentation scope that recorded it.
    pub scope: Arc<Scope>,
    /// Warnings that the backend added. They are not sent, and not compared.
    pub notes: Vec<String>,
}

/// A span's kind, with OTLP's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// The kind was not given.
    #[default]
    Unspecified,
    /// An operation within a program.
    Internal,
    /// The handling of a request.
    Server,
    /// The sending of a request.
    Client,
    /// The sending of a message.
    Producer,
    /// The handling of a message.
    Consumer,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl Kind {
    /// All kinds, in the order of their numbers.
    pub const ALL: [Self; 6] = [
        Self::Unspecified,
        Self::Internal,
        Self::Server,
        Self::Client,
        Self::Producer,
        Self::Consumer,
    ];

    /// The name in capitals, as in OTLP's enum and in Zipkin.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "UNSPECIFIED",
            Self::Internal => "INTERNAL",
            Self::Server => "SERVER",
            Self::Client => "CLIENT",
            Self::Producer => "PRODUCER",
            Self::Consumer => "CONSUMER",
        }
    }
}

/// An event of a span.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Event {
    /// The time, in nanoseconds since the Unix epoch.
    pub time: u64,
    /// The name of the event.
    pub name: String,
    /// The attributes, in the order sent.
    pub attributes: Vec<Attribute>,
    /// The number of attributes that the sender dropped.
    pub dropped: u32,
}

/// A link to another span.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Link {
    /// The trace id of the other span.
    pub trace_id: TraceId,
    /// The id of the other span.
    pub span_id: SpanId,
    /// The `tracestate` of the other span; empty if there is none.
    pub trace_state: String,
    /// The attributes, in the order sent.
    pub attributes: Vec<Attribute>,
    /// The number of attributes that the sender dropped.
    pub dropped: u32,
    /// The same bits as [`Span::flags`].
    pub flags: u32,
}

/// The status of a span.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    /// The code.
    pub code: Code,
    /// The reason of a failure; empty if there is none.
    pub message: String,
}

/// The code of a status, with OTLP's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Code {
    /// The status was not set.
    #[default]
    Unset,
    /// A success.
    Ok,
    /// A failure.
    Error,
}

impl Code {
    /// The name in capitals.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unset => "UNSET",
            Self::Ok => "OK",
            Self::Error => "ERROR",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// The number of items that the sender dropped from a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dropped {
    /// Attributes.
    pub attributes: u32,
    /// Events.
    pub events: u32,
    /// Links.
    pub links: u32,
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            attributes,
            events,
            links,
        } = self;
        write!(f, "{attributes} attributes, {events} events, {links} links")
    }
}

/// The resource that emitted spans.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Resource {
    /// The attributes, in the order sent.
    pub attributes: Vec<Attribute>,
    /// The number of attributes that the sender dropped.
    pub dropped: u32,
    /// The URL of the schema; empty if there is none.
    pub schema_url: String,
}

impl Resource {
    /// The value of `service.name`; empty if there is none.
    pub fn service(&self) -> &str {
        self.attributes
            .iter()
            .find_map(|attribute| match &attribute.value {
                Value::String(name) if attribute.key == "service.name" => Some(name.as_str()),
                _ => None,
            })
            .unwrap_or_default()
    }
}

/// The instrumentation scope that recorded spans.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scope {
    /// The name; empty if there is none.
    pub name: String,
    /// The version; empty if there is none.
    pub version: String,
    /// The attributes, in the order sent.
    pub attributes: Vec<Attribute>,
    /// The number of attributes that the sender dropped.
    pub dropped: u32,
    /// The URL of the schema; empty if there is none.
    pub schema_url: String,
}
