//! A trace loaded from the store.

use std::cell::OnceCell;
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::ops::Deref;
use std::rc::Rc;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::adjust::{adjust, has_shared_ids, split_shared_ids};
use super::memory::Held;
use super::warnings::{Hosts, PLACE, Place, Warnings};
use crate::format::otlp::{
    Group, Malformed, Outline, RESOURCE, SCOPE, SPAN, SpanGroup, groups, span_groups, write_groups,
};
use crate::format::weight::{self, Shape};
use crate::model::{Attribute, Span, SpanId, SpanKind, TraceId, UnixNanos, Value};
use crate::store::{Frame, ReadError, Reader};

/// All spans of a trace, encoded.
#[derive(Debug)]
pub struct Trace {
    /// The trace id.
    pub id: TraceId,
    /// The earliest start of its spans.
    pub start: UnixNanos,
    /// The number of its spans, in which a span that was sent twice counts twice.
    pub span_count: usize,
    /// True if it has more spans than fit into `MAX_BYTES`.
    pub cut: bool,
    /// A `TracesData` message of OTLP.
    data: Vec<u8>,
    held: Held,
}

/// The largest trace that is shown, in bytes; some 150,000 spans.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// Opened frames, kept for one query, since traces found together are often stored together.
#[derive(Default)]
pub(super) struct Frames {
    open: HashMap<Frame, Rc<OpenFrame>>,
    /// The bytes of all of them.
    bytes: usize,
    /// Frames of columns of which one trace has been read; when a second one is needed, all are
    /// read.
    asked: HashSet<Frame>,
    /// The traces of frames that are probably needed, until one of them is; then all are read.
    expected: HashMap<Frame, HashSet<TraceId>>,
    /// Those that have been read.
    parts: HashMap<Frame, Part>,
}

/// Some traces of a frame.
struct Part {
    ids: HashSet<TraceId>,
    open: Rc<OpenFrame>,
}

/// An opened frame.
pub(super) struct OpenFrame {
    /// The frame's `TracesData`.
    pub(super) bytes: Vec<u8>,
    spans: OnceCell<Vec<Option<SpanStart>>>,
}

/// The trace and the start of a span.
#[derive(Clone, Copy)]
pub(super) struct SpanStart {
    pub(super) trace_id: TraceId,
    pub(super) start: UnixNanos,
}

/// The most bytes of frames that are kept open.
const MAX_OPEN: usize = 4 << 20;

impl Frames {
    pub(super) fn get(
        &mut self,
        reader: &Reader,
        frame: Frame,
    ) -> Result<Rc<OpenFrame>, ReadError> {
        if let Some(open) = self.open.get(&frame) {
            return Ok(Rc::clone(open));
        }
        let opened = OpenFrame::new(reader.open(frame)?);
        self.make_room(&opened);
        self.open.insert(frame, Rc::clone(&opened));
        Ok(opened)
    }

    fn make_room(&mut self, opened: &OpenFrame) {
        self.bytes += opened.bytes.len();
        if self.bytes > MAX_OPEN {
            self.open.clear();
            self.parts.clear();
            self.bytes = opened.bytes.len();
        }
    }

    /// Notes that these traces of a frame are probably needed.
    pub(super) fn expect(&mut self, frame: Frame, ids: impl IntoIterator<Item = TraceId>) {
        self.expected.entry(frame).or_default().extend(ids);
    }

