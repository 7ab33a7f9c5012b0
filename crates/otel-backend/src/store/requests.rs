//! Batches as OTLP's requests, for those to whom they are forwarded.

use std::borrow::Cow;

use super::Signals;
use crate::format::otlp::{ResourceScope, write_groups, write_log};

/// Spans or log records as an `ExportTraceServiceRequest` or an `ExportLogsServiceRequest`.
#[derive(Debug, PartialEq, Eq)]
pub struct Request {
    /// The message in protobuf.
    pub bytes: Vec<u8>,
    /// The number of its spans or log records.
    pub number: usize,
}

impl Request {
    /// Only the number.
    #[must_use]
    pub fn without_bytes(self) -> Self {
        Self {
            bytes: Vec::new(),
            ..self
        }
    }
}

/// Puts messages into requests of about so many bytes.
#[derive(Debug)]
struct Requests<'a> {
    size: usize,
    groups: Vec<(ResourceScope<'a>, Vec<Cow<'a, [u8]>>)>,
    /// Bytes of the messages, and of the resources and scopes.
    used: usize,
    number: usize,
    done: Vec<Request>,
}

impl Signals {
    /// The batch as requests of about `size` bytes each, in its order.
    pub fn requests(&self, size: usize) -> Vec<Request> {
        let mut requests = Requests {
            size,
            groups: Vec::new(),
            used: 0,
            number: 0,
            done: Vec::new(),
        };
        match self {
            Self::Spans(batch) => {
                for row in &batch.rows {
                    if let Some(group) = batch.groups.get(row.group) {
                        requests.push(group.head(), Cow::Borrowed(batch.span(row)));
                    }
                }
            }
            Self::Logs(batch) => {
                for piece in batch.pieces() {
                    let mut message = Vec::new();
                    write_log(&piece.entry, piece.rest, &mut message);
                    requests.push(piece.head, Cow::Owned(message));
                }
            }
        }
        requests.finish()
    }
}

impl<'a> Requests<'a> {
    fn push(&mut self, head: ResourceScope<'a>, message: Cow<'a, [u8]>) {
        if self.used + message.len() > self.size {
            self.end();
        }
        self.used += message.len();
        self.number += 1;
        match self.groups.last_mut() {
            Some((last, messages)) if *last == head => messages.push(message),
            _ => {
                self.used += head.resource.len() + head.scope.len();
                self.groups.push((head, vec![message]));
            }
        }
    }

    /// Ends the request that is being made, if anything is in it.
    fn end(&mut self) {
        if self.number == 0 {
            return;
        }
        let mut bytes = Vec::with_capacity(self.used);
        let groups = self.groups.iter();
        let groups = groups.map(|(head, messages)| (*head, messages.iter().map(AsRef::as_ref)));
        write_groups(groups, &mut bytes);
        self.done.push(Request {
            bytes,
            number: self.number,
        });
        self.groups.clear();
        (self.used, self.number) = (0, 0);
    }

    fn finish(mut self) -> Vec<Request> {
        self.end();
        self.done
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
    use opentelemetry_proto::tonic::resource::v1::Resource;
    use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
    use prost::Message as _;

    use super::*;
    use crate::format::otlp::{decode_logs, decode_traces};
    use crate::store::{BatchBuilder, LogBatchBuilder};

    fn span(number: u8) -> Span {
        Span {
            trace_id: vec![number; 16],
            span_id: vec![number; 8],
            name: format!("operation {number}"),
            start_time_unix_nano: 1,
            end_time_unix_nano: 2,
            ..Span::default()
        }
    }

    fn traces(schema: &str, numbers: &[u8]) -> ResourceSpans {
        ResourceSpans {
            resource: Some(Resource::default()),
            schema_url: schema.to_owned(),
            scope_spans: vec![ScopeSpans {
                scope: Some(
                    opentelemetry_proto::tonic::common::v1::InstrumentationScope::default(),
                ),
                spans: numbers.iter().copied().map(span).collect(),
                ..ScopeSpans::default()
            }],
        }
    }

    fn batch(request: &ExportTraceServiceRequest) -> Signals {
        let bytes = request.encode_to_vec();
        let mut builder = BatchBuilder::default();
        for incoming in decode_traces(&bytes).unwrap() {
            let incoming = incoming.unwrap();
            builder.push(&incoming.span, incoming.message);
        }
        builder.finish().into()
    }

    #[test]
    fn spans_go_out_as_they_came() {
        let request = ExportTraceServiceRequest {
            resource_spans: vec![traces("a", &[1, 2]), traces("b", &[3])],
        };
        let requests = batch(&request).requests(1 << 20);
        assert_eq!(requests.len(), 1);
        assert_eq!(requests[0].number, 3);
        let decoded = ExportTraceServiceRequest::decode(requests[0].bytes.as_slice()).unwrap();
        assert_eq!(decoded, request);
    }

    #[test]
    fn a_large_batch_goes_out_in_parts() {
        let numbers: Vec<u8> = (1..=100).collect();
        let request = ExportTraceServiceRequest {
            resource_spans: vec![traces("a", &numbers)],
        };
        let requests = batch(&request).requests(1000);
        assert!(requests.len() > 4);
        let mut found = Vec::new();
        for request in requests {
            assert!(request.bytes.len() < 1100 && request.number > 1);
            let decoded = ExportTraceServiceRequest::decode(request.bytes.as_slice()).unwrap();
            for resource in decoded.resource_spans {
                assert_eq!(resource.schema_url, "a");
                let spans = resource
                    .scope_spans
                    .into_iter()
                    .flat_map(|scope| scope.spans);
                found.extend(spans.map(|span| span.span_id[0]));
            }
        }
        assert_eq!(found, numbers);
    }

    #[test]
    fn a_span_larger_than_a_request_goes_out_alone() {
        let request = ExportTraceServiceRequest {
            resource_spans: vec![traces("a", &[1, 2])],
        };
        let numbers: Vec<_> = batch(&request)
            .requests(1)
            .iter()
            .map(|r| r.number)
            .collect();
        assert_eq!(numbers, [1, 1]);
    }

    #[test]
    fn log_records_go_out_as_they_came() {
        let record = LogRecord {
            time_unix_nano: 5,
            observed_time_unix_nano: 7,
            severity_number: 13,
            severity_text: "warn".to_owned(),
            trace_id: vec![1; 16],
            span_id: vec![2; 8],
            event_name: "paid".to_owned(),
            ..LogRecord::default()
        };
        let without_ids = LogRecord {
            time_unix_nano: 0,
            trace_id: Vec::new(),
            span_id: Vec::new(),
            ..record.clone()
        };
        let request = ExportLogsServiceRequest {
            resource_logs: vec![ResourceLogs {
                resource: Some(Resource::default()),
                scope_logs: vec![ScopeLogs {
                    scope: Some(
                        opentelemetry_proto::tonic::common::v1::InstrumentationScope::default(),
                    ),
                    log_records: vec![record, without_ids],
                    ..ScopeLogs::default()
                }],
                ..ResourceLogs::default()
            }],
        };
        let bytes = request.encode_to_vec();
        let mut builder = LogBatchBuilder::default();
        for incoming in decode_logs(&bytes).unwrap() {
            let incoming = incoming.unwrap();
            builder.push(&incoming.record, incoming.message);
        }
        let requests = Signals::from(builder.finish()).requests(1 << 20);
        assert_eq!(requests[0].number, 2);
        let decoded = ExportLogsServiceRequest::decode(requests[0].bytes.as_slice()).unwrap();
        assert_eq!(decoded, request);
    }
}
