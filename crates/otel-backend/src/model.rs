//! Spans and log records as this program understands them: OTLP's shape, with everything checked.
//!
//! A value of these types is valid by construction: ids are never zero, the kind and the status are
//! closed sets. Text borrows from the bytes it was received in or read back from, so that a span on
//! its way through costs few allocations; nothing here knows a wire format.
//!
//! Spec: <https://opentelemetry.io/docs/specs/otel/trace/api/>

mod hex;
mod id;
mod ids;
mod log;
mod resource;
mod span;
mod time;
mod value;

pub use hex::{from_hex, from_short_hex, to_hex};
pub use id::{Id, InvalidId, SpanId, TraceId};
pub use ids::SpanIds;
pub use log::{InvalidLog, LogRecord, Severity};
pub use resource::{Resource, Scope};
pub use span::{Dropped, Event, InvalidSpan, Link, Span, SpanKind, Status, StatusCode};
pub use time::UnixNanos;
pub use value::{Attribute, Value};

use std::borrow::Cow;

/// Text that may borrow from the bytes it was decoded from.
pub type Text<'a> = Cow<'a, str>;
