//! Variables that are not honoured, and why.

use super::variable::Problem;
use super::variables::VARIABLES;

/// Variables of the specification that other programs read and this crate does not, with the
/// reason. One that is set is reported.
pub static IGNORED: &[(&str, &str)] = &[
    ("OTEL_CONFIG_FILE", "there is no configuration by file"),
    (
        "OTEL_EXPERIMENTAL_CONFIG_FILE",
        "there is no configuration by file",
    ),
    (
        "OTEL_BSP_MAX_CONCURRENT_EXPORTS",
        "one export is under way at a time",
    ),
    (
        "OTEL_EXPORTER_JAEGER_AGENT_SPLIT_OVERSIZED_BATCHES",
        "batches for UDP are always split",
    ),
    ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", NO_METRICS),
    ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", NO_METRICS),
    ("OTEL_EXPORTER_PROMETHEUS_HOST", NO_METRICS),
    ("OTEL_EXPORTER_PROMETHEUS_PORT", NO_METRICS),
    (
        "OTEL_EXPORTER_ZIPKIN_ENDPOINT",
        "there is no Zipkin exporter",
    ),
    (
        "OTEL_EXPORTER_ZIPKIN_TIMEOUT",
        "there is no Zipkin exporter",
    ),
    (
        "OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT",
        "log records have no limits",
    ),
    (
        "OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        "log records have no limits",
    ),
    ("OTEL_METRICS_EXEMPLAR_FILTER", NO_METRICS),
    ("OTEL_METRICS_EXPORTER", NO_METRICS),
    ("OTEL_METRIC_EXPORT_INTERVAL", NO_METRICS),
    ("OTEL_METRIC_EXPORT_TIMEOUT", NO_METRICS),
];

const NO_METRICS: &str = "no metrics are made";

/// Reports what is set of [`IGNORED`]. That nothing is exported is no problem: so it is.
pub(super) fn ignored(lookup: &dyn Fn(&str) -> Option<String>) -> impl Iterator<Item = Problem> {
    IGNORED.iter().filter_map(move |(name, reason)| {
        let value = lookup(name).filter(|value| !value.is_empty() && value != "none")?;
        let message = format!("{reason}; it is not used");
        Some(Problem::new(*name, value, message))
    })
}

/// Reports names that are one or two slips of the pen away from a variable's.
pub(super) fn misspelt(names: impl Iterator<Item = String>) -> impl Iterator<Item = Problem> {
    // The comparison is slow, and an environment may be large.
    let named_alike = names.filter(|name| name.starts_with("OTEL_"));
    named_alike.filter_map(|name| {
        let known = || VARIABLES.iter().map(|variable| variable.name);
        if known().any(|known| known == name) || IGNORED.iter().any(|(known, _)| *known == name) {
            return None;
        }
        let meant = known().find(|known| strsim::damerau_levenshtein(known, &name) <= 2)?;
        let message = format!("there is no such variable; {meant} is close to it");
        Some(Problem::new(name, "…", message))
    })
}
