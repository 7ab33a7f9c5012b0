//! Regular expressions.

use regex::{Regex, RegexBuilder};

/// A regular expression that must match a whole text.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    regex: Regex,
    /// The approximate number of steps for each byte of a text, at worst.
    weight: usize,
}

impl Pattern {
    /// The largest size of a compiled pattern in bytes, and of its cache of states.
    const MAX_SIZE: usize = 256 * 1024;

    /// The approximate size of a state of a compiled pattern in bytes.
    const STATE: usize = 64;

    /// The most steps that one match may take, about a tenth of a second. If a text would take
    /// more, only its beginning is searched.
    const MAX_STEPS: usize = 16 << 20;

    /// Compiles a pattern; returns `None` if it is invalid or too large.
    pub(crate) fn new(pattern: &str) -> Option<Self> {
        // Compiles the pattern by itself first: `)(` would become valid inside a group.
        compile(pattern, Self::MAX_SIZE)?;
        let whole = format!("^(?:{pattern})$");
        let sizes = [
            Self::MAX_SIZE >> 6,
            Self::MAX_SIZE >> 4,
            Self::MAX_SIZE >> 2,
        ];
        sizes.into_iter().chain([Self::MAX_SIZE]).find_map(|size| {
            compile(&whole, size).map(|regex| Self {
                regex,
                weight: size / Self::STATE,
            })
        })
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        let end = text.floor_char_boundary(Self::MAX_STEPS / self.weight);
        self.regex.is_match(text.get(..end).unwrap_or(text))
    }

    /// The approximate number of steps of matching a text, at worst.
    pub(crate) fn steps(&self, text: &str) -> usize {
        text.len().saturating_mul(self.weight).min(Self::MAX_STEPS)
    }
}

fn compile(pattern: &str, size: usize) -> Option<Regex> {
    RegexBuilder::new(pattern)
        .size_limit(size)
        .dfa_size_limit(Pattern::MAX_SIZE)
        .dot_matches_new_line(true)
        .build()
        .ok()
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

    #[test]
    fn the_more_states_a_pattern_has_the_less_of_a_long_text_it_sees() {
        let text = format!("{}ab", "a".repeat(200_000));
        let small = Pattern::new("a*ab").unwrap();
        assert!(small.matches(&text));
        let large = Pattern::new("(?:a*ab|[ab]{900})").unwrap();
        assert!(large.weight > small.weight);
        assert!(!large.matches(&text));
        assert!(large.steps(&text) <= Pattern::MAX_STEPS);
    }
}
