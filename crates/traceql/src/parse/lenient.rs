//! Parses queries that are still being typed.

use super::{COMPARISONS, Parser};
use crate::lexer::{Spanned, Token};
use crate::syntax::Expr;
use crate::{Field, Value, check};

/// The condition of the first selector of a query, without comparisons that are not finished yet.
///
/// Returns `None` if there is no selector, or if it cannot be parsed.
pub fn parse_lenient(query: &str) -> Option<Expr> {
    let mut parser = Parser::new(query).ok()?;
    parser.tokens = finished(std::mem::take(&mut parser.tokens))?;
    let expr = parser.selector().ok()?;
    check::selector(&expr).ok()?;
    Some(expr)
}

/// The tokens of the first selector, with the gaps filled.
fn finished(tokens: Vec<Spanned>) -> Option<Vec<Spanned>> {
    let mut tokens = tokens.into_iter().skip_while(|spanned| !is(spanned, "{"));
    tokens.next()?;
    let inside = tokens.take_while(|spanned| !is(spanned, "}") && spanned.token != Token::End);
    let mut filled: Vec<Spanned> = vec![symbol("{")];
    let mut open = 0_usize;
    for spanned in inside {
        match &spanned.token {
            Token::Symbol("&&" | "||" | ")") => fill(&mut filled),
            Token::Symbol("(") => open += 1,
            _ => {}
        }
        if is(&spanned, ")") {
            open = open.checked_sub(1)?;
        }
        filled.push(spanned);
    }
    fill(&mut filled);
    filled.extend((0..open).map(|_| symbol(")")));
    filled.extend([symbol("}"), with(Token::End)]);
    Some(filled)
}

/// Replaces an unfinished comparison at the end by `true`.
fn fill(tokens: &mut Vec<Spanned>) {
    let is_comparison = |spanned: &Spanned| match &spanned.token {
        Token::Symbol(symbol) => {
            matches!(*symbol, "=~" | "!~") || COMPARISONS.iter().any(|c| c.symbol() == *symbol)
        }
        _ => false,
    };
    if tokens.pop_if(|last| is_comparison(last)).is_some() || lacks_operator(tokens) {
        tokens.pop_if(|last| is_field(last));
    }
    if matches!(
        tokens.last().map(|last| &last.token),
        Some(Token::Symbol("{" | "(" | "&&" | "||"))
    ) {
        tokens.push(with(Token::Literal(Value::Bool(true))));
    }
}

/// Returns true if the last token is a field that is not compared with anything yet.
fn lacks_operator(tokens: &[Spanned]) -> bool {
    let mut last = tokens.iter().rev();
    let field = last.next().is_some_and(is_field);
    let before = last.next().map(|spanned| &spanned.token);
    field && matches!(before, Some(Token::Symbol("{" | "(" | "&&" | "||")))
}

fn is_field(spanned: &Spanned) -> bool {
    match &spanned.token {
        Token::Field(_) => true,
        Token::Word(word) => crate::Intrinsic::from_name(word)
            .map(Field::Intrinsic)
            .is_some(),
        _ => false,
    }
}

fn is(spanned: &Spanned, symbol: &str) -> bool {
    matches!(spanned.token, Token::Symbol(at) if at == symbol)
}

fn symbol(symbol: &'static str) -> Spanned {
    with(Token::Symbol(symbol))
}

fn with(token: Token) -> Spanned {
    Spanned {
        token,
        start: 0,
        end: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comparisons_that_are_not_finished_ask_nothing() {
        let read = |query: &str| parse_lenient(query).map(|expr| expr.to_string());
        let whole = Some("(span.a = `x`) && true".to_owned());
        for query in [
            "{ span.a = \"x\" && name = }",
            "{span.a=\"x\" && name=",
            "{span.a=`x` && ",
            "{span.a=`x` && .b }",
        ] {
            assert_eq!(read(query), whole, "{query}");
        }
        assert_eq!(read("{"), Some("true".to_owned()));
        assert_eq!(read("{ (name = "), Some("true".to_owned()));
        assert_eq!(
            read("{ name = \"a\" } | rate()"),
            Some("name = `a`".to_owned())
        );
        for unreadable in [
            "",
            "name = 1",
            "{ name = \"",
            "{ duration > \"1s\" }",
            "{ ) }",
        ] {
            assert_eq!(read(unreadable), None, "{unreadable}");
        }
    }
}
