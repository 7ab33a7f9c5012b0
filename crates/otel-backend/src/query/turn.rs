//! The turn of an answer, which others may have while the answer waits, and the memory that it holds.
//!
//! An answer is made on one thread, and waits for memory deep inside a query; so the thread knows both.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

/// A turn to make an answer.
pub trait Turn: fmt::Debug {
    /// Leaves it to others.
    fn leave(&self);

    /// Waits until there is a turn for this answer again.
    fn resume(&self);
}

thread_local! {
    static OF_THREAD: RefCell<Option<Answer>> = const { RefCell::new(None) };
}

/// The answer that a thread makes.
#[derive(Clone)]
struct Answer {
    turn: Arc<dyn Turn>,
    held: Arc<AtomicUsize>,
}

/// The turn of the answer that this thread makes, until this is dropped.
#[derive(Debug)]
pub struct OwnTurn(());

impl OwnTurn {
    /// Lets this thread make an answer in that turn.
    pub fn begin(turn: Arc<dyn Turn>) -> Self {
        let held = Arc::default();
        OF_THREAD.set(Some(Answer { turn, held }));
        Self(())
    }
}

impl Drop for OwnTurn {
    fn drop(&mut self) {
        OF_THREAD.set(None);
    }
}

/// Waits without the turn. Whoever waits in vain does not get it back, and needs none to say so.
///
/// # Errors
/// Those of `wait`.
pub fn wait_aside<T, E>(wait: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    let answer = OF_THREAD.with_borrow(Clone::clone);
    if let Some(answer) = &answer {
        answer.turn.leave();
    }
    let waited = wait()?;
    if let Some(answer) = answer {
        answer.turn.resume();
    }
    Ok(waited)
}

/// The bytes that the answer of this thread holds. What is made elsewhere counts by itself.
pub(super) fn held_by_answer() -> Arc<AtomicUsize> {
    let held = |answer: &Option<Answer>| answer.as_ref().map(|answer| Arc::clone(&answer.held));
    OF_THREAD.with_borrow(held).unwrap_or_default()
}
