//! Finds a trace by its id, or by the first digits of its id.

use std::collections::BTreeSet;
use std::fmt;

use super::trace::{Trace, load};
use crate::format::otlp::{Outline, groups};
use crate::model::TraceId;
use crate::store::{Frame, ReadError, Reader};

/// A trace id as written by a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdPattern {
    /// The id, if the text can be a complete one; `None` for zero.
    pub exact: Option<TraceId>,
    /// Lower-case digits with which the id may begin.
    prefix: Option<String>,
}

/// The result of looking up a trace.
#[derive(Debug)]
pub enum Lookup {
    /// The trace.
    Found(Trace),
    /// There is no such trace.
    Missing(Missing),
}

/// The reason why there is no trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// As far as is known, no span of it was ever received.
    Unknown,
    /// It was evicted to keep the store within its limits.
    Evicted,
    /// Several ids begin with the given digits: these two, and possibly more.
    Ambiguous(TraceId, TraceId),
}

/// Writes an addition to "trace not found"; empty if there is nothing to add.
impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => Ok(()),
            Self::Evicted => f.write_str(": it was evicted to keep the store within its limits"),
            Self::Ambiguous(one, other) => {
                write!(f, ": several begin so, among them {one} and {other}")
            }
        }
    }
}

/// The fewest digits that are looked up as the beginning of an id. (Jaeger UI shows seven.)
const MIN_PREFIX: usize = 4;

/// The amount of the newest spans, in bytes, that is searched for the beginning of an id.
const MAX_BYTES: u64 = 256 << 20;

impl IdPattern {
    /// Matches this id only.
    pub fn exactly(exact: Option<TraceId>) -> Self {
        Self {
            exact,
            prefix: None,
        }
    }

    /// Matches this id, or else the only one that begins with these digits.
    pub fn beginning(exact: Option<TraceId>, digits: &str) -> Self {
        let usable = (MIN_PREFIX..32).contains(&digits.len());
        Self {
            exact,
            prefix: usable.then(|| digits.to_ascii_lowercase()),
        }
    }
}

/// Looks up the complete id first, then its beginning among the newest spans.
pub(super) fn find(reader: &Reader, wanted: &IdPattern) -> Result<Lookup, ReadError> {
    if let Some(id) = wanted.exact
        && let Some(trace) = load(reader, id)?
    {
        return Ok(Lookup::Found(trace));
    }
    if wanted.exact.is_some_and(|id| reader.evicted(id)) {
        return Ok(Lookup::Missing(Missing::Evicted));
    }
    let Some(prefix) = &wanted.prefix else {
        return Ok(Lookup::Missing(Missing::Unknown));
    };
    let ids = ids_beginning(reader, prefix)?;
    let mut ids = ids.into_iter();
    match (ids.next(), ids.next()) {
        (Some(one), Some(other)) => Ok(Lookup::Missing(Missing::Ambiguous(one, other))),
        (Some(one), None) => {
            let trace = load(reader, one)?;
            Ok(trace.map_or(Lookup::Missing(Missing::Unknown), Lookup::Found))
        }
        (None, _) => Ok(Lookup::Missing(Missing::Unknown)),
    }
}

/// Up to two ids that begin with these digits, in either form in which Jaeger shows ids.
fn ids_beginning(reader: &Reader, prefix: &str) -> Result<BTreeSet<TraceId>, ReadError> {
    let begins = |id: TraceId| {
        let text = id.to_string();
        let short = text.strip_prefix("0000000000000000");
        text.starts_with(prefix) || short.is_some_and(|short| short.starts_with(prefix))
    };
    let mut found = BTreeSet::new();
    for frame in newest_frames(reader, MAX_BYTES) {
        found.extend(ids_in(reader, frame)?.into_iter().filter(|id| begins(*id)));
        if found.len() > 1 {
            break;
        }
    }
    Ok(found)
}

/// The ids of the traces with spans in a frame.
#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the method is not as general as the closure"
)]
fn ids_in(reader: &Reader, frame: Frame) -> Result<Vec<TraceId>, ReadError> {
    if reader.has_columns(frame) {
        let traces = reader
            .look_into(frame, |group| group.traces())?
            .into_iter()
            .flatten();
        return Ok(traces.map(|trace| trace.id).collect());
    }
    let bytes = reader.open(frame)?;
    let groups = groups(&bytes).map_err(|reason| reader.damaged(frame, reason))?;
    let messages = groups.iter().flat_map(|group| &group.spans);
    let ids = messages.filter_map(|message| Some(Outline::read(message)?.trace_id));
    Ok(ids.collect())
}

/// The newest frames with about so many bytes, newest first.
pub(super) fn newest_frames(reader: &Reader, bytes: u64) -> Vec<Frame> {
    let mut blocks: Vec<_> = reader.blocks().collect();
    blocks.sort_unstable_by(|a, b| b.cmp(a));
    let mut frames: Vec<Frame> = Vec::new();
    let mut sum = 0;
    for block in blocks {
        if sum >= bytes {
            break;
        }
        let of_block: Vec<_> = reader.frames_of_block(block).collect();
        sum += of_block
            .iter()
            .map(|frame| u64::from(frame.bytes))
            .sum::<u64>();
        frames.extend(of_block);
    }
    frames.sort_unstable_by(|a, b| b.cmp(a));
    let mut sum = 0;
    frames.retain(|frame| {
        let is_wanted = sum < bytes;
        sum += u64::from(frame.bytes);
        is_wanted
    });
    frames
}
