//! TraceQL's simple selectors: one pair of braces with tests, joined by `&&` and `||`.
//!
//! `{ resource.service.name = "shop" && (status = error || duration > 100ms) }`
//!
//! Pipelines, structural operators and several selectors are refused by name.
//!
//! Spec: <https://grafana.com/docs/tempo/latest/traceql/construct-traceql-queries/>

mod tokens;

use crate::query::{Condition, Field, Literal, Operator, Pattern, Place, Test};
use tokens::{Token, tokens};

/// Parentheses within each other.
const MAX_DEPTH: usize = 32;

/// Reads a query.
///
/// # Errors
/// The query is not valid, or has a part that is not supported.
pub(super) fn parse(query: &str) -> Result<Condition, String> {
    let tokens = tokens(query)?;
    let mut parser = Parser {
        tokens: tokens.into_iter().peekable(),
    };
    parser.expect(&Token::Symbol("{"))?;
    let condition = if parser.take(&Token::Symbol("}")) {
        Condition::All(Vec::new())
    } else {
        let condition = parser.any(0)?;
        parser.expect(&Token::Symbol("}"))?;
        condition
    };
    match parser.tokens.next() {
        None => Ok(condition),
        Some(token) => Err(format!(
            "{token} after '}}' is not supported: only one selector {{ … }} is"
        )),
    }
}

/// Reads the name of a field alone, as the values of a tag are asked for.
///
/// # Errors
/// If it is no field.
pub(super) fn parse_field(name: &str) -> Result<Field, String> {
    field(name)
}

struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
}

impl Parser {
    fn take(&mut self, token: &Token) -> bool {
        self.tokens.next_if_eq(token).is_some()
    }

    fn expect(&mut self, token: &Token) -> Result<(), String> {
        match self.tokens.next() {
            Some(found) if found == *token => Ok(()),
            Some(found) => Err(format!("expected {token}, found {found}")),
            None => Err(format!("expected {token}, found the end")),
        }
    }

    fn any(&mut self, depth: usize) -> Result<Condition, String> {
        let mut conditions = vec![self.all(depth)?];
        while self.take(&Token::Symbol("||")) {
            conditions.push(self.all(depth)?);
        }
        Ok(one_or(conditions, Condition::Any))
    }

    fn all(&mut self, depth: usize) -> Result<Condition, String> {
        let mut conditions = vec![self.one(depth)?];
        while self.take(&Token::Symbol("&&")) {
            conditions.push(self.one(depth)?);
        }
        Ok(one_or(conditions, Condition::All))
    }

    fn one(&mut self, depth: usize) -> Result<Condition, String> {
        if self.take(&Token::Symbol("(")) {
            if depth >= MAX_DEPTH {
                return Err(format!(
                    "more than {MAX_DEPTH} parentheses within each other"
                ));
            }
            let condition = self.any(depth + 1)?;
            self.expect(&Token::Symbol(")"))?;
            return Ok(condition);
        }
        match self.tokens.next() {
            // `{ true }` is every span.
            Some(Token::Word(word)) if word == "true" => Ok(Condition::All(Vec::new())),
            Some(Token::Word(word)) if word == "false" => Ok(Condition::Any(Vec::new())),
            Some(Token::Word(name)) => self.test(&name),
            Some(token) => Err(format!("expected a field, found {token}")),
            None => Err("expected a field, found the end".to_owned()),
        }
    }

    fn test(&mut self, name: &str) -> Result<Condition, String> {
        let field = field(name)?;
        let operator = match self.tokens.next() {
            Some(Token::Symbol(symbol)) => operator(symbol),
            _ => None,
        };
        let operator = operator.ok_or_else(|| format!("expected a comparison after {name}"))?;
        let literal = match self.tokens.next() {
            Some(token) => literal(token, operator)?,
            None => return Err(format!("expected a value to compare {name} with")),
        };
        Ok(Condition::Test(Test {
            field,
            operator,
            literal,
        }))
    }
}

/// The only condition, or all of them joined.
fn one_or(mut conditions: Vec<Condition>, join: fn(Vec<Condition>) -> Condition) -> Condition {
    match conditions.pop() {
        Some(only) if conditions.is_empty() => only,
        last => {
            conditions.extend(last);
            join(conditions)
        }
    }
}

fn operator(symbol: &str) -> Option<Operator> {
    Some(match symbol {
        "=" => Operator::Equal,
        "!=" => Operator::NotEqual,
        ">" => Operator::Greater,
        ">=" => Operator::GreaterOrEqual,
        "<" => Operator::Less,
        "<=" => Operator::LessOrEqual,
        "=~" => Operator::Match,
        "!~" => Operator::NotMatch,
        _ => return None,
    })
}

