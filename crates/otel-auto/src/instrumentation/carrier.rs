//! The context in the headers of a request, or in the metadata of a call.

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::propagation::{Extractor, Injector};
use opentelemetry::{Context, global};

use super::environment::Environment;

/// The caller's context, if the headers may hold one.
pub(crate) fn extract(headers: &HeaderMap) -> Option<Context> {
    let may_carry = Environment::get().is_none_or(|environment| environment.may_carry(headers));
    let extract =
        || global::get_text_map_propagator(|propagator| propagator.extract(&Reader(headers)));
    may_carry.then(extract)
}

/// Writes `context`, or the current context, to the headers of a request.
pub(crate) fn inject(context: Option<&Context>, headers: &mut HeaderMap) {
    let context = context.cloned().unwrap_or_else(Context::current);
    global::get_text_map_propagator(|propagator| {
        propagator.inject_context(&context, &mut Writer(headers));
    });
}

/// The names that are asked for with each request.
static KNOWN: [HeaderName; 3] = [
    TRACEPARENT,
    HeaderName::from_static("tracestate"),
    HeaderName::from_static("baggage"),
];

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The first value of a header.
pub(crate) fn first<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a HeaderValue> {
    all(headers, name).next()
}

/// All values of a header. Comparing the few names of a request is faster than hashing.
fn all<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a HeaderValue> {
    let headers = headers.iter();
    headers.filter_map(move |(found, value)| (found == name).then_some(value))
}

/// The value of a header that counts: the first, but none of several `traceparent`, since they name
/// different callers.
fn value<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a HeaderValue> {
    let mut values = all(headers, name);
    let first = values.next()?;
    (*name != TRACEPARENT || values.next().is_none()).then_some(first)
}

/// Headers as a source for propagators.
struct Reader<'a>(&'a HeaderMap);

/// Headers as a target of propagators. Empty values are skipped: `TraceContextPropagator` sets
/// `tracestate` even if there is none.
struct Writer<'a>(&'a mut HeaderMap);

impl Extractor for Reader<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        let value = match KNOWN.iter().find(|name| name.as_str() == key) {
            Some(name) => value(self.0, name),
            None => self.0.get(key),
        };
        value?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }

    fn get_all(&self, key: &str) -> Option<Vec<&str>> {
        let values = self.0.iter().filter(|(name, _)| name.as_str() == key);
        let values: Vec<_> = values
            .filter_map(|(_, value)| value.to_str().ok())
            .collect();
        (!values.is_empty()).then_some(values)
    }
}

impl Injector for Writer<'_> {
    fn set(&mut self, name: &str, value: String) {
        let name = HeaderName::try_from(name).ok();
        let value = HeaderValue::try_from(value).ok();
        if let (Some(name), Some(value)) = (name, value.filter(|value| !value.is_empty())) {
            self.0.insert(name, value);
        }
    }
}
