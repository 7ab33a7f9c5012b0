//! Takes blocks apart, so that others can be made of their spans.

use super::ReadError;
use super::batch::{Batch, StoredSpans};
use super::block::FrameInfo;
use super::block_head::BlockHead;
use super::build::BuiltFrame;
use super::key::KeySeed;
use super::source::Source;
use crate::format::otlp::groups;
use crate::model::{TraceId, UnixNanos};

/// The treatment of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is kept unchanged.
    Keep,
    /// Its spans are put into new frames.
    Regroup,
    /// It is removed.
    Drop,
}

/// The frames and spans for a new block.
#[derive(Debug)]
pub(super) struct Parts {
    /// The seed of the keys in the new block.
    seed: KeySeed,
    /// Frames that are kept unchanged.
    pub(super) frames: Vec<BuiltFrame>,
    /// Other frames, unpacked.
    unpacked: Vec<Vec<u8>>,
}

impl Parts {
    /// Nothing yet, for a block with keys of that seed.
    pub(super) fn new(seed: KeySeed) -> Self {
        Self {
            seed,
            frames: Vec::new(),
            unpacked: Vec::new(),
        }
    }

    /// Adds the frames of a block, each treated according to `fate`. Those with keys of another seed, or
    /// without their rests, are put into new frames.
    ///
    /// # Errors
    /// [`ReadError`] if a frame that is not removed cannot be read.
    pub(super) fn add(
        &mut self,
        source: &Source,
        head: &BlockHead,
        fate: impl Fn(usize, &FrameInfo) -> Fate,
    ) -> Result<(), ReadError> {
        let frames = source.frames(head)?;
        let calls = source.calls(head)?.unwrap_or_default();
        let mut keys = head.keys_by_frame();
        for (index, info) in head.frames.iter().enumerate() {
            let fate = fate(index, info);
            if fate == Fate::Drop {
                continue;
            }
            let mut data = vec![0; info.length as usize];
            frames.read(&mut data, info.offset as usize)?;
            if fate == Fate::Keep && head.seed == self.seed && head.has_long_keys {
                self.frames.push(BuiltFrame {
                    info: *info,
                    data,
                    keys: keys.get_mut(index).map(std::mem::take).unwrap_or_default(),
                    calls: calls.frame(index),
                });
            } else {
                let unpacked = source.unpack_bytes(head.id, &data, info)?;
                self.unpacked.push(unpacked);
            }
        }
        Ok(())
    }

    /// Takes out the spans of the frames that were unpacked, as far as they are wanted by their traces
    /// and their starts.
    ///
    /// Bytes that cannot be read are skipped: the checksums were right, and the store writes no
    /// frame that cannot be decoded.
    pub(super) fn take_spans(
        &mut self,
        mut wanted: impl FnMut(TraceId, UnixNanos) -> bool,
    ) -> Batch {
        let mut stored = StoredSpans::default();
        // Each frame goes once its spans are copied.
        for frame in std::mem::take(&mut self.unpacked) {
            for group in groups(&frame).into_iter().flatten() {
                stored.push(&group.head, &group.spans, |outline| {
                    wanted(outline.trace_id, outline.start)
                });
            }
        }
        stored.finish()
    }
}
