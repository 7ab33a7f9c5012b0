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
    let names = reader.list(&TRACES_EXPORTER).unwrap_or_default();
    let mut exporters: Vec<Exporter> = Vec::new();
    for name in &names {
        let exporter = match name.to_ascii_lowercase().as_str() {
            "none" => {
                reader.none_stands_alone(&TRACES_EXPORTER, &names);
                return Vec::new();
            }
            "otlp" => Exporter::Otlp(otlp::read(reader, &OTLP_TRACES)),
            "jaeger" => Exporter::Jaeger(jaeger::read(reader, Family::Any)),
            "jaeger_thrift" => Exporter::Jaeger(jaeger::read(reader, Family::Thrift)),
            "jaeger_proto" => Exporter::Jaeger(jaeger::read(reader, Family::Proto)),
            "console" => Exporter::Console,
            _ => {
                reader.refuse(&TRACES_EXPORTER, name);
                continue;
            }
        };
        if !exporters.contains(&exporter) {
            exporters.push(exporter);
        }
    }
    if exporters.is_empty() {
        exporters.push(Exporter::Otlp(otlp::read(reader, &OTLP_TRACES)));
    }
    exporters
}
