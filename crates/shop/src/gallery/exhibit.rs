//! An exhibit: a trouble, the visits that suffer from it, and the query that finds them.

use std::collections::HashMap;

use crate::load::Visit;

/// A trouble to show.
#[derive(Debug)]
pub(super) struct Exhibit {
    pub(super) name: &'static str,
    /// The trouble in a few words.
    pub(super) what: &'static str,
    /// The role with the trouble, its `--trouble`, and its variables.
    pub(super) role: &'static str,
    pub(super) trouble: &'static str,
    pub(super) variables: &'static [(&'static str, &'static str)],
    /// The visits.
    pub(super) load: Load,
    /// Returns true if a visit suffers, given its number and the result.
    pub(super) suffers: fn(usize, &Visit) -> bool,
    /// The number of spans in each visit.
    pub(super) spans: Spans,
    /// The query that finds the traces of the suffering visits and no others.
    pub(super) query: &'static str,
    /// The page that shows it best.
    pub(super) page: Page,
    /// The detail to look at on that page.
    pub(super) look: &'static str,
    /// The change to make in the code.
    pub(super) change: &'static str,
}

/// The visits of an exhibit.
#[derive(Debug)]
pub(super) struct Load {
    pub(super) visits: &'static str,
    pub(super) count: u32,
    pub(super) at_once: u32,
}

/// The number of spans of a visit that are expected, that are made and sampled, and that reach the
/// backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spans {
    pub(super) expected: usize,
    pub(super) sent: usize,
    pub(super) found: usize,
}

/// A page that shows an exhibit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Page {
    /// The page of one of the traces.
    Trace,
    /// The page of a trace, at the span that the query finds.
    Span,
    /// The search for all of the traces.
    Search,
}

/// An exhibit that was shown.
pub(super) struct Shown {
    pub(super) exhibit: &'static Exhibit,
    pub(super) visits: Vec<Visit>,
    /// The spans that the roles printed, by trace id.
    pub(super) printed: HashMap<String, String>,
}

impl Load {
    /// The arguments of `shop load`.
    pub(super) fn arguments(&self) -> Vec<String> {
        vec![
            format!("--visits={}", self.visits),
            format!("--count={}", self.count),
            format!("--at-once={}", self.at_once),
        ]
    }
}

impl Spans {
    /// All of these spans arrive.
    pub(super) const fn all(count: usize) -> Self {
        Self {
            expected: count,
            sent: count,
            found: count,
        }
    }
}

impl Shown {
    /// The traces of the suffering visits.
    pub(super) fn suffering(&self) -> Vec<String> {
        let visits = self.visits.iter().enumerate();
        let suffering = visits.filter(|(number, visit)| (self.exhibit.suffers)(*number, visit));
        suffering.map(|(_, visit)| visit.trace_id.clone()).collect()
    }
}
