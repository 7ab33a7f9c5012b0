//! The causes of an error.

use std::error::Error;

/// The error and its causes, innermost last.
pub(crate) fn causes<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// The messages of the error and of its causes.
pub(crate) fn joined(error: &(dyn Error + 'static)) -> String {
    let messages: Vec<_> = causes(error).map(ToString::to_string).collect();
    messages.join(": ")
}
