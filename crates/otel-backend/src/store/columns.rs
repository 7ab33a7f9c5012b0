//! Spans in columns: the form of blocks after merging.
//!
//! A group holds some thousand spans, grouped by trace. Each field of a span, and each key of its
//! attributes, has a column that is compressed separately. So similar values are stored together,
//! and a query unpacks only the columns that it needs. Decoding restores the exact bytes of each
//! `Span` message: the order of fields and attributes, fields that OTLP does not know, and invalid
//! messages. Log records in large frames have the same form, but for their times and ids.
//!
//! | module | what |
//! |---|---|
//! | `shape` | the fields of a message, and the column of each |
//! | `encode`, `decode` | from messages to columns and back |
//! | `entries` | the times and ids of log records |
//! | `regular` | whether columns can answer for their spans |
//! | `layout` | the head of a group, which may be kept |
//! | `group`, `heads`, `shape_table` | a group as it is read, its resources and scopes, and its shapes |
//! | `scan`, `pieces` | which spans have a value, and all values of a field, without putting any span together |
//! | `numbers`, `doubles`, `texts` | the values of one column |
//! | `filter` | which attributes do not occur |
//! | `pack` | chunks: compression, checksums, bounds |
//!
//! `docs/format.md` describes the bytes.

mod decode;
mod doubles;
mod encode;
mod entries;
mod filter;
mod group;
mod heads;
mod layout;
mod numbers;
mod pack;
mod pieces;
mod regular;
mod scan;
mod shape;
mod shape_table;
mod texts;

#[cfg(test)]
mod tests;

pub(crate) use encode::{Calls, Row, encode};
pub(crate) use entries::{decode_entries, encode_entries};
pub(crate) use group::{Group, TraceRows};
pub(crate) use heads::{HeadPool, Heads, StoredHead};
pub(crate) use layout::Layout;
pub(crate) use pack::{Damaged, Packer, ReadAt};
pub(crate) use pieces::{Piece, PieceTexts, PieceValues};
pub(crate) use scan::{Scan, Wanted};
pub(crate) use shape::Place;
