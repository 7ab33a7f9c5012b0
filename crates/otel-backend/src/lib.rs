//! A small tracing backend in one process.
//!
//! It receives spans by OTLP, Jaeger's protocols and Zipkin, stores them on disk in SQLite, and
//! serves them through the query APIs of Jaeger and Tempo and a trace page. A developer can start
//! it instead of Jaeger all-in-one, and move on to a larger backend without changing a program.
//!
//! # Layout
//!
//! | module | contents | must never know |
//! |---|---|---|
//! | [`model`] | the validated span | formats, JSON |
//! | [`mod@format`] | OTLP, Jaeger and Zipkin: bytes and JSON to spans, and back | sockets, the store |
//! | [`receive`] | the receivers | the query side |
//! | [`forward`] | sending what was stored on to another endpoint | how it came |
//! | [`sampling`] | remote sampling for Jaeger's clients | spans |
//! | [`store`] | SQLite, blocks, indexes | HTTP, query APIs |
//! | [`query`] | questions and their answers | HTTP, SQL |
//! | [`api`] | the query APIs of Jaeger and Tempo, over HTTP and gRPC | SQL |
//! | [`ui`] | the trace page's files | everything else |
//! | [`transfer`] | traces from files and to them | SQL |
//! | [`metrics`] | the program's own metrics | |
//! | [`budget`] | bytes that may be in memory at once | |
//! | [`throttle`] | a limit on repeated log messages | |
//! | [`args`], [`config`], [`app`] | the program: flags, checked values, start and stop | |
//!
//! `tests/walls.rs` lists which of them may use which, and fails if one uses another.

pub mod api;
pub mod app;
pub mod args;
pub mod budget;
pub mod config;
pub mod format;
pub mod forward;
pub mod health;
pub mod metrics;
pub mod model;
pub mod query;
pub mod receive;
pub mod sampling;
pub mod store;
pub mod throttle;
pub mod transfer;
pub mod ui;
