//! How spans come in: as columns.
//!
//! A batch holds some spans, one row each. For a [`Search`](crate::Search), and for metrics
//! that look at whole traces ([`Metrics::needs_whole_traces`](crate::Metrics::needs_whole_traces)), the
//! rows of a trace lie together and are all there; for others, a batch may be any set of spans, for
//! instance a group of a block.
//!
//! Three tables belong to a batch: spans, events and links. Events lie in the order of their spans,
//! and [`Batch::event_ends`] says where those of a span end; links likewise.

use std::borrow::Cow;

use crate::{Kind, Scope, Status, Value};

/// Some spans in columns.
///
/// A column may be borrowed or made when it is asked for; it is asked for once. What a method returns
/// has as many elements as the table has rows. Nothing here can fail: whoever implements it reads and
/// checks what [`Search::sources`](crate::Search::sources) or
/// [`Metrics::sources`](crate::Metrics::sources) name beforehand.
pub trait Batch {
    /// How many spans there are.
    fn len(&self) -> usize;

    /// Whether there is no span.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The row behind the last of each trace, ascending; the last is [`Batch::len`]. Asked for only
    /// where whole traces are looked at.
    fn trace_ends(&self) -> Cow<'_, [u32]>;

    /// The id of the trace of a row, big-endian.
    fn trace_id(&self, row: usize) -> [u8; 16];

    /// When each span starts, in nanoseconds since the Unix epoch.
    fn starts(&self) -> Cow<'_, [u64]>;

    /// How long each span took, in nanoseconds; zero if it ended before it started.
    fn durations(&self) -> Cow<'_, [i64]>;

    /// The id of each span, its bytes read as a big-endian number.
    fn span_ids(&self) -> Cow<'_, [u64]>;

    /// The id of each span's parent; zero for a root.
    fn parent_ids(&self) -> Cow<'_, [u64]>;

    /// For each span, the row behind its last event in the table of events.
    fn event_ends(&self) -> Cow<'_, [u32]>;

    /// For each span, the row behind its last link in the table of links.
    fn link_ends(&self) -> Cow<'_, [u32]>;

    /// A column: of the table that [`Source::table`] names. A source of which no row has a value is
    /// `Column::Constant(Value::Nil)`.
    fn column(&self, source: &Source) -> Column<'_>;

    /// The keys of all attributes in a scope, each once, in any order. Asked for only by
    /// `compare()` and for tag names. Never asked for [`Scope::Any`].
    fn keys(&self, scope: Scope) -> Vec<Cow<'_, str>>;

    /// Whether the evaluation is to go on. Asked now and then while regular expressions are matched;
    /// after the first `false`, what comes out of this batch means nothing.
    fn goes_on(&self) -> bool {
        true
    }
}

/// What a column is made of.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// The span's name: [`Value::Text`].
    Name,
    /// [`Value::Status`].
    Status,
    /// [`Value::Text`], "" if none.
    StatusMessage,
    /// [`Value::Kind`].
    Kind,
    /// The name of the instrumentation scope: [`Value::Text`], "" if none.
    ScopeName,
    /// Its version: [`Value::Text`], "" if none.
    ScopeVersion,
    /// The attribute of that key in that scope, never [`Scope::Any`]. Of keys that repeat, the first
    /// counts. Maps, bytes and empty values are [`Value::Nil`]; so are lists of such.
    Attribute(Scope, String),
    /// The event's name: [`Value::Text`].
    EventName,
    /// From the start of the span to the event: [`Value::Duration`], negative if before.
    EventTime,
    /// The trace that the link leads to: [`Value::Text`] of 32 hex digits.
    LinkTraceId,
    /// The span that the link leads to: [`Value::Text`] of 16 hex digits.
    LinkSpanId,
}

/// The tables of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Table {
    /// A row for each span.
    Spans,
    /// A row for each event of each span.
    Events,
    /// A row for each link of each span.
    Links,
}

