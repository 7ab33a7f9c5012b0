//! The code generated from `proto/api_v2/sampling.proto`.

#![allow(
    clippy::pedantic,
    clippy::let_underscore_must_use,
    clippy::allow_attributes_without_reason,
    missing_docs,
    unreachable_pub,
    reason = "generated"
)]

include!("generated/jaeger.api_v2.rs");
