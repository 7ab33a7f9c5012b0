//! Searches for traces, and for the spans in them that match.

mod aggregate;
mod relate;
mod run;

use std::collections::BTreeSet;
use std::ops::Range;

use crate::program::{Inputs, Node, Selector};
use crate::sources::{needs_durations, needs_ids, needs_trace_ids, sources};
use crate::syntax::{
    Aggregate, Expr, Filter, Fold, Keep, Pipeline, Spanset, SpansetOperator, Stage,
};
use crate::table::Table;
use crate::vector::Mask;
use crate::{Batch, Comparison, Field, Intrinsic, Source, Value};

use run::Run;

/// A pipeline that is ready to be evaluated.
#[derive(Debug)]
pub struct Search {
    pub(crate) inputs: Inputs,
    pub(crate) steps: Steps,
    /// The fields that the answer shows, as numbers of inputs.
    shown: Vec<usize>,
    probe: Expr,
    /// True if a step relates spans by their place in the tree.
    relates: bool,
    /// True if a step needs whole traces.
    needs_structure: bool,
    /// The least duration of a trace that matches, in nanoseconds.
    least_duration: i64,
}

/// The result of searching a batch.
pub struct Found<'b> {
    /// The matching traces, in the order of the batch.
    pub traces: Vec<FoundTrace>,
    table: Table<'b>,
    shown: &'b [usize],
}

/// A matching trace.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundTrace {
    /// The rows of the trace in the batch.
    pub rows: Range<usize>,
    /// The matching sets of spans; none of them is empty.
    pub spansets: Vec<FoundSpanset>,
}

/// Matching spans.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundSpanset {
    /// The rows of the spans in the batch, ascending.
    pub rows: Vec<u32>,
    /// The values that the pipeline computed for the set: `count()`, `by(…)`.
    pub attributes: Vec<(String, Value<'static>)>,
}

/// Stages, with the programs that they share. The result of a program does not depend on the stage.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    pub(crate) list: Vec<Step>,
    pub(crate) selectors: Vec<Selector>,
    pub(crate) values: Vec<Node>,
}

/// A step of the evaluation.
#[derive(Debug)]
pub(crate) enum Step {
    Spanset(Choice),
    Filter {
        /// The function and the program that it is applied to; `None` for `count()`.
        aggregate: Option<(Fold, usize)>,
        comparison: Comparison,
        constant: Value<'static>,
        name: String,
    },
    By {
        value: usize,
        name: String,
    },
    Coalesce,
}

/// A way to choose spans.
#[derive(Debug)]
pub(crate) enum Choice {
    Selector(usize),
    Operation(Box<Choice>, SpansetOperator, Box<Choice>),
    Pipeline(Vec<Step>),
}

impl Search {
    /// Prepares a pipeline.
    pub fn new(pipeline: &Pipeline) -> Self {
        let mut inputs = Inputs::default();
        let mut builder = Builder {
            inputs: &mut inputs,
            steps: Steps::default(),
            shown: BTreeSet::new(),
            needs_structure: false,
        };
        let list = builder.steps(pipeline);
        let Builder {
            steps: programs,
            shown,
            needs_structure,
            ..
        } = builder;
        let of_structure = inputs.0.iter().any(Field::is_of_trace);
        Self {
            steps: Steps { list, ..programs },
            shown: shown.into_iter().collect(),
            probe: probe(pipeline),
            relates: needs_structure,
            needs_structure: needs_structure || of_structure,
            least_duration: least_duration(pipeline),
            inputs,
        }
    }

    /// A condition that holds for at least one span of every matching trace and that a span can
    /// answer alone. Parts that need whole traces are taken to be true.
    pub fn probe(&self) -> &Expr {
        &self.probe
    }

    /// The columns that the evaluation reads.
    pub fn sources(&self) -> BTreeSet<Source> {
        let mut sources = sources(&self.inputs.0);
        if self.needs_structure {
            sources.insert(Source::Kind);
        }
        sources
    }

    /// Returns true if the evaluation reads [`Batch::span_ids`] and [`Batch::parent_ids`].
    pub fn needs_ids(&self) -> bool {
        self.relates || needs_ids(&self.inputs.0)
    }

