//! Parses tokens into a syntax tree.

mod expr;
mod lenient;
mod metrics;
mod pipeline;
mod spanset;
#[cfg(test)]
mod tests;

use crate::error::Error;
use crate::lexer::{Spanned, Token, tokens};
use crate::syntax::{Body, Hint, Query};
use crate::value::Comparison;
use crate::{Field, Intrinsic, Kind, Status, Value, check};

pub use lenient::parse_lenient;

/// The longest query allowed, in bytes.
const MAX_BYTES: usize = 256 * 1024;

/// The deepest nesting allowed. A chain of one operator between conditions counts as one level.
const MAX_DEPTH: usize = 256;

const COMPARISONS: [Comparison; 6] = [
    Comparison::Equal,
    Comparison::NotEqual,
    Comparison::Less,
    Comparison::LessOrEqual,
    Comparison::Greater,
    Comparison::GreaterOrEqual,
];

/// Parses and checks a query.
///
/// # Errors
/// [`Error`]; if the query cannot be parsed, with the place of the mistake.
pub fn parse(query: &str) -> Result<Query, Error> {
    let query = parse_unchecked(query)?;
    check::query(&query)?;
    Ok(query)
}

fn parse_unchecked(query: &str) -> Result<Query, Error> {
    Parser::new(query)?.query()
}

/// Parses a field as it stands in a query: `.a`, `span.a`, `span:name`, `name`.
///
/// # Errors
/// [`Error`] if the text is not a field.
pub fn parse_field(text: &str) -> Result<Field, Error> {
    let mut parser = Parser::new(text)?;
    let field = parser.field()?;
    parser.expect_end()?;
    Ok(field)
}

pub(crate) struct Parser<'q> {
    query: &'q str,
    tokens: Vec<Spanned>,
    at: usize,
    depth: usize,
}

/// The overall form of a query.
#[derive(Debug, PartialEq, Eq)]
enum Shape {
    /// One pipeline, optionally followed by metrics.
    Pipeline,
    /// Pipelines in parentheses, joined by operators.
    Pipelines,
    /// Metrics in parentheses, joined by arithmetic.
    Arithmetic,
}

impl<'q> Parser<'q> {
    fn new(query: &'q str) -> Result<Self, Error> {
        if query.len() > MAX_BYTES {
            return Err(Error::TooLong {
                bytes: query.len(),
                limit: MAX_BYTES,
            });
        }
        Ok(Self {
            query,
            tokens: tokens(query)?,
            at: 0,
            depth: 0,
        })
    }

    fn query(&mut self) -> Result<Query, Error> {
        let body = match self.shape() {
            Shape::Pipeline => self.pipeline_or_metrics()?,
            Shape::Pipelines => Body::Search(self.pipelines()?),
            Shape::Arithmetic => Body::Metrics(self.arithmetic()?),
        };
        let mut hints = Vec::new();
        while self.accept_word("with") {
            hints = self.in_parentheses(|parser| parser.list(Self::hint))?;
        }
        self.expect_end()?;
        Ok(Query { body, hints })
    }

    fn shape(&self) -> Shape {
        match self.depth_of(0, metrics::is_function) {
            Some(0) => Shape::Pipeline,
            Some(_) => Shape::Arithmetic,
            None if self.is_at("(")
                && self.depth_of(0, pipeline::is_behind_pipe).unwrap_or(0) > 0 =>
            {
                Shape::Pipelines
            }
            None => Shape::Pipeline,
        }
    }

    /// The depth, in parentheses, of the most deeply nested wanted token. Looks from the given
    /// token to the end of the group that it is in, and skips selectors.
    fn depth_of(&self, from: usize, wanted: fn(&Token) -> bool) -> Option<usize> {
        let mut depth = 0_usize;
        let mut braces = 0_usize;
        let mut found = None;
        for spanned in self.tokens.get(from..).unwrap_or_default() {
            match &spanned.token {
                Token::Symbol("{") => braces += 1,
                Token::Symbol("}") => braces = braces.saturating_sub(1),
                _ if braces > 0 => {}
                Token::Symbol("(") => depth += 1,
                Token::Symbol(")") if depth == 0 => break,
                Token::Symbol(")") => depth -= 1,
                token if wanted(token) => found = found.max(Some(depth)),
                _ => {}
            }
        }
        found
    }

    fn hint(&mut self) -> Result<Hint, Error> {
        let name = match self.token() {
            Token::Word(word) => word.clone(),
            _ => return Err(self.unexpected("the name of a hint")),
        };
        self.advance();
        self.expect("=")?;
        let value = self.literal()?;
        Ok(Hint { name, value })
    }

