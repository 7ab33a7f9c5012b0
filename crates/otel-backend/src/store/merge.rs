//! Merging small blocks into large ones, in the background.
//!
//! A commit makes one block, and many commits are small. What a search costs grows with the number
//! of blocks, so blocks of about the same size are merged, eight or more at a time, until they are
//! large. Frames that are large enough are taken over as they are; the spans of the others are
//! regrouped, those of one trace together. Readers see the old blocks or the new one, never a gap.

use std::io;
use std::sync::{Arc, mpsc as signals};

use rusqlite::{Connection, OptionalExtension as _};
use tokio::sync::{mpsc, oneshot};

use super::batch::{Batch, BatchBuilder};
use super::block::{FrameInfo, NewBlock};
use super::build::{BlockBuilder, BuiltFrame, FRAME_TARGET};
use super::catalog::{Head, Shared};
use super::filter::untranspose;
use super::writer::Command;
use super::{OpenError, lock};
use crate::otlp::{Malformed, decode_traces};

/// Sizes before compression up to which blocks are merged with their like, in bytes.
const TIERS: [u64; 3] = [512 << 10, 4 << 20, LARGE];

/// A block of so many bytes before compression is not merged any more.
const LARGE: u64 = 32 << 20;

/// How many blocks of one size make a merge worth while.
const MIN_RUN: usize = 8;

/// How many blocks are merged at once at most.
const MAX_RUN: usize = 64;

/// A frame of at least so many bytes before compression is taken over as it is.
const KEEP_FRAME: usize = FRAME_TARGET / 2;

/// Merges blocks; [`Merger::run`] until the store is closed.
pub struct Merger {
    connection: Connection,
    shared: Arc<Shared>,
    commands: mpsc::WeakSender<Command>,
    /// Says that there are new blocks.
    written: signals::Receiver<()>,
    builder: BlockBuilder,
}

impl std::fmt::Debug for Merger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Merger").finish_non_exhaustive()
    }
}

