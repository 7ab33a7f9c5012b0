//! The context that a request carries.

use http::{HeaderMap, HeaderName};
use opentelemetry::propagation::Extractor;
use opentelemetry::{Context, global};

use crate::http::environment::Environment;

/// The caller's context, if the request may carry one.
pub(super) fn context(headers: &HeaderMap) -> Option<Context> {
    let may_carry = Environment::get().is_none_or(|environment| environment.may_carry(headers));
    let extract =
        || global::get_text_map_propagator(|propagator| propagator.extract(&Headers(headers)));
    may_carry.then(extract)
}

/// Headers for the propagators. The names of those that come with every request are not parsed
/// with every request.
struct Headers<'a>(&'a HeaderMap);

impl Headers<'_> {
    fn named(&self, name: &HeaderName) -> Option<&str> {
        self.0.get(name)?.to_str().ok()
    }
}

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        match key {
            "traceparent" => self.named(&HeaderName::from_static("traceparent")),
            "tracestate" => self.named(&HeaderName::from_static("tracestate")),
            "baggage" => self.named(&HeaderName::from_static("baggage")),
            _ => self.0.get(key)?.to_str().ok(),
        }
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }

    fn get_all(&self, key: &str) -> Option<Vec<&str>> {
        let values = self.0.get_all(key).iter();
        let values: Vec<_> = values.filter_map(|value| value.to_str().ok()).collect();
        (!values.is_empty()).then_some(values)
    }
}
