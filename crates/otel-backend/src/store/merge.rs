//! Merges small blocks into large ones: chooses them, and decides what happens to their frames.
//!
//! A commit makes one block, and many commits are small. What a search costs grows with the number
//! of blocks, so small blocks of rows are put together, and written in columns as soon as there are
//! enough rows for that: each span goes from rows to columns once. Blocks of columns of about the same
//! size are merged, many at a time, until they are large. Their frames are taken over as they are,
//! unless they are small. Readers see the old blocks or the new one, never a gap.

use std::sync::Arc;

use super::block::{Form, FrameInfo};
use super::block_head::BlockHead;
use super::unpack::Fate;

/// Blocks with fewer bytes of rows before compression are small.
const SMALL: u64 = 64 << 10;

/// So many small blocks of rows make a merge worth while.
const MANY_SMALL: usize = 16;

/// So many bytes of rows before compression, in whatever number of blocks, are written in columns: fewer
/// spans have too little in common.
const ENOUGH_ROWS: u64 = 1 << 20;

/// So many bytes of rows before compression are written in columns when no more come: they make a frame
/// that is kept in later merges.
const SOME_ROWS: u64 = 128 << 10;

/// A commit of so many bytes of rows before compression is written in columns at once.
const LARGE_COMMIT: usize = 512 << 10;

/// The bytes of rows after which a merge takes no more blocks, since it holds all of them in
/// memory.
const MAX_UNPACKED: u64 = 8 << 20;

/// Bytes before compression that blocks of columns of about one size have less than. Each byte is copied
/// about once for each of these, so they are few.
const TIERS: [u64; 2] = [4 << 20, LARGE];

/// So many blocks of columns of about one size make a merge worth while.
const MANY: usize = 8;

/// The size before compression, in bytes, from which a block is no longer merged.
const LARGE: u64 = 32 << 20;

/// The most blocks merged at once.
const MAX_RUN: usize = 64;

/// The form of the frames that are made from these blocks.
pub(super) fn form<'h>(blocks: impl IntoIterator<Item = &'h BlockHead>) -> Form {
    let rows: u64 = blocks.into_iter().map(|head| head.row_length).sum();
    if rows == 0 || rows >= ENOUGH_ROWS {
        Form::Columns
    } else {
        Form::Rows
    }
}

/// The form of the frames of a commit of so many bytes before compression.
pub(super) fn form_of_commit(length: usize) -> Form {
    if length >= LARGE_COMMIT {
        Form::Columns
    } else {
        Form::Rows
    }
}

/// The treatment of a frame when its block is merged into one with frames of that form.
pub(super) fn fate(form: Form, info: &FrameInfo) -> Fate {
    let is_large = info.raw_length as usize >= info.form.target() / 4;
    // Columns of an earlier format are written again.
    let is_current = info.form == form && info.has_filter == (form == Form::Columns);
    if is_large && is_current {
        Fate::Keep
    } else {
        Fate::Regroup
    }
}

/// The blocks that are best merged next, oldest first, if there are enough of any kind.
pub(super) fn choose(
    blocks: &[Arc<BlockHead>],
    may_merge: impl Fn(&BlockHead) -> bool,
) -> Option<Vec<Arc<BlockHead>>> {
    let (rows, columns): (Vec<_>, Vec<_>) = blocks
        .iter()
        .filter(|head| may_merge(head))
        .partition(|head| head.row_length > 0);
    if rows.iter().map(|head| head.row_length).sum::<u64>() >= ENOUGH_ROWS {
        return Some(run(rows));
    }
    let small = |head: &&Arc<BlockHead>| head.raw_length < SMALL;
    let small: Vec<_> = rows.into_iter().filter(small).collect();
    if small.len() >= MANY_SMALL {
        return Some(run(small));
    }
    let mut lower = 0;
    TIERS.into_iter().find_map(|below| {
        let tier = std::mem::replace(&mut lower, below)..below;
        let of_tier = |head: &&Arc<BlockHead>| tier.contains(&head.raw_length);
        let of_tier: Vec<_> = columns.iter().copied().filter(of_tier).collect();
        (of_tier.len() >= MANY).then(|| run(of_tier))
    })
}

/// The blocks of rows that are to be written in columns while nothing else comes: a question reads whole
/// rows, but of columns only some.
pub(super) fn choose_rows(
    blocks: &[Arc<BlockHead>],
    may_merge: impl Fn(&BlockHead) -> bool,
) -> Option<Vec<Arc<BlockHead>>> {
    let is_of_rows = |head: &&Arc<BlockHead>| head.row_length > 0 && may_merge(head);
    let rows: Vec<_> = blocks.iter().filter(is_of_rows).collect();
    let length: u64 = rows.iter().map(|head| head.row_length).sum();
    (length >= SOME_ROWS).then(|| run(rows))
}

