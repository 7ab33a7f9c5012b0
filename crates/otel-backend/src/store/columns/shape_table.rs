//! The shapes of a group in one place.

use std::ops::Range;

use super::pack::Damaged;

/// The shapes in one place, with the columns of each.
#[derive(Debug, Default)]
pub(super) struct ShapeTable {
    pub(super) columns: Vec<u32>,
    pub(super) ends: Vec<usize>,
}

impl ShapeTable {
    /// The number of shapes.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The range of the columns of a shape.
    pub(super) fn range(&self, shape: u64) -> Result<Range<usize>, Damaged> {
        let shape = usize::try_from(shape).unwrap_or(usize::MAX);
        let begin = shape
            .checked_sub(1)
            .map_or(Some(&0), |before| self.ends.get(before));
        let range = begin.zip(self.ends.get(shape));
        let (begin, end) = range.ok_or(Damaged("a span has an unknown shape"))?;
        Ok(*begin..*end)
    }

    /// The column at a position in [`Self::range`].
    pub(super) fn column(&self, place: usize) -> usize {
        self.columns.get(place).copied().unwrap_or_default() as usize
    }

    /// The columns of a shape.
    pub(super) fn columns(&self, shape: u64) -> Result<&[u32], Damaged> {
        Ok(self.columns.get(self.range(shape)?).unwrap_or_default())
    }
}
