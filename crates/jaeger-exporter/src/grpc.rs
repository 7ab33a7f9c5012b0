//! gRPC: `jaeger.api_v2.CollectorService/PostSpans`.

mod builder;
mod codec;
mod failure;
mod worker;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use jaeger_wire::api_v2;

use crate::retry::Course;
use crate::transport::{Batch, Delivery, Sending, Transport};

pub use builder::GrpcBuilder;
use worker::Worker;

#[derive(Debug)]
struct GrpcTransport {
    worker: Worker,
    timeout: Duration,
    /// The encoded last batch, whose memory is reused.
    batch: Mutex<Vec<u8>>,
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
    /// Encodes the whole message. The batch comes first, because its length is needed for the
    /// field's header in front of it.
    fn encode(&self, batch: Batch<'_>) -> Bytes {
        let mut encoded = self.batch.lock().unwrap_or_else(PoisonError::into_inner);
        encoded.clear();
        batch
            .encoder
            .write_protobuf(batch.spans.into_iter(), &mut encoded);
        let mut message = Vec::with_capacity(encoded.len() + HEAD);
        api_v2::begin_post_spans(encoded.len(), &mut message);
        message.extend_from_slice(&encoded);
        message.into()
    }
}

/// Space for a field's header: the number and type, and a length of up to ten bytes.
const HEAD: usize = 11;
