//! The endpoint for agents, `POST /mcp` (Model Context Protocol), with tools that read traces and
//! answer in lines of text, within a budget of tokens.
//!
//! There are no sessions and no streams: each request is answered by one JSON object. All tools are
//! read-only.
//!
//! Spec: <https://modelcontextprotocol.io/specification/2026-07-28/basic/transports>

mod arguments;
mod critical_path;
mod failure;
mod lines;
mod message;
mod protocol;
mod quote;
mod sample;
mod suggest;
mod tools;
mod tree;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderMap, StatusCode};

use crate::model::TraceId;
use crate::query::Query;
use message::{Message, Problem, Reply};
use protocol::Server;
use quote::Secrets;

/// The largest request, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// The most messages in a batch.
const MAX_BATCH: usize = 16;

/// The state that the tools use.
#[derive(Debug, Clone)]
struct Context {
    query: Query,
    secrets: Secrets,
    /// The URL of the trace page, without a slash at its end; empty if it is not known.
    page: String,
}

/// The routes. Agents see secrets if `show_secrets` is set.
pub(super) fn router(show_secrets: bool) -> Router<Query> {
    let secrets = Secrets::shown(show_secrets);
    let receive = post(move |State(query), headers, body| receive(query, secrets, headers, body));
    Router::new()
        .route("/mcp", receive.clone())
        .route("/api/ai/mcp", receive.clone())
        .route("/api/ai/mcp/", receive)
}

async fn receive(query: Query, secrets: Secrets, headers: HeaderMap, body: Body) -> Response {
    if !is_json(&headers) {
        let problem = Problem::invalid("the content type must be application/json");
        return Reply::error(None, problem)
            .with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE)
            .into_response();
    }
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        let problem = Problem::invalid("the request has more than 64 KiB, or is not complete");
        return Reply::error(None, problem).into_response();
    };
    let context = Context {
        query,
        secrets,
        page: page(&headers),
    };
    let server = Server::new(context, &headers);
    match Message::read(&body) {
        Ok(message::Body::One(message)) => server.answer(message).await.into_response(),
        Ok(message::Body::Batch(messages)) if server.takes_batches() => {
            if messages.len() > MAX_BATCH {
                let problem = Problem::invalid("a batch may have at most 16 messages");
                return Reply::error(None, problem).into_response();
            }
            let mut replies = Vec::new();
            for message in messages {
                replies.push(server.answer(message).await);
            }
            Reply::batch(replies).into_response()
        }
        Ok(message::Body::Batch(_)) => {
            let problem = Problem::invalid("batches belong to version 2025-03-26 only");
            Reply::error(None, problem).into_response()
        }
        Err(problem) => Reply::error(None, problem).into_response(),
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let given = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let essence = given.unwrap_or_default().split(';').next();
    essence.is_some_and(|it| it.trim().eq_ignore_ascii_case("application/json"))
}

/// The URL of the page, with the host name that the client used.
fn page(headers: &HeaderMap) -> String {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let is_host = |host: &&str| {
        let is_part = |c: char| c.is_ascii_alphanumeric() || ".:[]-_".contains(c);
        host.len() <= 255 && host.chars().all(is_part)
    };
    host.filter(is_host)
        .map_or_else(String::new, |host| format!("http://{host}"))
}

impl Context {
    /// The URL of a trace's page.
    fn link(&self, trace: TraceId) -> String {
        format!("{}/trace/{trace}", self.page)
    }
}
