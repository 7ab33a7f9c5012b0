//! Semantic checks: refuses queries that can be parsed but mean nothing, with Tempo's messages.

use crate::error::Error;
use crate::pattern::Pattern;
use crate::syntax::{
    Aggregate, Body, Compare, Expr, Filter, Function, Metrics, Pipeline, Query, Reduction,
    SpanMetrics, Spanset, Stage,
};
use crate::value::{Arithmetic, Comparison};
use crate::{Field, Intrinsic, Value};

/// The most regular expressions that a query may have.
const MAX_PATTERNS: usize = 64;

/// The most fields, values and operators that a query may have: each may take memory for every span that is
/// looked at.
const MAX_PARTS: usize = 4_000;

/// The type of an expression, as far as it is known before evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    /// Unknown, as for attributes.
    Any,
    Int,
    Float,
    Duration,
    Text,
    Bool,
    Status,
    Kind,
}

impl Type {
    fn is_numeric(self) -> bool {
        matches!(self, Self::Any | Self::Int | Self::Float | Self::Duration)
    }

    fn may_be(self, other: Self) -> bool {
        self == Self::Any || self == other
    }

    fn matches(self, other: Self) -> bool {
        self == other
            || self == Self::Any
            || other == Self::Any
            || (self.is_numeric() && other.is_numeric())
    }
}

/// Checks a query.
pub(crate) fn query(query: &Query) -> Result<(), Error> {
    let mut checker = Checker::default();
    match &query.body {
        Body::Search(pipeline) => checker.pipeline(pipeline),
        Body::Metrics(body) => checker.metrics(body),
    }
}

/// Checks what `{ … }` holds.
pub(crate) fn selector(expr: &Expr) -> Result<(), Error> {
    Checker::default().selector(expr)
}

fn refuse<T>(reason: impl Into<String>) -> Result<T, Error> {
    Err(Error::Invalid(reason.into()))
}

#[derive(Default)]
struct Checker {
    /// The number of fields, values and operators seen so far.
    parts: usize,
    /// The number of regular expressions seen so far.
    patterns: usize,
}

impl Checker {
    fn pipeline(&mut self, pipeline: &Pipeline) -> Result<(), Error> {
        pipeline.0.iter().try_for_each(|stage| match stage {
            Stage::Spanset(spanset) => self.spanset(spanset),
            Stage::Filter(filter) => self.filter(filter),
            Stage::By(expr) if !expr.has_field() => refuse(format!(
                "grouping field expressions must reference the span: {stage}"
            )),
            Stage::By(expr) => self.expr(expr).map(drop),
            Stage::Coalesce | Stage::Select(_) => Ok(()),
        })
    }

    fn spanset(&mut self, spanset: &Spanset) -> Result<(), Error> {
        match spanset {
            Spanset::Selector(expr) => self.selector(expr),
            Spanset::Pipeline(pipeline) => self.pipeline(pipeline),
            Spanset::Operation(left, _, right) => {
                self.spanset(left)?;
                self.spanset(right)
            }
        }
    }

    fn selector(&mut self, expr: &Expr) -> Result<(), Error> {
        if self.expr(expr)?.may_be(Type::Bool) {
            return Ok(());
        }
        refuse(format!(
            "span filter field expressions must resolve to a boolean: {{ {expr} }}"
        ))
    }

    fn filter(&mut self, filter: &Filter) -> Result<(), Error> {
        let Aggregate::Of(_, expr) = &filter.aggregate else {
            return Ok(());
        };
        let aggregate = &filter.aggregate;
        if !self.expr(expr)?.is_numeric() {
            return refuse(format!(
                "aggregate field expressions must resolve to a number type: {aggregate}"
            ));
        }
        if !expr.has_field() {
            return refuse(format!(
                "aggregate field expressions must reference the span: {aggregate}"
            ));
        }
        Ok(())
    }

