//! opentelemetry-otlp, the exporter for backends that accept OTLP.

use std::rc::Rc;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::trace::SpanExporter as _;
use tokio::runtime::{Builder, Runtime};

use crate::sink::Sink;
use crate::spans::batch;
use crate::spans::current::{resource, span};
use crate::subject::{Subject, Task};

pub(crate) fn subjects(sink: &Sink) -> Vec<Subject> {
    let http = || {
        SpanExporter::builder()
            .with_http()
            .with_endpoint(sink.http_url("/v1/traces"))
    };
    // tonic must be built inside a runtime. One thread is enough, since the export waits for it
    // anyway.
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let runtime = Rc::new(runtime);
    let grpc = {
        let _inside = runtime.enter();
        SpanExporter::builder()
            .with_tonic()
            .with_endpoint(sink.grpc_url())
            .build()
    };
    vec![
        exporter(
            Task::Encode,
            "opentelemetry-otlp 0.33, protobuf",
            http().with_http_client(Discard).build(),
            &runtime,
        ),
        exporter(
            Task::Http,
            "opentelemetry-otlp 0.33, protobuf",
            http().build(),
            &runtime,
        ),
        exporter(Task::Grpc, "opentelemetry-otlp 0.33", grpc, &runtime),
    ]
}

fn exporter(
    task: Task,
    name: &'static str,
    exporter: Result<SpanExporter, ExporterBuildError>,
    runtime: &Rc<Runtime>,
) -> Subject {
    let mut exporter = exporter.expect("the sink's address is one");
    exporter.set_resource(&resource());
    let (exporter, runtime) = (Rc::new(exporter), runtime.clone());
    Subject::new(task, name, move |spans| {
        let batch = batch(spans, span);
        let (exporter, runtime) = (exporter.clone(), runtime.clone());
        Box::new(move || {
            let export = exporter.export(batch);
            let done = match task {
                Task::Grpc => runtime.block_on(export),
                // A blocking client refuses to run inside a runtime.
                Task::Encode | Task::Http | Task::Udp => futures_executor::block_on(export),
            };
            done.expect("the sink takes everything");
        })
    })
}

/// A client that sends nothing, so that only the encoding is left.
#[derive(Debug)]
struct Discard;

#[async_trait]
impl HttpClient for Discard {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        std::hint::black_box(request.body());
        Ok(Response::new(Bytes::new()))
    }
}
