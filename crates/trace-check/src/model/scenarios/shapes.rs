//! The form of the tree, and the order of arrival.

use crate::model::attribute;
use crate::model::builder::Builder;

/// The size of a large trace in Jaeger's own tests.
pub(in crate::model) const LARGE: usize = 10_008;

/// More than most trace pages can open.
pub(in crate::model) const HUGE: usize = 50_000;

/// The number of children of each parent in a [`many`] trace.
const FAN: usize = 16;

pub(in crate::model) fn deep(builder: &mut Builder) {
    let mut parent = builder.plain(None);
    for _ in 1..300 {
        parent = builder.plain(Some(parent));
    }
}

pub(in crate::model) fn wide(builder: &mut Builder) {
    let root = builder.plain(None);
    for _ in 0..500 {
        builder.plain(Some(root));
    }
}

pub(in crate::model) fn forest(builder: &mut Builder) {
    for _ in 0..3 {
        let root = builder.plain(None);
        builder.plain(Some(root));
    }
    let nowhere = builder.span_id();
    builder.plain(Some(nowhere));
}

pub(in crate::model) fn late(builder: &mut Builder) {
    let root = builder.plain(None);
    builder.plain(Some(root));
    builder.next_delivery();
    let child = builder.plain(Some(root));
    builder.next_delivery();
    builder.plain(Some(child));
}

pub(in crate::model) fn twice(builder: &mut Builder) {
    let root = builder.plain(None);
    let mut child = builder.span(Some(root));
    child.attributes = vec![attribute("n", 1)];
    builder.push(child);
    builder.repeat();
}

pub(in crate::model) fn many(builder: &mut Builder, count: usize) {
    let mut ids = vec![builder.plain(None)];
    for number in 1..count {
        let parent = ids.get((number - 1) / FAN).copied();
        let mut span = builder.span(parent);
        span.attributes = vec![attribute("n", i64::try_from(number).unwrap_or_default())];
        ids.push(builder.push(span));
    }
}
