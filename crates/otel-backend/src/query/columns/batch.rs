//! A frame of columns as a TraceQL batch; only the columns that a query needs are read.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Range, RangeInclusive};

use traceql::{Batch, Column, Scope as At, Source, Value};

use super::heads::{KnownHeads, SharedHeads};
use crate::format::otlp::decode_value;
use crate::format::otlp::fields::{event, link, span, status};
use crate::model::{SpanId, TraceId, UnixNanos};
use crate::query::traceql::batch::{find, nanos, number, text, value};
use crate::store::{MessagePlace, Piece, PieceTexts, PieceValues, ReadAt, ReadError, Scan};

/// The parts of a frame that a query needs.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each stands for a part of a frame"
)]
#[derive(Debug, Clone, Default)]
pub(in crate::query) struct Needs {
    /// The columns.
    pub(in crate::query) sources: BTreeSet<Source>,
    /// True if the ids of spans and of their parents are needed.
    pub(in crate::query) ids: bool,
    /// True if the durations of spans are read.
    pub(in crate::query) durations: bool,
    /// True if the start of each span is needed.
    pub(in crate::query) starts: bool,
    /// True if the traces are needed, with their ids.
    pub(in crate::query) traces: bool,
    /// The scopes of which all attributes are needed.
    pub(in crate::query) all_of: Vec<At>,
    /// Attributes of spans of which it only matters which spans have them.
    pub(in crate::query) given_up: BTreeSet<Source>,
}

impl Needs {
    /// Adds everything that `compare()` needs.
    pub(in crate::query) fn compare_all(&mut self) {
        let service = Source::Attribute(At::Resource, "service.name".to_owned());
        self.sources.extend([
            Source::Name,
            Source::Status,
            Source::StatusMessage,
            Source::Kind,
            Source::ScopeName,
            Source::ScopeVersion,
            service,
        ]);
        self.all_of = vec![At::Span, At::Resource, At::Instrumentation];
    }
}

/// The spans of a frame of columns.
#[derive(Debug)]
pub(in crate::query) struct ColumnSpans {
    /// The number of spans.
    len: usize,
    /// The times between which they start.
    times: RangeInclusive<UnixNanos>,
    /// The id of each trace.
    ids: Vec<TraceId>,
    trace_ends: Vec<u32>,
    starts: Vec<u64>,
    durations: Vec<i64>,
    /// True if no span ends before it starts.
    pub(in crate::query) is_forward: bool,
    span_ids: Vec<u64>,
    parent_ids: Vec<u64>,
    event_ends: Vec<u32>,
    link_ends: Vec<u32>,
    columns: BTreeMap<Source, Read>,
    /// The resources and scopes, if any column tells of them.
    heads: Option<SharedHeads>,
    keys: BTreeMap<At, BTreeSet<String>>,
}

