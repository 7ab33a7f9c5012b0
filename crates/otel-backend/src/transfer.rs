//! Traces from files into the store, and from the store to files.

pub mod export;
pub mod import;
