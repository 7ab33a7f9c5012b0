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

/// Headers as a source for propagators.
struct Reader<'a>(&'a HeaderMap);

/// Headers as a target of propagators. Empty values are skipped: `TraceContextPropagator` sets
/// `tracestate` even if there is none.
struct Writer<'a>(&'a mut HeaderMap);

impl Extractor for Reader<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        // Comparing every name is faster than parsing and hashing the key.
        let mut headers = self.0.iter();
        let (_, value) = headers.find(|(name, _)| name.as_str().eq_ignore_ascii_case(key))?;
        value.to_str().ok()
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

impl Injector for Writer<'_> {
    fn set(&mut self, name: &str, value: String) {
        let name = HeaderName::try_from(name).ok();
        let value = HeaderValue::try_from(value).ok();
        if let (Some(name), Some(value)) = (name, value.filter(|value| !value.is_empty())) {
            self.0.insert(name, value);
        }
    }
}
