//! An encoded request, of which every use has other traces, spans and users, and other times.
//!
//! It is encoded once, with placeholders that can be found in the bytes of every format; a use only
//! writes over these.

use otel_backend::model::UnixNanos;

use crate::spans::Random;

/// Stands for now in times, in nanoseconds.
pub(crate) const NANOS: u64 = 0x1111_1111_0000_0000;

/// Stands for now in times, in microseconds.
pub(crate) const MICROS: u64 = 0x2222_2222_0000_0000;

/// Stands for now in times, in seconds.
pub(crate) const SECONDS: u64 = 2_000_000_001;

const TRACE_HIGH: u64 = 0xfefe_fefe_0000_0000;
const TRACE_LOW: u64 = 0xfbfb_fbfb_0000_0000;
const SPAN: u64 = 0xfdfd_fdfd_0000_0000;

pub(crate) struct Template {
    bytes: Vec<u8>,
    places: Vec<(usize, Placeholder)>,
}

/// What stands in the encoded bytes where every use puts something else.
#[derive(Clone, Copy)]
enum Placeholder {
    TraceHigh(u64),
    TraceLow(u64),
    Span(u64),
    User(u64),
    /// Little-endian nanoseconds, so long after now.
    Nanos(u64),
    /// Big-endian microseconds, so long after now.
    Micros(u64),
    /// Seconds, as protobuf writes them.
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

/// The id of a trace of a request.
pub(crate) fn trace_id(request: u64, trace: u64) -> u128 {
    let mut random = Random(request.wrapping_mul(1_000_003) + trace);
    (u128::from(random.next()) << 64) | u128::from(random.next())
}

impl Template {
    /// The template in these bytes of so many traces and spans.
    pub(crate) fn new(bytes: Vec<u8>, traces: u64, spans: u64) -> Self {
        let of_trace = |n| [Placeholder::TraceHigh(n), Placeholder::TraceLow(n)];
        let of_span = |n| [Placeholder::Span(n), Placeholder::User(n)];
        let known = (0..traces)
            .flat_map(of_trace)
            .chain((0..spans).flat_map(of_span));
        let mut places = Vec::new();
        for placeholder in known.chain([Placeholder::Seconds]) {
            let wanted = placeholder.bytes();
            places.extend(positions(&bytes, &wanted).map(|at| (at, placeholder)));
        }
        let upper = |number: u64| ((number >> 32) as u32).to_le_bytes();
        for at in positions(&bytes, &upper(NANOS)).map(|at| at - 4) {
            let after = u32::from_le_bytes(std::array::from_fn(|n| bytes[at + n]));
            places.push((at, Placeholder::Nanos(after.into())));
        }
        for at in positions(&bytes, &upper(MICROS)) {
            let after = u32::from_be_bytes(std::array::from_fn(|n| bytes[at + 4 + n]));
            places.push((at, Placeholder::Micros(after.into())));
        }
        Self { bytes, places }
    }

    /// The request with the traces of that number, at this moment.
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
    fn bytes(self) -> Vec<u8> {
        match self {
            Self::TraceHigh(trace) => (TRACE_HIGH | trace).to_be_bytes().to_vec(),
            Self::TraceLow(trace) => (TRACE_LOW | trace).to_be_bytes().to_vec(),
            Self::Span(span) => span_placeholder(span).to_vec(),
            Self::User(span) => user_placeholder(span).into_bytes(),
            Self::Nanos(after) => (NANOS | after).to_le_bytes().to_vec(),
            Self::Micros(after) => (MICROS | after).to_be_bytes().to_vec(),
            Self::Seconds => varint(SECONDS),
        }
    }
}

/// A number of today's seconds takes as many bytes as the placeholder: five.
fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push((number as u8) | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

fn positions<'b>(bytes: &'b [u8], wanted: &'b [u8]) -> impl Iterator<Item = usize> + 'b {
    (0..bytes.len().saturating_sub(wanted.len() - 1)).filter(|at| bytes[*at..].starts_with(wanted))
}
