//! The response body that keeps the server span open.

use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, ready};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::span::HttpSpan;

pin_project! {
    /// A response body that ends the server span when it has been read or dropped.
    #[derive(Debug)]
    pub struct ResponseBody<B> {
        #[pin]
        body: B,
        span: Option<HttpSpan>,
    }
}

impl<B> ResponseBody<B> {
    pub(super) fn new(body: B, span: HttpSpan) -> Self {
        Self {
            body,
            span: Some(span),
        }
    }
}

impl<B: Body> Body for ResponseBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        task: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let attached = this
            .span
            .as_ref()
            .map(|span| span.context().clone().attach());
        let frame = ready!(this.body.poll_frame(task));
        drop(attached);
        match &frame {
            Some(Ok(_)) => {}
            Some(Err(_)) => {
                if let Some(mut span) = this.span.take() {
                    span.fail("body", "the response body failed".to_owned());
                }
            }
            None => drop(this.span.take()),
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
