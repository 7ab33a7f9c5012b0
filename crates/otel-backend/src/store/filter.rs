//! Filters: which frames of a block may hold a token.
//!
//! Each frame has a Bloom filter of [`BITS`] bits. A block stores those of its frames crosswise: row
//! `i` holds bit `i` of every frame. To ask for a token is then to read [`PROBES`] short rows and to
//! AND them, however many frames there are. Filters are turned into rows and back in squares of 64
//! frames by 64 bits, a word of each filter at a time.

use std::ops::Range;

use super::recent::Recent;
use super::token::Token;

/// Bits of one frame's filter, a power of two.
const BITS: usize = 8192;

/// Bits that are handled at once.
const WORD: usize = 64;

/// Words of one frame's filter.
const WORDS: usize = BITS / WORD;

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

/// The filter of a frame that is being made.
#[derive(Debug, Default)]
pub(super) struct FilterBuilder {
    filter: FrameFilter,
    /// Tokens that are in it: most tokens of a span are those of the spans before it.
    recent: Box<Recent<256>>,
}

/// A set of frames of one block, by index: a bit for each. The bits behind the last frame are zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FrameSet(Vec<u64>);

impl Default for FrameFilter {
    /// The filter of no tokens.
    fn default() -> Self {
        Self {
            words: vec![0; WORDS].into_boxed_slice(),
            ones: 0,
        }
    }
}

impl FilterBuilder {
    pub(super) fn insert_all(&mut self, tokens: &[Token]) {
        for token in tokens {
            if self.recent.note(*token) {
                self.filter.insert(*token);
            }
        }
    }

    /// Whether more tokens would make it find too much.
    pub(super) fn is_full(&self) -> bool {
        self.filter.ones >= FULL
    }

    pub(super) fn finish(self) -> FrameFilter {
        self.filter
    }
}

impl FrameFilter {
    /// The filter of a frame that may hold anything, since it is not asked through a filter.
    pub(super) fn of_anything() -> Self {
        Self {
            words: vec![u64::MAX; WORDS].into_boxed_slice(),
            ones: BITS,
        }
    }

    fn insert(&mut self, token: Token) {
        for position in positions(token) {
            self.set(position);
        }
    }

    fn set(&mut self, position: usize) {
        if let Some(word) = self.words.get_mut(position / WORD) {
            let bit = 1 << (position % WORD);
            self.ones += usize::from(*word & bit == 0);
            *word |= bit;
        }
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
    let mut rows = BitWriter::with_capacity(BITS * frames.len());
    let mut squares = vec![[0; WORD]; frames.len().div_ceil(WORD)];
    for word in 0..WORDS {
        for (square, frames) in squares.iter_mut().zip(frames.chunks(WORD)) {
            for (bits, frame) in square.iter_mut().zip(frames) {
                *bits = frame.words.get(word).copied().unwrap_or_default();
            }
            transpose_square(square);
        }
        for row in 0..WORD {
            for (square, frames) in squares.iter().zip(frames.chunks(WORD)) {
                rows.write(square.get(row).copied().unwrap_or_default(), frames.len());
            }
        }
        squares.fill([0; WORD]);
    }
    rows.bytes
}

/// Takes the filters of the frames out of a block's rows again.
pub(super) fn untranspose(rows: &[u8], frames: usize) -> Vec<FrameFilter> {
    let mut filters = vec![FrameFilter::default(); frames];
    let mut rows = BitReader::new(rows);
    let mut squares = vec![[0; WORD]; frames.div_ceil(WORD)];
    for word in 0..WORDS {
        for row in 0..WORD {
            for (square, frames) in squares.iter_mut().zip(filters.chunks(WORD)) {
                if let Some(bits) = square.get_mut(row) {
                    *bits = rows.read(frames.len());
                }
            }
        }
        for (square, frames) in squares.iter_mut().zip(filters.chunks_mut(WORD)) {
            transpose_square(square);
            for (bits, frame) in square.iter().zip(frames) {
                frame.ones += bits.count_ones() as usize;
                if let Some(word) = frame.words.get_mut(word) {
                    *word = *bits;
                }
            }
        }
    }
    filters
}

/// Makes bit `i` of word `j` bit `j` of word `i`: swaps the quarters of the square, then those of each
/// quarter, and so on.
fn transpose_square(square: &mut [u64; WORD]) {
    for width in [32, 16, 8, 4, 2, 1] {
        // The lower half of every `2 * width` bits.
        let lower = u64::MAX / ((1 << width) + 1);
        for rows in square.chunks_exact_mut(2 * width) {
            let (upper_rows, lower_rows) = rows.split_at_mut(width);
            for (a, b) in upper_rows.iter_mut().zip(lower_rows) {
                let changed = ((*a >> width) ^ *b) & lower;
                *a ^= changed << width;
                *b ^= changed;
            }
        }
    }
}

/// Writes bits one after the other, the least significant of a byte first.
struct BitWriter {
    bytes: Vec<u8>,
    /// Bits that do not make a word yet, and how many they are.
    open: u64,
    length: usize,
}

impl BitWriter {
    /// Room for so many bits, a multiple of [`WORD`]: as many must be written.
    fn with_capacity(bits: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(bits / 8),
            open: 0,
            length: 0,
        }
    }

