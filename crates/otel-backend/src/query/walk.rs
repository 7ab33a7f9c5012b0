//! Reads all traces one after the other.

use std::collections::HashSet;
use std::ops::ControlFlow;

use super::trace::{Loading, OpenFrame, OpenFrames, Trace};
use crate::format::otlp::{Outline, groups, span_groups};
use crate::model::{TraceId, UnixNanos};
use crate::store::{Frame, ReadError, Reader};

/// A selection of traces: those with a span that satisfies all conditions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// The service; `None` for any.
    pub service: Option<String>,
    /// The earliest start of the span.
    pub from: UnixNanos,
    /// The latest start of the span.
    pub to: UnixNanos,
    /// The traces; empty for all.
    pub traces: Vec<TraceId>,
}

/// The bytes of frames after which their traces are loaded.
const MAX_OPEN: usize = 32 << 20;

/// Calls `take` with each selected trace, complete, roughly in order of start, until `take` breaks
/// off.
///
/// # Errors
/// [`ReadError`] if the store cannot be read.
pub fn walk<B>(
    reader: &Reader,
    selection: &Selection,
    mut take: impl FnMut(Trace) -> ControlFlow<B>,
) -> Result<ControlFlow<B>, ReadError> {
    let mut frames = selection.frames(reader).into_iter().peekable();
    let mut seen = HashSet::new();
    while frames.peek().is_some() {
        let (mut opened, mut bytes, mut ids) = (OpenFrames::new(), 0, Vec::new());
        while bytes < MAX_OPEN
            && let Some(frame) = frames.next()
        {
            let open = OpenFrame::new(reader.open(frame)?);
            let found = selection.traces_in(&open.bytes);
            let found = found.map_err(|reason| reader.damaged(frame, reason))?;
            ids.extend(found.into_iter().filter(|id| seen.insert(*id)));
            bytes += open.bytes.len();
            opened.insert(frame, open);
        }
        let mut loading = Loading::new(reader, ids);
        while let Some(traces) = loading.next::<ReadError>(&opened, || Ok(()))? {
            for trace in traces {
                if let ControlFlow::Break(end) = take(trace) {
                    return Ok(ControlFlow::Break(end));
                }
            }
        }
    }
    Ok(ControlFlow::Continue(()))
}

impl Selection {
    /// The frames that may hold such a span, oldest first.
    fn frames(&self, reader: &Reader) -> Vec<Frame> {
        let mut frames = Vec::new();
        if self.traces.is_empty() {
            for block in reader.blocks() {
                frames.extend(reader.frames_of_block(block));
            }
        } else {
            for id in &self.traces {
                frames.extend(reader.frames_of_trace(*id));
            }
        }
        frames.retain(|frame| frame.last >= self.from && frame.first <= self.to);
        frames.sort_unstable_by_key(|frame| (frame.first, *frame));
        frames.dedup();
        frames
    }

    /// The traces with such a span in this frame, in their order there.
    fn traces_in(&self, frame: &[u8]) -> Result<Vec<TraceId>, crate::format::otlp::Malformed> {
        let mut ids = Vec::new();
        for group in span_groups(groups(frame)?)? {
            let service = group.resource.service_name();
            if self
                .service
                .as_deref()
                .is_some_and(|wanted| wanted != service)
            {
                continue;
            }
            let outlines = group.messages.iter().filter_map(|m| Outline::read(m));
            let outlines = outlines.filter(|o| (self.from..=self.to).contains(&o.start));
            let found = outlines.map(|outline| (outline.start, outline.trace_id));
            ids.extend(found.filter(|(_, id)| self.traces.is_empty() || self.traces.contains(id)));
        }
        ids.sort_unstable();
        Ok(ids.into_iter().map(|(_, id)| id).collect())
    }
}
