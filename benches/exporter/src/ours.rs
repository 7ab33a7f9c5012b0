//! jaeger-exporter.

use std::cell::RefCell;
use std::rc::Rc;

use futures_executor::block_on;
use jaeger_exporter::{Encoder, SpanExporter};
use opentelemetry_sdk::trace::{SpanData, SpanExporter as _};

use crate::sink::Sink;
use crate::spans::batch;
use crate::spans::current::{resource, span};
use crate::subject::{Subject, Task};

pub(crate) fn subjects(sink: &Sink) -> Vec<Subject> {
    let http = SpanExporter::http()
        .with_env(|_| None)
        .with_endpoint(sink.http_url("/api/traces"));
    let grpc = SpanExporter::grpc()
        .with_env(|_| None)
        .with_endpoint(sink.grpc_url());
    let udp = SpanExporter::udp()
        .with_env(|_| None)
        .with_host("127.0.0.1")
        .with_port(sink.udp_port());
    vec![
        encoder("ours, Thrift binary", Encoder::thrift_binary, true),
        encoder(
            "ours, Thrift binary, spans not freed",
            Encoder::thrift_binary,
            false,
        ),
        encoder("ours, protobuf", Encoder::protobuf, true),
        Subject::new(Task::Encode, "nothing: spans freed", |spans| {
            let batch = batch(spans, span);
            Box::new(move || drop(batch))
        }),
        exporter(Task::Http, "ours, Thrift", http.build()),
        exporter(Task::Udp, "ours, compact", udp.build()),
        exporter(Task::Grpc, "ours", grpc.build()),
    ]
}

/// Encoding alone. Other exporters free the spans they encode; the variant that does so is compared
/// with them, and the other one shows the cost of encoding by itself.
fn encoder(
    name: &'static str,
    encode: impl Fn(&Encoder, &[SpanData], &mut Vec<u8>) + Copy + 'static,
    free: bool,
) -> Subject {
    let encoder = Rc::new(Encoder::new(&resource()));
    let buffer = Rc::new(RefCell::new(Vec::new()));
    let kept = Rc::new(RefCell::new(None));
    Subject::new(Task::Encode, name, move |spans| {
        let batch = batch(spans, span);
        let (encoder, buffer, kept) = (encoder.clone(), buffer.clone(), kept.clone());
        kept.take();
        Box::new(move || {
            let mut buffer = buffer.borrow_mut();
            buffer.clear();
            encode(&encoder, &batch, &mut buffer);
            std::hint::black_box(&buffer);
            if !free {
                kept.replace(Some(batch));
            }
        })
    })
}

fn exporter(
    task: Task,
    name: &'static str,
    exporter: Result<SpanExporter, jaeger_exporter::BuildError>,
) -> Subject {
    let mut exporter = exporter.expect("the sink's address is one");
    exporter.set_resource(&resource());
    let exporter = Rc::new(exporter);
    Subject::new(task, name, move |spans| {
        let batch = batch(spans, span);
        let exporter = exporter.clone();
        Box::new(move || {
            block_on(exporter.export(batch)).expect("the sink takes everything");
        })
    })
}
