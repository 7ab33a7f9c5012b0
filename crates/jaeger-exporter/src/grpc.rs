//! gRPC: `jaeger.api_v2.CollectorService/PostSpans`.

mod builder;
mod codec;
mod failure;
mod worker;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jaeger_wire::api_v2;

use crate::retry::Course;
use crate::transport::{Batch, Delivery, Sending, Transport};

pub use builder::GrpcBuilder;
use codec::Message;
use worker::Worker;

#[derive(Debug)]
struct GrpcTransport {
    worker: Worker,
    timeout: Duration,
    /// The size of the last batch, which is about that of the next.
    size: AtomicUsize,
}

impl Transport for GrpcTransport {
    fn send<'a>(&'a self, batch: Batch<'a>) -> Sending<'a> {
        Box::pin(async move {
            let course = Course::new(self.timeout);
            let spans = batch.len();
            let message = self.encode(batch);
            let (repetitions, result) = self.worker.post(message, course).await;
            Delivery::whole(spans, repetitions, result)
        })
    }

    fn close(&self) {
        self.worker.stop();
    }
}

impl GrpcTransport {
    /// Encodes the batch, and then what goes before it, which depends on its size.
    fn encode(&self, batch: Batch<'_>) -> Message {
        let mut encoded = Vec::with_capacity(self.size.load(Ordering::Relaxed));
        batch
            .encoder
            .write_protobuf(batch.spans.into_iter(), &mut encoded);
        self.size.store(encoded.len(), Ordering::Relaxed);
        let mut head = Vec::with_capacity(HEAD);
        api_v2::begin_post_spans(encoded.len(), &mut head);
        Message {
            head: head.into(),
            batch: encoded.into(),
        }
    }
}

/// Space for a field's header: the number and type, and a length of up to ten bytes.
const HEAD: usize = 11;
