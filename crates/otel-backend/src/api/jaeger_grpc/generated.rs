//! The code generated from the files in `proto`, inside the modules that it expects around it.

/// A `FileDescriptorSet` of all services and of what they need.
pub(super) const DESCRIPTORS: &[u8] = include_bytes!("generated/descriptors.bin");

#[allow(
    clippy::pedantic,
    clippy::let_underscore_must_use,
    clippy::allow_attributes_without_reason,
    missing_docs,
    unreachable_pub,
    reason = "generated"
)]
pub(super) mod jaeger {
    pub(in crate::api::jaeger_grpc) mod api_v2 {
        include!("generated/jaeger.api_v2.rs");
    }
    pub(in crate::api::jaeger_grpc) mod api_v3 {
        include!("generated/jaeger.api_v3.rs");
    }
    pub(in crate::api::jaeger_grpc) mod expression {
        pub(in crate::api::jaeger_grpc) mod v1 {
            include!("generated/jaeger.expression.v1.rs");
        }
    }
}
