//! An encoded request that is reused with other trace ids, span ids, users and times.
//!
//! It is encoded once, with placeholders that can be found in the bytes of every format; each use
//! overwrites only these.

use otel_backend::model::UnixNanos;

use crate::spans::Random;

/// The placeholder for the current time in nanoseconds. Its upper bytes differ, so that no number below
/// them makes it seem to begin a byte earlier.
pub(crate) const NANOS: u64 = 0x1122_3344_0000_0000;

/// The placeholder for the current time in microseconds.
pub(crate) const MICROS: u64 = 0x2233_4455_0000_0000;

/// The placeholder for the current time in seconds.
pub(crate) const SECONDS: u64 = 2_000_000_001;

const TRACE_HIGH: u64 = 0xfefe_fefe_0000_0000;
const TRACE_LOW: u64 = 0xfbfb_fbfb_0000_0000;
const SPAN: u64 = 0xfdfd_fdfd_0000_0000;

pub(crate) struct Template {
    bytes: Vec<u8>,
    places: Vec<(usize, Placeholder)>,
}

/// The kinds of placeholders.
#[derive(Clone, Copy)]
enum Placeholder {
    TraceHigh(u64),
    TraceLow(u64),
    Span(u64),
    User(u64),
    /// Little-endian nanoseconds, so long after the current time.
    Nanos(u64),
    /// Big-endian microseconds, so long after the current time.
    Micros(u64),
    /// Seconds in protobuf's encoding.
    Seconds,
}

/// The placeholder of a trace's id.
pub(crate) fn trace_placeholder(trace: u64) -> [u8; 16] {
    ((u128::from(TRACE_HIGH | trace) << 64) | u128::from(TRACE_LOW | trace)).to_be_bytes()
}

/// The placeholder of a span's id.
pub(crate) fn span_placeholder(span: u64) -> [u8; 8] {
    (SPAN | span).to_be_bytes()
}

/// The placeholder of a user's name.
pub(crate) fn user_placeholder(span: u64) -> String {
    format!("user{span:08}")
}

/// The id of a trace in a request.
pub(crate) fn trace_id(request: u64, trace: u64) -> u128 {
    let mut random = Random(request.wrapping_mul(1_000_003) + trace);
    (u128::from(random.next()) << 64) | u128::from(random.next())
}

impl Template {
    /// Makes a template from these bytes.
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        let place = |at| Some((at, Placeholder::at_start_of(&bytes[at..])?));
        let places = (0..bytes.len()).filter_map(place).collect();
        Self { bytes, places }
    }

    /// Fills in the traces with this number and the current time.
    pub(crate) fn renew(&mut self, number: u64) -> &[u8] {
        let now = UnixNanos::now();
        let bytes = &mut self.bytes;
        for (at, placeholder) in &self.places {
            let mut put = |new: &[u8]| bytes[*at..*at + new.len()].copy_from_slice(new);
            match *placeholder {
                Placeholder::TraceHigh(trace) => {
                    put(&((trace_id(number, trace) >> 64) as u64).to_be_bytes());
                }
                Placeholder::TraceLow(trace) => {
                    put(&(trace_id(number, trace) as u64).to_be_bytes());
                }
                Placeholder::Span(span) => {
                    put(&Random((!number << 20) | span).next().to_be_bytes());
                }
                Placeholder::User(span) => {
                    let user = Random((number << 32) | span).next() % 100_000_000;
                    put(format!("user{user:08}").as_bytes());
                }
                Placeholder::Nanos(after) => put(&(now.0 + after).to_le_bytes()),
                Placeholder::Micros(after) => put(&(now.micros() + after).to_be_bytes()),
                Placeholder::Seconds => put(&varint(now.0 / 1_000_000_000)),
            }
        }
        bytes
    }
}

impl Placeholder {
    fn at_start_of(bytes: &[u8]) -> Option<Self> {
        const UPPER: u64 = 0xffff_ffff_0000_0000;
        if bytes.starts_with(&varint(SECONDS)) {
            return Some(Self::Seconds);
        }
        if let Some(digits) = bytes.strip_prefix(b"user").and_then(|rest| rest.get(..8)) {
            let number = str::from_utf8(digits).ok()?.parse();
            return number.ok().map(Self::User);
        }
        let eight = *bytes.first_chunk()?;
        let little = u64::from_le_bytes(eight);
        if little & UPPER == NANOS {
            return Some(Self::Nanos(little & !UPPER));
        }
        let big = u64::from_be_bytes(eight);
        let number = big & !UPPER;
        match big & UPPER {
            TRACE_HIGH => Some(Self::TraceHigh(number)),
            TRACE_LOW => Some(Self::TraceLow(number)),
            SPAN => Some(Self::Span(number)),
            MICROS => Some(Self::Micros(number)),
            _ => None,
        }
    }
}

/// The current seconds in protobuf's encoding, which has five bytes like the placeholder.
fn varint(seconds: u64) -> [u8; 5] {
    let byte = |n: usize| (seconds >> (7 * n)) as u8;
    std::array::from_fn(|n| {
        if n < 4 {
            byte(n) | 0x80
        } else {
            byte(n) & 0x7f
        }
    })
}