    /// Returns true if the evaluation reads [`Batch::durations`].
    pub fn needs_durations(&self) -> bool {
        needs_durations(&self.inputs.0)
    }

    /// Returns true if the evaluation reads [`Batch::trace_ends`] or [`Batch::trace_id`].
    pub fn needs_traces(&self) -> bool {
        !self.is_of_spans() || needs_trace_ids(&self.inputs.0)
    }

    /// The least duration of a trace that matches, in nanoseconds.
    pub fn least_trace_duration(&self) -> i64 {
        self.least_duration
    }

    /// Returns true if no span can match.
    pub fn is_never(&self) -> bool {
        matches!(&self.probe, Expr::Literal(value) if !value.is_true())
    }

    /// Returns true if each span can be judged alone, because the pipeline is one selector without
    /// conditions on traces.
    pub fn is_of_spans(&self) -> bool {
        !self.needs_structure
            && matches!(
                self.steps.list.as_slice(),
                [Step::Spanset(Choice::Selector(_))]
            )
    }

    /// Updates whether whole traces are needed, after inputs were added.
    pub(crate) fn note_inputs(&mut self) {
        self.needs_structure |= self.inputs.0.iter().any(Field::is_of_trace);
    }

    /// The spans of a batch that pass the pipeline.
    pub(crate) fn mask(&self, table: &Table<'_>) -> Mask {
        if let [Step::Spanset(Choice::Selector(_))] = self.steps.list.as_slice()
            && let [selector] = self.steps.selectors.as_slice()
        {
            return selector.mask(table);
        }
        let run = Run::new(&self.steps, table);
        let mut found = vec![false; table.len()];
        let mut start = 0;
        for end in table.batch.trace_ends().iter() {
            let spansets = run.trace(start..(*end).max(start));
            start = *end;
            for row in spansets.into_iter().flat_map(|set| set.rows) {
                if let Some(found) = found.get_mut(row as usize) {
                    *found = true;
                }
            }
        }
        Mask::Some(found)
    }

    /// Evaluates a batch of whole traces.
    pub fn evaluate<'b>(&'b self, batch: &'b dyn Batch) -> Found<'b> {
        let table = Table::new(batch, &self.inputs);
        let mut traces = Vec::new();
        {
            let run = Run::new(&self.steps, &table);
            let mut start = 0;
            for end in batch.trace_ends().iter() {
                let rows = start as usize..(*end).max(start) as usize;
                let spansets = run.trace(start..(*end).max(start));
                start = *end;
                if !spansets.is_empty() {
                    traces.push(FoundTrace { rows, spansets });
                }
            }
        }
        Found {
            traces,
            table,
            shown: &self.shown,
        }
    }
}

impl Found<'_> {
    /// The fields that the query tests or selects, with their values in a span; fields without a
    /// value are left out.
    pub fn fields(&self, row: usize) -> Vec<(&str, Value<'_>)> {
        let fields = self.shown.iter().filter_map(|input| {
            let field = self.table.field(*input)?;
            let value = self.table.shown(*input, field, row);
            (!value.is_nil()).then_some((field.bare_name(), value))
        });
        fields.collect()
    }
}

impl std::fmt::Debug for Found<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Found")
            .field("traces", &self.traces)
            .finish_non_exhaustive()
    }
}

struct Builder<'i> {
    inputs: &'i mut Inputs,
    steps: Steps,
    shown: BTreeSet<usize>,
    needs_structure: bool,
}

