//! The queue between the threads that end spans and the thread that exports them.

use std::collections::VecDeque;
use std::mem;
use std::sync::mpsc::SyncSender;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::SpanData;

use crate::config::Batch;

/// The memory of a new batch, in spans; a larger batch grows.
const ROOM: usize = 512;

/// A caller that waits until the spans before its call have been exported.
pub(super) type Waiting = SyncSender<OTelSdkResult>;

/// The spans that wait for their export.
#[derive(Debug)]
pub(super) struct Queue {
    limits: Batch,
    state: Mutex<State>,
    /// Wakes the exporting thread.
    work: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The number of all spans in the queue.
    len: usize,
    /// The batch that is being filled.
    filling: Vec<SpanData>,
    /// The batches to be exported, oldest first.
    ready: VecDeque<Vec<SpanData>>,
    resource: Option<Resource>,
    waiting: Vec<Waiting>,
    is_closed: bool,
}

/// Work for the exporting thread.
#[derive(Debug)]
pub(super) struct Work {
    /// The resource, if it was set since the last time.
    pub(super) resource: Option<Resource>,
    /// The number of batches to export.
    pub(super) batches: usize,
    /// Those who wait for it.
    pub(super) waiting: Vec<Waiting>,
    /// True if the queue is closed.
    pub(super) is_last: bool,
}

impl Queue {
    pub(super) fn new(limits: Batch) -> Self {
        Self {
            limits,
            state: Mutex::default(),
            work: Condvar::new(),
        }
    }

    /// Adds a span, or drops it if the queue is full or closed. Nothing waits here but for the
    /// lock, which is never held for long.
    pub(super) fn push(&self, span: SpanData) {
        let mut state = self.state();
        if state.is_closed || state.len >= self.limits.max_queue_size {
            return;
        }
        state.len += 1;
        if state.filling.capacity() == 0 {
            let room = self.limits.max_export_batch_size.min(ROOM);
            state.filling.reserve_exact(room);
        }
        state.filling.push(span);
        if state.filling.len() >= self.limits.max_export_batch_size {
            state.finish_batch();
            drop(state);
            self.work.notify_one();
        }
    }

    /// Asks for the export of all spans in the queue. Returns false if it is closed.
    pub(super) fn flush(&self, done: Waiting) -> bool {
        let mut state = self.state();
        if state.is_closed {
            return false;
        }
        state.waiting.push(done);
        drop(state);
        self.work.notify_one();
        true
    }

    /// Closes the queue, and asks for the export of what it holds. Returns false if it is closed
    /// already.
    pub(super) fn close(&self, done: Option<Waiting>) -> bool {
        let mut state = self.state();
        if mem::replace(&mut state.is_closed, true) {
            return false;
        }
        state.waiting.extend(done);
        drop(state);
        self.work.notify_one();
        true
    }

    /// Sets the resource for the next exports.
    pub(super) fn describe(&self, resource: Resource) {
        self.state().resource = Some(resource);
    }

    /// Waits until a batch is ready, until the delay has passed, or until somebody waits.
    pub(super) fn wait(&self) -> Work {
        let idle = |state: &mut State| {
            state.ready.is_empty() && state.waiting.is_empty() && !state.is_closed
        };
        let (mut state, waited) = self
            .work
            .wait_timeout_while(self.state(), self.limits.schedule_delay, idle)
            .unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() || !state.waiting.is_empty() || state.is_closed {
            state.finish_batch();
        }
        Work {
            resource: state.resource.take(),
            batches: state.ready.len(),
            waiting: mem::take(&mut state.waiting),
            is_last: state.is_closed,
        }
    }

    /// Takes the oldest batch that is ready.
    pub(super) fn pop(&self) -> Option<Vec<SpanData>> {
        let mut state = self.state();
        let batch = state.ready.pop_front()?;
        state.len -= batch.len();
        Some(batch)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn finish_batch(&mut self) {
        if !self.filling.is_empty() {
            let batch = mem::take(&mut self.filling);
            self.ready.push_back(batch);
        }
    }
}
