//! Code shared by the query APIs: envelopes, parameters, ids, and the sending of answers.

pub(super) mod admission;
pub(super) mod answer;
pub(super) mod envelope;
pub(super) mod go;
pub(super) mod grpc;
pub(super) mod ids;
pub(super) mod outlet;
pub(super) mod pairs;
pub(super) mod summary;
pub(super) mod trace_response;
mod turns;
