//! Endpoints.

use ::http::Uri;

use super::variable::{Reader, Variable};

/// The http or https URL that `variable` holds. With a `bare_scheme` it may also be `host:port`,
/// to which that scheme is added. A URL with a user is refused: it would be printed with its
/// password in the report.
pub(super) fn read(
    reader: &mut Reader<'_>,
    variable: &'static Variable,
    bare_scheme: Option<&str>,
) -> Option<String> {
    let text = reader.text(variable)?;
    if text.contains('@') {
        reader.refuse(variable, "(a URL with a user)");
        return None;
    }
    reader.parse(variable, |text| parse(text, bare_scheme))
}

fn parse(text: &str, bare_scheme: Option<&str>) -> Option<String> {
    let text = match bare_scheme {
        Some(scheme) if !text.contains("://") => format!("{scheme}://{text}"),
        _ => text.to_owned(),
    };
    let uri: Uri = text.parse().ok()?;
    let known = matches!(uri.scheme_str(), Some("http" | "https"));
    (known && uri.host().is_some_and(|host| !host.is_empty())).then_some(text)
}
