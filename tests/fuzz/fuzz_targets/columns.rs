//! Groups of columns, which the store reads from its file.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[allow(dead_code, reason = "each target runs one of its functions")]
#[path = "../../../crates/otel-backend/tests/formats/round_trip.rs"]
mod round_trip;

fuzz_target!(|bytes: &[u8]| round_trip::columns(bytes));
