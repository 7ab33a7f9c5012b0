//! Loads traces from the store, many at a time.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;

use super::{ELEMENT, ENTRY, LIGHT, MAX_BYTES, Trace, elements_of_head};
use crate::format::otlp::{Group, Malformed, Outline, SPAN, groups, write_groups};
use crate::format::weight;
use crate::model::{TraceId, UnixNanos};
use crate::query::memory::{Held, SMALL};
use crate::store::{Frame, ReadError, Reader};

/// Opened frames, by their places in the store.
pub(in crate::query) type OpenFrames = HashMap<Frame, Rc<OpenFrame>>;

/// Opened frames, kept for one query, since the spans found in one belong to traces that are loaded next.
#[derive(Default)]
pub(in crate::query) struct KeptFrames {
    open: OpenFrames,
    /// The bytes of all of them.
    bytes: usize,
}

/// An opened frame.
pub(in crate::query) struct OpenFrame {
    /// The frame's `TracesData`.
    pub(in crate::query) bytes: Vec<u8>,
    spans: OnceCell<Vec<Option<SpanStart>>>,
}

/// The trace and the start of a span.
#[derive(Clone, Copy)]
pub(in crate::query) struct SpanStart {
    pub(in crate::query) trace_id: TraceId,
    pub(in crate::query) start: UnixNanos,
}

/// Loads traces in their order, as many together as fit into a bound of memory.
///
/// A frame is opened once for all of them: one by one, traces that lie in the same frames would open
/// each of these as often as it has traces.
pub(in crate::query) struct Loading<'r> {
    reader: &'r Reader,
    /// Those that are left.
    ids: VecDeque<TraceId>,
    /// The most traces to be loaded together.
    count: usize,
    /// The most bytes of them, unless one alone is larger.
    bytes: usize,
}

/// Traces that are loaded together.
struct Batch {
    all: Vec<TraceLoader>,
    /// The place of each trace in this list.
    places: HashMap<TraceId, usize>,
    /// The approximate size of all of them, in bytes.
    size: usize,
    held: Held,
}

/// A trace while it is loaded.
struct TraceLoader {
    id: TraceId,
    start: UnixNanos,
    span_count: usize,
    cut: bool,
    data: Vec<u8>,
    weight: Weight,
}

/// The memory that a trace takes beside its bytes when it is decoded span by span.
#[derive(Default)]
struct Weight {
    /// The elements of its largest span.
    span: usize,
    /// The elements of its resources and scopes.
    heads: usize,
}

/// The most bytes of frames that are kept.
const MAX_KEPT: usize = 4 << 20;

/// The most bytes of the first traces that are loaded together, unless one alone is larger: most questions
/// need no more, and still count as small then.
const FIRST: usize = SMALL / 2;

/// The most bytes of later ones.
const MAX_TOGETHER: usize = 16 << 20;

/// The most elements of the resources and scopes of a trace together; beyond that, the trace is
/// truncated.
const MAX_HEADS: usize = 1_000_000;

/// Loads the trace with that id, completely unless it is larger than [`MAX_BYTES`].
pub(in crate::query) fn load(reader: &Reader, id: TraceId) -> Result<Option<Trace>, ReadError> {
    let traces = Loading::new(reader, [id]).next::<ReadError>(&OpenFrames::new(), || Ok(()))?;
    Ok(traces.into_iter().flatten().next())
}

impl KeptFrames {
    /// Those that are kept now.
    pub(in crate::query) fn open(&self) -> &OpenFrames {
        &self.open
    }

    pub(in crate::query) fn get(
        &mut self,
        reader: &Reader,
        frame: Frame,
    ) -> Result<Rc<OpenFrame>, ReadError> {
        if let Some(open) = self.open.get(&frame) {
            return Ok(Rc::clone(open));
        }
        let opened = OpenFrame::new(reader.open(frame)?);
        self.bytes += opened.bytes.len();
        if self.bytes > MAX_KEPT {
            self.open.clear();
            self.bytes = opened.bytes.len();
        }
        self.open.insert(frame, Rc::clone(&opened));
        Ok(opened)
    }
}

impl OpenFrame {
    pub(in crate::query) fn new(bytes: Vec<u8>) -> Rc<Self> {
        Rc::new(Self {
            bytes,
            spans: OnceCell::new(),
        })
    }

