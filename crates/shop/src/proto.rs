//! The code generated from `proto/payment.proto`. It is committed, so that a build needs no generator; the
//! test `generated` writes it anew.

#![allow(
    clippy::pedantic,
    clippy::allow_attributes_without_reason,
    clippy::let_underscore_must_use,
    missing_docs,
    unreachable_pub,
    reason = "generated"
)]

include!("proto/shop.rs");
