//! Access checks: browsers send requests for any page that they show, so `Host` and `Origin` are
//! checked.
//!
//! If the name of a page has been pointed at this machine (DNS rebinding), the browser treats the
//! page as the same origin as this port, and it could read every trace; but `Host` holds that name.
//! Any other page can send simple requests without a preflight; but `Origin` and `Sec-Fetch-Site`
//! reveal it. Programs can set these headers as they like: the checks stop web pages only.

use axum::Extension;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HOST, ORIGIN, RETRY_AFTER, VARY,
};
use http::uri::Authority;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};

use crate::config::Doors;
use crate::receive::Why;

/// The reason why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    /// The host name in the request.
    #[error(
        "the Host '{0}' is not a name of this machine: a web page may be pretending to be it; if it is one, allow it with --allow-host or OTEL_BACKEND_ALLOWED_HOSTS"
    )]
    Host(String),
    /// The origin of the page that sent the request.
    #[error(
        "the page of '{0}' may not do this: if it may send spans, allow it with --cors-origin or OTEL_BACKEND_CORS_ORIGINS"
    )]
    Origin(String),
    /// A page of another site requested something reserved for this program's own page.
    #[error("a page of another site may not ask for this: open the address itself")]
    CrossSite,
}

/// The header in which a browser describes the relation between the page and the request.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// The time that a browser may cache the permission, in seconds.
const MAX_AGE: &str = "600";

impl Doors {
    /// Checks the host name in a request.
    pub(super) fn check_host(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Refused> {
        let header = headers.get(HOST);
        let named = header.map(|host| String::from_utf8_lossy(host.as_bytes()));
        for host in named
            .as_deref()
            .into_iter()
            .chain(uri.authority().map(Authority::as_str))
        {
            if !self.allows_host(name_of(host)) {
                return Err(Refused::Host(host.chars().take(100).collect()));
            }
        }
        Ok(())
    }

    fn allows_host(&self, name: &str) -> bool {
        let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        is_address(&name)
            || !name.contains('.')
            || [".localhost", ".local", ".internal"]
                .iter()
                .any(|end| name.ends_with(end))
            || self
                .hosts
                .iter()
                .any(|host| is_below(&name, &host.to_ascii_lowercase()))
    }

    /// Checks the page that sent a request, if there is one.
    ///
    /// Requests that change or cost something are allowed to this program's own page and, for
    /// spans, to the allowed pages. Links from any page are allowed.
    pub(super) fn check_page(&self, method: &Method, headers: &HeaderMap) -> Result<(), Refused> {
        if let Some(origin) = headers.get(ORIGIN) {
            let origin = String::from_utf8_lossy(origin.as_bytes());
            if self.allows_origin(&origin) || is_own(&origin, headers) {
                return Ok(());
            }
            return Err(Refused::Origin(origin.chars().take(100).collect()));
        }
        let says = |name: &HeaderName, value: &str| headers.get(name).is_some_and(|v| v == value);
        let is_link = (method == Method::GET || method == Method::HEAD)
            && says(&SEC_FETCH_MODE, "navigate")
            && says(&SEC_FETCH_DEST, "document");
        if says(&SEC_FETCH_SITE, "cross-site") && !is_link {
            return Err(Refused::CrossSite);
        }
        Ok(())
    }

    /// Returns true if pages of this origin may send spans: pages of this machine, and those that
    /// are configured.
    fn allows_origin(&self, origin: &str) -> bool {
        let Some((scheme, host)) = origin.split_once("://") else {
            return false;
        };
        let name = name_of(host).to_ascii_lowercase();
        let is_local = matches!(scheme, "http" | "https")
            && (matches!(name.as_str(), "localhost" | "127.0.0.1" | "::1")
                || name.ends_with(".localhost"));
        is_local || self.origins.iter().any(|allowed| is_like(origin, allowed))
    }

    /// Adds the headers by which a browser lets a page send and read the answer, if that is
    /// allowed. `asked` are the headers of the request, `answer` those of the answer.
    pub(super) fn allow(&self, asked: &HeaderMap, answer: &mut HeaderMap) {
        answer.append(VARY, HeaderValue::from_static("origin"));
        let Some(origin) = asked.get(ORIGIN) else {
            return;
        };
        if !self.allows_origin(&String::from_utf8_lossy(origin.as_bytes())) {
            return;
        }
        answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        // Beacons that a page sends when it is closed carry credentials.
        let yes = HeaderValue::from_static("true");
        answer.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, yes);
        answer.insert(ACCESS_CONTROL_EXPOSE_HEADERS, RETRY_AFTER.into());
        if asked.contains_key(ACCESS_CONTROL_REQUEST_METHOD) {
            let post = HeaderValue::from_static("POST");
            answer.insert(ACCESS_CONTROL_ALLOW_METHODS, post);
            answer.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(MAX_AGE));
            if let Some(headers) = asked.get(ACCESS_CONTROL_REQUEST_HEADERS) {
                answer.insert(ACCESS_CONTROL_ALLOW_HEADERS, headers.clone());
            }
        }
    }
}

