//! `compare()`: how often each value of each attribute occurs among the selected spans and among
//! the others.

mod counts;

use std::collections::BTreeMap;

use super::Budget;
use super::histogram::to_float;
use super::series::{Row, label};
use super::slots::Slots;
use super::window::Buckets;
use crate::program::Inputs;
use crate::syntax::Compare;
use crate::table::Table;
use crate::vector::Mask;
use crate::{Batch, Field, Intrinsic, Scope, Source, Value};
use counts::{Cells, Counts, OVERHEAD, Room, of_side};

/// The bytes that a field takes for each cell, beside its values: a total, the list of counts, and the
/// row of totals in the answer.
const CELL: usize = 2 * size_of::<u64>() + size_of::<Vec<u64>>();

/// The intrinsics whose values are compared.
const INTRINSICS: [Intrinsic; 9] = [
    Intrinsic::Name,
    Intrinsic::Status,
    Intrinsic::StatusMessage,
    Intrinsic::Kind,
    Intrinsic::RootName,
    Intrinsic::RootService,
    Intrinsic::ChildCount,
    Intrinsic::ScopeName,
    Intrinsic::ScopeVersion,
];

/// The scopes whose attributes are compared.
const SCOPES: [Scope; 3] = [Scope::Span, Scope::Resource, Scope::Instrumentation];

/// The labels of the series and of their totals: first for the spans that are not selected, then
/// for those that are.
const SIDES: [(&str, &str); 2] = [
    ("baseline", "baseline_total"),
    ("selection", "selection_total"),
];

/// The counts so far.
#[derive(Debug)]
pub(crate) struct Comparer {
    /// The number of values to show for each attribute.
    shown: usize,
    /// The range of starts that a selected span may have.
    window: Option<(u64, u64)>,
    fields: BTreeMap<Field, Counts>,
    /// True once there was no memory for a field: one that is new now may have been met before.
    is_closed: bool,
}

impl Comparer {
    pub(crate) fn new(compare: &Compare) -> Self {
        let nanos = |nanos| u64::try_from(nanos).unwrap_or_default();
        Self {
            shown: usize::try_from(compare.values).unwrap_or_default(),
            window: compare.window.map(|(from, to)| (nanos(from), nanos(to))),
            fields: BTreeMap::new(),
            is_closed: false,
        }
    }

    /// Returns true if it reads when spans start.
    pub(crate) fn needs_starts(&self) -> bool {
        self.window.is_some()
    }

    /// The attributes of spans that are only counted in the totals.
    pub(crate) fn given_up(&self) -> impl Iterator<Item = Source> {
        let given_up = self
            .fields
            .iter()
            .filter(|(_, counts)| counts.is_given_up());
        given_up.filter_map(|(field, _)| match field {
            Field::Attribute(scope @ Scope::Span, key) => {
                Some(Source::Attribute(*scope, key.clone()))
            }
            _ => None,
        })
    }

    /// Counts the spans of a batch that are in the mask and in a bucket.
    pub(crate) fn add(
        &mut self,
        batch: &dyn Batch,
        mask: &Mask,
        slots: &Slots,
        selection: &Mask,
        buckets: &Buckets,
        budget: &mut Budget,
    ) {
        let cells = self.cells(batch, mask, slots, selection, buckets);
        let intrinsics = INTRINSICS.map(Field::Intrinsic).into_iter();
        let attributes = SCOPES.into_iter().flat_map(|scope| {
            let keys = batch.keys(scope).into_iter();
            keys.map(move |key| Field::Attribute(scope, key.into_owned()))
        });
        let inputs = Inputs(intrinsics.chain(attributes).collect());
        let table = Table::new(batch, &inputs);
        for (input, field) in inputs.0.iter().enumerate() {
            let mut room = self.room(buckets, budget);
            if let Some(counts) = self.counts(field, &mut room) {
                let was_closed = counts.is_closed;
                counts.add(table.column(input), &cells, &mut room);
                if counts.is_closed && !was_closed {
                    self.close_alike(&mut room);
                }
            }
        }
    }

