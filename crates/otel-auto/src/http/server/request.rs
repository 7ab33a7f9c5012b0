//! The attributes that a server span gets from its request.

use std::borrow::Cow;
use std::net::SocketAddr;

use axum::extract::{ConnectInfo, MatchedPath};
use http::header::{HOST, USER_AGENT};
use http::uri::Authority;
use http::{HeaderMap, HeaderName, Request};
use opentelemetry::trace::SpanKind;
use opentelemetry::{KeyValue, StringValue};

use crate::http::attributes::{
    CLIENT_ADDRESS, HTTP_ROUTE, NETWORK_PROTOCOL_VERSION, SCOPE, URL_PATH, URL_QUERY, URL_SCHEME,
    USER_AGENT_ORIGINAL, add_method, method_in_name, protocol_version,
};
use crate::http::capture::Of;
use crate::http::forwarded::Forwarded;
use crate::http::redact;
use crate::http::settings::captured;
use crate::instrumentation::attributes::{
    NETWORK_PEER_ADDRESS, NETWORK_PEER_PORT, SERVER_ADDRESS, SERVER_PORT,
};
use crate::instrumentation::{Description, Scope, address, carrier, intern};

/// A request as the source of a span's attributes.
pub(super) struct Incoming<'a, B> {
    pub(super) request: &'a Request<B>,
    pub(super) behind_proxy: bool,
}

impl<B> Description for Incoming<'_, B> {
    const SCOPE: Scope = SCOPE;

    fn kind(&self) -> SpanKind {
        SpanKind::Server
    }

    /// `GET /users/{id}`, or `GET` if no route matched.
    fn name(&self) -> Cow<'static, str> {
        let method = method_in_name(self.request.method());
        match self.route() {
            Some(route) => intern::joined(method, route),
            None => Cow::Borrowed(method),
        }
    }

    fn add_attributes(&self, attributes: &mut Vec<KeyValue>) {
        let forwarded = if self.behind_proxy {
            Forwarded::read(self.request.headers())
        } else {
            Forwarded::default()
        };
        let scheme = self.scheme(&forwarded);
        add_method(attributes, self.request.method());
        attributes.push(KeyValue::new(URL_SCHEME, scheme));
        self.add_url(attributes);
        if let Some(route) = self.route() {
            attributes.push(KeyValue::new(HTTP_ROUTE, intern::value(route)));
        }
        self.add_server(attributes, &forwarded, scheme);
        self.add_client(attributes, &forwarded);
        if let Some(version) = protocol_version(self.request.version()) {
            attributes.push(KeyValue::new(NETWORK_PROTOCOL_VERSION, version));
        }
        if let Some(agent) = text(self.request.headers(), &USER_AGENT) {
            attributes.push(KeyValue::new(USER_AGENT_ORIGINAL, intern::value(agent)));
        }
        attributes.extend(captured(Of::ServerRequest, self.request.headers()));
    }
}

impl<B> Incoming<'_, B> {
    fn route(&self) -> Option<&str> {
        let route = self.request.extensions().get::<MatchedPath>();
        route.map(MatchedPath::as_str)
    }

    /// HTTP/1 does not tell the scheme. Without a proxy, this server is reached by plain HTTP.
    fn scheme(&self, forwarded: &Forwarded<'_>) -> &'static str {
        match forwarded.scheme.or(self.request.uri().scheme_str()) {
            Some(scheme) if scheme.eq_ignore_ascii_case("https") => "https",
            _ => "http",
        }
    }

    fn add_url(&self, attributes: &mut Vec<KeyValue>) {
        let uri = self.request.uri();
        attributes.push(KeyValue::new(URL_PATH, uri.path().to_owned()));
        if let Some(query) = uri.query().filter(|query| !query.is_empty()) {
            let query = redact::query(query).into_owned();
            attributes.push(KeyValue::new(URL_QUERY, query));
        }
    }

    /// Adds the host that the client asked for: `:authority` in HTTP/2, else the `Host` header. The
    /// port defaults to that of the scheme, as in the client's span.
    fn add_server(&self, attributes: &mut Vec<KeyValue>, forwarded: &Forwarded<'_>, scheme: &str) {
        let authority = forwarded
            .host
            .or_else(|| self.request.uri().authority().map(Authority::as_str))
            .or_else(|| text(self.request.headers(), &HOST));
        let Some((host, port)) = authority.map(address::authority) else {
            return;
        };
        let port = port.unwrap_or(if scheme == "https" { 443 } else { 80 });
        attributes.push(KeyValue::new(SERVER_ADDRESS, host));
        attributes.push(KeyValue::new(SERVER_PORT, i64::from(port)));
    }

    fn add_client(&self, attributes: &mut Vec<KeyValue>, forwarded: &Forwarded<'_>) {
        let peer = self.request.extensions().get::<ConnectInfo<SocketAddr>>();
        let address = peer.map(|ConnectInfo(peer)| address::ip(peer.ip()));
        let client: Option<StringValue> = forwarded.client.map(intern::value);
        if let Some(client) = client.or_else(|| address.clone()) {
            attributes.push(KeyValue::new(CLIENT_ADDRESS, client));
        }
        if let (Some(ConnectInfo(peer)), Some(address)) = (peer, address) {
            attributes.push(KeyValue::new(NETWORK_PEER_ADDRESS, address));
            attributes.push(KeyValue::new(NETWORK_PEER_PORT, i64::from(peer.port())));
        }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    str::from_utf8(carrier::first(headers, name)?.as_bytes()).ok()
}
