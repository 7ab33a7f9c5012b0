//! A response body that keeps the span open.

use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, ready};

use bytes::Bytes;
use http::{Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tonic::Status;

use super::BoxError;
use super::call::CallSpan;
use super::outcome::Outcome;

pin_project! {
    /// A response body that holds the call's span. The span ends with the trailers, with an error,
    /// or when the body is dropped.
    #[derive(Debug)]
    pub struct ResponseBody<B> {
        #[pin]
        body: B,
        status: StatusCode,
        span: Option<CallSpan>,
    }
}

impl<B> ResponseBody<B> {
    pub(super) fn new(body: B, status: StatusCode, span: Option<CallSpan>) -> Self {
        Self { body, status, span }
    }
}

impl CallSpan {
    /// Ends the span if the response has a status; otherwise passes the span to the response's
    /// body.
    pub(super) fn answer<B: Body>(mut self, response: Response<B>) -> Response<ResponseBody<B>> {
        let status = response.status();
        let ends_here = response.body().is_end_stream();
        let outcome = Outcome::read(response.headers())
            .or_else(|| ends_here.then(|| Outcome::without_status(status)));
        let span = match outcome {
            Some(outcome) => {
                self.name_unknown_method(&outcome);
                self.end(&outcome);
                None
            }
            None => Some(self),
        };
        response.map(|body| ResponseBody::new(body, status, span))
    }
}

impl<B> Body for ResponseBody<B>
where
    B: Body<Data = Bytes, Error: Into<BoxError>>,
{
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        task: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = self.project();
        let attached = this.span.as_ref().and_then(CallSpan::attach);
        let frame = ready!(this.body.poll_frame(task));
        drop(attached);
        let frame = frame.map(|frame| frame.map_err(|error| Status::from_error(error.into())));
        if let Some(outcome) = outcome(frame.as_ref(), *this.status)
            && let Some(span) = this.span.take()
        {
            span.end(&outcome);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The status of the call, if this frame is the last one.
fn outcome(frame: Option<&Result<Frame<Bytes>, Status>>, status: StatusCode) -> Option<Outcome> {
    let without_status = || Outcome::without_status(status);
    match frame {
        Some(Ok(frame)) => {
            let trailers = frame.trailers_ref()?;
            Some(Outcome::read(trailers).unwrap_or_else(without_status))
        }
        Some(Err(status)) => Some(status.into()),
        None => Some(without_status()),
    }
}
