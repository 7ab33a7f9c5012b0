//! Messages to the operator of the program.

use std::io::{self, Write};

/// Writes a line to stderr. Errors are ignored, since `eprintln!` would panic when stderr is
/// closed.
pub(crate) fn say(line: &str) {
    writeln!(io::stderr(), "{line}").ok();
}
