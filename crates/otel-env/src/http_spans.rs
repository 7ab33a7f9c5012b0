//! The settings of HTTP spans.

use http::HeaderName;

use crate::reader::Reader;
use crate::variable::Variable;
use crate::variables as v;

/// The settings of HTTP spans.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Http {
    /// The methods that spans name; other methods become `_OTHER`. `None` means the usual ones.
    pub known_methods: Option<Vec<String>>,
    /// The request headers that server spans record.
    pub server_request_headers: Vec<HeaderName>,
    /// The response headers that server spans record.
    pub server_response_headers: Vec<HeaderName>,
    /// The request headers that client spans record.
    pub client_request_headers: Vec<HeaderName>,
    /// The response headers that client spans record.
    pub client_response_headers: Vec<HeaderName>,
    /// The recorded headers whose values are replaced.
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
        // `*` is valid in a name, but was surely meant as a pattern.
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
