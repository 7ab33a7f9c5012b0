#![doc = include_str!("../README.md")]
#![warn(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation
)]

mod cursor;
mod error;
mod model;
mod varint;

pub mod api_v2;
pub mod thrift;

pub use error::{DecodeError, DecodeErrorKind};
pub use model::{Process, RefType, SpanRef, Tag, TagValue};
