//! Metrics: time series computed from spans.

mod accumulate;
mod calculate;
mod compare;
mod groups;
mod histogram;
mod numbers;
mod reduce;
mod series;
mod slots;
mod window;

use std::collections::BTreeSet;

use crate::program::Selector;
use crate::search::Search;
use crate::syntax::{self, Expr, Function, Reduction, SpanMetrics};
use crate::value::Arithmetic;
use crate::{Batch, Source};

use accumulate::Accumulator;
use window::Buckets;

pub use series::{Exemplar, Series};
pub use window::{Window, WindowError};

/// A metrics query that is ready to be evaluated.
#[derive(Debug)]
pub struct Metrics {
    leaves: Vec<Leaf>,
    tree: Tree,
}

/// One operand of the arithmetic: series computed from spans.
#[derive(Debug)]
pub(crate) struct Leaf {
    pub(crate) search: Search,
    pub(crate) function: Function,
    /// The names of the fields that spans are grouped by, each with its input.
    pub(crate) by: Vec<(String, usize)>,
    /// The field that the function is applied to.
    pub(crate) value: Option<usize>,
    /// For `compare()`: the spans to compare with the others.
    pub(crate) selection: Option<Selector>,
}

/// The operations on the series of the leaves.
#[derive(Debug)]
enum Tree {
    Leaf(usize),
    Constant(f64),
    Calculate(Box<Tree>, Arithmetic, Box<Tree>),
    Reduce(Box<Tree>, Reduction),
}

/// An evaluation of metrics in progress, fed with one batch after the other.
#[derive(Debug)]
pub struct MetricsRun<'m> {
    metrics: &'m Metrics,
    buckets: Buckets,
    leaves: Vec<Accumulator<'m>>,
    budget: Budget,
}

/// The memory available for counting.
#[derive(Debug)]
pub(crate) struct Budget {
    taken: usize,
    most: usize,
    /// True if more memory was needed than is available.
    exceeded: bool,
}

/// The result of a metrics query.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The series, ordered by their number of labels, then by their labels.
    pub series: Vec<Series>,
    /// True if some series are missing because memory ran out.
    pub is_partial: bool,
}

impl Metrics {
    /// Prepares metrics for evaluation.
    pub fn new(metrics: &syntax::Metrics) -> Self {
        let mut leaves = Vec::new();
        let tree = tree(metrics, &mut leaves);
        Self { leaves, tree }
    }

    /// Returns true if each batch must hold whole traces.
    pub fn needs_whole_traces(&self) -> bool {
        self.leaves.iter().any(Leaf::needs_whole_traces)
    }

    /// Returns true if a batch must provide all attributes, not only [`Metrics::sources`].
    pub fn needs_all_attributes(&self) -> bool {
        self.leaves.iter().any(|leaf| leaf.selection.is_some())
    }

    /// Returns true if several runs may count parts of the spans: all of it is comparisons.
    pub fn can_be_divided(&self) -> bool {
        self.leaves.iter().all(|leaf| leaf.selection.is_some())
    }

    /// Returns true if the evaluation reads [`Batch::span_ids`] and [`Batch::parent_ids`].
    pub fn needs_ids(&self) -> bool {
        let mut leaves = self.leaves.iter();
        leaves.any(|leaf| leaf.selection.is_some() || leaf.search.needs_ids())
    }

    /// Returns true if the evaluation reads [`Batch::durations`].
    pub fn needs_durations(&self) -> bool {
        let mut leaves = self.leaves.iter();
        leaves.any(|leaf| leaf.selection.is_some() || leaf.search.needs_durations())
    }

    /// Returns true if the evaluation reads [`Batch::trace_ends`], or [`Batch::trace_id`] for more
    /// than exemplars.
    pub fn needs_traces(&self) -> bool {
        self.needs_whole_traces() || self.leaves.iter().any(|leaf| leaf.search.needs_traces())
    }

    /// The columns that the evaluation reads.
    pub fn sources(&self) -> BTreeSet<Source> {
        self.leaves
            .iter()
            .flat_map(|leaf| leaf.search.sources())
            .collect()
    }

    /// A condition that every counted span satisfies. If whole traces are needed, every trace with
    /// a counted span has a span that satisfies it. Parts that only a whole trace can answer are
    /// taken to be true.
    pub fn probe(&self) -> Expr {
        let probes: Vec<_> = self
            .leaves
            .iter()
            .map(|leaf| leaf.search.probe().clone())
            .collect();
        match <[Expr; 1]>::try_from(probes) {
            Ok([probe]) => probe,
            Err(probes) => Expr::Any(probes),
        }
    }

    /// Begins an evaluation that may use so many bytes for counting, in addition to the batch and
    /// the answer.
    pub fn run(&self, window: Window, memory: usize) -> MetricsRun<'_> {
        let buckets = Buckets::of(window);
        let leaves = self
            .leaves
            .iter()
            .map(|leaf| Accumulator::new(leaf, &buckets));
        MetricsRun {
            metrics: self,
            leaves: leaves.collect(),
            buckets,
            budget: Budget {
                taken: 0,
                most: memory,
                exceeded: false,
            },
        }
    }

    /// The number of copies of the counts that exist while the answer is made: the counts
    /// themselves, two for the rows of each output (a row takes twice as much as a count), and one
    /// more if rows are paired.
    pub fn copies(&self) -> usize {
        let outputs = self.leaves.iter().map(|leaf| match &leaf.function {
            Function::QuantileOverTime(_, quantiles) => quantiles.len().max(1),
            _ => 1,
        });
        2 + outputs.max().unwrap_or(1) + usize::from(self.leaves.len() > 1)
    }
}

