//! The top level of the file.

use super::section::Section;
use super::{Lookup, http, limits, processors, propagators, resource, sampler};
use crate::Config;
use crate::log_level::LogLevel;
use crate::logs::Logs;
use crate::sampler::Sampler;

/// Reads all settings. A broken one is reported and gets its default.
pub(super) fn read(root: Section<'_>, lookup: Lookup<'_>) -> Config {
    format(&root);
    let disabled = root.flag("disabled").unwrap_or(false);
    let general = limits::general(&root);
    let tracer_provider = root.section("tracer_provider");
    let logger_provider = root.section("logger_provider");
    let mut config = Config {
        disabled,
        resource: resource::read(root.section("resource"), lookup),
        propagators: propagators::read(root.section("propagator")),
        sampler: Sampler::AlwaysOff,
        processors: Vec::new(),
        logs: Logs::default(),
        limits: limits::of_spans(None, &general),
        log_level: log_level(&root),
        http: http::read(root.section_or_null("instrumentation/development")),
    };
    if let Some(provider) = tracer_provider {
        config.processors = processors::of_spans(&provider);
        config.limits = limits::of_spans(provider.section("limits"), &general);
        config.sampler = sampler::read(&provider, "sampler").unwrap_or_default();
        id_generator(&provider);
        provider.unsupported("tracer_configurator/development");
        provider.end();
    }
    if let Some(provider) = logger_provider {
        config.logs.processors = processors::of_logs(&provider);
        limits::of_logs(provider.section("limits"));
        provider.unsupported("logger_configurator/development");
        provider.end();
    }
    root.pass_over("meter_provider", "no metrics are made; it is passed over");
    root.pass_over(
        "distribution",
        "it is for other distributions; it is passed over",
    );
    root.end_at_the_top();
    config
}

/// Minor versions of 1 differ only by additions.
fn format(root: &Section<'_>) {
    let Some(item) = root.required("file_format") else {
        return;
    };
    let accepted = r#""1.0", "1.1" or "1.2", in quotes"#;
    let Some(version) = item.scalar().and_then(|scalar| match scalar {
        super::scalar::Scalar::Text(version) => Some(version.as_str()),
        _ => None,
    }) else {
        item.refuse::<()>(accepted);
        return;
    };
    let mut parts = version.split(['.', '-']);
    let is_number = |part: &str| part.parse::<u32>().is_ok();
    match (parts.next(), parts.next()) {
        (Some("1"), Some("0" | "1" | "2")) if parts.next().is_none() => {}
        (Some("1"), Some(minor)) if is_number(minor) => {
            item.note("it is read as 1.2; keys that are newer are errors");
        }
        _ => {
            item.refuse::<()>(accepted);
        }
    }
}

/// Severities run from 1 to 24, four for each of our levels; fatal counts as error.
fn log_level(root: &Section<'_>) -> LogLevel {
    let Some((item, name)) = root.text("log_level") else {
        return LogLevel::Info;
    };
    let level = match name.trim_end_matches(['2', '3', '4']) {
        "trace" => LogLevel::Trace,
        "debug" => LogLevel::Debug,
        "info" => LogLevel::Info,
        "warn" => LogLevel::Warn,
        "error" | "fatal" => LogLevel::Error,
        _ => LogLevel::Off,
    };
    let is_short = name.len() <= name.trim_end_matches(['2', '3', '4']).len() + 1;
    if level == LogLevel::Off || !is_short {
        let accepted = "trace, debug, info, warn, error, fatal, each also with 2, 3 or 4";
        item.refuse::<()>(accepted);
    }
    level
}

fn id_generator(provider: &Section<'_>) {
    if let Some((name, settings)) = provider.component("id_generator") {
        if name != "random" {
            settings.error(format!("there is no id generator {name}; accepted: random"));
        }
        settings.end();
    }
}
