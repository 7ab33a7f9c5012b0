//! The spans of a trace as a tree.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use super::failure::Failure;
use super::quote::{self, Secrets};
use crate::model::{Span, SpanId, StatusCode, TraceId, UnixNanos};

/// The spans of a trace, each with its parent and its children. Cycles are broken: of spans that
/// are each other's ancestors, the first becomes a root.
#[derive(Debug)]
pub(super) struct Tree<'s> {
    nodes: Vec<Node<'s>>,
    roots: Vec<usize>,
    /// The number of digits that distinguish all span ids.
    digits: usize,
    start: UnixNanos,
}

/// A span in the tree.
#[derive(Debug)]
pub(super) struct Node<'s> {
    pub(super) span: &'s Span<'s>,
    pub(super) parent: Option<usize>,
    /// The children, sorted by start.
    pub(super) children: Vec<usize>,
}

/// The properties that make siblings similar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Operation<'s> {
    pub(super) service: &'s str,
    pub(super) name: &'s str,
}

/// The least time between a span and its parent, which begins later, that is worth a word.
const SKEW: Duration = Duration::from_millis(1);

/// The fewest digits of an id that are shown.
const MIN_DIGITS: usize = 8;

impl<'s> Tree<'s> {
    /// Builds the tree of spans, which must be sorted by start.
    pub(super) fn new(spans: &'s [Span<'s>]) -> Self {
        let mut places = HashMap::new();
        for (place, span) in spans.iter().enumerate() {
            places.entry(span.span_id).or_insert(place);
        }
        let place_of = |id: SpanId| places.get(&id).copied();
        let mut nodes: Vec<_> = spans
            .iter()
            .enumerate()
            .map(|(place, span)| Node {
                span,
                parent: span
                    .parent
                    .and_then(place_of)
                    .filter(|parent| *parent != place),
                children: Vec::new(),
            })
            .collect();
        for place in 0..nodes.len() {
            let parent = nodes.get(place).and_then(|node| node.parent);
            if let Some(parent) = parent.and_then(|parent| nodes.get_mut(parent)) {
                parent.children.push(place);
            }
        }
        let mut tree = Self {
            digits: digits(spans.iter().map(|span| span.span_id.to_string())),
            start: spans
                .iter()
                .map(|span| span.start)
                .min()
                .unwrap_or_default(),
            nodes,
            roots: Vec::new(),
        };
        tree.find_roots();
        tree
    }

    fn find_roots(&mut self) {
        let mut is_reached = vec![false; self.nodes.len()];
        let is_root = |(place, node): (usize, &Node<'s>)| node.parent.is_none().then_some(place);
        let roots: Vec<_> = self.nodes.iter().enumerate().filter_map(is_root).collect();
        for root in roots {
            self.reach(root, &mut is_reached);
            self.roots.push(root);
        }
        for place in 0..self.nodes.len() {
            if is_reached.get(place) == Some(&false) {
                self.cut_off(place);
                self.reach(place, &mut is_reached);
                self.roots.push(place);
            }
        }
    }

    fn reach(&self, root: usize, is_reached: &mut [bool]) {
        for place in self.below(root) {
            if let Some(is_reached) = is_reached.get_mut(place) {
                *is_reached = true;
            }
        }
    }

    fn cut_off(&mut self, place: usize) {
        let parent = self
            .nodes
            .get_mut(place)
            .and_then(|node| node.parent.take());
        if let Some(parent) = parent.and_then(|parent| self.nodes.get_mut(parent)) {
            parent.children.retain(|child| *child != place);
        }
    }

    /// A span and all its descendants, each parent before its children.
    pub(super) fn below(&self, place: usize) -> Vec<usize> {
        let mut found = Vec::new();
        let mut next = vec![place];
        while let Some(place) = next.pop() {
            found.push(place);
            // A cycle, before it is broken, ends here.
            if found.len() > self.nodes.len() {
                break;
            }
            next.extend(self.children(place).iter().rev());
        }
        found
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn roots(&self) -> &[usize] {
        &self.roots
    }

    pub(super) fn nodes(&self) -> impl Iterator<Item = (usize, &Node<'s>)> {
        self.nodes.iter().enumerate()
    }

    pub(super) fn span(&self, place: usize) -> Option<&'s Span<'s>> {
        self.nodes.get(place).map(|node| node.span)
    }

    pub(super) fn parent(&self, place: usize) -> Option<usize> {
        self.nodes.get(place)?.parent
    }

    pub(super) fn children(&self, place: usize) -> &[usize] {
        self.nodes.get(place).map_or(&[], |node| &node.children)
    }

    /// The root with the longest duration.
    pub(super) fn main_root(&self) -> Option<usize> {
        let duration = |place: &&usize| self.span(**place).map(Span::duration);
        let longest = self
            .roots
            .iter()
            .max_by_key(|place| (duration(place), Reverse(**place)));
        longest.copied()
    }

    /// The earliest start.
    pub(super) fn start(&self) -> UnixNanos {
        self.start
    }

    /// The time from the earliest start to the latest end.
    pub(super) fn duration(&self) -> Duration {
        let end = self.nodes.iter().map(|node| node.span.end).max();
        end.unwrap_or_default().since(self.start)
    }

    /// The span that begins the longest before its parent, and by how much: their clocks differ.
    pub(super) fn earliest_child(&self) -> Option<(usize, Duration)> {
        let ahead = |(place, node): (usize, &Node<'s>)| {
            let (parent, start) = (self.span(node.parent?)?, node.span.start);
            // Zero is no time.
            (start.0 > 0).then(|| (place, parent.start.since(start)))
        };
        let ahead = self.nodes().filter_map(ahead);
        let earliest = ahead.max_by_key(|(_, by)| *by);
        earliest.filter(|(_, by)| *by >= SKEW)
    }

    /// The digits of a span's id that distinguish it from the others.
    pub(super) fn id(&self, span: &Span<'_>) -> String {
        let mut id = span.span_id.to_string();
        id.truncate(self.digits);
        id
    }

    /// The span whose id begins with these digits.
    pub(super) fn find(&self, digits: &str) -> Result<usize, Failure> {
        let digits = digits.trim().to_ascii_lowercase();
        let begins = |(_, node): &(usize, &Node<'s>)| {
            !digits.is_empty() && node.span.span_id.to_string().starts_with(&digits)
        };
        let mut found = self.nodes().filter(begins).map(|(place, _)| place);
        let shown: String = digits.chars().take(32).collect();
        match (found.next(), found.next()) {
            (Some(place), None) => Ok(place),
            // Spans from different senders may share an id.
            (Some(place), Some(_)) if digits.len() == 16 => Ok(place),
            (Some(_), Some(_)) => Err(Failure::new(format!(
                "several spans of this trace have ids that begin with {shown:?}: give more digits"
            ))),
            (None, _) => Err(Failure::new(format!(
                "this trace has no span whose id begins with {shown:?}: get_trace_topology lists them"
            ))),
        }
    }

    /// Formats `operation [service]`.
    pub(super) fn title(&self, place: usize) -> String {
        self.span(place).map_or_else(String::new, title)
    }

    /// A line about a span: its id, title, kind, start, duration, and failure.
    pub(super) fn line(&self, place: usize, secrets: Secrets) -> String {
        let Some(span) = self.span(place) else {
            return String::new();
        };
        let mut parts = vec![self.id(span), title(span)];
        let kind = span.kind.as_str();
        if !matches!(kind, "" | "internal") {
            parts.push(kind.to_owned());
        }
        let offset = millis(span.start.since(self.start));
        parts.push(format!("+{offset} {} ms", millis(span.duration())));
        if is_failed(span) {
            parts.push("FAILED".to_owned());
            if !span.status.message.is_empty() {
                parts.push(secrets.text(&span.status.message, 120));
            }
        }
        let parent = self.parent(place).and_then(|parent| self.span(parent));
        let late = parent.map(|parent| span.end.since(parent.end.max(parent.start)));
        if let Some(late) = late.filter(|late| *late >= Duration::from_millis(1)) {
            parts.push(format!("(ends {} ms after its parent)", millis(late)));
        }
        parts.join(" ")
    }
}

impl fmt::Display for Operation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} [{}]",
            quote::name(self.name),
            quote::name(self.service)
        )
    }
}

