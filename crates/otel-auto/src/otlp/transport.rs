//! The transport of an export and the details of its answer.

use std::pin::pin;

use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use tokio::runtime::EnterGuard;
#[cfg(feature = "otlp-grpc")]
use tokio::runtime::Runtime;

use crate::delivery::Delivery;

#[cfg(feature = "otlp-http")]
use super::http::HttpTransport;
#[cfg(feature = "otlp-grpc")]
use super::rejections;

#[derive(Debug)]
pub(super) enum Transport {
    #[cfg(feature = "otlp-http")]
    Http(HttpTransport),
    /// The batch processor exports on a thread outside any runtime, and the program's runtime may
    /// have ended or be blocked in `shutdown`. So gRPC has its own runtime with one thread; `None`
    /// once it is dropped.
    #[cfg(feature = "otlp-grpc")]
    Grpc(Option<Runtime>),
}

/// A transport, and the count of its spans.
#[derive(Debug)]
pub(super) struct Link {
    transport: Transport,
    delivery: Delivery,
}

impl Link {
    pub(super) fn new(transport: Transport, delivery: &Delivery) -> Self {
        let delivery = delivery.clone();
        Self {
            transport,
            delivery,
        }
    }

    /// Runs an export; reports the number rejected and the reason of a failure.
    pub(super) async fn run(&self, export: impl Future<Output = OTelSdkResult>) -> OTelSdkResult {
        let result = self.transport.within(export).await;
        let (rejection, error) = match &self.transport {
            #[cfg(feature = "otlp-grpc")]
            Transport::Grpc(_) => (rejections::take(), result.as_ref().err().map(grpc_error)),
            #[cfg(feature = "otlp-http")]
            Transport::Http(client) => {
                let answer = client.take_answer();
                (answer.rejection, answer.error)
            }
        };
        if let Some(rejection) = rejection {
            self.delivery.reject(rejection.count, rejection.reason);
        }
        match error {
            Some(error) if result.is_err() => Err(OTelSdkError::InternalFailure(error)),
            _ => result,
        }
    }
}

impl Transport {
    /// Runs `work` inside the runtime, if there is one.
    pub(super) fn enter<T>(&self, work: impl FnOnce() -> T) -> T {
        let _entered = match self {
            #[cfg(feature = "otlp-grpc")]
            Self::Grpc(Some(runtime)) => Some(runtime.enter()),
            _ => None::<EnterGuard<'_>>,
        };
        work()
    }

    /// Polls `future` inside the runtime, for its timers and sockets.
    async fn within<T>(&self, future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        std::future::poll_fn(|task| self.enter(|| future.as_mut().poll(task))).await
    }
}

#[cfg(feature = "otlp-grpc")]
impl Drop for Transport {
    fn drop(&mut self) {
        // A plain drop would panic if the last owner is an async task.
        if let Self::Grpc(runtime) = self
            && let Some(runtime) = runtime.take()
        {
            runtime.shutdown_background();
        }
    }
}

/// The SDK's error, such as `TonicTracesClient export failed with gRPC code: Unavailable: tcp
/// connect error: tcp connect error: …`, without its prefix and repetitions.
#[cfg(feature = "otlp-grpc")]
fn grpc_error(error: &OTelSdkError) -> String {
    let error = error.to_string();
    let (_, reason) = error.split_once("gRPC code: ").unwrap_or(("", &error));
    let mut causes: Vec<_> = reason.split(": ").collect();
    causes.dedup();
    causes.join(": ")
}
