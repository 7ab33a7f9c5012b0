//! Host and port.

/// Splits `host[:port]`. An IPv6 address comes in brackets and goes without.
pub(super) fn host_and_port(authority: &str) -> (&str, Option<u16>) {
    let bracketed = authority
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'));
    match bracketed.or_else(|| authority.rsplit_once(':')) {
        Some((host, port)) => (host, port.trim_start_matches(':').parse().ok()),
        None => (authority, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_is_split_into_host_and_port() {
        let cases = [
            ("localhost", ("localhost", None)),
            ("localhost:8082", ("localhost", Some(8082))),
            ("[::1]:8082", ("::1", Some(8082))),
            ("[::1]", ("::1", None)),
            ("localhost:", ("localhost", None)),
            ("localhost:http", ("localhost", None)),
        ];
        for (authority, expected) in cases {
            assert_eq!(host_and_port(authority), expected);
        }
    }
}
