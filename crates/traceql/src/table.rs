//! A batch with the columns that programs read from it, each computed once.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};
use std::ops::Range;

use crate::program::{Inputs, Items};
use crate::structure::{Structure, trace_durations};
use crate::vector::{self, Mask};
use crate::{Batch, Column, Field, Intrinsic, Scope, Source, Value};

/// A batch and the columns computed so far.
pub(crate) struct Table<'b> {
    pub(crate) batch: &'b dyn Batch,
    fields: &'b [Field],
    /// For each field, its value in each span; for fields of events and links, the first value
    /// there is.
    columns: Vec<OnceCell<Column<'b>>>,
    /// For each field of events or links, its value in each event or link.
    items: Vec<OnceCell<Column<'b>>>,
    event_ends: OnceCell<Cow<'b, [u32]>>,
    link_ends: OnceCell<Cow<'b, [u32]>>,
    structure: OnceCell<Structure>,
    /// Steps taken since [`Batch::goes_on`] was last asked.
    steps: Cell<usize>,
}

/// Steps between two calls of [`Batch::goes_on`], about a hundredth of a second.
const PACE: usize = 2 << 20;

/// The rows that a program runs over: spans, or pairs of an event and a link.
pub(crate) enum Frame<'f, 'b> {
    Spans(&'f Table<'b>),
    Items {
        table: &'f Table<'b>,
        spans: &'f [u32],
        events: &'f [u32],
        links: &'f [u32],
    },
}

impl<'b> Table<'b> {
    pub(crate) fn new(batch: &'b dyn Batch, inputs: &'b Inputs) -> Self {
        let cells = || inputs.0.iter().map(|_| OnceCell::new()).collect();
        Self {
            batch,
            fields: &inputs.0,
            columns: cells(),
            items: cells(),
            event_ends: OnceCell::new(),
            link_ends: OnceCell::new(),
            structure: OnceCell::new(),
            steps: Cell::new(0),
        }
    }

    /// Counts so many steps and returns false if the evaluation is cancelled.
    fn goes_on(&self, steps: usize) -> bool {
        let steps = self.steps.get().saturating_add(steps);
        let pauses = steps > PACE;
        self.steps.set(if pauses { 0 } else { steps });
        !pauses || self.batch.goes_on()
    }

    pub(crate) fn len(&self) -> usize {
        self.batch.len()
    }

    pub(crate) fn frame(&self) -> Frame<'_, 'b> {
        Frame::Spans(self)
    }

    /// The rows for pairs of a span's events and links.
    pub(crate) fn frame_of_items<'f>(
        &'f self,
        spans: &'f [u32],
        events: &'f [u32],
        links: &'f [u32],
    ) -> Frame<'f, 'b> {
        Frame::Items {
            table: self,
            spans,
            events,
            links,
        }
    }

    pub(crate) fn structure(&self) -> &Structure {
        self.structure.get_or_init(|| Structure::of(self.batch))
    }

    /// The value of an input in each span.
    pub(crate) fn column(&self, input: usize) -> &Column<'b> {
        const NIL: Column<'static> = Column::Constant(Value::Nil);
        match (self.columns.get(input), self.fields.get(input)) {
            (Some(cell), Some(field)) => cell.get_or_init(|| self.make(input, field)),
            _ => &NIL,
        }
    }

    pub(crate) fn field(&self, input: usize) -> Option<&'b Field> {
        self.fields.get(input)
    }

    /// The value of an input to show for a span. For events and links this is the last one that has
    /// a value, as in Tempo.
    pub(crate) fn shown(&self, input: usize, field: &Field, row: usize) -> Value<'b> {
        let items = match field {
            _ if field.is_of_event() => self.events_of(row),
            _ if field.is_of_link() => self.links_of(row),
            _ => return self.column(input).value(row),
        };
        let column = self.items(input, field);
        let mut values = items.rev().map(|item| column.value(item as usize));
        values.find(|value| !value.is_nil()).unwrap_or(Value::Nil)
    }

    pub(crate) fn events_of(&self, row: usize) -> Range<u32> {
        range(self.event_ends.get_or_init(|| self.batch.event_ends()), row)
    }

    pub(crate) fn links_of(&self, row: usize) -> Range<u32> {
        range(self.link_ends.get_or_init(|| self.batch.link_ends()), row)
    }

    fn make(&self, input: usize, field: &Field) -> Column<'b> {
        let len = self.len();
        if field.is_of_event() {
            return self.first(input, field, |row| self.events_of(row));
        }
        if field.is_of_link() {
            return self.first(input, field, |row| self.links_of(row));
        }
        match field {
            Field::Attribute(Scope::Any, key) => {
                let column = |scope| self.batch.column(&Source::Attribute(scope, key.clone()));
                vector::either(column(Scope::Span), column(Scope::Resource), len)
            }
            Field::Attribute(Scope::Resource, key) if key == "service.name" => {
                let column = self
                    .batch
                    .column(&Source::Attribute(Scope::Resource, key.clone()));
                vector::map(&column, len, |value| match value {
                    Value::Nil => Value::text(""),
                    value => value.clone(),
                })
            }
            Field::Attribute(scope, key) => {
                self.batch.column(&Source::Attribute(*scope, key.clone()))
            }
            Field::Intrinsic(intrinsic) => self.intrinsic(*intrinsic),
        }
    }

    fn intrinsic(&self, intrinsic: Intrinsic) -> Column<'b> {
        let batch = self.batch;
        match intrinsic {
            Intrinsic::Name => batch.column(&Source::Name),
            Intrinsic::Status => batch.column(&Source::Status),
            Intrinsic::StatusMessage => batch.column(&Source::StatusMessage),
            Intrinsic::Kind => batch.column(&Source::Kind),
            Intrinsic::ScopeName => batch.column(&Source::ScopeName),
            Intrinsic::ScopeVersion => batch.column(&Source::ScopeVersion),
            Intrinsic::Duration => Column::Durations(batch.durations()),
            Intrinsic::SpanId => ids(&batch.span_ids()),
            Intrinsic::ParentId => ids(&batch.parent_ids()),
            Intrinsic::TraceId => self.trace_ids(),
            Intrinsic::TraceDuration => trace_durations(batch),
            _ => self.structure().column(batch, intrinsic),
        }
    }

    fn trace_ids(&self) -> Column<'b> {
        let mut values: Vec<Value<'b>> = Vec::new();
        let mut last = None;
        let codes = (0..self.len()).map(|row| {
            let id = self.batch.trace_id(row);
            if last != Some(id) {
                last = Some(id);
                values.push(Value::text(format!("{:x}", u128::from_be_bytes(id))));
            }
            u32::try_from(values.len()).map_or(u32::MAX, |count| count.saturating_sub(1))
        });
        let codes: Vec<_> = codes.collect();
        Column::Dictionary {
            codes: codes.into(),
            values,
        }
    }

    /// For each span, the value of the first of its events or links that has one.
    fn first(
        &self,
        input: usize,
        field: &Field,
        items: impl Fn(usize) -> Range<u32>,
    ) -> Column<'b> {
        let column = self.items(input, field);
        let first = |row| {
            let mut values = items(row).map(|item| column.value(item as usize));
            values.find(|value| !value.is_nil()).unwrap_or(Value::Nil)
        };
        Column::Values((0..self.len()).map(first).collect())
    }

    fn items(&self, input: usize, field: &Field) -> Cow<'_, Column<'b>> {
        let make = || {
            self.batch.column(&match field {
                Field::Intrinsic(Intrinsic::EventName) => Source::EventName,
                Field::Intrinsic(Intrinsic::EventTime) => Source::EventTime,
                Field::Intrinsic(Intrinsic::LinkTraceId) => Source::LinkTraceId,
                Field::Intrinsic(_) => Source::LinkSpanId,
                Field::Attribute(scope, key) => Source::Attribute(*scope, key.clone()),
            })
        };
        match self.items.get(input) {
            Some(cell) => Cow::Borrowed(cell.get_or_init(make)),
            None => Cow::Owned(make()),
        }
    }
}

