//! Declarative configuration: settings from the file that `OTEL_CONFIG_FILE` names.
//!
//! <https://opentelemetry.io/docs/specs/otel/configuration/>, schema 1.2.

mod exporters;
mod http;
mod limits;
mod processors;
mod propagators;
mod resource;
mod root;
mod sampler;
mod scalar;
mod section;
mod substitution;
mod yaml;

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Read as _};

use crate::variable::{Problem, ProblemKind, shown};
use crate::variables::{CONFIG_FILE, variables};
use crate::{Config, IGNORED};

use section::{Report, Section};

/// Far larger than any configuration that somebody writes.
const MAX_BYTES: u64 = 1 << 20;

type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The settings in the file that the environment names; `None` if it names none.
///
/// An unusable file disables telemetry: half a configuration would hide what is missing.
pub(crate) fn read(lookup: Lookup<'_>) -> Option<(Config, Vec<Problem>)> {
    let path = lookup(CONFIG_FILE.name)?.trim().to_owned();
    if path.is_empty() {
        return None;
    }
    let referenced = RefCell::new(Vec::new());
    let tracked = |name: &str| {
        referenced.borrow_mut().push(name.to_owned());
        lookup(name)
    };
    let (config, mut problems) = match text(&path) {
        Ok(text) => interpret(&path, &text, &tracked),
        Err(error) => {
            let message = format!("it cannot be read: {error}; there is no telemetry");
            (Config::silent(), vec![broken(&path, message)])
        }
    };
    problems.extend(overruled(&path, lookup, &referenced.into_inner()));
    Some((config, problems))
}

fn broken(path: &str, message: impl Into<String>) -> Problem {
    Problem::new(ProblemKind::InFile, CONFIG_FILE.name, path, message)
}

fn text(path: &str) -> io::Result<String> {
    let mut text = String::new();
    let read = File::open(path)?
        .take(MAX_BYTES + 1)
        .read_to_string(&mut text)?;
    if u64::try_from(read).is_ok_and(|read| read > MAX_BYTES) {
        let reason = format!("it is longer than {MAX_BYTES} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, reason));
    }
    Ok(text)
}

/// Interprets `text`, the content of the file at `path`.
fn interpret(path: &str, text: &str, lookup: Lookup<'_>) -> (Config, Vec<Problem>) {
    let report = Report::new(path);
    let config = match yaml::parse(text, lookup) {
        Ok(tree) => Section::root(&report, &tree).map(|root| root::read(root, lookup)),
        Err(fault) => {
            report.error(fault.line, "", "", fault.reason);
            None
        }
    };
    let config = config.filter(|_| !report.is_broken());
    let is_broken = config.is_none();
    let mut problems = report.into_problems();
    if is_broken {
        let message = "it cannot be used, so there is no telemetry; correct the lines above";
        problems.push(broken(path, message));
    }
    (config.unwrap_or_else(Config::silent), problems)
}

/// The variables that are set but not used, since the file takes precedence over all variables that
/// it does not refer to.
/// <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#declarative-configuration>
fn overruled(path: &str, lookup: Lookup<'_>, referenced: &[String]) -> Vec<Problem> {
    let table = variables().map(|variable| (variable.name, variable.is_secret));
    let ignored = IGNORED
        .iter()
        .map(|ignored| (ignored.name, ignored.is_secret));
    let problem = |(name, is_secret): (&'static str, bool)| {
        let value = lookup(name).filter(|value| !value.trim().is_empty())?;
        if referenced.iter().any(|referenced| referenced == name) || name == CONFIG_FILE.name {
            return None;
        }
        let value = shown(is_secret, value.trim());
        let message =
            format!("it is not used: {path} takes precedence, and does not refer to ${{{name}}}");
        Some(Problem::new(ProblemKind::Unused, name, value, message))
    };
    table.chain(ignored).filter_map(problem).collect()
}
