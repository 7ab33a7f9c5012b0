//! Moves traces and log records from files to the store, and from the store to files and to the
//! shell.

pub mod export;
pub mod import;
pub mod logs;
pub mod query;
