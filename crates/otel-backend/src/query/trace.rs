//! One trace out of the store.

use std::cell::OnceCell;
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::ops::Deref;
use std::rc::Rc;

use super::adjust::{adjust, has_shared_ids, split_shared_ids};
use super::memory::Held;
use super::warnings::{Hosts, PLACE, Place, Warnings};
use crate::format::otlp::{
    Group, Malformed, Outline, RESOURCE, SCOPE, SPAN, SpanGroup, groups, span_groups, write_groups,
};
use crate::format::weight::{self, Shape};
use crate::model::{Attribute, Span, SpanId, SpanKind, TraceId, UnixNanos, Value};
use crate::store::{Frame, ReadError, Reader};

/// All spans of a trace, as bytes.
#[derive(Debug)]
pub struct Trace {
    /// Its id.
    pub id: TraceId,
    /// The earliest start of its spans.
    pub start: UnixNanos,
    /// The number of its spans; a span that was sent twice counts twice.
    pub span_count: usize,
    /// Whether it has more spans than fit into `MAX_BYTES`.
    pub cut: bool,
    /// A `TracesData` of OTLP.
    data: Vec<u8>,
    _held: Held,
}

/// Bytes of a trace that are shown; some 150,000 spans.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// Opened frames, kept for the length of one question: traces found together often lie together.
#[derive(Default)]
pub(super) struct Frames {
    open: HashMap<Frame, Rc<OpenFrame>>,
    /// The bytes of all of them.
    bytes: usize,
    /// Frames of columns of which one trace was read: when a second one is, all are.
    asked: HashSet<Frame>,
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

/// The bytes of the frames that are kept open.
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
        self.bytes += opened.bytes.len();
        if self.bytes > MAX_OPEN {
            self.open.clear();
            self.bytes = opened.bytes.len();
        }
        self.open.insert(frame, Rc::clone(&opened));
        Ok(opened)
    }

    /// As [`Self::get`], for one trace: a frame of columns need not hold the others.
    fn get_trace(
        &mut self,
        reader: &Reader,
        frame: Frame,
        id: TraceId,
    ) -> Result<Rc<OpenFrame>, ReadError> {
        let is_known = self.open.contains_key(&frame) || !self.asked.insert(frame);
        if is_known || !reader.has_columns(frame) {
            return self.get(reader, frame);
        }
        Ok(OpenFrame::new(reader.open_trace(frame, id)?))
    }
}

impl OpenFrame {
    fn new(bytes: Vec<u8>) -> Rc<Self> {
        Rc::new(Self {
            bytes,
            spans: OnceCell::new(),
        })
    }

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

/// The groups of a frame, ready to be decoded, and the memory that this takes.
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

/// Takes what the spans of a frame, its resources and its scopes need when they are decoded together.
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

/// A trace being put together.
struct Collecting {
    id: TraceId,
    start: UnixNanos,
    span_count: usize,
    cut: bool,
    data: Vec<u8>,
    weight: Weight,
    held: Held,
}

/// What a trace takes beside its bytes when it is decoded span by span.
#[derive(Default)]
struct Weight {
    /// Elements of its largest span.
    span: usize,
    /// Elements of its resources and scopes.
    heads: usize,
}

/// Elements that the resources and scopes of a trace may have together; beyond them, it is cut.
const MAX_HEADS: usize = 1_000_000;

/// Elements that a trace may have in which spans share ids, as Zipkin's do: these are told apart only
/// when all are decoded.
const MAX_SHARED: usize = 500_000;

/// The bytes that an element takes when it is decoded and written as another format.
const ELEMENT: usize = 160;

/// The bytes that an element takes when it is decoded.
const DECODED: usize = 64;

/// The bytes of decoded spans that a question about a whole trace looks at.
const MAX_DECODED: usize = 96 << 20;

/// Bytes that a span takes while the spans are put in order, and warned about.
const ENTRY: usize = 160 + PLACE;

/// A smaller message has few elements.
const LIGHT: usize = 8 * 1024;

/// The trace of that id, whole unless it is larger than [`MAX_BYTES`].
pub(super) fn load(
    reader: &Reader,
    frames: &mut Frames,
    id: TraceId,
) -> Result<Option<Trace>, ReadError> {
    let mut collecting = Collecting {
        id,
        start: UnixNanos::MAX,
        span_count: 0,
        cut: reader.evicted(id),
        data: Vec::new(),
        weight: Weight::default(),
        held: Held::default(),
    };
    for frame in reader.frames_of_trace(id) {
        if collecting.data.len() > MAX_BYTES {
            collecting.cut = true;
            break;
        }
        let open = frames.get_trace(reader, frame, id)?;
        collecting
            .add(&open)
            .map_err(|reason| reader.damaged(frame, reason))?;
        collecting.held.grow(collecting.size())?;
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
        found.retain(|group| !group.spans.is_empty() && self.weigh(group));
        self.span_count += found.iter().map(|group| group.spans.len()).sum::<usize>();
        if self.data.capacity() - self.data.len() < frame.bytes.len() {
            // By an eighth rather than to the double: it is large, and weighed.
            let more = frame.bytes.len().max(self.data.len() / 8);
            self.data.reserve_exact(more);
        }
        write_groups(found.into_iter().map(|g| (g.head, g.spans)), &mut self.data);
        Ok(())
    }

    /// Whether a group may be added, by what it takes when it is decoded.
    fn weigh(&mut self, group: &Group<'_>) -> bool {
        let heads = elements_of_head(group);
        // One is always taken: what came in one request is bounded.
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

    /// About how many bytes it takes.
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
            _held: self.held,
        })
    }
}