/// As many of these blocks, oldest first, as make a large one.
fn run(blocks: Vec<&Arc<BlockHead>>) -> Vec<Arc<BlockHead>> {
    let mut run: Vec<_> = blocks.into_iter().cloned().collect();
    run.sort_by_key(|head| head.last);
    run.truncate(until_large(&run));
    run
}

/// The number of these blocks that makes a large one.
fn until_large(run: &[Arc<BlockHead>]) -> usize {
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
    use crate::store::key::KeySeed;

    /// Blocks of so many KiB each, oldest first.
    fn blocks(form: Form, kib: &[u32]) -> Vec<Arc<BlockHead>> {
        let head = |(n, kib): (i64, &u32)| {
            let time = UnixNanos(n.cast_unsigned());
            let frame = FrameInfo {
                form,
                has_filter: form == Form::Columns,
                offset: 0,
                length: 0,
                raw_length: kib * 1024,
                spans: 1,
                first: time,
                last: time,
                newest: time,
                end: time,
            };
            let seed = KeySeed::LAST_BYTES;
            Arc::new(BlockHead::new(n, time, vec![frame], seed, Vec::new()))
        };
        (0..).zip(kib).map(head).collect()
    }

    fn chosen(form: Form, kib: &[u32]) -> Option<Vec<i64>> {
        let run = choose(&blocks(form, kib), |_| true)?;
        Some(run.iter().map(|head| head.id).collect())
    }

    #[test]
    fn few_blocks_stay_as_they_are() {
        assert_eq!(chosen(Form::Rows, &[1; 15]), None);
        assert_eq!(chosen(Form::Rows, &[100; 10]), None);
        assert_eq!(chosen(Form::Columns, &[1000; 7]), None);
        assert_eq!(chosen(Form::Columns, &[33_000; 9]), None);
    }

    #[test]
    fn enough_rows_are_written_in_columns_once() {
        let kib = [1, 300, 33_000, 20, 400, 300, 9];
        let blocks: Vec<_> = blocks(Form::Rows, &kib);
        let run = choose(&blocks, |head| head.id != 2).unwrap();
        assert_eq!(run.len(), 6);
        assert_eq!(form(run.iter().map(Arc::as_ref)), Form::Columns);
        let rows = chosen(Form::Rows, &[3000; 9]).unwrap();
        assert_eq!(rows.len(), 3, "their rows are held in memory");
        assert_eq!(chosen(Form::Rows, &[40_000, 1]), Some(vec![0]));
    }

    #[test]
    fn rows_are_written_in_columns_when_no_more_come() {
        let blocks: Vec<_> = blocks(Form::Rows, &[60, 1, 60, 40]);
        let chosen = |without: i64| {
            let run = choose_rows(&blocks, |head| head.id != without)?;
            Some(run.iter().map(|head| head.id).collect::<Vec<_>>())
        };
        assert_eq!(chosen(9), Some(vec![0, 1, 2, 3]));
        assert_eq!(chosen(3), None);
        let columns = self::blocks(Form::Columns, &[60, 300]);
        assert!(choose_rows(&columns, |_| true).is_none());
    }

    #[test]
    fn small_blocks_of_rows_are_put_together() {
        let mut kib = [2; 17];
        kib[3] = 200;
        let run = choose(&blocks(Form::Rows, &kib), |_| true).unwrap();
        assert_eq!(run.len(), 16);
        assert_eq!(form(run.iter().map(Arc::as_ref)), Form::Rows);
    }

    #[test]
    fn blocks_of_columns_of_one_size_are_merged_around_others() {
        assert_eq!(
            chosen(Form::Columns, &[1, 1, 9000, 1, 1, 1, 9000, 1, 1, 1]),
            Some(vec![0, 1, 3, 4, 5, 7, 8, 9])
        );
        let run = choose(&blocks(Form::Columns, &[9000; 8]), |_| true).unwrap();
        assert_eq!(run.len(), 4);
        assert_eq!(form(run.iter().map(Arc::as_ref)), Form::Columns);
    }

    #[test]
    fn a_merge_stops_when_the_block_is_large() {
        assert_eq!(chosen(Form::Columns, &[1100; 40]), Some((0..30).collect()));
        assert_eq!(chosen(Form::Columns, &[20_000; 9]), Some(vec![0, 1]));
    }

    #[test]
    fn only_large_frames_of_the_wanted_form_are_kept() {
        let frames = blocks(Form::Columns, &[127, 128]);
        let fates = frames
            .iter()
            .map(|head| fate(Form::Columns, &head.frames[0]));
        let fates: Vec<_> = fates.collect();
        assert_eq!(fates, [Fate::Regroup, Fate::Keep]);
        let early = FrameInfo {
            has_filter: false,
            ..frames[1].frames[0]
        };
        assert_eq!(fate(Form::Columns, &early), Fate::Regroup);
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
