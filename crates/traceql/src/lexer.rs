//! Turns the text of a query into tokens.

use std::str::Chars;

use crate::error::Error;
use crate::field::is_of_name;
use crate::value::parse_duration;
use crate::{Field, Intrinsic, Scope, Value};

/// The smallest unit of a query.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token {
    /// Brackets, operators and commas.
    Symbol(&'static str),
    /// A word.
    Word(String),
    /// A number, a duration or a text.
    Literal(Value<'static>),
    /// An attribute, or an intrinsic with its scope.
    Field(Field),
    /// An attribute of the parent, as written in the query.
    Parent(String),
    /// The end of the query.
    End,
}

/// A token and its place in the query.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Spanned {
    pub(crate) token: Token,
    /// The offset of its first byte.
    pub(crate) start: usize,
    /// The offset after its last byte.
    pub(crate) end: usize,
}

/// All symbols; a longer one comes before any that it begins with.
const SYMBOLS: [&str; 34] = [
    "&>>", "&<<", "!>>", "!<<", "&>", "&<", "&~", "&&", "||", "!>", "!<", "!=", "!~", "=~", ">=",
    "<=", ">>", "<<", "=", ">", "<", "~", "!", "{", "}", "(", ")", "|", ",", "+", "-", "*", "/",
    "%",
];

/// Scopes that have intrinsics.
const SCOPES: [&str; 5] = ["span", "trace", "event", "link", "instrumentation"];

/// Reads all tokens; the last is [`Token::End`].
pub(crate) fn tokens(query: &str) -> Result<Vec<Spanned>, Error> {
    let mut lexer = Lexer { query, at: 0 };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_space()?;
        let start = lexer.at;
        let token = lexer.token()?;
        let is_end = token == Token::End;
        tokens.push(Spanned {
            token,
            start,
            end: lexer.at,
        });
        if is_end {
            return Ok(tokens);
        }
    }
}

struct Lexer<'q> {
    query: &'q str,
    at: usize,
}

