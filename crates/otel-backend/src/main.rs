//! otel-backend.
fn main() {}