impl<'b> Frame<'_, 'b> {
    /// Counts so many steps and returns false if the evaluation is cancelled.
    pub(crate) fn goes_on(&self, steps: usize) -> bool {
        match self {
            Self::Spans(table) | Self::Items { table, .. } => table.goes_on(steps),
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Spans(table) => table.len(),
            Self::Items { spans, .. } => spans.len(),
        }
    }

    /// The value of an input in each row.
    pub(crate) fn input(&self, input: usize) -> Cow<'_, Column<'b>> {
        match self {
            Self::Spans(table) => Cow::Borrowed(table.column(input)),
            Self::Items {
                table,
                spans,
                events,
                links,
            } => Cow::Owned(match table.fields.get(input) {
                Some(field) if field.is_of_event() => table.items(input, field).gather(events),
                Some(field) if field.is_of_link() => table.items(input, field).gather(links),
                _ => table.column(input).gather(spans),
            }),
        }
    }

    /// The rows that have an event or link, as asked.
    pub(crate) fn has(&self, items: Items) -> Mask {
        let Self::Items { events, links, .. } = self else {
            return Mask::All;
        };
        let has = |wanted: bool, items: &[u32]| {
            if wanted {
                Mask::Some(items.iter().map(|item| *item != u32::MAX).collect())
            } else {
                Mask::All
            }
        };
        has(items.events, events).and(has(items.links, links))
    }
}

fn range(ends: &[u32], row: usize) -> Range<u32> {
    let end = |row| ends.get(row).copied().unwrap_or_default();
    let start = row.checked_sub(1).map_or(0, end);
    start..end(row).max(start)
}

fn ids<'b>(ids: &[u64]) -> Column<'b> {
    Column::Values(
        ids.iter()
            .map(|id| Value::text(format!("{id:016x}")))
            .collect(),
    )
}

/// The values of a field in a batch, in any order; none for fields that need whole traces. A value
/// that many spans share may occur only once.
pub fn values<'b>(batch: &'b dyn Batch, field: &Field) -> Vec<Value<'b>> {
    let of = |column: Column<'b>| match column {
        Column::Constant(value) => vec![value],
        Column::Dictionary { codes, values } => used(&codes, values),
        Column::Values(values) => values,
        other => (0..batch.len()).map(|row| other.value(row)).collect(),
    };
    if field.is_of_trace() || batch.is_empty() {
        return Vec::new();
    }
    let columns = field.sources().into_iter();
    columns
        .flat_map(|source| of(batch.column(&source)))
        .collect()
}

/// The values that are used by any row.
fn used<'b>(codes: &[u32], values: Vec<Value<'b>>) -> Vec<Value<'b>> {
    let mut is_used = vec![false; values.len()];
    for code in codes {
        if let Some(is_used) = is_used.get_mut(*code as usize) {
            *is_used = true;
        }
    }
    let used = values.into_iter().zip(is_used);
    used.filter_map(|(value, is_used)| is_used.then_some(value))
        .collect()
}
