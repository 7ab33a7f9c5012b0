//! A response body that keeps the server span open.

use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, ready};

use axum::BoxError;
use axum::body::Body as AxumBody;
use bytes::{Buf, Bytes};
use http::header::CONTENT_LENGTH;
use http::{Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::instrumentation::RequestSpan;

pin_project! {
    /// A response body that ends the server span when it has been read or dropped.
    ///
    /// If it is dropped before its end, because the client has gone, the span ends with an error.
    #[derive(Debug)]
    struct ResponseBody<B: Body> {
        #[pin]
        body: B,
        span: Option<RequestSpan>,
        // The number of bytes still to be sent; `None` for a stream without a length.
        remaining: Option<u64>,
        // True if the body is produced while it is sent, by code that may need the context.
        is_stream: bool,
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

/// Attaches `span` to the body of a response. `is_head` is true for HEAD requests.
pub(super) fn tie<B>(response: Response<B>, is_head: bool, span: RequestSpan) -> Response<AxumBody>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let is_stream = response.body().size_hint().exact().is_none();
    let for_context = is_stream && span.context().is_some();
    if !span.is_recording() && !for_context {
        return response.map(AxumBody::new);
    }
    let remaining = expected_length(&response, is_head);
    response.map(|body| {
        AxumBody::new(ResponseBody {
            body,
            span: Some(span),
            remaining,
            is_stream,
        })
    })
}

/// The number of bytes after the head. The server does not read a body that is not sent.
fn expected_length<B: Body>(response: &Response<B>, is_head: bool) -> Option<u64> {
    let status = response.status();
    let without_body = status.is_informational()
        || status == StatusCode::NO_CONTENT
        || status == StatusCode::NOT_MODIFIED;
    if without_body || is_head {
        return Some(0);
    }
    response.body().size_hint().exact().or_else(|| {
        let length = response.headers().get(CONTENT_LENGTH)?;
        length.to_str().ok()?.parse().ok()
    })
}

impl<B: Body> Body for ResponseBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        task: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let span = this.span.as_ref().filter(|_| *this.is_stream);
        let attached = span.and_then(RequestSpan::attach);
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
