//! The syntax tree: a query as it was written.

use crate::value::{Arithmetic, Comparison};
use crate::{Field, Value};

/// A query.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// What is asked for.
    pub body: Body,
    /// What follows `with`.
    pub hints: Vec<Hint>,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// Spans.
    Search(Pipeline),
    /// Series.
    Metrics(Metrics),
}

/// A name and a literal.
#[derive(Debug, Clone, PartialEq)]
pub struct Hint {
    /// The name.
    pub name: String,
    /// The literal.
    pub value: Value<'static>,
}

/// Stages, each of which is applied to what the one before gives; at least one.
#[derive(Debug, Clone, PartialEq)]
pub struct Pipeline(pub Vec<Stage>);

/// A step of a pipeline.
#[derive(Debug, Clone, PartialEq)]
pub enum Stage {
    /// Chooses spans.
    Spanset(Spanset),
    /// Chooses spansets by a number made of their spans.
    Filter(Filter),
    /// Splits spansets by a value.
    By(Expr),
    /// Unites all spansets.
    Coalesce,
    /// Adds fields to the answer.
    Select(Vec<Field>),
}

/// An aggregate compared with a constant.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    /// The aggregate.
    pub aggregate: Aggregate,
    /// How.
    pub comparison: Comparison,
    /// With what: a number or a duration.
    pub constant: Value<'static>,
}

/// A number made of the spans of a spanset.
#[derive(Debug, Clone, PartialEq)]
pub enum Aggregate {
    /// `count()`
    Count,
    /// `min(…)`, `max(…)`, `sum(…)` or `avg(…)`.
    Of(Fold, Expr),
}

/// How values become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fold {
    /// The least.
    Min,
    /// The greatest.
    Max,
    /// The sum.
    Sum,
    /// The mean.
    Avg,
}

/// What chooses spans of a trace.
#[derive(Debug, Clone, PartialEq)]
pub enum Spanset {
    /// `{ … }`
    Selector(Expr),
    /// Two put together.
    Operation(Box<Spanset>, SpansetOperator, Box<Spanset>),
    /// A pipeline in parentheses.
    Pipeline(Pipeline),
}

/// How two sets of spans are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SpansetOperator {
    /// `&&`: both, if both have spans.
    And,
    /// `||`: both, if either has spans.
    Or,
    /// Those on the right that are in a relation to one on the left.
    Structural(Relation, Keep),
}

/// How a span on the left is related to one on the right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Relation {
    /// `>`
    Parent,
    /// `<`
    Child,
    /// `>>`
    Ancestor,
    /// `<<`
    Descendant,
    /// `~`
    Sibling,
}

/// Which spans a structural operator keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Keep {
    /// Those on the right that have one on the left.
    Right,
    /// `!`: those on the right that have none.
    Unrelated,
    /// `&`: those on the right that have one, and these.
    Both,
}

/// An expression on a span.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A literal.
    Literal(Value<'static>),
    /// A field.
    Field(Field),
    /// A field of the parent, which is read and then refused; as it was written.
    Parent(String),
    /// `!`
    Not(Box<Expr>),
    /// `-`
    Negate(Box<Expr>),
    /// `= nil`
    Missing(Box<Expr>),
    /// `!= nil`
    Exists(Box<Expr>),
    /// `=`, `<`, …
    Compare(Box<Expr>, Comparison, Box<Expr>),
    /// `=~`, or `!~` if negated.
    Match {
        /// The text.
        text: Box<Expr>,
        /// Whether it must not match.
        negated: bool,
        /// The pattern: must be a literal.
        pattern: Box<Expr>,
    },
    /// `+`, `-`, …
    Calculate(Box<Expr>, Arithmetic, Box<Expr>),
    /// `&&` between all of these.
    All(Vec<Expr>),
    /// `||` between all of these.
    Any(Vec<Expr>),
}

