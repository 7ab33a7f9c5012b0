//! The turn of an answer, which others may have while the answer waits.
//!
//! An answer is made on one thread, and waits for memory deep inside a query; so the thread knows the turn.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

/// A turn to make an answer.
pub trait Turn: fmt::Debug {
    /// Leaves it to others.
    fn leave(&self);

    /// Waits until there is a turn for this answer again.
    fn resume(&self);
}

thread_local! {
    static OF_THREAD: RefCell<Option<Arc<dyn Turn>>> = const { RefCell::new(None) };
}

/// The turn of the answer that this thread makes, until this is dropped.
#[derive(Debug)]
pub struct OwnTurn(());

impl OwnTurn {
    /// Lets this thread make an answer in that turn.
    pub fn begin(turn: Arc<dyn Turn>) -> Self {
        OF_THREAD.set(Some(turn));
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
    let turn = OF_THREAD.with_borrow(Clone::clone);
    if let Some(turn) = &turn {
        turn.leave();
    }
    let waited = wait()?;
    if let Some(turn) = turn {
        turn.resume();
    }
    Ok(waited)
}
