//! One trace out of the store.

use std::cell::OnceCell;
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

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
    open: HashMap<Frame, Rc<OpenFrame>>,
}

/// A frame that was opened.
pub(super) struct OpenFrame {
    /// Its `TracesData`.
    pub(super) bytes: Vec<u8>,
    spans: OnceCell<Vec<Option<SpanStart>>>,
}

/// To which trace a span belongs, and when it starts.
#[derive(Clone, Copy)]
pub(super) struct SpanStart {
    pub(super) trace_id: TraceId,
    pub(super) start: UnixNanos,
}

/// Frames that are kept open at most; about 16 MiB.
const MAX_OPEN: usize = 128;

impl Frames {
    pub(super) fn get(
        &mut self,
        reader: &Reader,
        frame: Frame,
    ) -> Result<Rc<OpenFrame>, ReadError> {
        if let Some(open) = self.open.get(&frame) {
            return Ok(Rc::clone(open));
        }
        if self.open.len() >= MAX_OPEN {
            self.open.clear();
        }
        let opened = Rc::new(OpenFrame {
            bytes: reader.open(frame)?,
            spans: OnceCell::new(),
        });
        self.open.insert(frame, Rc::clone(&opened));
        Ok(opened)
    }
}

impl OpenFrame {
    /// What is known of each span; `messages` are all messages of the frame, which are read once.
    pub(super) fn spans<'m>(
        &self,
        messages: impl Iterator<Item = &'m [u8]>,
    ) -> &[Option<SpanStart>] {
        let read = |message| {
            let Outline {
                trace_id, start, ..
            } = Outline::read(message)?;
            Some(SpanStart { trace_id, start })
        };
        self.spans.get_or_init(|| messages.map(read).collect())
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
        let open = frames.get(reader, frame)?;
        collecting
            .add(&open)
            .map_err(|reason| reader.damaged(frame, reason))?;
    }
    Ok(collecting.finish())
}

impl Collecting {
    fn add(&mut self, frame: &OpenFrame) -> Result<(), Malformed> {
        let mut found = groups(&frame.bytes)?;
        let spans = frame.spans(found.iter().flat_map(|group| group.spans.iter().copied()));
        let mut spans = spans.iter();
        for group in &mut found {
            group.spans.retain(|_| match spans.next() {
                Some(Some(span)) if span.trace_id == self.id => {
                    self.start = self.start.min(span.start);
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
        let mut heads = HashMap::new();
        let mut seen = HashSet::new();
        for group in &mut groups {
            let next = heads.len();
            let head = *heads.entry(group.head).or_insert(next);
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
