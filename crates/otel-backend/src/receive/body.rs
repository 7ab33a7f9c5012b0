//! The body of an HTTP request, bounded in size and time.

use std::io::Read;
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt as _;

/// How large and how slow a body may be.
#[derive(Debug, Clone, Copy)]
pub struct BodyLimits {
    /// Bytes, both as sent and decompressed.
    pub bytes: usize,
    /// From the end of the head to the end of the body.
    pub time: Duration,
}

/// Why a body was not taken.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// It is too large as sent.
    #[error("request body is larger than {0} bytes")]
    TooLarge(usize),
    /// It is too large when decompressed.
    #[error("request body is larger than {0} bytes when decompressed")]
    TooLargeInside(usize),
    /// It came too slowly.
    #[error("request body was not complete after {} s", .0.as_secs())]
    TooSlow(Duration),
    /// The connection broke.
    #[error("request body cannot be read: {0}")]
    Broken(#[from] axum::Error),
    /// Its compression is not known.
    #[error("content encoding '{0}' is not supported: use gzip, zstd or none")]
    Encoding(String),
    /// It is not what its encoding says.
    #[error("request body cannot be decompressed: {0}")]
    Decompress(std::io::Error),
}

/// The largest window that a zstd body may ask for, as a power of two: 8 MiB, which every decoder
/// must support.
const ZSTD_WINDOW_LOG: u32 = 23;

/// Reads a body, and decompresses it if its `Content-Encoding` says so.
///
/// # Errors
/// [`BodyError`] if it is too large, too slow or broken.
pub async fn read(headers: &HeaderMap, body: Body, limits: BodyLimits) -> Result<Bytes, BodyError> {
    let collect = collect(body, limits.bytes);
    let bytes = tokio::time::timeout(limits.time, collect)
        .await
        .map_err(|_| BodyError::TooSlow(limits.time))??;
    let encoding = headers.get(CONTENT_ENCODING);
    match encoding.map_or(&b""[..], |value| value.as_bytes()) {
        b"" | b"identity" => Ok(bytes),
        b"gzip" => decompress(
            flate2::read::MultiGzDecoder::new(bytes.as_ref()),
            limits.bytes,
        ),
        b"zstd" => {
            let decoder = zstd::stream::read::Decoder::with_buffer(bytes.as_ref());
            let mut decoder = decoder.map_err(BodyError::Decompress)?;
            decoder
                .window_log_max(ZSTD_WINDOW_LOG)
                .map_err(BodyError::Decompress)?;
            decompress(decoder, limits.bytes)
        }
        other => Err(BodyError::Encoding(
            String::from_utf8_lossy(other).into_owned(),
        )),
    }
}

async fn collect(mut body: Body, limit: usize) -> Result<Bytes, BodyError> {
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else {
            continue;
        };
        if first.len() + all.len() + data.len() > limit {
            return Err(BodyError::TooLarge(limit));
        }
        // A body that comes in one piece is not copied.
        if first.is_empty() && all.is_empty() {
            first = data;
        } else {
            all.extend_from_slice(&std::mem::take(&mut first));
            all.extend_from_slice(&data);
        }
    }
    Ok(if all.is_empty() { first } else { all.freeze() })
}

fn decompress(decoder: impl Read, limit: usize) -> Result<Bytes, BodyError> {
    let mut out = Vec::new();
    let end = limit as u64 + 1;
    decoder
        .take(end)
        .read_to_end(&mut out)
        .map_err(BodyError::Decompress)?;
    if out.len() > limit {
        return Err(BodyError::TooLargeInside(limit));
    }
    Ok(out.into())
}

impl BodyError {
    /// The status that says so.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::TooLarge(_) | Self::TooLargeInside(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow(_) => StatusCode::REQUEST_TIMEOUT,
            Self::Encoding(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Broken(_) | Self::Decompress(_) => StatusCode::BAD_REQUEST,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    const LIMITS: BodyLimits = BodyLimits {
        bytes: 1000,
        time: Duration::from_secs(5),
    };

    async fn check(encoding: &str, body: Vec<u8>) -> Result<Bytes, String> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_ENCODING, encoding.parse().unwrap());
        let read = read(&headers, body.into(), LIMITS).await;
        read.map_err(|error| format!("{} {error}", error.status().as_u16()))
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[tokio::test]
    async fn bodies_are_decompressed() {
        assert_eq!(check("identity", b"plain".to_vec()).await.unwrap(), "plain");
        assert_eq!(check("gzip", gzip(b"packed")).await.unwrap(), "packed");
        let zstd = zstd::encode_all(&b"packed"[..], 1).unwrap();
        assert_eq!(check("zstd", zstd).await.unwrap(), "packed");
    }

    #[tokio::test]
    async fn bodies_over_the_limit_are_refused_before_and_after_decompression() {
        let refused = check("identity", vec![0; 1001]).await.unwrap_err();
        assert_eq!(refused, "413 request body is larger than 1000 bytes");
        let too_large_inside = "413 request body is larger than 1000 bytes when decompressed";
        assert_eq!(
            check("gzip", gzip(&vec![0; 100_000])).await.unwrap_err(),
            too_large_inside
        );
        let bomb = zstd::encode_all(&vec![0; 10_000_000][..], 1).unwrap();
        assert_eq!(check("zstd", bomb).await.unwrap_err(), too_large_inside);
    }

    #[tokio::test]
    async fn broken_and_unknown_encodings_are_named() {
        assert!(
            check("gzip", b"nonsense".to_vec())
                .await
                .unwrap_err()
                .starts_with("400 ")
        );
        assert_eq!(
            check("br", Vec::new()).await.unwrap_err(),
            "415 content encoding 'br' is not supported: use gzip, zstd or none"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_ends_is_given_up() {
        let (_sender, silent) = http_body_util::channel::Channel::<Bytes>::new(1);
        let read = read(&HeaderMap::new(), Body::new(silent), LIMITS).await;
        assert!(matches!(read, Err(BodyError::TooSlow(_))));
    }
}
