//! The settings of HTTP spans.

use http::HeaderName;

use crate::reader::Reader;
use crate::variable::Variable;
use crate::variables as v;

/// The settings of HTTP spans.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Http {
    /// The methods that are not `_OTHER`, where they are not the usual ones.
    pub known_methods: Option<Vec<String>>,
    /// The headers that server spans record of requests.
    pub server_request_headers: Vec<HeaderName>,
    /// The headers that server spans record of responses.
    pub server_response_headers: Vec<HeaderName>,
    /// The headers that client spans record of requests.
    pub client_request_headers: Vec<HeaderName>,
    /// The headers that client spans record of responses.
    pub client_response_headers: Vec<HeaderName>,
    /// Of all these, the headers whose values are replaced.
    pub sanitized_headers: Vec<HeaderName>,
}

pub(crate) fn read(reader: &mut Reader<'_>) -> Http {
    Http {
        known_methods: reader.list(&v::HTTP_KNOWN_METHODS),
        server_request_headers: headers(reader, &v::HTTP_SERVER_REQUEST),
        server_response_headers: headers(reader, &v::HTTP_SERVER_RESPONSE),
        client_request_headers: headers(reader, &v::HTTP_CLIENT_REQUEST),
        client_response_headers: headers(reader, &v::HTTP_CLIENT_RESPONSE),
        sanitized_headers: headers(reader, &v::HTTP_SANITIZE),
    }
}

fn headers(reader: &mut Reader<'_>, variable: &'static Variable) -> Vec<HeaderName> {
    let mut headers: Vec<HeaderName> = Vec::new();
    for name in reader.list(variable).unwrap_or_default() {
        // `*` may stand in a name, but who writes it means a pattern.
        match name.parse() {
            Ok(header) if !name.contains('*') => {
                if !headers.contains(&header) {
                    headers.push(header);
                }
            }
            _ => reader.refuse(variable, &name),
        }
    }
    headers
}