/// Spans in order, each decoded when it is its turn.
pub type Spans<'a> = Box<dyn Iterator<Item = Span<'a>> + 'a>;

/// The spans of a trace, decoded and weighed.
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
    /// All spans at once, for questions about a trace as a whole; only the first of them if they take
    /// more than `MAX_DECODED`.
    ///
    /// # Errors
    /// [`ReadError`] if the store holds bytes that are not spans, or if there is no memory for them at
    /// the moment.
    pub fn spans(&self) -> Result<Decoded<'_>, ReadError> {
        let (mut spans, mut held, mut size) = (Vec::new(), Held::default(), 0);
        for span in self.iter_as(false, None).map_err(malformed)? {
            size += decoded_size(&span);
            if size > MAX_DECODED {
                break;
            }
            held.grow_by_steps(size)?;
            spans.push(span);
        }
        Ok(Decoded { spans, _held: held })
    }

    /// The spans in the order of their starts, as Jaeger shows them: each once, though it was sent
    /// twice, as a retry does, and with its adjustments; if `raw`, all of them just as they were sent.
    ///
    /// They come one after the other: the first is there before the last is decoded. The span with the
    /// id `ahead` comes before all others, with those above it.
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
            // Spans of one trace have about as many attributes as the one before.
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

    /// Its bytes in OTLP.
    pub fn size(&self) -> usize {
        self.data.len()
    }
}

fn malformed(reason: Malformed) -> ReadError {
    ReadError::Malformed(reason.to_string())
}

/// The bytes that a decoded span takes, about.
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

/// Whether all these spans may be decoded at once.
fn is_light(messages: &[Message<'_>]) -> bool {
    let mut left = MAX_SHARED;
    messages.iter().all(|message| {
        let elements = weight::elements(message.bytes, &SPAN, left) + 4;
        left = left.saturating_sub(elements);
        left > 0
    })
}

/// A span that is not decoded yet, and what is looked at before it is.
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

/// The spans in the order of their starts; of those that start together, the longest first.
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

/// Puts a span and those above it before all others, and leaves the order as it is otherwise. A
/// parent that begins after its child is not looked for.
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
        // The places in the line descend.
        let is_next = line.pop_if(|next| *next == place).is_some();
        (if is_next { &mut forward } else { &mut rest }).push(message);
    }
    forward.append(&mut rest);
    forward
}

/// The spans, each once. Those that are the same lie together, since they start and end together.
fn distinct<'a>(spans: &[Message<'a>], groups: &[Group<'a>]) -> Vec<Message<'a>> {
    // Equal heads have the same number.
    let mut numbers = HashMap::new();
    let numbered = groups.iter().map(|group| {
        let next = numbers.len();
        *numbers.entry(group.head).or_insert(next)
    });
    let heads: Vec<_> = numbered.collect();
    let mut distinct = Vec::with_capacity(spans.len());
    let mut ids = Vec::new();
    for together in spans.chunk_by(|a, b| (a.start, a.end) == (b.start, b.end)) {
        // To compare ids is much less than to hash spans, and hardly ever are two the same.
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
