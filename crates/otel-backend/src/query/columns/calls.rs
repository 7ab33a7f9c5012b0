//! The calls between services in a frame of columns.

use std::collections::HashMap;
use std::ops::Range;

use super::has_twins;
use super::heads::groups_of;
use crate::model::TraceId;
use crate::store::{Group, ReadAt, ReadError, Scan};

/// What a frame tells of calls.
#[derive(Debug, Default)]
pub(in crate::query) struct Calls {
    /// The services, by their numbers.
    pub(in crate::query) services: Vec<String>,
    /// Numbers of caller and callee, and how often one called the other.
    pub(in crate::query) counts: Vec<((u32, u32), u64)>,
    /// The traces that must be looked at as a whole.
    pub(in crate::query) rest: Vec<TraceId>,
}

/// The calls in the traces that lie between these times; `None` if the columns do not tell. `is_whole`
/// says whether all spans of a trace lie in one frame.
pub(in crate::query) fn calls<R: ReadAt<Error = ReadError>>(
    group: &mut Group<'_, R>,
    within: &Range<u64>,
    is_whole: impl Fn(TraceId) -> bool,
) -> Result<Option<Calls>, ReadError> {
    if !group.is_regular {
        return Ok(None);
    }
    let heads = group.heads()?;
    let Some(groups) = groups_of(&heads) else {
        return Ok(None);
    };
    let mut numbers = HashMap::new();
    let mut calls = Calls::default();
    let mut number = |name: &str| {
        *numbers.entry(name.to_owned()).or_insert_with(|| {
            calls.services.push(name.to_owned());
            u32::try_from(calls.services.len() - 1).unwrap_or(u32::MAX)
        })
    };
    let names = groups
        .iter()
        .map(|group| number(group.resource.service_name()));
    let service_of_head: Vec<_> = names.collect();
    let codes = group.head_codes()?.into_iter();
    let service = |code| service_of_head.get(usize::try_from(code).ok()?).copied();
    let services: Vec<_> = codes
        .map(|code| service(code).unwrap_or_default())
        .collect();
    let ids: Vec<_> = group
        .span_ids()?
        .into_iter()
        .map(u64::from_be_bytes)
        .collect();
    let (starts, durations) = (group.starts()?, group.durations()?);
    let traces = group.traces()?;
    let parents = Scan::new(group).parent_rows()?;
    let mut pairs = Vec::new();
    for trace in traces {
        let rows = trace.rows;
        if !is_whole(trace.id) || has_twins(ids.get(rows.clone()).unwrap_or_default()) {
            calls.rest.push(trace.id);
        } else if lies_within(within, &starts, &durations, &rows) {
            pairs.extend(rows.filter_map(|row| {
                let callee = services.get(row)?;
                let caller = services.get(*parents.get(row)? as usize)?;
                (caller != callee).then_some((*caller, *callee))
            }));
        }
    }
    pairs.sort_unstable();
    let same = pairs.chunk_by(|a, b| a == b);
    let counts = same.filter_map(|same| Some((*same.first()?, same.len() as u64)));
    calls.counts = counts.collect();
    Ok(Some(calls))
}

/// Whether a trace begins behind the first of these times and ends before the second.
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
