//! What the end-to-end tests share: the real programs, started as a user starts them.
//!
//! A test here knows the programs only from outside: their arguments, variables, ports and output.

mod backend;
mod programs;

pub use backend::Backend;
pub use programs::{Finished, program, root, run, unused_port, unused_udp_port};

/// Asks `url` for JSON.
///
/// # Panics
/// When there is no answer or it is not JSON.
#[expect(clippy::panic, reason = "a test that cannot read has failed")]
pub fn get(url: &str) -> serde_json::Value {
    let answer = ureq::get(url)
        .call()
        .and_then(|mut response| response.body_mut().read_to_string());
    match answer {
        Ok(body) => serde_json::from_str(&body)
            .unwrap_or_else(|error| panic!("{url} answered {body:?}: {error}")),
        Err(error) => panic!("{url}: {error}"),
    }
}
