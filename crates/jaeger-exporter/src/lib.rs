//! jaeger-exporter.
