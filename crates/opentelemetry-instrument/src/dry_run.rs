//! `--dry-run`: shows the settings that the program would get, and the source of each.

use std::fmt::Write as _;

use otel_env::{Config, Exporter, GROUPS, IGNORED, Problem, Variable, without_secrets};

use crate::arguments::Arguments;
use crate::flags;

/// The variable that names a file with precedence over all other variables.
const CONFIG_FILE: &str = "OTEL_CONFIG_FILE";

/// A value, and the name of its source: a flag, a variable or the default.
type Sourced = (String, &'static str);

pub(crate) fn text(arguments: &Arguments) -> String {
    write(arguments, &|name| {
        std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
    })
}

fn write(arguments: &Arguments, environment: &dyn Fn(&str) -> Option<String>) -> String {
    let given = |name: &str| find(arguments, environment, name);
    let (config, problems) = Config::read(&|name| given(name).map(|(value, _)| value));
    let mut text = String::new();
    match given(CONFIG_FILE) {
        Some(path) => {
            write_line(&mut text, CONFIG_FILE, &path);
            write_settings(&mut text, &config);
        }
        None => write_variables(&mut text, &given),
    }
    write_outcome(&mut text, &config);
    write_problems(&mut text, &problems);
    write_command(&mut text, arguments);
    text
}

fn write_variables(text: &mut String, given: Given<'_>) {
    for group in GROUPS {
        writeln!(text, "{}", group.title).ok();
        for variable in group.variables {
            write_line(text, variable.name, &shown(variable, given));
        }
    }
    write_answered(text, given);
}

/// Writes the settings of a file that has precedence over the variables.
fn write_settings(text: &mut String, config: &Config) {
    let service = config.resource.service_name.as_deref();
    writeln!(
        text,
        "  service      {}",
        service.unwrap_or("unknown_service")
    )
    .ok();
    for (key, value) in &config.resource.attributes {
        writeln!(text, "  attribute    {key}={value}").ok();
    }
    writeln!(text, "  propagators  {:?}", config.propagators).ok();
    writeln!(text, "  sampler      {:?}", config.sampler).ok();
    for processor in &config.processors {
        if let Some(batch) = processor.batch {
            writeln!(
                text,
                "  batch        of {} at most, after {} ms, from a queue of {}",
                batch.max_export_batch_size,
                batch.schedule_delay.as_millis(),
                batch.max_queue_size,
            )
            .ok();
        }
    }
}

/// The value of a variable, from its flag or from the environment. An empty value counts as unset,
/// and a flag with an empty value unsets its variable.
fn find(
    arguments: &Arguments,
    environment: &dyn Fn(&str) -> Option<String>,
    name: &str,
) -> Option<Sourced> {
    let found = match arguments.value(name) {
        Some(value) => (value.to_string_lossy().into_owned(), "flag"),
        None => (environment(name)?, "variable"),
    };
    (!found.0.trim().is_empty()).then_some(found)
}

type Given<'a> = &'a dyn Fn(&str) -> Option<Sourced>;

/// The printable value of `variable`. If it is unset and inherits another variable, the value of
/// that one.
fn shown(variable: &Variable, given: Given<'_>) -> Sourced {
    if let Some((value, source)) = given(variable.name) {
        return (variable.shown(&value), source);
    }
    let value = match variable.inherits {
        Some(general) => shown(general, given).0,
        None => variable.default.to_owned(),
    };
    (value, "default")
}

fn write_line(text: &mut String, name: &str, (value, source): &Sourced) {
    writeln!(text, "  {source:8}  {name}={value}").ok();
}

/// Lists those variables for other languages that are set.
fn write_answered(text: &mut String, given: Given<'_>) {
    let set = IGNORED.iter().filter_map(|ignored| {
        let (value, source) = given(ignored.name)?;
        Some((ignored.name, (ignored.shown(&value), source)))
    });
    let python = flags::PYTHON
        .into_iter()
        .filter_map(|name| Some((name, given(name)?)));
    let set: Vec<_> = set.chain(python).collect();
    if !set.is_empty() {
        writeln!(text, "For programs in other languages").ok();
    }
    for (name, value) in set {
        write_line(text, name, &value);
    }
}

/// Lists the addresses that a program with otel-auto would send its spans to.
fn write_outcome(text: &mut String, config: &Config) {
    writeln!(text, "\nSpans go to").ok();
    if config.disabled || config.processors.is_empty() {
        writeln!(text, "  nowhere").ok();
        return;
    }
    for processor in &config.processors {
        match &processor.exporter {
            Exporter::Console => writeln!(text, "  the standard output, as JSON").ok(),
            Exporter::Otlp(otlp) => {
                let endpoint = without_secrets(&otlp.endpoint);
                writeln!(text, "  {endpoint} by OTLP, {}", otlp.protocol.name()).ok()
            }
            Exporter::Jaeger(jaeger) => {
                let endpoint = without_secrets(&jaeger.endpoint);
                writeln!(text, "  {endpoint} by Jaeger, {}", jaeger.protocol.name()).ok()
            }
        };
    }
}

fn write_problems(text: &mut String, problems: &[Problem]) {
    if !problems.is_empty() {
        writeln!(text, "\nA program with otel-auto would report").ok();
    }
    for problem in problems {
        writeln!(text, "  {problem}").ok();
    }
}

fn write_command(text: &mut String, arguments: &Arguments) {
    if !arguments.command.is_empty() {
        let words = arguments.command.iter().map(|word| word.to_string_lossy());
        let command: Vec<_> = words.collect();
        writeln!(text, "\nWould start\n  {}", command.join(" ")).ok();
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    fn dry_run(line: &str, environment: &[(&str, &str)]) -> String {
        let arguments = line.split_whitespace().map(OsString::from);
        let arguments = Arguments::parse(arguments).unwrap();
        write(&arguments, &|name| {
            let (_, value) = environment.iter().find(|(variable, _)| *variable == name)?;
            Some((*value).to_owned())
        })
    }

    fn line<'a>(text: &'a str, variable: &str) -> &'a str {
        let named = format!("  {variable}=");
        text.lines()
            .find(|line| line.contains(&named))
            .unwrap()
            .trim()
    }

    #[test]
    fn each_value_says_where_it_comes_from() {
        let text = dry_run(
            "--dry-run --service_name shop --traces_exporter= ./shop --port 1",
            &[
                ("OTEL_SERVICE_NAME", "other"),
                ("OTEL_TRACES_EXPORTER", "console"),
                ("OTEL_EXPORTER_OTLP_TIMEOUT", "500"),
            ],
        );
        let line = |variable| line(&text, variable);
        assert_eq!(
            line("OTEL_SERVICE_NAME"),
            "flag      OTEL_SERVICE_NAME=shop"
        );
        assert_eq!(
            line("OTEL_TRACES_EXPORTER"),
            "default   OTEL_TRACES_EXPORTER=otlp"
        );
        assert_eq!(
            line("OTEL_EXPORTER_OTLP_TIMEOUT"),
            "variable  OTEL_EXPORTER_OTLP_TIMEOUT=500"
        );
        assert_eq!(
            line("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT"),
            "default   OTEL_EXPORTER_OTLP_TRACES_TIMEOUT=500"
        );
        assert!(text.ends_with("Would start\n  ./shop --port 1\n"), "{text}");
    }

    #[test]
    fn the_end_says_what_comes_of_it() {
        let text = dry_run(
            "--dry-run --traces_exporter otlp,jaeger_proto,console --exporter_otlp_protocol http/json \
             --exporter_jaeger_timeout soon --metrics_exporter otlp --distro acme",
            &[],
        );
        let (_, end) = text.split_once("For programs").unwrap();
        insta::assert_snapshot!(end, @r#"
         in other languages
          flag      OTEL_METRICS_EXPORTER=otlp
          flag      OTEL_PYTHON_DISTRO=acme

        Spans go to
          http://localhost:4318/v1/traces by OTLP, http/json
          http://localhost:14250 by Jaeger, grpc
          the standard output, as JSON

        A program with otel-auto would report
          OTEL_EXPORTER_JAEGER_TIMEOUT="soon": accepted: milliseconds, from 0 to 2147483647; 0 means no limit; 10000 is used
          OTEL_METRICS_EXPORTER="otlp": no metrics are made; it is not used
        "#);
        assert!(dry_run("--dry-run --sdk_disabled", &[]).contains("Spans go to\n  nowhere"));
    }

    #[test]
    fn a_file_says_what_results() {
        let path =
            std::env::temp_dir().join(format!("otel-instrument-{}.yaml", std::process::id()));
        let file = "file_format: \"1.0\"\nresource: {attributes_list: service.name=shop}\n\
            propagator: {composite: [b3: ]}\ntracer_provider:\n  processors:\n\
            \x20   - batch: {schedule_delay: 100, exporter: {jaeger_grpc: }}\n";
        std::fs::write(&path, file).unwrap();
        let line = format!("--dry-run --config_file {}", path.display());
        let text = dry_run(&line, &[("OTEL_SERVICE_NAME", "other")]);
        std::fs::remove_file(&path).unwrap();
        let text = text.replace(path.to_str().unwrap(), "FILE");
        insta::assert_snapshot!(text, @r#"
          flag      OTEL_CONFIG_FILE=FILE
          service      shop
          propagators  [B3]
          sampler      ParentBased(AlwaysOn)
          batch        of 512 at most, after 100 ms, from a queue of 2048

        Spans go to
          http://localhost:14250 by Jaeger, grpc

        A program with otel-auto would report
          OTEL_SERVICE_NAME="other": it is not used: FILE takes precedence, and does not refer to ${OTEL_SERVICE_NAME}
        "#);
    }

    #[test]
    fn secrets_are_not_shown() {
        let text = dry_run(
            "--dry-run --traces_exporter otlp,jaeger --exporter_otlp_headers a=SECRET \
             --exporter_jaeger_password SECRET --exporter_otlp_endpoint http://u:SECRET@h \
             --exporter_otlp_metrics_headers b=SECRET --exporter_otlp_traces_headers SECRET",
            &[],
        );
        assert!(!text.contains("SECRET"), "{text}");
        assert_eq!(
            line(&text, "OTEL_EXPORTER_JAEGER_PASSWORD"),
            "flag      OTEL_EXPORTER_JAEGER_PASSWORD=(not shown)"
        );
    }
}
