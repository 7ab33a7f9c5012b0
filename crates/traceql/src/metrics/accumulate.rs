//! Counts spans, batch by batch, in groups and time buckets.

use std::borrow::Cow;
use std::cell::OnceCell;

use super::compare::Comparer;
use super::groups::{BatchGroups, Groups};
use super::histogram::{POWERS, bound, power, quantile, to_float};
use super::numbers::Numbers;
use super::series::{NAME, Row, RowExemplar, label};
use super::slots::Slots;
use super::window::Buckets;
use super::{Budget, Leaf};
use crate::syntax::{Fold, Function};
use crate::table::Table;
use crate::vector::Mask;
use crate::{Batch, Column, Field, Intrinsic, Source, Value};

/// The most exemplars of a leaf.
const EXEMPLARS: usize = 100;

/// No combination of values, or no place.
const NONE: u32 = u32::MAX;

/// The counts of a leaf so far.
#[derive(Debug)]
pub(crate) struct Accumulator<'m> {
    leaf: &'m Leaf,
    groups: Groups,
    cells: Cells,
    exemplars: Exemplars,
}

/// The state of the function for each group and bucket.
#[derive(Debug)]
enum Cells {
    Counts(Vec<u64>),
    Folds(Fold, Vec<FoldCell>),
    Powers(Powers),
    Compare(Box<Comparer>),
}

#[derive(Debug, Clone, Copy, Default)]
struct FoldCell {
    value: f64,
    count: u64,
}

/// For each group, the numbers of its powers of two, and for each bucket, how often each of these occurs
/// there: spans of about the same time are counted one after the other, in cells that lie together.
#[derive(Debug, Default)]
struct Powers {
    numbers: Vec<[u32; POWERS]>,
    /// How many numbers there are.
    count: u32,
    by_bucket: Vec<Vec<u64>>,
}

#[derive(Debug)]
struct Exemplars {
    /// The number of exemplars that each bucket may still take.
    left: Vec<usize>,
    /// The group, the power of two, and the exemplar.
    found: Vec<(usize, Option<usize>, RowExemplar)>,
}

impl<'m> Accumulator<'m> {
    pub(crate) fn new(leaf: &'m Leaf, buckets: &Buckets) -> Self {
        let cells = match &leaf.function {
            Function::Rate | Function::CountOverTime => Cells::Counts(Vec::new()),
            Function::FoldOverTime(fold, _) => Cells::Folds(*fold, Vec::new()),
            Function::QuantileOverTime(..) | Function::HistogramOverTime(_) => {
                Cells::Powers(Powers::default())
            }
            Function::Compare(compare) => Cells::Compare(Box::new(Comparer::new(compare))),
        };
        Self {
            leaf,
            groups: Groups::default(),
            cells,
            exemplars: Exemplars::new(buckets),
        }
    }

    pub(crate) fn add(&mut self, batch: &dyn Batch, buckets: &Buckets, budget: &mut Budget) {
        if self.leaf.search.is_never() {
            return;
        }
        let table = Table::new(batch, &self.leaf.search.inputs);
        let mask = self.leaf.search.mask(&table);
        if mask == Mask::None {
            return;
        }
        let Some(slots) = Slots::of(batch, buckets) else {
            return;
        };
        if let (Cells::Compare(comparer), Some(selection)) = (&mut self.cells, &self.leaf.selection)
        {
            let selection = selection.mask(&table);
            comparer.add(batch, &mask, &slots, &selection, buckets, budget);
            return;
        }
        let mut adding = Adding {
            groups: BatchGroups::new(&table, self.leaf.by.iter().map(|(_, input)| *input)),
            mask: &mask,
            slots: &slots,
            batch,
            starts: OnceCell::new(),
            buckets: buckets.count,
            reach: buckets.reach,
        };
        let value = self.leaf.value.map(|input| table.column(input));
        self.count(&mut adding, value, budget);
    }

    /// Returns true if it reads when the spans start of a batch that lies between these times.
    pub(crate) fn needs_starts(&self, bounds: (u64, u64), buckets: &Buckets) -> bool {
        let Some(bucket) = buckets.of_bounds(bounds) else {
            return true;
        };
        match &self.cells {
            Cells::Compare(comparer) => comparer.needs_starts(),
            _ => self.exemplars.has_room(bucket),
        }
    }

    /// The attributes whose values are no longer compared.
    pub(crate) fn given_up(&self) -> impl Iterator<Item = Source> {
        let comparer = match &self.cells {
            Cells::Compare(comparer) => Some(comparer),
            _ => None,
        };
        comparer
            .into_iter()
            .flat_map(|comparer| comparer.given_up())
    }

