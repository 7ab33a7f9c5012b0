//! How fields of JSON are written that JSON's own types do not fit.

use serde::Serializer;

/// A number of 64 bits as text, since many readers keep only 53 of them.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
pub(in crate::api) fn as_text<S: Serializer>(
    number: &u64,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(number)
}

/// Whether a number is left out, as protobuf's JSON mapping leaves out what is zero.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
pub(in crate::api) fn is_zero(number: &usize) -> bool {
    *number == 0
}
