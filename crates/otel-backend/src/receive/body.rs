//! The body of an HTTP request, limited in size, time and decompressed size.

use std::cell::Cell;
use std::io::{self, BufRead, Read};
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body::Body as _;
use http_body_util::BodyExt as _;

use super::refusal::{BodyError, Refusal};
use crate::budget::Held;

/// The compression of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compression {
    /// `deflate`, which in HTTP means zlib's format.
    Deflate,
    Gzip,
    Zstd,
}

/// The largest window that a zstd body may require, as a power of two: 8 MiB, which every decoder
/// must support.
const ZSTD_WINDOW_LOG: u32 = 23;

/// The time limit of a body, counted from the end of the head.
pub const TIME: Duration = Duration::from_secs(30);

/// Reads a body of at most `limit` bytes, and accounts for them in `held` as they arrive.
pub(super) async fn collect(body: Body, limit: usize, held: &mut Held) -> Result<Bytes, Refusal> {
    let collected = tokio::time::timeout(TIME, collect_all(body, limit, held));
    collected.await.map_err(|_| BodyError::TooSlow(TIME))?
}

async fn collect_all(mut body: Body, limit: usize, held: &mut Held) -> Result<Bytes, Refusal> {
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(BodyError::Broken)?.into_data() else {
            continue;
        };
        let fits = if first.len() + all.len() + data.len() > limit {
            Err(BodyError::TooLarge(limit).into())
        } else {
            held.add(data.len()).map_err(Refusal::from)
        };
        if let Err(refusal) = fits {
            drop((first, all, data));
            held.release();
            drain(body, limit).await;
            return Err(refusal);
        }
        // A body that arrives as one piece is not copied.
        if first.is_empty() && all.is_empty() {
            first = data;
        } else {
            if all.is_empty() {
                // The announced length may be wrong.
                let left = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
                let come = first.len() + data.len();
                all.reserve(come.saturating_add(left).min(4 * come));
            }
            all.extend_from_slice(&std::mem::take(&mut first));
            all.extend_from_slice(&data);
        }
    }
    Ok(if all.is_empty() { first } else { all.freeze() })
}

/// Reads and discards up to `limit` bytes, since a client that is still sending may not see the
/// answer.
async fn drain(mut body: Body, limit: usize) {
    let mut left = limit;
    while let Some(Ok(frame)) = body.frame().await {
        let length = frame.data_ref().map_or(0, Bytes::len);
        match left.checked_sub(length) {
            Some(rest) => left = rest,
            None => break,
        }
    }
}

impl Compression {
    /// The compression in `Content-Encoding` or `grpc-encoding`.
    pub(super) fn named(encoding: &[u8]) -> Result<Option<Self>, BodyError> {
        let is = |name: &[u8]| encoding.eq_ignore_ascii_case(name);
        if encoding.is_empty() || is(b"identity") {
            Ok(None)
        } else if is(b"gzip") || is(b"x-gzip") {
            Ok(Some(Self::Gzip))
        } else if is(b"zstd") {
            Ok(Some(Self::Zstd))
        } else if is(b"deflate") {
            Ok(Some(Self::Deflate))
        } else {
            let encoding = String::from_utf8_lossy(encoding).into_owned();
            Err(BodyError::Encoding(encoding))
        }
    }

    /// Decompresses to at most `limit` bytes.
    pub(super) fn unpack(self, bytes: &[u8], limit: usize) -> Result<Bytes, BodyError> {
        let unpacked = Cell::new(0);
        let packed = Packed {
            rest: bytes,
            read: 0,
            unpacked: &unpacked,
        };
        let out = match self {
            Self::Deflate => {
                let decoder = flate2::bufread::ZlibDecoder::new(packed);
                decompress(decoder, limit, &unpacked)
            }
            Self::Gzip => {
                let decoder = flate2::bufread::MultiGzDecoder::new(packed);
                decompress(decoder, limit, &unpacked)
            }
            Self::Zstd => {
                let decoder = zstd::stream::read::Decoder::with_buffer(packed);
                decoder.and_then(|mut decoder| {
                    decoder.window_log_max(ZSTD_WINDOW_LOG)?;
                    decompress(decoder, limit, &unpacked)
                })
            }
        };
        match out {
            Ok(out) if out.len() > limit => Err(BodyError::TooLargeInside(limit)),
            Ok(out) => Ok(out.into()),
            Err(reason) => Err(BodyError::Decompress(reason)),
        }
    }
}

/// Compressed bytes, of which hardly more are read than they unpack to: no compressor makes its input
/// larger, but millions of empty parts unpack to nothing and take long.
struct Packed<'a> {
    rest: &'a [u8],
    read: usize,
    unpacked: &'a Cell<usize>,
}

/// The number of compressed bytes that may unpack to nothing: more than a block of zstd, which is read
/// before any of it is unpacked, and a [`PIECE`].
const SLACK: usize = 256 * 1024;

/// The bytes that are read, and unpacked, at once.
const PIECE: usize = 64 * 1024;

impl BufRead for Packed<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.read > self.unpacked.get() + SLACK {
            return Err(io::Error::other("it is much larger compressed than plain"));
        }
        Ok(self.rest.get(..PIECE).unwrap_or(self.rest))
    }

    fn consume(&mut self, amount: usize) {
        self.read += amount;
        self.rest = self.rest.get(amount..).unwrap_or_default();
    }
}

impl Read for Packed<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let amount = self.fill_buf()?.read(out)?;
        self.consume(amount);
        Ok(amount)
    }
}

