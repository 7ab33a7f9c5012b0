//! Hosts and addresses as text.

use std::net::IpAddr;

use opentelemetry::StringValue;

use super::intern;

/// Splits `host[:port]`, and removes the brackets of an IPv6 address.
pub(crate) fn host_and_port(authority: &str) -> (&str, Option<u16>) {
    let bracketed = authority
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'));
    match bracketed.or_else(|| authority.rsplit_once(':')) {
        Some((host, port)) => (host, port.trim_start_matches(':').parse().ok()),
        None => (authority, None),
    }
}

/// The host as the value of an attribute, and the port.
pub(crate) fn authority(authority: &str) -> (StringValue, Option<u16>) {
    intern::authority(authority, host_and_port)
}

/// The address as text; an IPv4 address mapped into IPv6 is written as IPv4.
pub(crate) fn ip(address: IpAddr) -> StringValue {
    intern::address(address.to_canonical(), |address| address.to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
            let (host, port) = expected;
            assert_eq!(super::authority(authority), (host.into(), port));
        }
    }

    proptest! {
        #[test]
        fn an_address_reads_as_the_standard_formatter_writes_it(address: IpAddr) {
            let expected = address.to_canonical().to_string();
            prop_assert_eq!(ip(address), StringValue::from(expected));
        }
    }
}
