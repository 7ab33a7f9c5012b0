//! The addresses of pages that show what was shown.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::check::{Outcome, number};
use super::exhibit::Page;

/// What a terminal would not take for a part of an address, or a browser not for a part of a value.
const RESERVED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'+')
    .add(b'<')
    .add(b'>')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The trace page, and the seconds since 1970 within which everything was shown.
pub(super) struct Pages<'a> {
    pub(super) url: &'a str,
    pub(super) began: u64,
    pub(super) ended: u64,
}

impl Pages<'_> {
    /// The page that shows an exhibit.
    pub(super) fn exhibit(&self, outcome: &Outcome) -> String {
        let (exhibit, url) = (outcome.exhibit, self.url);
        let Some(trace) = outcome.traces.last() else {
            return self.search(exhibit.query);
        };
        let found = outcome.found.as_ref();
        let span = found.and_then(|found| found.get(&number(trace)));
        match (exhibit.page, span) {
            (Page::Span, Some(span)) => format!("{url}/trace/{trace}?uiFind={span}"),
            (Page::Search, Some(_)) => self.search(exhibit.query),
            _ => format!("{url}/trace/{trace}"),
        }
    }

    /// The search for what a query finds in what was shown.
    pub(super) fn search(&self, query: &str) -> String {
        let Self { url, began, ended } = self;
        let query = utf8_percent_encode(query, RESERVED);
        format!("{url}/search?q={query}&limit=1500&start={began}000000&end={ended}000000")
    }
}