/// A column that has been read.
#[derive(Debug)]
enum Read {
    /// The numbers of statuses or kinds.
    Statuses(Vec<u32>),
    Kinds(Vec<u32>),
    /// Values in pieces, and a default for rows without a value.
    Pieces(Pieces),
    /// Ids as text.
    Ids(Vec<Value<'static>>),
    /// 1 for the spans that have any value, else 0.
    Presence(Vec<u32>),
}

#[derive(Debug)]
struct Pieces {
    list: Vec<Piece>,
    /// The number of rows of the table.
    len: usize,
    /// True for names, which are text whatever their bytes are, and "" if missing.
    is_name: bool,
}

impl ColumnSpans {
    /// Reads what a query needs; `None` if the columns do not hold all of it.
    pub(in crate::query) fn read<R: ReadAt<Error = ReadError>>(
        scan: &mut Scan<'_, '_, R>,
        times: &RangeInclusive<UnixNanos>,
        needs: &Needs,
        known: &mut KnownHeads,
    ) -> Result<Option<Self>, ReadError> {
        if !scan.group.layout.is_regular {
            return Ok(None);
        }
        let traces = if needs.traces {
            scan.group.traces()?
        } else {
            Vec::new()
        };
        let is_forward = scan.group.layout.is_forward(times);
        let starts = if needs.starts || needs.durations && !is_forward {
            scan.group.starts()?
        } else {
            Vec::new()
        };
        let mut batch = Self {
            len: scan.group.layout.spans,
            times: times.clone(),
            ids: traces.iter().map(|trace| trace.id).collect(),
            trace_ends: traces.iter().map(|trace| number(trace.rows.end)).collect(),
            durations: Vec::new(),
            is_forward,
            starts,
            span_ids: Vec::new(),
            parent_ids: Vec::new(),
            event_ends: Vec::new(),
            link_ends: Vec::new(),
            columns: BTreeMap::new(),
            heads: None,
            keys: BTreeMap::new(),
        };
        if needs.durations {
            batch.read_durations(scan.group.durations()?);
        }
        if needs.ids {
            let ids = scan.group.span_ids()?.into_iter();
            batch.span_ids = ids.map(u64::from_be_bytes).collect();
            batch.parent_ids = scan.parent_ids(&batch.span_ids)?;
        }
        let mut sources = needs.sources.clone();
        let asks_of_heads = sources.iter().any(is_of_head)
            || needs
                .all_of
                .iter()
                .any(|scope| scope_place(*scope).is_none());
        if asks_of_heads {
            batch.heads = SharedHeads::read(scan, known)?;
            if batch.heads.is_none() {
                return Ok(None);
            }
        }
        for scope in &needs.all_of {
            let keys = match scope_place(*scope) {
                Some(place) => text_keys(scan, place),
                None => (batch.heads.as_ref()).map_or_else(BTreeSet::new, |h| h.keys(*scope)),
            };
            sources.extend(
                keys.iter()
                    .map(|key| Source::Attribute(*scope, key.clone())),
            );
            batch.keys.insert(*scope, keys);
        }
        for source in sources {
            let is_read = if needs.given_up.contains(&source) {
                batch.read_presence(scan, source)?
            } else {
                batch.read_column(scan, source)?
            };
            if !is_read {
                return Ok(None);
            }
        }
        Ok(Some(batch))
    }

    /// `after` says how long after its start each span ended.
    fn read_durations(&mut self, after: Vec<u64>) {
        if self.is_forward {
            self.durations = after.into_iter().map(nanos).collect();
            return;
        }
        let spans = || self.starts.iter().zip(&after);
        let is_forward = spans().all(|(start, after)| start.checked_add(*after).is_some());
        let durations = spans().map(|(start, after)| duration(*start, *after));
        self.durations = durations.collect();
        self.is_forward = is_forward;
    }

    /// Each trace, with its rows.
    pub(super) fn traces(&self) -> impl Iterator<Item = (TraceId, Range<usize>)> {
        let mut start = 0;
        self.ids.iter().zip(&self.trace_ends).map(move |(id, end)| {
            let rows = start..*end as usize;
            start = rows.end;
            (*id, rows)
        })
    }

    /// The earliest start of these spans.
    pub(in crate::query) fn first_start(&self, rows: &Range<usize>) -> UnixNanos {
        let starts = self.starts.get(rows.clone()).unwrap_or_default();
        UnixNanos(starts.iter().copied().min().unwrap_or_default())
    }

    /// The latest end of these spans; `None` if the durations that were read do not tell it.
    pub(super) fn last_end(&self, rows: &Range<usize>) -> Option<UnixNanos> {
        let durations = self.durations.get(rows.clone());
        let durations = durations.filter(|_| self.is_forward)?;
        let spans = self.starts.get(rows.clone())?.iter().zip(durations);
        let ends = spans.map(|(start, nanos)| start.saturating_add(nanos.cast_unsigned()));
        ends.max().map(UnixNanos)
    }

