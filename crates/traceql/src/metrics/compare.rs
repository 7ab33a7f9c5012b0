//! `compare()`: how often each value of each attribute occurs among the selected spans and among
//! the others.

use std::collections::{BTreeMap, HashMap};

use super::Budget;
use super::accumulate::increment;
use super::groups::{Place, size};
use super::histogram::to_float;
use super::series::{Row, label};
use super::window::Buckets;
use crate::program::Inputs;
use crate::syntax::Compare;
use crate::table::Table;
use crate::vector::{Key, Mask, codes_of};
use crate::{Batch, Column, Field, Intrinsic, Scope, Value};

/// No bucket.
const NONE: u32 = u32::MAX;

/// The bytes that a value takes in addition to itself and its cells.
const OVERHEAD: usize = 120;

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
}

/// The values of one field and how often each occurs.
#[derive(Debug, Default)]
struct Counts {
    known: HashMap<Key<'static>, usize>,
    values: Vec<Value<'static>>,
    /// For each value, side and bucket, the number of spans.
    cells: Vec<u64>,
    /// For each side and bucket, the number of spans that have any value.
    totals: Vec<u64>,
}

impl Comparer {
    pub(crate) fn new(compare: &Compare) -> Self {
        let nanos = |nanos| u64::try_from(nanos).unwrap_or_default();
        Self {
            shown: usize::try_from(compare.values).unwrap_or_default(),
            window: compare.window.map(|(from, to)| (nanos(from), nanos(to))),
            fields: BTreeMap::new(),
        }
    }

    /// Counts those spans of a batch that lie in a bucket.
    pub(crate) fn add(
        &mut self,
        batch: &dyn Batch,
        slots: &[u32],
        starts: &[u64],
        selection: &Mask,
        buckets: &Buckets,
        budget: &mut Budget,
    ) {
        // For each span, its side and its bucket.
        let cell = |((row, start), slot): ((usize, &u64), &u32)| {
            let in_window = self
                .window
                .is_none_or(|(from, to)| from < *start && *start <= to);
            let side = usize::from(in_window && selection.contains(row));
            let cell = u32::try_from(side * buckets.count).unwrap_or(NONE);
            (*slot != NONE).then(|| cell.saturating_add(*slot))
        };
        let cells = starts.iter().enumerate().zip(slots).map(cell);
        let cells: Vec<_> = cells.map(|cell| cell.unwrap_or(NONE)).collect();
        let intrinsics = INTRINSICS.map(Field::Intrinsic).into_iter();
        let attributes = SCOPES.into_iter().flat_map(|scope| {
            let keys = batch.keys(scope).into_iter();
            keys.map(move |key| Field::Attribute(scope, key.into_owned()))
        });
        let inputs = Inputs(intrinsics.chain(attributes).collect());
        let table = Table::new(batch, &inputs);
        for (input, field) in inputs.0.iter().enumerate() {
            if !self.fields.contains_key(field) && !budget.take(OVERHEAD + 16 * buckets.count) {
                continue;
            }
            let counts = self.fields.entry(field.clone()).or_default();
            counts.add(table.column(input), &cells, buckets.count, budget);
        }
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
                for (value, cells) in counts.most_frequent(side, buckets, self.shown) {
                    rows.push(row(kind, label(value), cells));
                }
                let totals = counts.totals.get(side * buckets..(side + 1) * buckets);
                let totals = totals.unwrap_or_default();
                if totals.iter().any(|total| *total > 0) {
                    rows.push(row(total, Value::text("nil"), totals));
                }
            }
        }
        rows
    }
}

impl Counts {
    /// Counts the values of a batch, of which each span has a cell.
    fn add(&mut self, column: &Column<'_>, cells: &[u32], buckets: usize, budget: &mut Budget) {
        self.totals.resize(2 * buckets, 0);
        let (codes, values) = codes_of(column, cells.len());
        let is_nil: Vec<_> = values.iter().map(Value::is_nil).collect();
        let mut found = vec![Place::Unknown; values.len()];
        for (cell, code) in cells.iter().zip(codes.iter()) {
            let code = *code as usize;
            if *cell == NONE || is_nil.get(code).copied().unwrap_or(true) {
                continue;
            }
            let cell = *cell as usize;
            increment(&mut self.totals, cell);
            let (Some(place), Some(value)) = (found.get_mut(code), values.get(code)) else {
                continue;
            };
            if let Some(number) = place.get_or_find(|| self.number(value, buckets, budget)) {
                increment(&mut self.cells, number * 2 * buckets + cell);
            }
        }
    }

    /// The number of a value; `None` if there is no memory for it.
    fn number(&mut self, value: &Value<'_>, buckets: usize, budget: &mut Budget) -> Option<usize> {
        let known: &HashMap<Key<'_>, usize> = &self.known;
        if let Some(number) = known.get(&Key(value.clone())) {
            return Some(*number);
        }
        if !budget.take(OVERHEAD + 2 * size(value) + 32 * buckets) {
            return None;
        }
        self.values.push(value.clone().into_owned());
        self.cells.resize(self.values.len() * 2 * buckets, 0);
        let key = Key(value.clone().into_owned());
        self.known.insert(key, self.values.len() - 1);
        Some(self.values.len() - 1)
    }

    /// The values that occur most often on a side, with their counts in each bucket.
    fn most_frequent(
        &self,
        side: usize,
        buckets: usize,
        shown: usize,
    ) -> Vec<(&Value<'static>, &[u64])> {
        let of_value = |(number, value)| {
            let start = (number * 2 + side) * buckets;
            let cells = self.cells.get(start..start + buckets).unwrap_or_default();
            (value, cells)
        };
        let found = self.values.iter().enumerate().map(of_value);
        let mut found: Vec<_> = found
            .filter(|(_, cells)| cells.iter().any(|count| *count > 0))
            .collect();
        found.sort_by_cached_key(|(value, cells)| {
            (
                std::cmp::Reverse(cells.iter().sum::<u64>()),
                value.to_string(),
            )
        });
        found.truncate(shown);
        found
    }
}
