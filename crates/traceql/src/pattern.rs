//! Regular expressions.

use regex::{Regex, RegexBuilder};

/// A regular expression that must match a whole text.
#[derive(Debug, Clone)]
pub(crate) struct Pattern(Regex);

impl Pattern {
    /// Bytes that a compiled pattern may take, and its cache of states besides.
    const MAX_SIZE: usize = 256 * 1024;

    /// Compiles a pattern; `None` if it is none, or too large.
    pub(crate) fn new(pattern: &str) -> Option<Self> {
        let compile = |pattern: &str| {
            RegexBuilder::new(pattern)
                .size_limit(Self::MAX_SIZE)
                .dfa_size_limit(Self::MAX_SIZE)
                .dot_matches_new_line(true)
                .build()
                .ok()
        };
        // By itself first: `)(` is no pattern.
        compile(pattern)?;
        compile(&format!("^(?:{pattern})$")).map(Self)
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_a_whole_text_or_not_at_all() {
        let matches = |pattern: &str, text: &str| Pattern::new(pattern).unwrap().matches(text);
        assert!(matches("st.*", "step\n2"));
        assert!(!matches("st", "step"));
        assert!(!matches("a|b", "ab"));
        for refused in ["[", ")(", "(a{1000}){1000}"] {
            assert!(Pattern::new(refused).is_none(), "{refused}");
        }
    }
}
