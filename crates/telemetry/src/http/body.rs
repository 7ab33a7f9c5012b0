//! The response body that keeps the server span open.

use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, ready};

use bytes::Buf;
use http::header::CONTENT_LENGTH;
use http::{Method, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::span::HttpSpan;

pin_project! {
    /// A response body that ends the server span when it has been read or dropped.
    ///
    /// Dropped before its end, because the client went away, it ends the span as an error.
    #[derive(Debug)]
    pub struct ResponseBody<B: Body> {
        #[pin]
        body: B,
        span: Option<HttpSpan>,
        // How many bytes the client still waits for; unknown for a stream without a length.
        remaining: Option<u64>,
    }

    impl<B: Body> PinnedDrop for ResponseBody<B> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            let sent = *this.remaining == Some(0) || this.body.is_end_stream();
            if let Some(span) = this.span.as_mut().filter(|_| !sent) {
                span.fail("cancelled", "dropped before its body was sent");
            }
        }
    }
}

impl<B: Body> ResponseBody<B> {
    /// Takes the body of the response to a request with `method`, and its span.
    pub(super) fn wrap(response: Response<B>, method: &Method, span: HttpSpan) -> Response<Self> {
        let remaining = expected_length(&response, method);
        response.map(|body| Self {
            body,
            span: Some(span),
            remaining,
        })
    }
}

/// How many bytes follow the head. The server does not read the body of a response that has none
/// on the wire.
fn expected_length<B: Body>(response: &Response<B>, method: &Method) -> Option<u64> {
    let status = response.status();
    let without_body = status.is_informational()
        || status == StatusCode::NO_CONTENT
        || status == StatusCode::NOT_MODIFIED;
    if without_body || *method == Method::HEAD {
        return Some(0);
    }
    let header = response.headers().get(CONTENT_LENGTH);
    let header = header.and_then(|length| length.to_str().ok()?.parse().ok());
    header.or_else(|| response.body().size_hint().exact())
}

impl<B: Body> Body for ResponseBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        task: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let attached = this.span.as_ref().map(HttpSpan::attach);
        let frame = ready!(this.body.poll_frame(task));
        drop(attached);
        match &frame {
            Some(Ok(frame)) => {
                let length = frame.data_ref().map_or(0, Buf::remaining);
                let length = u64::try_from(length).unwrap_or(u64::MAX);
                *this.remaining = this.remaining.map(|bytes| bytes.saturating_sub(length));
            }
            Some(Err(_)) => {
                if let Some(mut span) = this.span.take() {
                    span.fail("body", "the response body failed");
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
