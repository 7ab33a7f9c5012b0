//! The values of one field of `compare()`, and how often each occurs.

use std::cmp::Reverse;
use std::ops::Range;
use std::slice;

use super::SIDES;
use crate::distinct::{Distinct, Hash};
use crate::metrics::Budget;
use crate::metrics::groups::size;
use crate::vector::codes_of;
use crate::{Column, Value};

/// No cell.
const NONE: u32 = u32::MAX;

/// So many counts are cheap, however few spans there are.
const FEW: usize = 256;

/// The bytes that a value takes in addition to itself and its cells.
pub(super) const OVERHEAD: usize = 120;

/// A value is frequent if one in so many spans of a side has it, and more than one span.
const FREQUENT: u64 = 100;

/// The values of one field and how often each occurs.
#[derive(Debug, Default)]
pub(super) struct Counts {
    known: Distinct,
    values: Vec<Value<'static>>,
    /// For each value, its spans.
    tallies: Vec<Tally>,
    /// For each cell, the numbers of spans with the values that occur in several cells, by their places:
    /// spans of about the same time are counted one after the other, in few cells.
    pub(super) spread: Vec<Vec<u64>>,
    /// How many places there are.
    places: usize,
    /// For each side and bucket, the number of spans that have any value.
    pub(super) totals: Vec<u64>,
    /// The bytes that the values and their counts take.
    pub(super) taken: usize,
    /// True once memory has run out: a value that is new now may have had spans before, so it is not added.
    pub(super) is_closed: bool,
}

/// The spans with a value. Most values occur once, or on one side in one bucket.
#[derive(Debug, Clone, Copy)]
enum Tally {
    /// All are in one cell.
    One { cell: u32, count: u64 },
    /// The place of their counts in each cell of [`Counts::spread`].
    Spread(usize),
    /// Not all of them are known, since there was no memory for their counts.
    Lost,
}

/// For each span of a batch, the side and the bucket it is counted in.
pub(super) struct Cells {
    /// The index of each span's cell in `cells`, or [`NONE`].
    of_rows: Vec<u32>,
    /// The cells that occur, each of which is the number of a bucket, plus that of all for the
    /// selected side.
    cells: Vec<u32>,
}

/// The memory for values.
pub(super) struct Room<'r> {
    /// The number of cells.
    pub(super) width: usize,
    /// The number of cells in which spans may count.
    pub(super) reach: usize,
    /// The number of values that are shown for each side.
    pub(super) shown: usize,
    /// The number of fields.
    pub(super) fields: usize,
    pub(super) budget: &'r mut Budget,
}

