//! One span, from its start to an end that cannot be missed.

use opentelemetry::trace::{SpanRef, Status, TraceContextExt};
use opentelemetry::{Context, ContextGuard, KeyValue, StringValue};

use super::attributes::ERROR_TYPE;

/// The span of one request, ended when this is dropped.
///
/// A request that is dropped without an answer, because its peer went away, a timeout dropped its
/// future or its handler panicked, ends as an error that says so.
#[derive(Debug)]
pub(crate) struct RequestSpan {
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

impl RequestSpan {
    /// Takes over the span of `context`.
    pub(crate) fn recording(context: Context) -> Self {
        Self {
            context: Some(context),
            state: State::Open,
        }
    }

    /// Passes `context` on to the request's work, if there is one, and records nothing.
    pub(crate) fn silent(context: Option<Context>) -> Self {
        let state = State::Silent;
        Self { context, state }
    }

    pub(crate) fn is_recording(&self) -> bool {
        self.state != State::Silent
    }

    /// What is recorded of an answer, if anything is.
    pub(crate) fn span(&self) -> Option<SpanRef<'_>> {
        let context = self.context.as_ref().filter(|_| self.is_recording());
        context.map(TraceContextExt::span)
    }

    /// The context in which the request's work runs; none but that of the caller is `None`.
    pub(crate) fn context(&self) -> Option<&Context> {
        self.context.as_ref()
    }

    /// Makes the context current on this thread, until the guard is dropped.
    pub(crate) fn attach(&self) -> Option<ContextGuard> {
        self.context.clone().map(Context::attach)
    }

    /// Records the status code that answers the request.
    pub(crate) fn answer(&mut self, status: KeyValue) {
        let Some(span) = self.span() else { return };
        span.set_attribute(status);
        self.state = State::Answered;
    }

    /// Records that the request failed.
    pub(crate) fn fail(
        &mut self,
        error_type: impl Into<StringValue>,
        description: impl Into<String>,
    ) {
        let Some(span) = self.span() else { return };
        span.set_attribute(KeyValue::new(ERROR_TYPE, error_type.into()));
        span.set_status(Status::error(description.into()));
        self.state = State::Answered;
    }

    /// True if nothing has been recorded yet of how a request ended that is recorded.
    pub(crate) fn is_open(&self) -> bool {
        self.state == State::Open
    }
}

impl Drop for RequestSpan {
    fn drop(&mut self) {
        if self.is_open() {
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
