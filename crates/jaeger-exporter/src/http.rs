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

/// "application/x-thrift" is the other name that Jaeger's collector takes.
const THRIFT_BINARY: HeaderValue = HeaderValue::from_static("application/vnd.apache.thrift.binary");
/// How much of an answer is read: enough to show its reason and to keep the connection.
const ANSWER_LIMIT: u64 = 4096;

#[derive(Debug)]
struct HttpTransport {
    agent: Agent,
    addresses: Addresses,
    endpoint: Endpoint,
    headers: HeaderMap,
    timeout: Duration,
    /// The body of the last request; its memory serves the next one.
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
    /// Blocks the thread: the SDK has one for this. No runtime is needed, and none is in the way.
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

/// Reads the answer to its end, so that the connection can be used again. A longer one, or one that
/// breaks off, costs its connection and nothing else: the status has been received.
fn read_answer(body: &mut Body) -> Vec<u8> {
    let mut answer = Vec::new();
    body.as_reader()
        .take(ANSWER_LIMIT)
        .read_to_end(&mut answer)
        .ok();
    answer
}
