//! Parses metrics, reductions and arithmetic.

use super::Parser;
use crate::error::Error;
use crate::lexer::Token;
use crate::syntax::{Body, Compare, Fold, Function, Metrics, Reduction};
use crate::value::Arithmetic;
use crate::{Field, Value};

const FUNCTIONS: [&str; 9] = [
    "rate",
    "count_over_time",
    "min_over_time",
    "max_over_time",
    "sum_over_time",
    "avg_over_time",
    "quantile_over_time",
    "histogram_over_time",
    "compare",
];

/// The number of values of an attribute that `compare` shows by default.
const COMPARED_VALUES: i64 = 10;

/// Returns true if a token begins metrics.
pub(super) fn is_function(token: &Token) -> bool {
    matches!(token, Token::Word(word) if FUNCTIONS.contains(&word.as_str()))
}

/// The arithmetic operator of a token, and whether it binds tightly.
fn arithmetic(token: &Token) -> Option<(Arithmetic, bool)> {
    match token {
        Token::Symbol("+") => Some((Arithmetic::Add, false)),
        Token::Symbol("-") => Some((Arithmetic::Subtract, false)),
        Token::Symbol("*") => Some((Arithmetic::Multiply, true)),
        Token::Symbol("/") => Some((Arithmetic::Divide, true)),
        _ => None,
    }
}

