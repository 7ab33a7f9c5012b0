//! The code generated from the file in `proto/tempopb`.

/// A `FileDescriptorSet` of the service and of what it needs.
pub(in crate::api) const DESCRIPTORS: &[u8] = include_bytes!("generated/descriptors.bin");

#[allow(
    clippy::pedantic,
    clippy::enum_variant_names,
    clippy::let_underscore_must_use,
    clippy::allow_attributes_without_reason,
    missing_docs,
    unreachable_pub,
    reason = "generated"
)]
pub(super) mod tempopb {
    include!("generated/tempopb.rs");
}