    /// Checks an expression and returns its type.
    fn expr(&mut self, expr: &Expr) -> Result<Type, Error> {
        self.parts += 1;
        if self.parts > MAX_PARTS {
            return Err(Error::TooManyParts { limit: MAX_PARTS });
        }
        match expr {
            Expr::Literal(value) => Ok(type_of(value)),
            Expr::Field(field) => Ok(type_of_field(field)),
            Expr::Parent(written) if written == "parent" => {
                refuse("intrinsic (parent) not yet supported")
            }
            Expr::Parent(_) => refuse("parent not yet supported"),
            Expr::Not(inner) => self.unary(expr, inner, Type::Bool),
            Expr::Negate(inner) => self.unary(expr, inner, Type::Float),
            Expr::Exists(inner) => self.expr(inner).map(|_| Type::Bool),
            Expr::Missing(inner) => {
                self.expr(inner)?;
                missing(inner)
            }
            Expr::Compare(left, comparison, right) => {
                let types = (self.expr(left)?, self.expr(right)?);
                compare(expr, types, *comparison)
            }
            Expr::Match { text, pattern, .. } => self.pattern(expr, text, pattern),
            Expr::Calculate(left, arithmetic, right) => {
                let types = (self.expr(left)?, self.expr(right)?);
                calculate(expr, types, *arithmetic)
            }
            Expr::All(exprs) | Expr::Any(exprs) => {
                let types = exprs.iter().map(|inner| self.expr(inner));
                let types = types.collect::<Result<Vec<_>, _>>()?;
                if types
                    .array_windows()
                    .any(|[one, other]| !one.matches(*other))
                {
                    return mismatch(expr);
                }
                if !types.iter().all(|found| found.may_be(Type::Bool)) {
                    return refuse(format!("illegal operation for the given types: {expr}"));
                }
                Ok(Type::Bool)
            }
        }
    }

    fn unary(&mut self, expr: &Expr, inner: &Expr, wanted: Type) -> Result<Type, Error> {
        let found = self.expr(inner)?;
        if found.may_be(wanted) || (found.is_numeric() && wanted.is_numeric()) {
            return Ok(found);
        }
        refuse(format!("illegal operation for the given type: {expr}"))
    }

    fn pattern(&mut self, expr: &Expr, text: &Expr, pattern: &Expr) -> Result<Type, Error> {
        let (left, right) = (self.expr(text)?, self.expr(pattern)?);
        if !left.matches(right) {
            return mismatch(expr);
        }
        let Expr::Literal(Value::Text(written)) = pattern else {
            return refuse(format!("invalid type for =~ or !~: {pattern}"));
        };
        if !left.may_be(Type::Text) {
            return refuse(format!("illegal operation for the given types: {expr}"));
        }
        self.patterns += 1;
        if self.patterns > MAX_PATTERNS {
            return Err(Error::TooManyPatterns {
                limit: MAX_PATTERNS,
            });
        }
        if Pattern::new(written).is_none() {
            return refuse(format!("invalid regex: {pattern}"));
        }
        Ok(Type::Bool)
    }

    fn metrics(&mut self, metrics: &Metrics) -> Result<(), Error> {
        match metrics {
            Metrics::Spans(spans) => self.span_metrics(spans),
            Metrics::Constant(_) => Ok(()),
            Metrics::Calculate(left, _, right) => {
                self.metrics(left)?;
                self.metrics(right)?;
                no_compare(left)?;
                no_compare(right)
            }
            Metrics::Reduce(inner, reduction) => {
                self.metrics(inner)?;
                no_compare(inner)?;
                match reduction {
                    Reduction::TopK(0) | Reduction::BottomK(0) => {
                        refuse("limit must be greater than 0")
                    }
                    _ => Ok(()),
                }
            }
        }
    }

    fn span_metrics(&mut self, metrics: &SpanMetrics) -> Result<(), Error> {
        self.pipeline(&metrics.pipeline)?;
        match &metrics.function {
            Function::Compare(compare) => self.compare(compare)?,
            Function::QuantileOverTime(_, quantiles) => {
                let wrong = quantiles
                    .iter()
                    .find(|quantile| !(0.0..=1.0).contains(*quantile));
                if let Some(quantile) = wrong {
                    return refuse(format!("quantile must be between 0 and 1: {quantile}"));
                }
            }
            _ => {}
        }
        let fields = metrics.by.len();
        if fields > max_fields(&metrics.function) {
            return refuse(format!(
                "metrics group by {fields} values not yet supported"
            ));
        }
        Ok(())
    }

    fn compare(&mut self, compare: &Compare) -> Result<(), Error> {
        self.selector(&compare.selection)?;
        if !(1..=1000).contains(&compare.values) {
            return refuse("compare() top number of values must be an integer between 1 and 1000");
        }
        if compare.window.is_some_and(|(from, to)| to <= from) {
            return refuse("compare() end timestamp must be greater than start timestamp");
        }
        Ok(())
    }
}

