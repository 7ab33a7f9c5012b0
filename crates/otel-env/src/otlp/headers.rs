//! The headers of OTLP requests.

use http::header::{
    CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HOST, TE, TRANSFER_ENCODING,
};
use http::{HeaderName, HeaderValue};

use crate::percent;
use crate::reader::Reader;
use crate::variable::{ProblemKind, Variable};

/// Headers that belong to the exporter; with another value the request could not be read.
const RESERVED: [HeaderName; 7] = [
    CONNECTION,
    CONTENT_ENCODING,
    CONTENT_LENGTH,
    CONTENT_TYPE,
    HOST,
    TE,
    TRANSFER_ENCODING,
];

type Header = (HeaderName, HeaderValue);

/// Reads pairs in the form of W3C Baggage, without properties. An invalid pair is left out and
/// reported by its position, since its text may be a secret; the others are used, as in other SDKs.
///
/// <https://opentelemetry.io/docs/specs/otel/protocol/exporter/#specifying-headers-via-environment-variables>
pub(super) fn read(reader: &mut Reader<'_>, variable: &'static Variable) -> Option<Vec<Header>> {
    let text = reader.text(variable)?;
    let mut headers = Vec::new();
    let pairs = text.split(',').filter(|pair| !pair.trim().is_empty());
    for (index, pair) in pairs.enumerate() {
        match header(pair) {
            Ok(header) => headers.push(header),
            Err(reason) => {
                let message = format!("pair {} {reason}; it is left out", index + 1);
                reader.report(ProblemKind::Refused, variable, &text, message);
            }
        }
    }
    Some(headers)
}

/// The header in `pair`, or the error.
pub(crate) fn header(pair: &str) -> Result<Header, String> {
    let (name, value) = pair
        .split_once('=')
        .ok_or("has no equals sign: accepted is key=value")?;
    let value = percent::decoded(value.trim()).ok_or("has a value with broken percent-encoding")?;
    checked(name.trim(), &value)
}

/// The header with that name and value, or the error.
pub(crate) fn checked(name: &str, value: &str) -> Result<Header, String> {
    let name: HeaderName = name
        .parse()
        .map_err(|_| "begins with what cannot be the name of a header")?;
    if RESERVED.contains(&name) || name.as_str().starts_with("grpc-") {
        return Err(format!("sets {name}, which is the exporter's own"));
    }
    let mut value =
        HeaderValue::from_str(value).map_err(|_| "has a value that cannot be that of a header")?;
    value.set_sensitive(true);
    Ok((name, value))
}
