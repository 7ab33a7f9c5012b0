//! The interface of all transports.

use std::error::Error;
use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;

use opentelemetry_sdk::trace::SpanData;

use crate::Encoder;

/// A way to send batches to a backend.
pub(crate) trait Transport: Debug + Send + Sync {
    /// Sends a batch within a bounded time.
    fn send<'a>(&'a self, batch: Batch<'a>) -> Sending<'a>;

    /// Closes connections and stops threads. Nothing is sent afterwards.
    fn close(&self);
}

pub(crate) type Sending<'a> = Pin<Box<dyn Future<Output = Delivery> + Send + 'a>>;

/// Spans and their encoder.
#[derive(Debug)]
pub(crate) struct Batch<'a> {
    pub(crate) encoder: &'a Encoder,
    pub(crate) spans: Vec<SpanData>,
}

/// The outcome of a batch, in numbers of spans.
#[derive(Debug, Default)]
pub(crate) struct Delivery {
    pub(crate) exported: u64,
    pub(crate) retried: u64,
    pub(crate) dropped: u64,
    pub(crate) failed: u64,
    /// The reason why spans were dropped or failed.
    pub(crate) error: Option<Box<dyn Error + Send + Sync>>,
}

impl Batch<'_> {
    /// The number of spans.
    pub(crate) fn len(&self) -> u64 {
        self.spans.len() as u64
    }
}

impl Delivery {
    /// The outcome of a batch that is sent as a whole: all spans arrived, or none.
    pub(crate) fn whole<E>(spans: u64, repetitions: u32, result: Result<(), E>) -> Self
    where
        E: Error + Send + Sync + 'static,
    {
        let retried = spans * u64::from(repetitions);
        match result {
            Ok(()) => Self {
                exported: spans,
                retried,
                ..Self::default()
            },
            Err(error) => Self {
                failed: spans,
                retried,
                error: Some(error.into()),
                ..Self::default()
            },
        }
    }
}
