//! The settings of the store, checked.

use std::path::PathBuf;
use std::time::Duration;

use jiff::{Span, SpanRelativeTo};

use super::size::{self, Bytes};
use crate::args::Keep;
use crate::store::{Location, Retention, Settings, SyncMode};

/// The default limit on disk, in bytes.
const DISK: u64 = 10 << 30;

/// The default limit in memory, in bytes.
const MEMORY: u64 = 256 << 20;

/// The smallest limit in bytes; a smaller store would evict all the time.
const MIN_BYTES: u64 = 16 << 20;

/// The settings, or `None` after errors. `variable` reads an environment variable.
pub(super) fn settings(
    keep: &Keep,
    variable: impl Fn(&str) -> Option<String>,
    wrong: &mut Vec<String>,
) -> Option<Settings> {
    let mut check = |flag: &str, name: &str, reason: String| {
        wrong.push(format!("--{flag} (OTEL_BACKEND_{name}): {reason}"));
    };
    let location = location(keep, variable);
    let location = location.map_err(|reason| check("data-dir", "DATA_DIR", reason));
    let age = parse_age(&keep.retention);
    let age = age.map_err(|reason| check("retention", "RETENTION", reason));
    let bytes = match &keep.max_disk {
        Some(text) => parse_bytes(text),
        None => Ok(Some(if keep.memory { MEMORY } else { DISK })),
    };
    let bytes = bytes.map_err(|reason| check("max-disk", "MAX_DISK", reason));
    let sync = parse_sync(&keep.sync).map_err(|reason| check("sync", "SYNC", reason));
    Some(Settings {
        location: location.ok()?,
        retention: Retention {
            age: age.ok()?,
            bytes: bytes.ok()?,
        },
        sync: sync.ok()?,
    })
}

fn location(keep: &Keep, variable: impl Fn(&str) -> Option<String>) -> Result<Location, String> {
    if keep.memory {
        return Ok(Location::Memory);
    }
    let set = |name| variable(name).filter(|value| !value.is_empty());
    let directory = match (&keep.data_dir, set("XDG_STATE_HOME"), set("HOME")) {
        (Some(directory), _, _) => PathBuf::from(directory),
        (None, Some(state), _) => PathBuf::from(state).join("otel-backend"),
        (None, None, Some(home)) => PathBuf::from(home).join(".local/state/otel-backend"),
        (None, None, None) => {
            return Err("must be set, since neither XDG_STATE_HOME nor HOME is".to_owned());
        }
    };
    Ok(Location::Directory(directory))
}

/// Parses a time such as 72h or 7d; `None` for `off`.
pub(crate) fn parse_age(text: &str) -> Result<Option<Duration>, String> {
    if text == "off" {
        return Ok(None);
    }
    let wrong = || format!("'{text}' is not a time, such as 72h or 7d, and not off");
    let span: Span = text.parse().map_err(|_| wrong())?;
    let age = span.to_duration(SpanRelativeTo::days_are_24_hours());
    let age = age.map_err(|_| wrong())?;
    match Duration::try_from(age) {
        Ok(age) if age > Duration::ZERO => Ok(Some(age)),
        _ => Err(wrong()),
    }
}

fn parse_bytes(text: &str) -> Result<Option<u64>, String> {
    if text == "off" {
        return Ok(None);
    }
    match size::parse_bytes(text) {
        Ok(Bytes(bytes)) if bytes >= MIN_BYTES => Ok(Some(bytes)),
        Ok(_) => Err(format!("'{text}' is less than 16MiB")),
        Err(reason) => Err(format!("{reason}, or off")),
    }
}

fn parse_sync(text: &str) -> Result<SyncMode, String> {
    match text {
        "normal" => Ok(SyncMode::Normal),
        "full" => Ok(SyncMode::Full),
        _ => Err(format!("'{text}' is neither normal nor full")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_times_or_off() {
        let hours = |hours| Ok(Some(Duration::from_hours(hours)));
        assert_eq!(parse_age("72h"), hours(72));
        assert_eq!(parse_age("7d"), hours(7 * 24));
        assert_eq!(parse_age("off"), Ok(None));
        for wrong in ["", "0s", "-1h", "three days", "1 month"] {
            assert!(parse_age(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_are_bytes_or_off() {
        assert_eq!(parse_bytes("1GiB"), Ok(Some(1 << 30)));
        assert_eq!(parse_bytes("500MB"), Ok(Some(500_000_000)));
        assert_eq!(parse_bytes("off"), Ok(None));
        assert_eq!(parse_bytes("1kB").unwrap_err(), "'1kB' is less than 16MiB");
        assert!(parse_bytes("much").is_err());
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let keep = Keep {
            data_dir: None,
            memory: true,
            retention: "long".to_owned(),
            max_disk: Some("large".to_owned()),
            sync: "often".to_owned(),
        };
        let mut wrong = Vec::new();
        assert_eq!(settings(&keep, |_| None, &mut wrong), None);
        insta::assert_snapshot!(wrong.join("\n"), @r"
        --retention (OTEL_BACKEND_RETENTION): 'long' is not a time, such as 72h or 7d, and not off
        --max-disk (OTEL_BACKEND_MAX_DISK): 'large' is not a size: use a number, or one such as 16MiB, or off
        --sync (OTEL_BACKEND_SYNC): 'often' is neither normal nor full
        ");
    }
}
