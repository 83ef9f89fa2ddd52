//! From a server object to the address of a backend and a base path.

use std::{net::IpAddr, str::FromStr};

use switchtower_domain::api_service::{Endpoint, Scheme};
use url::{Host, Url};

use crate::{document, note::cut};

/// What relative server URLs are relative to: an `http` or `https` URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(Url);

/// Why a text is not a [`BaseUrl`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected an `http` or `https` URL with a host name that a backend can have")]
pub struct BaseUrlError;

impl FromStr for BaseUrl {
    type Err = BaseUrlError;

    fn from_str(text: &str) -> Result<Self, BaseUrlError> {
        let url = Url::parse(text.trim()).map_err(|_| BaseUrlError)?;
        Location::of(&url).map_err(|_| BaseUrlError)?;
        Ok(Self(url))
    }
}

/// Where a backend listens: what makes two servers the same backend.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Address {
    pub(crate) scheme: Scheme,
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Address {
    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint::new(self.host.clone(), self.port)
    }

    /// `host`, or `host:port` when the port is not the scheme's own.
    pub(crate) fn label(&self) -> String {
        match (self.scheme, self.port) {
            (Scheme::Http, 80) | (Scheme::Https, 443) => self.host.clone(),
            _ => format!("{}:{}", self.host, self.port),
        }
    }
}

/// A server, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Location {
    pub(crate) address: Address,
    /// Without a slash at its end, so empty for the root.
    pub(crate) base_path: String,
}

/// Why a server cannot be a backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ServerProblem {
    /// Relative, and nothing to be relative to.
    Relative(String),
    /// A code and a sentence.
    Unusable(&'static str, String),
}

fn unusable<T>(code: &'static str, detail: impl Into<String>) -> Result<T, ServerProblem> {
    Err(ServerProblem::Unusable(code, detail.into()))
}

/// Where a server is, with its variables at their defaults.
pub(crate) fn locate(server: &document::Server, base: Option<&BaseUrl>) -> Result<Location, ServerProblem> {
    let text = substitute(server)?;
    let text = text.trim();
    let url = match (Url::parse(text), base) {
        (Ok(url), _) => url,
        (Err(url::ParseError::RelativeUrlWithoutBase), None) => return Err(ServerProblem::Relative(cut(text, 200))),
        (Err(url::ParseError::RelativeUrlWithoutBase), Some(base)) => match base.0.join(text) {
            Ok(url) => url,
            Err(error) => return unusable("server_invalid", format!("The server's URL cannot be read: {error}.")),
        },
        (Err(error), _) => return unusable("server_invalid", format!("The server's URL cannot be read: {error}.")),
    };
    Location::of(&url)
}

impl Location {
    fn of(url: &Url) -> Result<Self, ServerProblem> {
        let scheme = match url.scheme() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            other => {
                let detail = format!("A backend is reached by `http` or `https`, not by `{}`.", cut(other, 40));
                return unusable("server_scheme", detail);
            }
        };
        if !url.username().is_empty() || url.password().is_some() {
            return unusable(
                "server_credentials",
                "The server's URL carries credentials, which a backend cannot have.",
            );
        }
        if url.query().is_some() || url.fragment().is_some() {
            return unusable("server_query", "The server's URL has a query or fragment, which a backend cannot have.");
        }
        let host = match url.host() {
            Some(Host::Domain(name)) => name.trim_end_matches('.').to_owned(),
            Some(Host::Ipv4(address)) => IpAddr::from(address).to_string(),
            Some(Host::Ipv6(address)) => IpAddr::from(address).to_string(),
            None => return unusable("server_invalid", "The server's URL has no host."),
        };
        let is_ip = host.parse::<IpAddr>().is_ok();
        if is_ip && scheme == Scheme::Https {
            return unusable("server_ip_tls", "An `https` server needs a host name that its certificate can carry.");
        }
        if !(if is_ip { is_plain_ip(&host) } else { is_host_name(&host) }) {
            return unusable("server_host", format!("`{}` is no host name that a backend can have.", cut(&host, 200)));
        }
        match url.port_or_known_default() {
            Some(port) if port > 0 => {
                let base_path = url.path().trim_end_matches('/').to_owned();
                Ok(Self { address: Address { scheme, host, port }, base_path })
            }
            _ => unusable("server_invalid", "The server's URL has port 0."),
        }
    }
}

/// An address as an endpoint has it: it starts and ends with a letter or digit, which `::1` does not.
fn is_plain_ip(host: &str) -> bool {
    host.starts_with(|c: char| c.is_ascii_alphanumeric()) && host.ends_with(|c: char| c.is_ascii_alphanumeric())
}

