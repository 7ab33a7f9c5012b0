//! Builds the exporter that the environment configures.

use crate::env::{self, Env};
use crate::{BuildError, GrpcBuilder, HttpBuilder, SpanExporter, UdpBuilder};

impl SpanExporter {
    /// Builds the exporter for `OTEL_EXPORTER_JAEGER_PROTOCOL`: `http/thrift.binary` (the default),
    /// `grpc`, `udp/thrift.compact` or `udp/thrift.binary`. The other variables set it up.
    ///
    /// # Errors
    /// [`BuildError`] names the variable, its value, and the values that are accepted.
    pub fn from_env() -> Result<Self, BuildError> {
        build(Env::process())
    }

    /// Like [`from_env`](Self::from_env), with the variables that `lookup` returns.
    ///
    /// ```
    /// let lookup = |name: &str| match name {
    ///     "OTEL_EXPORTER_JAEGER_PROTOCOL" => Some("udp/thrift.compact".to_owned()),
    ///     _ => None,
    /// };
    /// let exporter = jaeger_exporter::SpanExporter::from_lookup(lookup)?;
    /// assert_eq!(exporter.endpoint(), "udp://localhost:6831");
    /// # Ok::<(), jaeger_exporter::BuildError>(())
    /// ```
    ///
    /// # Errors
    /// Like [`from_env`](Self::from_env).
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, BuildError> {
        build(Env::read(lookup))
    }
}

