//! The syntax tree of a query.

use crate::value::{Arithmetic, Comparison};
use crate::{Field, Value};

/// A query.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// The kind of result: spans or series.
    pub body: Body,
    /// The hints after `with`.
    pub hints: Vec<Hint>,
}

/// The kind of result of a query.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// A search for spans.
    Search(Pipeline),
    /// Series computed from spans.
    Metrics(Metrics),
}

/// A hint: a name and a literal.
#[derive(Debug, Clone, PartialEq)]
pub struct Hint {
    /// The name.
    pub name: String,
    /// The literal.
    pub value: Value<'static>,
}

/// One or more stages; each is applied to the result of the one before.
#[derive(Debug, Clone, PartialEq)]
pub struct Pipeline(pub Vec<Stage>);

/// A step of a pipeline.
#[derive(Debug, Clone, PartialEq)]
pub enum Stage {
    /// Chooses spans.
    Spanset(Spanset),
    /// Chooses spansets by a number computed from their spans.
    Filter(Filter),
    /// Splits spansets by the value of an expression.
    By(Expr),
    /// Merges all spansets into one.
    Coalesce,
    /// Adds fields to the answer.
    Select(Vec<Field>),
}

/// An aggregate compared with a constant.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    /// The aggregate.
    pub aggregate: Aggregate,
    /// The comparison.
    pub comparison: Comparison,
    /// The constant: a number or a duration.
    pub constant: Value<'static>,
}

/// A number computed from the spans of a spanset.
#[derive(Debug, Clone, PartialEq)]
pub enum Aggregate {
    /// `count()`
    Count,
    /// `min(…)`, `max(…)`, `sum(…)` or `avg(…)`.
    Of(Fold, Expr),
}

/// A function that reduces values to one.
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

/// An expression that chooses spans of a trace.
#[derive(Debug, Clone, PartialEq)]
pub enum Spanset {
    /// `{ … }`
    Selector(Expr),
    /// Two expressions joined by an operator.
    Operation(Box<Spanset>, SpansetOperator, Box<Spanset>),
    /// A pipeline in parentheses.
    Pipeline(Pipeline),
}

/// An operator between two sets of spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SpansetOperator {
    /// `&&`: the spans of both sides, if each side has any.
    And,
    /// `||`: the spans of both sides.
    Or,
    /// The spans on the right that are related to one on the left.
    Structural(Relation, Keep),
}

/// The relation of a span on the left to one on the right.
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

/// The spans that a structural operator keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Keep {
    /// The spans on the right that are related to one on the left.
    Right,
    /// `!`: the spans on the right that are related to none on the left.
    Unrelated,
    /// `&`: the related spans of both sides.
    Both,
}

/// An expression on a span.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A literal.
    Literal(Value<'static>),
    /// A field.
    Field(Field),
    /// A field of the parent, as written. It is parsed, and refused by the check.
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
        /// True for `!~`.
        negated: bool,
        /// The pattern, which must be a literal.
        pattern: Box<Expr>,
    },
    /// `+`, `-`, …
    Calculate(Box<Expr>, Arithmetic, Box<Expr>),
    /// `&&` between all the expressions.
    All(Vec<Expr>),
    /// `||` between all the expressions.
    Any(Vec<Expr>),
}

/// An expression whose result is series.
#[derive(Debug, Clone, PartialEq)]
pub enum Metrics {
    /// Series computed from spans.
    Spans(SpanMetrics),
    /// A number.
    Constant(Value<'static>),
    /// Arithmetic between series, or series and a number.
    Calculate(Box<Metrics>, Arithmetic, Box<Metrics>),
    /// A reduction to fewer series or points.
    Reduce(Box<Metrics>, Reduction),
}

/// Series computed from spans.
#[derive(Debug, Clone, PartialEq)]
pub struct SpanMetrics {
    /// The pipeline that chooses the spans.
    pub pipeline: Pipeline,
    /// The function computed over the spans.
    pub function: Function,
    /// The fields that spans are grouped by.
    pub by: Vec<Field>,
}

/// A function of the spans in each step.
#[derive(Debug, Clone, PartialEq)]
pub enum Function {
    /// The number of spans per second.
    Rate,
    /// The number of spans.
    CountOverTime,
    /// The least, greatest, … value of a field.
    FoldOverTime(Fold, Field),
    /// Quantiles of a field.
    QuantileOverTime(Field, Vec<f64>),
    /// The number of values in each bucket; the bounds are powers of two.
    HistogramOverTime(Field),
    /// The values of all attributes of selected spans beside those of the others.
    Compare(Compare),
}

/// The arguments of `compare()`.
#[derive(Debug, Clone, PartialEq)]
pub struct Compare {
    /// The condition on selected spans.
    pub selection: Expr,
    /// The number of values to show for each attribute.
    pub values: i64,
    /// The first and the last start that a selected span may have, in nanoseconds; `None` for any.
    pub window: Option<(i64, i64)>,
}

/// A reduction to fewer series or points.
#[derive(Debug, Clone, PartialEq)]
pub enum Reduction {
    /// The series with the greatest values at each time.
    TopK(i64),
    /// The series with the least values at each time.
    BottomK(i64),
    /// The points that satisfy a comparison.
    Filter(Comparison, Value<'static>),
}

impl Pipeline {
    /// A pipeline of one selector.
    pub fn of_selector(expr: Expr) -> Self {
        Self(vec![Stage::Spanset(Spanset::Selector(expr))])
    }
}

impl Metrics {
    /// The pipeline of the first series; `None` if there are only constants.
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
    /// The name in a query.
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
    /// The name in a query.
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

    /// The field that the function is applied to.
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
