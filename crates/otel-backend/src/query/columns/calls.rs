//! Counts the calls between services in a frame of columns.

use std::collections::HashMap;
use std::ops::{Range, RangeInclusive};

use super::has_twins;
use super::heads::KnownHeads;
use crate::model::{TraceId, UnixNanos};
use crate::query::services::Services;
use crate::store::{Group, ReadAt, ReadError, Scan};

/// The calls found in a frame.
#[derive(Debug, Default)]
pub(in crate::query) struct Calls {
    /// Caller and callee, by the numbers of their services, and how often one called the other.
    pub(in crate::query) counts: Vec<((usize, usize), u64)>,
    /// The traces that must be read as a whole.
    pub(in crate::query) rest: Vec<TraceId>,
}

/// The calls in the traces that lie `within` some times, of a frame whose spans start between
/// `times`; `None` if the columns do not tell. `is_whole` says whether all spans of a trace lie in
/// one frame.
pub(in crate::query) fn calls<R: ReadAt<Error = ReadError>>(
    group: &mut Group<'_, R>,
    times: RangeInclusive<UnixNanos>,
    within: &Range<u64>,
    is_whole: impl Fn(TraceId) -> bool,
    known: &mut KnownHeads,
    services: &mut Services,
) -> Result<Option<Calls>, ReadError> {
    if !group.layout.is_regular {
        return Ok(None);
    }
    let heads = group.heads()?;
    let Some(heads) = known.of(&heads) else {
        return Ok(None);
    };
    // The frame's own numbers of services, which are few.
    let mut own = HashMap::new();
    let mut numbers = Vec::new();
    let service_of_head = heads.iter().map(|head| {
        let number = services.number(head.resource.service_name());
        *own.entry(number).or_insert_with(|| {
            numbers.push(number);
            numbers.len() - 1
        })
    });
    let service_of_head: Vec<_> = service_of_head.collect();
    let codes = group.head_codes()?.into_iter();
    let service = |code| service_of_head.get(usize::try_from(code).ok()?).copied();
    let service_of_row: Vec<_> = codes
        .map(|code| service(code).unwrap_or_default())
        .collect();
    let ids: Vec<_> = group
        .span_ids()?
        .into_iter()
        .map(u64::from_be_bytes)
        .collect();
    let (starts, durations) = if group.layout.lies_within(times, within) {
        // Then none is asked for.
        Default::default()
    } else {
        (group.starts()?, group.durations()?)
    };
    let traces = group.traces()?;
    let parents = Scan::new(group).parent_rows()?;
    let mut calls = Calls::default();
    let mut pairs = Pairs::new(numbers.len());
    for trace in traces {
        let rows = trace.rows;
        if !is_whole(trace.id) || has_twins(ids.get(rows.clone()).unwrap_or_default()) {
            calls.rest.push(trace.id);
        } else if lies_within(within, &starts, &durations, &rows) {
            for row in rows {
                let parent = parents.get(row).map_or(usize::MAX, |row| *row as usize);
                if let (Some(caller), Some(callee)) =
                    (service_of_row.get(parent), service_of_row.get(row))
                    && caller != callee
                {
                    pairs.add(*caller, *callee);
                }
            }
        }
    }
    let number = |own: usize| numbers.get(own).copied().unwrap_or_default();
    let counts = pairs.counts().into_iter();
    let counts = counts.map(|((caller, callee), count)| ((number(caller), number(callee)), count));
    calls.counts = counts.collect();
    Ok(Some(calls))
}

/// The number of calls between each two services of a frame.
enum Pairs {
    /// A cell for each pair.
    Few {
        services: usize,
        cells: Vec<u64>,
    },
    Many(HashMap<(usize, usize), u64>),
}

impl Pairs {
    /// Of so many services more than that, most pairs would never occur.
    const FEW: usize = 64;

    fn new(services: usize) -> Self {
        if services > Self::FEW {
            return Self::Many(HashMap::new());
        }
        let cells = vec![0; services * services];
        Self::Few { services, cells }
    }

    fn add(&mut self, caller: usize, callee: usize) {
        match self {
            Self::Few { services, cells } => {
                if let Some(cell) = cells.get_mut(caller * *services + callee) {
                    *cell += 1;
                }
            }
            Self::Many(counts) => *counts.entry((caller, callee)).or_default() += 1,
        }
    }

    fn counts(self) -> Vec<((usize, usize), u64)> {
        match self {
            Self::Few { services, cells } => {
                let cells = cells.into_iter().enumerate();
                let cells = cells.filter(|(_, count)| *count > 0);
                cells
                    .map(|(cell, count)| ((cell / services, cell % services), count))
                    .collect()
            }
            Self::Many(counts) => counts.into_iter().collect(),
        }
    }
}

/// Returns true if a trace begins at or after the first time and ends before the second.
fn lies_within(
    within: &Range<u64>,
    starts: &[u64],
    durations: &[u64],
    rows: &Range<usize>,
) -> bool {
    let starts = starts.get(rows.clone()).unwrap_or_default();
    let durations = durations.get(rows.clone()).unwrap_or_default();
    let mut spans = starts.iter().zip(durations);
    spans.all(|(start, nanos)| *start > within.start && start.wrapping_add(*nanos) < within.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_counted_however_many_services_there_are() {
        for services in [3, Pairs::FEW, Pairs::FEW + 1] {
            let mut pairs = Pairs::new(services);
            for (caller, callee) in [(0, 2), (2, 0), (0, 2), (1, 2)] {
                pairs.add(caller, callee);
            }
            let mut counts = pairs.counts();
            counts.sort_unstable();
            assert_eq!(counts, [((0, 2), 2), ((1, 2), 1), ((2, 0), 1)]);
        }
    }
}
