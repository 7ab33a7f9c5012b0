//! The span itself.

use std::sync::Arc;
use std::time::Duration;

use super::{Attribute, Resource, Scope, SpanId, SpanIds, Text, TraceId, UnixNanos};

/// One operation of a trace.
#[derive(Debug, Clone, PartialEq)]
pub struct Span<'a> {
    /// The id of its trace.
    pub trace_id: TraceId,
    /// The id of the span, unique in the trace.
    pub span_id: SpanId,
    /// The id of its parent; `None` for a root.
    pub parent: Option<SpanId>,
    /// The W3C `tracestate`, or "".
    pub trace_state: Text<'a>,
    /// The W3C trace flags in the low byte, and OTLP's two bits that tell if the parent is remote.
    pub flags: u32,
    /// The name of the operation.
    pub name: Text<'a>,
    /// The kind: its role towards its parent and its children.
    pub kind: SpanKind,
    /// The start.
    pub start: UnixNanos,
    /// The end as sent; it may be before the start.
    pub end: UnixNanos,
    /// The attributes, in the order sent; keys may repeat.
    pub attributes: Vec<Attribute<'a>>,
    /// The events during the span, in the order sent.
    pub events: Vec<Event<'a>>,
    /// The links to other spans, in the order sent.
    pub links: Vec<Link<'a>>,
    /// The status.
    pub status: Status<'a>,
    /// The numbers of attributes, events and links that the sender dropped.
    pub dropped: Dropped,
    /// The entity that emitted the span.
    pub resource: Arc<Resource<'a>>,
    /// The library that recorded the span.
    pub scope: Arc<Scope<'a>>,
}

/// A span's kind. A number that OTLP does not define is read as [`SpanKind::Unspecified`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum SpanKind {
    /// The kind was not given.
    #[default]
    Unspecified,
    /// An operation within one program.
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

/// An event during a span.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Event<'a> {
    /// The time of the event.
    pub time: UnixNanos,
    /// The name of the event.
    pub name: Text<'a>,
    /// The attributes, in the order sent.
    pub attributes: Vec<Attribute<'a>>,
    /// The number of attributes that the sender dropped.
    pub dropped_attributes: u32,
}

/// A link to another span.
///
/// The ids are as sent: a link with invalid ids is shown, not refused.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Link<'a> {
    /// The trace id of the other span; `None` if the sender gave no valid id.
    pub trace_id: Option<TraceId>,
    /// The id of the other span; `None` if the sender gave no valid id.
    pub span_id: Option<SpanId>,
    /// The other span's `tracestate`, or "".
    pub trace_state: Text<'a>,
    /// The attributes of the link, in the order sent.
    pub attributes: Vec<Attribute<'a>>,
    /// The number of attributes that the sender dropped.
    pub dropped_attributes: u32,
    /// The same bits as [`Span::flags`].
    pub flags: u32,
}

/// The status of a span.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Status<'a> {
    /// The code.
    pub code: StatusCode,
    /// The description of the error, or "".
    pub message: Text<'a>,
}

/// The code of a status. A number that OTLP does not define is read as [`StatusCode::Unset`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StatusCode {
    /// The program did not set a status.
    #[default]
    Unset,
    /// The program declared a success.
    Ok,
    /// The operation failed.
    Error,
}

/// The numbers of items that the sender dropped from a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dropped {
    /// Attributes.
    pub attributes: u32,
    /// Events.
    pub events: u32,
    /// Links.
    pub links: u32,
}

impl<'a> Span<'a> {
    /// Makes an empty span with these ids.
    #[inline]
    pub fn new(ids: SpanIds, resource: Arc<Resource<'a>>, scope: Arc<Scope<'a>>) -> Self {
        Self {
            trace_id: ids.trace_id,
            span_id: ids.span_id,
            parent: ids.parent,
            trace_state: Text::default(),
            flags: 0,
            name: Text::default(),
            kind: SpanKind::default(),
            start: UnixNanos::default(),
            end: UnixNanos::default(),
            attributes: Vec::new(),
            events: Vec::new(),
            links: Vec::new(),
            status: Status::default(),
            dropped: Dropped::default(),
            resource,
            scope,
        }
    }
}

impl Span<'_> {
    /// The duration; zero if the span ended before it began.
    pub fn duration(&self) -> Duration {
        self.end.since(self.start)
    }

    /// Returns true if the span failed: by its status, or by an attribute `error` that is true, as
    /// in `OpenTracing`.
    pub fn failed(&self) -> bool {
        let says_so = |a: &Attribute<'_>| a.key == "error" && a.value.text() == "true";
        self.status.code == StatusCode::Error || self.attributes.iter().any(says_so)
    }
}

impl SpanKind {
    /// All kinds, in the order of their OTLP numbers.
    pub const ALL: [Self; 6] = [
        Self::Unspecified,
        Self::Internal,
        Self::Server,
        Self::Client,
        Self::Producer,
        Self::Consumer,
    ];

    /// The lower-case name in Jaeger's tag `span.kind`; "" if unspecified.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unspecified => "",
            Self::Internal => "internal",
            Self::Server => "server",
            Self::Client => "client",
            Self::Producer => "producer",
            Self::Consumer => "consumer",
        }
    }

    /// Parses that lower-case name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| !name.is_empty() && kind.as_str() == name)
    }

    /// OTLP's number.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The kind with that OTLP number.
    pub fn from_number(number: u64) -> Self {
        usize::try_from(number)
            .ok()
            .and_then(|index| Self::ALL.get(index).copied())
            .unwrap_or_default()
    }
}

impl StatusCode {
    /// OTLP's number.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The code with that OTLP number.
    pub fn from_number(number: u64) -> Self {
        match number {
            1 => Self::Ok,
            2 => Self::Error,
            _ => Self::Unset,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_go_by_name_and_by_number() {
        for kind in SpanKind::ALL {
            assert_eq!(SpanKind::from_number(u64::from(kind.number())), kind);
        }
        assert_eq!(SpanKind::from_name("client"), Some(SpanKind::Client));
        assert_eq!(SpanKind::from_name(""), None);
        assert_eq!(SpanKind::from_number(77), SpanKind::Unspecified);
    }
}