    /// Like [`Self::get`], for one trace: a frame of columns need not unpack the others.
    fn get_trace(
        &mut self,
        reader: &Reader,
        frame: Frame,
        id: TraceId,
    ) -> Result<Rc<OpenFrame>, ReadError> {
        if self.open.contains_key(&frame) || !reader.has_columns(frame) {
            return self.get(reader, frame);
        }
        if let Some(part) = self.parts.get(&frame).filter(|part| part.ids.contains(&id)) {
            return Ok(Rc::clone(&part.open));
        }
        if let Some(ids) = self.expected.remove(&frame)
            && ids.contains(&id)
        {
            let open = OpenFrame::new(reader.open_traces(frame, |id| ids.contains(&id))?);
            self.make_room(&open);
            let part = Part {
                ids,
                open: Rc::clone(&open),
            };
            self.parts.insert(frame, part);
            return Ok(open);
        }
        if !self.asked.insert(frame) {
            return self.get(reader, frame);
        }
        Ok(OpenFrame::new(
            reader.open_traces(frame, |other| other == id)?,
        ))
    }
}

impl OpenFrame {
    pub(super) fn new(bytes: Vec<u8>) -> Rc<Self> {
        Rc::new(Self {
            bytes,
            spans: OnceCell::new(),
        })
    }

