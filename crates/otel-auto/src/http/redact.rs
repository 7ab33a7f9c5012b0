//! Removes secrets from URLs.

use std::borrow::Cow;

#[cfg(feature = "reqwest")]
use reqwest::Url;

pub(super) const REDACTED: &str = "REDACTED";

/// The keys of query parameters that are signatures or credentials. The first four are those of the
/// conventions for `url.query`, the next three are AWS's, and the others are common names of tokens
/// and passwords. Case does not matter.
const SECRET_KEYS: [&str; 19] = [
    "AWSAccessKeyId",
    "Signature",
    "sig",
    "X-Goog-Signature",
    "X-Amz-Signature",
    "X-Amz-Credential",
    "X-Amz-Security-Token",
    "access_token",
    "api-key",
    "api_key",
    "apikey",
    "auth",
    "authorization",
    "client_secret",
    "id_token",
    "password",
    "refresh_token",
    "secret",
    "token",
];

/// Replaces the values of secret keys in `query`.
pub(super) fn query(query: &str) -> Cow<'_, str> {
    // Bytes are split faster than text, and this is done for each request.
    if !query.as_bytes().split(|byte| *byte == b'&').any(is_secret) {
        return Cow::Borrowed(query);
    }
    let pairs: Vec<Cow<'_, str>> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((key, _)) if is_secret(pair.as_bytes()) => Cow::Owned(format!("{key}={REDACTED}")),
            _ => Cow::Borrowed(pair),
        })
        .collect();
    Cow::Owned(pairs.join("&"))
}

/// True if the key of a pair is secret.
fn is_secret(pair: &[u8]) -> bool {
    let key = pair.split(|byte| *byte == b'=').next().unwrap_or(pair);
    SECRET_KEYS
        .iter()
        .any(|known| known.as_bytes().eq_ignore_ascii_case(key))
}

/// Replaces user name, password and the values of secret query keys in `url`.
#[cfg(feature = "reqwest")]
pub(super) fn url(url: &Url) -> String {
    let mut url = url.clone();
    // This fails only for URLs without a host, which cannot hold credentials.
    let _ = url.username().is_empty() || url.set_username(REDACTED).is_ok();
    let _ = url.password().is_none() || url.set_password(Some(REDACTED)).is_ok();
    if let Some(Cow::Owned(redacted)) = url.query().map(query) {
        url.set_query(Some(&redacted));
    }
    url.into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn secrets_in_a_query_are_replaced() {
        let cases = [
            ("", ""),
            ("param=testing", "param=testing"),
            ("a=1&sig=secret&b=2", "a=1&sig=REDACTED&b=2"),
            (
                "Signature=s&AWSAccessKeyId=k",
                "Signature=REDACTED&AWSAccessKeyId=REDACTED",
            ),
            ("x-goog-signature=s", "x-goog-signature=REDACTED"),
            ("X-Amz-Security-Token=a=b", "X-Amz-Security-Token=REDACTED"),
            ("sig&signal=1", "sig&signal=1"),
            ("Token=t&tokens=2", "Token=REDACTED&tokens=2"),
        ];
        for (given, expected) in cases {
            assert_eq!(query(given), expected);
        }
    }

    #[cfg(feature = "reqwest")]
    #[test]
    fn credentials_in_a_url_are_replaced() {
        let cases = [
            ("http://h:1/p?q=1#f", "http://h:1/p?q=1#f"),
            ("https://u:p@h/", "https://REDACTED:REDACTED@h/"),
            ("https://u@h/?sig=1", "https://REDACTED@h/?sig=REDACTED"),
            ("https://:p@h/", "https://:REDACTED@h/"),
        ];
        for (given, expected) in cases {
            assert_eq!(url(&given.parse().unwrap()), expected);
        }
    }

    proptest! {
        #[test]
        fn no_secret_survives_among_other_pairs(
            before in "[a-z=&]{0,20}",
            key in proptest::sample::select(SECRET_KEYS.as_slice()),
            secret in "[A-Z0-9%]{12,40}",
            after in "[a-z=&]{0,20}",
        ) {
            let given = format!("{before}&{key}={secret}&{after}");
            let expected = format!("{key}={REDACTED}");
            let redacted = query(&given);
            prop_assert!(!redacted.contains(&secret));
            prop_assert!(redacted.contains(&expected));
        }

        #[test]
        fn a_query_without_secrets_stays_as_it_is(given in "[a-f0-9=&?/]{0,40}") {
            prop_assert_eq!(query(&given), given.as_str());
        }
    }
}
