//! Thrift over HTTP: `POST /api/traces` with a batch in Thrift's binary protocol.

mod addresses;
mod builder;
mod failure;

use std::io::Read;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use http::HeaderMap;
use http::header::{CONTENT_TYPE, HeaderValue};
use ureq::{Agent, Body};

use crate::endpoint::Endpoint;
use crate::retry::Course;
use crate::transport::{Batch, Delivery, Sending, Transport};

use addresses::Addresses;
pub use builder::HttpBuilder;
use failure::Failure;

/// Jaeger's collector also accepts "application/x-thrift".
const THRIFT_BINARY: HeaderValue = HeaderValue::from_static("application/vnd.apache.thrift.binary");
/// The most bytes that are read of an answer: enough for its reason, and for the connection to be
/// reused.
const ANSWER_LIMIT: u64 = 4096;

#[derive(Debug)]
struct HttpTransport {
    agent: Agent,
    addresses: Addresses,
    endpoint: Endpoint,
    headers: HeaderMap,
    timeout: Duration,
    /// The body of the last request, whose memory is reused.
    body: Mutex<Vec<u8>>,
}

impl Transport for HttpTransport {
    fn send<'a>(&'a self, batch: Batch<'a>) -> Sending<'a> {
        Box::pin(async move { self.send_blocking(batch) })
    }

    fn close(&self) {
        self.agent.clone().shutdown();
    }
}

impl HttpTransport {
    /// Blocks the calling thread, which the SDK provides for this; it works with and without a
    /// runtime.
    fn send_blocking(&self, batch: Batch<'_>) -> Delivery {
        let mut course = Course::new(self.timeout);
        let mut body = self.body.lock().unwrap_or_else(PoisonError::into_inner);
        body.clear();
        let spans = batch.len();
        batch
            .encoder
            .write_thrift_binary(batch.spans.into_iter(), &mut body);
        let result = loop {
            let Err(failure) = self.post(&body, course.remaining()) else {
                break Ok(());
            };
            match course.pause(failure.retry()) {
                Some(pause) => thread::sleep(pause),
                None => break Err(failure),
            }
        };
        Delivery::whole(spans, course.repetitions(), result)
    }

    fn post(&self, body: &[u8], limit: Duration) -> Result<(), Failure> {
        let mut request = self.agent.post(self.endpoint.as_str());
        if let Some(headers) = request.headers_mut() {
            headers.clone_from(&self.headers);
            headers.insert(CONTENT_TYPE, THRIFT_BINARY);
        }
        let mut response = request
            .config()
            .timeout_global(Some(limit))
            .build()
            .send(body)
            .map_err(|error| {
                self.addresses.forget();
                Failure::from_error(error, &self.endpoint, self.timeout)
            })?;
        let answer = read_answer(response.body_mut());
        if response.status().is_success() {
            return Ok(());
        }
        Err(Failure::from_answer(
            response.status(),
            response.headers(),
            &answer,
            &self.endpoint,
        ))
    }
}

/// Reads the answer to its end, so that the connection can be reused. If the answer is too long or
/// breaks off, only the connection is lost: the status has arrived.
fn read_answer(body: &mut Body) -> Vec<u8> {
    let mut answer = Vec::new();
    body.as_reader()
        .take(ANSWER_LIMIT)
        .read_to_end(&mut answer)
        .ok();
    answer
}