    /// Reads a column; `false` if it does not hold all of the field.
    fn read_column<R: ReadAt<Error = ReadError>>(
        &mut self,
        scan: &mut Scan<'_, '_, R>,
        source: Source,
    ) -> Result<bool, ReadError> {
        if is_of_head(&source) || matches!(source, Source::Attribute(At::Any, _)) {
            return Ok(true);
        }
        match source.table() {
            traceql::Table::Events if self.event_ends.is_empty() => {
                self.event_ends = scan.ends(MessagePlace::Event)?;
            }
            traceql::Table::Links if self.link_ends.is_empty() => {
                self.link_ends = scan.ends(MessagePlace::Link)?;
            }
            _ => {}
        }
        let Some(read) = self.read_pieces(scan, &source)? else {
            return Ok(false);
        };
        self.columns.insert(source, read);
        Ok(true)
    }

    /// Reads which spans have an attribute; its values only if that is not known without them.
    fn read_presence<R: ReadAt<Error = ReadError>>(
        &mut self,
        scan: &mut Scan<'_, '_, R>,
        source: Source,
    ) -> Result<bool, ReadError> {
        if let Source::Attribute(At::Span, key) = &source
            && let Some(has) = scan.spans_with(key)?
        {
            let codes = has.into_iter().map(u32::from).collect();
            self.columns.insert(source, Read::Presence(codes));
            return Ok(true);
        }
        self.read_column(scan, source)
    }

    fn read_pieces<R: ReadAt<Error = ReadError>>(
        &self,
        scan: &mut Scan<'_, '_, R>,
        source: &Source,
    ) -> Result<Option<Read>, ReadError> {
        use MessagePlace::{Event, Link, Span, Status};
        let (place, field, key) = match source {
            Source::Name => (Span, span::NAME, None),
            Source::Kind => (Span, span::KIND, None),
            Source::Status => (Status, status::CODE, None),
            Source::StatusMessage => (Status, status::MESSAGE, None),
            Source::EventName => (Event, event::NAME, None),
            Source::EventTime => (Event, event::TIME, None),
            Source::LinkTraceId => (Link, link::TRACE_ID, None),
            Source::LinkSpanId => (Link, link::SPAN_ID, None),
            Source::Attribute(At::Event, key) => (Event, event::ATTRIBUTES, Some(key.as_str())),
            Source::Attribute(At::Link, key) => (Link, link::ATTRIBUTES, Some(key.as_str())),
            Source::Attribute(_, key) => (Span, span::ATTRIBUTES, Some(key.as_str())),
            Source::ScopeName | Source::ScopeVersion => return Ok(None),
        };
        let Some(pieces) = scan.pieces(place, field, key)? else {
            return Ok(None);
        };
        let items = |ends: &[u32]| ends.last().copied().unwrap_or_default() as usize;
        let len = match place {
            Span | Status | MessagePlace::Log => self.len,
            Event => items(&self.event_ends),
            Link => items(&self.link_ends),
        };
        Ok(Some(match source {
            Source::Kind => Read::Kinds(numbers(&pieces, len, 5)),
            Source::Status => Read::Statuses(numbers(&pieces, len, 2)),
            Source::LinkTraceId => Read::Ids(ids(&pieces, len, &|id| {
                TraceId::from_slice(id).ok().map(|id| id.to_string())
            })),
            Source::LinkSpanId => Read::Ids(ids(&pieces, len, &|id| {
                SpanId::from_slice(id).ok().map(|id| id.to_string())
            })),
            // An event without a time happened at the beginning of time.
            Source::EventTime
                if pieces.iter().map(|piece| piece.values.len()).sum::<usize>() != len =>
            {
                return Ok(None);
            }
            _ => Read::Pieces(Pieces {
                list: pieces,
                len,
                is_name: key.is_none(),
            }),
        }))
    }
}

/// Returns true if a column is one of resources or scopes.
fn is_of_head(source: &Source) -> bool {
    matches!(
        source,
        Source::ScopeName
            | Source::ScopeVersion
            | Source::Attribute(At::Resource | At::Instrumentation, _)
    )
}

/// A column that tells of resources or scopes.
fn of_heads<'h>(heads: &'h SharedHeads, source: &Source) -> Column<'h> {
    let values = match source {
        Source::ScopeName => heads.values(|head| text(&head.scope.name)),
        Source::ScopeVersion => heads.values(|head| text(&head.scope.version)),
        Source::Attribute(At::Resource, key) => {
            heads.values(|head| find(&head.resource.attributes, key))
        }
        Source::Attribute(At::Instrumentation, key) => {
            heads.values(|head| find(&head.scope.attributes, key))
        }
        _ => return Column::Constant(Value::Nil),
    };
    Column::Dictionary {
        codes: (&heads.codes[..]).into(),
        values,
    }
}

