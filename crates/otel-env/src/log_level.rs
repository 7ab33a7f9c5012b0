//! The level of the SDK's own log.

use crate::reader::Reader;
use crate::variables::LOG_LEVEL;

/// The lowest level of the SDK's own log that is printed. Each level includes the ones before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Nothing.
    Off,
    /// Errors.
    Error,
    /// Warnings.
    Warn,
    /// Information on normal operation.
    Info,
    /// Details for debugging.
    Debug,
    /// Everything.
    Trace,
}

/// Off by default: the important part, lost spans, is in the report at shutdown.
pub(crate) fn read(reader: &mut Reader<'_>) -> LogLevel {
    let level = reader.parse(&LOG_LEVEL, |name| {
        match name.to_ascii_lowercase().as_str() {
            "none" | "off" => Some(LogLevel::Off),
            "error" => Some(LogLevel::Error),
            "warn" => Some(LogLevel::Warn),
            "info" => Some(LogLevel::Info),
            "debug" => Some(LogLevel::Debug),
            "trace" => Some(LogLevel::Trace),
            _ => None,
        }
    });
    level.unwrap_or(LogLevel::Off)
}
