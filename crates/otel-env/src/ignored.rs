//! Known variables that are not honoured, with the reasons.

use crate::variable::{Problem, ProblemKind, shown};

/// A variable that other programs read and this crate does not.
#[derive(Debug)]
pub struct Ignored {
    /// The name of the variable.
    pub name: &'static str,
    /// The reason why it is not read.
    pub reason: &'static str,
    /// A value that asks for what happens anyway; it is not reported.
    pub agreed: Option<&'static str>,
    /// True if the value must not be shown.
    pub is_secret: bool,
    /// True if the values are `true` and `false`.
    pub is_boolean: bool,
}

const fn ignored(name: &'static str, reason: &'static str) -> Ignored {
    Ignored {
        name,
        reason,
        agreed: None,
        is_secret: false,
        is_boolean: false,
    }
}

impl Ignored {
    const fn but(mut self, agreed: &'static str) -> Self {
        self.agreed = Some(agreed);
        self
    }

    const fn secret(mut self) -> Self {
        self.is_secret = true;
        self
    }

    const fn boolean(mut self) -> Self {
        self.is_boolean = true;
        self
    }

    /// The printable form of `value`: hidden if it is secret, and without the user and password of
    /// a URL.
    pub fn shown(&self, value: &str) -> String {
        shown(self.is_secret, value)
    }
}

const NO_METRICS: &str = "no metrics are made";
const NO_ZIPKIN: &str = "there is no Zipkin exporter";
const NO_LIMITS: &str = "log records have no limits";
const RENAMED: &str = "it is obsolete; OTEL_EXPORTER_OTLP_TRACES_INSECURE replaces it";
const STABLE: &str = "HTTP spans follow the stable conventions and no others";

/// Variables of the specification and of its earlier versions that are not read. If one is set,
/// that is reported.
#[rustfmt::skip]
pub static IGNORED: &[Ignored] = &[
    ignored("OTEL_EXPERIMENTAL_CONFIG_FILE", "it is obsolete; OTEL_CONFIG_FILE replaces it"),
    ignored("OTEL_ENTITIES", "there are no entities; OTEL_RESOURCE_ATTRIBUTES describes the resource"),
    ignored("OTEL_SEMCONV_STABILITY_OPT_IN", STABLE).but("http"),
    ignored("OTEL_BSP_MAX_CONCURRENT_EXPORTS", "one export is under way at a time").but("1"),
    ignored("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", NO_LIMITS),
    ignored("OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", NO_LIMITS),
    ignored("OTEL_EXPORTER_OTLP_SPAN_INSECURE", RENAMED).boolean(),
    ignored("OTEL_EXPORTER_JAEGER_AGENT_SPLIT_OVERSIZED_BATCHES", "batches for UDP are always split").but("true").boolean(),
    ignored("OTEL_EXPORTER_ZIPKIN_ENDPOINT", NO_ZIPKIN),
    ignored("OTEL_EXPORTER_ZIPKIN_PROTOCOL", NO_ZIPKIN),
    ignored("OTEL_EXPORTER_ZIPKIN_TIMEOUT", NO_ZIPKIN),
    ignored("OTEL_METRICS_EXPORTER", NO_METRICS).but("none"),
    ignored("OTEL_METRICS_EXEMPLAR_FILTER", NO_METRICS),
    ignored("OTEL_METRIC_EXPORT_INTERVAL", NO_METRICS),
    ignored("OTEL_METRIC_EXPORT_TIMEOUT", NO_METRICS),
    ignored("OTEL_EXPORTER_OTLP_METRIC_INSECURE", NO_METRICS).boolean(),
    ignored("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", NO_METRICS),
    ignored("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", NO_METRICS),
    ignored("OTEL_EXPORTER_OTLP_METRICS_INSECURE", NO_METRICS).boolean(),
    ignored("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", NO_METRICS),
    ignored("OTEL_EXPORTER_OTLP_METRICS_HEADERS", NO_METRICS).secret(),
    ignored("OTEL_EXPORTER_OTLP_METRICS_COMPRESSION", NO_METRICS),
    ignored("OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE", NO_METRICS),
    ignored("OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY", NO_METRICS),
    ignored("OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE", NO_METRICS),
    ignored("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", NO_METRICS),
    ignored("OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION", NO_METRICS),
    ignored("OTEL_EXPORTER_PROMETHEUS_HOST", NO_METRICS),
    ignored("OTEL_EXPORTER_PROMETHEUS_PORT", NO_METRICS),
];

/// Reports those of [`IGNORED`] that are set.
pub(crate) fn reported(lookup: &dyn Fn(&str) -> Option<String>) -> impl Iterator<Item = Problem> {
    IGNORED.iter().filter_map(move |ignored| {
        let value = lookup(ignored.name)?;
        let value = value.trim();
        let agreed = ignored
            .agreed
            .is_some_and(|agreed| agreed.eq_ignore_ascii_case(value));
        let shown = ignored.shown(value);
        let message = format!("{}; it is not used", ignored.reason);
        (!value.is_empty() && !agreed)
            .then(|| Problem::new(ProblemKind::NotSupported, ignored.name, shown, message))
    })
}
