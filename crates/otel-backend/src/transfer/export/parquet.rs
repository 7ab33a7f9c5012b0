//! Spans as Parquet, a row each, for tools that ask about many of them. `docs/parquet.md` has the columns.

mod columns;

use std::io::{self, Write};
use std::sync::Arc;

use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{WriterProperties, WriterVersion};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use crate::format::otlp::{events_json, links_json};
use crate::model::{Span, StatusCode};
use columns::Columns;

/// The columns, in the order in which [`SpanFile::push`] fills them.
const SCHEMA: &str = "message spans {
    REQUIRED BYTE_ARRAY trace_id (STRING);
    REQUIRED BYTE_ARRAY span_id (STRING);
    OPTIONAL BYTE_ARRAY parent_span_id (STRING);
    REQUIRED BYTE_ARRAY service (STRING);
    REQUIRED BYTE_ARRAY name (STRING);
    REQUIRED BYTE_ARRAY kind (STRING);
    REQUIRED INT64 start_time (TIMESTAMP(NANOS,true));
    REQUIRED INT64 end_time (TIMESTAMP(NANOS,true));
    REQUIRED INT64 duration_ns;
    REQUIRED BYTE_ARRAY status (STRING);
    OPTIONAL BYTE_ARRAY status_message (STRING);
    OPTIONAL BYTE_ARRAY trace_state (STRING);
    REQUIRED INT64 flags;
    OPTIONAL BYTE_ARRAY scope_name (STRING);
    OPTIONAL BYTE_ARRAY scope_version (STRING);
    REQUIRED group attributes (MAP) {
        REPEATED group key_value {
            REQUIRED BYTE_ARRAY key (STRING);
            REQUIRED BYTE_ARRAY value (STRING);
        }
    }
    REQUIRED group resource (MAP) {
        REPEATED group key_value {
            REQUIRED BYTE_ARRAY key (STRING);
            REQUIRED BYTE_ARRAY value (STRING);
        }
    }
    REQUIRED BYTE_ARRAY events (STRING);
    REQUIRED BYTE_ARRAY links (STRING);
}";

/// Rows that are put together, unless they are large: what a reader skips or reads at once.
const ROWS: usize = 100_000;

/// Bytes of texts after which rows are put together whatever their number.
const BYTES: usize = 64 * 1024 * 1024;

/// A file that is being written.
pub(super) struct SpanFile<W: Write + Send> {
    file: SerializedFileWriter<W>,
    columns: Columns,
}

impl<W: Write + Send> SpanFile<W> {
    /// Begins a file.
    pub(super) fn new(out: W) -> io::Result<Self> {
        let schema = Arc::new(parse_message_type(SCHEMA).map_err(failed)?);
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_writer_version(WriterVersion::PARQUET_1_0)
            .set_created_by(concat!("otel-backend ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let file = SerializedFileWriter::new(out, schema, Arc::new(properties)).map_err(failed)?;
        let columns = Columns::of(file.schema_descr());
        Ok(Self { file, columns })
    }

    /// Adds a row.
    pub(super) fn push(&mut self, span: &Span<'_>) -> io::Result<()> {
        let scope = &span.scope;
        let mut row = self.columns.row();
        row.text(&span.trace_id.to_string())?;
        row.text(&span.span_id.to_string())?;
        row.optional(span.parent.map(|id| id.to_string()).as_deref())?;
        row.text(span.resource.service_name())?;
        row.text(&span.name)?;
        row.text(span.kind.as_str())?;
        row.number(nanos(span.start.0))?;
        row.number(nanos(span.end.0))?;
        row.number(i64::try_from(span.duration().as_nanos()).unwrap_or(i64::MAX))?;
        row.text(status(span.status.code))?;
        row.optional(not_empty(&span.status.message))?;
        row.optional(not_empty(&span.trace_state))?;
        row.number(span.flags.into())?;
        row.optional(not_empty(&scope.name))?;
        row.optional(not_empty(&scope.version))?;
        row.map(&span.attributes)?;
        row.map(&span.resource.attributes)?;
        row.text(&events_json(&span.events)?)?;
        row.text(&links_json(&span.links)?)?;
        if self.columns.rows() >= ROWS || self.columns.bytes() >= BYTES {
            self.write_rows()?;
        }
        Ok(())
    }

    /// Ends the file, without which nobody can read it.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.write_rows()?;
        let mut out = self.file.into_inner().map_err(failed)?;
        out.flush()
    }

    fn write_rows(&mut self) -> io::Result<()> {
        if self.columns.rows() == 0 {
            return Ok(());
        }
        let mut group = self.file.next_row_group().map_err(failed)?;
        let mut columns = self.columns.take().into_iter();
        while let Some(mut writer) = group.next_column().map_err(failed)? {
            if let Some(column) = columns.next() {
                column.write(writer.untyped())?;
            }
            writer.close().map_err(failed)?;
        }
        group.close().map(drop).map_err(failed)
    }
}

/// A time in a column, which ends in the year 2262.
fn nanos(time: u64) -> i64 {
    i64::try_from(time).unwrap_or(i64::MAX)
}

fn status(code: StatusCode) -> &'static str {
    match code {
        StatusCode::Unset => "unset",
        StatusCode::Ok => "ok",
        StatusCode::Error => "error",
    }
}

