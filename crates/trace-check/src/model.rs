//! A trace as it is sent: everything that OTLP can say of a span, nanoseconds included.
//!
//! What is sent is made here, and what is read back is brought into the same form, so that the two
//! can be compared. Nothing in this module knows a protocol, a backend or an API.

use std::sync::Arc;

mod id;
mod plan;
mod random;
mod scenario;
mod scenarios;
mod value;

pub use id::{Id, SpanId, TraceId};
pub use plan::{Plan, Trace};
pub use random::Random;
pub use scenario::Scenario;
pub(crate) use value::short;
pub use value::{Attribute, Value, attribute};

/// One operation of a trace.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Span {
    /// The trace it belongs to.
    pub trace_id: TraceId,
    /// Its own id.
    pub span_id: SpanId,
    /// The span that caused it; none for a root.
    pub parent: Option<SpanId>,
    /// The W3C `tracestate`, or "".
    pub trace_state: String,
    /// The W3C trace flags in the low byte, and OTLP's two bits on whether the parent is remote.
    pub flags: u32,
    /// What was done.
    pub name: String,
    /// Its role.
    pub kind: Kind,
    /// When it began, in nanoseconds since the Unix epoch.
    pub start: u64,
    /// When it ended, in the same unit. It may lie before the start.
    pub end: u64,
    /// In the order sent; keys may repeat.
    pub attributes: Vec<Attribute>,
    /// In the order sent.
    pub events: Vec<Event>,
    /// In the order sent.
    pub links: Vec<Link>,
    /// How it ended.
    pub status: Status,
    /// What the sender left out.
    pub dropped: Dropped,
    /// Who emitted it.
    pub resource: Arc<Resource>,
    /// What recorded it.
    pub scope: Arc<Scope>,
    /// Remarks of the backend beside the span. Nobody sends any, and they are not compared.
    pub notes: Vec<String>,
}

/// A span's role, with OTLP's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// Not given.
    #[default]
    Unspecified,
    /// Within one program.
    Internal,
    /// Answers a request.
    Server,
    /// Makes a request.
    Client,
    /// Sends a message.
    Producer,
    /// Handles a message.
    Consumer,
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

    /// The name in capitals, as OTLP's enum and Zipkin have it.
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

/// Something that happened during a span.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Event {
    /// When, in nanoseconds since the Unix epoch.
    pub time: u64,
    /// What.
    pub name: String,
    /// In the order sent.
    pub attributes: Vec<Attribute>,
    /// How many attributes the sender left out.
    pub dropped: u32,
}

/// Another span that a span is related to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Link {
    /// The other span's trace.
    pub trace_id: TraceId,
    /// The other span.
    pub span_id: SpanId,
    /// The other span's `tracestate`, or "".
    pub trace_state: String,
    /// In the order sent.
    pub attributes: Vec<Attribute>,
    /// How many attributes the sender left out.
    pub dropped: u32,
    /// As [`Span::flags`].
    pub flags: u32,
}

/// How a span ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    /// The verdict.
    pub code: Code,
    /// Why it failed, or "".
    pub message: String,
}

/// The verdict on a span, with OTLP's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Code {
    /// Nobody judged.
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

/// How much the sender left out of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dropped {
    /// Attributes.
    pub attributes: u32,
    /// Events.
    pub events: u32,
    /// Links.
    pub links: u32,
}

/// Who emitted a span.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Resource {
    /// In the order sent.
    pub attributes: Vec<Attribute>,
    /// How many attributes the sender left out.
    pub dropped: u32,
    /// Where the names are defined, or "".
    pub schema_url: String,
}

impl Resource {
    /// The value of `service.name`, or "".
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

/// What recorded a span.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scope {
    /// Its name, or "".
    pub name: String,
    /// Its version, or "".
    pub version: String,
    /// In the order sent.
    pub attributes: Vec<Attribute>,
    /// How many attributes the sender left out.
    pub dropped: u32,
    /// Where the names are defined, or "".
    pub schema_url: String,
}
