//! Parses expressions on a span.

use super::Parser;
use crate::Value;
use crate::error::Error;
use crate::lexer::Token;
use crate::syntax::Expr;
use crate::value::{Arithmetic, Comparison};

/// The strength with which an operator binds. `^` binds most tightly, and from the right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Strength {
    Logic,
    Comparison,
    Sum,
    Not,
    Product,
    Power,
}

#[derive(Debug, Clone, Copy)]
enum Operator {
    And,
    Or,
    Compare(Comparison),
    Match { negated: bool },
    Calculate(Arithmetic),
}

/// One side of an operator.
enum Operand {
    Expr(Expr),
    Nil,
}

fn operator(token: &Token) -> Option<(Operator, Strength)> {
    let Token::Symbol(symbol) = token else {
        return None;
    };
    Some(match *symbol {
        "&&" => (Operator::And, Strength::Logic),
        "||" => (Operator::Or, Strength::Logic),
        "=~" => (Operator::Match { negated: false }, Strength::Comparison),
        "!~" => (Operator::Match { negated: true }, Strength::Comparison),
        "+" => (Operator::Calculate(Arithmetic::Add), Strength::Sum),
        "-" => (Operator::Calculate(Arithmetic::Subtract), Strength::Sum),
        "*" => (Operator::Calculate(Arithmetic::Multiply), Strength::Product),
        "/" => (Operator::Calculate(Arithmetic::Divide), Strength::Product),
        "%" => (Operator::Calculate(Arithmetic::Modulo), Strength::Product),
        "^" => (Operator::Calculate(Arithmetic::Power), Strength::Power),
        other => {
            let comparison = super::COMPARISONS
                .into_iter()
                .find(|c| c.symbol() == other)?;
            (Operator::Compare(comparison), Strength::Comparison)
        }
    })
}

impl Parser<'_> {
    pub(super) fn expr(&mut self) -> Result<Expr, Error> {
        let operand = self.operand(None)?;
        self.not_nil(operand)
    }

    /// An operand, with every following operator that binds more tightly than `than`.
    fn operand(&mut self, than: Option<Strength>) -> Result<Operand, Error> {
        let first = self.deeper(Self::primary)?;
        self.chain(first, |parser, left| {
            let found = operator(parser.token());
            let binds = |strength: &Strength| match than {
                Some(Strength::Power) => *strength >= Strength::Power,
                than => Some(*strength) > than,
            };
            let Some((operator, strength)) = found.filter(|(_, strength)| binds(strength)) else {
                return Ok(Err(left));
            };
            parser.advance();
            let right = parser.deeper(|parser| parser.operand(Some(strength)))?;
            parser.join(left, operator, right).map(Ok)
        })
    }

    fn primary(&mut self) -> Result<Operand, Error> {
        if self.accept("-") {
            let expr = self.tight(Strength::Sum)?;
            return Ok(Operand::Expr(Expr::Negate(expr)));
        }
        if self.accept("!") {
            let expr = self.tight(Strength::Not)?;
            return Ok(Operand::Expr(Expr::Not(expr)));
        }
        if self.is_at("(") {
            return self.in_parentheses(Self::expr).map(Operand::Expr);
        }
        if self.accept_word("nil") {
            return Ok(Operand::Nil);
        }
        let expr = match self.token() {
            Token::Parent(written) => Some(Expr::Parent(written.clone())),
            Token::Word(word) if word == "parent" => Some(Expr::Parent(word.clone())),
            _ => None,
        };
        if let Some(expr) = expr {
            self.advance();
            return Ok(Operand::Expr(expr));
        }
        if let Ok(field) = self.field() {
            return Ok(Operand::Expr(Expr::Field(field)));
        }
        match self.literal() {
            Ok(value) => Ok(Operand::Expr(Expr::Literal(value))),
            Err(_) => Err(self.unexpected("a field or a value")),
        }
    }

    fn tight(&mut self, than: Strength) -> Result<Box<Expr>, Error> {
        let operand = self.deeper(|parser| parser.operand(Some(than)))?;
        self.not_nil(operand).map(Box::new)
    }

    fn not_nil(&self, operand: Operand) -> Result<Expr, Error> {
        match operand {
            Operand::Expr(expr) => Ok(expr),
            Operand::Nil => Err(self.unexpected("= or != between nil and a field")),
        }
    }

    fn join(
        &mut self,
        left: Operand,
        operator: Operator,
        right: Operand,
    ) -> Result<Operand, Error> {
        let expr = match (left, operator, right) {
            (
                Operand::Nil,
                Operator::Compare(Comparison::Equal | Comparison::NotEqual),
                Operand::Nil,
            ) => Expr::Literal(Value::Bool(false)),
            (Operand::Nil, Operator::Compare(Comparison::Equal), Operand::Expr(expr))
            | (Operand::Expr(expr), Operator::Compare(Comparison::Equal), Operand::Nil) => {
                self.descend()?;
                Expr::Missing(Box::new(expr))
            }
            (Operand::Nil, Operator::Compare(Comparison::NotEqual), Operand::Expr(expr))
            | (Operand::Expr(expr), Operator::Compare(Comparison::NotEqual), Operand::Nil) => {
                self.descend()?;
                Expr::Exists(Box::new(expr))
            }
            (left, operator, right) => {
                let (left, right) = (self.not_nil(left)?, self.not_nil(right)?);
                self.join_exprs(left, operator, right)?
            }
        };
        Ok(Operand::Expr(expr))
    }

    fn join_exprs(&mut self, left: Expr, operator: Operator, right: Expr) -> Result<Expr, Error> {
        // A chain of the same operator becomes one expression.
        match (left, operator) {
            (Expr::All(mut exprs), Operator::And) => {
                exprs.push(right);
                Ok(Expr::All(exprs))
            }
            (Expr::Any(mut exprs), Operator::Or) => {
                exprs.push(right);
                Ok(Expr::Any(exprs))
            }
            (left, operator) => {
                self.descend()?;
                let (left, right) = (Box::new(left), Box::new(right));
                Ok(match operator {
                    Operator::And => Expr::All(vec![*left, *right]),
                    Operator::Or => Expr::Any(vec![*left, *right]),
                    Operator::Compare(comparison) => Expr::Compare(left, comparison, right),
                    Operator::Calculate(arithmetic) => Expr::Calculate(left, arithmetic, right),
                    Operator::Match { negated } => Expr::Match {
                        text: left,
                        negated,
                        pattern: right,
                    },
                })
            }
        }
    }
}
