//! Groups of spans: those that have the same values of some fields.

use std::borrow::Cow;
use std::collections::HashMap;

use super::Budget;
use crate::Value;
use crate::distinct::Distinct;
use crate::table::Table;
use crate::vector::{Mask, codes_of};

/// The groups found so far, in the order in which they were found.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    known: Distinct,
    /// The values of all groups, one group after the other.
    values: Vec<Value<'static>>,
    count: usize,
}

/// To which group each span of a batch belongs.
pub(crate) struct BatchGroups<'t> {
    /// For each span, the number of its combination of values.
    pub(crate) codes: Cow<'t, [u32]>,
    combinations: Combinations<'t>,
    /// For each combination, its group, once it was looked up.
    found: Vec<Place>,
}

/// Combinations of a value of each field.
struct Combinations<'t> {
    count: usize,
    /// The number of fields.
    width: usize,
    values: Cow<'t, [Value<'t>]>,
}

/// Bytes that a group takes beside its values and its cells.
const OVERHEAD: usize = 160;

impl Groups {
    /// The group of these values; `None` if there is no memory for it. `cells` is what else it takes.
    fn of(&mut self, values: &[Value<'_>], cells: usize, budget: &mut Budget) -> Option<usize> {
        let width = values.len();
        let of_group = |group: u32| self.values(group as usize, width);
        let hash = match self.known.find(values, of_group) {
            Ok(group) => return Some(group as usize),
            Err(hash) => hash,
        };
        let bytes: usize = values.iter().map(size).sum();
        if !budget.take(OVERHEAD + 2 * bytes + cells) {
            return None;
        }
        let group = self.count;
        self.count += 1;
        let owned = values.iter().map(|value| value.clone().into_owned());
        self.values.extend(owned);
        self.known.insert(hash, u32::try_from(group).ok()?);
        Some(group)
    }

    /// The number of groups.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// The values of a group, one for each field.
    pub(crate) fn values(&self, group: usize, fields: usize) -> &[Value<'static>] {
        let values = self.values.get(group * fields..(group + 1) * fields);
        values.unwrap_or_default()
    }
}

/// About how many bytes a value takes.
pub(crate) fn size(value: &Value<'_>) -> usize {
    let more = match value {
        Value::Text(text) => text.len(),
        Value::List(values) => values.iter().map(size).sum(),
        _ => 0,
    };
    size_of::<Value<'_>>() + more
}

impl<'t> BatchGroups<'t> {
    pub(crate) fn new<'b: 't>(table: &'t Table<'b>, inputs: impl Iterator<Item = usize>) -> Self {
        let len = table.len();
        let coded = inputs.map(|input| {
            let (codes, values) = codes_of(table.column(input), len);
            (codes, Combinations::of_one(values))
        });
        // Without fields, all are one group.
        let none = || (vec![0; len].into(), Combinations::of_none());
        let (codes, combinations) = coded
            .reduce(|left, right| combine(&left, &right))
            .unwrap_or_else(none);
        Self {
            codes,
            found: vec![Place::Unknown; combinations.count + 1],
            combinations,
        }
    }

    /// The number of spans of each combination, of those that a mask has.
    pub(crate) fn counts(&self, mask: &Mask) -> Vec<u64> {
        let mut counts = vec![0; self.combinations.count + 1];
        for (row, code) in self.codes.iter().enumerate() {
            let at = (*code as usize).min(self.combinations.count);
            if let Some(count) = counts.get_mut(at)
                && mask.contains(row)
            {
                *count += 1;
            }
        }
        counts
    }

    /// The group of a combination; `None` if there is no memory for it.
    pub(crate) fn group(
        &mut self,
        code: u32,
        groups: &mut Groups,
        cells: usize,
        budget: &mut Budget,
    ) -> Option<usize> {
        // A code beyond the dictionary stands for nil.
        let at = (code as usize).min(self.combinations.count);
        let combinations = &self.combinations;
        let place = self.found.get_mut(at)?;
        place.get_or_find(|| groups.of(combinations.get(at), cells, budget))
    }
}

impl<'t> Combinations<'t> {
    fn of_none() -> Self {
        Self {
            count: 1,
            width: 0,
            values: Cow::default(),
        }
    }

    fn of_one(values: Cow<'t, [Value<'t>]>) -> Self {
        Self {
            count: values.len(),
            width: 1,
            values,
        }
    }

    /// The values of a combination; nil beyond the last.
    fn get(&self, at: usize) -> &[Value<'t>] {
        let values = self.values.get(at * self.width..(at + 1) * self.width);
        values.unwrap_or(&[Value::Nil])
    }
}

/// A position that is looked up once and then remembered.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place {
    Unknown,
    At(usize),
    /// There is no memory for it.
    Nowhere,
}

impl Place {
    pub(crate) fn get_or_find(&mut self, find: impl FnOnce() -> Option<usize>) -> Option<usize> {
        if let Self::Unknown = self {
            *self = find().map_or(Self::Nowhere, Self::At);
        }
        match self {
            Self::At(place) => Some(*place),
            _ => None,
        }
    }
}

type Coded<'t> = (Cow<'t, [u32]>, Combinations<'t>);

/// Codes for the pairs of two codes.
fn combine<'t>(left: &Coded<'t>, right: &Coded<'t>) -> Coded<'t> {
    let mut known = HashMap::new();
    let mut values = Vec::new();
    let mut last = None;
    let pairs = left.0.iter().zip(right.0.iter());
    let codes = pairs.map(|(a, b)| match last {
        Some((pair, code)) if pair == (*a, *b) => code,
        _ => {
            let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
            let code = *known.entry((*a, *b)).or_insert_with(|| {
                values.extend_from_slice(left.1.get(*a as usize));
                values.extend_from_slice(right.1.get(*b as usize));
                next
            });
            last = Some(((*a, *b), code));
            code
        }
    });
    let codes: Vec<_> = codes.collect();
    let combinations = Combinations {
        count: known.len(),
        width: left.1.width + right.1.width,
        values: values.into(),
    };
    (codes.into(), combinations)
}