/// The operation of a span.
pub(super) fn operation<'s>(span: &'s Span<'_>) -> Operation<'s> {
    Operation {
        service: span.resource.service_name(),
        name: &span.name,
    }
}

pub(super) fn title(span: &Span<'_>) -> String {
    operation(span).to_string()
}

pub(super) fn is_failed(span: &Span<'_>) -> bool {
    span.status.code == StatusCode::Error
}

/// Milliseconds, to about three digits.
pub(super) fn millis(duration: Duration) -> String {
    let millis = duration.as_secs_f64() * 1_000.0;
    match millis {
        _ if millis >= 100.0 || millis == 0.0 => format!("{millis:.0}"),
        _ if millis >= 1.0 => format!("{millis:.1}"),
        _ => format!("{millis:.3}"),
    }
}

/// The number of digits that distinguish all of these ids, at least [`MIN_DIGITS`].
pub(super) fn digits(ids: impl Iterator<Item = String>) -> usize {
    let mut ids: Vec<_> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    let common = |pair: &[String; 2]| {
        let [one, other] = pair;
        one.bytes()
            .zip(other.bytes())
            .take_while(|(a, b)| a == b)
            .count()
    };
    let longest = ids.array_windows().map(common).max();
    longest.map_or(MIN_DIGITS, |common| MIN_DIGITS.max(common + 1))
}

/// The id of a trace, ready to be truncated: an id of eight bytes without its leading zeros.
pub(super) fn trace_digits(id: TraceId) -> String {
    let id = id.to_string();
    match id.strip_prefix("0000000000000000") {
        Some(short) => short.to_owned(),
        None => id,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::SpanIds;

    fn span(id: u64, parent: u64) -> Span<'static> {
        let ids = SpanIds::new(&[1; 16], &id.to_be_bytes(), &parent.to_be_bytes()).unwrap();
        Span::new(ids, Arc::default(), Arc::default())
    }

    #[test]
    fn circles_are_cut_open_and_orphans_are_roots() {
        let spans = [
            span(1, 2),
            span(2, 3),
            span(3, 1),
            span(4, 4),
            span(5, 99),
            span(6, 5),
        ];
        let tree = Tree::new(&spans);
        assert_eq!(tree.roots(), [3, 4, 0]);
        let reached: Vec<_> = tree
            .roots()
            .iter()
            .flat_map(|root| tree.below(*root))
            .collect();
        assert_eq!(reached, [3, 4, 5, 0, 2, 1]);
    }

    #[test]
    fn ids_are_cut_to_what_tells_them_apart() {
        let spans = [
            span(0x1234_5678_0000_0000, 0),
            span(0x1234_5678_1000_0000, 0),
        ];
        let tree = Tree::new(&spans);
        assert_eq!(tree.id(&spans[1]), "123456781");
        assert_eq!(tree.find("123456781").unwrap(), 1);
        assert!(
            tree.find("1234")
                .unwrap_err()
                .to_string()
                .contains("more digits")
        );
        assert!(tree.find("ff").is_err());
        assert!(tree.find("").is_err());
    }
}
