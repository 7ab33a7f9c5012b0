//! Writes reports line by line.

use std::fmt::{Arguments, Write as _};

/// Appends a line to a report, with the arguments of `writeln!`; without spaces at its end.
macro_rules! say {
    ($out:expr, $($line:tt)+) => {
        $crate::say::line($out, format_args!($($line)+))
    };
}
pub(crate) use say;

pub(crate) fn line(out: &mut String, line: Arguments<'_>) {
    // Writing to a String cannot fail.
    let _infallible = writeln!(out, "{}", line.to_string().trim_end());
}
