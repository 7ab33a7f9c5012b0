//! One environment variable, and the answer to a bad value.

use std::fmt;

/// Stands for a value that must not be shown.
pub(crate) const HIDDEN: &str = "(not shown)";

/// One environment variable: a row of the table in the documentation.
#[derive(Debug)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// The value that is used when it is unset or empty. Of a variable that [inherits](Self::inherits), the
    /// name of the other one.
    pub default: &'static str,
    /// The values it takes.
    pub accepts: &'static str,
    /// The answer to any other value.
    pub otherwise: Otherwise,
    /// The variable whose value is used when this one is unset, as
    /// `OTEL_EXPORTER_OTLP_ENDPOINT` for `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`.
    pub inherits: Option<&'static Variable>,
    /// True if its value must not be shown, because it holds passwords or tokens.
    pub is_secret: bool,
    /// True if its values are `true` and `false`.
    pub is_boolean: bool,
}

/// The answer to a bad value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Otherwise {
    /// Every value is accepted.
    Never,
    /// This is done.
    Done(&'static str),
    /// The value of the variable that it inherits is used.
    Inherited,
}

impl Variable {
    pub(crate) const fn new(
        name: &'static str,
        default: &'static str,
        accepts: &'static str,
        otherwise: &'static str,
    ) -> Self {
        Self {
            name,
            default,
            accepts,
            otherwise: if otherwise.is_empty() {
                Otherwise::Never
            } else {
                Otherwise::Done(otherwise)
            },
            inherits: None,
            is_secret: false,
            is_boolean: false,
        }
    }

    /// A variable that takes the same values as `general` and wins over it.
    pub(crate) const fn specific(name: &'static str, general: &'static Self) -> Self {
        Self {
            name,
            default: general.name,
            accepts: general.accepts,
            otherwise: Otherwise::Inherited,
            inherits: Some(general),
            is_secret: general.is_secret,
            is_boolean: general.is_boolean,
        }
    }

    pub(crate) const fn accepts(mut self, accepts: &'static str) -> Self {
        self.accepts = accepts;
        self
    }

    pub(crate) const fn otherwise(mut self, otherwise: &'static str) -> Self {
        self.otherwise = Otherwise::Done(otherwise);
        self
    }

    pub(crate) const fn secret(mut self) -> Self {
        self.is_secret = true;
        self
    }

    pub(crate) const fn boolean(mut self) -> Self {
        self.is_boolean = true;
        self
    }

    /// The answer to a value that is not accepted, as a clause; `None` where every
    /// value is accepted.
    pub fn instead(&self) -> Option<String> {
        match self.otherwise {
            Otherwise::Never => None,
            Otherwise::Done(what) => Some(what.to_owned()),
            Otherwise::Inherited => Some(format!("{} is used", self.default)),
        }
    }

    /// `value` as it may be shown: not if it is secret, and URLs without user and password.
    pub fn shown(&self, value: &str) -> String {
        shown(self.is_secret, value)
    }
}

/// `value` as it may be shown in reports and logs: `(not shown)` if it is secret or could hold a
/// user and password, as a URL with an `@` does.
pub(crate) fn shown(is_secret: bool, value: &str) -> String {
    if is_secret {
        return HIDDEN.to_owned();
    }
    if value.contains("://") && value.contains('@') {
        return "(a URL with a user; not shown)".to_owned();
    }
    value.to_owned()
}

/// A value that is not used as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The kind of reason.
    pub kind: ProblemKind,
    /// The variable's name; or, of a file, its name, the line and the key.
    pub variable: String,
    /// The value it has, as far as it may be shown.
    pub value: String,
    /// The fault, and what is done instead.
    pub message: String,
}

/// The kinds of reasons why a value is not used as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// It is not among the accepted ones, or contradicts another.
    Refused,
    /// It is fine by itself, and nothing that is configured reads it.
    Unused,
    /// The variable is known, and no program of this workspace reads it.
    NotSupported,
    /// The variable's name is almost that of another.
    Misspelt,
    /// It is in the configuration file, which cannot be used because of it.
    InFile,
    /// It was accepted, and the exporter that it describes could not be built.
    Failed,
}

impl Problem {
    /// A problem with a setting of that name. The caller leaves secrets out of `value`.
    pub fn new(
        kind: ProblemKind,
        variable: impl Into<String>,
        value: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            variable: variable.into(),
            value: value.into(),
            message: message.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.value.is_empty() {
            return write!(f, "{}: {}", self.variable, self.message);
        }
        write!(f, "{}={:?}: {}", self.variable, self.value, self.message)
    }
}
