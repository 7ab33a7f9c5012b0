#![no_main]

#[path = "../../tests/support/again.rs"]
#[allow(dead_code)]
mod again;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| again::api_v2(bytes));
