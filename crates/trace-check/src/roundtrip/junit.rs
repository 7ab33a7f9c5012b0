//! The result of a round trip as `JUnit` XML, for continuous integration.
//!
//! Format: <https://github.com/testmoapp/junitxml>

use std::fmt::Write as _;

use super::kinds::kinds;
use super::{LaneState, Outcome, Verdict};

/// Writes a test case for each protocol and API, and for each search.
pub fn text(outcome: &Outcome) -> String {
    let mut cases = String::new();
    let (mut tests, mut failures, mut skipped) = (0, 0, 0);
    let mut case = |class: &str, name: &str, result: Case| {
        tests += 1;
        let body = match result {
            Case::Passed => String::new(),
            Case::Failed(text) => {
                failures += 1;
                format!("<failure message=\"{0}\">{0}</failure>", escaped(&text))
            }
            Case::Skipped(text) => {
                skipped += 1;
                format!("<skipped message=\"{}\"/>", escaped(&text))
            }
        };
        let _infallible = writeln!(
            cases,
            "  <testcase classname=\"{}\" name=\"{}\">{body}</testcase>",
            escaped(class),
            escaped(name)
        );
    };
    for lane in &outcome.lanes {
        let class = format!("roundtrip.{}", lane.protocol.name());
        match &lane.state {
            LaneState::NotOffered(reason) if outcome.settings.all_required => {
                case(&class, "send", Case::Failed(reason.clone()));
            }
            LaneState::NotOffered(reason) => case(&class, "send", Case::Skipped(reason.clone())),
            LaneState::Failed(reason) => case(&class, "send", Case::Failed(reason.clone())),
            LaneState::Checked => case(&class, "send", Case::Passed),
        }
        for (api, view) in &lane.views {
            let kinds = kinds(std::iter::once((lane.protocol, *api, view)));
            let defects: Vec<_> = kinds.iter().map(ToString::to_string).collect();
            let result = if defects.is_empty() {
                Case::Passed
            } else {
                Case::Failed(defects.join("\n"))
            };
            case(&class, api.name(), result);
        }
    }
    for search in &outcome.searches {
        let result = match search.verdict {
            Verdict::Right => Case::Passed,
            Verdict::Known => Case::Skipped("known for this backend".to_owned()),
            Verdict::Wrong if search.must_match => Case::Failed("does not match".to_owned()),
            Verdict::Wrong => Case::Failed("matches".to_owned()),
        };
        case("search", search.name, result);
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuite name=\"trace-check\" tests=\"{tests}\" failures=\"{failures}\" \
         skipped=\"{skipped}\">\n{cases}</testsuite>\n"
    )
}

enum Case {
    Passed,
    Failed(String),
    Skipped(String),
}

/// Escapes text for XML 1.0, which does not allow control characters.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            control if control.is_control() => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn what_xml_cannot_hold_is_escaped_or_replaced() {
        assert_eq!(
            escaped("<a b=\"c\">&\n\0"),
            "&lt;a b=&quot;c&quot;&gt;&amp;&#10;\u{fffd}"
        );
    }
}
