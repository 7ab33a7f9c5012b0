//! The flags: one for each variable of `otel-env`'s table, and one for each variable that only
//! programs in other languages read.

use otel_env::{IGNORED, variables};

/// The prefixes of variables, which flags do not have; the first that fits is left out.
const PREFIXES: [&str; 2] = ["OTEL_PYTHON_", "OTEL_"];

/// The variables that only Python reads and for which its `opentelemetry-instrument` has a flag.
pub(crate) const PYTHON: [&str; 12] = [
    "OTEL_PYTHON_AUTO_INSTRUMENTATION_EXPERIMENTAL_GEVENT_PATCH",
    "OTEL_PYTHON_CONFIGURATOR",
    "OTEL_PYTHON_CONTEXT",
    "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS",
    "OTEL_PYTHON_DISTRO",
    "OTEL_PYTHON_ID_GENERATOR",
    "OTEL_PYTHON_LOGGER_CONFIGURATOR",
    "OTEL_PYTHON_METER_CONFIGURATOR",
    "OTEL_PYTHON_METER_PROVIDER",
    "OTEL_PYTHON_SDK_INTERNAL_METRICS_ENABLED",
    "OTEL_PYTHON_TRACER_CONFIGURATOR",
    "OTEL_PYTHON_TRACER_PROVIDER",
];

/// A variable as a flag.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flag {
    pub(crate) variable: &'static str,
    /// True if it may stand alone, which means `true`.
    pub(crate) is_boolean: bool,
}

/// All flags, in the order of the documentation.
pub(crate) fn all() -> impl Iterator<Item = Flag> {
    let answered = IGNORED.iter().map(|ignored| Flag {
        variable: ignored.name,
        is_boolean: ignored.is_boolean,
    });
    let python = PYTHON.into_iter().map(|variable| Flag {
        variable,
        is_boolean: false,
    });
    read().chain(answered).chain(python)
}

/// The flags of the variables that `otel-auto` reads.
fn read() -> impl Iterator<Item = Flag> {
    variables().map(|variable| Flag {
        variable: variable.name,
        is_boolean: variable.is_boolean,
    })
}

/// The name of a variable's flag: `service_name` for `OTEL_SERVICE_NAME`, and `distro` for
/// `OTEL_PYTHON_DISTRO`, as Python names it.
pub(crate) fn name(variable: &str) -> String {
    let name = PREFIXES
        .iter()
        .find_map(|prefix| variable.strip_prefix(prefix));
    name.unwrap_or(variable).to_ascii_lowercase()
}

/// The flag with that name, written with `_` or `-`.
pub(crate) fn find(given: &str) -> Option<Flag> {
    let given = normal(given);
    all().find(|flag| name(flag.variable) == given)
}

/// Suggestions for an unknown flag: all flags with that ending, as for `insecure`, or else the most
/// similar one.
pub(crate) fn nearest(given: &str) -> Vec<String> {
    let given = normal(given);
    let given = given.strip_prefix("otel_").unwrap_or(&given);
    let end = format!("_{given}");
    let ending: Vec<_> = read()
        .map(|flag| name(flag.variable))
        .filter(|name| name == given || name.ends_with(&end))
        .collect();
    if !ending.is_empty() {
        return ending;
    }
    let distance = |name: &String| strsim::damerau_levenshtein(name, given);
    let names = all().map(|flag| name(flag.variable));
    names.min_by_key(distance).into_iter().collect()
}

fn normal(given: &str) -> String {
    given.to_ascii_lowercase().replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variable_has_its_flag() {
        for flag in all() {
            let name = name(flag.variable);
            let found = find(&name).map(|found| found.variable);
            assert_eq!(found, Some(flag.variable));
            let found = find(&name.replace('_', "-")).map(|found| found.variable);
            assert_eq!(found, Some(flag.variable));
        }
    }

    #[test]
    fn no_flag_is_there_twice_or_has_a_name_of_our_own() {
        let mut names: Vec<_> = all().map(|flag| name(flag.variable)).collect();
        names.extend(["help", "version", "dry_run"].map(str::to_owned));
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    /// The flags are those that `opentelemetry-instrument --help` of Python's version 0.66b2 lists.
    #[test]
    fn every_flag_of_the_python_launcher_is_there() {
        let listed = include_str!("../tests/fixtures/python-flags.txt");
        let missing: Vec<_> = listed.lines().filter(|name| find(name).is_none()).collect();
        assert!(listed.lines().count() > 80);
        assert_eq!(missing, [""; 0]);
    }

    #[test]
    fn what_was_meant_is_found() {
        let cases = [
            ("servcie_name", "service_name"),
            ("trace-exporter", "traces_exporter"),
            ("OTEL_SERVICE_NAME", "service_name"),
            ("traces_insecure", "exporter_otlp_traces_insecure"),
            ("jaeger_endpoint", "exporter_jaeger_endpoint"),
        ];
        for (given, meant) in cases {
            assert_eq!(nearest(given), [meant], "{given}");
        }
        let insecure = nearest("insecure");
        for name in ["exporter_otlp_insecure", "exporter_jaeger_grpc_insecure"] {
            assert!(insecure.iter().any(|found| found == name), "{insecure:?}");
        }
    }
}
