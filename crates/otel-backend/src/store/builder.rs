//! Makes a block and frames of log records of batches, for one commit.

use std::io;
use std::slice;

use super::batch::Batch;
use super::block::NewBlock;
use super::build::BlockBuilder;
use super::key::KeySeed;
use super::log_frame::NewLogFrame;
use super::logs::{LogBatch, LogBuilder};
use super::{Signals, merge};
use crate::model::UnixNanos;

/// Makes what is committed together; reuses the compressors' memory.
pub(super) struct Builder {
    blocks: BlockBuilder,
    logs: LogBuilder,
}

/// A block, if there are spans, and frames of log records.
pub(super) struct Built {
    pub(super) block: Option<NewBlock>,
    pub(super) logs: Vec<NewLogFrame>,
}

impl std::fmt::Debug for Built {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Built").finish_non_exhaustive()
    }
}

impl Builder {
    /// A builder of blocks and frames with keys of that seed.
    pub(super) fn new(seed: KeySeed) -> io::Result<Self> {
        Ok(Self {
            blocks: BlockBuilder::new(seed)?,
            logs: LogBuilder::new(seed)?,
        })
    }

    /// Makes one block of all spans, and frames of all log records.
    pub(super) fn build(&mut self, spans: &[Batch], logs: &[LogBatch]) -> io::Result<Built> {
        let came = UnixNanos::now();
        Ok(Built {
            block: self.block(spans, came)?,
            logs: self.logs.build_batches(logs, came)?,
        })
    }

    /// The same of one batch.
    pub(super) fn build_one(&mut self, batch: &Signals) -> io::Result<Built> {
        match batch {
            Signals::Spans(batch) => self.build(slice::from_ref(batch), &[]),
            Signals::Logs(batch) => self.build(&[], slice::from_ref(batch)),
        }
    }

    fn block(&mut self, batches: &[Batch], came: UnixNanos) -> io::Result<Option<NewBlock>> {
        if batches.is_empty() {
            return Ok(None);
        }
        let batches: Vec<_> = batches.iter().collect();
        let form = merge::form_of_commit(batches.iter().map(|batch| batch.length()).sum());
        let mut block = self.blocks.build(form, &batches, Vec::new())?;
        block.came = came;
        Ok(Some(block))
    }
}
