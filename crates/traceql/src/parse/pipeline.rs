//! Parses pipelines and their stages.

use super::Parser;
use crate::error::Error;
use crate::lexer::Token;
use crate::syntax::{Aggregate, Body, Filter, Fold, Metrics, Pipeline, SpanMetrics, Stage};

const FOLDS: [Fold; 4] = [Fold::Min, Fold::Max, Fold::Sum, Fold::Avg];

/// Returns true if a token can stand only in a pipeline of more than one selector.
pub(super) fn is_behind_pipe(token: &Token) -> bool {
    match token {
        Token::Symbol(symbol) => *symbol == "|",
        Token::Word(word) => {
            matches!(word.as_str(), "by" | "select" | "coalesce") || is_aggregate(word)
        }
        _ => false,
    }
}

fn is_aggregate(word: &str) -> bool {
    word == "count" || FOLDS.iter().any(|fold| fold.name() == word)
}

impl Parser<'_> {
    /// A pipeline, up to the first token that is not a stage.
    pub(super) fn pipeline(&mut self) -> Result<Pipeline, Error> {
        let mut stages = vec![self.stage(true)?];
        while self.is_at("|") {
            self.advance();
            stages.push(self.stage(false)?);
        }
        Ok(Pipeline(stages))
    }

    /// A pipeline and the metrics that may follow it.
    pub(super) fn pipeline_or_metrics(&mut self) -> Result<Body, Error> {
        let mut stages = vec![self.stage(true)?];
        while self.accept("|") {
            if super::metrics::is_function(self.token()) {
                let (function, by) = self.function()?;
                let metrics = Metrics::Spans(SpanMetrics {
                    pipeline: Pipeline(stages),
                    function,
                    by,
                });
                return self.reductions(metrics).map(Body::Metrics);
            }
            stages.push(self.stage(false)?);
        }
        Ok(Body::Search(Pipeline(stages)))
    }

    fn stage(&mut self, is_first: bool) -> Result<Stage, Error> {
        if self.accept_word("by") {
            return self.in_parentheses(Self::expr).map(Stage::By);
        }
        if self.accept_word("select") {
            return self
                .in_parentheses(|parser| parser.list(Self::field))
                .map(Stage::Select);
        }
        if !is_first && self.accept_word("coalesce") {
            self.expect("(")?;
            self.expect(")")?;
            return Ok(Stage::Coalesce);
        }
        if let Some(aggregate) = self.aggregate()? {
            return self.filter(aggregate).map(Stage::Filter);
        }
        match self.token() {
            Token::Symbol("{" | "(") => self.spanset().map(Stage::Spanset),
            // A constant on the left-hand side of an aggregate.
            Token::Literal(_) | Token::Symbol("-") if self.has_aggregate_ahead() => {
                Err(unsupported("lhs"))
            }
            _ => Err(self.unexpected("{, an aggregate, by or select")),
        }
    }

    fn has_aggregate_ahead(&self) -> bool {
        let ahead = self.tokens.get(self.at..).unwrap_or_default().iter();
        let mut stage = ahead.take_while(|spanned| spanned.token != Token::Symbol("|"));
        stage.any(|spanned| matches!(&spanned.token, Token::Word(word) if is_aggregate(word)))
    }

    fn aggregate(&mut self) -> Result<Option<Aggregate>, Error> {
        if self.accept_word("count") {
            self.expect("(")?;
            self.expect(")")?;
            return Ok(Some(Aggregate::Count));
        }
        let Some(fold) = FOLDS.into_iter().find(|fold| self.is_at_word(fold.name())) else {
            return Ok(None);
        };
        self.advance();
        let expr = self.in_parentheses(Self::expr)?;
        Ok(Some(Aggregate::Of(fold, expr)))
    }

    fn filter(&mut self, aggregate: Aggregate) -> Result<Filter, Error> {
        if ["+", "-", "*", "/", "%", "^"]
            .iter()
            .any(|symbol| self.is_at(symbol))
        {
            return Err(unsupported("lhs"));
        }
        let Some(comparison) = self.comparison() else {
            return Err(self.unexpected("a comparison"));
        };
        if matches!(self.token(), Token::Word(word) if is_aggregate(word)) {
            return Err(unsupported("rhs"));
        }
        Ok(Filter {
            aggregate,
            comparison,
            constant: self.constant()?,
        })
    }
}

/// The wording is Tempo's.
fn unsupported(side: &str) -> Error {
    Error::Invalid(format!(
        "scalar filter {side} of type (%v) not yet supported"
    ))
}
