//! The reason why upkeep was interrupted.

use std::io;

use super::ReadError;

/// The reason why work was interrupted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stopped {
    #[error("the store is closed")]
    Closed,
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("a block cannot be made: {0}")]
    Build(#[from] io::Error),
    #[error("the database did not take the change")]
    Write,
}
