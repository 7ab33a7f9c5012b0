//! Proof that a trace arrived.
//!
//! [`roundtrip`] sends traces of its own by every protocol and compares what comes back. The path of
//! its data:
//!
//! 1. [`model`] makes traces that are hard to carry: a pure function of a seed.
//! 2. [`send`] sends them by each [`protocol`].
//! 3. [`read`] asks the backend's own query API for them.
//! 4. [`expect`] says what may come back: a table written by hand, of what each protocol and API can
//!    carry, and of what each backend is known to change.
//! 5. [`judge`](mod@judge) compares, field by field ([`compare`]), and tells declared loss from
//!    defect.
//!
//! [`logs`] does the same with log records, by the protocols of OTLP.
//!
//! [`verify`] compares what a program printed with what a backend returns: steps 3 to 5, where
//! [`verify::printed`] stands for 1 and 2.
//!
//! [`prove`] shows that step 5 sees every change. [`doctor`] walks the path that a program's spans
//! take, to find where they are lost. [`watch`] follows traces as they arrive.
//!
//! Nothing here knows how a backend stores spans or how an exporter encodes them, and no code is
//! shared with either: a fault there cannot hide itself.

pub mod args;
pub mod compare;
pub mod doctor;
pub mod expect;
pub mod judge;
pub mod logs;
pub mod matrix;
pub mod model;
pub mod protocol;
pub mod prove;
pub mod read;
pub mod roundtrip;
mod seconds;
pub mod send;
pub mod verify;
pub mod wait;
pub mod watch;