/// The duration of a span that ended so many nanoseconds after its start.
fn duration(start: u64, after: u64) -> i64 {
    if start.checked_add(after).is_some() {
        nanos(after)
    } else {
        0
    }
}

/// The place of attributes that have columns of their own.
fn scope_place(scope: At) -> Option<MessagePlace> {
    match scope {
        At::Span => Some(MessagePlace::Span),
        At::Event => Some(MessagePlace::Event),
        At::Link => Some(MessagePlace::Link),
        At::Any | At::Resource | At::Instrumentation => None,
    }
}

/// The keys of the attributes in a place.
pub(super) fn text_keys<R: ReadAt>(
    scan: &Scan<'_, '_, R>,
    place: MessagePlace,
) -> BTreeSet<String> {
    let keys = scan.keys(place).map(String::from_utf8_lossy);
    keys.map(Cow::into_owned).collect()
}

/// The number in each row; zero if there is none, or one that is out of range.
fn numbers(pieces: &[Piece], len: usize, last: u32) -> Vec<u32> {
    let mut numbers = vec![0; len];
    for piece in pieces {
        if let PieceValues::Ints(values) = &piece.values {
            piece.each(|row, at| {
                let number = values.get(at).and_then(|value| u32::try_from(*value).ok());
                if let Some(slot) = numbers.get_mut(row) {
                    *slot = number.filter(|number| *number <= last).unwrap_or_default();
                }
            });
        }
    }
    numbers
}

fn ids(
    pieces: &[Piece],
    len: usize,
    text: &dyn Fn(&[u8]) -> Option<String>,
) -> Vec<Value<'static>> {
    let mut ids = vec![Value::Nil; len];
    for piece in pieces {
        if let PieceValues::Texts(texts) = &piece.values {
            let stored: Vec<_> = texts.stored().map(text).collect();
            piece.each(|row, at| {
                let number = texts.number(at);
                let id = stored.get(number).cloned().flatten();
                if let Some(slot) = ids.get_mut(row) {
                    *slot = id.map_or(Value::Nil, Value::text);
                }
            });
        }
    }
    ids
}

impl Batch for ColumnSpans {
    fn len(&self) -> usize {
        self.len
    }

    fn trace_ends(&self) -> Cow<'_, [u32]> {
        (&self.trace_ends[..]).into()
    }

    fn trace_id(&self, row: usize) -> [u8; 16] {
        let trace = self.trace_ends.partition_point(|end| *end as usize <= row);
        let id = self.ids.get(trace).map(|id| *id.as_bytes());
        id.unwrap_or_default()
    }

    fn start_bounds(&self) -> Option<(u64, u64)> {
        Some((self.times.start().0, self.times.end().0))
    }

    fn starts(&self) -> Cow<'_, [u64]> {
        (&self.starts[..]).into()
    }

    fn durations(&self) -> Cow<'_, [i64]> {
        (&self.durations[..]).into()
    }

    fn span_ids(&self) -> Cow<'_, [u64]> {
        (&self.span_ids[..]).into()
    }

    fn parent_ids(&self) -> Cow<'_, [u64]> {
        (&self.parent_ids[..]).into()
    }

    fn event_ends(&self) -> Cow<'_, [u32]> {
        (&self.event_ends[..]).into()
    }

    fn link_ends(&self) -> Cow<'_, [u32]> {
        (&self.link_ends[..]).into()
    }

    fn column(&self, source: &Source) -> Column<'_> {
        if let Some(heads) = self.heads.as_ref().filter(|_| is_of_head(source)) {
            return of_heads(heads, source);
        }
        match self.columns.get(source) {
            None => Column::Constant(Value::Nil),
            Some(Read::Statuses(codes)) => Column::statuses(&codes[..]),
            Some(Read::Kinds(codes)) => Column::kinds(&codes[..]),
            Some(Read::Ids(values)) => Column::Values(values.clone()),
            Some(Read::Pieces(pieces)) => pieces.column(),
            Some(Read::Presence(codes)) => Column::Dictionary {
                codes: (&codes[..]).into(),
                values: vec![Value::Nil, Value::Bool(true)],
            },
        }
    }

    fn keys(&self, scope: At) -> Vec<Cow<'_, str>> {
        let keys = self.keys.get(&scope).into_iter().flatten();
        keys.map(|key| key.as_str().into()).collect()
    }
}

