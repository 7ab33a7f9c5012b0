//! Reads variables, and collects the bad values for one report.

use std::cell::RefCell;
use std::collections::HashSet;
use std::time::Duration;

use crate::variable::{Problem, ProblemKind, Variable};
use crate::variables::variables;

pub(crate) const MAX_MILLISECONDS: u64 = 2_147_483_647;

/// Reads variables, and collects problems for one report.
pub(crate) struct Reader<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    /// The names of the variables read so far.
    read: RefCell<HashSet<&'static str>>,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self {
            lookup,
            read: RefCell::default(),
            problems: Vec::new(),
        }
    }

    /// The problems, including the variables that are set but have no effect with the other
    /// settings.
    pub(crate) fn into_problems(self) -> Vec<Problem> {
        let read = self.read.take();
        let unread = variables().filter(|variable| !read.contains(variable.name));
        let unused: Vec<_> = unread
            .filter_map(|variable| {
                let value = variable.shown(&self.text(variable)?);
                let message = "nothing that is configured reads it; it is not used";
                Some(Problem::new(
                    ProblemKind::Unused,
                    variable.name,
                    value,
                    message,
                ))
            })
            .collect();
        let mut problems = self.problems;
        problems.extend(unused);
        problems
    }

    /// The trimmed value; an empty value counts as unset.
    ///
    /// <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#parsing-empty-value>
    pub(crate) fn text(&self, variable: &'static Variable) -> Option<String> {
        self.read.borrow_mut().insert(variable.name);
        let value = (self.lookup)(variable.name)?;
        let value = value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// Parses the value with `parse`. A refused value is a problem and counts as unset.
    pub(crate) fn parse<T>(
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

    /// The value that `read` gives for `variable`, or else for the variable that it inherits. Both
    /// are read, so that both are checked.
    pub(crate) fn inherited<T>(
        &mut self,
        variable: &'static Variable,
        read: impl Fn(&mut Self, &'static Variable) -> Option<T>,
    ) -> Option<T> {
        let own = read(self, variable);
        let general = variable.inherits.and_then(|general| read(self, general));
        own.or(general)
    }

    /// Reads a boolean, in upper or lower case. Any other value is a problem and counts as false,
    /// as the specification requires.
    pub(crate) fn flag(&mut self, variable: &'static Variable) -> bool {
        self.flag_if_set(variable).unwrap_or(false)
    }

    /// Like [`flag`](Self::flag); `None` if the variable is unset.
    pub(crate) fn flag_if_set(&mut self, variable: &'static Variable) -> Option<bool> {
        let value = self.text(variable)?.to_ascii_lowercase();
        if value != "true" && value != "false" {
            self.refuse(variable, &value);
        }
        Some(value == "true")
    }

    /// The size of a queue or a batch. It is limited because the SDK allocates the whole queue at
    /// the start.
    pub(crate) fn count(&mut self, variable: &'static Variable) -> Option<usize> {
        self.parse(variable, |value| {
            value.parse().ok().filter(|n| (1..=1_000_000).contains(n))
        })
    }

    /// A whole number of milliseconds, within the range that the specification requires.
    ///
    /// <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#duration>
    pub(crate) fn milliseconds(&mut self, variable: &'static Variable) -> Option<Duration> {
        let milliseconds = self.parse(variable, |value| {
            value.parse().ok().filter(|n| *n <= MAX_MILLISECONDS)
        })?;
        Some(Duration::from_millis(milliseconds))
    }

    /// Like [`milliseconds`](Self::milliseconds), but zero means no limit, represented by the
    /// longest duration.
    ///
    /// <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#timeout>
    pub(crate) fn timeout(&mut self, variable: &'static Variable) -> Option<Duration> {
        self.milliseconds(variable).map(zero_as_unlimited)
    }

    /// The trimmed items of a comma-separated list, without empty ones.
    pub(crate) fn list(&self, variable: &'static Variable) -> Option<Vec<String>> {
        let value = self.text(variable)?;
        let parts: Vec<_> = value
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect();
        (!parts.is_empty()).then_some(parts)
    }

    /// The distinct values that `parse` gives for the names of a list, in lower case; empty for
    /// `none`. A name without a value is a problem and left out. `None` if nothing is left.
    pub(crate) fn names<T: PartialEq>(
        &mut self,
        variable: &'static Variable,
        parse: impl Fn(&mut Self, &str) -> Option<T>,
    ) -> Option<Vec<T>> {
        let names = self.list(variable)?;
        let mut values = Vec::new();
        for name in &names {
            let lower_case = name.to_ascii_lowercase();
            if lower_case == "none" {
                self.none_stands_alone(variable, &names);
                return Some(Vec::new());
            }
            match parse(self, &lower_case) {
                Some(value) if values.contains(&value) => {}
                Some(value) => values.push(value),
                None => self.refuse(variable, name),
            }
        }
        (!values.is_empty()).then_some(values)
    }

    /// Reports that `names` holds `none` beside other names, which is a contradiction.
    pub(crate) fn none_stands_alone(&mut self, variable: &'static Variable, names: &[String]) {
        if names.len() > 1 {
            let message = "none excludes all others; none is used".to_owned();
            self.report(ProblemKind::Refused, variable, &names.join(","), message);
        }
    }

    /// The TLS file that `variable` names. If `endpoint` does not use TLS, that is a problem and
    /// the variable counts as unset.
    pub(crate) fn tls_file(
        &mut self,
        variable: &'static Variable,
        endpoint: &str,
    ) -> Option<String> {
        let path = self.text(variable)?;
        if endpoint.starts_with("https:") {
            return Some(path);
        }
        let message = format!("{endpoint} is not reached over TLS; it is not used");
        self.report(ProblemKind::Unused, variable, &path, message);
        None
    }

    /// Reports `value` with the table's text about the variable.
    pub(crate) fn refuse(&mut self, variable: &'static Variable, value: &str) {
        let instead = variable.instead().unwrap_or_default();
        let message = format!("accepted: {}; {instead}", variable.accepts);
        self.report(ProblemKind::Refused, variable, value, message);
    }

    /// Reports `value` in its printable form; only once, even if it is read twice.
    pub(crate) fn report(
        &mut self,
        kind: ProblemKind,
        variable: &'static Variable,
        value: &str,
        message: String,
    ) {
        let problem = Problem::new(kind, variable.name, variable.shown(value), message);
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }
}

/// Zero means no limit, which the longest duration stands for.
pub(crate) fn zero_as_unlimited(timeout: Duration) -> Duration {
    if timeout.is_zero() {
        Duration::from_millis(MAX_MILLISECONDS)
    } else {
        timeout
    }
}
