//! The tree of the spans of each trace, and the fields that only a whole trace can answer.

use std::collections::HashMap;
use std::ops::Range;

use crate::{Batch, Column, Intrinsic, Kind, Scope, Source, Value};

/// There is no such row.
pub(crate) const NONE: u32 = u32::MAX;

/// The parents and children of all spans of a batch.
#[derive(Debug)]
pub(crate) struct Structure {
    /// For each trace, the index after its last row.
    pub(crate) trace_ends: Vec<u32>,
    /// The row of each span's parent; [`NONE`] if it is not in the batch.
    pub(crate) parents: Vec<u32>,
    /// The ids of the parents; zero for roots.
    pub(crate) parent_ids: Vec<u64>,
}

/// A row as it is kept.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a batch has fewer rows; `of` cuts it otherwise"
)]
fn number(row: usize) -> u32 {
    row as u32
}

impl Structure {
    pub(crate) fn of(batch: &dyn Batch) -> Self {
        let ids = batch.span_ids();
        let parent_ids = batch.parent_ids().into_owned();
        let kinds = batch.column(&Source::Kind);
        let len = batch.len().min(ids.len()).min(parent_ids.len());
        let limit = number(len.min(NONE as usize));
        let trace_ends: Vec<_> = batch
            .trace_ends()
            .iter()
            .map(|end| (*end).min(limit))
            .collect();
        let mut structure = Self {
            trace_ends,
            parents: vec![NONE; batch.len()],
            parent_ids,
        };
        let mut finder = Finder::default();
        for trace in structure.traces() {
            finder.index(&ids, trace.clone());
            for row in trace.clone() {
                let parent = structure.parent_ids.get(row).copied().unwrap_or_default();
                let found = finder.find(parent, row, &kinds);
                if let Some(slot) = structure.parents.get_mut(row) {
                    *slot = found;
                }
            }
            structure.cut_cycles(trace);
        }
        structure
    }

    /// The rows of each trace.
    pub(crate) fn traces(&self) -> Vec<Range<usize>> {
        let mut start = 0;
        let ends = self.trace_ends.iter().map(|end| *end as usize);
        ends.map(|end| {
            let range = start..end.max(start);
            start = range.end;
            range
        })
        .collect()
    }

    pub(crate) fn parent(&self, row: u32) -> u32 {
        self.parents.get(row as usize).copied().unwrap_or(NONE)
    }

    /// Removes one parent from each cycle of parents, so that the spans form trees.
    fn cut_cycles(&mut self, trace: Range<usize>) {
        // For each row, the number of the walk that first reached it; 0 for none.
        let mut seen = vec![0_u32; trace.len()];
        for first in trace.clone() {
            let walk = number(first - trace.start).saturating_add(1);
            let mut row = first;
            let place = |row: usize| row.checked_sub(trace.start);
            while let Some(mark) = place(row)
                .and_then(|at| seen.get_mut(at))
                .filter(|mark| **mark == 0)
            {
                *mark = walk;
                let parent = self.parent(number(row)) as usize;
                let closes = place(parent).and_then(|at| seen.get(at)) == Some(&walk);
                if closes && let Some(slot) = self.parents.get_mut(row) {
                    *slot = NONE;
                    break;
                }
                row = parent;
            }
        }
    }

    /// The column of a field of whole traces.
    pub(crate) fn column<'b>(&self, batch: &'b dyn Batch, intrinsic: Intrinsic) -> Column<'b> {
        match intrinsic {
            Intrinsic::ChildCount => Column::Ints(self.child_counts().into()),
            Intrinsic::NestedSetLeft => Column::Ints(self.nested_sets().left.into()),
            Intrinsic::NestedSetRight => Column::Ints(self.nested_sets().right.into()),
            Intrinsic::NestedSetParent => Column::Ints(self.nested_sets().parent.into()),
            Intrinsic::RootName => self.of_roots(batch, &batch.column(&Source::Name)),
            Intrinsic::RootService => {
                let source = Source::Attribute(Scope::Resource, "service.name".to_owned());
                self.of_roots(batch, &batch.column(&source))
            }
            _ => Column::Constant(Value::Nil),
        }
    }

    fn of_roots<'b>(&self, batch: &'b dyn Batch, column: &Column<'b>) -> Column<'b> {
        let (starts, durations) = (batch.starts(), batch.durations());
        self.of_traces(|trace| {
            let root = self.root(&starts, &durations, trace);
            let value = root.map_or(Value::Nil, |row| column.value(row));
            if value.is_nil() {
                Value::text("")
            } else {
                value
            }
        })
    }

    /// The first span without a parent in a trace; if several start together, the longest.
    pub(crate) fn root(
        &self,
        starts: &[u64],
        durations: &[i64],
        trace: Range<usize>,
    ) -> Option<usize> {
        let roots = trace.filter(|row| self.parent_ids.get(*row) == Some(&0));
        roots.min_by_key(|row| (starts.get(*row), std::cmp::Reverse(durations.get(*row))))
    }

    /// A column with the same value for all spans of a trace.
    fn of_traces<'b>(&self, value: impl FnMut(Range<usize>) -> Value<'b>) -> Column<'b> {
        let traces = self.traces();
        let codes = traces.iter().enumerate();
        let codes = codes.flat_map(|(trace, rows)| rows.clone().map(move |_| number(trace)));
        Column::Dictionary {
            codes: codes.collect::<Vec<_>>().into(),
            values: traces.into_iter().map(value).collect(),
        }
    }

    fn child_counts(&self) -> Vec<i64> {
        let mut counts = vec![0; self.parents.len()];
        for parent in &self.parents {
            if let Some(count) = counts.get_mut(*parent as usize) {
                *count += 1;
            }
        }
        counts
    }

    fn nested_sets(&self) -> NestedSets {
        let len = self.parents.len();
        let mut sets = NestedSets {
            left: vec![0; len],
            right: vec![0; len],
            parent: vec![0; len],
        };
        // The last child of each span, and each span's previous sibling.
        let mut last_child = vec![NONE; len];
        let mut before = vec![NONE; len];
        for (row, parent) in self.parents.iter().enumerate() {
            if let (Some(last), Some(before)) =
                (last_child.get_mut(*parent as usize), before.get_mut(row))
            {
                *before = std::mem::replace(last, number(row));
            }
        }
        for trace in self.traces() {
            sets.number(self, trace, &last_child, &before);
        }
        sets
    }
}

