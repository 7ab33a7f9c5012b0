//! The level of the SDK's own log.

use tracing_subscriber::filter::LevelFilter;

use super::variable::Reader;
use super::variables::LOG_LEVEL;

/// Nothing unless asked: what matters, lost spans, is in the report at shutdown.
pub(super) fn read(reader: &mut Reader<'_>) -> LevelFilter {
    let level = reader.parse(&LOG_LEVEL, |name| {
        match name.to_ascii_lowercase().as_str() {
            "none" | "off" => Some(LevelFilter::OFF),
            "error" => Some(LevelFilter::ERROR),
            "warn" => Some(LevelFilter::WARN),
            "info" => Some(LevelFilter::INFO),
            "debug" => Some(LevelFilter::DEBUG),
            "trace" => Some(LevelFilter::TRACE),
            _ => None,
        }
    });
    level.unwrap_or(LevelFilter::OFF)
}