impl Pieces {
    fn column(&self) -> Column<'_> {
        let nothing = if self.is_name {
            Value::text("")
        } else {
            Value::Nil
        };
        match &self.list[..] {
            [] => Column::Constant(nothing),
            [piece] if piece.rows.is_none() && piece.values.len() == self.len => {
                self.whole(&piece.values)
            }
            _ => self.scattered(nothing),
        }
    }

    /// A column with a value in every row.
    fn whole<'b>(&'b self, values: &'b PieceValues) -> Column<'b> {
        match values {
            PieceValues::Ints(values) => Column::Ints((&values[..]).into()),
            PieceValues::Times(values) => Column::Durations((&values[..]).into()),
            PieceValues::Bools(values) => Column::Bools((&values[..]).into()),
            PieceValues::Doubles(values) => Column::Floats((&values[..]).into()),
            PieceValues::Texts(texts) | PieceValues::Any(texts) => match &texts.codes {
                Some(codes) => Column::Dictionary {
                    codes: (&codes[..]).into(),
                    values: self.texts(values, texts),
                },
                None => Column::Values(self.texts(values, texts)),
            },
        }
    }

    /// A column with gaps, or with values in several pieces. If a key repeats, its first value
    /// counts.
    fn scattered<'b>(&'b self, nothing: Value<'b>) -> Column<'b> {
        const NOTHING: u32 = 0;
        let mut codes = vec![NOTHING; self.len];
        let mut dictionary = vec![nothing];
        for piece in &self.list {
            let first = number(dictionary.len());
            let texts = match &piece.values {
                PieceValues::Ints(values) => {
                    dictionary.extend(values.iter().map(|value| Value::Int(*value)));
                    None
                }
                PieceValues::Times(values) => {
                    dictionary.extend(values.iter().map(|value| Value::Duration(*value)));
                    None
                }
                PieceValues::Bools(values) => {
                    dictionary.extend(values.iter().map(|value| Value::Bool(*value)));
                    None
                }
                PieceValues::Doubles(values) => {
                    dictionary.extend(values.iter().map(|value| Value::Float(*value)));
                    None
                }
                PieceValues::Texts(texts) | PieceValues::Any(texts) => {
                    dictionary.extend(self.texts(&piece.values, texts));
                    Some(texts)
                }
            };
            piece.each(|row, at| {
                let code = texts.map_or(at, |texts| texts.number(at));
                if let Some(slot) = codes.get_mut(row).filter(|slot| **slot == NOTHING) {
                    *slot = first.saturating_add(number(code));
                }
            });
        }
        Column::Dictionary {
            codes: codes.into(),
            values: dictionary,
        }
    }

    /// The stored texts of a piece.
    fn texts<'b>(&self, values: &PieceValues, texts: &'b PieceTexts) -> Vec<Value<'b>> {
        let is_any = matches!(values, PieceValues::Any(_));
        if !is_any && let Some(texts) = texts.texts() {
            return texts.map(Value::text).collect();
        }
        let read = |bytes: &'b [u8]| match std::str::from_utf8(bytes) {
            _ if is_any => decode_value(bytes).map_or(Value::Nil, |sent| value(&sent).into_owned()),
            Ok(text) => Value::text(text),
            Err(_) if self.is_name => Value::text(String::from_utf8_lossy(bytes)),
            Err(_) => Value::Nil,
        };
        texts.stored().map(read).collect()
    }
}
