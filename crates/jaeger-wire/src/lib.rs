#![doc = include_str!("../README.md")]
#![warn(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation
)]

pub mod api_v2;
pub mod thrift;

mod cursor;
mod error;
mod lists;
mod model;
mod varint;

pub use error::{DecodeError, DecodeErrorKind};
pub use lists::{Logs, References, TagWriter, Tags};
pub use model::{Process, RefType, SpanRef, Tag, TagValue};
