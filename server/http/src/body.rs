//! The body of a request: JSON as clients write it, plain or compressed, of a size that is bounded
//! both as it comes and as it is meant.

use super::answer::ApiError;
use assistant::json::{replace_lone_surrogates, whole_numbers};
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::StatusCode;
use hyper::body::{Body, Incoming};
use hyper::header::{self, HeaderValue};
use hyper::http::request::Parts;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::io::Read;
use std::time::Duration;

/// The largest body, in bytes, compressed or not.
const MAX_BODY: usize = 4 << 20;
/// Bytes of a larger one that are taken in before it is refused.
const DRAINED: usize = 64 << 20;
/// How long a body may take to come.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// Reads a body of JSON.
pub async fn read<T: DeserializeOwned>(parts: &Parts, body: Incoming) -> Result<T, ApiError> {
    let kind = parts
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let kind = kind
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default();
    if !kind.trim().eq_ignore_ascii_case("application/json") {
        let message = "send JSON, with the header `Content-Type: application/json`";
        return Err(ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "not_json",
            message,
        ));
    }
    let coding = Coding::of(parts.headers.get(header::CONTENT_ENCODING))?;
    if body.size_hint().lower() > MAX_BODY as u64 {
        drain(body).await;
        return Err(too_large());
    }
    let read = tokio::time::timeout(BODY_TIMEOUT, Limited::new(body, MAX_BODY).collect()).await;
    let slow = |_| {
        ApiError::new(
            StatusCode::REQUEST_TIMEOUT,
            "slow_body",
            "the request arrived too slowly",
        )
    };
    let bytes = read.map_err(slow)?.map_err(|error| {
        if error.is::<LengthLimitError>() {
            return too_large();
        }
        ApiError::new(
            StatusCode::BAD_REQUEST,
            "broken_body",
            "the request ended before its body did",
        )
    })?;
    let bytes = coding.decode(bytes.to_bytes().into())?;
    parsed(&bytes)
        .map_err(|error| ApiError::new(StatusCode::BAD_REQUEST, "invalid_json", json_error(&error)))
}

/// Takes in what a client sends in spite of all, up to a limit: some hear no answer before they
/// have sent everything.
async fn drain(mut body: Incoming) {
    let read = async {
        let mut left = DRAINED;
        while let Some(Ok(frame)) = body.frame().await {
            let length = frame.data_ref().map_or(0, |data| data.len());
            match left.checked_sub(length) {
                Some(rest) => left = rest,
                None => return,
            }
        }
    };
    // Whether it came to an end or took too long, it is answered.
    let _ = tokio::time::timeout(BODY_TIMEOUT, read).await;
}

fn too_large() -> ApiError {
    let most = MAX_BODY >> 20;
    let message =
        format!("a request can have at most {most} MiB; send less text around the cursor");
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message)
}

/// How a body is compressed (RFC 9110, 8.4.1).
#[derive(Clone, Copy)]
enum Coding {
    Identity,
    Gzip,
    Deflate,
}

impl Coding {
    fn of(header: Option<&HeaderValue>) -> Result<Self, ApiError> {
        let name = header
            .map_or(Ok("identity"), HeaderValue::to_str)
            .unwrap_or_default();
        match name.trim().to_ascii_lowercase().as_str() {
            "identity" => Ok(Self::Identity),
            "gzip" | "x-gzip" => Ok(Self::Gzip),
            "deflate" => Ok(Self::Deflate),
            _ => {
                let message =
                    "send the body uncompressed, or with `Content-Encoding: gzip` or `deflate`";
                Err(ApiError::new(
                    StatusCode::UNSUPPORTED_MEDIA_TYPE,
                    "encoded_body",
                    message,
                ))
            }
        }
    }

    fn decode(self, bytes: Vec<u8>) -> Result<Vec<u8>, ApiError> {
        match self {
            Self::Identity => Ok(bytes),
            Self::Gzip => unpack(MultiGzDecoder::new(&*bytes)),
            Self::Deflate => unpack(ZlibDecoder::new(&*bytes)),
        }
    }
}

/// All that a decoder gives, unless it is more than a body may have.
fn unpack(decoder: impl Read) -> Result<Vec<u8>, ApiError> {
    let mut bytes = Vec::new();
    let read = decoder.take(MAX_BODY as u64 + 1).read_to_end(&mut bytes);
    if read.is_err() {
        let message = "the body does not match its `Content-Encoding`";
        return Err(ApiError::new(
            StatusCode::BAD_REQUEST,
            "broken_body",
            message,
        ));
    }
    if bytes.len() > MAX_BODY {
        Err(too_large())
    } else {
        Ok(bytes)
    }
}

/// A body as it is meant: clients write a byte order mark in front, halves of letters where they
/// cut a text between the two units of one, and whole numbers with a point.
fn parsed<T: DeserializeOwned>(body: &[u8]) -> serde_json::Result<T> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let strict = match serde_json::from_slice(body) {
        Ok(read) => return Ok(read),
        Err(error) => error,
    };
    let replaced = replace_lone_surrogates(body);
    let Ok(mut value) = serde_json::from_slice::<Value>(replaced.as_deref().unwrap_or(body)) else {
        return Err(strict);
    };
    whole_numbers(&mut value);
    T::deserialize(value).map_err(|_| strict)
}

/// What is wrong with a body; never a piece of it.
fn json_error(error: &serde_json::Error) -> String {
    let place = format!("line {}, column {}", error.line(), error.column());
    match error.classify() {
        serde_json::error::Category::Data => format!("a field has the wrong type, at {place}"),
        _ => format!("the body is not valid JSON, at {place}"),
    }
}
