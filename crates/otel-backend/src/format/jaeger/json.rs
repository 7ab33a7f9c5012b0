//! Jaeger's JSON, as its query API answers it and its UI downloads it: reading and writing.
//!
//! Spec: <https://github.com/jaegertracing/jaeger/blob/main/internal/uimodel/model.go>

mod decode;
mod encode;
mod exact;
mod outline;

pub use decode::decode_trace;
pub use encode::{Detail, Form, Warn, short_id, write_trace};