    /// The trace and start of each span of these groups, which are all of the frame.
    fn spans_of(&self, groups: &[Group<'_>]) -> &[Option<SpanStart>] {
        self.spans(groups.iter().flat_map(|group| group.spans.iter().copied()))
    }

    /// The trace and start of each span; `messages` are all messages of the frame, which are read
    /// once.
    pub(in crate::query) fn spans<'m>(
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

impl<'r> Loading<'r> {
    /// Loads the traces with these ids, each once.
    pub(in crate::query) fn new(
        reader: &'r Reader,
        ids: impl IntoIterator<Item = TraceId>,
    ) -> Self {
        let mut seen = HashSet::new();
        let ids = ids.into_iter().filter(|id| seen.insert(*id));
        Self {
            reader,
            ids: ids.collect(),
            count: FIRST / ENTRY,
            bytes: FIRST,
        }
    }

    /// Loads the next traces; `None` if there are no more. Of a trace that is not stored any more, there
    /// is nothing. `opened` are frames that are open already; `check` is called first, and before each
    /// other one.
    ///
    /// # Errors
    /// Those of `check`, and [`ReadError`] if the store cannot be read or there is no memory for the
    /// first of the traces.
    pub(in crate::query) fn next<E: From<ReadError>>(
        &mut self,
        opened: &OpenFrames,
        check: impl Fn() -> Result<(), E>,
    ) -> Result<Option<Vec<Trace>>, E> {
        if self.ids.is_empty() {
            return Ok(None);
        }
        check()?;
        let reader = self.reader;
        let together = self.ids.iter().take(self.count).copied();
        let mut batch = Batch::new(reader, together.clone());
        let mut wanted: HashSet<_> = frames_of(reader, together).collect();
        let mut frames: Vec<_> = wanted.iter().copied().collect();
        frames.sort_unstable_by_key(Frame::place);
        for frame in frames {
            if !wanted.contains(&frame) {
                continue;
            }
            if batch.is_full() {
                break;
            }
            let open = if let Some(open) = opened.get(&frame) {
                Rc::clone(open)
            } else {
                check()?;
                let is_wanted = |id| batch.places.contains_key(&id);
                OpenFrame::new(reader.open_traces(frame, is_wanted)?)
            };
            let added = batch.add(&open);
            added.map_err(|reason| reader.damaged(frame, reason))?;
            if batch.fit(self.bytes)? {
                wanted = frames_of(reader, batch.places.keys().copied()).collect();
            }
        }
        self.ids.drain(..batch.all.len());
        // About as many will fit the next time.
        self.count = 2 * batch.all.len();
        self.bytes = (2 * self.bytes).min(MAX_TOGETHER);
        Ok(Some(batch.finish()))
    }
}

/// The frames that may hold spans of these traces.
fn frames_of(reader: &Reader, ids: impl Iterator<Item = TraceId>) -> impl Iterator<Item = Frame> {
    ids.flat_map(|id| reader.frames_of_trace(id))
}

impl Batch {
    fn new(reader: &Reader, ids: impl Iterator<Item = TraceId> + Clone) -> Self {
        let all = ids
            .clone()
            .map(|id| TraceLoader::new(id, reader.evicted(id)));
        Self {
            all: all.collect(),
            places: ids.zip(0..).collect(),
            size: 0,
            held: Held::default(),
        }
    }

    /// Returns true if no more spans are taken.
    fn is_full(&mut self) -> bool {
        self.all.iter_mut().all(TraceLoader::is_full)
    }

    /// Adds the spans of a frame to their traces.
    fn add(&mut self, frame: &OpenFrame) -> Result<(), Malformed> {
        let found = groups(&frame.bytes)?;
        let mut starts = frame.spans_of(&found).iter();
        let mut parts: HashMap<usize, Vec<(usize, Group<'_>)>> = HashMap::new();
        for (number, group) in found.iter().enumerate() {
            for (message, span) in group.spans.iter().zip(&mut starts) {
                let Some(span) = span else { continue };
                let Some(place) = self.places.get(&span.trace_id) else {
                    continue;
                };
                if let Some(loader) = self.all.get_mut(*place) {
                    loader.start = loader.start.min(span.start);
                }
                let part = parts.entry(*place).or_default();
                match part.last_mut() {
                    Some((last, group)) if *last == number => group.spans.push(message),
                    _ => {
                        let spans = vec![*message];
                        let head = group.head;
                        part.push((number, Group { head, spans }));
                    }
                }
            }
        }
        for (place, part) in parts {
            let Some(loader) = self.all.get_mut(place) else {
                continue;
            };
            if !loader.is_full() {
                let before = loader.size();
                loader.append(part.into_iter().map(|(_, group)| group).collect());
                self.size += loader.size() - before;
            }
        }
        Ok(())
    }

    /// Leaves the last traces for later if all are too large, or if memory is scarce, and reserves the
    /// memory of the others. Returns true if it has left any.
    fn fit(&mut self, bytes: usize) -> Result<bool, ReadError> {
        let before = self.all.len();
        while self.size > bytes && self.all.len() > 1 {
            self.halve();
        }
        while self.all.len() > 1 && !self.held.try_grow(self.size) {
            self.halve();
        }
        self.held.grow(self.size)?;
        let left = self.all.len();
        if left < before {
            self.places.retain(|_, place| *place < left);
        }
        Ok(left < before)
    }

    fn halve(&mut self) {
        self.all.truncate(self.all.len() / 2);
        self.size = self.all.iter().map(TraceLoader::size).sum();
    }

    fn finish(self) -> Vec<Trace> {
        let mut held = self.held;
        let finish = |loader: TraceLoader| loader.finish(&mut held);
        self.all.into_iter().filter_map(finish).collect()
    }
}

impl TraceLoader {
    fn new(id: TraceId, cut: bool) -> Self {
        Self {
            id,
            start: UnixNanos::MAX,
            span_count: 0,
            cut,
            data: Vec::new(),
            weight: Weight::default(),
        }
    }

    /// Returns true if no more spans are taken; the trace is then cut.
    fn is_full(&mut self) -> bool {
        let is_full = self.data.len() > MAX_BYTES;
        self.cut |= is_full;
        is_full
    }

    /// Adds spans of this trace.
    fn append(&mut self, mut found: Vec<Group<'_>>) {
        found.retain(|group| !group.spans.is_empty() && self.weigh(group));
        self.span_count += found.iter().map(|group| group.spans.len()).sum::<usize>();
        let length = found.iter().map(length_of_group).sum();
        if self.data.capacity() - self.data.len() < length {
            // Grows by an eighth and not to the double, since the buffer may be large and its memory is
            // counted.
            self.data.reserve_exact(length.max(self.data.len() / 8));
        }
        write_groups(found.into_iter().map(|g| (g.head, g.spans)), &mut self.data);
    }

    /// Returns true if a group may be added, given the memory for decoding it.
    fn weigh(&mut self, group: &Group<'_>) -> bool {
        let heads = elements_of_head(group);
        // The first is always accepted, since a single request was limited when it was received.
        if self.weight.heads > 0 && self.weight.heads + heads > MAX_HEADS {
            self.cut = true;
            return false;
        }
        self.weight.heads += heads;
        for span in group.spans.iter().filter(|span| span.len() > LIGHT) {
            let elements = weight::elements(span, &SPAN, usize::MAX);
            self.weight.span = self.weight.span.max(elements);
        }
        true
    }

    /// The approximate size in bytes.
    fn size(&self) -> usize {
        let elements = self.weight.span + self.weight.heads;
        self.data.capacity() + self.span_count * ENTRY + elements * ELEMENT
    }

    /// The trace, with its part of the memory held; `None` if it has no spans.
    fn finish(self, held: &mut Held) -> Option<Trace> {
        let held = held.split_off(self.size());
        (!self.data.is_empty()).then_some(Trace {
            id: self.id,
            start: self.start,
            span_count: self.span_count,
            cut: self.cut,
            data: self.data,
            held,
        })
    }
}

/// The bytes of a group when it is written, or a few more.
fn length_of_group(group: &Group<'_>) -> usize {
    /// The most bytes of the tag and the length of a field.
    const TAG: usize = 6;
    let head = group.head;
    let in_head = [
        head.resource,
        head.resource_schema,
        head.scope,
        head.scope_schema,
    ];
    let fields = in_head.iter().chain(&group.spans);
    2 * TAG + fields.map(|bytes| TAG + bytes.len()).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::otlp::ResourceScope;

    fn id(trace: u8) -> TraceId {
        TraceId::from_slice(&[trace; 16]).unwrap()
    }

    /// A frame with a span of each of these traces.
    fn frame(traces: impl Iterator<Item = u8>) -> Rc<OpenFrame> {
        let span = |trace: u8| [&[0x0a, 16][..], &[trace; 16], &[0x12, 8], &[1; 8]].concat();
        let spans: Vec<_> = traces.map(span).collect();
        let mut frame = Vec::new();
        let group = (ResourceScope::default(), spans.iter().map(Vec::as_slice));
        write_groups([group], &mut frame);
        OpenFrame::new(frame)
    }

    fn batch(traces: impl Iterator<Item = u8> + Clone) -> Batch {
        Batch {
            all: traces
                .clone()
                .map(|trace| TraceLoader::new(id(trace), false))
                .collect(),
            places: traces.map(id).zip(0..).collect(),
            size: 0,
            held: Held::default(),
        }
    }

    #[test]
    fn a_small_trace_takes_no_memory_for_the_others_of_its_frame() {
        let mut batch = batch(7..8);
        batch.add(&frame(1..=255)).unwrap();
        let [loader] = &batch.all[..] else { panic!() };
        assert_eq!(loader.span_count, 1);
        let (capacity, length) = (loader.data.capacity(), loader.data.len());
        assert!(capacity < 2 * length, "{capacity} bytes for {length}");
    }

    #[test]
    fn traces_that_are_too_large_together_are_left_for_later() {
        let mut batch = batch(1..=8);
        batch.add(&frame(1..=8)).unwrap();
        assert!(!batch.fit(batch.size).unwrap());
        let of_two = batch.size / 4;
        assert!(batch.fit(of_two).unwrap());
        assert_eq!((batch.all.len(), batch.size), (2, of_two));
        // Those that were left take no spans any more.
        batch.add(&frame(1..=8)).unwrap();
        assert!(batch.fit(0).unwrap());
        let traces = batch.finish();
        assert_eq!(
            traces
                .iter()
                .map(|trace| (trace.id, trace.span_count))
                .collect::<Vec<_>>(),
            [(id(1), 2)]
        );
    }
}
