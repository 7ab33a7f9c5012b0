//! The reaction to a setting for a feature that is not built in.
#![allow(dead_code, reason = "nothing is missing where all features are on")]

use crate::config::{Problem, ProblemKind};

/// A problem: `value` of `variable` needs the feature `name`.
pub(crate) fn feature(variable: &str, value: &str, name: &str) -> Problem {
    let message =
        format!("this program is built without otel-auto's feature {name}; nothing is sent there");
    Problem::new(ProblemKind::NotSupported, variable, value, message)
}

/// A problem: an exporter of spans needs the feature `name`.
pub(crate) fn spans(exporter: &str, name: &str) -> Problem {
    feature("OTEL_TRACES_EXPORTER", exporter, name)
}

/// A problem: an exporter of log records needs the feature `name`.
pub(crate) fn logs(exporter: &str, name: &str) -> Problem {
    feature("OTEL_LOGS_EXPORTER", exporter, name)
}
