//! Evaluates structural operators.

use crate::structure::NONE;
use crate::syntax::{Keep, Relation};
use crate::table::Table;

/// Relates spans of a batch; its marks are reused.
pub(super) struct Relater<'t> {
    table: &'t dyn Family,
    /// For each row, the last round in which it was marked, and the mark.
    marks: Vec<(u32, Mark)>,
    round: u32,
}

/// Knows the parents of spans.
pub(super) trait Family {
    fn rows(&self) -> usize;
    fn parent(&self, row: u32) -> u32;
    /// A key that is equal for all children of a span, and for all roots.
    fn siblings(&self, row: u32) -> (u32, u64);
}

impl Family for Table<'_> {
    fn rows(&self) -> usize {
        self.len()
    }

    fn parent(&self, row: u32) -> u32 {
        self.structure().parent(row)
    }

    fn siblings(&self, row: u32) -> (u32, u64) {
        let structure = self.structure();
        let id = structure.parent_ids.get(row as usize).copied();
        (structure.parent(row), id.unwrap_or_default())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Mark {
    #[default]
    None,
    Yes,
    No,
}

impl<'t> Relater<'t> {
    pub(super) fn new(table: &'t dyn Family) -> Self {
        Self {
            table,
            marks: Vec::new(),
            round: 0,
        }
    }

    /// The spans that `left relation right` selects.
    pub(super) fn relate(
        &mut self,
        left: &[u32],
        relation: Relation,
        keep: Keep,
        right: &[u32],
    ) -> Vec<u32> {
        let related = self.related(left, relation, right);
        match keep {
            Keep::Right => related,
            Keep::Unrelated => {
                let mut related = related.into_iter().peekable();
                let is_related = |row: &&u32| related.next_if_eq(*row).is_none();
                right.iter().filter(is_related).copied().collect()
            }
            Keep::Both => {
                let of_left = self.related(&related, inverse(relation), left);
                merged(&related, &of_left)
            }
        }
    }

    /// The spans on the right that are related to one on the left.
    fn related(&mut self, left: &[u32], relation: Relation, right: &[u32]) -> Vec<u32> {
        if left.is_empty() || right.is_empty() {
            return Vec::new();
        }
        match relation {
            Relation::Parent => {
                self.mark_all(left.iter().copied());
                self.kept(right, |this, row| {
                    this.mark(this.table.parent(row)) == Mark::Yes
                })
            }
            Relation::Child => {
                let table = self.table;
                self.mark_all(left.iter().map(|row| table.parent(*row)));
                self.kept(right, |this, row| this.mark(row) == Mark::Yes)
            }
            Relation::Descendant => {
                self.mark_above(left);
                self.kept(right, |this, row| this.mark(row) == Mark::Yes)
            }
            Relation::Ancestor => {
                self.mark_all(left.iter().copied());
                // The mark of a parent tells that it, or a span above it, is among the left ones.
                self.kept(right, Self::is_below)
            }
            Relation::Sibling => self.siblings(left, right),
        }
    }

    fn kept(&mut self, right: &[u32], mut keep: impl FnMut(&mut Self, u32) -> bool) -> Vec<u32> {
        let kept = right.iter().copied();
        kept.filter(|row| keep(self, *row)).collect()
    }

    fn begin(&mut self) {
        let rows = self.table.rows();
        if self.marks.len() < rows || self.round == u32::MAX {
            self.marks = vec![(0, Mark::None); rows];
            self.round = 0;
        }
        self.round += 1;
    }

    fn mark(&self, row: u32) -> Mark {
        match self.marks.get(row as usize) {
            Some((round, mark)) if *round == self.round => *mark,
            _ => Mark::None,
        }
    }

    fn set(&mut self, row: u32, mark: Mark) {
        if let Some(place) = self.marks.get_mut(row as usize) {
            *place = (self.round, mark);
        }
    }

    fn mark_all(&mut self, rows: impl Iterator<Item = u32>) {
        self.begin();
        rows.for_each(|row| self.set(row, Mark::Yes));
    }

    /// Marks all ancestors of these spans.
    fn mark_above(&mut self, rows: &[u32]) {
        self.begin();
        for row in rows {
            let mut above = self.table.parent(*row);
            while above != NONE && self.mark(above) != Mark::Yes {
                self.set(above, Mark::Yes);
                above = self.table.parent(above);
            }
        }
    }

    /// Returns true if a marked span is above this one. The answer is stored for every span on the
    /// way up: those without a marked ancestor are marked as such, the others as if they were on
    /// the left, since their descendants are below a marked span too.
    /// Returns true if a span above the row is marked; marks the spans in between with the result,
    /// so that no span is walked twice.
    fn is_below(&mut self, row: u32) -> bool {
        let mut above = self.table.parent(row);
        let first = above;
        while above != NONE && self.mark(above) == Mark::None {
            above = self.table.parent(above);
        }
        let found = self.mark(above) == Mark::Yes;
        let mark = if found { Mark::Yes } else { Mark::No };
        let mut on_the_way = first;
        while on_the_way != above && on_the_way != NONE {
            self.set(on_the_way, mark);
            on_the_way = self.table.parent(on_the_way);
        }
        found
    }

    fn siblings(&self, left: &[u32], right: &[u32]) -> Vec<u32> {
        let mut parents: Vec<_> = left
            .iter()
            .map(|row| (self.table.siblings(*row), *row))
            .collect();
        parents.sort_unstable();
        let has_another = |row: &u32| {
            let of = self.table.siblings(*row);
            let start = parents.partition_point(|(parent, _)| *parent < of);
            let same = parents.get(start..).unwrap_or_default().iter().take(2);
            let mut same = same.filter(|(parent, _)| *parent == of);
            same.any(|(_, sibling)| sibling != row)
        };
        right.iter().copied().filter(has_another).collect()
    }
}

/// The relation as seen from the right.
fn inverse(relation: Relation) -> Relation {
    match relation {
        Relation::Parent => Relation::Child,
        Relation::Child => Relation::Parent,
        Relation::Ancestor => Relation::Descendant,
        Relation::Descendant => Relation::Ancestor,
        Relation::Sibling => Relation::Sibling,
    }
}

/// The union of both, ascending, with each row once.
pub(super) fn merged(left: &[u32], right: &[u32]) -> Vec<u32> {
    let mut rows = [left, right].concat();
    rows.sort_unstable();
    rows.dedup();
    rows
}
