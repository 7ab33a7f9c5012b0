//! The exporters of log records.

use crate::batch::{self, Processor};
use crate::otlp::{self, Otlp};
use crate::reader::Reader;
use crate::variables::{LOGS_EXPORTER, OTLP_LOGS};

/// The exporters of log records, with their batching.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Logs {
    /// The exporters with their batching; empty for none.
    pub processors: Vec<Processor<LogsExporter>>,
}

/// An exporter of log records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogsExporter {
    /// The OpenTelemetry protocol.
    Otlp(Box<Otlp>),
    /// JSON on the standard output.
    Console,
}

/// The default is none, unlike the specification's `otlp`: a user who asks for traces has not asked
/// for logs.
pub(crate) fn read(reader: &mut Reader<'_>) -> Logs {
    let exporters = reader.names(&LOGS_EXPORTER, |reader, name| match name {
        "otlp" => Some(LogsExporter::Otlp(Box::new(otlp::read(reader, &OTLP_LOGS)))),
        "console" => Some(LogsExporter::Console),
        _ => None,
    });
    let batch = batch::logs(reader);
    let processor = |exporter| Processor {
        batch: (exporter != LogsExporter::Console).then_some(batch),
        exporter,
    };
    Logs {
        processors: exporters.into_iter().flatten().map(processor).collect(),
    }
}