impl Builder<'_> {
    fn steps(&mut self, pipeline: &Pipeline) -> Vec<Step> {
        pipeline
            .0
            .iter()
            .filter_map(|stage| self.step(stage))
            .collect()
    }

    fn step(&mut self, stage: &Stage) -> Option<Step> {
        match stage {
            Stage::Spanset(spanset) => Some(Step::Spanset(self.choice(spanset))),
            Stage::Filter(filter) => Some(self.filter(filter)),
            Stage::By(expr) => Some(Step::By {
                value: self.value(expr),
                name: stage.to_string(),
            }),
            Stage::Coalesce => Some(Step::Coalesce),
            Stage::Select(fields) => {
                for field in fields {
                    self.show(field);
                }
                None
            }
        }
    }

    fn filter(&mut self, filter: &Filter) -> Step {
        let aggregate = match &filter.aggregate {
            Aggregate::Count => None,
            Aggregate::Of(fold, expr) => Some((*fold, self.value(expr))),
        };
        Step::Filter {
            aggregate,
            comparison: filter.comparison,
            constant: filter.constant.clone(),
            name: filter.aggregate.to_string(),
        }
    }

    fn choice(&mut self, spanset: &Spanset) -> Choice {
        match spanset {
            Spanset::Selector(expr) => {
                self.show_all(expr);
                let selector = Selector::new(expr, self.inputs);
                self.steps.selectors.push(selector);
                Choice::Selector(self.steps.selectors.len() - 1)
            }
            Spanset::Operation(left, operator, right) => {
                self.needs_structure |= matches!(operator, SpansetOperator::Structural(..));
                let (left, right) = (self.choice(left), self.choice(right));
                Choice::Operation(Box::new(left), *operator, Box::new(right))
            }
            Spanset::Pipeline(pipeline) => Choice::Pipeline(self.steps(pipeline)),
        }
    }

    fn value(&mut self, expr: &Expr) -> usize {
        self.show_all(expr);
        let node = Node::new(expr, self.inputs);
        self.steps.values.push(node);
        self.steps.values.len() - 1
    }

    fn show_all(&mut self, expr: &Expr) {
        expr.visit(&mut |expr| {
            if let Expr::Field(field) = expr {
                self.show(field);
            }
        });
    }

    /// Adds a field to the answer unless the answer holds it anyway.
    fn show(&mut self, field: &Field) {
        let has_place_of_its_own = matches!(
            field,
            Field::Intrinsic(
                Intrinsic::Name
                    | Intrinsic::Duration
                    | Intrinsic::SpanId
                    | Intrinsic::TraceId
                    | Intrinsic::TraceDuration
                    | Intrinsic::RootName
                    | Intrinsic::RootService
            )
        );
        if !has_place_of_its_own {
            self.shown.insert(self.inputs.add(field));
        }
    }
}

const TRUE: Expr = Expr::Literal(Value::Bool(true));
const FALSE: Expr = Expr::Literal(Value::Bool(false));

/// A condition that a span of each passing trace satisfies: the condition of the first choice.
fn probe(pipeline: &Pipeline) -> Expr {
    let choice = pipeline.0.iter().find_map(|stage| match stage {
        Stage::Spanset(spanset) => Some(probe_spanset(spanset)),
        _ => None,
    });
    choice.unwrap_or(TRUE)
}

fn probe_spanset(spanset: &Spanset) -> Expr {
    match spanset {
        Spanset::Selector(expr) => probe_expr(expr),
        Spanset::Pipeline(pipeline) => probe(pipeline),
        Spanset::Operation(left, SpansetOperator::Or, right) => {
            either(probe_spanset(left), probe_spanset(right))
        }
        // Both sides must have spans, so the stricter condition excludes more traces.
        Spanset::Operation(
            left,
            SpansetOperator::And | SpansetOperator::Structural(_, Keep::Right | Keep::Both),
            right,
        ) => match probe_spanset(right) {
            right if right == TRUE => probe_spanset(left),
            right => right,
        },
        Spanset::Operation(_, SpansetOperator::Structural(_, Keep::Unrelated), right) => {
            probe_spanset(right)
        }
    }
}

/// The expression with all parts that need whole traces taken to be true.
fn probe_expr(expr: &Expr) -> Expr {
    match expr {
        Expr::All(exprs) => {
            let mut exprs: Vec<_> = exprs.iter().map(probe_expr).collect();
            if exprs.contains(&FALSE) {
                return FALSE;
            }
            exprs.retain(|expr| *expr != TRUE);
            match exprs.len() {
                0 => TRUE,
                _ => Expr::All(exprs),
            }
        }
        Expr::Any(exprs) => exprs.iter().map(probe_expr).fold(FALSE, either),
        other if asks_of_trace(other) => TRUE,
        other => match Node::new(other, &mut Inputs::default()) {
            Node::Constant(value) => Expr::Literal(Value::Bool(value.is_true())),
            _ => other.clone(),
        },
    }
}