impl Parser<'_> {
    /// A function and its `by`.
    pub(super) fn function(&mut self) -> Result<(Function, Vec<Field>), Error> {
        let name = match self.token() {
            Token::Word(word) => word.clone(),
            _ => return Err(self.unexpected("a metrics function")),
        };
        self.advance();
        let function = self.in_parentheses(|parser| parser.arguments(&name))?;
        let groups = !matches!(function, Function::Compare(_));
        let by = if groups && self.accept_word("by") {
            self.in_parentheses(|parser| parser.list(Self::field))?
        } else {
            Vec::new()
        };
        Ok((function, by))
    }

    fn arguments(&mut self, name: &str) -> Result<Function, Error> {
        let fold = match name {
            "rate" => return Ok(Function::Rate),
            "count_over_time" => return Ok(Function::CountOverTime),
            "compare" => return self.compare().map(Function::Compare),
            "quantile_over_time" => return self.quantiles(),
            "histogram_over_time" => return self.field().map(Function::HistogramOverTime),
            "min_over_time" => Fold::Min,
            "max_over_time" => Fold::Max,
            "sum_over_time" => Fold::Sum,
            _ => Fold::Avg,
        };
        self.field()
            .map(|field| Function::FoldOverTime(fold, field))
    }

    fn quantiles(&mut self) -> Result<Function, Error> {
        let field = self.field()?;
        self.expect(",")?;
        let quantiles = self.list(|parser| match parser.token() {
            Token::Literal(value @ (Value::Int(_) | Value::Float(_))) => {
                let quantile = value.as_float().unwrap_or_default();
                parser.advance();
                Ok(quantile)
            }
            _ => Err(parser.unexpected("a number")),
        })?;
        Ok(Function::QuantileOverTime(field, quantiles))
    }

    fn compare(&mut self) -> Result<Compare, Error> {
        let mut compare = Compare {
            selection: self.selector()?,
            values: COMPARED_VALUES,
            window: None,
        };
        if self.accept(",") {
            compare.values = self.integer()?;
            if self.accept(",") {
                let from = self.integer()?;
                self.expect(",")?;
                compare.window = Some((from, self.integer()?));
            }
        }
        Ok(compare)
    }

    /// The reductions that follow metrics.
    pub(super) fn reductions(&mut self, metrics: Metrics) -> Result<Metrics, Error> {
        self.chain(metrics, |parser, metrics| {
            let reduction = if parser.accept("|") {
                parser.best()?
            } else if let Some(comparison) = parser.comparison() {
                Reduction::Filter(comparison, parser.constant()?)
            } else {
                return Ok(Err(metrics));
            };
            parser.descend()?;
            Ok(Ok(Metrics::Reduce(Box::new(metrics), reduction)))
        })
    }

    fn best(&mut self) -> Result<Reduction, Error> {
        let reduction = if self.accept_word("topk") {
            Reduction::TopK
        } else if self.accept_word("bottomk") {
            Reduction::BottomK
        } else {
            return Err(self.unexpected("topk or bottomk"));
        };
        self.in_parentheses(Self::integer).map(reduction)
    }

    /// Metrics in parentheses, joined by arithmetic.
    pub(super) fn arithmetic(&mut self) -> Result<Metrics, Error> {
        let metrics = self.sum()?;
        if matches!(metrics, Metrics::Constant(_)) {
            return Err(self.unexpected("metrics in parentheses"));
        }
        self.reductions(metrics)
    }

    fn sum(&mut self) -> Result<Metrics, Error> {
        let first = self.product()?;
        self.operations(first, false, Self::product)
    }

    fn product(&mut self) -> Result<Metrics, Error> {
        let first = self.deeper(Self::term)?;
        self.operations(first, true, Self::term)
    }

    fn operations(
        &mut self,
        first: Metrics,
        tight: bool,
        operand: fn(&mut Self) -> Result<Metrics, Error>,
    ) -> Result<Metrics, Error> {
        self.chain(first, |parser, left| {
            let found = arithmetic(parser.token()).filter(|(_, is_tight)| *is_tight == tight);
            let Some((arithmetic, _)) = found else {
                return Ok(Err(left));
            };
            let place = parser.at;
            parser.advance();
            let right = parser.deeper(operand)?;
            parser.descend()?;
            let joined = join(left, arithmetic, right);
            joined.map(Ok).ok_or_else(|| {
                parser.at = place;
                parser.unexpected("an operator between numbers or metrics")
            })
        })
    }

    fn term(&mut self) -> Result<Metrics, Error> {
        let ahead = self.depth_of(self.at, is_function);
        if ahead.is_none() || !self.is_at("(") {
            return self.number().map(Metrics::Constant);
        }
        self.in_parentheses(|parser| match parser.depth_of(parser.at, is_function) {
            Some(0) => {
                let place = parser.at;
                match parser.pipeline_or_metrics()? {
                    Body::Metrics(metrics) => Ok(metrics),
                    Body::Search(_) => {
                        parser.at = place;
                        Err(parser.unexpected("metrics"))
                    }
                }
            }
            Some(_) => parser.sum(),
            None => parser.constant().map(Metrics::Constant),
        })
    }

    /// A constant expression of numbers, or a single duration.
    pub(super) fn constant(&mut self) -> Result<Value<'static>, Error> {
        let place = self.at;
        match self.sum_of_numbers()? {
            Metrics::Constant(value) if value.as_float().is_some_and(f64::is_finite) => Ok(value),
            _ => {
                self.at = place;
                Err(self.unexpected("a number"))
            }
        }
    }

    fn sum_of_numbers(&mut self) -> Result<Metrics, Error> {
        let product = |parser: &mut Self| {
            let first = parser.deeper(Self::number).map(Metrics::Constant)?;
            parser.operations(first, true, |parser| parser.number().map(Metrics::Constant))
        };
        let first = product(self)?;
        self.operations(first, false, product)
    }

    fn number(&mut self) -> Result<Value<'static>, Error> {
        if self.accept("-") {
            return self.deeper(Self::number).map(|number| number.negate());
        }
        if self.is_at("(") {
            return self.in_parentheses(Self::constant);
        }
        let Token::Literal(value @ (Value::Int(_) | Value::Float(_) | Value::Duration(_))) =
            self.token()
        else {
            return Err(self.unexpected("a number"));
        };
        let value = value.clone();
        self.advance();
        Ok(value)
    }
}

/// Arithmetic between two operands; two numbers make a number. `None` if the combination makes no
/// sense.
fn join(left: Metrics, arithmetic: Arithmetic, right: Metrics) -> Option<Metrics> {
    match (left, right) {
        (Metrics::Constant(Value::Duration(_)), _) | (_, Metrics::Constant(Value::Duration(_))) => {
            None
        }
        (Metrics::Constant(left), Metrics::Constant(right)) => {
            let value = left.calculate(arithmetic, &right);
            let is_number = value.as_float().is_some_and(f64::is_finite);
            is_number.then_some(Metrics::Constant(value))
        }
        (left, right) => Some(Metrics::Calculate(
            Box::new(left),
            arithmetic,
            Box::new(right),
        )),
    }
}
