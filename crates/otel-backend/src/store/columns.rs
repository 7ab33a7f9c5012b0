//! Spans in columns: how blocks lie in the store once they are merged.
//!
//! A group holds some thousand spans, those of a trace together. Each field of a span, and each key of
//! its attributes, has a column of its own, compressed for itself: so values that are alike lie
//! together, and a question unpacks only the columns that it is about. Decoding gives back the very
//! same bytes of each `Span` message: the order of fields and attributes, fields that OTLP does not
//! know, and what is no valid message at all.
//!
//! | module | what |
//! |---|---|
//! | `shape` | which fields a message has, and in which column each is |
//! | `encode`, `decode` | from messages to columns and back |
//! | `regular` | whether columns can answer for their spans |
//! | `layout` | the head of a group, which may be kept |
//! | `group` | a group as it is read |
//! | `scan`, `pieces` | which spans have a value, and all values of a field, without putting any span together |
//! | `numbers`, `doubles`, `texts`, `bloom` | the values of one column |
//! | `pack` | chunks: compression, checksums, bounds |
//!
//! The bytes are in `docs/format.md`.

mod bloom;
mod decode;
mod doubles;
mod encode;
mod group;
mod layout;
mod numbers;
mod pack;
mod pieces;
mod regular;
mod scan;
mod shape;
mod texts;

#[cfg(test)]
mod tests;

pub(crate) use encode::{Row, encode};
pub(crate) use group::{Group, Heads, TraceRows};
pub(crate) use layout::Layout;
pub(crate) use pack::{Damaged, Packer, ReadAt};
pub(crate) use pieces::{Piece, PieceTexts, PieceValues};
pub(crate) use scan::{Scan, Wanted};
pub(crate) use shape::Place;
