//! What the wire formats promise, checked from outside.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod captures;
mod errors;
mod hostile;
mod messages;
mod samples;
mod unknown;
