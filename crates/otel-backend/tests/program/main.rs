//! Tests of the whole program: started, used over its ports, killed, started again.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod as_jaeger;
mod ask;
mod attacks;
mod base_path;
mod clients;
mod durability;
mod forward;
mod full_disk;
mod grpc;
mod grpc_query;
mod health;
mod http_answers;
mod http_errors;
mod http_searches;
mod jaeger;
mod kills;
mod limits;
mod logs;
mod mcp;
mod metrics;
mod process;
mod protocols;
mod python;
mod query;
mod robustness;
mod sampling;
mod search_cases;
mod start;
mod storage_suite;
mod support;
mod tempo;
mod tempo_streaming;
mod traceql;
mod transfer;
mod zipkin;