/// The most fields that this function can be grouped by.
fn max_fields(function: &Function) -> usize {
    use crate::syntax::Fold;
    match function {
        Function::QuantileOverTime(..)
        | Function::HistogramOverTime(_)
        | Function::FoldOverTime(Fold::Avg, _) => 4,
        _ => 5,
    }
}

fn no_compare(metrics: &Metrics) -> Result<(), Error> {
    match metrics {
        Metrics::Spans(spans) if matches!(spans.function, Function::Compare(_)) => {
            refuse("`compare()` cannot be used with second stage functions")
        }
        _ => Ok(()),
    }
}

fn missing(inner: &Expr) -> Result<Type, Error> {
    match inner {
        Expr::Field(field @ Field::Intrinsic(_)) => refuse(format!(
            "{field}=nil is not valid because intrinsics cannot be nil"
        )),
        Expr::Field(field) if *field == Field::service_name() => refuse(format!(
            "{field}=nil is not valid because resource.service.name cannot be nil"
        )),
        _ => Ok(Type::Bool),
    }
}

fn mismatch(expr: &Expr) -> Result<Type, Error> {
    refuse(format!(
        "binary operations must operate on the same type: {expr}"
    ))
}

fn compare(
    expr: &Expr,
    (left, right): (Type, Type),
    comparison: Comparison,
) -> Result<Type, Error> {
    if !left.matches(right) {
        return mismatch(expr);
    }
    let ordered = |found: Type| found.is_numeric() || found.may_be(Type::Text);
    if comparison.is_equality() || (ordered(left) && ordered(right)) {
        return Ok(Type::Bool);
    }
    refuse(format!("illegal operation for the given types: {expr}"))
}

fn calculate(expr: &Expr, (left, right): (Type, Type), _: Arithmetic) -> Result<Type, Error> {
    if !left.matches(right) {
        return mismatch(expr);
    }
    if left.is_numeric() && right.is_numeric() {
        return Ok(Type::Float);
    }
    refuse(format!("illegal operation for the given types: {expr}"))
}

fn type_of(value: &Value<'_>) -> Type {
    match value {
        Value::Nil | Value::List(_) => Type::Any,
        Value::Bool(_) => Type::Bool,
        Value::Int(_) => Type::Int,
        Value::Float(_) => Type::Float,
        Value::Text(_) => Type::Text,
        Value::Duration(_) => Type::Duration,
        Value::Status(_) => Type::Status,
        Value::Kind(_) => Type::Kind,
    }
}

fn type_of_field(field: &Field) -> Type {
    let Field::Intrinsic(intrinsic) = field else {
        return Type::Any;
    };
    match intrinsic {
        Intrinsic::Status => Type::Status,
        Intrinsic::Kind => Type::Kind,
        Intrinsic::Duration | Intrinsic::TraceDuration | Intrinsic::EventTime => Type::Duration,
        Intrinsic::ChildCount
        | Intrinsic::NestedSetLeft
        | Intrinsic::NestedSetRight
        | Intrinsic::NestedSetParent => Type::Int,
        // Tempo does not check these.
        Intrinsic::ScopeName | Intrinsic::ScopeVersion => Type::Any,
        _ => Type::Text,
    }
}

impl Expr {
    /// Returns true if the expression contains a field, also one of the parent.
    fn has_field(&self) -> bool {
        let mut found = false;
        self.visit(&mut |expr| found |= matches!(expr, Self::Field(_) | Self::Parent(_)));
        found
    }

    /// Calls `take` with this expression and with each expression inside it.
    pub fn visit<'e>(&'e self, take: &mut impl FnMut(&'e Self)) {
        take(self);
        match self {
            Self::Literal(_) | Self::Field(_) | Self::Parent(_) => {}
            Self::Not(inner) | Self::Negate(inner) | Self::Missing(inner) | Self::Exists(inner) => {
                inner.visit(take);
            }
            Self::Compare(left, _, right) | Self::Calculate(left, _, right) => {
                left.visit(take);
                right.visit(take);
            }
            Self::Match { text, pattern, .. } => {
                text.visit(take);
                pattern.visit(take);
            }
            Self::All(exprs) | Self::Any(exprs) => exprs.iter().for_each(|expr| expr.visit(take)),
        }
    }
}
