//! One trace out of the store.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::adjust::adjust;
use crate::model::{Span, TraceId, UnixNanos};
use crate::otlp::{Group, Malformed, Outline, decode_groups, groups, write_groups};
use crate::store::{Frame, ReadError, Reader};

/// All spans of a trace, as bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// Its id.
    pub id: TraceId,
    /// When the first of its spans starts.
    pub start: UnixNanos,
    /// Whether it has more spans than fit into `MAX_BYTES`.
    pub cut: bool,
    /// A `TracesData` of OTLP.
    data: Vec<u8>,
}

/// Bytes of a trace that are shown; some 300,000 spans.
const MAX_BYTES: usize = 128 * 1024 * 1024;

/// Opened frames, kept for the length of one question: traces found together often lie together.
#[derive(Default)]
pub(super) struct Frames {
    open: HashMap<Frame, Arc<Vec<u8>>>,
}

/// Frames that are kept open at most; about 16 MiB.
const MAX_OPEN: usize = 128;

impl Frames {
    pub(super) fn get(&mut self, reader: &Reader, frame: Frame) -> Result<Arc<Vec<u8>>, ReadError> {
        if let Some(open) = self.open.get(&frame) {
            return Ok(Arc::clone(open));
        }
        if self.open.len() >= MAX_OPEN {
            self.open.clear();
        }
        let opened = Arc::new(reader.open(frame)?);
        self.open.insert(frame, Arc::clone(&opened));
        Ok(opened)
    }
}

/// A trace being put together.
struct Collecting {
    id: TraceId,
    start: UnixNanos,
    cut: bool,
    data: Vec<u8>,
}

/// The trace of that id, whole unless it is larger than [`MAX_BYTES`].
pub(super) fn load(
    reader: &Reader,
    frames: &mut Frames,
    id: TraceId,
) -> Result<Option<Trace>, ReadError> {
    let mut collecting = Collecting {
        id,
        start: UnixNanos::MAX,
        cut: false,
        data: Vec::new(),
    };
    for frame in reader.frames_of_trace(id) {
        if collecting.data.len() > MAX_BYTES {
            collecting.cut = true;
            break;
        }
        let bytes = frames.get(reader, frame)?;
        collecting
            .add(&bytes)
            .map_err(|reason| reader.damaged(frame, reason))?;
    }
    Ok(collecting.finish())
}

impl Collecting {
    fn add(&mut self, frame: &[u8]) -> Result<(), Malformed> {
        let mut found = groups(frame)?;
        for group in &mut found {
            group.spans.retain(|span| match Outline::read(span) {
                Some(outline) if outline.trace_id == self.id => {
                    self.start = self.start.min(outline.start);
                    true
                }
                _ => false,
            });
        }
        found.retain(|group| !group.spans.is_empty());
        write_groups(found.into_iter().map(|g| (g.head, g.spans)), &mut self.data);
        Ok(())
    }

    fn finish(self) -> Option<Trace> {
        (!self.data.is_empty()).then_some(Trace {
            id: self.id,
            start: self.start,
            cut: self.cut,
            data: self.data,
        })
    }
}

impl Trace {
    /// The spans in the order of their starts, as Jaeger shows them: each once, though it was sent
    /// twice, as a retry does, and with its adjustments.
    ///
    /// # Errors
    /// [`Malformed`] if the store holds bytes that are not spans.
    pub fn spans(&self) -> Result<Vec<Span<'_>>, Malformed> {
        let mut spans = in_order(self.distinct()?)?;
        adjust(&mut spans);
        Ok(spans)
    }

    /// As [`Self::spans`]; if `raw`, all of them just as they were sent.
    ///
    /// # Errors
    /// [`Malformed`] if the store holds bytes that are not spans.
    pub fn spans_as(&self, raw: bool) -> Result<Vec<Span<'_>>, Malformed> {
        if raw {
            in_order(groups(&self.data)?)
        } else {
            self.spans()
        }
    }

    /// How many bytes it takes in OTLP.
    pub fn size(&self) -> usize {
        self.data.len()
    }

    /// The spans in bytes, each once.
    fn distinct(&self) -> Result<Vec<Group<'_>>, Malformed> {
        let mut groups = groups(&self.data)?;
        let mut seen = HashSet::new();
        for group in &mut groups {
            let head = group.head;
            group.spans.retain(|span| seen.insert((head, *span)));
        }
        Ok(groups)
    }
}

fn in_order(groups: Vec<Group<'_>>) -> Result<Vec<Span<'_>>, Malformed> {
    let spans = decode_groups(groups)?.flatten();
    let mut spans: Vec<_> = spans.map(|incoming| incoming.span).collect();
    spans.sort_by_key(|span| (span.start, Reverse(span.end)));
    Ok(spans)
}
