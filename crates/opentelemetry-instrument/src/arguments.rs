//! The command line.

use std::ffi::{OsStr, OsString};
use std::iter::Peekable;

use thiserror::Error;

use crate::flags::{self, Flag};

/// The parsed command line.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Arguments {
    pub(crate) action: Action,
    /// The variables set by flags; the last flag of each name counts.
    pub(crate) variables: Vec<(&'static str, OsString)>,
    /// The program and its arguments.
    pub(crate) command: Vec<OsString>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Action {
    #[default]
    Run,
    DryRun,
    Help,
    Version,
}

/// An error in the command line.
#[derive(Debug, Error, PartialEq)]
pub(crate) enum UsageError {
    #[error(
        "there is no flag --{name}; did you mean {}? --help lists all",
        meant(nearest)
    )]
    Unknown { name: String, nearest: Vec<String> },
    #[error("--{name} needs a value: --{name} VALUE")]
    NoValue { name: String },
    #[error("--{name} takes no value")]
    Value { name: String },
    #[error(
        "which program? otel-instrument [--FLAG VALUE]… PROGRAM [ARGUMENT]…; --help tells more"
    )]
    NoProgram,
}

fn meant(nearest: &[String]) -> String {
    let flags: Vec<_> = nearest.iter().map(|name| format!("--{name}")).collect();
    flags.join(" or ")
}

impl Arguments {
    /// Parses the arguments. Flags end at `--`, or at the first argument that is not a flag.
    pub(crate) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Self, UsageError> {
        let mut parsed = Self::default();
        let mut arguments = arguments.peekable();
        while let Some(flag) = arguments.next_if(|next| is_flag(next)) {
            if flag == "--" {
                break;
            }
            parsed.take(&flag, &mut arguments)?;
            if matches!(parsed.action, Action::Help | Action::Version) {
                return Ok(parsed);
            }
        }
        parsed.command = arguments.collect();
        if parsed.command.is_empty() && parsed.action == Action::Run {
            return Err(UsageError::NoProgram);
        }
        Ok(parsed)
    }

    /// The value that a flag sets for `variable`.
    pub(crate) fn value(&self, variable: &str) -> Option<&OsStr> {
        let of_that_name = self.variables.iter().rev();
        let mut of_that_name = of_that_name.filter(|(name, _)| *name == variable);
        of_that_name.next().map(|(_, value)| value.as_os_str())
    }

    fn take(
        &mut self,
        argument: &OsStr,
        rest: &mut Peekable<impl Iterator<Item = OsString>>,
    ) -> Result<(), UsageError> {
        let (name, value) = split(argument);
        if let Some(action) = action(&name) {
            // Help wins over a dry run, in any position.
            self.action = action;
            return value.map_or(Ok(()), |_| Err(UsageError::Value { name }));
        }
        let Some(flag) = flags::find(&name) else {
            let nearest = flags::nearest(&name);
            return Err(UsageError::Unknown { name, nearest });
        };
        let value = value.or_else(|| following(flag, rest));
        let value = value.ok_or(UsageError::NoValue { name })?;
        self.variables.push((flag.variable, value));
        Ok(())
    }
}

fn action(name: &str) -> Option<Action> {
    match name {
        "help" | "h" => Some(Action::Help),
        "version" | "V" => Some(Action::Version),
        "dry_run" | "dry-run" => Some(Action::DryRun),
        _ => None,
    }
}

/// The value after `flag`. A boolean flag may stand alone, which means true.
fn following(flag: Flag, rest: &mut Peekable<impl Iterator<Item = OsString>>) -> Option<OsString> {
    if !flag.is_boolean {
        return rest.next();
    }
    let truth =
        |next: &OsString| next.eq_ignore_ascii_case("true") || next.eq_ignore_ascii_case("false");
    Some(rest.next_if(truth).unwrap_or_else(|| "true".into()))
}

fn is_flag(argument: &OsStr) -> bool {
    let bytes = argument.as_encoded_bytes();
    bytes.starts_with(b"--") || bytes == b"-h" || bytes == b"-V"
}

