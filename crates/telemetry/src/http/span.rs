//! One HTTP span, from its start to an end that cannot be missed.

use opentelemetry::trace::{Status, TraceContextExt};
use opentelemetry::{Context, KeyValue};

use super::attributes::{ERROR_TYPE, HTTP_RESPONSE_STATUS_CODE};

/// The span of one request, ended when this is dropped.
///
/// A request that is dropped without an answer, because its peer went away, a timeout dropped its
/// future or its handler panicked, ends as an error that says so.
#[derive(Debug)]
pub(super) struct HttpSpan {
    context: Context,
    answered: bool,
}

impl HttpSpan {
    /// Takes over the span of `context`.
    pub(super) fn new(context: Context) -> Self {
        Self {
            context,
            answered: false,
        }
    }

    /// The context in which the request's work runs.
    pub(super) fn context(&self) -> &Context {
        &self.context
    }

    /// Records the status that answers the request; `failed` says whether the convention counts
    /// it as an error.
    pub(super) fn answer(&mut self, status: http::StatusCode, failed: bool) {
        self.answered = true;
        let span = self.context.span();
        let code = i64::from(status.as_u16());
        span.set_attribute(KeyValue::new(HTTP_RESPONSE_STATUS_CODE, code));
        if failed {
            span.set_attribute(KeyValue::new(ERROR_TYPE, status.as_str().to_owned()));
            // The description stays empty: the code says it all.
            span.set_status(Status::error(""));
        }
    }

    /// Records a failure other than a status code.
    pub(super) fn fail(&mut self, error_type: &'static str, description: String) {
        self.answered = true;
        let span = self.context.span();
        span.set_attribute(KeyValue::new(ERROR_TYPE, error_type));
        span.set_status(Status::error(description));
    }
}

impl Drop for HttpSpan {
    fn drop(&mut self) {
        if !self.answered {
            if std::thread::panicking() {
                self.fail("panic", "the handler panicked".to_owned());
            } else {
                self.fail("cancelled", "dropped before it was answered".to_owned());
            }
        }
        self.context.span().end();
    }
}