    /// The trace and start of each span of these groups, which are all of the frame.
    pub(super) fn spans_of(&self, groups: &[Group<'_>]) -> &[Option<SpanStart>] {
        self.spans(groups.iter().flat_map(|group| group.spans.iter().copied()))
    }

    /// The trace and start of each span; `messages` are all messages of the frame, which are read
    /// once.
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

/// The groups of a frame, ready to be decoded, and the memory reserved for that.
pub(super) fn weighed_groups<'a>(
    reader: &Reader,
    frame: Frame,
    bytes: &'a [u8],
) -> Result<(Vec<SpanGroup<'a>>, Held), ReadError> {
    let damaged = |reason| reader.damaged(frame, reason);
    let groups = groups(bytes).map_err(damaged)?;
    let held = hold(&groups)?;
    Ok((span_groups(groups).map_err(damaged)?, held))
}

/// Reserves the memory for decoding all spans of a frame together, with its resources and scopes.
pub(super) fn hold(groups: &[Group<'_>]) -> Result<Held, ReadError> {
    let spans = groups.iter().flat_map(|group| &group.spans);
    let heavy = spans.filter(|span| span.len() > LIGHT);
    let in_spans: usize = heavy
        .map(|span| weight::elements(span, &SPAN, usize::MAX))
        .sum();
    let in_heads: usize = groups.iter().map(elements_of_head).sum();
    let mut held = Held::default();
    held.grow((in_spans + in_heads) * ELEMENT)?;
    Ok(held)
}

/// The elements of a group's resource and scope.
fn elements_of_head(group: &Group<'_>) -> usize {
    let heads = [(group.head.resource, &RESOURCE), (group.head.scope, &SCOPE)];
    let elements = |(bytes, shape): (&[u8], &Shape)| weight::elements(bytes, shape, usize::MAX);
    heads.into_iter().map(elements).sum()
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

/// A trace while it is loaded.
struct TraceLoader {
    id: TraceId,
    start: UnixNanos,
    span_count: usize,
    cut: bool,
    data: Vec<u8>,
    weight: Weight,
    held: Held,
}

/// The memory that a trace takes beside its bytes when it is decoded span by span.
#[derive(Default)]
struct Weight {
    /// The elements of its largest span.
    span: usize,
    /// The elements of its resources and scopes.
    heads: usize,
}

/// The most elements of the resources and scopes of a trace together; beyond that, the trace is
/// truncated.
const MAX_HEADS: usize = 1_000_000;

/// The most elements of a trace whose spans share ids, as in Zipkin: such spans can be separated
/// only when all are decoded.
const MAX_SHARED: usize = 500_000;

/// The most bytes of traces that are loaded together, unless one alone is larger.
const MAX_TOGETHER: usize = 64 << 20;

/// The memory of an element that is decoded and converted to another format, in bytes.
const ELEMENT: usize = 160;

/// The memory of a decoded element, in bytes.
const DECODED: usize = 64;

/// The memory of decoded spans for a query on a whole trace, in bytes.
const MAX_DECODED: usize = 96 << 20;

/// The memory of a span while spans are sorted and checked for warnings, in bytes.
const ENTRY: usize = 160 + PLACE;

/// A smaller message has few elements.
const LIGHT: usize = 8 * 1024;

/// Loads the trace with that id, completely unless it is larger than [`MAX_BYTES`].
pub(super) fn load(
    reader: &Reader,
    frames: &mut Frames,
    id: TraceId,
) -> Result<Option<Trace>, ReadError> {
    let mut loader = TraceLoader::new(id, reader.evicted(id));
    for frame in reader.frames_of_trace(id) {
        if loader.is_full() {
            break;
        }
        let open = frames.get_trace(reader, frame, id)?;
        loader
            .add(&open)
            .map_err(|reason| reader.damaged(frame, reason))?;
        loader.held.grow(loader.size())?;
    }
    Ok(loader.finish())
}

/// Loads the first of these traces, at least one and at most so many, as many as fit into
/// [`MAX_TOGETHER`], and takes their ids away. `opened` are frames that are open already.
///
/// A frame is opened once for all of them: one by one, traces that lie in the same frames would open
/// each of these as often as it has traces.
pub(super) fn load_together(
    reader: &Reader,
    opened: &HashMap<Frame, Rc<OpenFrame>>,
    ids: &mut Vec<TraceId>,
    most: usize,
) -> Result<Vec<Trace>, ReadError> {
    let mut loaders = Loaders::new(reader, ids.get(..most).unwrap_or(ids));
    let frames = reader
        .blocks()
        .flat_map(|block| reader.frames_of_block(block));
    for frame in frames {
        if !loaders.frames.contains(&frame) {
            continue;
        }
        let open = match opened.get(&frame) {
            Some(open) => Rc::clone(open),
            None => {
                OpenFrame::new(reader.open_traces(frame, |id| loaders.places.contains_key(&id))?)
            }
        };
        let added = loaders.add(&open);
        added.map_err(|reason| reader.damaged(frame, reason))?;
        loaders.fit(reader)?;
    }
    ids.drain(..loaders.all.len());
    let traces = loaders.all.into_iter().filter_map(TraceLoader::finish);
    Ok(traces.collect())
}

/// Traces that are loaded together.
struct Loaders {
    all: Vec<TraceLoader>,
    /// The place of each trace in this list.
    places: HashMap<TraceId, usize>,
    /// The frames that may hold spans of them.
    frames: HashSet<Frame>,
    /// The approximate size of all of them, in bytes.
    size: usize,
    /// The places of those that have grown since their memory was reserved.
    grown: Vec<usize>,
}

impl Loaders {
    fn new(reader: &Reader, ids: &[TraceId]) -> Self {
        let frames = ids.iter().flat_map(|id| reader.frames_of_trace(*id));
        let frames = frames.collect();
        let places = ids.iter().enumerate().map(|(place, id)| (*id, place));
        let places = places.collect();
        let all = ids
            .iter()
            .map(|id| TraceLoader::new(*id, reader.evicted(*id)));
        Self {
            all: all.collect(),
            places,
            frames,
            size: 0,
            grown: Vec::new(),
        }
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
                self.grown.push(place);
            }
        }
        Ok(())
    }

    /// Leaves the last traces for later if all are too large, and reserves the memory of the others.
    fn fit(&mut self, reader: &Reader) -> Result<(), ReadError> {
        if self.size > MAX_TOGETHER && self.all.len() > 1 {
            while self.size > MAX_TOGETHER && self.all.len() > 1 {
                self.all.truncate(self.all.len() / 2);
                self.size = self.all.iter().map(TraceLoader::size).sum();
            }
            let left = self.all.len();
            self.places.retain(|_, place| *place < left);
            let ids = self.places.keys();
            let frames = ids.flat_map(|id| reader.frames_of_trace(*id));
            self.frames = frames.collect();
        }
        for place in self.grown.drain(..) {
            if let Some(loader) = self.all.get_mut(place) {
                loader.held.grow(loader.size())?;
            }
        }
        Ok(())
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
            held: Held::default(),
        }
    }

