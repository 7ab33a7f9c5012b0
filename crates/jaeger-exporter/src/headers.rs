//! Headers sent with every request.

use http::header::{HeaderMap, HeaderName, HeaderValue};

use crate::BuildError;

const WITH_HEADER: &str = "with_header";

/// Checks names and values. If a header is set twice, the last value wins.
pub(crate) fn parse(headers: &[(String, String)]) -> Result<HeaderMap, BuildError> {
    let mut map = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers {
        let name: HeaderName = name
            .parse()
            .map_err(|_| BuildError::setting(WITH_HEADER, name, "the name of a header"))?;
        map.insert(name, secret(WITH_HEADER, value)?);
    }
    Ok(map)
}

/// A value that is never shown, since it may be a token.
pub(crate) fn secret(setting: &'static str, value: &str) -> Result<HeaderValue, BuildError> {
    let mut value = HeaderValue::from_str(value).map_err(|_| {
        BuildError::setting(setting, "(hidden)", "a value without control characters")
    })?;
    value.set_sensitive(true);
    Ok(value)
}
