//! What a child process says.

use std::io::{BufRead, BufReader, Read};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

/// The lines of a child's output as they come. All of it is read, whether anybody listens or not:
/// a program whose output nobody reads stands still or ends.
pub(crate) fn lines(output: Option<impl Read + Send + 'static>) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let lines = output
            .into_iter()
            .flat_map(|output| BufReader::new(output).lines());
        for line in lines.map_while(Result::ok) {
            // Nobody listens once the address is known.
            let _unheard = sender.send(line);
        }
    });
    receiver
}
