//! A trace loaded from the store.

mod load;

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::ops::Deref;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::adjust::{adjust, has_shared_ids, split_shared_ids};
use super::memory::Held;
use super::warnings::{Hosts, PLACE, Place, Warnings};
use crate::format::otlp::{
    Group, Malformed, Outline, RESOURCE, SCOPE, SPAN, SpanGroup, groups, span_groups,
};
use crate::format::weight::{self, Shape};
use crate::model::{Attribute, Span, SpanId, SpanKind, TraceId, UnixNanos, Value};
use crate::store::{Frame, ReadError, Reader};

pub(super) use load::{KeptFrames, Loading, OpenFrame, OpenFrames, SpanStart, load};

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

/// The most elements of a trace whose spans share ids, as in Zipkin: such spans can be separated
/// only when all are decoded.
const MAX_SHARED: usize = 500_000;

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
            held.grow_by_steps(size, most)?;
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