    /// Adds the comparison that another one has counted.
    pub(crate) fn absorb(
        &mut self,
        other: &Accumulator<'_>,
        buckets: &Buckets,
        budget: &mut Budget,
    ) {
        if let (Cells::Compare(comparer), Cells::Compare(other)) = (&mut self.cells, &other.cells) {
            comparer.absorb(other, buckets, budget);
        }
    }

    fn count(&mut self, adding: &mut Adding<'_>, value: Option<&Column<'_>>, budget: &mut Budget) {
        let unit = self.leaf.unit();
        let numbers = value.map(Numbers::of);
        let Self {
            groups,
            cells,
            exemplars,
            ..
        } = self;
        let width = cells.bytes_of_a_group(adding.buckets);
        let reach = 2 * adding.reach;
        let of_power = match self.leaf.function {
            // Each power of a group has a row in the answer.
            Function::HistogramOverTime(_) => reach.max(adding.buckets),
            _ => reach,
        } * size_of::<u64>();
        if let (Cells::Counts(counts), Slots::Same(slot)) = (&mut *cells, adding.slots)
            && !exemplars.has_room(*slot)
        {
            return adding.count_together(*slot, width, counts, groups, budget);
        }
        for row in 0..adding.batch.len() {
            let Some((slot, code)) = adding.place(row) else {
                continue;
            };
            let number = numbers.as_ref().map(|numbers| numbers.get(row));
            if number == Some(None) {
                // A span without the value does not count.
                continue;
            }
            let number = number.flatten();
            let Some(group) = adding.groups.group(code, groups, width, budget) else {
                continue;
            };
            let at = group * adding.buckets + slot;
            let counted = match cells {
                Cells::Counts(counts) => {
                    grow(counts, at, adding.buckets);
                    increment(counts, at);
                    Some(None)
                }
                Cells::Folds(fold, folds) => {
                    grow(folds, at, adding.buckets);
                    if let Some((cell, number)) = folds.get_mut(at).zip(number) {
                        cell.add(*fold, number.float / unit);
                    }
                    Some(None)
                }
                Cells::Powers(powers) => {
                    let power = number.and_then(|number| number.int).and_then(power);
                    power
                        .filter(|power| powers.add(group, *power, slot, of_power, budget))
                        .map(Some)
                }
                Cells::Compare(_) => None,
            };
            if let Some(power) = counted
                && exemplars.has_room(slot)
            {
                let value = number.map(|number| number.float / unit);
                exemplars.add(group, power, adding.exemplar(row, slot, value));
            }
        }
    }

    /// Returns the series.
    pub(crate) fn finish(self, buckets: &Buckets) -> Vec<Row> {
        let count = buckets.count;
        if let Cells::Compare(comparer) = self.cells {
            return comparer.finish(count);
        }
        let mut rows = Vec::new();
        for group in 0..self.groups.count() {
            let labels = self.labels(self.groups.values(group, self.leaf.by.len()));
            let range = group * count..(group + 1) * count;
            match &self.cells {
                Cells::Counts(counts) => {
                    let seconds = if self.leaf.function == Function::Rate {
                        buckets.seconds()
                    } else {
                        1.0
                    };
                    let cells = counts.get(range).unwrap_or_default();
                    let values = cells.iter().map(|count| Some(to_float(*count) / seconds));
                    rows.push(self.row(group, None, labels, values.collect()));
                }
                Cells::Folds(fold, folds) => {
                    let cells = folds.get(range).unwrap_or_default();
                    let values = cells.iter().map(|cell| cell.value(*fold));
                    rows.push(self.row(group, None, labels, values.collect()));
                }
                Cells::Powers(powers) => {
                    self.rows_of_powers(powers, group, &labels, count, &mut rows);
                }
                Cells::Compare(_) => {}
            }
        }
        rows
    }

