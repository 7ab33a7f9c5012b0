//! How one environment variable is read, and what is said of a bad value.

use std::fmt;
use std::time::Duration;

/// One environment variable: a row of the table in the documentation.
#[derive(Debug)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What holds when it is unset or empty.
    pub default: &'static str,
    /// The values it takes.
    pub accepts: &'static str,
    /// What happens with any other value.
    pub otherwise: &'static str,
}

/// A value that is not honoured as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The variable's name.
    pub variable: String,
    /// The value it has.
    pub value: String,
    /// What is wrong and what is done instead.
    pub message: String,
}

impl Problem {
    pub(crate) fn new(
        variable: impl Into<String>,
        value: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            variable: variable.into(),
            value: value.into(),
            message: message.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={:?}: {}", self.variable, self.value, self.message)
    }
}

/// Reads variables and keeps the problems for one report.
pub(super) struct Reader<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self {
            lookup,
            problems: Vec::new(),
        }
    }

    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.problems
    }

    /// The trimmed value; an empty one counts as unset.
    ///
    /// <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#parsing-empty-value>
    pub(super) fn text(&self, variable: &'static Variable) -> Option<String> {
        let value = (self.lookup)(variable.name)?;
        let value = value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// The value as `parse` reads it. One that it refuses is a problem and counts as unset.
    pub(super) fn parse<T>(
        &mut self,
        variable: &'static Variable,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let value = self.text(variable)?;
        let parsed = parse(&value);
        if parsed.is_none() {
            self.refuse(variable, &value);
        }
        parsed
    }

    /// As [`parse`](Self::parse), for a value that must not be shown.
    pub(super) fn parse_secret<T>(
        &mut self,
        variable: &'static Variable,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let parsed = parse(&self.text(variable)?);
        if parsed.is_none() {
            self.refuse(variable, "(not shown)");
        }
        parsed
    }

    /// `true` in any case is true. Anything but `true` and `false` is a problem and counts as
    /// false, as the specification demands of every boolean.
    pub(super) fn flag(&mut self, variable: &'static Variable) -> bool {
        self.flag_if_set(variable).unwrap_or(false)
    }

    /// As [`flag`](Self::flag); `None` where it is unset.
    pub(super) fn flag_if_set(&mut self, variable: &'static Variable) -> Option<bool> {
        let value = self.text(variable)?.to_ascii_lowercase();
        if value != "true" && value != "false" {
            self.refuse(variable, &value);
        }
        Some(value == "true")
    }

    /// A whole number of at least 1.
    pub(super) fn count(&mut self, variable: &'static Variable) -> Option<usize> {
        self.parse(variable, |value| value.parse().ok().filter(|n| *n > 0))
    }

    /// A whole number of milliseconds, at least 1.
    pub(super) fn milliseconds(&mut self, variable: &'static Variable) -> Option<Duration> {
        let value = self.parse(variable, |value| value.parse().ok().filter(|n| *n > 0))?;
        Some(Duration::from_millis(value))
    }

    /// The parts of a list with commas between, trimmed, without empty ones.
    pub(super) fn list(&self, variable: &'static Variable) -> Option<Vec<String>> {
        let value = self.text(variable)?;
        let parts: Vec<_> = value
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect();
        (!parts.is_empty()).then_some(parts)
    }

    /// The file that `variable` names for TLS. Where `endpoint` is not reached over TLS it is a
    /// problem and counts as unset.
    pub(super) fn tls_file(
        &mut self,
        variable: &'static Variable,
        endpoint: &str,
    ) -> Option<String> {
        let path = self.text(variable)?;
        if endpoint.starts_with("https:") {
            return Some(path);
        }
        let message = format!("{endpoint} is not reached over TLS; it is not used");
        self.report(variable, &path, message);
        None
    }

    /// Reports `value` with what the table says of the variable.
    pub(super) fn refuse(&mut self, variable: &'static Variable, value: &str) {
        let Variable {
            accepts, otherwise, ..
        } = variable;
        self.report(variable, value, format!("accepted: {accepts}; {otherwise}"));
    }

    /// Reports `value` with a message of its own; once, though it be read twice.
    pub(super) fn report(&mut self, variable: &'static Variable, value: &str, message: String) {
        let problem = Problem::new(variable.name, value, message);
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }
}
