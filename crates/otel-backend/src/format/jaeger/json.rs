//! Jaeger's JSON, the answer of its query API and the download of its UI, in both directions.
//!
//! Spec: <https://github.com/jaegertracing/jaeger/blob/main/internal/uimodel/model.go>

mod decode;
mod encode;
mod fields;
mod links;
mod outline;

pub use decode::decode_trace;
pub use encode::{Form, Warn, write_trace};
pub use fields::{Detail, short_id};
