//! `compare()`: how often each value of each attribute occurs among the selected spans and among
//! the others.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::Budget;
use super::groups::size;
use super::histogram::to_float;
use super::series::{Row, label};
use super::slots::Slots;
use super::window::Buckets;
use crate::distinct::Distinct;
use crate::program::Inputs;
use crate::syntax::Compare;
use crate::table::Table;
use crate::vector::Mask;
use crate::{Batch, Column, Field, Intrinsic, Scope, Value};

/// No cell.
const NONE: u32 = u32::MAX;

/// So many counts are cheap, however few spans there are.
const FEW: usize = 256;

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
    known: Distinct,
    values: Vec<Value<'static>>,
    /// For each value, its spans.
    tallies: Vec<Tally>,
    /// For values that occur in several cells, the number of spans in each cell.
    spread: Vec<u64>,
    /// For each side and bucket, the number of spans that have any value.
    totals: Vec<u64>,
}

/// The spans with a value. Most values occur once, or on one side in one bucket.
#[derive(Debug, Clone, Copy)]
enum Tally {
    /// All are in one cell.
    One { cell: u32, count: u64 },
    /// The start of the counts for all cells, in [`Counts::spread`].
    Spread(usize),
}

/// For each span of a batch, the side and the bucket it is counted in.
struct Cells {
    /// The index of each span's cell in `cells`, or [`NONE`].
    of_rows: Vec<u32>,
    /// The cells that occur, each of which is the number of a bucket, plus that of all for the
    /// selected side.
    cells: Vec<u32>,
}