/// Splits `--name` or `--name=value` into the name and the value.
fn split(argument: &OsStr) -> (String, Option<OsString>) {
    let text = argument.to_string_lossy();
    let text = text.trim_start_matches('-');
    match text.split_once('=') {
        Some((name, value)) => (name.to_owned(), Some(exact(argument, value))),
        None => (text.to_owned(), None),
    }
}

/// The value as it was given, even if it is not text.
#[cfg(unix)]
fn exact(argument: &OsStr, _: &str) -> OsString {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    let value = argument.as_bytes().splitn(2, |byte| *byte == b'=').nth(1);
    OsString::from_vec(value.unwrap_or_default().to_vec())
}

#[cfg(not(unix))]
fn exact(_: &OsStr, value: &str) -> OsString {
    value.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments, UsageError> {
        Arguments::parse(line.split_whitespace().map(OsString::from))
    }

    fn error(line: &str) -> String {
        parse(line).map_or_else(|error| error.to_string(), |parsed| format!("{parsed:?}"))
    }

    #[test]
    fn flags_are_written_in_four_ways() {
        for line in [
            "--service_name shop ./shop",
            "--service-name shop ./shop",
            "--service_name=shop ./shop",
            "--service-name=shop -- ./shop",
            "--service_name other --service_name shop ./shop",
        ] {
            let parsed = parse(line).unwrap();
            assert_eq!(
                parsed.value("OTEL_SERVICE_NAME"),
                Some(OsStr::new("shop")),
                "{line}"
            );
            assert_eq!(parsed.command, ["./shop"], "{line}");
        }
    }

    #[test]
    fn flags_end_at_the_program() {
        let parsed = parse("--service_name a ./shop --service_name b --help --dry-run").unwrap();
        assert_eq!(parsed.action, Action::Run);
        assert_eq!(parsed.command.len(), 5);
        assert_eq!(parsed.value("OTEL_SERVICE_NAME"), Some(OsStr::new("a")));
        let dashed = parse("-- --shop").unwrap();
        assert_eq!(dashed.command, ["--shop"]);
    }

    #[test]
    fn a_value_may_be_empty_begin_with_a_dash_or_hold_an_equals_sign() {
        let value = |line| {
            let parsed = parse(line).unwrap();
            parsed.value("OTEL_RESOURCE_ATTRIBUTES").unwrap().to_owned()
        };
        assert_eq!(value("--resource_attributes= ./shop"), "");
        assert_eq!(value("--resource_attributes -a=b ./shop"), "-a=b");
        assert_eq!(value("--resource_attributes=a=b,c=d ./shop"), "a=b,c=d");
    }

    #[test]
    fn true_may_be_left_out() {
        let value = |line| {
            let parsed = parse(line).unwrap();
            assert_eq!(parsed.command, ["./shop"]);
            parsed
                .value("OTEL_EXPORTER_OTLP_INSECURE")
                .unwrap()
                .to_owned()
        };
        assert_eq!(value("--exporter_otlp_insecure ./shop"), "true");
        assert_eq!(value("--exporter_otlp_insecure False ./shop"), "False");
        assert_eq!(value("--exporter_otlp_insecure=yes ./shop"), "yes");
    }

    #[test]
    fn what_cannot_be_followed_is_said() {
        insta::assert_snapshot!(error("--servcie_name a ./shop"), @"there is no flag --servcie_name; did you mean --service_name? --help lists all");
        insta::assert_snapshot!(error("--service_name"), @"--service_name needs a value: --service_name VALUE");
        insta::assert_snapshot!(error("--dry-run=yes ./shop"), @"--dry-run takes no value");
        insta::assert_snapshot!(error("--service_name a"), @"which program? otel-instrument [--FLAG VALUE]… PROGRAM [ARGUMENT]…; --help tells more");
        insta::assert_snapshot!(error(""), @"which program? otel-instrument [--FLAG VALUE]… PROGRAM [ARGUMENT]…; --help tells more");
        assert!(error("--insecure ./shop").contains("or --exporter_jaeger_grpc_insecure?"));
    }

    #[test]
    fn a_dry_run_needs_no_program() {
        assert_eq!(parse("--dry_run").unwrap().action, Action::DryRun);
        assert_eq!(
            parse("--dry-run --help --nonsense").unwrap().action,
            Action::Help
        );
    }
}
