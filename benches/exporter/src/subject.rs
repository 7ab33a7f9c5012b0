//! An exporter, or an encoder, that is measured.

use crate::{Sink, otlp, ours, retired};

/// Something to measure.
pub struct Subject {
    /// What it does: rows of one task are compared.
    pub task: Task,
    /// Who does it.
    pub name: &'static str,
    /// Makes a batch, and returns the work of exporting it.
    prepare: Prepare,
}

type Prepare = Box<dyn FnMut(usize) -> Work>;
pub(crate) type Work = Box<dyn FnOnce()>;

/// What a subject does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Task {
    /// Spans to bytes, thrown away.
    Encode,
    /// Spans to an acknowledged HTTP request.
    Http,
    /// Spans to datagrams, the batch split.
    Udp,
    /// Spans to an acknowledged call.
    Grpc,
}

impl Subject {
    pub(crate) fn new(
        task: Task,
        name: &'static str,
        prepare: impl FnMut(usize) -> Work + 'static,
    ) -> Self {
        Self {
            task,
            name,
            prepare: Box::new(prepare),
        }
    }

    /// The work of exporting a batch of `spans` spans. They exist when this returns, and are gone when
    /// the work is done, as they are when the SDK exports.
    pub fn prepare(&mut self, spans: usize) -> Box<dyn FnOnce()> {
        (self.prepare)(spans)
    }
}

impl std::fmt::Debug for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {}", self.task, self.name)
    }
}

/// Everything that is measured, sending to `sink`. This crate's exporter comes first in its task.
pub fn subjects(sink: &Sink) -> Vec<Subject> {
    let mut subjects = ours::subjects(sink);
    subjects.extend(retired::subjects(sink));
    subjects.extend(otlp::subjects(sink));
    // Stable: who comes first of a task stays first.
    subjects.sort_by_key(|subject| subject.task);
    subjects
}
