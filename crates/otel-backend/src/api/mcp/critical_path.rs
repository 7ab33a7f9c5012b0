//! The critical path of a trace: for each instant, the span that the trace was waiting for.

use std::time::Duration;

use super::tree::Tree;
use crate::model::UnixNanos;

/// A part of the path: during this time the trace waited for this span itself, not for one of its
/// children.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment {
    /// The index of the span in its tree.
    pub(super) place: usize,
    pub(super) from: UnixNanos,
    pub(super) to: UnixNanos,
}

impl Segment {
    pub(super) fn duration(&self) -> Duration {
        self.to.since(self.from)
    }
}

/// The path through a root, in order of time. A span waits for the child that ends last; before
/// that child started, for the child that ended last before then, and so on. What a child does
/// after its parent's end is ignored.
pub(super) fn of(tree: &Tree<'_>, root: usize) -> Vec<Segment> {
    let mut segments = Vec::new();
    let mut work = Vec::new();
    if let Some(span) = tree.span(root) {
        work.push(Segment {
            place: root,
            from: span.start,
            to: span.end,
        });
    }
    while let Some(part) = work.pop() {
        let mut until = part.to;
        for child in by_end(tree, part.place) {
            let to = child.to.min(until);
            let from = child.from.max(part.from);
            if from >= to {
                continue;
            }
            segments.push(Segment {
                from: to,
                to: until,
                ..part
            });
            work.push(Segment { from, to, ..child });
            until = from;
        }
        segments.push(Segment { to: until, ..part });
    }
    segments.retain(|segment| segment.from < segment.to);
    segments.sort_unstable_by_key(|segment| segment.from);
    segments
}

/// The children, sorted by their end, latest first.
fn by_end(tree: &Tree<'_>, place: usize) -> Vec<Segment> {
    let children = tree.children(place).iter().filter_map(|child| {
        let span = tree.span(*child)?;
        Some(Segment {
            place: *child,
            from: span.start,
            to: span.end,
        })
    });
    let mut children: Vec<_> = children.collect();
    children.sort_by_key(|child| std::cmp::Reverse((child.to, child.from)));
    children
}

/// The time within a span that none of its children covers.
pub(super) fn self_time(tree: &Tree<'_>, place: usize) -> Duration {
    let Some(span) = tree.span(place) else {
        return Duration::ZERO;
    };
    let mut covered = Duration::ZERO;
    let mut until = span.start;
    // Children are sorted by their start.
    for child in tree
        .children(place)
        .iter()
        .filter_map(|child| tree.span(*child))
    {
        let from = child.start.max(until);
        let to = child.end.min(span.end);
        covered += to.since(from);
        until = until.max(to);
    }
    span.duration().saturating_sub(covered)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::model::{Span, SpanIds};

    fn span(id: u64, parent: u64, start: u64, end: u64) -> Span<'static> {
        let ids = SpanIds::new(&[1; 16], &id.to_be_bytes(), &parent.to_be_bytes()).unwrap();
        Span {
            start: UnixNanos(start),
            end: UnixNanos(end),
            ..Span::new(ids, Arc::default(), Arc::default())
        }
    }

    fn path(spans: &[Span<'_>]) -> Vec<(usize, u64, u64)> {
        let segments = of(&Tree::new(spans), 0);
        segments
            .iter()
            .map(|s| (s.place, s.from.0, s.to.0))
            .collect()
    }

    #[test]
    fn a_span_waits_for_the_child_that_ends_last() {
        let spans = [
            span(1, 0, 0, 100),
            span(2, 1, 10, 40),
            span(3, 1, 20, 60),
            span(4, 3, 30, 50),
            span(5, 1, 90, 200),
        ];
        let expected = [
            (0, 0, 10),
            (1, 10, 20),
            (2, 20, 30),
            (3, 30, 50),
            (2, 50, 60),
            (0, 60, 90),
            (4, 90, 100),
        ];
        assert_eq!(path(&spans), expected);
        assert_eq!(self_time(&Tree::new(&spans), 0), Duration::from_nanos(40));
    }

    proptest! {
        #[test]
        fn the_path_covers_its_root_and_nothing_twice(
            children in prop::collection::vec((1..9_u64, 0..120_u64, 0..120_u64), 0..8),
        ) {
            let mut spans = vec![span(1, 0, 10, 110)];
            for (id, (parent, start, end)) in (2..).zip(children) {
                spans.push(span(id, parent.min(id - 1), start, end));
            }
            spans.sort_by_key(|span| (span.parent.is_some(), span.start));
            let path = path(&spans);
            let mut until = 10;
            for (_, from, to) in path {
                prop_assert_eq!(from, until);
                prop_assert!(to > from);
                until = to;
            }
            prop_assert_eq!(until, 110);
        }
    }
}