/// RFC 1123 labels, as gateways ask for.
fn is_host_name(host: &str) -> bool {
    let label = |label: &str| {
        let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        !label.is_empty()
            && label.chars().all(|c| letters(c) || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    host.len() <= 253 && host.split('.').all(label)
}

/// The URL with each `{variable}` at its default.
fn substitute(server: &document::Server) -> Result<String, ServerProblem> {
    let mut url = String::new();
    let mut rest = server.url.as_deref().unwrap_or("/");
    while let Some((before, after)) = rest.split_once('{') {
        url.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            return unusable("server_invalid", "The server's URL has a `{` without its `}`.");
        };
        let shown = cut(name, 60);
        let Some(variable) = server.variables.get(name) else {
            let detail = format!("The server's URL names the variable `{shown}`, which is not defined.");
            return unusable("server_variable", detail);
        };
        let Some(default) = &variable.default else {
            return unusable("server_variable", format!("The server's variable `{shown}` has no default."));
        };
        if !variable.allowed.is_empty() && !variable.allowed.contains(default) {
            let detail = format!("The default of the server's variable `{shown}` is not among its values.");
            return unusable("server_variable", detail);
        }
        url.push_str(default);
        rest = after;
    }
    url.push_str(rest);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(yaml: &str) -> document::Server {
        serde_saphyr::from_str::<document::Object<document::Server>>(yaml).unwrap().0
    }

    fn at(url: &str) -> Result<(String, u16, String), ServerProblem> {
        let found = locate(&document::Server { url: Some(url.to_owned()), ..Default::default() }, None)?;
        Ok((found.address.host, found.address.port, found.base_path))
    }

    #[test]
    fn a_server_has_a_host_a_port_and_a_base_path() {
        assert_eq!(at("https://API.example.com/v1/").unwrap(), ("api.example.com".to_owned(), 443, "/v1".to_owned()));
        assert_eq!(at(" http://localhost:8080 ").unwrap(), ("localhost".to_owned(), 8080, String::new()));
        assert_eq!(at("http://10.0.0.1").unwrap(), ("10.0.0.1".to_owned(), 80, String::new()));
    }

    #[test]
    fn variables_take_their_defaults() {
        let text = "{url: 'https://{region}.example.com:{port}/{v}', variables: {region: {default: eu, enum: [eu, us]}, \
                    port: {default: 8443}, v: {default: v1}}}";
        let found = locate(&server(text), None).unwrap();
        assert_eq!((found.address.label().as_str(), found.base_path.as_str()), ("eu.example.com:8443", "/v1"));
    }

    #[test]
    fn a_variable_without_a_fit_default_makes_the_server_unusable() {
        for text in [
            "{url: 'https://{a}.example.com'}",
            "{url: 'https://{a}.example.com', variables: {a: {}}}",
            "{url: 'https://{a}.example.com', variables: {a: {default: x, enum: [y]}}}",
        ] {
            assert!(
                matches!(locate(&server(text), None), Err(ServerProblem::Unusable("server_variable", _))),
                "{text}"
            );
        }
    }

    #[test]
    fn a_relative_server_needs_a_base() {
        assert_eq!(at("/v1"), Err(ServerProblem::Relative("/v1".to_owned())));
        let base: BaseUrl = "https://api.example.com/docs/openapi.json".parse().unwrap();
        let relative = |url: &str| locate(&server(&format!("{{url: '{url}'}}")), Some(&base)).unwrap();
        assert_eq!(relative("/v1").base_path, "/v1");
        assert_eq!(relative("./v2").base_path, "/docs/v2");
        assert_eq!(relative("//other.example.com/x").address.host, "other.example.com");
    }

    #[test]
    fn what_a_backend_cannot_be_is_said() {
        for (url, code) in [
            ("wss://example.com", "server_scheme"),
            ("https://user:pw@example.com", "server_credentials"),
            ("https://example.com?x=1", "server_query"),
            ("https://10.0.0.1", "server_ip_tls"),
            ("http://a_b.example.com", "server_host"),
            ("http://[::1]:80", "server_host"),
            ("https://", "server_invalid"),
            ("http://a:0", "server_invalid"),
        ] {
            match at(url) {
                Err(ServerProblem::Unusable(found, _)) => assert_eq!(found, code, "{url}"),
                other => panic!("{url}: {other:?}"),
            }
        }
        assert!("ftp://example.com".parse::<BaseUrl>().is_err());
    }
}
