//! Client spans: a wrapper of [`reqwest::Client`].

use std::borrow::Cow;
use std::fmt::Display;
use std::io;
use std::time::Duration;

use http::{HeaderName, HeaderValue, Method};
use opentelemetry::KeyValue;
use opentelemetry::trace::SpanKind;
use reqwest::{Body, IntoUrl, Request, Response};

use super::attributes::{
    NETWORK_PROTOCOL_VERSION, SCOPE, URL_FULL, add_method, answer, method_in_name, protocol_version,
};
use super::capture::Of;
use super::redact;
use super::settings::captured;
use crate::causes::causes;
use crate::instrumentation::attributes::{
    NETWORK_PEER_ADDRESS, NETWORK_PEER_PORT, SERVER_ADDRESS, SERVER_PORT,
};
use crate::instrumentation::{
    Description, RequestSpan, Scope, SharedTracer, address, carrier, intern,
};

/// A [`reqwest::Client`] that makes a client span for each request and sends its context in the
/// headers.
///
/// The span ends when the headers of the response have arrived, or when the request has failed.
/// Redirects that reqwest follows belong to the same span.
#[derive(Clone, Debug, Default)]
pub struct Client {
    inner: reqwest::Client,
    tracer: SharedTracer,
}

/// Builds a request for [`Client`], as [`reqwest::RequestBuilder`] does.
#[derive(Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct RequestBuilder {
    client: Client,
    inner: reqwest::RequestBuilder,
}

impl Client {
    /// Wraps `inner`.
    pub fn new(inner: reqwest::Client) -> Self {
        Self {
            inner,
            tracer: SharedTracer::default(),
        }
    }

    /// Starts a GET request.
    pub fn get(&self, url: impl IntoUrl) -> RequestBuilder {
        self.request(Method::GET, url)
    }

    /// Starts a POST request.
    pub fn post(&self, url: impl IntoUrl) -> RequestBuilder {
        self.request(Method::POST, url)
    }

    /// Starts a request with any method.
    pub fn request(&self, method: Method, url: impl IntoUrl) -> RequestBuilder {
        RequestBuilder {
            client: self.clone(),
            inner: self.inner.request(method, url),
        }
    }

    /// Sends `request` in a client span, as a child of the current span.
    ///
    /// # Errors
    ///
    /// The errors of [`reqwest::Client::execute`].
    pub async fn execute(&self, mut request: Request) -> reqwest::Result<Response> {
        let mut span = self.tracer.start(None, &request);
        carrier::inject(span.context(), request.headers_mut());
        let result = self.inner.execute(request).await;
        match &result {
            Ok(response) => record(&mut span, response),
            Err(error) => span.fail(error_type(error), describe(error)),
        }
        result
    }
}

impl RequestBuilder {
    /// Adds a header.
    pub fn header<N, V>(self, name: N, value: V) -> Self
    where
        HeaderName: TryFrom<N, Error: Into<http::Error>>,
        HeaderValue: TryFrom<V, Error: Into<http::Error>>,
    {
        self.map(|inner| inner.header(name, value))
    }

    /// Sends `token` as a bearer token.
    pub fn bearer_auth(self, token: impl Display) -> Self {
        self.map(|inner| inner.bearer_auth(token))
    }

    /// Sets the body.
    pub fn body(self, body: impl Into<Body>) -> Self {
        self.map(|inner| inner.body(body))
    }

    /// Limits the time from connecting to the end of the response body.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.map(|inner| inner.timeout(timeout))
    }

    /// Applies a function to reqwest's own builder, for everything that has no method here.
    pub fn map(
        self,
        change: impl FnOnce(reqwest::RequestBuilder) -> reqwest::RequestBuilder,
    ) -> Self {
        Self {
            inner: change(self.inner),
            ..self
        }
    }

    /// Sends the request in a client span.
    ///
    /// # Errors
    ///
    /// The errors of [`reqwest::RequestBuilder::send`].
    pub async fn send(self) -> reqwest::Result<Response> {
        self.client.execute(self.inner.build()?).await
    }
}

/// The attributes that a client span gets from its request.
impl Description for Request {
    const SCOPE: Scope = SCOPE;

    fn kind(&self) -> SpanKind {
        SpanKind::Client
    }

    fn name(&self) -> Cow<'static, str> {
        Cow::Borrowed(method_in_name(self.method()))
    }

    fn add_attributes(&self, attributes: &mut Vec<KeyValue>) {
        add_method(attributes, self.method());
        let url = self.url();
        attributes.push(KeyValue::new(URL_FULL, redact::url(url)));
        if let Some(host) = url.host_str() {
            let host = host.trim_start_matches('[').trim_end_matches(']');
            attributes.push(KeyValue::new(SERVER_ADDRESS, intern::value(host)));
        }
        if let Some(port) = url.port_or_known_default() {
            attributes.push(KeyValue::new(SERVER_PORT, i64::from(port)));
        }
        attributes.extend(captured(Of::ClientRequest, self.headers()));
    }
}

fn record(span: &mut RequestSpan, response: &Response) {
    if let Some(current) = span.span() {
        if let Some(version) = protocol_version(response.version()) {
            current.set_attribute(KeyValue::new(NETWORK_PROTOCOL_VERSION, version));
        }
        if let Some(peer) = response.remote_addr() {
            current.set_attribute(KeyValue::new(NETWORK_PEER_ADDRESS, address::ip(peer.ip())));
            current.set_attribute(KeyValue::new(NETWORK_PEER_PORT, i64::from(peer.port())));
        }
        for attribute in captured(Of::ClientResponse, response.headers()) {
            current.set_attribute(attribute);
        }
    }
    let status = response.status();
    let failed = status.is_client_error() || status.is_server_error();
    answer(span, status, failed);
}

/// The kind of an error, of low cardinality.
fn error_type(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        return "timeout";
    }
    match io_kind(error) {
        Some(io::ErrorKind::ConnectionRefused) => "connection_refused",
        Some(io::ErrorKind::ConnectionReset) => "connection_reset",
        _ if error.is_connect() => "connect",
        _ if error.is_redirect() => "redirect",
        _ if error.is_body() => "body",
        _ if error.is_builder() => "invalid_request",
        _ => "_OTHER",
    }
}

fn io_kind(error: &reqwest::Error) -> Option<io::ErrorKind> {
    causes(error).find_map(|cause| Some(cause.downcast_ref::<io::Error>()?.kind()))
}

/// The innermost cause, such as `Connection refused (os error 111)`. The outer causes repeat the
/// URL, which may hold secrets.
fn describe(error: &reqwest::Error) -> String {
    causes(error)
        .skip(1)
        .last()
        .map_or_else(|| "the request failed".to_owned(), ToString::to_string)
}
