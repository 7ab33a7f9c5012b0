//! Parses selectors and the operators between them.

use super::{Parser, pipeline};
use crate::Value;
use crate::error::Error;
use crate::lexer::Token;
use crate::syntax::{Expr, Pipeline, Spanset, SpansetOperator, Stage};

fn operator(token: &Token) -> Option<SpansetOperator> {
    let Token::Symbol(symbol) = token else {
        return None;
    };
    let found = SpansetOperator::all().find(|(known, _)| known == symbol);
    found.map(|(_, operator)| operator)
}

/// Structural operators bind more tightly than `&&` and `||`.
fn is_tight(operator: SpansetOperator) -> bool {
    matches!(operator, SpansetOperator::Structural(..))
}

type ReadOperand<'q> = fn(&mut Parser<'q>) -> Result<Spanset, Error>;

impl<'q> Parser<'q> {
    /// Selectors joined by operators.
    pub(super) fn spanset(&mut self) -> Result<Spanset, Error> {
        self.operation(Self::selector_or_parentheses)
    }

    /// Pipelines in parentheses, joined by operators.
    pub(super) fn pipelines(&mut self) -> Result<Pipeline, Error> {
        let spanset = self.operation(Self::pipeline_in_parentheses)?;
        Ok(Pipeline(vec![Stage::Spanset(spanset)]))
    }

    fn operation(&mut self, operand: ReadOperand<'q>) -> Result<Spanset, Error> {
        let first = self.tight_operation(operand)?;
        self.operators(first, is_loose, |parser| parser.tight_operation(operand))
    }

    fn tight_operation(&mut self, operand: ReadOperand<'q>) -> Result<Spanset, Error> {
        let first = self.deeper(operand)?;
        self.operators(first, is_tight, operand)
    }

    fn operators(
        &mut self,
        first: Spanset,
        wanted: fn(SpansetOperator) -> bool,
        operand: impl Fn(&mut Self) -> Result<Spanset, Error>,
    ) -> Result<Spanset, Error> {
        self.chain(first, |parser, left| {
            let Some(operator) = operator(parser.token()).filter(|operator| wanted(*operator))
            else {
                return Ok(Err(left));
            };
            parser.advance();
            let right = parser.deeper(&operand)?;
            parser.descend()?;
            Ok(Ok(Spanset::Operation(
                Box::new(left),
                operator,
                Box::new(right),
            )))
        })
    }

    fn selector_or_parentheses(&mut self) -> Result<Spanset, Error> {
        if self.is_at("(") {
            return self.in_parentheses(Self::spanset);
        }
        self.selector().map(Spanset::Selector)
    }

    fn pipeline_in_parentheses(&mut self) -> Result<Spanset, Error> {
        self.in_parentheses(|parser| {
            let nested = parser.depth_of(parser.at, pipeline::is_behind_pipe);
            if parser.is_at("(") && nested.is_some_and(|depth| depth > 0) {
                return parser.operation(Self::pipeline_in_parentheses);
            }
            parser.pipeline().map(Spanset::Pipeline)
        })
    }

    /// A selector, `{ … }`.
    pub(super) fn selector(&mut self) -> Result<Expr, Error> {
        if !self.accept("{") {
            return Err(self.unexpected("{"));
        }
        if self.accept("}") {
            return Ok(Expr::Literal(Value::Bool(true)));
        }
        let expr = self.deeper(Self::expr)?;
        if !self.accept("}") {
            return Err(self.unexpected("an operator or }"));
        }
        Ok(expr)
    }
}

fn is_loose(operator: SpansetOperator) -> bool {
    !is_tight(operator)
}