/// Decompresses until there are more bytes than `limit`.
fn decompress(mut decoder: impl Read, limit: usize, unpacked: &Cell<usize>) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    loop {
        let piece = (&mut decoder).take(PIECE as u64).read_to_end(&mut out)?;
        unpacked.set(out.len());
        if piece < PIECE || out.len() > limit {
            return Ok(out);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::budget::Budget;

    fn check(encoding: &str, body: &[u8]) -> Result<Bytes, String> {
        let unpack = |compression: Option<Compression>| match compression {
            Some(compression) => compression.unpack(body, 1000),
            None => Ok(Bytes::copy_from_slice(body)),
        };
        let unpacked = Compression::named(encoding.as_bytes()).and_then(unpack);
        unpacked.map_err(|error| format!("{} {error}", error.status().as_u16()))
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn bodies_are_decompressed() {
        assert_eq!(check("identity", b"plain").unwrap(), "plain");
        for name in ["gzip", "GZIP", "x-gzip", "X-GZip"] {
            assert_eq!(check(name, &gzip(b"packed")).unwrap(), "packed");
        }
        let mut zlib = flate2::read::ZlibEncoder::new(&b"packed"[..], flate2::Compression::fast());
        let mut deflated = Vec::new();
        zlib.read_to_end(&mut deflated).unwrap();
        assert_eq!(check("deflate", &deflated).unwrap(), "packed");
        let zstd = zstd::encode_all(&b"packed"[..], 1).unwrap();
        assert_eq!(check("zstd", &zstd).unwrap(), "packed");
    }

    #[test]
    fn what_unpacks_to_too_much_is_refused() {
        let refused = "413 request body is larger than 1000 bytes when decompressed";
        assert_eq!(
            check("gzip", &gzip(&vec![0; 100_000])).unwrap_err(),
            refused
        );
        let bomb = zstd::encode_all(&vec![0; 10_000_000][..], 1).unwrap();
        assert_eq!(check("zstd", &bomb).unwrap_err(), refused);
    }

    #[test]
    fn what_unpacks_to_nothing_is_not_read_to_its_end() {
        // An empty part of zstd at level 1, without its checksum.
        let zstd = zstd::encode_all(&b""[..], 1).unwrap();
        // A block that is stored, is not the last one and holds nothing.
        let deflate = [&b"\x78\x01"[..], &b"\0\0\0\xff\xff".repeat(80_000)].concat();
        for (name, body) in [
            ("gzip", gzip(b"").repeat(20_000)),
            ("zstd", zstd.repeat(40_000)),
            ("deflate", deflate),
        ] {
            assert!(body.len() > SLACK + PIECE);
            let refused = check(name, &body).unwrap_err();
            assert!(
                refused.contains("larger compressed than plain"),
                "{refused}"
            );
        }
        let several = [gzip(b"one "), gzip(b"two ")].concat().repeat(100);
        assert_eq!(check("gzip", &several).unwrap(), "one two ".repeat(100));
    }

    #[test]
    fn what_cannot_be_compressed_is_unpacked() {
        let mut state = 1_u64;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            state.to_be_bytes()[0]
        };
        let noise: Vec<u8> = (0..1_000_000).map(|_| next()).collect();
        let mut zlib =
            flate2::read::ZlibEncoder::new(noise.as_slice(), flate2::Compression::best());
        let mut deflated = Vec::new();
        zlib.read_to_end(&mut deflated).unwrap();
        for (compression, body) in [
            (Compression::Gzip, gzip(&noise)),
            (Compression::Deflate, deflated),
            (
                Compression::Zstd,
                zstd::encode_all(noise.as_slice(), 19).unwrap(),
            ),
        ] {
            assert!(body.len() > 990_000);
            assert!(
                compression.unpack(&body, 1_000_000).unwrap() == noise,
                "{compression:?}"
            );
        }
    }

    #[test]
    fn broken_and_unknown_encodings_are_named() {
        let broken = check("gzip", b"nonsense").unwrap_err();
        assert!(broken.starts_with("400 "), "{broken}");
        assert_eq!(
            check("br", b"").unwrap_err(),
            "415 content encoding 'br' is not supported: use gzip, zstd, deflate or none"
        );
    }

    async fn collected(body: Body, limit: usize, queue: usize) -> Result<Bytes, String> {
        let mut held = Budget::new(queue).hold();
        let collected = collect(body, limit, &mut held).await;
        collected.map_err(|refusal| format!("{} {refusal}", refusal.status().as_u16()))
    }

    #[tokio::test]
    async fn what_is_sent_is_bounded_alone_and_together() {
        let body = || Body::from(vec![0; 1001]);
        assert_eq!(
            collected(body(), 1000, 5000).await.unwrap_err(),
            "413 request body is larger than 1000 bytes"
        );
        assert_eq!(
            collected(body(), 5000, 1000).await.unwrap_err(),
            "429 too much is being received: 1000 bytes of requests are under way"
        );
        assert_eq!(collected(body(), 1001, 1001).await.unwrap().len(), 1001);
    }

    #[tokio::test]
    async fn a_sender_that_is_refused_can_end_first() {
        let (mut sender, body) = http_body_util::channel::Channel::<Bytes>::new(1);
        let sending = tokio::spawn(async move {
            for _ in 0..5 {
                sender
                    .send_data(Bytes::from_static(&[0; 100]))
                    .await
                    .unwrap();
            }
        });
        let refused = collected(Body::new(body), 1000, 150).await.unwrap_err();
        assert!(refused.starts_with("429 "), "{refused}");
        sending.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_ends_is_given_up() {
        let (_sender, silent) = http_body_util::channel::Channel::<Bytes>::new(1);
        let refused = collected(Body::new(silent), 1000, 1000).await.unwrap_err();
        assert_eq!(refused, "408 request body was not complete after 30 s");
    }
}
