//! Encodes spans to bytes, for the transports of this crate and for others.

use std::borrow::Borrow;

use jaeger_wire::Process;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;

use crate::mapping::{self, Mapping};

/// Encodes batches of spans without sending them, for transports that this crate does not have.
///
/// The only memory it allocates is for the caller's buffer, if that is too small, and for the text
/// of arrays and trace states.
///
/// ```
/// # use opentelemetry_sdk::{Resource, trace::SpanData};
/// fn send(body: &[u8]) { /* over a transport of your own */ }
///
/// fn export(resource: &Resource, spans: &[SpanData]) {
///     let mut body = Vec::new();
///     jaeger_exporter::Encoder::new(resource).thrift_binary(spans, &mut body);
///     send(&body);
/// }
/// # export(&Resource::builder().build(), &[]);
/// ```
#[derive(Debug, Clone)]
pub struct Encoder {
    pub(crate) process: Process<'static>,
    pub(crate) mapping: Mapping,
}

impl Encoder {
    /// Makes an encoder for the spans of `resource`.
    pub fn new(resource: &Resource) -> Self {
        Self {
            process: mapping::process(resource),
            mapping: Mapping::default(),
        }
    }

    /// Also sends the scope under its deprecated names `otel.library.name` and
    /// `otel.library.version`, for backends that know only those.
    #[must_use]
    pub fn with_library_tags(mut self) -> Self {
        self.mapping.library_tags = true;
        self
    }

    /// Makes the encoder of an exporter that has not been told its resource yet.
    pub(crate) fn unknown(mapping: Mapping) -> Self {
        Self {
            process: mapping::unknown_process(),
            mapping,
        }
    }

    /// Appends a `Batch` in Thrift's binary protocol, the body that Jaeger's collector expects for
    /// `POST /api/traces`.
    #[cfg(any(feature = "http", feature = "udp"))]
    pub fn thrift_binary(&self, spans: &[SpanData], out: &mut Vec<u8>) {
        self.write_thrift_binary(spans.iter(), out);
    }

    /// Appends a `jaeger.api_v2.Batch` in protobuf.
    #[cfg(feature = "grpc")]
    pub fn protobuf(&self, spans: &[SpanData], out: &mut Vec<u8>) {
        self.write_protobuf(spans.iter(), out);
    }

    /// Like [`thrift_binary`](Self::thrift_binary). Spans that are passed by value are freed one by
    /// one, while they are still in the processor's cache.
    #[cfg(any(feature = "http", feature = "udp"))]
    pub(crate) fn write_thrift_binary<S: Borrow<SpanData>>(
        &self,
        spans: impl ExactSizeIterator<Item = S>,
        out: &mut Vec<u8>,
    ) {
        use jaeger_wire::thrift::binary;

        binary::begin_batch(&self.process, spans.len(), out);
        for span in spans {
            binary::encode_span(&self.mapping.thrift(span.borrow()), out);
        }
        binary::end_batch(out);
    }

    /// Like [`protobuf`](Self::protobuf); see [`write_thrift_binary`](Self::write_thrift_binary).
    #[cfg(feature = "grpc")]
    pub(crate) fn write_protobuf<S: Borrow<SpanData>>(
        &self,
        spans: impl Iterator<Item = S>,
        out: &mut Vec<u8>,
    ) {
        use jaeger_wire::api_v2;

        for span in spans {
            api_v2::encode_span(&self.mapping.protobuf(span.borrow()), out);
        }
        api_v2::encode_process(&self.process, out);
    }
}
