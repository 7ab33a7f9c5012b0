//! An environment variable, and the reaction to a bad value.

use std::fmt;

/// The placeholder for a value that must not be shown.
pub(crate) const HIDDEN: &str = "(not shown)";

/// An environment variable: a row of the table in the documentation.
#[derive(Debug)]
pub struct Variable {
    /// The name of the variable.
    pub name: &'static str,
    /// The value used when the variable is unset or empty. For a variable that
    /// [inherits](Self::inherits), the name of the other one.
    pub default: &'static str,
    /// The accepted values.
    pub accepts: &'static str,
    /// The reaction to any other value.
    pub otherwise: Otherwise,
    /// The variable whose value is used when this one is unset, such as
    /// `OTEL_EXPORTER_OTLP_ENDPOINT` for `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`.
    pub inherits: Option<&'static Variable>,
    /// True if the value must not be shown, because it may hold passwords or tokens.
    pub is_secret: bool,
    /// True if the values are `true` and `false`.
    pub is_boolean: bool,
}

/// The reaction to a bad value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Otherwise {
    /// Every value is accepted.
    Never,
    /// The described action is taken.
    Done(&'static str),
    /// The value of the inherited variable is used.
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

    /// A variable with the same values as `general`, which it overrides.
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

    /// The reaction to a value that is not accepted, as a clause; `None` if every value is
    /// accepted.
    pub fn instead(&self) -> Option<String> {
        match self.otherwise {
            Otherwise::Never => None,
            Otherwise::Done(what) => Some(what.to_owned()),
            Otherwise::Inherited => Some(format!("{} is used", self.default)),
        }
    }

    /// The printable form of `value`: hidden if it is secret, and without the user and password of
    /// a URL.
    pub fn shown(&self, value: &str) -> String {
        shown(self.is_secret, value)
    }
}

/// The form of `value` in reports and logs: `(not shown)` if it is secret, or if it could hold a
/// user and password, like a URL with an `@`.
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
    /// The name of the variable; for a setting in a file: the file, the line and the key.
    pub variable: String,
    /// The value in its printable form.
    pub value: String,
    /// The fault, and the reaction.
    pub message: String,
}

/// The kinds of reasons why a value is not used as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// The value is not among the accepted ones, or contradicts another.
    Refused,
    /// The value is valid, but no configured part reads it.
    Unused,
    /// The variable is known, but no program of this workspace reads it.
    NotSupported,
    /// The variable's name is almost that of another.
    Misspelt,
    /// The value makes the configuration file that it is in unusable.
    InFile,
    /// The value was accepted, but the exporter could not be built with it.
    Failed,
}

impl Problem {
    /// A problem with the setting `variable`. The caller must leave secrets out of `value`.
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
