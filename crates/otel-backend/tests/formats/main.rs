//! Tests the formats with arbitrary bytes: what is read is preserved, what cannot be read is an
//! error, and the memory is bounded by the length of the input.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod corpus;
mod hostile;
mod random;
mod round_trip;
