//! Checks that traces arrive in a backend.
//!
//! [`roundtrip`] sends test traces by every protocol and compares what is returned. Its data goes
//! through these modules:
//!
//! 1. [`model`] makes traces that are hard to carry, as a pure function of a seed.
//! 2. [`send`] sends them by each [`protocol`].
//! 3. [`read`] reads them back through the backend's query API.
//! 4. [`expect`] tells what may be lost or changed, in a table written by hand: for each protocol
//!    and API, and for each backend as measured.
//! 5. [`judge`](mod@judge) compares field by field ([`compare`]), and separates declared losses
//!    from defects.
//!
//! `roundtrip` does the same with log records, by the forms of OTLP.
//!
//! [`verify`] compares the spans that a program printed with those of a backend: steps 3 to 5, with
//! [`verify::printed`] in place of 1 and 2.
//!
//! [`prove`] shows that step 5 detects every change. [`doctor`] follows the path of a program's
//! spans to find where they are lost. [`watch`] prints traces as they arrive.
//!
//! Nothing here knows how a backend stores spans or how an exporter encodes them, and no code is
//! shared with either, so that a fault there cannot hide itself.

pub mod args;
pub mod compare;
pub mod doctor;
pub mod expect;
pub mod judge;
pub mod matrix;
pub mod model;
pub mod protocol;
pub mod prove;
pub mod read;
pub mod roundtrip;
mod say;
mod seconds;
pub mod send;
pub mod verify;
pub mod wait;
pub mod watch;
