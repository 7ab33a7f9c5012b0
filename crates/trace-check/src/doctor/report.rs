//! The report of an examination, for people and for programs.

use super::{Examination, State};
use crate::say::say;

/// A line for each hop, and the advice for the one that fails.
pub fn text(examination: &Examination) -> String {
    let mut out = String::new();
    for hop in &examination.hops {
        let mark = match hop.state {
            State::Fine => "ok",
            State::NotChecked => "-",
            State::Failed(_) => "FAIL",
        };
        say!(&mut out, "{mark:4}  {:9}  {}", hop.stage.name(), hop.seen);
        if let State::Failed(failure) = &hop.state {
            say!(&mut out, "{:17}what to do: {}", "", failure.advice);
        }
    }
    if examination.failure().is_none() {
        out.push_str("every hop that was checked works\n");
    }
    out
}

/// The report as a JSON object.
///
/// # Errors
/// In practice it does not fail, since all parts can be written as JSON.
pub fn json(examination: &Examination) -> serde_json::Result<String> {
    serde_json::to_string_pretty(examination)
}