fn not_empty(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

fn failed(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(source) => io::Error::other(source),
        error => io::Error::other(error),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::model::{
        Attribute, Event, Resource, Scope, SpanId, SpanIds, SpanKind, Status, StatusCode, TraceId,
        UnixNanos, Value,
    };

    fn span(number: u8) -> Span<'static> {
        let ids = SpanIds {
            trace_id: TraceId::from_slice(&[number; 16]).unwrap(),
            span_id: SpanId::from_slice(&[number; 8]).unwrap(),
            parent: None,
        };
        let resource = Resource {
            attributes: vec![Attribute::new("service.name", Value::String("shop".into()))],
            ..Resource::default()
        };
        Span::new(ids, Arc::new(resource), Arc::new(Scope::default()))
    }

    fn rows(spans: &[Span<'_>]) -> Vec<Json> {
        let mut bytes = Vec::new();
        let mut file = SpanFile::new(&mut bytes).unwrap();
        for span in spans {
            file.push(span).unwrap();
        }
        file.finish().unwrap();
        let reader = SerializedFileReader::new(Bytes::from(bytes)).unwrap();
        let rows = reader.get_row_iter(None).unwrap();
        rows.map(|row| {
            let row = row.unwrap();
            let fields = row.get_column_iter();
            let fields = fields.map(|(name, field)| (name.clone(), json!(field.to_string())));
            fields.collect()
        })
        .collect()
    }

    #[test]
    fn each_span_is_a_row() {
        let whole = Span {
            parent: Some(SpanId::from_slice(&[7; 8]).unwrap()),
            name: "GET /".into(),
            kind: SpanKind::Server,
            start: UnixNanos(1_000),
            end: UnixNanos(1_500),
            status: Status {
                code: StatusCode::Error,
                message: "it broke".into(),
            },
            attributes: vec![
                Attribute::new("n", Value::Int(1)),
                Attribute::new("list", Value::Array(vec![Value::Bool(true)])),
                Attribute::new("n", Value::Int(2)),
            ],
            events: vec![Event {
                time: UnixNanos(1_100),
                name: "retry".into(),
                ..Event::default()
            }],
            ..span(1)
        };
        let rows = rows(&[whole, span(2)]);
        assert_eq!(rows.len(), 2);
        let (first, second) = (&rows[0], &rows[1]);
        for (column, expected) in [
            ("trace_id", format!("\"{}\"", "01".repeat(16))),
            ("parent_span_id", format!("\"{}\"", "07".repeat(8))),
            ("service", "\"shop\"".to_owned()),
            ("kind", "\"server\"".to_owned()),
            ("duration_ns", "500".to_owned()),
            ("status", "\"error\"".to_owned()),
            ("status_message", "\"it broke\"".to_owned()),
            // Of a key that is there twice, the last value counts: a map has it once.
            (
                "attributes",
                "{\"list\" -> \"[true]\", \"n\" -> \"2\"}".to_owned(),
            ),
            ("resource", "{\"service.name\" -> \"shop\"}".to_owned()),
            (
                "events",
                "\"[{\"timeUnixNano\":\"1100\",\"name\":\"retry\"}]\"".to_owned(),
            ),
            ("links", "\"[]\"".to_owned()),
        ] {
            assert_eq!(first[column], expected, "{column}");
        }
        assert_eq!(second["parent_span_id"], "null");
        assert_eq!(second["attributes"], "{}");
    }

    #[test]
    fn a_file_may_have_no_rows() {
        assert_eq!(rows(&[]), Vec::<Json>::new());
    }
}