impl<'q> Lexer<'q> {
    fn rest(&self) -> &'q str {
        self.query.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn accept(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    /// Takes characters as long as they satisfy `wanted`.
    fn take(&mut self, wanted: impl Fn(char) -> bool) -> &'q str {
        let rest = self.rest();
        let end = rest.find(|char| !wanted(char)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    fn fail(&self, start: usize, found: &str, expected: &str) -> Error {
        Error::at(self.query, start, found, expected)
    }

    fn skip_space(&mut self) -> Result<(), Error> {
        loop {
            let start = self.at;
            self.take(char::is_whitespace);
            if self.accept("//") {
                self.take(|char| char != '\n');
            } else if self.accept("/*") {
                let end = self.rest().find("*/");
                let end =
                    end.ok_or_else(|| self.fail(start, "end of query", "the end of a comment"))?;
                self.at += end + 2;
            }
            if self.at == start {
                return Ok(());
            }
        }
    }

    fn token(&mut self) -> Result<Token, Error> {
        let Some(first) = self.peek() else {
            return Ok(Token::End);
        };
        let mut ahead = self.rest().chars().skip(1);
        match first {
            '"' => self.quoted_text(),
            '`' => self.raw_text(),
            '0'..='9' => self.number(),
            '.' if ahead.next().is_some_and(|c| c.is_ascii_digit()) => self.number(),
            '.' => self.attribute(Scope::Any),
            _ if is_of_word(first) => self.word(),
            // `^` ends a name, and no longer symbol begins with it.
            '^' => Ok(self.symbol("^")),
            _ => {
                let symbol = SYMBOLS
                    .iter()
                    .find(|symbol| self.rest().starts_with(**symbol));
                let symbol =
                    symbol.ok_or_else(|| self.fail(self.at, &first.to_string(), "a query"))?;
                Ok(self.symbol(symbol))
            }
        }
    }

    fn symbol(&mut self, symbol: &'static str) -> Token {
        self.at += symbol.len();
        Token::Symbol(symbol)
    }

    fn raw_text(&mut self) -> Result<Token, Error> {
        let start = self.at;
        self.accept("`");
        let text = self.take(|char| char != '`');
        if !self.accept("`") {
            return Err(self.fail(start, "end of query", "the end of a text"));
        }
        Ok(Token::Literal(Value::text(text.to_owned())))
    }

    fn quoted_text(&mut self) -> Result<Token, Error> {
        let start = self.at;
        self.accept("\"");
        let mut bytes = Vec::new();
        loop {
            let at = self.at;
            let mut chars = self.rest().chars();
            let char = chars.next().filter(|char| *char != '\n');
            let char =
                char.ok_or_else(|| self.fail(start, "unfinished text", "the end of a text"))?;
            match char {
                '"' => break,
                '\\' => escape(&mut chars, &mut bytes)
                    .ok_or_else(|| self.fail(at, "escape", "an escape of Go's, or a text in `"))?,
                other => push_char(other, &mut bytes),
            }
            self.at = self.query.len() - chars.as_str().len();
        }
        self.accept("\"");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Ok(Token::Literal(Value::text(text)))
    }

    fn number(&mut self) -> Result<Token, Error> {
        let start = self.at;
        let of_number = |c: char| c.is_alphanumeric() || c == '.' || c == '_';
        self.take(of_number);
        let text = self.query.get(start..self.at).unwrap_or_default();
        let ends_in_exponent = text.ends_with(['e', 'E'])
            && text.starts_with(|c: char| c.is_ascii_digit() || c == '.');
        if ends_in_exponent && self.rest().starts_with(['+', '-']) {
            self.at += 1;
            self.take(of_number);
        }
        let text = self.query.get(start..self.at).unwrap_or_default();
        let value =
            parse_number(text).ok_or_else(|| self.fail(start, text, "a number or a duration"))?;
        Ok(Token::Literal(value))
    }

    fn word(&mut self) -> Result<Token, Error> {
        let start = self.at;
        let word = self.take(is_of_word);
        match self.peek() {
            Some('.') if word == "parent" => self.parent(start),
            Some('.') => match Scope::from_name(word) {
                Some(scope) => self.attribute(scope),
                None => Ok(Token::Word(word.to_owned())),
            },
            Some(':') if SCOPES.contains(&word) => {
                self.at += 1;
                self.take(is_of_word);
                let name = self.query.get(start..self.at).unwrap_or_default();
                let intrinsic = Intrinsic::from_name(name);
                let intrinsic =
                    intrinsic.ok_or_else(|| self.fail(start, name, "an intrinsic field"))?;
                Ok(Token::Field(Field::Intrinsic(intrinsic)))
            }
            _ => Ok(Token::Word(word.to_owned())),
        }
    }

    fn attribute(&mut self, scope: Scope) -> Result<Token, Error> {
        self.accept(".");
        let key = self.name()?;
        Ok(Token::Field(Field::Attribute(scope, key)))
    }

    fn parent(&mut self, start: usize) -> Result<Token, Error> {
        let scoped = self.accept(".span.") || self.accept(".resource.");
        if !scoped {
            self.accept(".");
        }
        self.name()?;
        let written = self.query.get(start..self.at).unwrap_or_default();
        Ok(Token::Parent(written.to_owned()))
    }

    fn name(&mut self) -> Result<String, Error> {
        let mut name = String::new();
        loop {
            let start = self.at;
            name.push_str(self.take(is_of_name));
            if self.accept("\"") {
                self.quoted_part(&mut name)?;
            }
            if self.at == start {
                break;
            }
        }
        if name.is_empty() {
            let found = self
                .peek()
                .map_or_else(|| "end of query".to_owned(), String::from);
            return Err(self.fail(self.at, &found, "the name of an attribute"));
        }
        Ok(name)
    }

    fn quoted_part(&mut self, name: &mut String) -> Result<(), Error> {
        let start = self.at;
        loop {
            name.push_str(self.take(|char| char != '"' && char != '\\'));
            if self.accept("\"") {
                return Ok(());
            }
            if self.accept("\\\"") {
                name.push('"');
            } else if self.accept("\\\\") {
                name.push('\\');
            } else {
                return Err(self.fail(
                    start,
                    "unfinished name",
                    "\" or, after \\, one of \" and \\",
                ));
            }
        }
    }
}

fn is_of_word(char: char) -> bool {
    char.is_alphanumeric() || char == '_'
}

fn push_char(char: char, bytes: &mut Vec<u8>) {
    bytes.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
}

/// Reads the rest of an escape sequence, after the backslash.
fn escape(chars: &mut Chars<'_>, bytes: &mut Vec<u8>) -> Option<()> {
    let plain = match chars.next()? {
        'n' => b'\n',
        't' => b'\t',
        'r' => b'\r',
        'a' => 7,
        'b' => 8,
        'f' => 12,
        'v' => 11,
        '\\' => b'\\',
        '"' => b'"',
        'x' => u8::try_from(digits(chars, 2, 16)?).ok()?,
        kind @ ('u' | 'U') => {
            let count = if kind == 'u' { 4 } else { 8 };
            push_char(char::from_u32(digits(chars, count, 16)?)?, bytes);
            return Some(());
        }
        octal => {
            let first = octal.to_digit(8)?;
            u8::try_from(first * 64 + digits(chars, 2, 8)?).ok()?
        }
    };
    bytes.push(plain);
    Some(())
}

fn digits(chars: &mut Chars<'_>, count: usize, radix: u32) -> Option<u32> {
    (0..count).try_fold(0_u32, |number, _| {
        let digit = chars.next()?.to_digit(radix)?;
        number.checked_mul(radix)?.checked_add(digit)
    })
}

/// Reads an integer, a float or a duration.
fn parse_number(text: &str) -> Option<Value<'static>> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok().map(Value::Int);
    }
    let is_float = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte));
    if is_float {
        let float = text.parse::<f64>().ok()?;
        return float.is_finite().then_some(Value::Float(float));
    }
    parse_duration(text).map(Value::Duration)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Vec<Token> {
        let tokens = tokens(query).unwrap();
        tokens.into_iter().map(|spanned| spanned.token).collect()
    }

    fn key(scope: Scope, key: &str) -> Token {
        Token::Field(Field::Attribute(scope, key.to_owned()))
    }

    #[test]
    fn names_take_what_is_no_operator() {
        assert_eq!(read(".a+1")[0], key(Scope::Any, "a+1"));
        assert_eq!(read("span.a//x =")[0], key(Scope::Span, "a//x"));
        assert_eq!(read(".\"x y\".b^2")[0], key(Scope::Any, "x y.b"));
        assert_eq!(read(".a^2")[1], Token::Symbol("^"));
        assert_eq!(read(r#"event."a\"b\\""#)[0], key(Scope::Event, "a\"b\\"));
    }

    #[test]
    fn numbers_and_durations_are_told_apart() {
        let literal = |value| vec![Token::Literal(value), Token::End];
        assert_eq!(read("007"), literal(Value::Int(7)));
        assert_eq!(read("5."), literal(Value::Float(5.0)));
        assert_eq!(read(".5"), literal(Value::Float(0.5)));
        assert_eq!(read("1e-3"), literal(Value::Float(0.001)));
        assert_eq!(read("1.5ms"), literal(Value::Duration(1_500_000)));
        assert_eq!(read("1d2h"), literal(Value::Duration(93_600_000_000_000)));
        for refused in [
            "0x10",
            "0b1",
            "1_000",
            "9223372036854775808",
            "1.5d",
            "1e999",
            "1..2",
        ] {
            assert!(tokens(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn texts_have_the_escapes_of_go() {
        let text = |text: &str| vec![Token::Literal(Value::text(text.to_owned())), Token::End];
        assert_eq!(read(r#""a\n\x41\u00e9\101\"""#), text("a\nAéA\""));
        assert_eq!(read(r"`\d+`"), text(r"\d+"));
        for refused in [r#""\d""#, "\"a\nb\"", "\"a", "`a", "'a'", r#""\ud800""#] {
            assert!(tokens(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn comments_are_space() {
        assert_eq!(read("{ // a }\n /* { */ }"), read("{}"));
        assert!(tokens("{ /* }").is_err());
    }
}
