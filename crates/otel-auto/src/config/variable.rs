//! How one environment variable is read, and what is said of a bad value.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;
use std::time::Duration;

use super::variables::variables;

/// Stands for a value that must not be shown.
const HIDDEN: &str = "(not shown)";

const MAX_MILLISECONDS: u64 = 2_147_483_647;

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

impl Variable {
    /// Whether its value must not be shown: it holds passwords and tokens.
    pub fn is_secret(&self) -> bool {
        self.name.ends_with("_HEADERS") || self.name.ends_with("_PASSWORD")
    }

    /// Whether it is true or false.
    pub fn is_boolean(&self) -> bool {
        self.accepts.starts_with("true or false")
    }
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
    /// The names of those that somebody wanted to know.
    read: RefCell<HashSet<&'static str>>,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self {
            lookup,
            read: RefCell::default(),
            problems: Vec::new(),
        }
    }

    /// The problems, and with them the variables that are set but have no say in what the others
    /// ask for.
    pub(super) fn into_problems(self) -> Vec<Problem> {
        let read = self.read.take();
        let unread = variables().filter(|variable| !read.contains(variable.name));
        let unused: Vec<_> = unread
            .filter_map(|variable| {
                let value = self.text(variable)?;
                let value = if variable.is_secret() { HIDDEN } else { &value };
                let message = "nothing that is configured reads it; it is not used";
                Some(Problem::new(variable.name, value, message))
            })
            .collect();
        let mut problems = self.problems;
        problems.extend(unused);
        problems
    }

    /// The trimmed value; an empty one counts as unset.
    ///
    /// <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#parsing-empty-value>
    pub(super) fn text(&self, variable: &'static Variable) -> Option<String> {
        self.read.borrow_mut().insert(variable.name);
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
            self.refuse(variable, HIDDEN);
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

    /// How many fit in a queue or a batch. The SDK allocates the whole queue at the start.
    pub(super) fn count(&mut self, variable: &'static Variable) -> Option<usize> {
        self.parse(variable, |value| {
            value.parse().ok().filter(|n| (1..=1_000_000).contains(n))
        })
    }

    /// A whole number of milliseconds, as far as the specification asks for them.
    ///
    /// <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#duration>
    pub(super) fn milliseconds(&mut self, variable: &'static Variable) -> Option<Duration> {
        let milliseconds = self.parse(variable, |value| {
            value.parse().ok().filter(|n| *n <= MAX_MILLISECONDS)
        })?;
        Some(Duration::from_millis(milliseconds))
    }

    /// As [`milliseconds`](Self::milliseconds), where zero is without limit: as long as can be
    /// said.
    ///
    /// <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#timeout>
    pub(super) fn timeout(&mut self, variable: &'static Variable) -> Option<Duration> {
        let timeout = self.milliseconds(variable)?;
        let unlimited = Duration::from_millis(MAX_MILLISECONDS);
        Some(if timeout.is_zero() {
            unlimited
        } else {
            timeout
        })
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

    /// Reports that `names` holds `none` and more: it is not clear what is meant.
    pub(super) fn none_stands_alone(&mut self, variable: &'static Variable, names: &[String]) {
        if names.len() > 1 {
            let message = "none excludes all others; none is used".to_owned();
            self.report(variable, &names.join(","), message);
        }
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
