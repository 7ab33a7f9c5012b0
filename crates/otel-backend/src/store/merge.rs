//! Merging small blocks into large ones: which, and what becomes of their frames.
//!
//! A commit makes one block, and many commits are small. What a search costs grows with the number
//! of blocks, so blocks of about the same size are merged, many at a time, until they are large.
//! Frames that are large enough are taken over as they are; the spans of the others are regrouped,
//! those of one trace together. Readers see the old blocks or the new one, never a gap.
//!
//! A block that becomes large enough for it is written in columns, and so is a large one of rows that
//! a single commit or an earlier version wrote.

use std::sync::Arc;

use super::block::{Form, FrameInfo};
use super::catalog::Head;
use super::unpack::Fate;

/// Blocks of about one size.
struct Tier {
    /// Bytes before compression that they have less than.
    below: u64,
    /// How many of them make a merge worth while.
    enough: usize,
}

/// Each byte is copied about once for each tier that its block goes through, so these are few.
const TIERS: [Tier; 4] = [
    Tier::new(64 << 10, 8),
    Tier::new(512 << 10, 8),
    Tier::new(4 << 20, 8),
    Tier::new(LARGE, 8),
];

/// A block of so many bytes before compression is not merged any more.
const LARGE: u64 = 32 << 20;

/// How many blocks are merged at once at most.
const MAX_RUN: usize = 64;

/// Blocks of so many bytes before compression have columns: fewer spans have too little in common.
const MIN_COLUMNS: u64 = 512 << 10;

/// A merge takes no more blocks behind the one with which it reaches this many bytes of rows, all of
/// which it holds in memory.
const MAX_UNPACKED: u64 = 16 << 20;

/// A block with so many bytes of rows is written in columns by itself.
const MAX_ROWS: u64 = 4 << 20;

/// The form of the frames that are made of these blocks.
pub(super) fn form<'h>(blocks: impl IntoIterator<Item = &'h Head>) -> Form {
    let length: u64 = blocks.into_iter().map(|head| head.raw_length).sum();
    if length >= MIN_COLUMNS {
        Form::Columns
    } else {
        Form::Rows
    }
}

/// What becomes of a frame when its block is merged into one whose frames have that form.
pub(super) fn fate(form: Form, info: &FrameInfo) -> Fate {
    let is_large = info.raw_length as usize >= info.form.target() / 4;
    if is_large && info.form == form {
        Fate::Keep
    } else {
        Fate::Regroup
    }
}

impl Tier {
    const fn new(below: u64, enough: usize) -> Self {
        Self { below, enough }
    }
}

/// The oldest blocks of the first size of which there are enough.
pub(super) fn choose(
    blocks: &[Arc<Head>],
    may_merge: impl Fn(&Head) -> bool,
) -> Option<Vec<Arc<Head>>> {
    let is_rows = |head: &&Arc<Head>| head.row_length >= MAX_ROWS && may_merge(head);
    if let Some(rows) = blocks.iter().find(is_rows) {
        return Some(vec![Arc::clone(rows)]);
    }
    let mut lower = 0;
    TIERS.into_iter().find_map(|Tier { below, enough }| {
        let tier = lower..below;
        lower = below;
        let is_of_tier = |head: &&Arc<Head>| tier.contains(&head.raw_length) && may_merge(head);
        let mut run: Vec<_> = blocks.iter().filter(is_of_tier).cloned().collect();
        if run.len() < enough {
            return None;
        }
        run.sort_by_key(|head| head.last);
        run.truncate(until_large(&run));
        Some(run)
    })
}

/// How many of these blocks make a large one.
fn until_large(run: &[Arc<Head>]) -> usize {
    let (mut total, mut rows) = (0, 0);
    run.iter()
        .take(MAX_RUN)
        .take_while(|head| {
            let wanted = total < LARGE && rows < MAX_UNPACKED;
            total += head.raw_length;
            rows += head.row_length;
            wanted
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::UnixNanos;

    /// Blocks of so many KiB each, the first the oldest.
    fn blocks(form: Form, kib: &[u32]) -> Vec<Arc<Head>> {
        let head = |(n, kib): (i64, &u32)| {
            let time = UnixNanos(n.cast_unsigned());
            let frame = FrameInfo {
                form,
                offset: 0,
                length: 0,
                raw_length: kib * 1024,
                spans: 1,
                first: time,
                last: time,
                newest: time,
            };
            Arc::new(Head::new(n, time, vec![frame], Vec::new()))
        };
        (0..).zip(kib).map(head).collect()
    }

    fn chosen(kib: &[u32]) -> Option<Vec<i64>> {
        let run = choose(&blocks(Form::Columns, kib), |_| true)?;
        Some(run.iter().map(|head| head.id).collect())
    }

    #[test]
    fn few_blocks_stay_as_they_are() {
        assert_eq!(chosen(&[1; 7]), None);
        assert_eq!(chosen(&[1, 1, 1, 1, 100, 100, 100, 100]), None);
        assert_eq!(chosen(&[1000; 7]), None);
    }

    #[test]
    fn blocks_of_one_size_are_merged_around_others() {
        assert_eq!(
            chosen(&[1, 1, 9000, 1, 1, 1, 9000, 1, 1, 1]),
            Some(vec![0, 1, 3, 4, 5, 7, 8, 9])
        );
    }

    #[test]
    fn a_merge_stops_when_the_block_is_large() {
        assert_eq!(chosen(&[1100; 40]), Some((0..30).collect()));
        assert_eq!(chosen(&[20_000; 9]), Some(vec![0, 1]));
        assert_eq!(chosen(&[33_000; 9]), None);
        let rows = choose(&blocks(Form::Rows, &[3000; 9]), |_| true).unwrap();
        assert_eq!(rows.len(), 6, "their rows are held in memory");
    }

    #[test]
    fn large_blocks_of_rows_become_columns_by_themselves() {
        let blocks = blocks(Form::Rows, &[1, 5000, 40_000]);
        let run = choose(&blocks, |_| true).unwrap();
        assert_eq!(run.iter().map(|head| head.id).collect::<Vec<_>>(), [1]);
        assert_eq!(form(run.iter().map(Arc::as_ref)), Form::Columns);
    }

    #[test]
    fn only_large_frames_of_the_wanted_form_are_kept() {
        let frames = blocks(Form::Columns, &[127, 128]);
        let fates = frames
            .iter()
            .map(|head| fate(Form::Columns, &head.frames[0]));
        let fates: Vec<_> = fates.collect();
        assert_eq!(fates, [Fate::Regroup, Fate::Keep]);
        let frames = blocks(Form::Rows, &[31, 32, 128]);
        let fates = |form| -> Vec<_> {
            frames
                .iter()
                .map(|head| fate(form, &head.frames[0]))
                .collect()
        };
        assert_eq!(fates(Form::Rows), [Fate::Regroup, Fate::Keep, Fate::Keep]);
        assert_eq!(fates(Form::Columns), [Fate::Regroup; 3]);
    }
}
