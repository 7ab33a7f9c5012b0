//! An answer of lines within a budget of tokens.

use std::fmt::Write as _;

/// The lines of an answer. The first gives totals; the last tells what was left out.
#[derive(Debug)]
pub(super) struct Lines {
    text: String,
    /// The bytes left for lines.
    room: usize,
    left_out: usize,
}

/// The size of an answer in tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Budget {
    /// A size that suits agents.
    Usual,
    /// The largest size that every client accepts, for requests that give a number.
    Most,
}

/// The approximate number of bytes per token; text with many digits and signs has three.
const TOKEN: usize = 3;

/// The bytes reserved for the last line.
const LAST: usize = 400;

impl Budget {
    /// The budget for a request that gives, or does not give, a number of its own.
    pub(super) fn of(is_asked_for: bool) -> Self {
        if is_asked_for {
            Self::Most
        } else {
            Self::Usual
        }
    }

    fn bytes(self) -> usize {
        let tokens = match self {
            Self::Usual => 2_000,
            Self::Most => 8_000,
        };
        tokens * TOKEN - LAST
    }
}

impl Lines {
    pub(super) fn new(budget: Budget) -> Self {
        Self {
            text: String::new(),
            room: budget.bytes(),
            left_out: 0,
        }
    }

    /// Adds a line. Returns false if there is no room: then this line and all following ones are
    /// left out.
    pub(super) fn push(&mut self, line: impl AsRef<str>) -> bool {
        let line = line.as_ref();
        if self.left_out > 0 || self.text.len() + line.len() >= self.room {
            self.left_out += 1;
            return false;
        }
        self.text.push_str(line);
        self.text.push('\n');
        true
    }

    /// Counts items that are not shown.
    pub(super) fn leave_out(&mut self, count: usize) {
        self.left_out += count;
    }

    /// The number of items left out so far.
    pub(super) fn left_out(&self) -> usize {
        self.left_out
    }

    /// The complete answer. If items were left out, `what` names them and `how` tells how to get
    /// them.
    pub(super) fn end(mut self, what: &str, how: &str) -> String {
        if self.left_out > 0 {
            let room = LAST.saturating_sub(60);
            let how: String = how.chars().take(room).collect();
            // Writing to a string cannot fail.
            write!(self.text, "left out: {} {what}; {how}", self.left_out).ok();
        }
        self.text.truncate(self.text.trim_end().len());
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_ends_within_its_budget_and_says_what_is_missing() {
        for (budget, tokens) in [(Budget::Usual, 2_000), (Budget::Most, 8_000)] {
            let mut lines = Lines::new(budget);
            let line = "x".repeat(99);
            let shown = (0..10_000).filter(|_| lines.push(&line)).count();
            let text = lines.end("lines", &"how ".repeat(1_000));
            assert!(text.len() <= tokens * TOKEN, "{}", text.len());
            assert!(text.len() > tokens * TOKEN * 8 / 10, "{}", text.len());
            let last = text.lines().last().unwrap();
            assert!(last.starts_with(&format!("left out: {} lines; how", 10_000 - shown)));
        }
    }
}
