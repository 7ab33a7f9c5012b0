//! Runs a pipeline over one trace after the other.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;

use super::aggregate::aggregate;
use super::relate::{Relater, merged};
use super::{Choice, FoundSpanset, Step, Steps};
use crate::syntax::SpansetOperator;
use crate::table::Table;
use crate::vector::{Key, Mask};
use crate::{Column, Value};

/// The results of all programs over a batch, and working memory.
pub(crate) struct Run<'r> {
    steps: &'r Steps,
    masks: Vec<Mask>,
    values: Vec<Cow<'r, Column<'r>>>,
    relater: RefCell<Relater<'r>>,
}

type Spansets = Vec<FoundSpanset>;

impl<'r> Run<'r> {
    pub(crate) fn new<'b: 'r>(steps: &'r Steps, table: &'r Table<'b>) -> Self
    where
        Table<'b>: 'r,
    {
        let masks = steps.selectors.iter().map(|selector| selector.mask(table));
        let values = steps
            .values
            .iter()
            .map(|node| Cow::Owned(node.column(&table.frame()).into_owned()));
        Self {
            steps,
            masks: masks.collect(),
            values: values.collect(),
            relater: RefCell::new(Relater::new(table)),
        }
    }

    /// The spansets of a trace, given its rows, that pass all steps.
    pub(crate) fn trace(&self, rows: Range<u32>) -> Spansets {
        // Most traces have no span that matches the first selector.
        if let [Step::Spanset(Choice::Selector(selector)), rest @ ..] = self.steps.list.as_slice() {
            let rows: Vec<_> = rows.filter(|row| self.chooses(*selector, *row)).collect();
            return self.run(rest, one(rows));
        }
        self.run(&self.steps.list, one(rows.collect()))
    }

    fn run(&self, steps: &[Step], input: Spansets) -> Spansets {
        let mut spansets = input;
        for step in steps {
            if spansets.is_empty() {
                break;
            }
            spansets = self.step(step, spansets);
        }
        spansets
    }

    fn step(&self, step: &Step, input: Spansets) -> Spansets {
        match step {
            Step::Spanset(choice) => input
                .into_iter()
                .flat_map(|set| self.choose(choice, set))
                .collect(),
            Step::Coalesce => one(united(input)),
            Step::By { value, name } => input
                .iter()
                .flat_map(|set| self.split(*value, name, set))
                .collect(),
            Step::Filter {
                aggregate: of,
                comparison,
                constant,
                name,
            } => {
                let keep = |mut set: FoundSpanset| {
                    let value = match of {
                        None => Value::Int(i64::try_from(set.rows.len()).unwrap_or(i64::MAX)),
                        Some((fold, value)) => {
                            aggregate(*fold, self.values.get(*value)?, &set.rows)
                        }
                    };
                    let passes = value.compare(*comparison, constant);
                    set.attributes.retain(|(known, _)| known != name);
                    set.attributes.push((name.clone(), value.into_owned()));
                    passes.then_some(set)
                };
                input.into_iter().filter_map(keep).collect()
            }
        }
    }

    fn chooses(&self, selector: usize, row: u32) -> bool {
        self.masks
            .get(selector)
            .is_some_and(|mask| mask.contains(row as usize))
    }

    /// The chosen spans of a spanset, which keep its attributes.
    fn choose(&self, choice: &Choice, set: FoundSpanset) -> Spansets {
        match choice {
            Choice::Pipeline(steps) => self.run(steps, vec![set]),
            choice => {
                let rows = self.rows(choice, &set);
                if rows.is_empty() {
                    return Vec::new();
                }
                vec![FoundSpanset { rows, ..set }]
            }
        }
    }

    fn rows(&self, choice: &Choice, set: &FoundSpanset) -> Vec<u32> {
        match choice {
            Choice::Selector(selector) => {
                let rows = set.rows.iter().copied();
                rows.filter(|row| self.chooses(*selector, *row)).collect()
            }
            Choice::Pipeline(steps) => united(self.run(steps, vec![set.clone()])),
            Choice::Operation(left, operator, right) => {
                let (left, right) = (self.rows(left, set), self.rows(right, set));
                match operator {
                    SpansetOperator::And if left.is_empty() || right.is_empty() => Vec::new(),
                    SpansetOperator::And | SpansetOperator::Or => merged(&left, &right),
                    SpansetOperator::Structural(relation, keep) => self
                        .relater
                        .borrow_mut()
                        .relate(&left, *relation, *keep, &right),
                }
            }
        }
    }

    fn split(&self, value: usize, name: &str, set: &FoundSpanset) -> Spansets {
        let Some(column) = self.values.get(value) else {
            return Vec::new();
        };
        let mut groups: Spansets = Vec::new();
        let mut known: HashMap<Key<'_>, usize> = HashMap::new();
        for row in &set.rows {
            let value = column.value(*row as usize);
            let group = *known.entry(Key(value)).or_insert_with_key(|key| {
                let mut attributes = set.attributes.clone();
                let shown = match &key.0 {
                    Value::Nil => Value::text("nil"),
                    value => value.clone().into_owned(),
                };
                attributes.retain(|(known, _)| known != name);
                attributes.push((name.to_owned(), shown));
                groups.push(FoundSpanset {
                    rows: Vec::new(),
                    attributes,
                });
                groups.len() - 1
            });
            if let Some(group) = groups.get_mut(group) {
                group.rows.push(*row);
            }
        }
        groups
    }
}

/// One spanset without attributes; no spanset if there are no spans.
fn one(rows: Vec<u32>) -> Spansets {
    let attributes = Vec::new();
    if rows.is_empty() {
        return Vec::new();
    }
    vec![FoundSpanset { rows, attributes }]
}

/// The distinct spans of all spansets.
fn united(spansets: Spansets) -> Vec<u32> {
    let mut sets = spansets.into_iter().map(|set| set.rows);
    let first = sets.next().unwrap_or_default();
    sets.fold(first, |rows, more| merged(&rows, &more))
}
