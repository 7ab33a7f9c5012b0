//! The keys and values of attributes, for completion in queries.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use ::traceql::{Batch, Field, Intrinsic, Scope, Subset, Value};
use hashbrown::HashSet;

use super::columns::{ColumnSpans, KnownHeads, Needs, keys, weigh};
use super::lookup::newest_frames;
use super::memory::Held;
use super::patience::{Patience, SearchError};
use super::trace::weighed_groups;
use super::traceql::{SpanBatch, SpanQuery, Watched};
use crate::model::{Span, UnixNanos};
use crate::store::{Frame, Looker, ReadError, Reader, Scan};

/// A search among the newest spans.
#[derive(Debug, Clone)]
pub struct TagSearch {
    /// The earliest start of a span that counts.
    pub from: UnixNanos,
    /// The latest start of a span that counts.
    pub to: UnixNanos,
    /// A condition on the spans that count.
    pub query: Option<SpanQuery>,
    /// The field whose values are wanted; `None` for keys.
    pub field: Option<Field>,
    /// The largest number of keys or values, of each kind.
    pub limit: usize,
}

/// The keys or values.
#[derive(Debug, Default)]
pub struct FoundTags {
    /// The keys of attributes, by scope.
    pub keys: BTreeMap<Scope, BTreeSet<String>>,
    /// The values of the field: the name of the type, and the value as text.
    pub values: BTreeSet<(&'static str, String)>,
}

/// The keys and values found so far. Most values are found many times.
#[derive(Debug, Default)]
struct Finding {
    keys: BTreeMap<Scope, BTreeSet<String>>,
    /// By the names of their types, which are few.
    values: Vec<(&'static str, HashSet<String>)>,
    /// The number of values.
    count: usize,
}

/// The amount of the newest spans, in bytes, that is searched.
const MAX_BYTES: u64 = 32 << 20;

/// For columns, only the needed ones are read, so their bytes count by this factor less.
const OF_COLUMNS: u64 = 16;

/// The scopes of the keys in the answer.
const SCOPES: [Scope; 5] = [
    Scope::Span,
    Scope::Resource,
    Scope::Instrumentation,
    Scope::Event,
    Scope::Link,
];

/// Searches the newest spans.
pub(super) fn run(
    reader: &Reader,
    search: &TagSearch,
    patience: &Patience,
) -> Result<FoundTags, SearchError> {
    let mut found = Finding::default();
    let frames = newest_frames(reader, u64::MAX).into_iter();
    let frames = frames.filter(|frame| frame.last >= search.from && frame.first <= search.to);
    let mut bytes = 0;
    let mut looking = Looking {
        looker: reader.looker(),
        heads: KnownHeads::default(),
        held: Held::default(),
        search,
        patience,
    };
    for frame in frames {
        if bytes >= MAX_BYTES {
            break;
        }
        if looking.look_into(frame, &mut found)? {
            bytes += u64::from(frame.bytes) / OF_COLUMNS;
        } else {
            bytes += u64::from(frame.bytes);
            look_into(reader, frame, search, &mut found, patience)?;
        }
        patience.check()?;
        if found.count >= search.limit {
            break;
        }
    }
    Ok(found.finish())
}

/// A search of frames of columns.
struct Looking<'s> {
    looker: Looker<'s>,
    heads: KnownHeads,
    /// The memory for the columns of a frame.
    held: Held,
    search: &'s TagSearch,
    patience: &'s Patience,
}

impl Looking<'_> {
    /// Searches a frame of columns; `false` if it has none, or if they are not sufficient.
    fn look_into(&mut self, frame: Frame, found: &mut Finding) -> Result<bool, ReadError> {
        let Self {
            looker,
            heads,
            search,
            patience,
            ..
        } = self;
        weigh(frame, &mut self.held)?;
        let is_within = frame.first >= search.from && frame.last <= search.to;
        let Some(field) = &search.field else {
            if search.query.is_some() || !is_within {
                return Ok(false);
            }
            let keys = looker
                .look_into(frame, |group| keys(group, heads))?
                .flatten();
            let is_known = keys.is_some();
            for (scope, keys) in keys.into_iter().flatten() {
                found.add_keys(scope, keys, search.limit);
            }
            return Ok(is_known);
        };
        let mut needs = Needs {
            sources: field.sources(),
            starts: !is_within,
            ..Needs::default()
        };
        if let Some(query) = &search.query {
            needs.sources.extend(query.sources());
            needs.ids = query.needs_ids();
            needs.durations = query.needs_durations();
            needs.traces = query.needs_traces();
        }
        let times = frame.first..=frame.last;
        let spans = looker.look_into(frame, |group| {
            ColumnSpans::read(&mut Scan::new(group), &times, &needs, heads)
        })?;
        let Some(spans) = spans.flatten() else {
            return Ok(false);
        };
        if is_within && search.query.is_none() {
            found.add_values(field, &spans, search.limit);
        } else {
            let rows = rows_of(&spans, search, patience);
            found.add_values(field, &Subset::new(&spans, rows), search.limit);
        }
        Ok(true)
    }
}

