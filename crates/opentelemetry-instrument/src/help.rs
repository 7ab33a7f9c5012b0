//! `--help`: lists all flags by topic.

use std::fmt::Write as _;

use otel_env::{GROUPS, IGNORED, Variable};

use crate::flags;

const USAGE: &str = "\
otel-instrument [--FLAG VALUE]… PROGRAM [ARGUMENT]…

Starts PROGRAM, which may be in any language, with OpenTelemetry's environment variables.
Each variable has a flag: OTEL_SERVICE_NAME is --service_name. A flag wins over its variable.
A flag may be written --service-name, and its value --service_name=VALUE.
Flags end at PROGRAM, or at --.

  --dry-run
      prints what PROGRAM would be told and where each value comes from, and starts nothing
  --help, --version

otel-instrument --service_name shop --traces_exporter jaeger_thrift,console ./shop
otel-instrument --exporter_otlp_endpoint collector:4317 --exporter_otlp_protocol grpc \\
    --exporter_otlp_insecure ./shop

What is accepted and what is the default is said as otel-auto reads it; other languages may
accept more, or differ.
";

pub(crate) fn text() -> String {
    let mut text = USAGE.to_owned();
    for group in GROUPS {
        writeln!(text, "\n{}:", group.title).ok();
        for variable in group.variables {
            write_flag(&mut text, variable);
        }
    }
    text.push_str("\nFor programs in other languages; otel-auto does not use them:\n");
    let others = IGNORED.iter().map(|ignored| ignored.name);
    for variable in others.chain(flags::PYTHON) {
        writeln!(text, "  --{} VALUE", flags::name(variable)).ok();
    }
    text
}

fn write_flag(text: &mut String, variable: &Variable) {
    let value = if variable.is_boolean {
        "[true|false]"
    } else {
        "VALUE"
    };
    writeln!(text, "  --{} {value}", flags::name(variable.name)).ok();
    let accepts = variable.accepts.trim_start_matches("true or false; ");
    write_wrapped(text, &format!("{accepts} [default: {}]", variable.default));
}

/// Wraps lines at 90 characters.
fn write_wrapped(text: &mut String, description: &str) {
    let mut line = String::new();
    for word in description.split(' ') {
        if !line.is_empty() && line.chars().count() + word.chars().count() > 84 {
            writeln!(text, "      {line}").ok();
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    writeln!(text, "      {line}").ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flag_is_there_once_and_no_line_is_long() {
        let text = text();
        for flag in flags::all() {
            let line = format!("\n  --{} ", flags::name(flag.variable));
            assert_eq!(text.matches(&line).count(), 1, "{line}");
        }
        for line in text.lines() {
            assert!(line.chars().count() <= 100, "{line}");
        }
    }
}
