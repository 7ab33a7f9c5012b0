//! The thread that makes the gRPC calls.
//!
//! tonic needs a running tokio runtime. The program's runtime may be single-threaded and blocked by
//! the very call that waits for the export, it may end before the last export, or there may be
//! none. So the connection lives in a runtime of its own, on a thread of its own, and exports reach
//! it through a channel that any executor can wait on.

use std::sync::{Mutex, PoisonError};
use std::thread;

use http::HeaderMap;
use http::uri::PathAndQuery;
use jaeger_wire::api_v2;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, oneshot};
use tokio::time;
use tonic::client::Grpc;
use tonic::metadata::MetadataMap;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};
use tracing::dispatcher::{self, Dispatch};

use super::codec::{Encoded, Message};
use super::failure::{Failure, Target};
use crate::BuildError;
use crate::retry::Course;

/// A handle to the thread, which ends when the handle is dropped or stopped.
#[derive(Debug)]
pub(super) struct Worker {
    jobs: Mutex<Option<mpsc::UnboundedSender<Job>>>,
}

/// The settings of the connection to the backend.
pub(super) struct Backend {
    pub(super) channel: Endpoint,
    pub(super) headers: HeaderMap,
    pub(super) target: Target,
}

#[derive(Debug)]
struct Job {
    message: Message,
    course: Course,
    reply: oneshot::Sender<Reply>,
}

/// The number of retries, and the outcome.
type Reply = (u32, Result<(), Failure>);

impl Worker {
    pub(super) fn start(backend: Backend) -> Result<Self, BuildError> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(BuildError::Thread)?;
        let (jobs, waiting) = mpsc::unbounded_channel();
        thread::Builder::new()
            .name("jaeger-exporter".to_owned())
            .spawn(move || run(runtime, backend, waiting))
            .map_err(BuildError::Thread)?;
        Ok(Self {
            jobs: Mutex::new(Some(jobs)),
        })
    }

    /// Sends a message, and retries as long as `course` allows.
    pub(super) async fn post(&self, message: Message, course: Course) -> Reply {
        let (reply, answer) = oneshot::channel();
        let job = Job {
            message,
            course,
            reply,
        };
        let queued = match &*self.jobs() {
            Some(jobs) => jobs.send(job).is_ok(),
            None => false,
        };
        if !queued {
            return (0, Err(Failure::Stopped));
        }
        answer.await.unwrap_or((0, Err(Failure::Stopped)))
    }

    pub(super) fn stop(&self) {
        *self.jobs() = None;
    }

    fn jobs(&self) -> std::sync::MutexGuard<'_, Option<mpsc::UnboundedSender<Job>>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn run(runtime: Runtime, backend: Backend, mut waiting: mpsc::UnboundedReceiver<Job>) {
    // h2 and tonic are instrumented themselves. If everything were recorded, each export would make
    // spans, which would be exported, and so on. So their spans are dropped on this thread.
    let _silence = dispatcher::set_default(&Dispatch::none());
    runtime.block_on(async {
        let connection = Connection {
            channel: backend.channel.connect_lazy(),
            headers: backend.headers,
            target: backend.target,
        };
        while let Some(job) = waiting.recv().await {
            let Job {
                message,
                mut course,
                reply,
            } = job;
            let result = connection.post(&message, &mut course).await;
            // The receiver is gone if the export's future was dropped.
            reply.send((course.repetitions(), result)).ok();
        }
    });
    // A host lookup in progress must not delay the end of the thread.
    runtime.shutdown_background();
}

struct Connection {
    channel: Channel,
    headers: HeaderMap,
    target: Target,
}

impl Connection {
    async fn post(&self, message: &Message, course: &mut Course) -> Result<(), Failure> {
        loop {
            let failure = match time::timeout(course.remaining(), self.call(message, course)).await
            {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(status)) => Failure::from_status(&status, &self.target),
                Err(_) => Failure::Timeout(self.target.timeout),
            };
            match course.pause(failure.retry()) {
                Some(pause) => time::sleep(pause).await,
                None => return Err(failure),
            }
        }
    }

    async fn call(&self, message: &Message, course: &Course) -> Result<(), Status> {
        let mut client = Grpc::new(self.channel.clone());
        client
            .ready()
            .await
            .map_err(|error| Status::from_error(error.into()))?;
        let mut request = Request::new(message.clone());
        *request.metadata_mut() = MetadataMap::from_headers(self.headers.clone());
        request.set_timeout(course.remaining());
        let path = PathAndQuery::from_static(api_v2::POST_SPANS);
        client
            .unary(request, path, Encoded { len: message.len() })
            .await?;
        Ok(())
    }
}
