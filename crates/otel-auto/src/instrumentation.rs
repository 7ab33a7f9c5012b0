//! Code that the HTTP and gRPC instrumentations share: from the context of a request to the end of
//! its span.

pub(crate) mod address;
pub(crate) mod attributes;
pub(crate) mod carrier;
mod environment;
pub(crate) mod intern;
mod span;
mod tracer;

pub(crate) use environment::Environment;
pub(crate) use span::RequestSpan;
pub(crate) use tracer::{Description, Scope, SharedTracer};
