//! The model of spans and log records: OTLP's, with everything checked.
//!
//! Values of these types are valid by construction: ids are never zero, and kind and status are
//! closed sets. Text borrows from the bytes that it was received in or read from, so that a span
//! causes few allocations. The model knows no wire format.
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
pub use ids::{InvalidSpan, SpanIds};
pub use log::{InvalidLog, LogRecord, Severity};
pub use resource::{Resource, Scope};
pub use span::{Dropped, Event, Link, Span, SpanKind, Status, StatusCode};
pub use time::UnixNanos;
pub use value::{Attribute, Value};

use std::borrow::Cow;

/// Text that may borrow from the bytes it was decoded from.
pub type Text<'a> = Cow<'a, str>;
