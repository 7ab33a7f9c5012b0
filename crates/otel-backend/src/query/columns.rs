//! Answers queries from frames of columns without reassembling spans.

mod asking;
mod batch;
mod calls;
mod candidates;
mod choose;
mod heads;
mod ranking;

pub(super) use batch::{ColumnSpans, Needs};
pub(super) use calls::calls;
pub(super) use candidates::{Candidates, candidates};
pub(super) use choose::{Chosen, WholeTraces, choose, keys, whole_traces};
pub(super) use heads::KnownHeads;

use super::memory::Held;
use crate::store::{Frame, MessagePlace, ReadAt, ReadError, Scan};

/// The most memory that the columns of a frame take when read, as a multiple of the bytes of its
/// spans.
const UNPACKED: usize = 3;

/// Reserves the memory for reading the columns of a frame, which may have been reserved for another.
pub(super) fn weigh(frame: Frame, held: &mut Held) -> Result<(), ReadError> {
    held.fit(UNPACKED * frame.bytes as usize)
}

/// Returns true if spans of one trace share an id: one was sent twice, or a client and a server
/// have the same id.
fn has_twins<I: Ord + Copy>(ids: &[I]) -> bool {
    const FEW: usize = 32;
    if ids.len() > FEW {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        return !ids.is_sorted_by(|a, b| a < b);
    }
    let mut rest = ids;
    while let Some((id, others)) = rest.split_first() {
        if others.contains(id) {
            return true;
        }
        rest = others;
    }
    false
}

/// Returns true if answers show attributes of these spans elsewhere, or with other values, than
/// they were sent.
fn is_adjusted<R: ReadAt>(scan: &Scan<'_, '_, R>) -> bool {
    scan.keys(MessagePlace::Span)
        .any(|key| super::adjust::concerns(&String::from_utf8_lossy(key)))
}
