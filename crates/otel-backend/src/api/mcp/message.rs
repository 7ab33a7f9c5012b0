//! The messages of JSON-RPC 2.0, and their HTTP answers.
//!
//! Spec: <https://www.jsonrpc.org/specification>

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::{Map, Value as Json, json};

use crate::api::common::envelope;

/// The body of a request.
#[derive(Debug)]
pub(super) enum Body {
    One(Message),
    Batch(Vec<Message>),
}

/// A message of a client.
#[derive(Debug, Default)]
pub(super) struct Message {
    /// Absent in a notification.
    pub(super) id: Option<Json>,
    /// Absent in an answer to a request by the server, which sends none.
    pub(super) method: Option<String>,
    pub(super) params: Map<String, Json>,
}

/// An error of a message.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) code: i32,
    pub(super) status: StatusCode,
    message: String,
    data: Option<Json>,
}

/// The answer to a message.
#[derive(Debug)]
pub(super) struct Reply {
    status: StatusCode,
    /// Absent if the client expects no answer.
    body: Option<Json>,
}

const PARSE_ERROR: i32 = -32700;
const INVALID_REQUEST: i32 = -32600;
const UNKNOWN_METHOD: i32 = -32601;
const INVALID_PARAMS: i32 = -32602;

impl Message {
    /// Parses the body of a request.
    pub(super) fn read(bytes: &[u8]) -> Result<Body, Problem> {
        let read = serde_json::from_slice(bytes);
        let json: Json = read.map_err(|reason| {
            Problem::new(PARSE_ERROR, format!("the body is not JSON: {reason}"))
        })?;
        match json {
            Json::Array(list) if list.is_empty() => Err(Problem::invalid("the batch is empty")),
            Json::Array(list) => Ok(Body::Batch(
                list.into_iter().map(Self::of).collect::<Result<_, _>>()?,
            )),
            one => Ok(Body::One(Self::of(one)?)),
        }
    }

    fn of(json: Json) -> Result<Self, Problem> {
        let Json::Object(mut members) = json else {
            return Err(Problem::invalid("a message is an object"));
        };
        if members
            .get("jsonrpc")
            .is_none_or(|version| version != "2.0")
        {
            return Err(Problem::invalid("a message must have \"jsonrpc\": \"2.0\""));
        }
        let id = members.remove("id");
        if !matches!(id, None | Some(Json::String(_) | Json::Number(_))) {
            return Err(Problem::invalid("an id is a text or a number"));
        }
        let method = match members.remove("method") {
            Some(Json::String(method)) => Some(method),
            None if members.contains_key("result") || members.contains_key("error") => None,
            _ => return Err(Problem::invalid("the message has no method")),
        };
        let params = match members.remove("params") {
            None => Map::new(),
            Some(Json::Object(params)) => params,
            Some(_) => return Err(Problem::invalid("params is an object")),
        };
        Ok(Self { id, method, params })
    }

    /// A member of `params._meta`.
    pub(super) fn meta(&self, key: &str) -> Option<&Json> {
        self.params.get("_meta")?.get(key)
    }
}

impl Problem {
    /// An error with that code, caused by the client.
    pub(super) fn new(code: i32, message: impl Into<String>) -> Self {
        Self {
            code,
            status: StatusCode::BAD_REQUEST,
            message: message.into(),
            data: None,
        }
    }

    /// The error that the request is not a valid message.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(INVALID_REQUEST, message)
    }

    /// The error that the parameters are invalid.
    pub(super) fn params(message: impl Into<String>) -> Self {
        Self::new(INVALID_PARAMS, message)
    }

    /// The error that there is no such method.
    pub(super) fn unknown_method(method: &str) -> Self {
        let method: String = method.chars().take(100).collect();
        Self {
            status: StatusCode::NOT_FOUND,
            ..Self::new(UNKNOWN_METHOD, format!("there is no method {method:?}"))
        }
    }

    pub(super) fn with_data(self, data: Json) -> Self {
        Self {
            data: Some(data),
            ..self
        }
    }

    pub(super) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }
}

impl Reply {
    pub(super) fn result(id: &Json, result: &Json) -> Self {
        Self {
            status: StatusCode::OK,
            body: Some(json!({"jsonrpc": "2.0", "id": id, "result": result})),
        }
    }

    pub(super) fn error(id: Option<&Json>, problem: Problem) -> Self {
        let mut error = json!({"code": problem.code, "message": problem.message});
        if let Some(data) = problem.data {
            error["data"] = data;
        }
        Self {
            status: problem.status,
            body: Some(json!({"jsonrpc": "2.0", "id": id, "error": error})),
        }
    }

    /// The answer to a message that expects none.
    pub(super) fn accepted() -> Self {
        Self {
            status: StatusCode::ACCEPTED,
            body: None,
        }
    }

    pub(super) fn batch(replies: Vec<Self>) -> Self {
        let bodies: Vec<_> = replies.into_iter().filter_map(|reply| reply.body).collect();
        if bodies.is_empty() {
            return Self::accepted();
        }
        Self {
            status: StatusCode::OK,
            body: Some(Json::Array(bodies)),
        }
    }

    pub(super) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let mut response = match self.body {
            Some(body) => envelope::json(body.to_string()),
            None => ().into_response(),
        };
        *response.status_mut() = self.status;
        response
    }
}
