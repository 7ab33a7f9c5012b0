//! The output that JSON is written to.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};

/// Writes one text at a time.
pub(super) struct Output(Mutex<Box<dyn Write + Send>>);

impl Output {
    pub(super) fn new(output: impl Write + Send + 'static) -> Self {
        Self(Mutex::new(Box::new(output)))
    }

    /// Writes all of `text`. It is not an error if the reader has closed the pipe.
    pub(super) fn write(&self, text: &str) -> OTelSdkResult {
        let mut output = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let written = output
            .write_all(text.as_bytes())
            .and_then(|()| output.flush());
        match written {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                let message = format!("cannot write to the console: {error}");
                Err(OTelSdkError::InternalFailure(message))
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Output")
    }
}