    /// Adds what another one has counted.
    pub(crate) fn absorb(&mut self, other: &Self, buckets: &Buckets, budget: &mut Budget) {
        if other.is_closed {
            // The other one may have met the others without counting them.
            self.fields
                .retain(|field, _| other.fields.contains_key(field));
        }
        for (field, more) in &other.fields {
            let mut room = self.room(buckets, budget);
            if let Some(counts) = self.counts(field, &mut room) {
                counts.absorb(more, &mut room);
            }
        }
        self.is_closed |= other.is_closed;
    }

    fn room<'r>(&self, buckets: &Buckets, budget: &'r mut Budget) -> Room<'r> {
        Room {
            width: 2 * buckets.count,
            reach: 2 * buckets.reach,
            shown: self.shown,
            // The next one may be new.
            fields: self.fields.len() + 1,
            budget,
        }
    }

    /// The counts of a field; `None` if there is no memory for them.
    fn counts(&mut self, field: &Field, room: &mut Room<'_>) -> Option<&mut Counts> {
        if !self.fields.contains_key(field) {
            let bytes = OVERHEAD + CELL * room.width;
            if self.is_closed {
                return None;
            }
            if !room.budget.take(bytes) && !self.make_room(bytes, room) {
                self.is_closed = true;
                return None;
            }
        }
        let counts = self.fields.entry(field.clone()).or_default();
        counts.totals.resize(room.width, 0);
        counts.spread.resize_with(room.width, Vec::new);
        Some(counts)
    }

    /// Closes all fields whose values hardly repeat, since memory will not suffice for them either.
    fn close_alike(&mut self, room: &mut Room<'_>) {
        let fields = self.fields.values_mut();
        let alike = fields.filter(|counts| counts.hardly_repeats());
        alike.for_each(|counts| counts.close(room));
    }

    /// Takes memory for a field from the one whose values take most of it, if these say little.
    fn make_room(&mut self, bytes: usize, room: &mut Room<'_>) -> bool {
        let largest = self.fields.values_mut().max_by_key(|counts| counts.taken);
        if let Some(largest) = largest {
            largest.close(room);
        }
        room.budget.take(bytes)
    }

    /// The side and the bucket of each span.
    fn cells(
        &self,
        batch: &dyn Batch,
        mask: &Mask,
        slots: &Slots,
        selection: &Mask,
        buckets: &Buckets,
    ) -> Cells {
        let starts = self.window.map(|window| (window, batch.starts()));
        let is_selected = |row: usize| {
            let in_window = starts.as_ref().is_none_or(|((from, to), starts)| {
                let start = starts.get(row);
                start.is_some_and(|start| from < start && start <= to)
            });
            in_window && selection.contains(row)
        };
        let cell = |row: usize| {
            let slot = slots.get(row).filter(|_| mask.contains(row))?;
            u32::try_from(usize::from(is_selected(row)) * buckets.count + slot).ok()
        };
        Cells::of((0..batch.len()).map(cell))
    }

    /// Returns the series.
    pub(crate) fn finish(self, buckets: usize) -> Vec<Row> {
        let mut rows = Vec::new();
        for (field, counts) in &self.fields {
            for (side, (kind, total)) in SIDES.into_iter().enumerate() {
                let name = field.to_string();
                let row = |kind: &str, value: Value<'static>, counts: &[u64]| Row {
                    labels: vec![
                        ("__meta_type".to_owned(), Value::text(kind.to_owned())),
                        (name.clone(), value),
                    ],
                    values: counts.iter().map(|count| Some(to_float(*count))).collect(),
                    exemplars: Vec::new(),
                };
                for (number, value) in counts.most_frequent(side, buckets, self.shown) {
                    let cells = counts.cells(number, side, buckets);
                    rows.push(row(kind, label(value), &cells));
                }
                let totals = counts.totals.get(of_side(side, buckets));
                let totals = totals.unwrap_or_default();
                if totals.iter().any(|total| *total > 0) {
                    rows.push(row(total, Value::text("nil"), totals));
                }
            }
        }
        rows
    }
}