/// The values of a source, one for each row of its table.
///
/// The narrower the form, the faster the evaluation: a test of a dictionary is done once for each of
/// its values.
#[derive(Debug, Clone, PartialEq)]
pub enum Column<'b> {
    /// Every row has this value.
    Constant(Value<'b>),
    /// Integers, none missing.
    Ints(Cow<'b, [i64]>),
    /// Nanoseconds, none missing.
    Durations(Cow<'b, [i64]>),
    /// Floating-point numbers, none missing.
    Floats(Cow<'b, [f64]>),
    /// Truth values, none missing.
    Bools(Cow<'b, [bool]>),
    /// For each row, the index of its value in the dictionary, which may hold values of any type,
    /// [`Value::Nil`] too, and may hold a value twice. An index beyond the dictionary is nil.
    Dictionary {
        /// The indices.
        codes: Cow<'b, [u32]>,
        /// The dictionary.
        values: Vec<Value<'b>>,
    },
    /// Anything.
    Values(Vec<Value<'b>>),
}

impl Source {
    /// The table that its column belongs to.
    pub fn table(&self) -> Table {
        match self {
            Self::Attribute(Scope::Event, _) | Self::EventName | Self::EventTime => Table::Events,
            Self::Attribute(Scope::Link, _) | Self::LinkTraceId | Self::LinkSpanId => Table::Links,
            _ => Table::Spans,
        }
    }
}

impl<'b> Column<'b> {
    /// The value of a row; nil beyond the last.
    pub fn value(&self, row: usize) -> Value<'b> {
        match self {
            Self::Constant(value) => value.clone(),
            Self::Ints(values) => values.get(row).map_or(Value::Nil, |v| Value::Int(*v)),
            Self::Durations(values) => values.get(row).map_or(Value::Nil, |v| Value::Duration(*v)),
            Self::Floats(values) => values.get(row).map_or(Value::Nil, |v| Value::Float(*v)),
            Self::Bools(values) => values.get(row).map_or(Value::Nil, |v| Value::Bool(*v)),
            Self::Dictionary { codes, values } => {
                let value = codes.get(row).and_then(|code| values.get(*code as usize));
                value.cloned().unwrap_or(Value::Nil)
            }
            Self::Values(values) => values.get(row).cloned().unwrap_or(Value::Nil),
        }
    }

    /// A dictionary of kinds, by OTLP's numbers.
    pub fn kinds(codes: impl Into<Cow<'b, [u32]>>) -> Self {
        Self::Dictionary {
            codes: codes.into(),
            values: Kind::ALL.map(Value::Kind).to_vec(),
        }
    }

    /// A dictionary of statuses, by OTLP's numbers.
    pub fn statuses(codes: impl Into<Cow<'b, [u32]>>) -> Self {
        Self::Dictionary {
            codes: codes.into(),
            values: Status::ALL.map(Value::Status).to_vec(),
        }
    }

    /// The same values at other rows: that of `rows[i]` at `i`; nil where there is no such row.
    #[must_use]
    pub(crate) fn gather(&self, rows: &[u32]) -> Column<'b> {
        let all_exist = rows.iter().all(|row| *row != u32::MAX);
        match self {
            Self::Constant(value) if all_exist => Column::Constant(value.clone()),
            Self::Ints(values) if all_exist => Column::Ints(pick(values, rows).into()),
            Self::Durations(values) if all_exist => Column::Durations(pick(values, rows).into()),
            Self::Dictionary { codes, values } => {
                let code = |row: &u32| codes.get(*row as usize).copied().unwrap_or(u32::MAX);
                Column::Dictionary {
                    codes: rows.iter().map(code).collect::<Vec<_>>().into(),
                    values: values.clone(),
                }
            }
            Self::Constant(value) => {
                let code = |row: &u32| if *row == u32::MAX { u32::MAX } else { 0 };
                Column::Dictionary {
                    codes: rows.iter().map(code).collect::<Vec<_>>().into(),
                    values: vec![value.clone()],
                }
            }
            _ => Column::Values(rows.iter().map(|row| self.value(*row as usize)).collect()),
        }
    }
}

fn pick(values: &[i64], rows: &[u32]) -> Vec<i64> {
    let pick = |row: &u32| values.get(*row as usize).copied().unwrap_or_default();
    rows.iter().map(pick).collect()
}
