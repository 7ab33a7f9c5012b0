//! The words, signs and values of a TraceQL query.

use std::fmt;

use crate::api::common::go;

/// A piece of a query.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A sign.
    Symbol(&'static str),
    /// A field, a status, a kind, a truth value or `nil`.
    Word(String),
    /// Text in quotes.
    Text(String),
    /// A whole number.
    Int(i64),
    /// Another number.
    Double(f64),
    /// A duration in nanoseconds.
    Duration(u64),
}

/// The form of a token in errors.
impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Symbol(symbol) => write!(f, "'{symbol}'"),
            Self::Word(word) => write!(f, "{word}"),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Int(int) => write!(f, "{int}"),
            Self::Double(double) => write!(f, "{double}"),
            Self::Duration(nanos) => write!(f, "{nanos}ns"),
        }
    }
}

/// All signs; of those that begin alike the longer one first.
const SYMBOLS: [&str; 24] = [
    "&&", "||", "!=", ">=", "<=", "=~", "!~", ">>", "<<", "&>", "{", "}", "(", ")", "=", ">", "<",
    "|", "~", "+", "*", "/", "^", ",",
];

/// Splits a query.
///
/// # Errors
/// The query cannot be split into tokens.
pub(super) fn tokens(query: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = query.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, behind) = match first {
            '"' => quoted(rest)?,
            '`' => raw(rest)?,
            '0'..='9' | '-' => number(rest)?,
            _ => match symbol(rest) {
                Some(found) => found,
                None => word(rest)?,
            },
        };
        tokens.push(token);
        rest = behind.trim_start();
    }
    Ok(tokens)
}

fn symbol(text: &str) -> Option<(Token, &str)> {
    let found = SYMBOLS
        .iter()
        .find_map(|s| Some((*s, text.strip_prefix(s)?)));
    found.map(|(symbol, rest)| (Token::Symbol(symbol), rest))
}

fn quoted(text: &str) -> Result<(Token, &str), String> {
    let mut value = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => {
                let behind = text.get(at + 1..).unwrap_or_default();
                return Ok((Token::Text(value), behind));
            }
            '\\' => match chars.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, 't')) => value.push('\t'),
                Some((_, escaped @ ('"' | '\\'))) => value.push(escaped),
                // As in a pattern: `\d`.
                Some((_, other)) => value.extend(['\\', other]),
                None => break,
            },
            other => value.push(other),
        }
    }
    Err("unterminated text".to_owned())
}

fn raw(text: &str) -> Result<(Token, &str), String> {
    let inner = text.strip_prefix('`').and_then(|rest| rest.split_once('`'));
    let (value, behind) = inner.ok_or("unterminated text")?;
    Ok((Token::Text(value.to_owned()), behind))
}

fn number(text: &str) -> Result<(Token, &str), String> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let ends = |char: char| !(char.is_alphanumeric() || char == '.' || char == '_');
    let end = digits.find(ends).unwrap_or(digits.len());
    let length = text.len() - digits.len() + end;
    let (number, behind) = text.split_at(length);
    let token = if let Ok(int) = number.parse::<i64>() {
        Token::Int(int)
    } else if let Ok(double) = number.parse::<f64>() {
        Token::Double(double)
    } else {
        let duration = go::parse_duration(number)?.as_nanos();
        Token::Duration(u64::try_from(duration).unwrap_or(u64::MAX))
    };
    Ok((token, behind))
}

/// A word ends before a sign or a space, but not within quotes: `span."my key"`.
fn word(text: &str) -> Result<(Token, &str), String> {
    let mut is_quoted = false;
    let ends = |char: char| {
        is_quoted ^= char == '"';
        !is_quoted && (char.is_whitespace() || "{}()=!<>&|~,".contains(char))
    };
    let end = text.find(ends).unwrap_or(text.len());
    let (word, behind) = text.split_at(end);
    if word.is_empty() {
        return Err(format!("unexpected {text:?}"));
    }
    Ok((Token::Word(word.to_owned()), behind))
}