    /// Returns true if no more spans are taken; the trace is then cut.
    fn is_full(&mut self) -> bool {
        let is_full = self.data.len() > MAX_BYTES;
        self.cut |= is_full;
        is_full
    }

    fn add(&mut self, frame: &OpenFrame) -> Result<(), Malformed> {
        let mut found = groups(&frame.bytes)?;
        let mut spans = frame.spans_of(&found).iter();
        for group in &mut found {
            group.spans.retain(|_| match spans.next() {
                Some(Some(span)) if span.trace_id == self.id => {
                    self.start = self.start.min(span.start);
                    true
                }
                _ => false,
            });
        }
        self.append(found);
        Ok(())
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

    fn finish(self) -> Option<Trace> {
        (!self.data.is_empty()).then_some(Trace {
            id: self.id,
            start: self.start,
            span_count: self.span_count,
            cut: self.cut,
            data: self.data,
            held: self.held,
        })
    }
}

/// Spans in order, each decoded when it is needed.
pub type Spans<'a> = Box<dyn Iterator<Item = Span<'a>> + 'a>;

/// The decoded spans of a trace, with their memory reserved.
#[derive(Debug)]
pub struct Decoded<'a> {
    spans: Vec<Span<'a>>,
    _held: Held,
}

impl<'a> Deref for Decoded<'a> {
    type Target = [Span<'a>];

    fn deref(&self) -> &[Span<'a>] {
        &self.spans
    }
}

impl Trace {
    /// All spans at once, for queries on a whole trace; only the first of them if they take more
    /// than `MAX_DECODED`, or than the trace leaves.
    ///
    /// # Errors
    /// [`ReadError`] if the store holds bytes that are not spans, or if there is not enough memory
    /// at the moment.
    pub fn spans(&self) -> Result<Decoded<'_>, ReadError> {
        let (mut spans, mut held, mut size) = (Vec::new(), Held::default(), 0);
        let most = self.held.left_beside().min(MAX_DECODED);
        for span in self.iter_as(false, None).map_err(malformed)? {
            size += decoded_size(&span);
            if size > most {
                report_part(self.id, most);
                break;
            }
            held.grow_by_steps(size)?;
            spans.push(span);
        }
        Ok(Decoded { spans, _held: held })
    }

