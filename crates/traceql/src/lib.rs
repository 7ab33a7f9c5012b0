//! TraceQL, the query language of Grafana Tempo, for searching spans and traces and for computing
//! metrics from them.
//!
//! [`parse`] reads a query, from which a [`Search`] or [`Metrics`] is made. A [`Batch`] supplies
//! the columns that the evaluation needs. This crate does not know where spans come from or how an
//! answer is sent.
//!
//! Spec: <https://grafana.com/docs/tempo/latest/traceql/>

mod batch;
mod check;
mod distinct;
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
mod sources;
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
