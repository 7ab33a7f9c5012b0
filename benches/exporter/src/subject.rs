//! The exporters and encoders that are measured.

/// An exporter or encoder to measure.
pub struct Subject {
    /// The task; subjects with the same task are compared.
    pub task: Task,
    /// The name of the exporter.
    pub name: &'static str,
    /// Makes a batch, and returns a closure that exports it.
    prepare: Prepare,
}

type Prepare = Box<dyn FnMut(usize) -> Work>;
pub(crate) type Work = Box<dyn FnOnce()>;

/// The task of a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Task {
    /// Encode spans and discard the bytes.
    Encode,
    /// Export spans by an acknowledged HTTP request.
    Http,
    /// Export spans as datagrams, with the batch split.
    Udp,
    /// Export spans by an acknowledged gRPC call.
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

    /// Makes a batch of `spans` spans, and returns a closure that exports and then drops them, as
    /// the SDK does.
    pub fn prepare(&mut self, spans: usize) -> Box<dyn FnOnce()> {
        (self.prepare)(spans)
    }
}

impl std::fmt::Debug for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {}", self.task, self.name)
    }
}
