//! Which schemes the operations ask for, and which operations differ from the rest.

use std::collections::HashMap;

use super::{
    AuthSuggestion, SuggestedApiKey, SuggestedAuth, SuggestedJwt,
    scheme::{Offer, offer},
};
use crate::{
    collect::Target,
    document::{Document, Security},
    note::{Notes, cut, pointer},
};

/// The most scopes of a publish.
const MAX_SCOPES: usize = 16;
/// The most headers or query parameters of a publish.
const MAX_NAMES: usize = 8;

/// The most suggestions besides that for API keys.
const MAX_SUGGESTIONS: usize = 8;

/// The names of the schemes of each alternative; an empty one stands for nothing asked.
type Shape<'a> = Vec<Vec<&'a str>>;

/// What the authentication of a publish might be. What it would not be is noted.
pub(crate) fn suggest(document: &Document, targets: &[Target<'_>], notes: &mut Notes) -> Vec<AuthSuggestion> {
    let root = &document.root;
    let asked: Vec<&Security> =
        targets.iter().map(|target| target.operation.security.as_ref().unwrap_or(&root.security)).collect();
    let usual = most(&asked);
    let secured: Vec<&Security> = asked.iter().copied().filter(|security| !shape(security).is_empty()).collect();
    // Where most ask for nothing, what is suggested is for those that ask.
    let mut offered = if usual.is_empty() { most(&secured) } else { usual.clone() };
    if secured.is_empty() {
        let schemes = &root.components.security_schemes.0;
        if let Some((name, _)) = schemes.first() {
            let detail = "No operation asks for the document's security schemes, so everybody may call.";
            notes.add(pointer("/components/securitySchemes", name), "security_schemes_unused", detail);
        }
        offered = schemes.keys().map(|name| vec![name.as_str()]).collect();
    } else {
        note_others(targets, &asked, &usual, notes);
    }
    let at = if root.security.0.is_empty() { "/paths" } else { "/security" };
    note_offered(at, &offered, notes);
    of_shape(document, &offered, &asked, notes)
}

/// The names alone; scopes are looked at elsewhere.
fn shape(security: &Security) -> Shape<'_> {
    let mut shape = Shape::new();
    for requirement in &security.0 {
        let mut names: Vec<&str> = requirement.0.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        shape.push(names);
    }
    shape.sort_unstable();
    shape.dedup();
    // To ask for nothing and not to ask is the same.
    if shape.iter().all(Vec::is_empty) { Shape::new() } else { shape }
}

/// What most operations ask for; of equally many, what is met first.
fn most<'a>(asked: &[&'a Security]) -> Shape<'a> {
    let mut counts: HashMap<Shape<'a>, (usize, usize)> = HashMap::new();
    for (index, security) in asked.iter().enumerate() {
        counts.entry(shape(security)).or_insert((0, usize::MAX - index)).0 += 1;
    }
    counts.into_iter().max_by_key(|(_, rank)| *rank).map(|(shape, _)| shape).unwrap_or_default()
}

