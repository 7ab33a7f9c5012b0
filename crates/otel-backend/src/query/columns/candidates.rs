//! The traces of a frame of columns that may match a search.

use std::ops::{Range, RangeInclusive};

use super::asking::Asking;
use super::batch::{ColumnSpans, Needs};
use super::heads::KnownHeads;
use super::ranking::Ranking;
use super::{has_twins, is_adjusted};
use crate::model::{TraceId, UnixNanos};
use crate::query::patience::Patience;
use crate::query::predicate::Search;
use crate::query::traceql::{Order, Ranked, TraceQuery, Watched};
use crate::store::{Group, ReadAt, ReadError, Scan};

/// Traces that may match a search.
#[derive(Debug, Default)]
pub(in crate::query) struct Candidates {
    /// A `TracesData` of spans, one of which must match before its trace is loaded; `None` if the
    /// traces are to be loaded in any case.
    pub(in crate::query) data: Option<Vec<u8>>,
    /// The first start of each trace, as far as the frame knows.
    pub(in crate::query) starts: Vec<(TraceId, UnixNanos)>,
    /// The traces that match for certain, if they are wanted in another order than that of their starts.
    pub(in crate::query) ranked: Vec<Ranked>,
}

/// The candidates of a group whose spans start between `times`. `is_whole` says whether all spans of a
/// trace lie in one frame. Without patience, they mean nothing.
pub(in crate::query) fn candidates<R: ReadAt<Error = ReadError>>(
    group: &mut Group<'_, R>,
    times: &RangeInclusive<UnixNanos>,
    search: &Search,
    is_whole: &dyn Fn(TraceId) -> bool,
    patience: &Patience,
    known: &mut KnownHeads,
) -> Result<Candidates, ReadError> {
    let (spans, is_regular) = (group.layout.spans, group.layout.is_regular);
    if let Some(query) = &search.traces
        && is_regular
        // Of frames of this format, that is known without their heads.
        && query.is_longer_than(group.layout.longest_trace(times))
        && group.traces()?.iter().all(|trace| is_whole(trace.id))
    {
        return Ok(Candidates::default());
    }
    let mut asking = Asking::new(Scan::new(group), known);
    let mask = if is_regular {
        asking.search(search)?
    } else {
        vec![true; spans]
    };
    if !mask.contains(&true) {
        return Ok(Candidates::default());
    }
    if let Some(query) = &search.traces {
        let judged = judge(&mut asking, query, &mask, times, is_whole, patience)?;
        return match judged {
            Some(judged) => Ok(judged),
            None => Ok(Candidates {
                starts: asking.starts_of(&mask)?,
                ..Candidates::default()
            }),
        };
    }
    let starts = asking.starts_of(&mask)?;
    if is_regular && asking.is_exact && !asking.scan.is_unsure {
        return Ok(Candidates {
            starts,
            ..Candidates::default()
        });
    }
    let messages = group.messages(ranges(&mask))?;
    let mut data = Vec::new();
    messages.write(&mut data);
    Ok(Candidates {
        data: Some(data),
        starts,
        ranked: Vec::new(),
    })
}

/// Of the traces with a span where this is true, those that a query may let through; `None` if the
/// columns do not tell.
fn judge<R: ReadAt<Error = ReadError>>(
    asking: &mut Asking<'_, '_, R>,
    query: &TraceQuery,
    mask: &[bool],
    times: &RangeInclusive<UnixNanos>,
    is_whole: &dyn Fn(TraceId) -> bool,
    patience: &Patience,
) -> Result<Option<Candidates>, ReadError> {
    let Asking { scan, known, .. } = asking;
    if is_adjusted(scan) {
        return Ok(None);
    }
    let mut needs = Needs {
        starts: true,
        traces: true,
        sources: query.search.sources(),
        ids: query.search.needs_ids(),
        // Of traces that begin before the times that are asked for, the end counts.
        durations: query.search.needs_durations()
            || query.order != Order::Newest
            || !query.is_within(*times.start(), *times.start()),
        ..Needs::default()
    };
    needs.sources.extend(query.order.source());
    let Some(batch) = ColumnSpans::read(scan, times, &needs, known)? else {
        return Ok(None);
    };
    let watched = Watched::new(&batch, patience);
    let found = query.search.evaluate(&watched).traces;
    // Conditions on single spans can be judged wherever the rest of the trace is.
    let is_of_spans = query.search.is_of_spans();
    let ranking = Ranking::of(query, &batch);
    let needs_whole = ranking.is_some() && !found.is_empty()
        || !is_of_spans && found.len() < batch.traces().count();
    let ids = if needs_whole {
        scan.group.span_ids()?
    } else {
        Vec::new()
    };
    let is_known = |id, rows: &Range<usize>| {
        is_whole(id) && !has_twins(ids.get(rows.clone()).unwrap_or_default())
    };
    let mut found = found.iter().peekable();
    let mut judged = Candidates::default();
    for (id, rows) in batch.traces() {
        let found = found.next_if(|trace| trace.rows == rows);
        if !mask
            .get(rows.clone())
            .is_some_and(|mask| mask.contains(&true))
        {
            continue;
        }
        match (found, &ranking) {
            (Some(found), Some(ranking)) if is_known(id, &rows) => {
                judged.ranked.extend(ranking.rank(id, found));
            }
            (None, _) if is_of_spans || is_known(id, &rows) => {}
            // Frames of an hour more are looked into, for traces that have spans in another frame.
            _ if !may_be_within(query, &batch, &rows) && is_whole(id) => {}
            _ => judged.starts.push((id, batch.first_start(&rows))),
        }
    }
    Ok(Some(judged))
}

/// Returns false if a trace of these spans lies before or after the times that are asked for.
fn may_be_within(query: &TraceQuery, batch: &ColumnSpans, rows: &Range<usize>) -> bool {
    let start = batch.first_start(rows);
    match batch.last_end(rows) {
        Some(end) => query.is_within(start, end),
        None => query.may_start_at(start),
    }
}

/// The ranges of consecutive true values.
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
