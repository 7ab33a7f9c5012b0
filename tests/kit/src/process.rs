//! A program that runs until its test ends.

use std::io::{BufRead as _, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

/// The stream on which a program says that it is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// A running program. It is killed when dropped; if the test fails, its output is shown.
#[derive(Debug)]
pub struct Process {
    child: Child,
    said: Arc<Mutex<String>>,
    /// Reads what it says after it was ready.
    reader: Option<JoinHandle<()>>,
}

impl Process {
    /// Starts a program, and returns when it prints a line for which `is_ready` is true. The rest
    /// of the output is read too, since a program blocks when its output is not read.
    ///
    /// # Errors
    /// The output of the program, if it ended before it was ready.
    ///
    /// # Panics
    /// If the program cannot be started.
    pub fn start(
        command: &mut Command,
        output: Output,
        mut is_ready: impl FnMut(&str) -> bool,
    ) -> Result<Self, String> {
        match output {
            Output::Stdout => command.stdout(Stdio::piped()),
            Output::Stderr => command.stderr(Stdio::piped()),
        };
        let started = command.spawn();
        let mut child =
            started.unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
        let stream: Option<Box<dyn Read + Send>> = match output {
            Output::Stdout => child.stdout.take().map(|stream| Box::new(stream) as _),
            Output::Stderr => child.stderr.take().map(|stream| Box::new(stream) as _),
        };
        let mut process = Self {
            child,
            said: Arc::default(),
            reader: None,
        };
        let mut lines = BufReader::new(stream.unwrap_or_else(|| panic!("the stream is a pipe")))
            .lines()
            .map_while(Result::ok);
        let is_ready = lines.any(|line| {
            note(&process.said, &line);
            is_ready(&line)
        });
        if !is_ready {
            return Err(process.said());
        }
        let said = Arc::clone(&process.said);
        let read = move || lines.for_each(|line| note(&said, &line));
        process.reader = Some(thread::spawn(read));
        Ok(process)
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The output so far.
    pub fn said(&self) -> String {
        lock(&self.said).clone()
    }

    /// All its words, once it has ended and so has everything that writes where it wrote.
    pub fn said_to_the_end(&mut self) -> String {
        if let Some(reader) = self.reader.take() {
            drop(reader.join());
        }
        self.said()
    }

    /// Asks the program to end, as `kill` does.
    ///
    /// # Panics
    /// If the signal cannot be sent.
    pub fn ask_to_end(&self) {
        let id = self.id().to_string();
        let asked = Command::new("kill").arg(&id).status();
        assert!(
            asked.is_ok_and(|status| status.success()),
            "process {id} cannot be asked to end"
        );
    }

    /// Waits for the program to end.
    ///
    /// # Panics
    /// If it cannot be waited for.
    pub fn wait(&mut self) -> ExitStatus {
        let ended = self.child.wait();
        ended.unwrap_or_else(|error| panic!("process {}: {error}", self.id()))
    }

    /// Ends the program as `kill -9` does.
    pub fn kill(&mut self) -> ExitStatus {
        // The program may have ended by itself.
        drop(self.child.kill());
        self.wait()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        if thread::panicking() {
            eprint!("--- process {}:\n{}", self.id(), lock(&self.said));
        }
    }
}

fn note(said: &Mutex<String>, line: &str) {
    let mut said = lock(said);
    said.push_str(line);
    said.push('\n');
}

fn lock(said: &Mutex<String>) -> MutexGuard<'_, String> {
    said.lock().unwrap_or_else(PoisonError::into_inner)
}
