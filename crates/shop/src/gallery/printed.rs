//! Extracts the spans from the output of the roles.

use std::collections::HashMap;

/// The printed spans of each trace, keyed by trace id in hexadecimal.
///
/// A span starts at a line with only `{` and ends at a line with only `}`.
pub(super) fn by_trace(output: &str) -> HashMap<String, String> {
    let mut traces: HashMap<String, String> = HashMap::new();
    let mut span = String::new();
    for line in output.lines() {
        if line == "{" {
            span.clear();
        }
        span.push_str(line);
        span.push('\n');
        if line == "}"
            && let Some(trace) = trace_of(&span)
        {
            traces.entry(trace).or_default().push_str(&span);
        }
    }
    traces
}

/// The first trace id in a span is its own; those of its links come later.
fn trace_of(span: &str) -> Option<String> {
    let (_, rest) = span.split_once("\"trace_id\": \"0x")?;
    let (digits, _) = rest.split_once('"')?;
    Some(digits.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_sorted_by_their_own_trace() {
        let span = |trace: &str, link: &str| {
            format!(
                "{{\n    \"trace_id\": \"0x{trace}\",\n    \"link\": \"trace_id\": \"0x{link}\"\n}}\n"
            )
        };
        let (first, second, third) = (span("a1", "b2"), span("b2", "a1"), span("a1", "c3"));
        let output = format!("cart listens on http://…\n{first}{{\"a\":1}}\n{second}{third}{{\n");
        let traces = by_trace(&output);
        assert_eq!(traces.len(), 2);
        assert_eq!(traces["a1"], format!("{first}{third}"));
        assert_eq!(traces["b2"], second);
    }
}
