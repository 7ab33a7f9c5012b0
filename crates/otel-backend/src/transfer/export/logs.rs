//! Writes log records of the data directory as OTLP's JSON.

use std::io::{self, Write};

use super::ExportError;
use crate::format::otlp::LogsJson;
use crate::model::{LogRecord, Severity};
use crate::query::{Selection, walk_logs};
use crate::store::{LogScope, Reader};

/// Writes the records of these services, times and traces, as lines of `LogsData` with some records
/// each; returns the number of records.
pub(super) fn write(
    reader: &Reader,
    selection: &Selection,
    out: &mut impl Write,
    write_error: impl Fn(io::Error) -> ExportError,
) -> Result<usize, ExportError> {
    let traces = selection.traces.iter().map(|id| Some(*id));
    let all = selection.traces.is_empty().then_some(None);
    let mut written = 0;
    for trace in traces.chain(all) {
        let scope = LogScope {
            service: selection.service.clone(),
            from: selection.from,
            to: selection.to,
            severity: Severity::MIN,
            trace,
        };
        walk_logs(reader, &scope, |records: &[LogRecord<'_>]| {
            written += records.len();
            let line = serde_json::to_string(&LogsJson::new(records));
            line.map_err(io::Error::other)
                .and_then(|line| writeln!(out, "{line}"))
                .map_err(&write_error)
        })?;
    }
    out.flush().map_err(&write_error)?;
    Ok(written)
}
