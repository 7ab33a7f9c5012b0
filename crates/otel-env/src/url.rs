//! URLs of endpoints.

use http::Uri;

use crate::reader::Reader;
use crate::variable::Variable;

/// The http or https URL in `variable`. With a `bare_scheme`, `host:port` is accepted too and gets
/// that scheme. A URL with a user is refused, since reports would print its password.
pub(crate) fn read(
    reader: &mut Reader<'_>,
    variable: &'static Variable,
    bare_scheme: Option<&str>,
) -> Option<String> {
    let text = reader.text(variable)?;
    if text.contains('@') {
        // Hidden even without a scheme, when it may not be a URL.
        reader.refuse(variable, "(a URL with a user; not shown)");
        return None;
    }
    reader.parse(variable, |text| parse(text, bare_scheme))
}

pub(crate) fn parse(text: &str, bare_scheme: Option<&str>) -> Option<String> {
    let text = match bare_scheme {
        Some(scheme) if !text.contains("://") => format!("{scheme}://{text}"),
        _ => text.to_owned(),
    };
    let uri: Uri = text.parse().ok()?;
    let authority = uri.authority()?;
    let has_port = authority.as_str().len() > authority.host().len();
    let is_whole = matches!(uri.scheme_str(), Some("http" | "https"))
        && !authority.host().is_empty()
        && (!has_port || authority.port_u16().is_some());
    is_whole.then_some(text)
}

/// The printable form of `url`: without user and password, and without its query, which may hold
/// tokens.
pub fn without_secrets(url: &str) -> String {
    let (base, query) = match url.split_once(['?', '#']) {
        Some((base, _)) => (base, "?(not shown)"),
        None => (url, ""),
    };
    let (scheme, rest) = base.split_once("://").unwrap_or(("", base));
    let authority = rest.split('/').next().unwrap_or_default();
    let shown = match authority.rsplit_once('@') {
        Some((user, _)) => rest.get(user.len() + 1..).unwrap_or_default(),
        None => rest,
    };
    let separator = if scheme.is_empty() { "" } else { "://" };
    format!("{scheme}{separator}{shown}{query}")
}

/// Appends `path` to the path of `base`, before the query.
pub(crate) fn joined(base: &str, path: &str) -> String {
    let (base, query) = match base.split_once('?') {
        Some((base, query)) => (base, format!("?{query}")),
        None => (base, String::new()),
    };
    format!("{}/{path}{query}", base.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_has_a_scheme_a_host_and_a_port_that_can_be() {
        for good in [
            "http://h",
            "https://h:1/p",
            "HTTP://h:65535",
            "http://[::1]:4317",
        ] {
            assert_eq!(parse(good, None).as_deref(), Some(good));
        }
        for bad in [
            "h:1",
            "//h",
            "ftp://h",
            "http://",
            "http://:1",
            "http://h:",
            "http://h:99999",
            "http://h:-1",
            "http://h h",
            "unix:/run/otel.sock",
        ] {
            assert_eq!(parse(bad, None), None, "{bad}");
        }
        assert_eq!(parse("h:1", Some("http")).as_deref(), Some("http://h:1"));
        assert_eq!(parse("h:x", Some("http")), None);
    }

    #[test]
    fn a_url_is_shown_without_its_secrets() {
        let cases = [
            ("http://h:1/v1/traces", "http://h:1/v1/traces"),
            ("http://u:p@h:1/a@b", "http://h:1/a@b"),
            ("https://u:p%40@h/p?token=1#x", "https://h/p?(not shown)"),
            ("udp://localhost:6831", "udp://localhost:6831"),
            ("u:p@h:1", "h:1"),
            ("h", "h"),
        ];
        for (url, expected) in cases {
            assert_eq!(without_secrets(url), expected);
        }
    }

    #[test]
    fn a_path_goes_before_the_query() {
        let cases = [
            ("http://h:1", "http://h:1/v1/traces"),
            ("http://h:1/", "http://h:1/v1/traces"),
            ("http://h:1/base//", "http://h:1/base/v1/traces"),
            ("http://h:1/?key=a/b", "http://h:1/v1/traces?key=a/b"),
        ];
        for (base, expected) in cases {
            assert_eq!(joined(base, "v1/traces"), expected);
        }
    }
}
