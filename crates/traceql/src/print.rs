//! Prints a query in its canonical form, which is parsed to the same query.

use std::fmt::{self, Display, Formatter};

use crate::Value;
use crate::syntax::{
    Aggregate, Body, Compare, Expr, Filter, Function, Hint, Keep, Metrics, Pipeline, Query,
    Reduction, Relation, SpanMetrics, Spanset, SpansetOperator, Stage,
};

/// Writes items with a separator between them.
pub(crate) fn separated<T: Display>(
    f: &mut Formatter<'_>,
    things: &[T],
    between: &str,
) -> fmt::Result {
    for (index, thing) in things.iter().enumerate() {
        if index > 0 {
            f.write_str(between)?;
        }
        write!(f, "{thing}")?;
    }
    Ok(())
}

/// A value written as a literal.
pub(crate) struct Literal<'a>(pub(crate) &'a Value<'static>);

impl Display for Literal<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Text(text) if !text.contains('`') => write!(f, "`{text}`"),
            Value::Text(text) => write!(f, "\"{}\"", escaped(text)),
            Value::Int(i64::MIN) => f.write_str("minInt"),
            Value::Float(float) => write!(f, "{float:?}"),
            other => write!(f, "{other}"),
        }
    }
}

/// A number in a place where only constants are allowed; the smallest integer cannot be written as
/// a literal there.
struct Constant<'a>(&'a Value<'static>);

impl Display for Constant<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Int(i64::MIN) => write!(f, "({} - 1)", i64::MIN + 1),
            other => Literal(other).fmt(f),
        }
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for char in text.chars() {
        match char {
            '"' => escaped.push_str("\\\""),
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            other => escaped.push(other),
        }
    }
    escaped
}

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.body {
            Body::Search(pipeline) => write!(f, "{pipeline}")?,
            Body::Metrics(metrics) => write!(f, "{metrics}")?,
        }
        if !self.hints.is_empty() {
            f.write_str(" with(")?;
            separated(f, &self.hints, ", ")?;
            f.write_str(")")?;
        }
        Ok(())
    }
}

impl Display for Hint {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.name, Literal(&self.value))
    }
}

impl Display for Pipeline {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        separated(f, &self.0, " | ")
    }
}

impl Display for Stage {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spanset(spanset) => write!(f, "{spanset}"),
            Self::Filter(filter) => write!(f, "{filter}"),
            Self::By(expr) => write!(f, "by({expr})"),
            Self::Coalesce => f.write_str("coalesce()"),
            Self::Select(fields) => {
                f.write_str("select(")?;
                separated(f, fields, ", ")?;
                f.write_str(")")
            }
        }
    }
}

impl Display for Filter {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let constant = Constant(&self.constant);
        write!(
            f,
            "{} {} {constant}",
            self.aggregate,
            self.comparison.symbol()
        )
    }
}

impl Display for Aggregate {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count => f.write_str("count()"),
            Self::Of(fold, expr) => write!(f, "{}({expr})", fold.name()),
        }
    }
}

impl Display for Spanset {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Selector(expr) => write!(f, "{{ {expr} }}"),
            Self::Pipeline(pipeline) => write!(f, "({pipeline})"),
            Self::Operation(left, operator, right) => {
                let operand = |f: &mut Formatter<'_>, side: &Self| match side {
                    Self::Operation(..) => write!(f, "({side})"),
                    _ => write!(f, "{side}"),
                };
                operand(f, left)?;
                write!(f, " {} ", operator.symbol())?;
                operand(f, right)
            }
        }
    }
}

impl SpansetOperator {
    /// All operators with their symbols.
    pub(crate) fn all() -> impl Iterator<Item = (&'static str, Self)> {
        const RELATIONS: [(Relation, [&str; 3]); 5] = [
            (Relation::Ancestor, [">>", "!>>", "&>>"]),
            (Relation::Descendant, ["<<", "!<<", "&<<"]),
            (Relation::Parent, [">", "!>", "&>"]),
            (Relation::Child, ["<", "!<", "&<"]),
            (Relation::Sibling, ["~", "!~", "&~"]),
        ];
        let structural = RELATIONS.iter().flat_map(|(relation, symbols)| {
            let keeps = [Keep::Right, Keep::Unrelated, Keep::Both];
            let operators = keeps.map(|keep| Self::Structural(*relation, keep));
            symbols.iter().copied().zip(operators)
        });
        [("&&", Self::And), ("||", Self::Or)]
            .into_iter()
            .chain(structural)
    }

