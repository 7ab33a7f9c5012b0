//! TraceQL, the query language of Grafana Tempo: queries for spans and traces, and metrics made of
//! them.
//!
//! [`parse`] reads a query, and a [`Batch`] hands over the columns that its evaluation needs. Nothing
//! here knows where spans come from, nor how an answer is sent.
//!
//! Spec: <https://grafana.com/docs/tempo/latest/traceql/>

mod batch;
mod check;
mod error;
mod field;
mod lexer;
mod parse;
mod pattern;
mod print;
pub mod syntax;
mod value;

pub use batch::{Batch, Column, Source, Table};
pub use error::Error;
pub use field::{Field, Intrinsic, Scope};
pub use parse::{parse, parse_field, parse_lenient};
pub use value::{Arithmetic, Comparison, Kind, Status, Value};