fn literal(token: Token, operator: Operator) -> Result<Literal, String> {
    match (token, operator) {
        (Token::Text(pattern), Operator::Match | Operator::NotMatch) => {
            let pattern = Pattern::new(&pattern).map_err(|reason| reason.to_string())?;
            Ok(Literal::Pattern(pattern))
        }
        (token, Operator::Match | Operator::NotMatch) => {
            Err(format!("a pattern must be text, not {token}"))
        }
        (Token::Text(text), _) => Ok(Literal::Text(text)),
        (Token::Int(int), _) => Ok(Literal::Int(int)),
        (Token::Double(double), _) => Ok(Literal::Double(double)),
        (Token::Duration(nanos), _) => Ok(Literal::Duration(nanos)),
        (Token::Word(word), _) => Ok(match word.as_str() {
            "true" => Literal::Bool(true),
            "false" => Literal::Bool(false),
            "nil" => Literal::Nil,
            // A status or a kind.
            _ => Literal::Text(word),
        }),
        (token, _) => Err(format!("expected a value, found {token}")),
    }
}

fn field(name: &str) -> Result<Field, String> {
    let attribute = |place, key: &str| Ok(Field::Attribute(place, unquote(key)));
    match name {
        "name" | "span:name" => return Ok(Field::Name),
        "kind" | "span:kind" => return Ok(Field::Kind),
        "status" | "span:status" => return Ok(Field::Status),
        "statusMessage" | "span:statusMessage" => return Ok(Field::StatusMessage),
        "duration" | "span:duration" => return Ok(Field::Duration),
        "event:name" => return Ok(Field::EventName),
        "instrumentation:name" => return Ok(Field::ScopeName),
        "instrumentation:version" => return Ok(Field::ScopeVersion),
        "traceDuration" | "trace:duration" => return Ok(Field::TraceDuration),
        "rootName" | "trace:rootName" => return Ok(Field::RootName),
        "rootServiceName" | "trace:rootService" => return Ok(Field::RootService),
        _ => {}
    }
    match name.split_once('.') {
        Some(("", key)) => attribute(Place::Any, key),
        Some(("span", key)) => attribute(Place::Span, key),
        Some(("resource", key)) => attribute(Place::Resource, key),
        Some(("instrumentation", key)) => attribute(Place::Scope, key),
        Some(("event", key)) => attribute(Place::Event, key),
        Some(("link", key)) => attribute(Place::Link, key),
        _ => Err(format!("{name} is not a field that is supported")),
    }
}

/// Keys with special characters are quoted: `span."my key"`.
fn unquote(key: &str) -> String {
    let inner = key.strip_prefix('"').and_then(|key| key.strip_suffix('"'));
    inner.unwrap_or(key).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(field: Field, operator: Operator, literal: Literal) -> Condition {
        Condition::Test(Test {
            field,
            operator,
            literal,
        })
    }

    #[test]
    fn selectors_are_read() {
        let service = Field::Attribute(Place::Resource, "service.name".into());
        let service = test(service, Operator::Equal, Literal::Text("a \"b\"".into()));
        assert_eq!(parse("{}"), Ok(Condition::All(vec![])));
        assert_eq!(
            parse(r#"{resource.service.name="a \"b\""}"#),
            Ok(service.clone())
        );
        let error = test(
            Field::Status,
            Operator::Equal,
            Literal::Text("error".into()),
        );
        let slow = test(
            Field::Duration,
            Operator::Greater,
            Literal::Duration(1_500_000_000),
        );
        let code = Field::Attribute(Place::Any, "http.status_code".into());
        let code = test(code, Operator::GreaterOrEqual, Literal::Int(500));
        assert_eq!(
            parse(
                r#"{ resource.service.name = `a "b"` && (status=error || span:duration > 1.5s) && .http.status_code >= 500 }"#
            ),
            Ok(Condition::All(vec![
                service,
                Condition::Any(vec![error, slow]),
                code
            ]))
        );
        let quoted = Field::Attribute(Place::Span, "my key".into());
        assert_eq!(
            parse(r#"{span."my key" != nil}"#),
            Ok(test(quoted, Operator::NotEqual, Literal::Nil))
        );
        let ratio = Field::Attribute(Place::Span, "ratio".into());
        assert_eq!(
            parse("{ span.ratio<-0.5 }"),
            Ok(test(ratio, Operator::Less, Literal::Double(-0.5)))
        );
    }

    #[test]
    fn what_is_not_supported_is_named() {
        let refused = |query| parse(query).unwrap_err();
        assert_eq!(refused(""), "expected '{', found the end");
        assert_eq!(refused("{ span.a }"), "expected a comparison after span.a");
        assert_eq!(
            refused("{ foo = 1 }"),
            "foo is not a field that is supported"
        );
        assert_eq!(
            refused("{ status = error } | count() > 1"),
            "'|' after '}' is not supported: only one selector { … } is"
        );
        assert_eq!(
            refused("{} >> {}"),
            "'>>' after '}' is not supported: only one selector { … } is"
        );
        assert_eq!(refused("{ name = \"a }"), "unterminated text");
        assert!(refused("{ name =~ \"(\" }").contains("unclosed group"));
        assert!(refused(&format!("{{{}", "(".repeat(40))).contains("32 parentheses"));
    }
}
