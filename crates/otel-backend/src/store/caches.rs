//! Everything that is kept of the frames of columns that were read.

use super::chunks::Chunks;
use super::columns::HeadPool;
use super::layouts::Layouts;

/// Everything that is kept of the frames of columns that were read.
#[derive(Debug, Default)]
pub(super) struct Caches {
    /// The heads of frames, which every question needs.
    pub(super) layouts: Layouts,
    /// Chunks that were unpacked a moment ago.
    pub(super) chunks: Chunks,
    /// The resources and scopes.
    pub(super) heads: HeadPool,
}
