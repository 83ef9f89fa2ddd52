//! Documents as bodies: JSON or YAML as it is, plain or compressed with gzip.

use std::io::Read;

use axum::extract::{FromRequest, Request};
use flate2::read::MultiGzDecoder;
use http::{HeaderValue, header};

use super::{body, code};
use crate::{Api, Problem};

/// The most bytes of a document once it is decompressed.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;

const MEDIA_TYPES: [&str; 6] = [
    "application/json",
    "application/yaml",
    "application/openapi+json",
    "application/openapi+yaml",
    "application/x-yaml",
    "text/yaml",
];

/// Those of them that API Gateway hands on as text. Compressed bytes do not survive that.
const TEXT: [&str; 2] = ["application/json", "text/yaml"];

/// How a document is sent that is too large as it is.
const COMPRESSED: &str = "Send it with `Content-Encoding: gzip`, as `application/openapi+json` or `application/yaml`.";

/// The bytes of a document.
pub struct Document(pub Vec<u8>);

impl FromRequest<Api> for Document {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        let media_type = body::expect_media_type(request.headers(), &MEDIA_TYPES)?;
        let encoding = request.headers().get(header::CONTENT_ENCODING).cloned();
        let bytes = body::read(request, api).await.map_err(smaller)?;
        match encoding.as_ref().map(HeaderValue::as_bytes) {
            None | Some(b"identity") => Ok(Self(bytes.into())),
            Some(b"gzip") if TEXT.contains(&media_type) => {
                let detail = format!("Compressed bytes sent as `{media_type}` do not arrive whole. {COMPRESSED}");
                Err(Problem::new(code::unsupported_media_type, detail))
            }
            Some(b"gzip") => decompress(&bytes).map(Self),
            Some(_) => {
                let detail = "Send the body as it is, or compressed with `Content-Encoding: gzip`.";
                Err(Problem::new(code::unsupported_media_type, detail))
            }
        }
    }
}

/// Tells what to do with a document that is too large as it is.
fn smaller(problem: Problem) -> Problem {
    if problem.code() != code::too_large.name {
        return problem;
    }
    Problem::new(code::too_large, format!("The document is larger than this endpoint takes. {COMPRESSED}"))
}

/// Decompresses as much as is allowed, and not a byte more.
fn decompress(bytes: &[u8]) -> Result<Vec<u8>, Problem> {
    let most = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX);
    let mut document = Vec::new();
    let read = MultiGzDecoder::new(bytes).take(most.saturating_add(1)).read_to_end(&mut document);
    read.map_err(|_| Problem::new(code::invalid_document, "The body is not what gzip makes. Compress it again."))?;
    if document.len() > MAX_BYTES {
        let detail = format!("The document has more than {MAX_BYTES} bytes once it is decompressed.");
        return Err(Problem::new(code::too_large, detail));
    }
    Ok(document)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn compress(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn what_gzip_made_is_read() {
        assert_eq!(decompress(&compress(b"openapi: 3.1.0")).unwrap(), b"openapi: 3.1.0");
    }

    #[test]
    fn a_document_that_grows_beyond_the_limit_is_refused() {
        assert_eq!(decompress(&compress(&vec![b' '; MAX_BYTES + 1])).unwrap_err().code(), "too_large");
    }

    #[test]
    fn what_gzip_did_not_make_is_refused() {
        assert_eq!(decompress(b"openapi: 3.1.0").unwrap_err().code(), "invalid_document");
        let whole = compress(b"openapi: 3.1.0");
        assert_eq!(decompress(&whole[..whole.len() - 4]).unwrap_err().code(), "invalid_document");
    }
}
