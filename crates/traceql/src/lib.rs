//! TraceQL, the query language of Grafana Tempo: queries for spans and traces, and metrics made of
//! them.
//!
//! [`parse`] reads a query, of which a [`Search`] or [`Metrics`] are made; a [`Batch`] hands over the
//! columns that their evaluation needs. Nothing here knows where spans come from, nor how an answer is
//! sent.
//!
//! Spec: <https://grafana.com/docs/tempo/latest/traceql/>

mod batch;
mod check;
mod error;
mod evaluate;
mod field;
mod lexer;
mod metrics;
mod parse;
mod pattern;
mod print;
mod program;
mod search;
mod structure;
mod subset;
pub mod syntax;
mod table;
mod value;
mod vector;

pub use batch::{Batch, Column, Source, Table};
pub use error::Error;
pub use field::{Field, Intrinsic, Scope};
pub use metrics::{Answer, Exemplar, Metrics, MetricsRun, Series, Window, WindowError};
pub use parse::{parse, parse_field, parse_lenient};
pub use search::{Found, FoundSpanset, FoundTrace, Probe, Search};
pub use subset::Subset;
pub use table::values;
pub use value::{Arithmetic, Comparison, Kind, Status, Value};
