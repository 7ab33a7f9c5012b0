//! Substitution of environment variables in the scalars of a file.
//!
//! <https://opentelemetry.io/docs/specs/otel/configuration/data-model/#environment-variable-substitution>

/// Replaces each `${NAME}`, `${env:NAME}` and `${NAME:-default}` in `text`, from left to right, and
/// each `$$` by `$`. Substituted values are not substituted again. The error is an invalid
/// reference.
pub(super) fn substitute(
    text: &str,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<String, String> {
    let parts: Result<Vec<_>, _> = text.split("$$").map(|part| replace(part, lookup)).collect();
    Ok(parts?.join("$"))
}

fn replace(text: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut replaced = String::new();
    let mut rest = text;
    while let Some((before, reference, after)) = next_reference(rest) {
        replaced.push_str(before);
        let (name, default) = parse(reference).ok_or_else(|| format!("${{{reference}}}"))?;
        let value = lookup(name).filter(|value| !value.is_empty());
        replaced.push_str(value.as_deref().unwrap_or(default));
        rest = after;
    }
    replaced.push_str(rest);
    Ok(replaced)
}

/// The text before the next reference, the content of its braces, and the text after it.
fn next_reference(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("${")?;
    let (reference, after) = rest.split_once('}')?;
    (!reference.is_empty()).then_some((before, reference, after))
}

/// The name of the variable and its default, which is empty if there is none.
fn parse(reference: &str) -> Option<(&str, &str)> {
    let reference = reference.strip_prefix("env:").unwrap_or(reference);
    let (name, default) = reference.split_once(":-").unwrap_or((reference, ""));
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_name = name.chars().all(is_word) && !name.starts_with(|c: char| c.is_ascii_digit());
    (is_name && !name.is_empty() && !default.contains('\n')).then_some((name, default))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn variables(name: &str) -> Option<String> {
        let value = match name {
            "STRING_VALUE" => "value",
            "FLOAT_VALUE" => "1.1",
            "INVALID_MAP_VALUE" => "value\nkey:value",
            "DO_NOT_REPLACE_ME" => "Never use this value",
            "REPLACE_ME" => "${DO_NOT_REPLACE_ME}",
            "VALUE_WITH_ESCAPE" => "value$$",
            "EMPTY" => "",
            _ => return None,
        };
        Some(value.to_owned())
    }

    /// The rows of the specification's table that concern text.
    #[test]
    fn references_are_replaced_as_the_specification_shows() {
        let cases = [
            ("${STRING_VALUE}", "value"),
            ("${env:STRING_VALUE}", "value"),
            ("${INVALID_MAP_VALUE}", "value\nkey:value"),
            ("foo ${STRING_VALUE} ${FLOAT_VALUE}", "foo value 1.1"),
            ("${UNDEFINED_KEY}", ""),
            ("${UNDEFINED_KEY:-fallback}", "fallback"),
            ("${EMPTY:-fallback}", "fallback"),
            ("${REPLACE_ME}", "${DO_NOT_REPLACE_ME}"),
            ("${UNDEFINED_KEY:-${STRING_VALUE}}", "${STRING_VALUE}"),
            ("$${STRING_VALUE}", "${STRING_VALUE}"),
            ("$$${STRING_VALUE}", "$value"),
            ("$$$${STRING_VALUE}", "$${STRING_VALUE}"),
            ("$${STRING_VALUE:-fallback}", "${STRING_VALUE:-fallback}"),
            (
                "$${STRING_VALUE:-${STRING_VALUE}}",
                "${STRING_VALUE:-value}",
            ),
            (
                "${UNDEFINED_KEY:-$${UNDEFINED_KEY}}",
                "${UNDEFINED_KEY:-${UNDEFINED_KEY}}",
            ),
            ("${VALUE_WITH_ESCAPE}", "value$$"),
            ("a $$ b", "a $ b"),
            ("a $ b", "a $ b"),
        ];
        for (text, expected) in cases {
            assert_eq!(
                substitute(text, &variables).as_deref(),
                Ok(expected),
                "{text}"
            );
        }
    }

    #[test]
    fn a_reference_that_is_none_is_an_error() {
        for text in [
            "${STRING_VALUE:?error}",
            "${1API_KEY}",
            "${API_$KEY}",
            "${sys:name}",
            "${ A }",
        ] {
            assert_eq!(substitute(text, &variables), Err(text.to_owned()));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "[${}:a-z_\n-]{0,32}") {
            let replaced = substitute(&text, &|_| None);
            if !text.contains('$') {
                prop_assert_eq!(replaced, Ok(text));
            }
        }
    }
}
