//! The arguments of `verify`.

use std::{path::PathBuf, str::FromStr, time::Duration};

use crate::protocol::{ParseProtocolError, Protocol};
use crate::read::Api;
use crate::seconds::seconds;

/// The arguments of `verify`.
#[derive(Debug, clap::Args)]
pub struct VerifyArgs {
    /// The backend's query API.
    #[arg(
        long,
        env = "TRACE_QUERY_URL",
        default_value = "http://127.0.0.1:16686"
    )]
    pub query_url: String,
    /// The API to read from; by default the one that loses least.
    #[arg(long, env = "TRACE_QUERY_API", value_enum)]
    pub query_api: Option<Api>,
    /// The address to show for each trace, with `{trace_id}` in it; by default the backend's own
    /// page.
    #[arg(long, env = "TRACE_URL_TEMPLATE", value_name = "TEMPLATE")]
    pub trace_url: Option<String>,
    /// The longest to wait for all traces together, in seconds.
    #[arg(long, default_value = "10", value_parser = seconds)]
    pub timeout: Duration,
    /// Print JSON for programs instead of a table for people.
    #[arg(long)]
    pub json: bool,
    /// Samples, each as NAME:PROTOCOL:SPANS:FILE[,FILE…]: the protocol of its exporter, the number
    /// of its spans, and the files with the output of its programs.
    #[arg(required = true)]
    pub samples: Vec<Sample>,
}

/// A sample whose trace is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// The sample's name, as shown in the table.
    pub name: String,
    /// The protocol of its exporter, which determines what may be lost.
    pub protocol: Protocol,
    /// The number of spans in its trace.
    pub spans: usize,
    /// The files with the output of its programs.
    pub printed: Vec<PathBuf>,
}

/// The reasons why a sample is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseSampleError {
    /// A part is missing or invalid.
    #[error(
        "expected NAME:PROTOCOL:SPANS:FILE[,FILE…], for example manual-grpc:jaeger-grpc:3:out.log"
    )]
    Form,
    /// The protocol is unknown.
    #[error(transparent)]
    Protocol(#[from] ParseProtocolError),
}

impl FromStr for Sample {
    type Err = ParseSampleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.splitn(4, ':');
        let mut part = || {
            parts
                .next()
                .filter(|part| !part.is_empty())
                .ok_or(ParseSampleError::Form)
        };
        let (name, protocol, spans, printed) = (part()?, part()?, part()?, part()?);
        Ok(Self {
            name: name.to_owned(),
            protocol: protocol.parse()?,
            spans: spans.parse().map_err(|_| ParseSampleError::Form)?,
            printed: printed.split(',').map(PathBuf::from).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_names_its_files() {
        let sample: Sample = "automatic:thrift-http:4:client.out,server.out"
            .parse()
            .unwrap();
        assert_eq!(sample.name, "automatic");
        assert_eq!(sample.protocol, Protocol::ThriftHttp);
        assert_eq!(sample.spans, 4);
        assert_eq!(
            sample.printed,
            [PathBuf::from("client.out"), PathBuf::from("server.out")]
        );
    }

    #[test]
    fn a_sample_with_a_part_missing_is_refused() {
        let grpc = "jaeger-grpc";
        for text in [
            String::new(),
            "a".to_owned(),
            format!("a:{grpc}"),
            format!("a:{grpc}:3"),
            format!("a:{grpc}:3:"),
            format!("a:{grpc}:many:file"),
            format!(":{grpc}:3:file"),
        ] {
            assert_eq!(
                text.parse::<Sample>(),
                Err(ParseSampleError::Form),
                "{text}"
            );
        }
        let error = "a:smoke:3:file".parse::<Sample>().unwrap_err();
        assert!(error.to_string().contains("thrift-compact"), "{error}");
    }
}
