//! Filters: which frames of a block may hold a token.
//!
//! Each frame has a Bloom filter of [`BITS`] bits. A block stores those of its frames crosswise: row
//! `i` holds bit `i` of every frame. To ask for a token is then to read [`PROBES`] short rows and to
//! AND them, however many frames there are.

use std::ops::Range;

use super::token::Token;

/// Bits of one frame's filter, a power of two.
const BITS: usize = 8192;

/// Bits that stand for one token.
const PROBES: usize = 7;

/// With so many bits set a frame ends: its filter then finds one token in 5,000 that is not there, and
/// a search for what is rare opens few frames in vain. (Half of the bits would make it one in 128.)
const FULL: usize = BITS * 3 / 10;

/// The filter of one frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FrameFilter {
    words: Box<[u64]>,
    ones: usize,
}

/// A set of frames of one block, by index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FrameSet(Vec<bool>);

impl Default for FrameFilter {
    /// The filter of no tokens.
    fn default() -> Self {
        Self {
            words: vec![0; BITS / 64].into_boxed_slice(),
            ones: 0,
        }
    }
}

impl FrameFilter {
    pub(super) fn insert_all(&mut self, tokens: &[Token]) {
        for token in tokens {
            for position in positions(*token) {
                self.set(position);
            }
        }
    }

    /// Whether more tokens would make it find too much.
    pub(super) fn is_full(&self) -> bool {
        self.ones >= FULL
    }

    fn set(&mut self, position: usize) {
        if let Some(word) = self.words.get_mut(position / 64) {
            let bit = 1 << (position % 64);
            self.ones += usize::from(*word & bit == 0);
            *word |= bit;
        }
    }

    /// The positions of the bits that are set.
    fn positions(&self) -> impl Iterator<Item = usize> {
        self.words.iter().enumerate().flat_map(|(index, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros() as usize)?;
                left &= left - 1;
                Some(index * 64 + bit)
            })
        })
    }
}

/// The rows in which a token has its bits.
pub(super) fn positions(token: Token) -> [usize; PROBES] {
    // Double hashing: the two halves of one hash make as many as needed.
    let (first, step) = (token.0, token.0.rotate_right(32) | 1);
    let nth = |n: usize| first.wrapping_add(step.wrapping_mul(n as u64)) % BITS as u64;
    // What is less than `BITS` fits.
    std::array::from_fn(|n| usize::try_from(nth(n)).unwrap_or_default())
}

/// The bytes of a block's filter that hold a row, and how many bits of the first are before it.
pub(super) fn row(position: usize, frames: usize) -> (Range<usize>, usize) {
    let (begin, end) = (position * frames, (position + 1) * frames);
    (begin / 8..end.div_ceil(8), begin % 8)
}

/// The rows of a block's filter, one after the other, without a gap.
pub(super) fn transpose(frames: &[FrameFilter]) -> Vec<u8> {
    let mut rows = vec![0_u8; (BITS * frames.len()).div_ceil(8)];
    for (frame, filter) in frames.iter().enumerate() {
        for position in filter.positions() {
            let bit = position * frames.len() + frame;
            if let Some(byte) = rows.get_mut(bit / 8) {
                *byte |= 1 << (bit % 8);
            }
        }
    }
    rows
}

/// Takes the filters of the frames out of a block's rows again.
pub(super) fn untranspose(rows: &[u8], frames: usize) -> Vec<FrameFilter> {
    let mut filters = vec![FrameFilter::default(); frames];
    for (index, byte) in rows.iter().enumerate() {
        let mut left = *byte;
        while left != 0 {
            let bit = index * 8 + left.trailing_zeros() as usize;
            if let Some(filter) = filters.get_mut(bit % frames.max(1)) {
                filter.set(bit / frames.max(1));
            }
            left &= left - 1;
        }
    }
    filters
}

impl FrameSet {
    /// All frames of a block.
    pub(super) fn all(frames: usize) -> Self {
        Self(vec![true; frames])
    }

    /// No frame.
    pub(super) fn none(frames: usize) -> Self {
        Self(vec![false; frames])
    }

    /// Keeps the frames that are in a row too, of which so many bits are before it.
    pub(super) fn intersect(&mut self, row: &[u8], before: usize) {
        for (frame, kept) in self.0.iter_mut().enumerate() {
            let bit = before + frame;
            *kept &= row.get(bit / 8).is_some_and(|b| b >> (bit % 8) & 1 == 1);
        }
    }

    /// Adds the frames of another set.
    pub(super) fn unite(&mut self, other: &Self) {
        for (kept, other) in self.0.iter_mut().zip(&other.0) {
            *kept |= other;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        !self.0.contains(&true)
    }

    /// The frames in it.
    pub(super) fn iter(&self) -> impl Iterator<Item = usize> {
        let frames = self.0.iter().enumerate();
        frames.filter_map(|(frame, kept)| kept.then_some(frame))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(rows: &[u8], frames: usize, token: Token) -> Vec<usize> {
        let mut found = FrameSet::all(frames);
        for position in positions(token) {
            let (bytes, before) = row(position, frames);
            found.intersect(&rows[bytes], before);
        }
        found.iter().collect()
    }

    fn id(frame: usize, n: usize) -> Token {
        Token::attribute("id", &format!("{frame}-{n}"))
    }

    #[test]
    fn what_was_inserted_is_found_in_its_frame() {
        let mut filters = vec![FrameFilter::default(); 11];
        for (frame, filter) in filters.iter_mut().enumerate() {
            let tokens: Vec<_> = (0..300).map(|n| id(frame, n)).collect();
            filter.insert_all(&tokens);
        }
        let rows = transpose(&filters);
        let mut found_elsewhere = 0;
        for frame in 0..11 {
            for n in 0..300 {
                let found = find(&rows, 11, id(frame, n));
                assert!(found.contains(&frame));
                found_elsewhere += found.len() - 1;
            }
        }
        assert!(found_elsewhere < 33, "{found_elsewhere} of 33,000");
    }

    #[test]
    fn transposing_twice_changes_nothing() {
        for frames in [1, 2, 7, 8, 9, 100] {
            let mut filters = vec![FrameFilter::default(); frames];
            for (frame, filter) in filters.iter_mut().enumerate() {
                filter.insert_all(&[id(frame, 1), id(frame, 2)]);
            }
            assert_eq!(untranspose(&transpose(&filters), frames), filters);
        }
    }
}
