//! A span that always ends.

use opentelemetry::trace::{SpanRef, Status, TraceContextExt};
use opentelemetry::{Context, ContextGuard, KeyValue, StringValue};

use super::attributes::ERROR_TYPE;

/// The span of a request, which ends when this is dropped.
///
/// A request dropped without an answer ends with an error; its client has gone, a timeout dropped
/// its future, or its handler panicked.
#[derive(Debug)]
pub(crate) struct RequestSpan {
    context: Option<Context>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    /// Nothing is recorded.
    Silent,
    Open,
    Answered,
}

impl RequestSpan {
    /// Takes over the span in `context`.
    pub(crate) fn recording(context: Context) -> Self {
        Self {
            context: Some(context),
            state: State::Open,
        }
    }

    /// Makes `context` current for the request's work, if there is one, without recording a span.
    pub(crate) fn silent(context: Option<Context>) -> Self {
        let state = State::Silent;
        Self { context, state }
    }

    pub(crate) fn is_recording(&self) -> bool {
        self.state != State::Silent
    }

    /// The span, if it is recorded.
    pub(crate) fn span(&self) -> Option<SpanRef<'_>> {
        let context = self.context.as_ref().filter(|_| self.is_recording());
        context.map(TraceContextExt::span)
    }

    /// The context for the request's work; `None` means the caller's.
    pub(crate) fn context(&self) -> Option<&Context> {
        self.context.as_ref()
    }

    /// Makes the context current on this thread until the guard is dropped.
    pub(crate) fn attach(&self) -> Option<ContextGuard> {
        self.context.clone().map(Context::attach)
    }

    /// Records the status code of the response.
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

    /// True if the request is recorded and has no outcome yet.
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
