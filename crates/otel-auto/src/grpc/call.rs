//! The span of a call, from its start to the call's status.

use std::time::Instant;

use opentelemetry::{ContextGuard, KeyValue, StringValue};
use tonic::Code;

use super::attributes::{GRPC, OTHER, RPC_METHOD, RPC_METHOD_ORIGINAL, RPC_RESPONSE_STATUS_CODE};
use super::outcome::Outcome;
use crate::instrumentation::RequestSpan;

/// The span of a call, which ends when this is dropped.
///
/// A call dropped before its status arrived counts as cancelled, or as having exceeded its deadline
/// if that has passed; grpc-java does the same.
#[derive(Debug)]
pub(super) struct CallSpan {
    span: RequestSpan,
    side: Side,
    deadline: Option<Instant>,
}

#[derive(Debug)]
pub(super) enum Side {
    Client,
    /// The method that the caller named. Only the router behind the layer knows if it exists, and
    /// shows that by its answer.
    Server(StringValue),
}

impl CallSpan {
    pub(super) fn new(span: RequestSpan, side: Side, deadline: Option<Instant>) -> Self {
        Self {
            span,
            side,
            deadline,
        }
    }

    /// Makes the context of a server span current on this thread until the guard is dropped.
    pub(super) fn attach(&self) -> Option<ContextGuard> {
        match self.side {
            Side::Server(_) => self.span.attach(),
            Side::Client => None,
        }
    }

    /// Ends the span with the status of the call.
    pub(super) fn end(mut self, outcome: &Outcome) {
        self.record(outcome);
    }

    /// Ends the span without a status.
    pub(super) fn fail(mut self, error_type: &'static str, description: &str) {
        self.record_method();
        self.span.fail(error_type, description);
    }

    /// Generated servers and tonic's router answer unknown methods with this code and no message.
    /// The name is then not recorded, so that callers cannot make up an unlimited number of span
    /// names.
    pub(super) fn name_unknown_method(&mut self, outcome: &Outcome) {
        let is_unknown = outcome.code == Code::Unimplemented && outcome.message.is_empty();
        let Side::Server(method) = &self.side else {
            return;
        };
        if let Some(span) = self.span.span().filter(|_| is_unknown) {
            span.update_name(GRPC);
            span.set_attribute(KeyValue::new(RPC_METHOD_ORIGINAL, method.clone()));
            self.side = Side::Server(OTHER.into());
        }
    }

    fn record(&mut self, outcome: &Outcome) {
        self.record_method();
        let expired = || {
            self.deadline
                .is_some_and(|deadline| deadline <= Instant::now())
        };
        if outcome.code == Code::Cancelled && expired() {
            let exceeded = Outcome::new(Code::DeadlineExceeded, outcome.message.as_str());
            return self.record_code(&exceeded);
        }
        self.record_code(outcome);
    }

    fn record_code(&mut self, outcome: &Outcome) {
        let code = outcome.name();
        self.span
            .answer(KeyValue::new(RPC_RESPONSE_STATUS_CODE, code));
        let failed = match self.side {
            Side::Client => outcome.is_error_of_client(),
            Side::Server(_) => outcome.is_error_of_server(),
        };
        if failed {
            self.span.fail(code, outcome.message.as_str());
        }
    }

    /// A client's method is recorded at the start.
    fn record_method(&self) {
        if let (Side::Server(method), Some(span)) = (&self.side, self.span.span()) {
            span.set_attribute(KeyValue::new(RPC_METHOD, method.clone()));
        }
    }
}

impl Drop for CallSpan {
    fn drop(&mut self) {
        if !self.span.is_open() {
            return;
        }
        if std::thread::panicking() {
            // The span is dropped, and its drop records the rest.
            self.record_method();
        } else {
            self.record(&Outcome::new(Code::Cancelled, "dropped before it ended"));
        }
    }
}
