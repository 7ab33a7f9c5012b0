//! Tests of the wire formats through the public interface.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod allocations;
mod captures;
mod corpus;
mod errors;
mod exhaustive;
mod generated;
mod hostile;
mod json;
mod lists;
mod messages;
mod oracle;
mod properties;
mod round_trip;
mod samples;
mod strategies;
mod unknown;
