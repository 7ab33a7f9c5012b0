//! The scenarios: the things that can be hard about a trace.

use std::fmt;

use clap::ValueEnum;
use serde::Serialize;

/// A kind of trace that makes one thing hard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Scenario {
    /// Values of every type, empty and repeated keys, limits, Unicode, NUL and long text.
    Values,
    /// Events with all types of values, without attributes, out of order, simultaneous, or without
    /// a name.
    Events,
    /// Several resources and scopes, with all types of values, with schema URLs, or empty.
    Origins,
    /// Ids with the top bit set and with leading zeros.
    Ids,
    /// A trace id of 64 bits.
    ShortId,
    /// Spans with a duration of zero, of one nanosecond, and of a day.
    Times,
    /// A child that starts before its parent, and a span that ends before it starts.
    Skew,
    /// Links to other traces, to this one, to the parent, twice, with attributes and state.
    Links,
    /// Trace states and flags.
    State,
    /// Every kind with every status code.
    Status,
    /// Counts of items that the sender dropped.
    Dropped,
    /// A chain of 300 spans.
    Deep,
    /// One parent with 500 children.
    Wide,
    /// Several roots, and a span whose parent is missing.
    Forest,
    /// Children that arrive after their parent was seen in the backend.
    Late,
    /// Spans that are delivered twice.
    Twice,
    /// One span to search for.
    Search,
    /// 10,008 spans.
    Large,
    /// 50,000 spans.
    Huge,
}

impl Scenario {
    /// All scenarios.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::value_variants().iter().copied()
    }

    /// Parses the name of a scenario.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().find(|s| s.to_string() == name)
    }
}

/// Writes the name on the command line and in reports.
impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}
