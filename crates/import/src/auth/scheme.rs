//! One security scheme, and what a gateway can make of it.

use crate::document::{Document, Scheme};

/// What a gateway can make of a scheme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Offer {
    /// A key in a header.
    Header(String),
    /// A key in a query parameter.
    Query(String),
    /// A token, perhaps of a known issuer, perhaps with a guess where its keys are.
    Token { issuer: Option<String>, jwks_uri: Option<String> },
    /// Nothing, with the reason as a sentence.
    Nothing(&'static str),
}

/// What a gateway can make of the scheme of that name.
pub(super) fn offer(document: &Document, name: &str) -> Offer {
    let schemes = &document.root.components.security_schemes.0;
    let Some(mut scheme) = schemes.get(name) else {
        return Offer::Nothing("There is no security scheme of that name in `components/securitySchemes`.");
    };
    if let Some(reference) = &scheme.reference {
        let target = reference.strip_prefix("#/components/securitySchemes/").and_then(|name| schemes.get(name));
        let Some(target) = target else {
            return Offer::Nothing("The reference names no security scheme of the document.");
        };
        scheme = target;
    }
    of(scheme)
}

fn of(scheme: &Scheme) -> Offer {
    match (scheme.kind.as_deref(), scheme.scheme.as_deref()) {
        (Some("apiKey"), _) => of_key(scheme),
        (Some("http"), Some("bearer")) => Offer::Token { issuer: None, jwks_uri: None },
        (Some("http"), Some("basic")) => {
            Offer::Nothing("A publish does not check user names and passwords (HTTP Basic); use API keys or tokens.")
        }
        (Some("http"), _) => Offer::Nothing("A publish checks no HTTP scheme but `bearer`; use API keys or tokens."),
        (Some("mutualTLS"), _) => {
            Offer::Nothing("A publish does not check certificates of clients; set that at the gateway's listener.")
        }
        (Some("oauth2"), _) => {
            let metadata = scheme.oauth2_metadata_url.as_deref();
            of_issuer(metadata, "/.well-known/oauth-authorization-server")
        }
        (Some("openIdConnect"), _) => {
            of_issuer(scheme.open_id_connect_url.as_deref(), "/.well-known/openid-configuration")
        }
        _ => Offer::Nothing("The security scheme has no type that OpenAPI knows."),
    }
}

fn of_key(scheme: &Scheme) -> Offer {
    let token = |name: &&String| {
        let letter = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_|~`".contains(c);
        (1..=256).contains(&name.len()) && name.chars().all(letter)
    };
    match (scheme.place.as_deref(), scheme.name.as_ref().filter(token)) {
        (Some("header"), Some(name)) => Offer::Header(name.clone()),
        (Some("query"), Some(name)) => Offer::Query(name.clone()),
        (Some("cookie"), _) => {
            Offer::Nothing("A publish looks for keys in headers and query parameters, not in cookies.")
        }
        _ => Offer::Nothing("The API key has no place or name that a publish can look at."),
    }
}

/// The issuer that publishes its metadata there.
fn of_issuer(url: Option<&str>, well_known: &str) -> Offer {
    let usable =
        |issuer: &&str| issuer.starts_with("https://") && issuer.len() <= 200 && !issuer.contains(char::is_whitespace);
    let issuer = url.and_then(|url| url.trim().strip_suffix(well_known)).filter(usable);
    Offer::Token {
        issuer: issuer.map(str::to_owned),
        jwks_uri: issuer.map(|issuer| format!("{issuer}/.well-known/jwks.json")),
    }
}
