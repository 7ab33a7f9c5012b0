//! TraceQL, the query language of Grafana Tempo: queries for spans and traces, and metrics made of
//! them.
//!
//! [`parse`] reads a query, [`Plan`] says which columns its evaluation needs, and a [`Batch`] hands
//! those over. Nothing here knows where spans come from, nor how an answer is sent.
//!
//! Spec: <https://grafana.com/docs/tempo/latest/traceql/>

mod batch;
mod field;
pub mod syntax;
mod value;

pub use batch::{Batch, Column, Source, Table};
pub use field::{Field, Intrinsic, Scope};
pub use value::{Arithmetic, Comparison, Kind, Status, Value};