    /// The spans ordered by start, as Jaeger shows them: with its adjustments, and once each even
    /// if a retry sent them twice. If `raw`, all of them as they were sent.
    ///
    /// They are produced one by one: the first is ready before the last is decoded. The span with
    /// the id `ahead` comes before all others, together with its ancestors.
    ///
    /// # Errors
    /// [`Malformed`] if the store holds bytes that are not spans.
    pub fn iter_as(&self, raw: bool, ahead: Option<SpanId>) -> Result<Spans<'_>, Malformed> {
        let groups = groups(&self.data)?;
        let mut messages = in_order(&groups);
        if !raw {
            messages = distinct(&messages, &groups);
        }
        let kinds = messages.iter().filter_map(|m| Some((m.span_id?, m.kind)));
        let is_shared = !raw && has_shared_ids(&kinds) && is_light(&messages);
        let groups = span_groups(groups)?;
        if let Some(span) = ahead {
            messages = bring_forward(messages, span, |message| {
                let group = groups.get(message.group)?;
                group.decode_expecting(0, message.bytes).ok()?.parent
            });
        }
        let mut attributes = 0;
        let spans = messages.into_iter().filter_map(move |message| {
            let group = groups.get(message.group)?;
            let span = group.decode_expecting(attributes, message.bytes).ok()?;
            // Spans of a trace usually have about as many attributes as the previous one.
            attributes = span.attributes.len();
            Some(span)
        });
        let adjusted = |mut span| {
            adjust(&mut span);
            span
        };
        Ok(if raw {
            Box::new(spans)
        } else if is_shared {
            let mut spans: Vec<_> = spans.collect();
            split_shared_ids(&mut spans);
            Box::new(spans.into_iter().map(adjusted))
        } else {
            Box::new(spans.map(adjusted))
        })
    }

    /// The warnings about the spans of [`Trace::iter_as`] that are not `raw`.
    ///
    /// # Errors
    /// [`Malformed`] if the store holds bytes that are not spans.
    pub fn warnings(&self) -> Result<Warnings, Malformed> {
        let groups = groups(&self.data)?;
        let messages = distinct(&in_order(&groups), &groups);
        let kinds = messages.iter().filter_map(|m| Some((m.span_id?, m.kind)));
        let mut hosts = Hosts::default();
        if has_shared_ids(&kinds) && is_light(&messages) {
            let places = self.iter_as(false, None)?.map(|span| {
                let ids = (span.span_id, span.parent);
                Place::new(ids, (span.start, span.end), hosts.number(&span.resource))
            });
            return Ok(Warnings::new(places));
        }
        let groups = span_groups(groups)?;
        let hosts: Vec<_> = groups
            .iter()
            .map(|group| hosts.number(&group.resource))
            .collect();
        let places = messages.iter().filter_map(|message| {
            let host = hosts.get(message.group).copied().flatten();
            let ids = (message.span_id?, message.parent);
            Some(Place::new(ids, (message.start, message.end), host))
        });
        Ok(Warnings::new(places))
    }

    /// The size of the trace in OTLP, in bytes.
    pub fn size(&self) -> usize {
        self.data.len()
    }
}

/// Says, at most once a minute, that a question looks at the first spans of a trace only.
fn report_part(trace: TraceId, most: usize) {
    static LAST: Mutex<Option<Instant>> = Mutex::new(None);
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if last.is_none_or(|last| last.elapsed() >= Duration::from_mins(1)) {
        *last = Some(Instant::now());
        tracing::warn!(
            %trace,
            "this trace is too large to be looked at whole: TraceQL and the tools for agents see the \
             first {} MiB of its decoded spans",
            most >> 20
        );
    }
}

fn malformed(reason: Malformed) -> ReadError {
    ReadError::Malformed(reason.to_string())
}

/// The approximate memory of a decoded span, in bytes.
fn decoded_size(span: &Span<'_>) -> usize {
    fn inside(value: &Value<'_>) -> usize {
        match value {
            Value::Array(values) => values.iter().map(|one| DECODED + inside(one)).sum(),
            Value::Map(entries) => attributes(entries),
            _ => 0,
        }
    }
    fn attributes(attributes: &[Attribute<'_>]) -> usize {
        let sizes = attributes
            .iter()
            .map(|entry| DECODED + inside(&entry.value));
        sizes.sum()
    }
    let events = span.events.iter().map(|event| &event.attributes);
    let links = span.links.iter().map(|link| &link.attributes);
    let parts = events
        .chain(links)
        .map(|list| 2 * DECODED + attributes(list));
    size_of::<Span<'_>>() + attributes(&span.attributes) + parts.sum::<usize>()
}

/// Returns true if all these spans may be decoded at once.
fn is_light(messages: &[Message<'_>]) -> bool {
    let mut left = MAX_SHARED;
    messages.iter().all(|message| {
        let elements = weight::elements(message.bytes, &SPAN, left) + 4;
        left = left.saturating_sub(elements);
        left > 0
    })
}

/// A span that is not decoded yet, with the fields needed before decoding.
#[derive(Debug, Clone, Copy)]
struct Message<'a> {
    start: UnixNanos,
    end: UnixNanos,
    span_id: Option<SpanId>,
    parent: Option<SpanId>,
    kind: SpanKind,
    /// The number of its group.
    group: usize,
    bytes: &'a [u8],
}

/// The spans ordered by start; of those that start together, the longest first.
fn in_order<'a>(groups: &[Group<'a>]) -> Vec<Message<'a>> {
    let numbered = groups.iter().enumerate();
    let spans = numbered.flat_map(|(number, group)| {
        let outlined = group
            .spans
            .iter()
            .map(|bytes| (*bytes, Outline::read(bytes)));
        outlined.filter_map(move |(bytes, outline)| {
            let outline = outline?;
            Some(Message {
                start: outline.start,
                end: outline.end,
                span_id: outline.span_id,
                parent: outline.parent,
                kind: outline.kind,
                group: number,
                bytes,
            })
        })
    });
    let mut spans: Vec<_> = spans.collect();
    spans.sort_by_key(|span| (span.start, Reverse(span.end)));
    spans
}

