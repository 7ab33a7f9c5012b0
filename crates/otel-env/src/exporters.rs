//! The exporters, and the addresses they send to.

use crate::batch::{self, Processor};
use crate::jaeger::{self, Family, Jaeger};
use crate::otlp::{self, Otlp};
use crate::reader::Reader;
use crate::variables::{OTLP_TRACES, TRACES_EXPORTER};

/// An exporter of spans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exporter {
    /// The OpenTelemetry protocol.
    Otlp(Otlp),
    /// One of Jaeger's own protocols.
    Jaeger(Jaeger),
    /// JSON on the standard output.
    Console,
}

/// An exporter that sends over the network gets batches.
pub(crate) fn read(reader: &mut Reader<'_>) -> Vec<Processor<Exporter>> {
    let exporters = exporters(reader);
    let batch = batch::spans(reader);
    let processor = |exporter| Processor {
        batch: (exporter != Exporter::Console).then_some(batch),
        exporter,
    };
    exporters.into_iter().map(processor).collect()
}

fn exporters(reader: &mut Reader<'_>) -> Vec<Exporter> {
    let named = reader.names(&TRACES_EXPORTER, |reader, name| match name {
        "otlp" => Some(Exporter::Otlp(otlp::read(reader, &OTLP_TRACES))),
        "jaeger" => Some(Exporter::Jaeger(jaeger::read(reader, Family::Any))),
        "jaeger_thrift" => Some(Exporter::Jaeger(jaeger::read(reader, Family::Thrift))),
        "jaeger_proto" => Some(Exporter::Jaeger(jaeger::read(reader, Family::Proto))),
        "console" => Some(Exporter::Console),
        _ => None,
    });
    named.unwrap_or_else(|| vec![Exporter::Otlp(otlp::read(reader, &OTLP_TRACES))])
}
