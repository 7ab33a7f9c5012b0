//! Times and durations.

use crate::model::builder::Builder;
use crate::model::{Attribute, Kind, attribute};

/// A day in nanoseconds.
const DAY: u64 = 86_400_000_000_000;

/// The duration of the span of [`search`], in nanoseconds.
pub(crate) const SEARCHED: u64 = 5_000_000;

pub(in crate::model) fn times(builder: &mut Builder) {
    let mut day = builder.span(None);
    day.start = builder.at() - DAY;
    day.end = day.start + DAY;
    let day = builder.push(day);
    for length in [0, 1, 499, 500, 999, 1_000, 1_001, 1_999] {
        let mut span = builder.span(Some(day));
        // The start is not a whole microsecond.
        span.start = builder.at() + 1_999;
        span.end = span.start + length;
        builder.push(span);
    }
}

pub(in crate::model) fn skew(builder: &mut Builder) {
    let root = builder.plain(None);
    let mut early = builder.span(Some(root));
    early.start -= 5_000_000_007;
    early.end -= 5_000_000_007;
    builder.push(early);
    let mut late = builder.span(Some(root));
    late.start += 3_000_000_001;
    late.end += 3_000_000_001;
    builder.push(late);
    let mut backwards = builder.span(Some(root));
    backwards.end = backwards.start - 2_500;
    builder.push(backwards);
}

/// A span whose start and duration are whole microseconds, so that every API can search at its
/// exact edges.
pub(in crate::model) fn search(builder: &mut Builder) {
    let token = format!("{:016x}", builder.random.number());
    let mut span = builder.span(None);
    span.start -= span.start % 1_000;
    span.end = span.start + SEARCHED;
    span.kind = Kind::Server;
    span.attributes = searched(&token);
    builder.push(span);
}

fn searched(token: &str) -> Vec<Attribute> {
    vec![
        attribute("check.token", token),
        attribute("check.int", 42),
        attribute("check.bool", true),
        attribute("check.double", 72.5),
    ]
}
