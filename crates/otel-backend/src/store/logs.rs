//! Log records: frames in a table of their own, in the same database as spans.
//!
//! | module | what |
//! |---|---|
//! | `batch` | records on their way in |
//! | `entries` | times and ids, which lie apart from the rest of a record |
//! | `build` | how records are put into frames |
//! | `merge` | which frames are put together, and which go |
//! | `read` | the frames that a question needs, and what is in them |
//!
//! Each row is a frame. The writer adds frames in the transaction of the spans that arrived with
//! them; the upkeep merges small frames, and removes the oldest. A large frame has columns, as those of
//! spans have.

mod batch;
mod build;
mod entries;
mod merge;
mod read;

#[cfg(test)]
mod tests;

pub use batch::{LogBatch, LogBatchBuilder};
pub(super) use build::LogBuilder;
pub(super) use merge::{choose, oldest};
pub use read::{LogFrame, LogOpener, LogScope, OpenLogs};
