//! The configuration, checked.

mod doors;
mod endpoint;
mod forward;
mod keep;
mod limits;
mod size;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use crate::args::Args;
use crate::store::Settings;

pub use doors::Doors;
pub use endpoint::{Endpoint, Transport};
pub use forward::{Forward, ForwardProtocol};
pub(crate) use keep::parse_age;
pub use limits::Limits;

/// The checked configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The listeners in the order of [`Endpoint::ALL`], without the disabled ones.
    pub listeners: Vec<(Endpoint, SocketAddr)>,
    /// The store's settings.
    pub store: Settings,
    /// The names and the pages that are allowed.
    pub doors: Doors,
    /// The limits on requests.
    pub limits: Limits,
    /// The endpoint that spans and log records are forwarded to.
    pub forward: Option<Forward>,
    /// The file of sampling strategies; `None` to sample everything.
    pub sampling_file: Option<PathBuf>,
    /// The path of the page and the query APIs, without a slash at its end; "" for the root.
    pub base_path: String,
    /// True if metrics are refused instead of accepted and dropped.
    pub refuse_metrics: bool,
    /// True if agents see the values of secrets.
    pub show_secrets: bool,
}

/// All errors in the configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError(pub Vec<String>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl Config {
    /// Checks the arguments. `variable` reads an environment variable.
    ///
    /// # Errors
    /// [`ConfigError`] with all errors, not just the first.
    pub fn new(
        args: &Args,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let mut wrong = Vec::new();
        let address = args.listen.parse::<IpAddr>();
        if address.is_err() {
            wrong.push(format!(
                "--listen (OTEL_BACKEND_LISTEN): '{}' is not an IP address, such as 127.0.0.1 or 0.0.0.0",
                args.listen
            ));
        }
        let mut listeners = Vec::new();
        for endpoint in Endpoint::ALL {
            match (parse_port(endpoint.port(&args.ports)), &address) {
                (Ok(Some(port)), Ok(address)) => {
                    listeners.push((endpoint, SocketAddr::new(*address, port)));
                }
                (Ok(_), _) => {}
                (Err(reason), _) => wrong.push(format!(
                    "{} ({}): {reason}",
                    endpoint.flag(),
                    endpoint.variable()
                )),
            }
        }
        let limits = Limits::parse(&args.limits).unwrap_or_else(|reasons| {
            let named = |reason| format!("--limits (OTEL_BACKEND_LIMITS): {reason}");
            wrong.extend(reasons.into_iter().map(named));
            Limits::default()
        });
        let base_path = parse_base_path(&args.base_path).unwrap_or_else(|| {
            wrong.push(format!(
                "--base-path (OTEL_BACKEND_BASE_PATH): '{}' is not a path such as /tracing: it begins with a slash, and has letters, digits, '-', '_', '.' and '~' between slashes",
                args.base_path
            ));
            String::new()
        });
        let forward = forward::settings(&args.forward, &variable, &mut wrong);
        let store = keep::settings(&args.keep, variable, &mut wrong);
        match store {
            Some(store) if wrong.is_empty() => Ok(Self {
                listeners,
                store,
                doors: Doors {
                    hosts: args.allow_host.clone(),
                    origins: args.cors_origin.clone(),
                },
                limits,
                forward,
                sampling_file: args.sampling_file.clone(),
                base_path,
                refuse_metrics: args.refuse_metrics,
                show_secrets: args.show_secrets,
            }),
            _ => Err(ConfigError(wrong)),
        }
    }
}

/// A path without the slash at its end.
fn parse_base_path(text: &str) -> Option<String> {
    let path = text.strip_suffix('/').unwrap_or(text);
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let is_segment = |part: &str| !["", ".", ".."].contains(&part) && part.bytes().all(is_plain);
    let mut segments = path.split('/');
    let is_absolute = text.starts_with('/') && segments.next() == Some("");
    (is_absolute && segments.all(is_segment)).then(|| path.to_owned())
}

/// A port; `None` for `off`.
fn parse_port(text: &str) -> Result<Option<u16>, String> {
    if text == "off" {
        return Ok(None);
    }
    match text.parse() {
        Ok(port) => Ok(Some(port)),
        Err(_) => Err(format!(
            "'{text}' is not a port: use a number from 0 to 65535, or off"
        )),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::store::Location;

    fn config(args: &[&str], variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let args = Args::parse_from([&["otel-backend"], args].concat());
        Config::new(&args, |name| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn without_arguments_everything_listens_on_loopback() {
        let config = config(&[], &[("HOME", "/home/me")]).unwrap();
        let ports: Vec<_> = config.listeners.iter().map(|(_, a)| a.port()).collect();
        assert_eq!(
            ports,
            [
                16686, 16685, 4317, 4318, 14268, 14250, 6831, 6832, 9411, 5778
            ]
        );
        assert!(config.listeners.iter().all(|(_, a)| a.ip().is_loopback()));
        assert_eq!(
            config.store.location,
            Location::Directory("/home/me/.local/state/otel-backend".into())
        );
    }

    #[test]
    fn a_protocol_can_be_switched_off() {
        let config = config(&["--memory", "--jaeger-grpc-port", "off"], &[]).unwrap();
        assert_eq!(config.listeners.len(), Endpoint::ALL.len() - 1);
        assert_eq!(config.store.location, Location::Memory);
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let error = config(
            &[
                "--listen",
                "here",
                "--ui-port",
                "99999",
                "--otlp-http-port",
                "on",
                "--limits",
                "body=much,spam=3,spans=0",
                "--base-path",
                "tracing",
            ],
            &[],
        )
        .unwrap_err();
        insta::assert_snapshot!(error, @r"
        --listen (OTEL_BACKEND_LISTEN): 'here' is not an IP address, such as 127.0.0.1 or 0.0.0.0
        --ui-port (OTEL_BACKEND_UI_PORT): '99999' is not a port: use a number from 0 to 65535, or off
        --otlp-http-port (OTEL_BACKEND_OTLP_HTTP_PORT): 'on' is not a port: use a number from 0 to 65535, or off
        --limits (OTEL_BACKEND_LIMITS): 'much' is not a size: use a number, or one such as 16MiB
        --limits (OTEL_BACKEND_LIMITS): there is no limit 'spam': use body, decompressed, spans, elements, attribute, queue, forward, connections
        --limits (OTEL_BACKEND_LIMITS): spans=0 would let nothing in
        --base-path (OTEL_BACKEND_BASE_PATH): 'tracing' is not a path such as /tracing: it begins with a slash, and has letters, digits, '-', '_', '.' and '~' between slashes
        --data-dir (OTEL_BACKEND_DATA_DIR): must be set, since neither XDG_STATE_HOME nor HOME is
        ");
    }

    #[test]
    fn a_base_path_is_made_of_plain_segments() {
        assert_eq!(parse_base_path("/").as_deref(), Some(""));
        assert_eq!(parse_base_path("/tracing/").as_deref(), Some("/tracing"));
        assert_eq!(parse_base_path("/a/b-1.x").as_deref(), Some("/a/b-1.x"));
        for text in [
            "", "a", "//", "/a//b", "/..", "/a/./b", "/a b", "/%2e", "/a?b",
        ] {
            assert_eq!(parse_base_path(text), None, "{text}");
        }
    }

    #[test]
    fn the_state_directory_of_the_user_is_preferred() {
        let config = config(&[], &[("HOME", "/h"), ("XDG_STATE_HOME", "/state")]).unwrap();
        assert_eq!(
            config.store.location,
            Location::Directory("/state/otel-backend".into())
        );
    }
}
