//! The traces of a frame of columns that a search may find.

use std::collections::HashSet;
use std::ops::Range;

use traceql::Batch as _;

use super::asking::Asking;
use super::batch::{ColumnSpans, Needs};
use super::{has_twins, is_adjusted};
use crate::model::{TraceId, UnixNanos};
use crate::query::patience::Patience;
use crate::query::predicate::Search;
use crate::query::traceql::{TraceQuery, Watched};
use crate::store::{Group, ReadAt, ReadError, Scan};

/// Traces that a search may find.
#[derive(Debug, Default)]
pub(in crate::query) struct Candidates {
    /// A `TracesData` of spans of which one must match, before its trace is looked at; `None` if the
    /// traces are to be looked at as they are.
    pub(in crate::query) data: Option<Vec<u8>>,
    /// The first start of each of their traces, as far as the frame knows.
    pub(in crate::query) starts: Vec<(TraceId, UnixNanos)>,
}

/// The candidates of a group. `is_whole` says whether all spans of a trace lie in one frame. Without
/// patience, they mean nothing.
pub(in crate::query) fn candidates<R: ReadAt<Error = ReadError>>(
    group: &mut Group<'_, R>,
    search: &Search,
    is_whole: &dyn Fn(TraceId) -> bool,
    patience: &Patience,
) -> Result<Candidates, ReadError> {
    let (spans, is_regular) = (group.spans, group.is_regular);
    let mut asking = Asking::new(Scan::new(group));
    let mask = if is_regular {
        asking.search(search)?
    } else {
        vec![true; spans]
    };
    if !mask.contains(&true) {
        return Ok(Candidates::default());
    }
    let mut starts = asking.starts_of(&mask)?;
    if let Some(query) = &search.traces {
        if let Some(wanted) = judge(&mut asking.scan, query, is_whole, patience)? {
            starts.retain(|(id, _)| wanted.contains(id));
        }
        return Ok(Candidates { data: None, starts });
    }
    let messages = group.messages(ranges(&mask))?;
    let mut data = Vec::new();
    messages.write(&mut data);
    Ok(Candidates {
        data: Some(data),
        starts,
    })
}

/// The traces that a query may let through; `None` if the columns do not tell.
fn judge<R: ReadAt<Error = ReadError>>(
    scan: &mut Scan<'_, '_, R>,
    query: &TraceQuery,
    is_whole: &dyn Fn(TraceId) -> bool,
    patience: &Patience,
) -> Result<Option<HashSet<TraceId>>, ReadError> {
    if is_adjusted(scan) {
        return Ok(None);
    }
    let needs = Needs {
        sources: query.search.sources(),
        ids: query.search.needs_ids(),
        all_of: Vec::new(),
    };
    let Some(batch) = ColumnSpans::read(scan, &needs)? else {
        return Ok(None);
    };
    let watched = Watched::new(&batch, patience);
    let found = query.search.evaluate(&watched);
    let found: HashSet<_> = found.traces.iter().map(|trace| trace.rows.start).collect();
    // What is asked of spans alone is known, wherever the rest of the trace is.
    let is_of_spans = query.search.is_of_spans();
    let ids = if is_of_spans || found.len() == batch.trace_ends().len() {
        None
    } else {
        Some(scan.group.span_ids()?)
    };
    let mut wanted = HashSet::new();
    for trace in scan.group.traces()? {
        let is_unknown = || {
            let ids = ids.as_ref().and_then(|ids| ids.get(trace.rows.clone()));
            let ids: Vec<_> = ids
                .into_iter()
                .flatten()
                .map(|id| u64::from_be_bytes(*id))
                .collect();
            !is_of_spans && (!is_whole(trace.id) || has_twins(&ids))
        };
        if found.contains(&trace.rows.start) || is_unknown() {
            wanted.insert(trace.id);
        }
    }
    Ok(Some(wanted))
}

/// The ranges of places where this is true.
fn ranges(mask: &[bool]) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for (place, _) in mask.iter().enumerate().filter(|(_, wanted)| **wanted) {
        match ranges.last_mut() {
            Some(range) if range.end == place => range.end += 1,
            _ => ranges.push(place..place + 1),
        }
    }
    ranges
}
