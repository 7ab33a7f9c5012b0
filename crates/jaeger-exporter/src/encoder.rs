//! Spans as bytes, for the transports of this crate and for others.

use jaeger_wire::Process;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;

use crate::mapping::{self, Mapping};

/// Encodes batches of spans without sending them, for transports that this crate does not have.
///
/// Nothing is allocated per span, beside the text of arrays and trace states.
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
    /// An encoder for the spans of `resource`.
    pub fn new(resource: &Resource) -> Self {
        Self {
            process: mapping::process(resource),
            mapping: Mapping::default(),
        }
    }

    /// Sends the scope under its deprecated names `otel.library.name` and `otel.library.version`
    /// as well, for backends that know only those.
    #[must_use]
    pub fn with_library_tags(mut self) -> Self {
        self.mapping.library_tags = true;
        self
    }

    /// An encoder of an exporter that does not know its resource yet.
    pub(crate) fn unknown(mapping: Mapping) -> Self {
        Self {
            process: mapping::unknown_process(),
            mapping,
        }
    }

    /// Appends a `Batch` in Thrift's binary protocol, which is what Jaeger's collector takes as the
    /// body of `POST /api/traces`.
    #[cfg(any(feature = "http", feature = "udp"))]
    pub fn thrift_binary(&self, spans: &[SpanData], out: &mut Vec<u8>) {
        use jaeger_wire::thrift::binary;

        let mut mapper = mapping::ThriftSpans::new(self.mapping);
        binary::begin_batch(&self.process, spans.len(), out);
        for span in spans {
            binary::encode_span(mapper.map(span), out);
        }
        binary::end_batch(out);
    }

    /// Appends a `jaeger.api_v2.Batch` in protobuf.
    #[cfg(feature = "grpc")]
    pub fn protobuf(&self, spans: &[SpanData], out: &mut Vec<u8>) {
        use jaeger_wire::api_v2;

        let mut mapper = mapping::ProtobufSpans::new(self.mapping);
        for span in spans {
            api_v2::encode_span(mapper.map(span), out);
        }
        api_v2::encode_process(&self.process, out);
    }
}