/// The least duration of a trace that the pipeline lets through, as far as its first stage tells.
fn least_duration(pipeline: &Pipeline) -> i64 {
    match pipeline.0.first() {
        Some(Stage::Spanset(Spanset::Selector(expr))) => least_duration_of(expr),
        _ => 0,
    }
}

fn least_duration_of(expr: &Expr) -> i64 {
    const DURATION: Field = Field::Intrinsic(Intrinsic::TraceDuration);
    let (field, value) = match expr {
        Expr::All(exprs) => {
            return exprs.iter().map(least_duration_of).max().unwrap_or(0);
        }
        Expr::Any(exprs) => {
            return exprs.iter().map(least_duration_of).min().unwrap_or(0);
        }
        Expr::Compare(
            field,
            Comparison::Greater | Comparison::GreaterOrEqual | Comparison::Equal,
            value,
        )
        | Expr::Compare(value, Comparison::Less | Comparison::LessOrEqual, field) => {
            (&**field, &**value)
        }
        _ => return 0,
    };
    match (field, value) {
        (Expr::Field(field), Expr::Literal(value)) if *field == DURATION => {
            value.as_int().unwrap_or(0)
        }
        _ => 0,
    }
}

fn either(left: Expr, right: Expr) -> Expr {
    match (left, right) {
        (expr, other) | (other, expr) if expr == TRUE || other == FALSE => expr,
        (Expr::Any(mut exprs), other) => {
            exprs.push(other);
            Expr::Any(exprs)
        }
        (left, right) => Expr::Any(vec![left, right]),
    }
}

fn asks_of_trace(expr: &Expr) -> bool {
    let mut asks = false;
    expr.visit(&mut |expr| asks |= matches!(expr, Expr::Field(field) if field.is_of_trace()));
    asks
}

/// A condition on single spans, for batches of any kind.
#[derive(Debug)]
pub struct Probe {
    inputs: Inputs,
    selector: Selector,
}

impl Probe {
    /// Prepares an expression that reads no fields of traces.
    pub fn new(expr: &Expr) -> Self {
        let mut inputs = Inputs::default();
        let selector = Selector::new(expr, &mut inputs);
        Self { inputs, selector }
    }

    /// The columns that the evaluation reads.
    pub fn sources(&self) -> BTreeSet<Source> {
        sources(&self.inputs.0)
    }

    /// Returns true if the evaluation reads [`Batch::span_ids`] and [`Batch::parent_ids`].
    pub fn needs_ids(&self) -> bool {
        needs_ids(&self.inputs.0)
    }

    /// Returns true if the evaluation reads [`Batch::durations`].
    pub fn needs_durations(&self) -> bool {
        needs_durations(&self.inputs.0)
    }

    /// Returns true if the evaluation reads [`Batch::trace_id`].
    pub fn needs_traces(&self) -> bool {
        needs_trace_ids(&self.inputs.0)
    }

    /// The rows of a batch that satisfy it.
    pub fn rows(&self, batch: &dyn Batch) -> Vec<usize> {
        if self.selector.is_never() {
            return Vec::new();
        }
        let mask = self.selector.mask(&Table::new(batch, &self.inputs));
        (0..batch.len()).filter(|row| mask.contains(*row)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::Body;

    #[test]
    fn a_search_knows_how_long_its_traces_take_at_least() {
        for (text, expected) in [
            ("{ traceDuration > 3ns }", 3),
            ("{ 3ns <= traceDuration && name = `a` }", 3),
            (
                "{ traceDuration >= 3ns && traceDuration > 5ns } | count() > 1",
                5,
            ),
            ("{ traceDuration > 3ns || traceDuration = 2ns }", 2),
            ("{ traceDuration > 3ns || name = `a` }", 0),
            ("{ traceDuration < 3ns }", 0),
            ("{ duration > 3ns }", 0),
            ("{} >> { traceDuration > 3ns }", 0),
        ] {
            let Body::Search(pipeline) = crate::parse(text).unwrap().body else {
                panic!("{text} is no search");
            };
            assert_eq!(
                Search::new(&pipeline).least_trace_duration(),
                expected,
                "{text}"
            );
        }
    }
}