fn note_others(targets: &[Target<'_>], asked: &[&Security], usual: &Shape<'_>, notes: &mut Notes) {
    for (target, security) in targets.iter().zip(asked) {
        let shape = shape(security);
        if shape == *usual {
            continue;
        }
        let at = pointer("/paths", target.template);
        let at = pointer(&at, &target.method.as_str().to_ascii_lowercase());
        let at = if target.operation.security.is_some() { format!("{at}/security") } else { at };
        if shape.is_empty() {
            let detail = "Everybody may call this operation, other than most. A publish checks all its routes alike: \
                          leave this one out with `route_ids`, and publish it on its own.";
            notes.add(at, "operation_without_security", detail);
        } else {
            let detail = "This operation asks for other credentials than most, or most ask for none. A publish checks all its routes alike: \
                          leave this one out with `route_ids`, and publish it on its own.";
            notes.add(at, "operation_with_other_security", detail);
        }
    }
}

fn note_offered(at: &str, offered: &Shape<'_>, notes: &mut Notes) {
    if offered.len() > 1 && offered.iter().any(Vec::is_empty) {
        let detail = "Credentials are optional in the document; a publish with authentication asks everybody for them.";
        notes.add(at, "security_optional", detail);
    }
    if offered.iter().any(|names| names.len() > 1) {
        let detail = "The document asks for several credentials at once; a publish checks one kind of them.";
        notes.add(at, "security_combined", detail);
    }
}

fn of_shape(document: &Document, usual: &Shape<'_>, asked: &[&Security], notes: &mut Notes) -> Vec<AuthSuggestion> {
    let mut names: Vec<&str> = Vec::new();
    for name in usual.iter().flatten() {
        if !names.contains(name) {
            names.push(name);
        }
    }
    let mut key = SuggestedApiKey::default();
    let mut key_schemes = Vec::new();
    let mut suggestions = Vec::new();
    for name in names {
        match offer(document, name) {
            Offer::Header(header) => {
                key.headers.extend(Some(header).filter(|_| key.headers.len() < MAX_NAMES));
                key_schemes.push(cut(name, 200));
            }
            Offer::Query(parameter) => {
                key.query_params.extend(Some(parameter).filter(|_| key.query_params.len() < MAX_NAMES));
                key_schemes.push(cut(name, 200));
            }
            Offer::Token { issuer, jwks_uri } => {
                let scopes = common_scopes(name, usual, asked, notes);
                suggestions.push(of_token(name, SuggestedJwt { issuer, jwks_uri, scopes }));
            }
            Offer::Nothing(reason) => {
                notes.add(pointer("/components/securitySchemes", name), "security_scheme_unsupported", reason);
            }
        }
    }
    suggestions.truncate(MAX_SUGGESTIONS);
    if !key_schemes.is_empty() {
        let missing = vec!["/api_key/credentials_ref".to_owned()];
        let auth = SuggestedAuth::ApiKey(key);
        suggestions.insert(0, AuthSuggestion { schemes: key_schemes, auth, missing, guessed: Vec::new() });
    }
    suggestions
}

fn of_token(name: &str, jwt: SuggestedJwt) -> AuthSuggestion {
    let needed = [("/jwt/issuer", jwt.issuer.is_none()), ("/jwt/jwks_uri", jwt.jwks_uri.is_none())];
    let missing = needed.into_iter().filter(|(_, missing)| *missing).map(|(at, _)| at.to_owned()).collect();
    let guessed = jwt.jwks_uri.iter().map(|_| "/jwt/jwks_uri".to_owned()).collect();
    AuthSuggestion { schemes: vec![cut(name, 200)], auth: SuggestedAuth::Jwt(jwt), missing, guessed }
}

/// The scopes that all usual operations ask of the scheme; other ones are noted.
fn common_scopes(name: &str, usual: &Shape<'_>, asked: &[&Security], notes: &mut Notes) -> Vec<String> {
    let of_scheme = asked.iter().filter(|security| shape(security) == *usual).flat_map(|security| &security.0);
    let mut lists = of_scheme.flat_map(|requirement| &requirement.0).filter(|(scheme, _)| scheme == name);
    let Some((_, first)) = lists.next() else { return Vec::new() };
    let (mut common, mut differ) = (first.0.clone(), false);
    for (_, scopes) in lists {
        differ |= scopes.0 != first.0;
        common.retain(|scope| scopes.0.contains(scope));
    }
    if differ {
        let detail = "Operations ask for different scopes; a publish checks those that all of them ask for, and backends \
                      the rest.";
        notes.add(pointer("/components/securitySchemes", name), "scopes_differ", detail);
    }
    common.retain(|scope| (1..=253).contains(&scope.len()) && !scope.contains(|c: char| c.is_control() || c == ' '));
    common.truncate(MAX_SCOPES);
    common
}