/// For each span, the duration of its trace.
pub(crate) fn trace_durations<'b>(batch: &dyn Batch) -> Column<'b> {
    let (starts, durations) = (batch.starts(), batch.durations());
    let mut nanos = Vec::with_capacity(batch.len());
    for end in batch.trace_ends().iter() {
        let trace = nanos.len()..(*end as usize).clamp(nanos.len(), batch.len());
        let end = trace.end;
        nanos.resize(end, trace_duration(&starts, &durations, trace));
    }
    nanos.resize(batch.len(), 0);
    Column::Durations(nanos.into())
}

/// The time from the first start to the last end, in nanoseconds.
pub(crate) fn trace_duration(starts: &[u64], durations: &[i64], trace: Range<usize>) -> i64 {
    let starts = starts.get(trace.clone()).unwrap_or_default();
    let durations = durations.get(trace).unwrap_or_default();
    let first = starts.iter().min().copied().unwrap_or_default();
    let ends = starts.iter().zip(durations);
    let last = ends
        .map(|(start, duration)| start.saturating_add(duration.unsigned_abs()))
        .max();
    i64::try_from(last.unwrap_or_default().saturating_sub(first)).unwrap_or(i64::MAX)
}

struct NestedSets {
    left: Vec<i64>,
    right: Vec<i64>,
    parent: Vec<i64>,
}

impl NestedSets {
    /// Numbers the spans below the roots of a trace, depth first.
    fn number(
        &mut self,
        structure: &Structure,
        trace: Range<usize>,
        last_child: &[u32],
        before: &[u32],
    ) {
        let mut counter = 0;
        let mut next = || {
            counter += 1;
            counter
        };
        let roots = trace
            .rev()
            .filter(|row| structure.parent_ids.get(*row) == Some(&0));
        // Each entry is true on the way down, false on the way up.
        let mut stack: Vec<_> = roots.map(|row| (number(row), true)).collect();
        while let Some((row, down)) = stack.pop() {
            let at = row as usize;
            let side = if down {
                &mut self.left
            } else {
                &mut self.right
            };
            if let Some(side) = side.get_mut(at) {
                *side = next();
            }
            if !down {
                continue;
            }
            let above = self.left.get(structure.parent(row) as usize).copied();
            if let Some(parent) = self.parent.get_mut(at) {
                *parent = above.unwrap_or(-1);
            }
            stack.push((row, false));
            let mut child = last_child.get(at).copied().unwrap_or(NONE);
            while child != NONE {
                stack.push((child, true));
                child = before.get(child as usize).copied().unwrap_or(NONE);
            }
        }
    }
}

/// Finds spans by their ids.
#[derive(Default)]
struct Finder {
    /// Ids and rows, sorted; used for traces with few spans.
    sorted: Vec<(u64, u32)>,
    /// For each id, its range in `sorted`; used for traces with many spans.
    places: HashMap<u64, (u32, u32)>,
}

/// The most spans of a trace for which a binary search is used.
const FEW: usize = 64;

impl Finder {
    fn index(&mut self, ids: &[u64], trace: Range<usize>) {
        self.sorted.clear();
        self.places.clear();
        let rows = trace.clone().zip(ids.get(trace).unwrap_or_default());
        self.sorted.extend(rows.map(|(row, id)| (*id, number(row))));
        self.sorted.sort_unstable();
        if self.sorted.len() > FEW {
            let mut at = 0;
            for same in self.sorted.chunk_by(|a, b| a.0 == b.0) {
                let end = at + number(same.len());
                if let Some((id, _)) = same.first() {
                    self.places.insert(*id, (at, end));
                }
                at = end;
            }
        }
    }

    fn with_id(&self, id: u64) -> &[(u64, u32)] {
        let range = if self.sorted.len() > FEW {
            let (start, end) = self.places.get(&id).copied().unwrap_or_default();
            start as usize..end as usize
        } else {
            let start = self.sorted.partition_point(|(known, _)| *known < id);
            let rest = self.sorted.get(start..).unwrap_or_default();
            let same = rest.iter().take_while(|(known, _)| *known == id).count();
            start..start + same
        };
        self.sorted.get(range).unwrap_or_default()
    }

    /// The row of the span with that id. In Zipkin, the client and the server of a call may share
    /// an id: a server's parent is then the client, any other span's parent is the server.
    fn find(&self, id: u64, child: usize, kinds: &Column<'_>) -> u32 {
        let is_server =
            |row: usize| matches!(kinds.value(row), Value::Kind(Kind::Server | Kind::Consumer));
        if id == 0 {
            return NONE;
        }
        let found = self
            .with_id(id)
            .iter()
            .map(|(_, row)| *row)
            .filter(|row| *row as usize != child);
        let mut found = found.peekable();
        let first = found.peek().copied().unwrap_or(NONE);
        let server = is_server(child);
        found
            .find(|row| is_server(*row as usize) != server)
            .unwrap_or(first)
    }
}