/// Moves a span and its ancestors before all others, and otherwise keeps the order. A parent that
/// begins after its child is not looked for.
fn bring_forward<'a>(
    messages: Vec<Message<'a>>,
    span: SpanId,
    parent: impl Fn(&Message<'a>) -> Option<SpanId>,
) -> Vec<Message<'a>> {
    let mut line = Vec::new();
    let mut wanted = Some(span);
    for (place, message) in messages.iter().enumerate().rev() {
        if wanted.is_none() {
            break;
        }
        if message.span_id == wanted {
            line.push(place);
            wanted = parent(message);
        }
    }
    let mut forward = Vec::with_capacity(messages.len());
    let mut rest = Vec::with_capacity(messages.len());
    for (place, message) in messages.into_iter().enumerate() {
        // The positions in the line descend.
        let is_next = line.pop_if(|next| *next == place).is_some();
        (if is_next { &mut forward } else { &mut rest }).push(message);
    }
    forward.append(&mut rest);
    forward
}

/// The distinct spans. Equal spans are adjacent, since they start and end together.
fn distinct<'a>(spans: &[Message<'a>], groups: &[Group<'a>]) -> Vec<Message<'a>> {
    // Equal resources and scopes have the same number.
    let mut numbers = HashMap::new();
    let numbered = groups.iter().map(|group| {
        let next = numbers.len();
        *numbers.entry(group.head).or_insert(next)
    });
    let heads: Vec<_> = numbered.collect();
    let mut distinct = Vec::with_capacity(spans.len());
    let mut ids = Vec::new();
    for together in spans.chunk_by(|a, b| (a.start, a.end) == (b.start, b.end)) {
        // Comparing ids is much cheaper than hashing spans, and duplicates are rare.
        ids.clear();
        ids.extend(together.iter().map(|span| span.span_id));
        ids.sort_unstable();
        if ids.array_windows().all(|[one, other]| one != other) {
            distinct.extend_from_slice(together);
            continue;
        }
        let mut seen = HashSet::new();
        let first = |span: &&Message<'a>| seen.insert((heads.get(span.group), span.bytes));
        distinct.extend(together.iter().filter(first));
    }
    distinct
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::otlp::ResourceScope;

    #[test]
    fn a_small_trace_takes_no_memory_for_the_others_of_its_frame() {
        let span = |trace: u8| [&[0x0a, 16][..], &[trace; 16], &[0x12, 8], &[1; 8]].concat();
        let spans: Vec<_> = (1..=255).map(span).collect();
        let mut frame = Vec::new();
        let group = (ResourceScope::default(), spans.iter().map(Vec::as_slice));
        write_groups([group], &mut frame);
        let mut loader = TraceLoader::new(TraceId::from_slice(&[7; 16]).unwrap(), false);
        loader.add(&OpenFrame::new(frame)).unwrap();
        assert_eq!(loader.span_count, 1);
        let (capacity, length) = (loader.data.capacity(), loader.data.len());
        assert!(capacity < 2 * length, "{capacity} bytes for {length}");
    }
}