    fn rows_of_powers(
        &self,
        powers: &Powers,
        group: usize,
        labels: &[(String, Value<'static>)],
        buckets: usize,
        rows: &mut Vec<Row>,
    ) {
        let present = powers.present(group);
        let unit = self.leaf.unit();
        let with = |name: &str, value: f64| {
            let mut labels = labels.to_vec();
            labels.push((name.to_owned(), Value::Float(value)));
            labels
        };
        if let Function::QuantileOverTime(_, quantiles) = &self.leaf.function {
            // Most groups have spans in few of the buckets.
            let by_slot = powers.by_slot(&present);
            for (index, wanted) in quantiles.iter().enumerate() {
                let mut values = vec![Some(0.0); buckets];
                for counts in by_slot.chunk_by(|(a, ..), (b, ..)| a == b) {
                    if let Some((slot, ..)) = counts.first()
                        && let Some(value) = values.get_mut(*slot)
                    {
                        let counts = counts.iter().map(|(_, power, count)| (*power, *count));
                        *value = Some(quantile(counts, *wanted) / unit);
                    }
                }
                let mut row = self.row(group, None, with("p", *wanted), values);
                // A span becomes an exemplar of one series only.
                if index > 0 {
                    row.exemplars.clear();
                }
                rows.push(row);
            }
            return;
        }
        for (power, number) in present {
            let values = (0..buckets).map(|slot| Some(to_float(powers.count(number, slot))));
            let labels = with("__bucket", bound(power) / unit);
            let mut row = self.row(group, Some(power), labels, values.collect());
            row.exemplars
                .iter_mut()
                .for_each(|exemplar| exemplar.value = None);
            rows.push(row);
        }
    }

    fn row(
        &self,
        group: usize,
        power: Option<usize>,
        labels: Vec<(String, Value<'static>)>,
        values: Vec<Option<f64>>,
    ) -> Row {
        let of_row = self
            .exemplars
            .found
            .iter()
            .filter(|(of_group, of_power, _)| {
                *of_group == group && (power.is_none() || *of_power == power)
            });
        Row {
            labels,
            values,
            exemplars: of_row.map(|(_, _, exemplar)| exemplar.clone()).collect(),
        }
    }

    fn labels(&self, values: &[Value<'static>]) -> Vec<(String, Value<'static>)> {
        let named = self.leaf.by.iter().zip(values);
        let labels = named.filter(|(_, value)| !value.is_nil());
        let labels: Vec<_> = labels
            .map(|((name, _), value)| (name.clone(), label(value)))
            .collect();
        match self.leaf.by.first() {
            Some((name, _)) if labels.is_empty() => vec![(name.clone(), Value::text("nil"))],
            None if !matches!(self.cells, Cells::Powers(_)) => {
                vec![(NAME.to_owned(), Value::text(self.leaf.function.name()))]
            }
            _ => labels,
        }
    }
}

impl Leaf {
    /// The divisor of the values: durations of spans are shown in seconds.
    fn unit(&self) -> f64 {
        match self.function.field() {
            Some(Field::Intrinsic(Intrinsic::Duration)) => 1e9,
            _ => 1.0,
        }
    }
}

/// The state while a batch is counted.
struct Adding<'b> {
    groups: BatchGroups<'b>,
    mask: &'b Mask,
    slots: &'b Slots,
    batch: &'b dyn Batch,
    /// Read for the first exemplar.
    starts: OnceCell<Cow<'b, [u64]>>,
    buckets: usize,
    /// The number of buckets in which spans may count.
    reach: usize,
}

impl Adding<'_> {
    /// The bucket of a counted span, and the number of its values.
    fn place(&self, row: usize) -> Option<(usize, u32)> {
        let slot = self.slots.get(row).filter(|_| self.mask.contains(row))?;
        Some((slot, self.groups.codes.get(row).copied().unwrap_or(NONE)))
    }

    /// Counts spans that are all in one bucket: each combination of values is looked up once.
    fn count_together(
        &mut self,
        slot: usize,
        width: usize,
        cells: &mut Vec<u64>,
        groups: &mut Groups,
        budget: &mut Budget,
    ) {
        for (code, count) in (0..).zip(self.groups.counts(self.mask)) {
            if count > 0
                && let Some(group) = self.groups.group(code, groups, width, budget)
            {
                let at = group * self.buckets + slot;
                grow(cells, at, self.buckets);
                if let Some(cell) = cells.get_mut(at) {
                    *cell += count;
                }
            }
        }
    }

    fn exemplar(&self, row: usize, bucket: usize, value: Option<f64>) -> RowExemplar {
        let starts = self.starts.get_or_init(|| self.batch.starts());
        RowExemplar {
            bucket,
            start: starts.get(row).copied().unwrap_or_default(),
            trace_id: self.batch.trace_id(row),
            value,
        }
    }
}

/// Makes room for all buckets of the group that a cell belongs to.
fn grow<T: Clone + Default>(cells: &mut Vec<T>, at: usize, buckets: usize) {
    if at >= cells.len() {
        cells.resize((at / buckets + 1) * buckets, T::default());
    }
}

/// Adds one to a cell.
fn increment(cells: &mut [u64], at: usize) {
    if let Some(cell) = cells.get_mut(at) {
        *cell += 1;
    }
}

impl Cells {
    /// The bytes that a group takes: twice what it needs, since a vector grows by doubling.
    fn bytes_of_a_group(&self, buckets: usize) -> usize {
        2 * match self {
            Self::Counts(_) => buckets * size_of::<u64>(),
            Self::Folds(..) => buckets * size_of::<FoldCell>(),
            // Each group has a row in the answer, whatever of it is counted.
            Self::Powers(_) => size_of::<[u32; POWERS]>() + buckets * size_of::<u64>(),
            Self::Compare(_) => 0,
        }
    }
}

impl FoldCell {
    fn add(&mut self, fold: Fold, number: f64) {
        self.value = match fold {
            _ if self.count == 0 => number,
            Fold::Min => self.value.min(number),
            Fold::Max => self.value.max(number),
            Fold::Sum | Fold::Avg => self.value + number,
        };
        self.count += 1;
    }

    fn value(self, fold: Fold) -> Option<f64> {
        match fold {
            _ if self.count == 0 => None,
            Fold::Avg => Some(self.value / to_float(self.count)),
            _ => Some(self.value),
        }
    }
}

impl Powers {
    /// Counts a value; returns false if memory has run out.
    fn add(
        &mut self,
        group: usize,
        power: usize,
        slot: usize,
        bytes: usize,
        budget: &mut Budget,
    ) -> bool {
        if group >= self.numbers.len() {
            self.numbers.resize(group + 1, [NONE; POWERS]);
        }
        let of_group = self.numbers.get_mut(group);
        let Some(number) = of_group.and_then(|numbers| numbers.get_mut(power)) else {
            return false;
        };
        if *number == NONE {
            if !budget.take(bytes) {
                return false;
            }
            *number = self.count;
            self.count += 1;
        }
        let number = *number as usize;
        if slot >= self.by_bucket.len() {
            self.by_bucket.resize_with(slot + 1, Vec::new);
        }
        if let Some(counts) = self.by_bucket.get_mut(slot) {
            if number >= counts.len() {
                counts.resize(self.count as usize, 0);
            }
            increment(counts, number);
        }
        true
    }

    /// The powers of two that occur in a group, ascending, and their numbers.
    fn present(&self, group: usize) -> Vec<(usize, u32)> {
        let numbers = self.numbers.get(group).into_iter().flatten();
        let numbers = numbers.copied().enumerate();
        numbers.filter(|(_, number)| *number != NONE).collect()
    }

    /// The buckets, the powers of two that occur there, ascending, and how often they do.
    fn by_slot(&self, present: &[(usize, u32)]) -> Vec<(usize, usize, u64)> {
        let buckets = self.by_bucket.iter().enumerate();
        let buckets = buckets.filter(|(_, counts)| !counts.is_empty());
        let counts = buckets.flat_map(|(slot, _)| {
            let of_power = move |(power, number): &(usize, u32)| {
                let count = self.count(*number, slot);
                (count > 0).then_some((slot, *power, count))
            };
            present.iter().filter_map(of_power)
        });
        counts.collect()
    }

    fn count(&self, number: u32, slot: usize) -> u64 {
        let counts = self.by_bucket.get(slot);
        let count = counts.and_then(|counts| counts.get(number as usize));
        count.copied().unwrap_or_default()
    }
}

impl Exemplars {
    fn new(buckets: &Buckets) -> Self {
        let share = |bucket: usize| {
            let before = |bucket: usize| bucket * EXEMPLARS / buckets.count.max(1);
            before(bucket + 1) - before(bucket)
        };
        let left = if buckets.is_instant {
            0..0
        } else {
            0..buckets.count
        };
        Self {
            left: left.map(share).collect(),
            found: Vec::new(),
        }
    }

    fn has_room(&self, slot: usize) -> bool {
        self.left.get(slot).is_some_and(|left| *left > 0)
    }

    fn add(&mut self, group: usize, power: Option<usize>, exemplar: RowExemplar) {
        let is_known = self
            .found
            .iter()
            .any(|(.., known)| known.trace_id == exemplar.trace_id);
        if is_known {
            return;
        }
        if let Some(left) = self.left.get_mut(exemplar.bucket) {
            *left -= 1;
        }
        self.found.push((group, power, exemplar));
    }
}