    /// Writes the lowest `length` bits, at most [`WORD`]; the others must be zero.
    fn write(&mut self, bits: u64, length: usize) {
        self.open |= bits << self.length;
        self.length += length;
        if self.length >= WORD {
            self.bytes.extend_from_slice(&self.open.to_le_bytes());
            self.length -= WORD;
            // Those that did not fit.
            self.open = shifted_right(bits, length - self.length);
        }
    }
}

/// Reads what a [`BitWriter`] wrote; behind its end, zeros.
struct BitReader<'b> {
    rest: &'b [u8],
    /// Bits that were not read yet, and how many they are.
    open: u64,
    length: usize,
}

impl<'b> BitReader<'b> {
    fn new(bytes: &'b [u8]) -> Self {
        Self {
            rest: bytes,
            open: 0,
            length: 0,
        }
    }

    /// The next bits, at most [`WORD`].
    fn read(&mut self, length: usize) -> u64 {
        let mut bits = self.open;
        if length > self.length {
            let next = self.next_word();
            bits |= next << self.length;
            let taken = length - self.length;
            self.open = shifted_right(next, taken);
            self.length = WORD - taken;
        } else {
            self.open = shifted_right(bits, length);
            self.length -= length;
        }
        bits & shifted_right(u64::MAX, WORD - length)
    }

    fn next_word(&mut self) -> u64 {
        let mut word = [0; WORD / 8];
        let (bytes, rest) = self.rest.split_at(self.rest.len().min(word.len()));
        for (byte, next) in word.iter_mut().zip(bytes) {
            *byte = *next;
        }
        self.rest = rest;
        u64::from_le_bytes(word)
    }
}

/// `bits` without the lowest `length`, which may be all.
fn shifted_right(bits: u64, length: usize) -> u64 {
    if length < WORD { bits >> length } else { 0 }
}

impl FrameSet {
    /// All frames of a block.
    pub(super) fn all(frames: usize) -> Self {
        let mut set = Self(vec![u64::MAX; frames.div_ceil(WORD)]);
        if let Some(last) = set.0.last_mut() {
            *last = shifted_right(*last, (WORD - frames % WORD) % WORD);
        }
        set
    }

    /// No frame.
    pub(super) fn none(frames: usize) -> Self {
        Self(vec![0; frames.div_ceil(WORD)])
    }

    /// Keeps the frames that are in a row too, of which so many bits are before it.
    pub(super) fn intersect(&mut self, row: &[u8], before: usize) {
        let mut row = BitReader::new(row);
        row.read(before);
        for kept in &mut self.0 {
            *kept &= row.read(WORD);
        }
    }

    /// Adds the frames of another set.
    pub(super) fn unite(&mut self, other: &Self) {
        for (kept, other) in self.0.iter_mut().zip(&other.0) {
            *kept |= other;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|kept| *kept == 0)
    }

