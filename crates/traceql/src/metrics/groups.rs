//! Groups of spans: those that have the same values of some fields.

use std::borrow::Cow;
use std::collections::HashMap;

use super::Budget;
use crate::Value;
use crate::table::Table;
use crate::vector::{Key, into_codes};

/// The groups found so far, in the order in which they were found.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    known: HashMap<Vec<Key<'static>>, usize>,
    pub(crate) values: Vec<Vec<Value<'static>>>,
}

/// To which group each span of a batch belongs.
pub(crate) struct BatchGroups<'b> {
    /// For each span, the number of its combination of values.
    pub(crate) codes: Cow<'b, [u32]>,
    combinations: Vec<Vec<Value<'b>>>,
    /// For each combination, its group, once it was looked up.
    found: Vec<Place>,
}

/// Bytes that a group takes beside its values and its cells.
const OVERHEAD: usize = 160;

impl Groups {
    /// The group of these values; `None` if there is no memory for it. `cells` is what else it takes.
    fn of(&mut self, values: &[Value<'_>], cells: usize, budget: &mut Budget) -> Option<usize> {
        let key: Vec<_> = values
            .iter()
            .map(|value| Key(value.clone().into_owned()))
            .collect();
        if let Some(group) = self.known.get(&key) {
            return Some(*group);
        }
        let bytes: usize = values.iter().map(size).sum();
        if !budget.take(OVERHEAD + 2 * bytes + cells) {
            return None;
        }
        self.values
            .push(key.iter().map(|key| key.0.clone()).collect());
        self.known.insert(key, self.values.len() - 1);
        Some(self.values.len() - 1)
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

impl<'b> BatchGroups<'b> {
    pub(crate) fn new(table: &Table<'b>, inputs: impl Iterator<Item = usize>) -> Self {
        let len = table.len();
        let columns = inputs.map(|input| into_codes(table.column(input).clone(), len));
        let single = |(codes, values): (Cow<'b, [u32]>, Vec<Value<'b>>)| {
            let combinations: Vec<_> = values.into_iter().map(|value| vec![value]).collect();
            (codes, combinations)
        };
        let combined = columns
            .map(single)
            .reduce(|left, right| combine(&left, &right));
        // Without fields, all are one group.
        let (codes, combinations) =
            combined.unwrap_or_else(|| (vec![0; len].into(), vec![Vec::new()]));
        Self {
            codes,
            found: vec![Place::Unknown; combinations.len() + 1],
            combinations,
        }
    }

    /// The group of a combination; `None` if there is no memory for it.
    pub(crate) fn group(
        &mut self,
        code: u32,
        groups: &mut Groups,
        cells: usize,
        budget: &mut Budget,
    ) -> Option<usize> {
        // What is beyond the dictionary is nil.
        let at = (code as usize).min(self.combinations.len());
        let nil = [Value::Nil];
        let values = self.combinations.get(at).map_or(&nil[..], Vec::as_slice);
        let place = self.found.get_mut(at)?;
        place.get_or_find(|| groups.of(values, cells, budget))
    }
}

/// Where something is kept, once it was looked up.
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

type Coded<'b> = (Cow<'b, [u32]>, Vec<Vec<Value<'b>>>);

/// Codes for the pairs of two codes.
fn combine<'b>(left: &Coded<'b>, right: &Coded<'b>) -> Coded<'b> {
    let mut known = HashMap::new();
    let mut combinations = Vec::new();
    let mut last = None;
    let pairs = left.0.iter().zip(right.0.iter());
    let codes = pairs.map(|(a, b)| match last {
        Some((pair, code)) if pair == (*a, *b) => code,
        _ => {
            let code = *known.entry((*a, *b)).or_insert_with(|| {
                let side = |values: &[Vec<Value<'b>>], code: u32| {
                    let found = values.get(code as usize);
                    found.cloned().unwrap_or_else(|| vec![Value::Nil])
                };
                combinations.push([side(&left.1, *a), side(&right.1, *b)].concat());
                u32::try_from(combinations.len() - 1).unwrap_or(u32::MAX)
            });
            last = Some(((*a, *b), code));
            code
        }
    });
    let codes: Vec<_> = codes.collect();
    (codes.into(), combinations)
}
