//! Converts the settings of `otel-env` to the SDK's types.

use std::time::Duration;

use opentelemetry::{Array, KeyValue, StringValue, Value};
#[cfg(feature = "logs")]
use opentelemetry_sdk::logs;
use opentelemetry_sdk::resource::TelemetryResourceDetector;
use opentelemetry_sdk::trace::SpanLimits;
use opentelemetry_sdk::{Resource, trace};
use tracing_subscriber::filter::LevelFilter;

use crate::config::{self, Batch, Limits, LogLevel, Sampler};
use crate::detect;

pub(crate) fn resource(given: &config::Resource) -> Resource {
    let service = given.service_name.clone().unwrap_or_else(unknown_service);
    let attributes = given.attributes.iter();
    let attributes = attributes.map(|(key, given)| KeyValue::new(key.clone(), value(given)));
    Resource::builder_empty()
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_attribute(KeyValue::new(
            "telemetry.auto.version",
            env!("CARGO_PKG_VERSION"),
        ))
        .with_attributes(
            given
                .detectors
                .iter()
                .flat_map(|of| detect::attributes(*of)),
        )
        .with_attributes(attributes)
        .with_service_name(service)
        .build()
}

fn value(given: &config::Value) -> Value {
    use config::Value as Given;
    match given.clone() {
        Given::String(text) => text.into(),
        Given::Bool(flag) => flag.into(),
        Given::Int(number) => number.into(),
        Given::Double(number) => number.into(),
        Given::Strings(texts) => {
            let texts = texts.into_iter().map(StringValue::from).collect();
            Value::Array(Array::String(texts))
        }
        Given::Bools(flags) => Value::Array(Array::Bool(flags)),
        Given::Ints(numbers) => Value::Array(Array::I64(numbers)),
        Given::Doubles(numbers) => Value::Array(Array::F64(numbers)),
    }
}

/// <https://opentelemetry.io/docs/specs/semconv/resource/#service>
fn unknown_service() -> String {
    match program() {
        Some(program) => format!("unknown_service:{program}"),
        None => "unknown_service".to_owned(),
    }
}

/// The file name of the running program.
pub(crate) fn program() -> Option<String> {
    let path = std::env::current_exe().ok()?;
    Some(path.file_stem()?.to_str()?.to_owned())
}

pub(crate) fn sampler(sampler: &Sampler) -> trace::Sampler {
    match sampler {
        Sampler::AlwaysOn => trace::Sampler::AlwaysOn,
        Sampler::AlwaysOff => trace::Sampler::AlwaysOff,
        Sampler::TraceIdRatioBased(ratio) => trace::Sampler::TraceIdRatioBased(*ratio),
        Sampler::ParentBased(root) => trace::Sampler::ParentBased(Box::new(self::sampler(root))),
    }
}

pub(crate) fn limits(limits: &Limits) -> SpanLimits {
    SpanLimits {
        max_events_per_span: limits.max_events_per_span,
        max_attributes_per_span: limits.max_attributes_per_span,
        max_links_per_span: limits.max_links_per_span,
        max_attributes_per_event: limits.max_attributes_per_event,
        max_attributes_per_link: limits.max_attributes_per_link,
    }
}

/// The batching limits. Without a batch, each span or log record is exported by itself, but still
/// on the processor's thread, so that nothing waits for it.
pub(crate) fn batch_or_single(batch: Option<Batch>) -> Batch {
    batch.unwrap_or(Batch {
        schedule_delay: Duration::from_millis(1),
        export_timeout: Duration::from_secs(30),
        max_queue_size: 2048,
        max_export_batch_size: 1,
    })
}

#[cfg(feature = "logs")]
pub(crate) fn batch_of_logs(batch: Batch) -> logs::BatchConfig {
    logs::BatchConfigBuilder::default()
        .with_scheduled_delay(batch.schedule_delay)
        .with_max_queue_size(batch.max_queue_size)
        .with_max_export_batch_size(batch.max_export_batch_size)
        .build()
}

pub(crate) fn level(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Off => LevelFilter::OFF,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::Key;

    use super::*;
    use crate::config::Detector;

    #[test]
    fn a_resource_has_a_service_and_says_what_made_it() {
        let given = config::Resource {
            service_name: None,
            attributes: vec![
                ("team".to_owned(), config::Value::String("a b".to_owned())),
                (
                    "host.name".to_owned(),
                    config::Value::String("given".to_owned()),
                ),
            ],
            detectors: vec![Detector::Host, Detector::Process],
        };
        let resource = resource(&given);
        let get = |key: &'static str| {
            let value = resource.get(&Key::from_static_str(key));
            value.map(|value| value.to_string()).unwrap_or_default()
        };
        assert!(get("service.name").starts_with("unknown_service:otel_auto"));
        assert_eq!(get("team"), "a b");
        assert_eq!(get("host.name"), "given");
        assert_eq!(get("process.pid"), std::process::id().to_string());
        assert_eq!(get("telemetry.sdk.language"), "rust");
        assert_eq!(get("telemetry.auto.version"), env!("CARGO_PKG_VERSION"));
    }

    #[test]
    fn samplers_nest() {
        let half = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(0.5)));
        let shown = format!("{:?}", sampler(&half));
        assert_eq!(shown, "ParentBased(TraceIdRatioBased(0.5))");
    }
}
