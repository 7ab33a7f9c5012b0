//! The spans, and the whole traces, of a frame of columns that a query needs.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use traceql::{Batch as _, Scope};

use super::asking::Asking;
use super::batch::{ColumnSpans, Needs, text_keys};
use super::heads::{KnownHeads, SharedHeads};
use super::{has_twins, is_adjusted};
use crate::model::{TraceId, UnixNanos};
use crate::query::condition::Condition;
use crate::store::{Group, MessagePlace, ReadAt, ReadError, Scan};

/// The part of a frame that a query needs.
#[derive(Debug)]
pub(in crate::query) enum Chosen {
    /// No spans.
    Nothing,
    /// These spans, some of which may match.
    Spans(Box<ColumnSpans>),
    /// The columns are not sufficient.
    Unknown,
}

/// The spans of a group, if any of them may satisfy a condition.
pub(in crate::query) fn choose<R: ReadAt<Error = ReadError>>(
    group: &mut Group<'_, R>,
    condition: &Condition,
    times: &RangeInclusive<UnixNanos>,
    needs: &Needs,
    known: &mut KnownHeads,
) -> Result<Chosen, ReadError> {
    if !group.layout.is_regular {
        return Ok(Chosen::Unknown);
    }
    let mut asking = Asking::new(Scan::new(group), known);
    let mask = asking.condition(condition)?;
    if mask.is_some_and(|mask| !mask.contains(&true)) {
        return Ok(Chosen::Nothing);
    }
    let batch = ColumnSpans::read(&mut asking.scan, times, needs, asking.known)?;
    Ok(batch.map_or(Chosen::Unknown, |batch| Chosen::Spans(Box::new(batch))))
}

/// The complete traces of a frame.
#[derive(Debug)]
pub(in crate::query) struct WholeTraces {
    pub(in crate::query) spans: ColumnSpans,
    /// The rows of the complete traces; `None` if all traces are complete.
    pub(in crate::query) rows: Option<Vec<u32>>,
    /// The other traces.
    pub(in crate::query) rest: Vec<TraceId>,
}

/// The complete traces of a group, as answers show them; `None` if the columns are not sufficient.
/// `is_whole` tells if all spans of a trace are in one frame.
pub(in crate::query) fn whole_traces<R: ReadAt<Error = ReadError>>(
    group: &mut Group<'_, R>,
    times: &RangeInclusive<UnixNanos>,
    needs: &Needs,
    is_whole: impl Fn(TraceId) -> bool,
    known: &mut KnownHeads,
) -> Result<Option<WholeTraces>, ReadError> {
    let mut scan = Scan::new(group);
    if !scan.group.layout.is_regular || is_adjusted(&scan) {
        return Ok(None);
    }
    let Some(spans) = ColumnSpans::read(&mut scan, times, needs, known)? else {
        return Ok(None);
    };
    let ids = spans.span_ids();
    let (mut rows, mut rest) = (Vec::new(), Vec::new());
    for (id, of_trace) in spans.traces() {
        let twins = || has_twins(ids.get(of_trace.clone()).unwrap_or_default());
        if is_whole(id) && !twins() {
            rows.extend(of_trace.filter_map(|row| u32::try_from(row).ok()));
        } else {
            rest.push(id);
        }
    }
    Ok(Some(WholeTraces {
        rows: (!rest.is_empty()).then_some(rows),
        spans,
        rest,
    }))
}

/// The keys of all attributes of a group; `None` if the columns are not sufficient.
pub(in crate::query) fn keys<R: ReadAt<Error = ReadError>>(
    group: &mut Group<'_, R>,
    known: &mut KnownHeads,
) -> Result<Option<BTreeMap<Scope, BTreeSet<String>>>, ReadError> {
    if !group.layout.is_regular {
        return Ok(None);
    }
    let mut scan = Scan::new(group);
    let mut keys = BTreeMap::from([
        (Scope::Span, text_keys(&scan, MessagePlace::Span)),
        (Scope::Event, text_keys(&scan, MessagePlace::Event)),
        (Scope::Link, text_keys(&scan, MessagePlace::Link)),
    ]);
    let Some(heads) = SharedHeads::read(&mut scan, known)? else {
        return Ok(None);
    };
    for scope in [Scope::Resource, Scope::Instrumentation] {
        keys.insert(scope, heads.keys(scope));
    }
    Ok(Some(keys))
}