impl Cells {
    pub(super) fn of(rows: impl Iterator<Item = Option<u32>>) -> Self {
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

/// The cells of a side.
pub(super) fn of_side(side: usize, buckets: usize) -> Range<usize> {
    side * buckets..(side + 1) * buckets
}

impl Counts {
    /// Counts the values of a batch.
    pub(super) fn add(&mut self, column: &Column<'_>, cells: &Cells, room: &mut Room<'_>) {
        let len = cells.of_rows.len();
        match column {
            Column::Constant(Value::Nil) => {}
            column if self.is_given_up() => self.add_to_totals(column, cells),
            Column::Constant(_) | Column::Bools(_) => {
                let (codes, values) = codes_of(column, len);
                self.add_coded(&codes, &values, cells, room);
            }
            Column::Dictionary { codes, values }
                if is_little(values.len(), cells.cells.len(), codes.len()) =>
            {
                self.add_coded(codes, values, cells, room);
            }
            Column::Ints(ints) if let Some((codes, values)) = few_ints(ints, cells.cells.len()) => {
                self.add_coded(&codes, &values, cells, room);
            }
            Column::Values(values) => self.add_each(values, cells, room),
            column => {
                let values: Vec<_> = (0..len).map(|row| column.value(row)).collect();
                self.add_each(&values, cells, room);
            }
        }
    }

    /// Counts the spans that have a value.
    fn add_to_totals(&mut self, column: &Column<'_>, cells: &Cells) {
        let mut counts = vec![0_u64; cells.cells.len()];
        for (row, cell) in cells.of_rows.iter().enumerate() {
            if let Some(count) = counts.get_mut(*cell as usize)
                && column.has_value(row)
            {
                *count += 1;
            }
        }
        for (cell, count) in cells.cells.iter().zip(counts) {
            if let Some(total) = self.totals.get_mut(*cell as usize) {
                *total += count;
            }
        }
    }

    /// Counts a value for each span.
    fn add_each(&mut self, values: &[Value<'_>], cells: &Cells, room: &mut Room<'_>) {
        let counts = cells.of_rows.iter().map(|cell| {
            let cell = cells.cells.get(*cell as usize);
            cell.map(|cell| (*cell, 1)).into_iter()
        });
        self.add_all(values, counts, room);
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
        let counts = counts.chunks_exact(width.max(1)).map(|counts| {
            let counts = cells.cells.iter().zip(counts);
            let counts = counts.map(|(cell, count)| (*cell, u64::from(*count)));
            counts.filter(|(_, count)| *count > 0)
        });
        self.add_all(values, counts, room);
    }

    /// Counts spans with each of these values in some cells; without memory, only in the totals.
    fn add_all(
        &mut self,
        values: &[Value<'_>],
        counts: impl Iterator<Item: Iterator<Item = (u32, u64)>>,
        room: &mut Room<'_>,
    ) {
        let found = self.known.find_each(values, |number| self.value(number));
        let known = self.values.len();
        for ((value, counts), found) in values.iter().zip(counts).zip(found) {
            let mut counts = counts.peekable();
            let Some((cell, _)) = counts.peek().filter(|_| !value.is_nil()) else {
                continue;
            };
            let found = match found {
                // It may have been added since.
                Err(_) if self.values.len() > known => self.find(value),
                found => found,
            };
            let number = self.number(value, found, *cell, room);
            for (cell, count) in counts {
                if let Some(total) = self.totals.get_mut(cell as usize) {
                    *total += count;
                }
                if let Some(number) = number {
                    self.add_to_cell(number, cell, count, room);
                }
            }
        }
    }

    /// Adds what was counted elsewhere.
    pub(super) fn absorb(&mut self, other: &Self, room: &mut Room<'_>) {
        for (total, more) in self.totals.iter_mut().zip(&other.totals) {
            *total += more;
        }
        if other.is_given_up() {
            self.give_up(room);
        }
        if self.is_given_up() {
            return;
        }
        let mut is_there = vec![false; self.values.len()];
        for (value, tally) in other.values.iter().zip(&other.tallies) {
            let found = self.find(value);
            if let Ok(number) = found
                && let Some(is_there) = is_there.get_mut(number as usize)
            {
                *is_there = true;
            }
            match tally {
                Tally::One { cell, count } => {
                    if let Some(number) = self.number(value, found, *cell, room) {
                        self.add_to_cell(number, *cell, *count, room);
                    }
                }
                Tally::Spread(place) => {
                    let cells = (0..).zip(other.counts_at(*place, 0..room.width));
                    let mut cells = cells.filter(|(_, count)| *count > 0).peekable();
                    if let Some((cell, _)) = cells.peek()
                        && let Some(number) = self.number(value, found, *cell, room)
                    {
                        cells.for_each(|(cell, count)| self.add_to_cell(number, cell, count, room));
                    }
                }
                Tally::Lost => {
                    if let Ok(number) = found {
                        self.lose(number as usize);
                    }
                }
            }
        }
        if other.is_closed {
            self.is_closed = true;
            // The other one may have met more spans with these values than it could count.
            let absent = is_there.iter().enumerate().filter(|(_, there)| !**there);
            absent.for_each(|(number, _)| self.lose(number));
        }
    }

    /// Notes that not all spans with a value were counted.
    fn lose(&mut self, number: usize) {
        if let Some(tally) = self.tallies.get_mut(number) {
            *tally = Tally::Lost;
        }
    }

    fn add_to_cell(&mut self, number: usize, cell: u32, count: u64, room: &mut Room<'_>) {
        let Some(tally) = self.tallies.get_mut(number) else {
            return;
        };
        let place = match tally {
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
                let (place, only, sum) = (self.places, *only, *sum);
                if !self.take(16 * room.reach, room) {
                    self.lose(number);
                    return;
                }
                self.places += 1;
                if let Some(tally) = self.tallies.get_mut(number) {
                    *tally = Tally::Spread(place);
                }
                self.add_to_place(place, only, sum);
                place
            }
            Tally::Spread(place) => *place,
            Tally::Lost => return,
        };
        self.add_to_place(place, cell, count);
    }

    fn add_to_place(&mut self, place: usize, cell: u32, count: u64) {
        if let Some(counts) = self.spread.get_mut(cell as usize) {
            if place >= counts.len() {
                counts.resize(self.places, 0);
            }
            if let Some(sum) = counts.get_mut(place) {
                *sum += count;
            }
        }
    }

    /// The number of a value; its hash if it is new.
    fn find(&self, value: &Value<'_>) -> Result<u32, Hash> {
        self.known
            .find(slice::from_ref(value), |number| self.value(number))
    }

    /// The value with that number.
    fn value(&self, number: u32) -> &[Value<'static>] {
        let value = self.values.get(number as usize);
        value.map_or(&[], slice::from_ref)
    }

    /// The number of a value that was found or is added; `None` if there is no memory for it.
    fn number(
        &mut self,
        value: &Value<'_>,
        found: Result<u32, Hash>,
        cell: u32,
        room: &mut Room<'_>,
    ) -> Option<usize> {
        let hash = match found {
            Ok(number) => return Some(number as usize),
            Err(_) if self.is_closed => return None,
            Err(hash) => hash,
        };
        let number = self.values.len();
        // So many may have a row for each side in the answer.
        let has_rows = number < room.shown.saturating_mul(2);
        let rows = usize::from(has_rows) * room.width * size_of::<u64>();
        if !self.take(OVERHEAD + 2 * size(value) + rows, room) {
            return None;
        }
        self.values.push(value.clone().into_owned());
        self.tallies.push(Tally::One { cell, count: 0 });
        self.known.insert(hash, u32::try_from(number).ok()?);
        Some(number)
    }

    /// Takes memory; closes if there is none.
    fn take(&mut self, bytes: usize, room: &mut Room<'_>) -> bool {
        if room.budget.take(bytes) {
            self.taken += bytes;
            return true;
        }
        self.close(room);
        false
    }

    /// Adds no more values, and forgets those known if they take much memory and say little.
    pub(super) fn close(&mut self, room: &mut Room<'_>) {
        if self.is_closed {
            return;
        }
        self.is_closed = true;
        let is_large = self.taken > room.budget.taken / room.fields.max(1);
        if is_large && !self.has_frequent_value(room.width / 2) {
            self.give_up(room);
        }
    }

    /// Returns true if more than half of the spans have a value of their own.
    pub(super) fn hardly_repeats(&self) -> bool {
        self.values.len() as u64 > self.totals.iter().sum::<u64>() / 2
    }

    /// Returns true if a value is frequent on a side.
    fn has_frequent_value(&self, buckets: usize) -> bool {
        (0..SIDES.len()).any(|side| {
            let totals = self.totals.get(of_side(side, buckets));
            let total: u64 = totals.unwrap_or_default().iter().sum();
            let mut sums = (0..self.values.len()).map(|number| self.sum(number, side, buckets));
            sums.any(|sum| sum > 1 && sum.saturating_mul(FREQUENT) >= total)
        })
    }

    /// Forgets the values for good: only the totals are told.
    fn give_up(&mut self, room: &mut Room<'_>) {
        room.budget.give_back(self.taken);
        *self = Self {
            totals: std::mem::take(&mut self.totals),
            is_closed: true,
            ..Self::default()
        };
    }

    pub(super) fn is_given_up(&self) -> bool {
        self.is_closed && self.values.is_empty()
    }

    /// The number of spans with a value on a side.
    fn sum(&self, number: usize, side: usize, buckets: usize) -> u64 {
        match self.tallies.get(number) {
            Some(Tally::One { cell, count }) if *cell as usize / buckets == side => *count,
            Some(Tally::Spread(place)) => self.counts_at(*place, of_side(side, buckets)).sum(),
            _ => 0,
        }
    }

    /// The number of spans with a value on a side, in each bucket.
    pub(super) fn cells(&self, number: usize, side: usize, buckets: usize) -> Vec<u64> {
        let cells = of_side(side, buckets);
        match self.tallies.get(number) {
            Some(Tally::Spread(place)) => self.counts_at(*place, cells).collect(),
            Some(Tally::One { cell: only, count }) => {
                let count = |cell| if cell == *only as usize { *count } else { 0 };
                cells.map(count).collect()
            }
            Some(Tally::Lost) | None => vec![0; buckets],
        }
    }

    /// The numbers at a place in some cells.
    fn counts_at(&self, place: usize, cells: Range<usize>) -> impl Iterator<Item = u64> {
        let cells = self.spread.get(cells).unwrap_or_default().iter();
        cells.map(move |counts| counts.get(place).copied().unwrap_or_default())
    }

    /// The values that occur most often on a side, each with its number.
    pub(super) fn most_frequent(
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
            counts.spread.resize_with(4, Vec::new);
            let mut room = Room {
                width: 4,
                reach: 4,
                shown: 9,
                fields: 1,
                budget: &mut budget,
            };
            counts.add(column, &cells, &mut room);
            let of_side = |side| -> Vec<_> {
                let values = counts.most_frequent(side, 2, 9).into_iter();
                let cells = values.map(|(number, v)| (v.clone(), counts.cells(number, side, 2)));
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