/// The memory for values, and the number of cells that one may need.
struct Room<'r> {
    width: usize,
    budget: &'r mut Budget,
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

    /// Returns true if it reads when spans start.
    pub(crate) fn needs_starts(&self) -> bool {
        self.window.is_some()
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
        let width = 2 * buckets.count;
        for (input, field) in inputs.0.iter().enumerate() {
            let mut room = Room {
                width,
                budget: &mut *budget,
            };
            if let Some(counts) = self.counts(field, &mut room) {
                counts.add(table.column(input), &cells, &mut room);
            }
        }
    }

    /// Adds what another one has counted.
    pub(crate) fn absorb(&mut self, other: &Self, buckets: &Buckets, budget: &mut Budget) {
        let width = 2 * buckets.count;
        for (field, more) in &other.fields {
            let mut room = Room {
                width,
                budget: &mut *budget,
            };
            if let Some(counts) = self.counts(field, &mut room) {
                counts.absorb(more, &mut room);
            }
        }
    }

    /// The counts of a field; `None` if there is no memory for them.
    fn counts(&mut self, field: &Field, room: &mut Room<'_>) -> Option<&mut Counts> {
        if !self.fields.contains_key(field) && !room.budget.take(OVERHEAD + 8 * room.width) {
            return None;
        }
        let counts = self.fields.entry(field.clone()).or_default();
        counts.totals.resize(room.width, 0);
        Some(counts)
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

impl Cells {
    fn of(rows: impl Iterator<Item = Option<u32>>) -> Self {
        let mut cells = Vec::new();
        let mut last = None;
        let number = |cell: Option<u32>| {
            let cell = cell?;
            if let Some((known, number)) = last
                && known == cell
            {
                return Some(number);
            }
            let number = cells.iter().rposition(|known| *known == cell);
            let number = number.unwrap_or_else(|| {
                cells.push(cell);
                cells.len() - 1
            });
            let number = u32::try_from(number).unwrap_or(NONE);
            last = Some((cell, number));
            Some(number)
        };
        let of_rows = rows.map(number).map(|number| number.unwrap_or(NONE));
        let of_rows = of_rows.collect();
        Self { of_rows, cells }
    }
}

/// Returns true if it costs little to count so many values in so many cells, compared with so many spans.
fn is_little(values: usize, cells: usize, spans: usize) -> bool {
    let counts = values.checked_mul(cells);
    counts.is_some_and(|counts| counts <= FEW.max(4 * spans))
}

/// Integers that lie close together as a dictionary of all between the smallest and the largest.
fn few_ints(ints: &[i64], cells: usize) -> Option<(Vec<u32>, Vec<Value<'static>>)> {
    let (min, max) = (*ints.iter().min()?, *ints.iter().max()?);
    let values = usize::try_from(max.checked_sub(min)?)
        .ok()?
        .checked_add(1)?;
    if !is_little(values, cells, ints.len()) {
        return None;
    }
    let code = |int: &i64| u32::try_from(int - min).unwrap_or(NONE);
    let codes = ints.iter().map(code).collect();
    Some((codes, (min..=max).map(Value::Int).collect()))
}

impl Counts {
    /// Counts the values of a batch.
    fn add(&mut self, column: &Column<'_>, cells: &Cells, room: &mut Room<'_>) {
        match column {
            Column::Dictionary { codes, values }
                if is_little(values.len(), cells.cells.len(), codes.len()) =>
            {
                self.add_coded(codes, values, cells, room);
            }
            Column::Ints(ints) => match few_ints(ints, cells.cells.len()) {
                Some((codes, values)) => self.add_coded(&codes, &values, cells, room),
                None => self.add_each(column, cells, room),
            },
            column => self.add_each(column, cells, room),
        }
    }

    fn add_each(&mut self, column: &Column<'_>, cells: &Cells, room: &mut Room<'_>) {
        for (row, cell) in cells.of_rows.iter().enumerate() {
            if let Some(cell) = cells.cells.get(*cell as usize) {
                self.add_value(&column.value(row), std::iter::once((*cell, 1)), room);
            }
        }
    }

    /// The same for a dictionary: each of its values is counted by itself, and then looked up once.
    fn add_coded(
        &mut self,
        codes: &[u32],
        values: &[Value<'_>],
        cells: &Cells,
        room: &mut Room<'_>,
    ) {
        let width = cells.cells.len();
        let mut counts = vec![0_u32; values.len() * width];
        for (cell, code) in cells.of_rows.iter().zip(codes) {
            if *cell != NONE
                && let Some(count) = counts.get_mut(*code as usize * width + *cell as usize)
            {
                *count += 1;
            }
        }
        for (value, counts) in values.iter().zip(counts.chunks_exact(width.max(1))) {
            let counts = cells.cells.iter().zip(counts);
            let counts = counts.map(|(cell, count)| (*cell, u64::from(*count)));
            self.add_value(value, counts.filter(|(_, count)| *count > 0), room);
        }
    }

    /// Counts spans with a value in some cells; without memory, only in the totals.
    fn add_value(
        &mut self,
        value: &Value<'_>,
        counts: impl Iterator<Item = (u32, u64)> + Clone,
        room: &mut Room<'_>,
    ) {
        if value.is_nil() {
            return;
        }
        for (cell, count) in counts.clone() {
            if let Some(total) = self.totals.get_mut(cell as usize) {
                *total += count;
            }
        }
        self.add_to_tally(value, counts, room);
    }

    /// Adds what was counted elsewhere.
    fn absorb(&mut self, other: &Self, room: &mut Room<'_>) {
        for (total, more) in self.totals.iter_mut().zip(&other.totals) {
            *total += more;
        }
        for (value, tally) in other.values.iter().zip(&other.tallies) {
            match tally {
                Tally::One { cell, count } => {
                    self.add_to_tally(value, std::iter::once((*cell, *count)), room);
                }
                Tally::Spread(begin) => {
                    let cells = other.spread.get(*begin..begin + room.width);
                    let cells = (0..).zip(cells.unwrap_or_default().iter().copied());
                    self.add_to_tally(value, cells.filter(|(_, count)| *count > 0), room);
                }
            }
        }
    }

    /// Looks the value up once.
    fn add_to_tally(
        &mut self,
        value: &Value<'_>,
        counts: impl Iterator<Item = (u32, u64)>,
        room: &mut Room<'_>,
    ) {
        let mut counts = counts.peekable();
        let first = counts.peek().copied();
        if let Some((cell, _)) = first
            && let Some(number) = self.number(value, cell, room)
        {
            counts.for_each(|(cell, count)| self.add_to_cell(number, cell, count, room));
        }
    }

    fn add_to_cell(&mut self, number: usize, cell: u32, count: u64, room: &mut Room<'_>) {
        let Some(tally) = self.tallies.get_mut(number) else {
            return;
        };
        let begin = match tally {
            Tally::One {
                cell: only,
                count: sum,
            } if *only == cell => {
                *sum += count;
                return;
            }
            Tally::One {
                cell: only,
                count: sum,
            } => {
                if !room.budget.take(16 * room.width) {
                    return;
                }
                let (begin, only, sum) = (self.spread.len(), *only as usize, *sum);
                *tally = Tally::Spread(begin);
                self.spread.resize(begin + room.width, 0);
                if let Some(slot) = self.spread.get_mut(begin + only) {
                    *slot = sum;
                }
                begin
            }
            Tally::Spread(begin) => *begin,
        };
        if let Some(slot) = self.spread.get_mut(begin + cell as usize) {
            *slot += count;
        }
    }

    /// The number of a value; `None` if there is no memory for it.
    fn number(&mut self, value: &Value<'_>, cell: u32, room: &mut Room<'_>) -> Option<usize> {
        let values = &self.values;
        let of_number = |number: u32| {
            let value = values.get(number as usize);
            value.map_or(&[][..], std::slice::from_ref)
        };
        let found = self.known.find(std::slice::from_ref(value), of_number);
        let hash = match found {
            Ok(number) => return Some(number as usize),
            Err(hash) => hash,
        };
        if !room.budget.take(OVERHEAD + 2 * size(value)) {
            return None;
        }
        let number = self.values.len();
        self.values.push(value.clone().into_owned());
        self.tallies.push(Tally::One { cell, count: 0 });
        self.known.insert(hash, u32::try_from(number).ok()?);
        Some(number)
    }

    /// The number of spans with a value on a side.
    fn sum(&self, number: usize, side: usize, buckets: usize) -> u64 {
        match self.tallies.get(number) {
            Some(Tally::One { cell, count }) if *cell as usize / buckets == side => *count,
            Some(Tally::Spread(_)) => self.cells(number, side, buckets).iter().sum(),
            _ => 0,
        }
    }

    /// The number of spans with a value on a side, in each bucket.
    fn cells(&self, number: usize, side: usize, buckets: usize) -> Cow<'_, [u64]> {
        let from = side * buckets;
        match self.tallies.get(number) {
            Some(Tally::Spread(begin)) => {
                let cells = self.spread.get(begin + from..begin + from + buckets);
                cells.unwrap_or_default().into()
            }
            Some(Tally::One { cell, count }) => {
                let mut cells = vec![0; buckets];
                let slot = (*cell as usize).checked_sub(from);
                if let Some(slot) = slot.and_then(|slot| cells.get_mut(slot)) {
                    *slot = *count;
                }
                cells.into()
            }
            None => vec![0; buckets].into(),
        }
    }

    /// The values that occur most often on a side, each with its number.
    fn most_frequent(
        &self,
        side: usize,
        buckets: usize,
        shown: usize,
    ) -> Vec<(usize, &Value<'static>)> {
        let sums = (0..self.values.len()).map(|number| self.sum(number, side, buckets));
        let mut found: Vec<_> = sums.zip(&self.values).enumerate().collect();
        found.retain(|(_, (sum, _))| *sum > 0);
        // Only those as frequent as the last one shown need be told apart by their texts.
        if let Some(last) = shown.checked_sub(1)
            && last < found.len()
        {
            let by_sum = |(_, (sum, _)): &(usize, (u64, _))| Reverse(*sum);
            let (_, (_, (least, _)), _) = found.select_nth_unstable_by_key(last, by_sum);
            let least = *least;
            found.retain(|(_, (sum, _))| *sum >= least);
        }
        found.sort_by_cached_key(|(_, (sum, value))| (Reverse(*sum), value.to_string()));
        found.truncate(shown);
        found
            .into_iter()
            .map(|(number, (_, value))| (number, value))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_that_lie_close_together_are_counted_like_others() {
        let cells = Cells::of([Some(0), Some(3), None, Some(0), Some(0)].into_iter());
        let count = |column: &Column<'_>| {
            let mut budget = Budget {
                taken: 0,
                most: 1 << 20,
                exceeded: false,
            };
            let mut counts = Counts::default();
            counts.totals.resize(4, 0);
            let mut room = Room {
                width: 4,
                budget: &mut budget,
            };
            counts.add(column, &cells, &mut room);
            let of_side = |side| -> Vec<_> {
                let values = counts.most_frequent(side, 2, 9).into_iter();
                let cells =
                    values.map(|(number, v)| (v.clone(), counts.cells(number, side, 2).to_vec()));
                cells.collect()
            };
            (counts.totals.clone(), of_side(0), of_side(1))
        };
        for ints in [
            [7, 7, 9, -3, 7],
            [i64::MIN, 0, i64::MAX, 5, 5],
            [1 << 40; 5],
        ] {
            let values = ints.map(Value::Int).to_vec();
            let by_value = count(&Column::Values(values));
            assert_eq!(count(&Column::Ints(ints[..].into())), by_value, "{ints:?}");
            assert_eq!(by_value.0, [3, 0, 0, 1]);
        }
        assert!(few_ints(&[7, 900, 7], 2).is_none() && few_ints(&[], 2).is_none());
    }
}