    fn symbol(self) -> &'static str {
        Self::all()
            .find(|(_, operator)| *operator == self)
            .map_or("", |(symbol, _)| symbol)
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(value) => write!(f, "{}", Literal(value)),
            Self::Field(field) => write!(f, "{field}"),
            Self::Parent(written) => f.write_str(written),
            Self::Not(expr) => write!(f, "!{}", Operand(expr)),
            Self::Negate(expr) => write!(f, "-{}", Operand(expr)),
            Self::Missing(expr) => write!(f, "{} = nil", Operand(expr)),
            Self::Exists(expr) => write!(f, "{} != nil", Operand(expr)),
            Self::Compare(left, comparison, right) => {
                write!(
                    f,
                    "{} {} {}",
                    Operand(left),
                    comparison.symbol(),
                    Operand(right)
                )
            }
            Self::Match {
                text,
                negated,
                pattern,
            } => {
                let symbol = if *negated { "!~" } else { "=~" };
                write!(f, "{} {symbol} {}", Operand(text), Operand(pattern))
            }
            Self::Calculate(left, arithmetic, right) => {
                write!(
                    f,
                    "{} {} {}",
                    Operand(left),
                    arithmetic.symbol(),
                    Operand(right)
                )
            }
            Self::All(exprs) => {
                separated(f, &exprs.iter().map(Operand).collect::<Vec<_>>(), " && ")
            }
            Self::Any(exprs) => {
                separated(f, &exprs.iter().map(Operand).collect::<Vec<_>>(), " || ")
            }
        }
    }
}

/// An expression inside another one, with parentheses if it has operators.
struct Operand<'e>(&'e Expr);

impl Display for Operand<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            expr @ (Expr::Literal(_) | Expr::Field(_) | Expr::Parent(_)) => write!(f, "{expr}"),
            expr => write!(f, "({expr})"),
        }
    }
}

impl Display for Metrics {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spans(metrics) => write!(f, "{metrics}"),
            Self::Constant(value) => write!(f, "{}", Constant(value)),
            Self::Reduce(metrics, reduction) => write!(f, "{metrics}{reduction}"),
            Self::Calculate(left, arithmetic, right) => {
                let operand = |f: &mut Formatter<'_>, side: &Self| match side {
                    Self::Constant(_) => write!(f, "{side}"),
                    _ => write!(f, "({side})"),
                };
                operand(f, left)?;
                write!(f, " {} ", arithmetic.symbol())?;
                operand(f, right)
            }
        }
    }
}

impl Display for Reduction {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::TopK(count) => write!(f, " | topk({count})"),
            Self::BottomK(count) => write!(f, " | bottomk({count})"),
            Self::Filter(comparison, value) => {
                write!(f, " {} {}", comparison.symbol(), Constant(value))
            }
        }
    }
}

impl Display for SpanMetrics {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} | {}", self.pipeline, self.function)?;
        if !self.by.is_empty() {
            f.write_str(" by(")?;
            separated(f, &self.by, ", ")?;
            f.write_str(")")?;
        }
        Ok(())
    }
}

impl Display for Function {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.name())?;
        match self {
            Self::Rate | Self::CountOverTime => {}
            Self::FoldOverTime(_, field) | Self::HistogramOverTime(field) => write!(f, "{field}")?,
            Self::QuantileOverTime(field, quantiles) => {
                write!(f, "{field}")?;
                quantiles
                    .iter()
                    .try_for_each(|quantile| write!(f, ", {quantile:?}"))?;
            }
            Self::Compare(compare) => write!(f, "{compare}")?,
        }
        f.write_str(")")
    }
}

impl Display for Compare {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{{ {} }}, {}", self.selection, self.values)?;
        match self.window {
            Some((from, to)) => write!(f, ", {from}, {to}"),
            None => Ok(()),
        }
    }
}
