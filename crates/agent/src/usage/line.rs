//! A line of the log: one request. `crates/render/src/nginx/usage.rs` says what nginx writes.

use std::borrow::Cow;

use switchtower_domain::deployment::DeploymentId;

/// The longest id of a client that is told by name, in characters.
const MAX_CLIENT: usize = 253;

/// A request that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request<'a> {
    /// Whose it was.
    pub deployment_id: DeploymentId,
    /// When it ended, in milliseconds since 1970.
    pub at_ms: u64,
    /// The status of the answer.
    pub status: u16,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// How many bytes were sent.
    pub bytes: u64,
    /// Who sent it, where that is known.
    pub client: Option<Cow<'a, str>>,
}

impl<'a> Request<'a> {
    /// Reads a line, without its end; `None` for what is none.
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        let mut fields = std::str::from_utf8(line).ok()?.split('\t');
        let mut next = || fields.next();
        let request = Self {
            deployment_id: next()?.parse().ok()?,
            at_ms: milliseconds(next()?)?,
            status: next()?.parse().ok()?,
            took_ms: milliseconds(next()?)?,
            bytes: next()?.parse().ok()?,
            client: client(next()?)?,
        };
        fields.next().is_none().then_some(request)
    }
}

/// `1760000000.123` seconds.
fn milliseconds(text: &str) -> Option<u64> {
    let (seconds, rest) = text.split_once('.')?;
    let rest = (rest.len() == 3).then_some(rest)?;
    seconds.parse::<u64>().ok()?.checked_mul(1000)?.checked_add(rest.parse().ok()?)
}

/// The id of a client, which is escaped as in JSON. One that is too long to be told counts as not known.
fn client(text: &str) -> Option<Option<Cow<'_, str>>> {
    let id = if text.contains('\\') {
        Cow::Owned(serde_json::from_str(&format!("\"{text}\"")).ok()?)
    } else {
        Cow::Borrowed(text)
    };
    Some((1..=MAX_CLIENT).contains(&id.chars().count()).then_some(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "dep_00000000000000000000000000\t1760000000.123\t404\t1.012\t5120\t";

    #[test]
    fn a_line_is_read_field_by_field() {
        let line = format!(r#"{LINE}a\"b\\c"#);
        let request = Request::parse(line.as_bytes()).unwrap();
        let client = Some(Cow::Borrowed(r#"a"b\c"#));
        let (at_ms, deployment_id) = (1_760_000_000_123, DeploymentId::nil());
        assert_eq!(request, Request { deployment_id, at_ms, status: 404, took_ms: 1_012, bytes: 5_120, client });
    }

    #[test]
    fn a_request_without_a_client_has_none() {
        assert_eq!(Request::parse(LINE.as_bytes()).unwrap().client, None);
        let long = format!("{LINE}{}", "c".repeat(254));
        assert_eq!(Request::parse(long.as_bytes()).unwrap().client, None);
    }

    #[test]
    fn what_is_no_line_is_none() {
        for line in [
            "",
            "\t\t\t\t\t",
            "dep_00000000000000000000000000\t1760000000.123\t404\t1.012\t5120",
            "dep_00000000000000000000000000\t1760000000.123\t404\t1.012\t5120\ta\tb",
            "dep_00000000000000000000000000\t1760000000.1\t404\t1.012\t5120\ta",
            "dep_00000000000000000000000000\t1760000000.123\t404\t-\t5120\ta",
            "dep_00000000000000000000000000\t1760000000.123\t404\t1.012\t5120\t\\x",
            "clu_00000000000000000000000000\t1760000000.123\t404\t1.012\t5120\ta",
        ] {
            assert_eq!(Request::parse(line.as_bytes()), None, "`{line}`");
        }
        assert_eq!(Request::parse(b"\xff"), None);
    }
}