/// Why blocks could not be merged; they stay as they are.
#[derive(Debug, thiserror::Error)]
enum MergeError {
    #[error("the database refused: {0}")]
    Database(#[from] rusqlite::Error),
    #[error("a frame cannot be unpacked or packed: {0}")]
    Compression(#[from] io::Error),
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

impl Merger {
    pub(super) fn new(
        shared: Arc<Shared>,
        commands: mpsc::WeakSender<Command>,
        written: signals::Receiver<()>,
    ) -> Result<Self, OpenError> {
        Ok(Self {
            connection: shared.database.connect().map_err(OpenError::Connect)?,
            shared,
            commands,
            written,
            builder: BlockBuilder::new().map_err(OpenError::Compressor)?,
        })
    }

    /// Merges what is worth it whenever something was written, until the store is closed.
    pub fn run(mut self) {
        while self.written.recv().is_ok() {
            while let Some(run) = self.next_run() {
                match self.merge(&run) {
                    Ok(true) => {}
                    Ok(false) => return,
                    Err(reason) => {
                        tracing::error!(%reason, "blocks of the store could not be merged");
                        break;
                    }
                }
            }
        }
    }

    /// Blocks that are worth merging, oldest first.
    fn next_run(&self) -> Option<Vec<Arc<Head>>> {
        let catalog = Arc::clone(&lock(&self.shared.catalog));
        choose(&catalog.blocks)
    }

    /// Merges blocks; false if the store is closed.
    fn merge(&mut self, run: &[Arc<Head>]) -> Result<bool, MergeError> {
        let mut frames = Vec::new();
        let mut rest = BatchBuilder::default();
        let mut unpacked = Vec::new();
        for head in run {
            let Some(mut kept) = self.read(head, &mut unpacked)? else {
                // It has just been deleted.
                return Ok(true);
            };
            frames.append(&mut kept);
        }
        for frame in &unpacked {
            for incoming in decode_traces(frame)?.flatten() {
                rest.push(&incoming.span, incoming.message);
            }
        }
        let rest: Batch = rest.finish();
        let block = self.builder.build(&[rest], frames)?;
        Ok(self.replace(run, block))
    }

    /// The frames of a block that are taken over; the others are unpacked into `unpacked`.
    fn read(
        &self,
        head: &Head,
        unpacked: &mut Vec<Vec<u8>>,
    ) -> Result<Option<Vec<BuiltFrame>>, MergeError> {
        let Some(data) = self.column("SELECT frames FROM block_data WHERE block = ?", head.id)?
        else {
            return Ok(None);
        };
        let filters = self.column("SELECT rows FROM block_filter WHERE block = ?", head.id)?;
        let filters = filters.map(|rows| untranspose(&rows, head.frames.len()));
        let keys = head.keys_by_frame();
        let mut kept = Vec::new();
        for (index, info) in head.frames.iter().enumerate() {
            let packed = frame_bytes(&data, info)?;
            let filter = filters.as_ref().and_then(|filters| filters.get(index));
            match filter.filter(|_| info.raw_length as usize >= KEEP_FRAME) {
                Some(filter) => kept.push(BuiltFrame {
                    info: *info,
                    data: packed.to_vec(),
                    keys: keys.get(index).cloned().unwrap_or_default(),
                    filter: filter.clone(),
                }),
                None => unpacked.push(zstd::bulk::decompress(packed, info.raw_length as usize)?),
            }
        }
        Ok(Some(kept))
    }

    fn column(&self, select: &str, block: i64) -> rusqlite::Result<Option<Vec<u8>>> {
        let mut statement = self.connection.prepare_cached(select)?;
        statement.query_row([block], |row| row.get(0)).optional()
    }

    /// Has the writer put a block in the place of others; false if the store is closed.
    fn replace(&self, run: &[Arc<Head>], block: NewBlock) -> bool {
        let Some(commands) = self.commands.upgrade() else {
            return false;
        };
        let (done, replaced) = oneshot::channel();
        let old = run.iter().map(|head| head.id).collect();
        let command = Command::Replace { old, block, done };
        commands.blocking_send(command).is_ok() && replaced.blocking_recv().is_ok()
    }
}

fn frame_bytes<'d>(data: &'d [u8], info: &FrameInfo) -> io::Result<&'d [u8]> {
    let begin = info.offset as usize;
    let bytes = data.get(begin..begin + info.length as usize);
    bytes.ok_or_else(|| io::Error::other("a frame lies outside its block"))
}

/// The oldest blocks of the first size of which there are enough.
fn choose(blocks: &[Arc<Head>]) -> Option<Vec<Arc<Head>>> {
    let mut lower = 0;
    TIERS.into_iter().find_map(|upper| {
        let tier = lower..upper;
        lower = upper;
        let is_of_tier = |head: &&Arc<Head>| tier.contains(&head.raw_length);
        let mut run: Vec<_> = blocks.iter().filter(is_of_tier).cloned().collect();
        if run.len() < MIN_RUN {
            return None;
        }
        run.sort_by_key(|head| head.last);
        run.truncate(until_large(&run));
        Some(run)
    })
}

/// How many of these blocks make a large one.
fn until_large(run: &[Arc<Head>]) -> usize {
    let mut total = 0;
    run.iter()
        .take(MAX_RUN)
        .take_while(|head| {
            let wanted = total < LARGE;
            total += head.raw_length;
            wanted
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::UnixNanos;

    /// Blocks of so many KiB each, the first the oldest.
    fn blocks(kib: &[u32]) -> Vec<Arc<Head>> {
        let head = |(n, kib): (i64, &u32)| {
            let time = UnixNanos(n.cast_unsigned());
            let frame = FrameInfo {
                offset: 0,
                length: 0,
                raw_length: kib * 1024,
                spans: 1,
                first: time,
                last: time,
            };
            Arc::new(Head::new(n, vec![frame], Vec::new()))
        };
        (0..).zip(kib).map(head).collect()
    }

    fn chosen(kib: &[u32]) -> Option<Vec<i64>> {
        let run = choose(&blocks(kib))?;
        Some(run.iter().map(|head| head.id).collect())
    }

    #[test]
    fn few_blocks_stay_as_they_are() {
        assert_eq!(chosen(&[1; 7]), None);
        assert_eq!(chosen(&[1, 1, 1, 1, 1000, 1000, 1000, 1000]), None);
    }

    #[test]
    fn blocks_of_one_size_are_merged_around_others() {
        assert_eq!(
            chosen(&[1, 1, 9000, 1, 1, 1, 9000, 1, 1, 1]),
            Some(vec![0, 1, 3, 4, 5, 7, 8, 9])
        );
    }

    #[test]
    fn a_merge_stops_when_the_block_is_large() {
        assert_eq!(chosen(&[20_000; 9]), Some(vec![0, 1]));
        assert_eq!(chosen(&[33_000; 9]), None);
    }
}
