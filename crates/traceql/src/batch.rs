//! The input of an evaluation: spans in columns.
//!
//! A batch holds some spans, one row each. A [`Search`](crate::Search), and metrics that look at
//! whole traces ([`Metrics::needs_whole_traces`](crate::Metrics::needs_whole_traces)), need batches
//! of complete traces, with the rows of each trace next to one another. For other metrics a batch
//! may be any set of spans, such as a group of a block.
//!
//! A batch has three tables: spans, events and links. Events lie in the order of their spans, and
//! [`Batch::event_ends`] tells where the events of each span end. Links are arranged in the same
//! way.

use std::borrow::Cow;

use crate::{Kind, Scope, Status, Value};

/// A number of spans, in columns.
///
/// A column may be borrowed, or computed when it is asked for; each is asked for once. The length
/// of every returned column is the number of rows of its table. No method can fail: the implementor
/// must read and check the columns named by [`Search::sources`](crate::Search::sources) or
/// [`Metrics::sources`](crate::Metrics::sources) beforehand.
pub trait Batch {
    /// The number of spans.
    fn len(&self) -> usize;

    /// Returns true if there is no span.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// For each trace, the index after its last row, ascending; the last of them is [`Batch::len`].
    /// Asked for only if whole traces are needed.
    fn trace_ends(&self) -> Cow<'_, [u32]>;

    /// The id, big-endian, of the trace that a row belongs to.
    fn trace_id(&self, row: usize) -> [u8; 16];

    /// Times between which all spans start, both included, if they are known without reading the
    /// starts.
    fn start_bounds(&self) -> Option<(u64, u64)> {
        None
    }

    /// The start of each span, in nanoseconds since the Unix epoch. Metrics ask for them, and for
    /// the ids of traces, only if [`MetricsRun::needs_starts`](crate::MetricsRun::needs_starts)
    /// says so.
    fn starts(&self) -> Cow<'_, [u64]>;

    /// The duration of each span, in nanoseconds; zero if it ended before it started.
    fn durations(&self) -> Cow<'_, [i64]>;

    /// The id of each span, its bytes read as a big-endian number.
    fn span_ids(&self) -> Cow<'_, [u64]>;

    /// The id of each span's parent; zero for a root.
    fn parent_ids(&self) -> Cow<'_, [u64]>;

    /// For each span, the index after its last event in the table of events.
    fn event_ends(&self) -> Cow<'_, [u32]>;

    /// For each span, the index after its last link in the table of links.
    fn link_ends(&self) -> Cow<'_, [u32]>;

    /// Returns the column of a source, with a row for each row of [`Source::table`]. If no row has
    /// a value, the column is `Column::Constant(Value::Nil)`.
    fn column(&self, source: &Source) -> Column<'_>;

    /// The distinct keys of all attributes in a scope, in any order. Asked for only by `compare()`
    /// and for tag names, and never for [`Scope::Any`].
    fn keys(&self, scope: Scope) -> Vec<Cow<'_, str>>;

    /// Returns false to cancel the evaluation. Called now and then while regular expressions are
    /// matched; after the first `false`, the results for this batch mean nothing.
    fn goes_on(&self) -> bool {
        true
    }
}

/// The origin of a column's values.
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
    /// The version of the instrumentation scope: [`Value::Text`], "" if none.
    ScopeVersion,
    /// The attribute with that key in that scope, which is never [`Scope::Any`]. If a key repeats,
    /// its first value counts. Maps, bytes, empty values and lists of these are [`Value::Nil`].
    Attribute(Scope, String),
    /// The event's name: [`Value::Text`].
    EventName,
    /// The time from the start of the span to the event: [`Value::Duration`], negative if the event
    /// came before.
    EventTime,
    /// The trace id of the link: [`Value::Text`] of 32 hex digits.
    LinkTraceId,
    /// The span id of the link: [`Value::Text`] of 16 hex digits.
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
/// The narrower the variant, the faster the evaluation: a dictionary is tested once for each of its
/// values, not for each row.
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
    /// For each row, the index of its value in the dictionary. The dictionary may hold values of
    /// any type, [`Value::Nil`] included, and may hold a value twice. An index beyond its end means
    /// nil.
    Dictionary {
        /// The indices.
        codes: Cow<'b, [u32]>,
        /// The dictionary.
        values: Vec<Value<'b>>,
    },
    /// Values of any type.
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

    /// Returns true if the value of a row is not nil.
    pub(crate) fn has_value(&self, row: usize) -> bool {
        let value = match self {
            Self::Dictionary { codes, values } => {
                let code = codes.get(row);
                code.and_then(|code| values.get(*code as usize))
            }
            Self::Values(values) => values.get(row),
            Self::Constant(value) => Some(value),
            Self::Ints(_) | Self::Durations(_) | Self::Floats(_) | Self::Bools(_) => return true,
        };
        value.is_some_and(|value| !value.is_nil())
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

    /// The values of other rows: row `i` of the result is row `rows[i]` of this column, or nil if
    /// there is no such row.
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
