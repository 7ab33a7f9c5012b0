//! Columns of floating-point numbers.
//!
//! Measured numbers usually have few decimal places: they are stored as integers of tenths,
//! hundredths, … if that restores the exact bits.

use std::io;

use super::ReadAt;
use super::numbers::Numbers;
use super::pack::{Cursor, Damaged, Packer, Unpacker};

/// The header of a column of floating-point numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Doubles {
    /// The number of decimal places; `None` if the bits are stored.
    places: Option<usize>,
    pub(super) numbers: Numbers,
}

const POWERS: [f64; 7] = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6];

/// Integers below this have exact floating-point counterparts.
const EXACT: f64 = 9_007_199_254_740_992.0;

impl Doubles {
    /// Writes a column of numbers, given by their bits.
    pub(super) fn write(bits: &[u64], packer: &mut Packer) -> io::Result<()> {
        let decimal = (0..POWERS.len()).find_map(|places| {
            let numbers = bits.iter().map(|bits| whole(*bits, places));
            Some((places, numbers.collect::<Option<Vec<_>>>()?))
        });
        if let Some((places, numbers)) = decimal {
            packer.number(places as u64);
            return Numbers::write(&numbers, packer);
        }
        packer.number(POWERS.len() as u64);
        Numbers::write(bits, packer)
    }

    /// Reads the header that [`Self::write`] wrote.
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Self, Damaged> {
        let places = cursor.size()?;
        Ok(Self {
            places: (places < POWERS.len()).then_some(places),
            numbers: Numbers::read(cursor)?,
        })
    }

    /// The bits of the numbers.
    pub(super) fn unpack<R: ReadAt>(
        &self,
        unpacker: &mut Unpacker<'_, R>,
    ) -> Result<Vec<u64>, R::Error> {
        let mut numbers = self.numbers.unpack(unpacker)?;
        if let Some(power) = self.places.and_then(|places| POWERS.get(places)) {
            for number in &mut numbers {
                *number = double(*number, *power).to_bits();
            }
        }
        Ok(numbers)
    }

    /// The smallest and the largest number, if they are known.
    pub(super) fn range(&self) -> Option<(f64, f64)> {
        let power = POWERS.get(self.places?)?;
        let bound = |number: i64| double(number.cast_unsigned(), *power);
        Some((bound(self.numbers.min), bound(self.numbers.max)))
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "only numbers that lose nothing are stored so"
)]
fn double(number: u64, power: f64) -> f64 {
    number.cast_signed() as f64 / power
}

/// The number as an integer with so many decimal places, if that is exact.
#[expect(clippy::cast_possible_truncation, reason = "the number is in range")]
fn whole(bits: u64, places: usize) -> Option<u64> {
    let power = POWERS.get(places)?;
    let scaled = (f64::from_bits(bits) * power).round();
    if !(-EXACT..=EXACT).contains(&scaled) {
        return None;
    }
    let number = (scaled as i64).cast_unsigned();
    (double(number, *power).to_bits() == bits).then_some(number)
}
