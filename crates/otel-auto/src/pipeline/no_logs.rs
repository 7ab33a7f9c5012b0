//! Takes the place of log records if the feature `logs` is off.

use std::time::Duration;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use tracing_subscriber::layer::Identity;

use crate::config::{Config, Problem};
use crate::delivery::Delivery;

/// There is no such provider.
#[derive(Debug)]
pub(crate) enum LoggerProvider {}

impl LoggerProvider {
    pub(crate) fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        match *self {}
    }
}

/// Reports a configuration that asks for log records.
pub(super) fn build(
    config: &Config,
    _: Resource,
    _: &mut Vec<Delivery>,
    problems: &mut Vec<Problem>,
) -> Option<LoggerProvider> {
    if !config.logs.processors.is_empty() {
        problems.push(crate::missing::logs("…", "logs"));
    }
    None
}

pub(crate) fn bridge(logs: &LoggerProvider) -> Identity {
    match *logs {}
}
