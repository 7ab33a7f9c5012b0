//! Taking blocks apart, so that others can be made of their spans.

use super::ReadError;
use super::batch::{Batch, BatchBuilder};
use super::block::{FrameInfo, has_filter};
use super::build::BuiltFrame;
use super::catalog::Head;
use super::filter::untranspose;
use super::source::Source;
use crate::format::otlp::decode_traces;
use crate::model::Span;

/// What becomes of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is taken over as it is.
    Keep,
    /// Its spans are put into new frames.
    Regroup,
    /// It goes.
    Drop,
}

/// Frames and spans that a new block is made of.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// Frames that are taken over as they are.
    pub(super) frames: Vec<BuiltFrame>,
    /// Other frames, unpacked.
    unpacked: Vec<Vec<u8>>,
}

impl Parts {
    /// Adds the frames of a block, each as its fate is.
    ///
    /// # Errors
    /// [`ReadError`] if a frame that does not go cannot be read.
    pub(super) fn add(
        &mut self,
        source: &Source,
        head: &Head,
        fate: impl Fn(usize, &FrameInfo) -> Fate,
    ) -> Result<(), ReadError> {
        let frames = source.frames(head)?;
        let filters = if has_filter(&head.frames) {
            untranspose(&source.filter(head)?.read_all()?, head.frames.len())
        } else {
            Vec::new()
        };
        let keys = head.keys_by_frame();
        for (index, info) in head.frames.iter().enumerate() {
            let fate = fate(index, info);
            if fate == Fate::Drop {
                continue;
            }
            let mut data = vec![0; info.length as usize];
            frames.read(&mut data, info.offset as usize)?;
            match filters.get(index).filter(|_| fate == Fate::Keep) {
                Some(filter) => self.frames.push(BuiltFrame {
                    info: *info,
                    data,
                    keys: keys.get(index).cloned().unwrap_or_default(),
                    filter: filter.clone(),
                }),
                None => self
                    .unpacked
                    .push(source.unpack_bytes(head.id, &data, info)?),
            }
        }
        Ok(())
    }

    /// The spans of the frames that were unpacked, as far as they are wanted.
    pub(super) fn spans(&self, mut wanted: impl FnMut(&Span<'_>) -> bool) -> Batch {
        let mut batch = BatchBuilder::default();
        for frame in &self.unpacked {
            // A frame's checksum was right, and a store writes no frame that cannot be decoded.
            for incoming in decode_traces(frame).into_iter().flatten().flatten() {
                if wanted(&incoming.span) {
                    batch.push(&incoming.span, incoming.message);
                }
            }
        }
        batch.finish()
    }
}
