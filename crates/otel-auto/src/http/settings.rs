//! The settings of HTTP spans for all servers and clients of the process.

use std::sync::OnceLock;

use http::HeaderMap;
use opentelemetry::KeyValue;

use super::capture::{Captures, Of};
use crate::config::Http;

static SETTINGS: OnceLock<Settings> = OnceLock::new();

/// The settings that [`init`](crate::init) has read.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(super) known_methods: Option<Vec<String>>,
    pub(super) captures: Captures,
}

impl Settings {
    pub(crate) fn new(http: Http) -> Self {
        Self {
            captures: Captures::new(&http),
            known_methods: http.known_methods,
        }
    }

    /// Sets them for the process, unless they are set already.
    pub(crate) fn install(self) {
        SETTINGS.get_or_init(|| self);
    }

    /// The settings of the process; `None` before [`init`](crate::init).
    pub(super) fn get() -> Option<&'static Self> {
        SETTINGS.get()
    }
}

/// The attributes of the headers that the settings of the process name.
pub(super) fn captured(of: Of, headers: &HeaderMap) -> impl Iterator<Item = KeyValue> {
    let settings = Settings::get().into_iter();
    settings.flat_map(move |settings| settings.captures.read(of, headers))
}
