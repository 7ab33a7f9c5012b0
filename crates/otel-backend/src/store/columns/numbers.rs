//! Columns of numbers.
//!
//! Each number is stored as its distance from the smallest one, in as many bytes as the largest
//! distance needs. The lowest bytes of all numbers come first, then the next bytes, and so on:
//! similar bytes are together, which suits the compressor.

use std::io;

use super::ReadAt;
use super::pack::{Chunk, Cursor, Damaged, MAX_VALUES, Packer, Unpacker};
use crate::store::zigzag;

/// The header of a column of numbers, which are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Numbers {
    pub(super) count: usize,
    pub(super) min: i64,
    pub(super) max: i64,
    /// The bytes of each number; zero if all are equal.
    width: usize,
    chunk: Chunk,
}

impl Numbers {
    /// Writes a column.
    ///
    /// # Errors
    /// If there are more than [`MAX_VALUES`].
    pub(super) fn write(values: &[u64], packer: &mut Packer) -> io::Result<()> {
        if values.len() > MAX_VALUES {
            return Err(io::Error::other("a column has too many values"));
        }
        let signed = || values.iter().map(|value| value.cast_signed());
        let min = signed().min().unwrap_or_default();
        let max = signed().max().unwrap_or_default();
        let width = width_of(max.cast_unsigned().wrapping_sub(min.cast_unsigned()));
        packer.number(values.len() as u64);
        packer.number(zigzag::encode(min));
        packer.number(zigzag::encode(max));
        if width == 0 {
            return Ok(());
        }
        let mut planes = Vec::with_capacity(values.len() * width);
        for plane in 0..width {
            let distances = values.iter().map(|v| v.wrapping_sub(min.cast_unsigned()));
            planes.extend(distances.map(|distance| byte(distance, plane)));
        }
        packer.chunk(&planes)
    }

    /// Reads the header that [`Self::write`] wrote.
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Self, Damaged> {
        let count = cursor.count()?;
        let min = zigzag::decode(cursor.number()?);
        let max = zigzag::decode(cursor.number()?);
        let width = width_of(max.cast_unsigned().wrapping_sub(min.cast_unsigned()));
        let chunk = if width == 0 {
            Chunk::default()
        } else {
            cursor.chunk()?
        };
        if chunk.raw_length() != count.saturating_mul(width) {
            return Err(Damaged(
                "a column of numbers has another length than it says",
            ));
        }
        Ok(Self {
            count,
            min,
            max,
            width,
            chunk,
        })
    }

    /// The numbers.
    pub(super) fn unpack<R: ReadAt>(
        &self,
        unpacker: &mut Unpacker<'_, R>,
    ) -> Result<Vec<u64>, R::Error> {
        let min = self.min.cast_unsigned();
        let mut values = vec![min; self.count];
        if self.width == 0 {
            return Ok(values);
        }
        let planes = unpacker.unpack(&self.chunk)?;
        for (number, plane) in planes.chunks_exact(self.count).enumerate() {
            for (value, byte) in values.iter_mut().zip(plane) {
                *value = value.wrapping_add(u64::from(*byte) << (8 * number));
            }
        }
        Ok(values)
    }
}

fn byte(number: u64, place: usize) -> u8 {
    number.to_le_bytes().get(place).copied().unwrap_or_default()
}

/// The number of bytes that a number needs; none for zero.
fn width_of(number: u64) -> usize {
    (u64::BITS - number.leading_zeros()).div_ceil(8) as usize
}
