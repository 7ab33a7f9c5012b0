//! Filters: which frames of a block may hold a token.
//!
//! Each frame has a Bloom filter of [`BITS`] bits. A block stores those of its frames crosswise: row
//! `i` holds bit `i` of every frame. To ask for a token is then to read [`PROBES`] short rows and to
//! AND them, however many frames there are.

use super::token::Token;

/// Bits of one frame's filter, a power of two.
pub(super) const BITS: usize = 8192;

/// Bits that stand for one token.
pub(super) const PROBES: usize = 7;

/// Half of the bits set: from here on a filter finds too much. A frame ends before it gets there.
const FULL: usize = BITS / 2;

/// The filter of one frame.
#[derive(Debug, Clone)]
pub(super) struct FrameFilter {
    words: Box<[u64]>,
    ones: usize,
}

/// A set of frames of one block, by index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FrameSet(Vec<u8>);

impl FrameFilter {
    pub(super) fn insert_all(&mut self, tokens: &[Token]) {
        for token in tokens {
            self.insert(*token);
        }
    }

    fn insert(&mut self, token: Token) {
        for position in positions(token) {
            if let Some(word) = self.words.get_mut(position / 64) {
                let bit = 1 << (position % 64);
                self.ones += usize::from(*word & bit == 0);
                *word |= bit;
            }
        }
    }

    /// Whether more tokens would make it find too much.
    pub(super) fn is_full(&self) -> bool {
        self.ones >= FULL
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

/// Bytes of one row of a block of so many frames.
pub(super) fn row_length(frames: usize) -> usize {
    frames.div_ceil(8)
}

/// The rows of a block's filter, one after the other.
pub(super) fn transpose(frames: &[FrameFilter]) -> Vec<u8> {
    let stride = row_length(frames.len());
    let mut rows = vec![0_u8; BITS * stride];
    for (frame, filter) in frames.iter().enumerate() {
        for (index, word) in filter.words.iter().enumerate() {
            let mut left = *word;
            while left != 0 {
                let row = index * 64 + left.trailing_zeros() as usize;
                if let Some(byte) = rows.get_mut(row * stride + frame / 8) {
                    *byte |= 1 << (frame % 8);
                }
                left &= left - 1;
            }
        }
    }
    rows
}

impl Default for FrameFilter {
    /// The filter of no tokens.
    fn default() -> Self {
        Self {
            words: vec![0; BITS / 64].into_boxed_slice(),
            ones: 0,
        }
    }
}

impl FrameSet {
    /// All frames of a block.
    pub(super) fn all(frames: usize) -> Self {
        Self(vec![u8::MAX; row_length(frames)])
    }

    /// No frame.
    pub(super) fn none(frames: usize) -> Self {
        Self(vec![0; row_length(frames)])
    }

    /// Keeps the frames that are in `row` too.
    pub(super) fn intersect(&mut self, row: &[u8]) {
        for (byte, other) in self.0.iter_mut().zip(row) {
            *byte &= other;
        }
    }

    /// Adds the frames of another set.
    pub(super) fn unite(&mut self, other: &Self) {
        for (byte, other) in self.0.iter_mut().zip(&other.0) {
            *byte |= other;
        }
    }

    pub(super) fn contains(&self, frame: usize) -> bool {
        self.0
            .get(frame / 8)
            .is_some_and(|byte| byte >> (frame % 8) & 1 == 1)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|byte| *byte == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(rows: &[u8], frames: usize, token: Token) -> FrameSet {
        let stride = row_length(frames);
        let mut found = FrameSet::all(frames);
        for position in positions(token) {
            found.intersect(&rows[position * stride..][..stride]);
        }
        found
    }

    #[test]
    fn what_was_inserted_is_found_in_its_frame() {
        let mut filters = vec![FrameFilter::default(); 11];
        for (frame, filter) in filters.iter_mut().enumerate() {
            for n in 0..300 {
                filter.insert(Token::attribute("id", &format!("{frame}-{n}")));
            }
        }
        let rows = transpose(&filters);
        let mut false_finds = 0;
        for frame in 0..11 {
            for n in 0..300 {
                let found = find(&rows, 11, Token::attribute("id", &format!("{frame}-{n}")));
                assert!(found.contains(frame));
                false_finds += (0..11)
                    .filter(|f| *f != frame && found.contains(*f))
                    .count();
            }
        }
        assert!(false_finds < 11 * 300 / 10, "{false_finds}");
    }
}
