//! Taking blocks apart, so that others can be made of their spans.

use super::ReadError;
use super::batch::{Batch, BatchBuilder, StoredSpans};
use super::block::{Form, FrameInfo, has_filter};
use super::build::BuiltFrame;
use super::catalog::Head;
use super::filter::{FrameFilter, untranspose};
use super::source::Source;
use crate::format::otlp::{decode_traces, groups};
use crate::model::{TraceId, UnixNanos};

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
            let filter = match info.form {
                Form::Rows => filters.get(index).cloned(),
                Form::Columns => Some(FrameFilter::of_anything()),
            };
            match filter.filter(|_| fate == Fate::Keep) {
                Some(filter) => self.frames.push(BuiltFrame {
                    info: *info,
                    data,
                    keys: keys.get(index).cloned().unwrap_or_default(),
                    filter,
                }),
                None => self
                    .unpacked
                    .push(source.unpack_bytes(head.id, &data, info)?),
            }
        }
        Ok(())
    }

    /// Takes out the spans of the frames that were unpacked, as far as they are wanted by their traces
    /// and their starts, for frames of that form.
    ///
    /// Bytes that cannot be read are passed over: the checksums were right, and a store writes no frame
    /// that cannot be decoded.
    pub(super) fn take_spans(
        &mut self,
        form: Form,
        wanted: impl FnMut(TraceId, UnixNanos) -> bool,
    ) -> Batch {
        let frames = std::mem::take(&mut self.unpacked);
        match form {
            Form::Rows => with_tokens(&frames, wanted),
            Form::Columns => without_tokens(frames, wanted),
        }
    }
}

fn with_tokens(frames: &[Vec<u8>], mut wanted: impl FnMut(TraceId, UnixNanos) -> bool) -> Batch {
    let mut batch = BatchBuilder::default();
    for frame in frames {
        for incoming in decode_traces(frame).into_iter().flatten().flatten() {
            if wanted(incoming.span.trace_id, incoming.span.start) {
                batch.push(&incoming.span, incoming.message);
            }
        }
    }
    batch.finish()
}

fn without_tokens(
    frames: Vec<Vec<u8>>,
    mut wanted: impl FnMut(TraceId, UnixNanos) -> bool,
) -> Batch {
    let mut stored = StoredSpans::default();
    // Each frame goes once its spans are copied.
    for frame in frames {
        for group in groups(&frame).into_iter().flatten() {
            stored.push(&group.head, &group.spans, |outline| {
                wanted(outline.trace_id, outline.start)
            });
        }
    }
    stored.finish()
}