/// Returns true for a browser's preflight request.
pub(super) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS
        && headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

impl Refused {
    /// The reason for the log.
    pub(super) fn why(&self) -> Extension<Why> {
        Extension(Why {
            message: self.to_string(),
            counted: false,
        })
    }
}

/// The name in `name:port`, `[address]:port`, or without a port.
fn name_of(host: &str) -> &str {
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split(']').next().unwrap_or(rest);
    }
    // An IPv6 address without brackets has more than one colon.
    match host.split_once(':') {
        Some((name, port)) if !port.contains(':') => name,
        _ => host,
    }
}

fn is_address(name: &str) -> bool {
    name.parse::<std::net::IpAddr>().is_ok()
}

/// Returns true if a name equals `allowed` or, if that begins with a dot, is below it.
fn is_below(name: &str, allowed: &str) -> bool {
    match allowed.strip_prefix('.') {
        Some(parent) => name == parent || name.ends_with(allowed),
        None => name == allowed,
    }
}

/// Returns true if an origin is that of the port itself.
fn is_own(origin: &str, headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let origin = origin.split_once("://").map(|(_, host)| host);
    host.is_some() && host == origin
}

/// Returns true if a text matches a pattern, in which `*` stands for any part.
fn is_like(text: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let parts: Vec<_> = parts.collect();
    let Some((last, between)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in between {
        let Some((_, behind)) = rest.split_once(part) else {
            return false;
        };
        rest = behind;
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| {
            let name = HeaderName::from_static(name);
            (name, HeaderValue::from_str(value).unwrap())
        });
        pairs.collect()
    }

    #[test]
    fn names_of_this_machine_are_let_in_and_others_by_name() {
        let doors = Doors {
            hosts: vec!["traces.example".into(), ".corp.example".into()],
            origins: Vec::new(),
        };
        let check = |host| doors.check_host(&Uri::from_static("/"), &headers(&[("host", host)]));
        for host in [
            "localhost:16686",
            "LOCALHOST",
            "127.0.0.1",
            "192.168.1.7:4318",
            "[::1]:4318",
            "otel-backend:4318",
            "host.docker.internal",
            "printer.local",
            "app.localhost:1",
            "traces.example:16686",
            "corp.example",
            "a.b.corp.example.",
        ] {
            assert_eq!(check(host), Ok(()), "{host}");
        }
        for host in [
            "evil.example",
            "evil.example:16686",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "nottraces.example",
            "evilcorp.example",
            "x.traces.example",
        ] {
            assert_eq!(check(host), Err(Refused::Host(host.to_owned())));
        }
        assert_eq!(
            doors.check_host(&Uri::from_static("/"), &headers(&[])),
            Ok(())
        );
        let absolute = Uri::from_static("http://evil.example/");
        assert!(
            doors
                .check_host(&absolute, &headers(&[("host", "localhost")]))
                .is_err()
        );
    }

    #[test]
    fn pages_of_this_machine_may_send_and_others_by_origin() {
        let doors = Doors {
            hosts: Vec::new(),
            origins: vec!["https://*.shop.example".into()],
        };
        let check = |origin| {
            let headers = headers(&[("host", "traces.example:4318"), ("origin", origin)]);
            doors.check_page(&Method::POST, &headers)
        };
        for origin in [
            "http://localhost:3000",
            "https://127.0.0.1",
            "http://[::1]:8080",
            "http://app.localhost",
            "http://traces.example:4318",
            "https://www.shop.example",
        ] {
            assert_eq!(check(origin), Ok(()), "{origin}");
        }
        for origin in [
            "null",
            "http://evil.example",
            "http://localhost.evil.example",
            "http://traces.example",
            "https://shop.example.evil",
            "http://www.shop.example",
        ] {
            assert_eq!(check(origin), Err(Refused::Origin(origin.to_owned())));
        }
    }

    #[test]
    fn a_picture_on_another_site_is_refused_and_a_link_is_not() {
        let doors = Doors::default();
        let check = |site, mode, dest| {
            let headers = headers(&[
                ("sec-fetch-site", site),
                ("sec-fetch-mode", mode),
                ("sec-fetch-dest", dest),
            ]);
            doors.check_page(&Method::GET, &headers)
        };
        assert_eq!(
            check("cross-site", "no-cors", "image"),
            Err(Refused::CrossSite)
        );
        assert_eq!(
            check("cross-site", "navigate", "iframe"),
            Err(Refused::CrossSite)
        );
        assert_eq!(check("cross-site", "navigate", "document"), Ok(()));
        assert_eq!(check("same-origin", "cors", "empty"), Ok(()));
        assert_eq!(check("none", "navigate", "document"), Ok(()));
    }

    #[test]
    fn a_star_stands_for_any_part() {
        assert!(is_like("https://a.b.example", "https://*.example"));
        assert!(is_like("https://x", "*"));
        assert!(is_like("https://a.b:1", "https://a.*:*"));
        assert!(!is_like("https://a.example.evil", "https://*.example"));
        assert!(!is_like("https://a", "https://"));
    }
}
