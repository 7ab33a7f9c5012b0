//! One HTTP span, from its start to an end that cannot be missed.

use http::StatusCode;
use opentelemetry::trace::{SpanRef, Status, TraceContextExt};
use opentelemetry::{Context, ContextGuard, KeyValue};

use super::attributes::{ERROR_TYPE, HTTP_RESPONSE_STATUS_CODE};

/// The span of one request, ended when this is dropped.
///
/// A request that is dropped without an answer, because its peer went away, a timeout dropped its
/// future or its handler panicked, ends as an error that says so.
#[derive(Debug)]
pub(super) struct HttpSpan {
    context: Option<Context>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    /// Nothing is recorded, so nothing need be said.
    Silent,
    Open,
    Answered,
}

impl HttpSpan {
    /// Takes over the span of `context`.
    pub(super) fn recording(context: Context) -> Self {
        Self {
            context: Some(context),
            state: State::Open,
        }
    }

    /// Passes `context` on to the request's work, if there is one, and records nothing.
    pub(super) fn silent(context: Option<Context>) -> Self {
        let state = State::Silent;
        Self { context, state }
    }

    pub(super) fn is_recording(&self) -> bool {
        self.state != State::Silent
    }

    /// What is recorded of an answer, if anything is.
    pub(super) fn span(&self) -> Option<SpanRef<'_>> {
        let context = self.context.as_ref().filter(|_| self.is_recording());
        context.map(TraceContextExt::span)
    }

    /// The context in which the request's work runs; none but that of the caller is `None`.
    pub(super) fn context(&self) -> Option<&Context> {
        self.context.as_ref()
    }

    /// Makes the context current on this thread, until the guard is dropped.
    pub(super) fn attach(&self) -> Option<ContextGuard> {
        self.context.clone().map(Context::attach)
    }

    /// Records the status that answers the request; `failed` says whether the convention counts
    /// it as an error.
    pub(super) fn answer(&mut self, status: StatusCode, failed: bool) {
        let Some(span) = self.span() else { return };
        let code = i64::from(status.as_u16());
        span.set_attribute(KeyValue::new(HTTP_RESPONSE_STATUS_CODE, code));
        if failed {
            span.set_attribute(KeyValue::new(ERROR_TYPE, status.as_str().to_owned()));
            // The description stays empty: the code says it all.
            span.set_status(Status::error(""));
        }
        self.state = State::Answered;
    }

    /// Records a failure other than a status code.
    pub(super) fn fail(&mut self, error_type: &'static str, description: impl Into<String>) {
        let Some(span) = self.span() else { return };
        span.set_attribute(KeyValue::new(ERROR_TYPE, error_type));
        span.set_status(Status::error(description.into()));
        self.state = State::Answered;
    }
}

impl Drop for HttpSpan {
    fn drop(&mut self) {
        if self.state == State::Open {
            if std::thread::panicking() {
                self.fail("panic", "the handler panicked");
            } else {
                self.fail("cancelled", "dropped before it was answered");
            }
        }
        if let Some(span) = self.span() {
            span.end();
        }
    }
}