/// The rows of the spans that count.
fn rows_of(spans: &ColumnSpans, search: &TagSearch, patience: &Patience) -> Vec<u32> {
    let starts = spans.starts();
    let is_within = |row: &usize| {
        // If they are not read, all are within.
        let start = starts.get(*row).copied().map(UnixNanos);
        start.is_none_or(|start| (search.from..=search.to).contains(&start))
    };
    let rows = match &search.query {
        Some(query) => query.rows(&Watched::new(spans, patience)),
        None => (0..spans.len()).collect(),
    };
    let rows = rows.into_iter().filter(is_within);
    rows.filter_map(|row| u32::try_from(row).ok()).collect()
}

fn look_into(
    reader: &Reader,
    frame: Frame,
    search: &TagSearch,
    found: &mut Finding,
    patience: &Patience,
) -> Result<(), ReadError> {
    let bytes = reader.open(frame)?;
    let (groups, _held) = weighed_groups(reader, frame, &bytes)?;
    for group in groups {
        let spans = group.messages.iter().filter_map(|m| group.decode(m).ok());
        let mut spans: Vec<Span<'_>> = spans
            .filter(|span| (search.from..=search.to).contains(&span.start))
            .collect();
        if let Some(query) = &search.query {
            let mut rows = query
                .rows(&Watched::new(&SpanBatch::of_trace(&spans), patience))
                .into_iter()
                .peekable();
            let mut row = 0;
            spans.retain(|_| {
                row += 1;
                rows.next_if_eq(&(row - 1)).is_some()
            });
        }
        let spans = SpanBatch::of_trace(&spans);
        match &search.field {
            Some(field) => found.add_values(field, &spans, search.limit),
            None => {
                for scope in SCOPES {
                    let keys = spans.keys(scope).into_iter().map(Cow::into_owned);
                    found.add_keys(scope, keys, search.limit);
                }
            }
        }
    }
    Ok(())
}

impl Finding {
    fn add_keys(&mut self, scope: Scope, more: impl IntoIterator<Item = String>, limit: usize) {
        let keys = self.keys.entry(scope).or_default();
        for key in more {
            if keys.len() < limit {
                keys.insert(key);
            }
        }
    }

    fn add_values(&mut self, field: &Field, spans: &dyn Batch, limit: usize) {
        for value in ::traceql::values(spans, field) {
            self.add_value(&value, limit);
        }
    }

    /// Adds a value; for a list, each of its values.
    fn add_value(&mut self, value: &Value<'_>, limit: usize) {
        let kind = match value {
            Value::Nil => return,
            Value::List(values) => {
                return values.iter().for_each(|value| self.add_value(value, limit));
            }
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Float(_) => "float",
            Value::Text(_) => "string",
            Value::Duration(_) => "duration",
            Value::Status(_) | Value::Kind(_) => "keyword",
        };
        if self.count >= limit {
            return;
        }
        let place = self.values.iter().position(|(known, _)| *known == kind);
        let place = place.unwrap_or_else(|| {
            self.values.push((kind, HashSet::new()));
            self.values.len() - 1
        });
        let Some((_, known)) = self.values.get_mut(place) else {
            return;
        };
        let is_new = match value {
            Value::Text(text) if known.contains(&**text) => false,
            value => known.insert(value.to_string()),
        };
        self.count += usize::from(is_new);
    }

    fn finish(self) -> FoundTags {
        let values = self.values.into_iter();
        let values = values.flat_map(|(kind, values)| values.into_iter().map(move |v| (kind, v)));
        FoundTags {
            keys: self.keys,
            values: values.collect(),
        }
    }
}

/// Returns true if the values of a field are offered, unlike ids and durations.
pub fn has_values(field: &Field) -> bool {
    !matches!(
        field,
        Field::Intrinsic(
            Intrinsic::Duration
                | Intrinsic::TraceDuration
                | Intrinsic::EventTime
                | Intrinsic::SpanId
                | Intrinsic::ParentId
                | Intrinsic::TraceId
                | Intrinsic::LinkTraceId
                | Intrinsic::LinkSpanId
                | Intrinsic::ChildCount
                | Intrinsic::NestedSetLeft
                | Intrinsic::NestedSetRight
                | Intrinsic::NestedSetParent
        )
    )
}