    /// The frames in it.
    pub(super) fn iter(&self) -> impl Iterator<Item = usize> {
        self.0.iter().enumerate().flat_map(|(index, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let frame = (left != 0).then(|| left.trailing_zeros() as usize)?;
                left &= left - 1;
                Some(index * WORD + frame)
            })
        })
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

    fn filter_of(tokens: impl IntoIterator<Item = Token>) -> FrameFilter {
        let mut filter = FilterBuilder::default();
        filter.insert_all(&tokens.into_iter().collect::<Vec<_>>());
        filter.finish()
    }

    fn id(frame: usize, n: usize) -> Token {
        Token::attribute("id", &format!("{frame}-{n}"))
    }

    #[test]
    fn what_was_inserted_is_found_in_its_frame() {
        let filters: Vec<_> = (0..11)
            .map(|frame| filter_of((0..300).map(|n| id(frame, n))))
            .collect();
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
    fn every_token_is_set_whatever_was_set_before() {
        // Those of small numbers share places with what the builder begins with, and each other.
        let tokens: Vec<_> = (0..1000).map(|n| Token(n % 700)).collect();
        for token in &tokens {
            let alone = filter_of([*token]);
            assert_ne!(alone, FrameFilter::default(), "{token:?}");
        }
        let mut expected = FrameFilter::default();
        for token in &tokens {
            expected.insert(*token);
        }
        assert_eq!(filter_of(tokens), expected);
    }

    #[test]
    fn transposing_twice_changes_nothing() {
        for frames in [1, 2, 7, 8, 9, 63, 64, 65, 100, 128, 200] {
            let filters: Vec<_> = (0..frames)
                .map(|frame| filter_of([id(frame, 1), id(frame, 2)]))
                .collect();
            assert_eq!(untranspose(&transpose(&filters), frames), filters);
        }
    }

    #[test]
    fn a_row_holds_its_bit_of_every_frame() {
        for frames in [1, 3, 8, 70] {
            let mut filters = vec![FrameFilter::default(); frames];
            let set = |row: usize, frame: usize| (row * 31 + frame * 7).is_multiple_of(5);
            for (frame, filter) in filters.iter_mut().enumerate() {
                for row in (0..BITS).filter(|row| set(*row, frame)) {
                    filter.set(row);
                }
            }
            let rows = transpose(&filters);
            assert_eq!(rows.len() * 8, BITS * frames);
            for (row, frame) in (0..BITS).flat_map(|row| (0..frames).map(move |f| (row, f))) {
                let bit = row * frames + frame;
                assert_eq!(rows[bit / 8] >> (bit % 8) & 1 == 1, set(row, frame));
            }
        }
    }

    #[test]
    fn rows_that_are_too_short_are_read_as_zeros() {
        assert_eq!(untranspose(&[], 2), vec![FrameFilter::default(); 2]);
        let filters = untranspose(&[0xff; 9], 24);
        let ones: Vec<_> = filters.iter().map(|filter| filter.ones).collect();
        assert_eq!(ones, [3; 24]);
    }

    #[test]
    fn sets_of_frames_are_united_and_intersected() {
        for frames in [1, 3, 64, 65, 130] {
            let all = FrameSet::all(frames);
            assert_eq!(
                all.iter().collect::<Vec<_>>(),
                (0..frames).collect::<Vec<_>>()
            );
            let mut set = all.clone();
            // Three bits of the row before; then every second frame; then bits of the row behind.
            set.intersect(&[0b0101_0111; 1], 3);
            assert!(
                set.iter().all(|frame| frame < 5 && frame % 2 == 1),
                "{set:?}"
            );
            assert_eq!(set.is_empty(), frames < 2);
            let mut united = FrameSet::none(frames);
            assert!(united.is_empty());
            united.unite(&set);
            assert_eq!(united, set);
            set.intersect(&vec![0xff; frames.div_ceil(8) + 1], 7);
            assert_eq!(united, set);
        }
    }
}
