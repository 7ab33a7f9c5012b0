//! Jaeger's JSON, the answer of its query API and the download of its UI, in both directions.
//!
//! Spec: <https://github.com/jaegertracing/jaeger/blob/main/internal/uimodel/model.go>

mod decode;
mod encode;
mod exact;
mod outline;

pub use decode::decode_trace;
pub use encode::{Detail, Form, Warn, short_id, write_trace};