/// Series, and what is done with them.
#[derive(Debug, Clone, PartialEq)]
pub enum Metrics {
    /// Series made of spans.
    Spans(SpanMetrics),
    /// A number.
    Constant(Value<'static>),
    /// Arithmetic between series, or series and a number.
    Calculate(Box<Metrics>, Arithmetic, Box<Metrics>),
    /// Fewer series or points.
    Reduce(Box<Metrics>, Reduction),
}

/// Series made of spans.
#[derive(Debug, Clone, PartialEq)]
pub struct SpanMetrics {
    /// The spans.
    pub pipeline: Pipeline,
    /// What is made of them.
    pub function: Function,
    /// The fields by which they are grouped.
    pub by: Vec<Field>,
}

/// What is made of the spans of a step.
#[derive(Debug, Clone, PartialEq)]
pub enum Function {
    /// Spans a second.
    Rate,
    /// Spans.
    CountOverTime,
    /// The least, greatest, … of a field.
    FoldOverTime(Fold, Field),
    /// Quantiles of a field.
    QuantileOverTime(Field, Vec<f64>),
    /// How many values lie in each of the buckets, whose bounds are powers of two.
    HistogramOverTime(Field),
    /// The values of all attributes of chosen spans beside those of the others.
    Compare(Compare),
}

/// What spans are compared by.
#[derive(Debug, Clone, PartialEq)]
pub struct Compare {
    /// What chooses a span.
    pub selection: Expr,
    /// How many values to show of an attribute.
    pub values: i64,
    /// The first and the last start of a chosen span, in nanoseconds; any if `None`.
    pub window: Option<(i64, i64)>,
}

/// What leaves fewer series or points.
#[derive(Debug, Clone, PartialEq)]
pub enum Reduction {
    /// The greatest, at each time.
    TopK(i64),
    /// The least, at each time.
    BottomK(i64),
    /// Points that satisfy a comparison.
    Filter(Comparison, Value<'static>),
}

impl Pipeline {
    /// One selector.
    pub fn of_selector(expr: Expr) -> Self {
        Self(vec![Stage::Spanset(Spanset::Selector(expr))])
    }
}

impl Metrics {
    /// The pipeline of the first spans of which series are made; `None` if there are none.
    pub fn first_pipeline(&self) -> Option<&Pipeline> {
        match self {
            Self::Spans(spans) => Some(&spans.pipeline),
            Self::Constant(_) => None,
            Self::Calculate(left, _, right) => left.first_pipeline().or(right.first_pipeline()),
            Self::Reduce(inner, _) => inner.first_pipeline(),
        }
    }
}

impl Query {
    /// The value of a hint.
    pub fn hint(&self, name: &str) -> Option<&Value<'static>> {
        let hint = self.hints.iter().find(|hint| hint.name == name);
        hint.map(|hint| &hint.value)
    }
}

impl Fold {
    /// As a query names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Min => "min",
            Self::Max => "max",
            Self::Sum => "sum",
            Self::Avg => "avg",
        }
    }
}

impl Function {
    /// As a query names it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Rate => "rate",
            Self::CountOverTime => "count_over_time",
            Self::FoldOverTime(Fold::Min, _) => "min_over_time",
            Self::FoldOverTime(Fold::Max, _) => "max_over_time",
            Self::FoldOverTime(Fold::Sum, _) => "sum_over_time",
            Self::FoldOverTime(Fold::Avg, _) => "avg_over_time",
            Self::QuantileOverTime(..) => "quantile_over_time",
            Self::HistogramOverTime(_) => "histogram_over_time",
            Self::Compare(_) => "compare",
        }
    }

    /// The field of which it takes the values.
    pub fn field(&self) -> Option<&Field> {
        match self {
            Self::FoldOverTime(_, field)
            | Self::QuantileOverTime(field, _)
            | Self::HistogramOverTime(field) => Some(field),
            _ => None,
        }
    }
}

impl From<SpanMetrics> for Metrics {
    fn from(metrics: SpanMetrics) -> Self {
        Self::Spans(metrics)
    }
}