impl MetricsRun<'_> {
    /// Counts the spans of a batch.
    pub fn add(&mut self, batch: &dyn Batch) {
        for leaf in &mut self.leaves {
            leaf.add(batch, &self.buckets, &mut self.budget);
        }
    }

    /// Returns true if the evaluation of a batch whose spans start between these times reads
    /// [`Batch::starts`], and may read [`Batch::trace_id`] for exemplars.
    pub fn needs_starts(&self, bounds: (u64, u64)) -> bool {
        let buckets = &self.buckets;
        let mut leaves = self.leaves.iter();
        leaves.any(|leaf| leaf.needs_starts(bounds, buckets))
    }

    /// The attributes of spans of which the values are no longer needed, since there is no memory for them:
    /// a batch may give any value to the spans that have one. [`Metrics::sources`] are always needed.
    pub fn given_up(&self) -> BTreeSet<Source> {
        let [leaf] = &self.leaves[..] else {
            return BTreeSet::new();
        };
        let needed = self.metrics.sources();
        leaf.given_up()
            .filter(|source| !needed.contains(source))
            .collect()
    }

    /// The bytes in use now or when the answer is made, whichever is more.
    pub fn memory(&self) -> usize {
        self.budget.taken * self.metrics.copies()
    }

    /// Says that all spans to come start between these times: no memory is reserved for other ones.
    pub fn expect(&mut self, starts: &std::ops::RangeInclusive<u64>) {
        self.buckets.expect(starts);
    }

    /// The first and the last start that a counted span may have, in nanoseconds since the epoch.
    pub fn starts(&self) -> std::ops::RangeInclusive<u64> {
        self.buckets.starts()
    }

    /// Leaves half of its memory to another run, which is to be [absorbed](Self::absorb).
    pub fn halve(&mut self) {
        self.budget.most /= 2;
    }

    /// Adds what another run of the same metrics over the same window has counted, of other spans.
    /// Only [`Metrics::can_be_divided`] allows it.
    pub fn absorb(&mut self, other: &MetricsRun<'_>) {
        self.budget.exceeded |= other.budget.exceeded;
        // The memory of the other one is freed after it has been added.
        self.budget.most += other.budget.most;
        for (leaf, other) in self.leaves.iter_mut().zip(&other.leaves) {
            leaf.absorb(other, &self.buckets, &mut self.budget);
        }
    }

    /// Ends the evaluation and returns the series.
    pub fn finish(self) -> Answer {
        let leaves = self
            .leaves
            .into_iter()
            .map(|leaf| leaf.finish(&self.buckets));
        let mut leaves: Vec<_> = leaves.collect();
        let mut series = match self.metrics.tree.evaluate(&mut leaves) {
            calculate::Operand::Series(series) => series,
            calculate::Operand::Number(_) => Vec::new(),
        };
        series.retain(|series| series.values.iter().any(Option::is_some));
        series.sort_by_cached_key(|series| (series.labels.len(), series.text()));
        Answer {
            series: series
                .into_iter()
                .map(|series| series.finish(&self.buckets))
                .collect(),
            is_partial: self.budget.exceeded,
        }
    }
}

impl Budget {
    /// Takes so many bytes; fails if they are not available.
    pub(crate) fn take(&mut self, bytes: usize) -> bool {
        let fits = bytes <= self.most.saturating_sub(self.taken);
        self.exceeded |= !fits;
        self.taken += if fits { bytes } else { 0 };
        fits
    }

    /// Gives bytes back that were taken.
    pub(crate) fn give_back(&mut self, bytes: usize) {
        self.taken = self.taken.saturating_sub(bytes);
    }
}

impl Leaf {
    fn new(metrics: &SpanMetrics) -> Self {
        let mut search = Search::new(&metrics.pipeline);
        let inputs = &mut search.inputs;
        let by = metrics
            .by
            .iter()
            .map(|field| (field.to_string(), inputs.add(field)));
        let by = by.collect();
        let value = metrics.function.field().map(|field| inputs.add(field));
        let selection = match &metrics.function {
            Function::Compare(compare) => Some(Selector::new(&compare.selection, inputs)),
            _ => None,
        };
        search.note_inputs();
        Self {
            search,
            function: metrics.function.clone(),
            by,
            value,
            selection,
        }
    }

    fn needs_whole_traces(&self) -> bool {
        // Spans are also compared by the root of their trace.
        self.selection.is_some() || !self.search.is_of_spans()
    }
}

fn tree(metrics: &syntax::Metrics, leaves: &mut Vec<Leaf>) -> Tree {
    match metrics {
        syntax::Metrics::Spans(spans) => {
            leaves.push(Leaf::new(spans));
            Tree::Leaf(leaves.len() - 1)
        }
        syntax::Metrics::Constant(value) => Tree::Constant(value.as_float().unwrap_or_default()),
        syntax::Metrics::Calculate(left, arithmetic, right) => {
            let (left, right) = (tree(left, leaves), tree(right, leaves));
            Tree::Calculate(Box::new(left), *arithmetic, Box::new(right))
        }
        syntax::Metrics::Reduce(inner, reduction) => {
            Tree::Reduce(Box::new(tree(inner, leaves)), reduction.clone())
        }
    }
}
