//! otel-backend.
