//! opentelemetry-jaeger 0.22, the retired exporter.

#![expect(deprecated, reason = "it is")]

use std::cell::RefCell;
use std::rc::Rc;

use async_trait::async_trait;
use bytes::Bytes;
use futures_executor::block_on;
use http_02::{Request, Response};
use opentelemetry_http_012::{HttpClient, HttpError};
use opentelemetry_jaeger::{Exporter, new_agent_pipeline, new_collector_pipeline};
use opentelemetry_sdk_023::export::trace::SpanExporter as _;
use opentelemetry_sdk_023::runtime::TokioCurrentThread;
use opentelemetry_sdk_023::trace::Config;

use crate::sink::Sink;
use crate::spans::batch;
use crate::spans::retired::{resource, span};
use crate::subject::{Subject, Task};

pub(crate) fn subjects(sink: &Sink) -> Vec<Subject> {
    let config = || Config::default().with_resource(resource());
    let collector = || {
        new_collector_pipeline()
            .with_endpoint(sink.http_url("/api/traces"))
            .with_trace_config(config())
    };
    let encoder = collector()
        .with_http_client(Discard)
        .build_collector_exporter::<TokioCurrentThread>();
    let http = collector()
        .with_reqwest_blocking()
        .build_collector_exporter::<TokioCurrentThread>();
    let udp = new_agent_pipeline()
        .with_endpoint(format!("127.0.0.1:{}", sink.udp_port()))
        .with_auto_split_batch(true)
        .with_trace_config(config())
        .build_sync_agent_exporter();
    let built = "the sink's address is one";
    vec![
        exporter(
            Task::Encode,
            "opentelemetry-jaeger 0.22, Thrift binary",
            encoder.expect(built),
        ),
        exporter(
            Task::Http,
            "opentelemetry-jaeger 0.22, Thrift",
            http.expect(built),
        ),
        exporter(
            Task::Udp,
            "opentelemetry-jaeger 0.22, compact",
            udp.expect(built),
        ),
    ]
}

fn exporter(task: Task, name: &'static str, exporter: Exporter) -> Subject {
    let exporter = Rc::new(RefCell::new(exporter));
    Subject::new(task, name, move |spans| {
        let batch = batch(spans, span);
        let exporter = exporter.clone();
        Box::new(move || {
            block_on(exporter.borrow_mut().export(batch)).expect("the sink takes everything");
        })
    })
}

/// A client that sends nothing, so that only the encoding is left.
#[derive(Debug)]
struct Discard;

#[async_trait]
impl HttpClient for Discard {
    async fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Bytes>, HttpError> {
        std::hint::black_box(request.body());
        Ok(Response::new(Bytes::new()))
    }
}