    fn token(&self) -> &Token {
        self.tokens
            .get(self.at)
            .map_or(&Token::End, |spanned| &spanned.token)
    }

    fn advance(&mut self) {
        self.at = (self.at + 1).min(self.tokens.len().saturating_sub(1));
    }

    fn is_at(&self, symbol: &str) -> bool {
        matches!(self.token(), Token::Symbol(at) if *at == symbol)
    }

    fn accept(&mut self, symbol: &str) -> bool {
        let found = self.is_at(symbol);
        if found {
            self.advance();
        }
        found
    }

    fn expect(&mut self, symbol: &str) -> Result<(), Error> {
        if self.accept(symbol) {
            return Ok(());
        }
        Err(self.unexpected(symbol))
    }

    fn is_at_word(&self, word: &str) -> bool {
        matches!(self.token(), Token::Word(at) if at == word)
    }

    fn accept_word(&mut self, word: &str) -> bool {
        let found = self.is_at_word(word);
        if found {
            self.advance();
        }
        found
    }

    fn expect_end(&self) -> Result<(), Error> {
        match self.token() {
            Token::End => Ok(()),
            _ => Err(self.unexpected("the end of the query")),
        }
    }

    /// An error that the current token is not what was expected.
    fn unexpected(&self, expected: &str) -> Error {
        let (start, found) = match self.tokens.get(self.at) {
            Some(spanned) if spanned.token != Token::End => {
                let text = self.query.get(spanned.start..spanned.end);
                (spanned.start, text.unwrap_or_default())
            }
            _ => (self.query.len(), "end of query"),
        };
        Error::at(self.query, start, found, expected)
    }

    /// Reads something one level deeper.
    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        self.descend()?;
        let result = read(self);
        self.depth -= 1;
        result
    }

    fn descend(&mut self) -> Result<(), Error> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Error::TooDeep { limit: MAX_DEPTH });
        }
        Ok(())
    }

    /// Reads operands joined by operators, combining from the left.
    fn chain<T>(
        &mut self,
        first: T,
        mut next: impl FnMut(&mut Self, T) -> Result<Result<T, T>, Error>,
    ) -> Result<T, Error> {
        let depth = self.depth;
        let mut made = first;
        let made = loop {
            match next(self, made)? {
                Ok(longer) => made = longer,
                Err(whole) => break whole,
            }
        };
        self.depth = depth;
        Ok(made)
    }

    fn in_parentheses<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.expect("(")?;
        let inside = self.deeper(read)?;
        self.expect(")")?;
        Ok(inside)
    }

    /// Reads one or more items separated by commas.
    fn list<T>(&mut self, read: fn(&mut Self) -> Result<T, Error>) -> Result<Vec<T>, Error> {
        let mut list = vec![read(self)?];
        while self.accept(",") {
            list.push(read(self)?);
        }
        Ok(list)
    }

    fn comparison(&mut self) -> Option<Comparison> {
        let found = COMPARISONS.into_iter().find(|c| self.is_at(c.symbol()));
        if found.is_some() {
            self.advance();
        }
        found
    }

    fn field(&mut self) -> Result<Field, Error> {
        let field = match self.token() {
            Token::Field(field) => Some(field.clone()),
            Token::Word(word) if !word.contains(':') => {
                Intrinsic::from_name(word).map(Field::Intrinsic)
            }
            Token::Parent(_) => return Err(Error::Invalid("parent not yet supported".to_owned())),
            _ => None,
        };
        let field = field.ok_or_else(|| self.unexpected("a field"))?;
        self.advance();
        Ok(field)
    }

    fn literal(&mut self) -> Result<Value<'static>, Error> {
        let literal = match self.token() {
            Token::Literal(value) => Some(value.clone()),
            Token::Word(word) => word_value(word),
            _ => None,
        };
        let literal = literal.ok_or_else(|| self.unexpected("a literal"))?;
        self.advance();
        Ok(literal)
    }

    fn integer(&mut self) -> Result<i64, Error> {
        let Token::Literal(Value::Int(int)) = *self.token() else {
            return Err(self.unexpected("an integer"));
        };
        self.advance();
        Ok(int)
    }
}

/// The value of a keyword that stands for a value.
fn word_value(word: &str) -> Option<Value<'static>> {
    let status = Status::ALL.into_iter().find(|status| status.name() == word);
    let kind = Kind::ALL.into_iter().find(|kind| kind.name() == word);
    match word {
        "true" => Some(Value::Bool(true)),
        "false" => Some(Value::Bool(false)),
        "minInt" => Some(Value::Int(i64::MIN)),
        "maxInt" => Some(Value::Int(i64::MAX)),
        _ => status.map(Value::Status).or(kind.map(Value::Kind)),
    }
}
