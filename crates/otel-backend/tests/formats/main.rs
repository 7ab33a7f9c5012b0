//! The formats, given any bytes at all: what is read is kept, what cannot be read is an error, and
//! neither takes more memory than the bytes can justify.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod corpus;
mod hostile;
mod random;
mod round_trip;
