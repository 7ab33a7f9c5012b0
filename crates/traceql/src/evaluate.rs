//! Evaluates programs over a table.

use std::borrow::Cow;

use crate::program::{Items, Node, Selector, trimmed};
use crate::table::{Frame, Table};
use crate::value::Comparison;
use crate::vector::{self, Mask};
use crate::{Column, Value};

/// The most pairs of an event and a link that are tested for one span, which may have many
/// thousands of both.
const MAX_PAIRS: usize = 1 << 20;

/// The number of pairs of events and links that are evaluated together.
const CHUNK: usize = 16 * 1024;

impl Selector {
    /// The spans that this selector chooses.
    pub(crate) fn mask(&self, table: &Table<'_>) -> Mask {
        let spans = self.spans.mask(&table.frame());
        let items = self.items.iter();
        items.fold(spans, |spans, (node, items)| {
            spans_with_items(node, *items, &spans, table)
        })
    }
}

/// Of the given spans, those with an event and a link that together satisfy an expression.
fn spans_with_items(node: &Node, items: Items, spans: &Mask, table: &Table<'_>) -> Mask {
    if *spans == Mask::None {
        return Mask::None;
    }
    let mut found = vec![false; table.len()];
    let mut chunk = Chunk::default();
    let mut evaluate = |chunk: &mut Chunk| {
        let mask = node.mask(&table.frame_of_items(&chunk.spans, &chunk.events, &chunk.links));
        for (at, span) in chunk.spans.iter().enumerate() {
            if let Some(found) = found.get_mut(*span as usize) {
                *found |= mask.contains(at);
            }
        }
        *chunk = Chunk::default();
    };
    for row in (0..table.len()).filter(|row| spans.contains(*row)) {
        let mut left = MAX_PAIRS;
        let events = if items.events {
            table.events_of(row)
        } else {
            0..0
        };
        let links = if items.links {
            table.links_of(row)
        } else {
            0..0
        };
        for event in or_none(events) {
            for link in or_none(links.clone()).take(left) {
                left -= 1;
                chunk.spans.push(u32::try_from(row).unwrap_or(u32::MAX));
                chunk.events.push(event);
                chunk.links.push(link);
                if chunk.spans.len() >= CHUNK {
                    evaluate(&mut chunk);
                }
            }
        }
    }
    evaluate(&mut chunk);
    Mask::Some(found)
}

/// Rows of a span with one of its events and one of its links; an index beyond the last item stands
/// for none.
#[derive(Default)]
struct Chunk {
    spans: Vec<u32>,
    events: Vec<u32>,
    links: Vec<u32>,
}

/// The given items; if there are none, one index that stands for a missing item.
fn or_none(items: std::ops::Range<u32>) -> impl Iterator<Item = u32> {
    let none = items.is_empty().then_some(u32::MAX);
    items.chain(none)
}

impl Node {
    /// The rows for which the expression is true.
    pub(crate) fn mask(&self, frame: &Frame<'_, '_>) -> Mask {
        match self {
            Self::Constant(value) => value.is_true().into(),
            Self::All(nodes) => nodes.iter().fold(Mask::All, |mask, node| match mask {
                Mask::None => Mask::None,
                mask => mask.and(node.mask(frame)),
            }),
            Self::Any(nodes) => nodes.iter().fold(Mask::None, |mask, node| match mask {
                Mask::All => Mask::All,
                mask => mask.or(node.mask(frame)),
            }),
            Self::Compare(left, comparison, right) => compare(
                &left.column(frame),
                *comparison,
                &right.column(frame),
                frame.len(),
            ),
            Self::Match(text, negated, pattern) => {
                let passes = |text: &str| {
                    frame.goes_on(pattern.steps(text)) && pattern.matches(text) != *negated
                };
                let test = |value: &Value<'_>| value.test_text(*negated, &passes);
                vector::test(&text.column(frame), frame.len(), test)
            }
            Self::Missing(inner, items) => {
                let is_nil = |value: &Value<'_>| value.is_nil();
                let missing = vector::test(&inner.column(frame), frame.len(), is_nil);
                missing.and(frame.has(*items))
            }
            Self::Exists(inner) => {
                vector::test(&inner.column(frame), frame.len(), |value| !value.is_nil())
            }
            _ => vector::truth(&self.column(frame), frame.len()),
        }
    }

    /// The value of the expression in each row.
    pub(crate) fn column<'f, 'b>(&self, frame: &'f Frame<'f, 'b>) -> Cow<'f, Column<'b>>
    where
        'b: 'f,
    {
        let len = frame.len();
        let column = match self {
            Self::Input(number) => return frame.input(*number),
            Self::Constant(value) => Column::Constant(value.clone()),
            Self::Trimmed(inner) => vector::map(&inner.column(frame), len, trimmed),
            Self::Not(inner) => {
                vector::map(&inner.column(frame), len, |value: &Value<'b>| value.not())
            }
            Self::Negate(inner) => vector::map(&inner.column(frame), len, |value: &Value<'b>| {
                value.negate()
            }),
            Self::Calculate(left, arithmetic, right) => {
                let make = |left: &Value<'b>, right: &Value<'b>| left.calculate(*arithmetic, right);
                vector::zip(&left.column(frame), &right.column(frame), len, make)
            }
            _ => self.mask(frame).into_column(),
        };
        Cow::Owned(column)
    }
}

fn compare(left: &Column<'_>, comparison: Comparison, right: &Column<'_>, len: usize) -> Mask {
    vector::compare(left, comparison, right, len)
}
