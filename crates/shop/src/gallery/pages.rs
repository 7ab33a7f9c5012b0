//! The addresses of the pages that show the exhibits.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::check::{Outcome, number};
use super::exhibit::Page;

/// Characters that a terminal would not take as part of an address, or a browser not as part of a
/// value.
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

/// The path of a trace's page in otel-backend and Jaeger.
pub(super) const OWN: &str = "/trace/{trace_id}";

/// The pages of a backend, and the seconds since 1970 within which everything was shown.
pub(super) struct Pages {
    /// The address of a trace's page, with `{trace_id}` in it.
    pub(super) trace: String,
    /// True if the backend is known to support TraceQL.
    pub(super) has_traceql: bool,
    pub(super) began: u64,
    pub(super) ended: u64,
}

impl Pages {
    /// The page that shows an exhibit.
    pub(super) fn exhibit(&self, outcome: &Outcome) -> String {
        let exhibit = outcome.exhibit;
        let Some(trace) = outcome.traces.last() else {
            return self.search(exhibit.query).unwrap_or_default();
        };
        let page = self.trace.replace("{trace_id}", trace);
        let found = outcome.found.as_ref();
        let span = found.and_then(|found| found.get(&number(trace)));
        match (exhibit.page, span, self.search(exhibit.query)) {
            (Page::Span, Some(span), Some(_)) => format!("{page}?uiFind={span}"),
            (Page::Search, Some(_), Some(search)) => search,
            _ => page,
        }
    }

    /// The search for what a query finds in what was shown, which otel-backend alone has a page for.
    pub(super) fn search(&self, query: &str) -> Option<String> {
        let url = self.trace.strip_suffix(OWN).filter(|_| self.has_traceql)?;
        let Self { began, ended, .. } = self;
        let query = utf8_percent_encode(query, RESERVED);
        Some(format!(
            "{url}/search?q={query}&limit=1500&start={began}000000&end={ended}000000"
        ))
    }
}