fn build(env: Env) -> Result<SpanExporter, BuildError> {
    let protocol = env
        .get(env::PROTOCOL)
        .unwrap_or("http/thrift.binary")
        .to_ascii_lowercase();
    match protocol.as_str() {
        "http/thrift.binary" => HttpBuilder::new(env).build(),
        "grpc" => GrpcBuilder::new(env).build(),
        "udp/thrift.compact" => UdpBuilder::new(env).compact().build(),
        "udp/thrift.binary" => UdpBuilder::new(env).binary().build(),
        _ => Err(BuildError::setting(
            env::PROTOCOL,
            protocol,
            "http/thrift.binary, grpc, udp/thrift.compact or udp/thrift.binary",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The endpoint of the exporter built from these variables, or the error.
    fn endpoint(variables: &[(&str, &str)]) -> Result<String, String> {
        let lookup = |name: &str| {
            variables
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        };
        match SpanExporter::from_lookup(lookup) {
            Ok(exporter) => Ok(exporter.endpoint().to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn with_protocol(protocol: &str) -> Result<String, String> {
        endpoint(&[(env::PROTOCOL, protocol)])
    }

    #[test]
    fn the_defaults_are_those_of_a_local_backend() {
        let thrift = "http://localhost:14268/api/traces";
        assert_eq!(endpoint(&[]).as_deref(), Ok(thrift));
        assert_eq!(with_protocol("http/thrift.binary").as_deref(), Ok(thrift));
        assert_eq!(
            with_protocol("grpc").as_deref(),
            Ok("http://localhost:14250")
        );
        assert_eq!(
            with_protocol("udp/thrift.compact").as_deref(),
            Ok("udp://localhost:6831")
        );
        assert_eq!(
            with_protocol("UDP/Thrift.Binary").as_deref(),
            Ok("udp://localhost:6832")
        );
    }

    #[test]
    fn an_empty_variable_is_unset() {
        let variables = [
            (env::PROTOCOL, ""),
            (env::ENDPOINT, " "),
            (env::TIMEOUT, ""),
        ];
        assert_eq!(
            endpoint(&variables).as_deref(),
            Ok("http://localhost:14268/api/traces")
        );
    }

    #[test]
    fn variables_replace_defaults_and_code_replaces_variables() {
        let lookup = |name: &str| match name {
            env::ENDPOINT => Some("http://variable:1".to_owned()),
            env::AGENT_HOST => Some("variable".to_owned()),
            env::AGENT_PORT => Some("2".to_owned()),
            _ => None,
        };
        let built =
            |exporter: Result<SpanExporter, BuildError>| exporter.unwrap().endpoint().to_owned();
        let http = || SpanExporter::http().with_env(lookup);
        assert_eq!(built(http().build()), "http://variable:1");
        assert_eq!(
            built(http().with_endpoint("http://code:3").build()),
            "http://code:3"
        );
        let grpc = || SpanExporter::grpc().with_env(lookup);
        assert_eq!(built(grpc().build()), "http://variable:1");
        assert_eq!(
            built(grpc().with_endpoint("http://code:3").build()),
            "http://code:3"
        );
        let udp = || SpanExporter::udp().with_env(lookup);
        assert_eq!(built(udp().build()), "udp://variable:2");
        assert_eq!(
            built(udp().with_host("::1").with_port(4).build()),
            "udp://[::1]:4"
        );
    }

    #[test]
    fn a_bad_value_is_named_with_what_is_accepted() {
        let cases: &[(&[(&str, &str)], &str)] = &[
            (
                &[(env::PROTOCOL, "thrift")],
                "OTEL_EXPORTER_JAEGER_PROTOCOL=thrift: expected http/thrift.binary, grpc, \
                 udp/thrift.compact or udp/thrift.binary",
            ),
            (
                &[(env::TIMEOUT, "10s")],
                "OTEL_EXPORTER_JAEGER_TIMEOUT=10s: expected a whole number of milliseconds",
            ),
            (
                &[(env::ENDPOINT, "localhost:14268")],
                "OTEL_EXPORTER_JAEGER_ENDPOINT=localhost:14268: expected a URL with http:// or \
                 https://, such as http://localhost:14268/api/traces",
            ),
            (
                &[
                    (env::PROTOCOL, "grpc"),
                    (env::ENDPOINT, "http://localhost:14250/api/traces"),
                ],
                "OTEL_EXPORTER_JAEGER_ENDPOINT=http://localhost:14250/api/traces: expected a URL \
                 without a path: gRPC has none",
            ),
            (
                &[(env::PROTOCOL, "grpc"), (env::GRPC_INSECURE, "1")],
                "OTEL_EXPORTER_JAEGER_GRPC_INSECURE=1: expected true or false",
            ),
            (
                &[
                    (env::PROTOCOL, "udp/thrift.compact"),
                    (env::AGENT_PORT, "65536"),
                ],
                "OTEL_EXPORTER_JAEGER_AGENT_PORT=65536: expected a port from 1 to 65535",
            ),
            (
                &[
                    (env::PROTOCOL, "udp/thrift.compact"),
                    (env::AGENT_HOST, "jaeger:6831"),
                ],
                "OTEL_EXPORTER_JAEGER_AGENT_HOST=jaeger:6831: expected a host's name or address, \
                 without scheme and port",
            ),
            (
                &[(env::PASSWORD, "secret")],
                "OTEL_EXPORTER_JAEGER_PASSWORD=(set): expected OTEL_EXPORTER_JAEGER_USER as well",
            ),
            (
                &[(env::USER, "a:b")],
                "OTEL_EXPORTER_JAEGER_USER=a:b: expected a user without a colon",
            ),
        ];
        for (variables, message) in cases {
            assert_eq!(
                endpoint(variables).as_ref().map_err(String::as_str),
                Err(*message)
            );
        }
    }

    #[test]
    fn a_bare_host_and_port_means_tls_unless_insecure() {
        let grpc = |insecure: &str| {
            endpoint(&[
                (env::PROTOCOL, "grpc"),
                (env::ENDPOINT, "jaeger:14250"),
                (env::GRPC_INSECURE, insecure),
            ])
        };
        assert_eq!(grpc("True").as_deref(), Ok("http://jaeger:14250"));
        // If the system trusts no authorities, TLS cannot be set up.
        for answer in [grpc("false"), grpc("")] {
            assert!(
                answer
                    .unwrap_or_else(|error| error)
                    .contains("https://jaeger:14250")
            );
        }
    }

    #[test]
    fn a_certificate_that_cannot_be_read_is_named() {
        let missing = endpoint(&[
            (env::ENDPOINT, "https://jaeger:14268"),
            (env::CERTIFICATE, "/nowhere/ca.pem"),
        ]);
        let message = missing.unwrap_err();
        assert!(
            message.starts_with(
                "OTEL_EXPORTER_JAEGER_CERTIFICATE=/nowhere/ca.pem: cannot read the file: "
            ),
            "{message}"
        );
    }

    #[test]
    fn a_builder_does_not_show_its_secrets() {
        let lookup = |name: &str| (name == env::PASSWORD).then(|| "hidden".to_owned());
        let http = SpanExporter::http()
            .with_env(lookup)
            .with_basic_auth("me", "secret")
            .with_header("authorization", "token");
        let shown = format!("{http:?}");
        assert!(shown.contains(env::PASSWORD), "{shown}");
        for secret in ["hidden", "secret", "token"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}
