//! What goes wrong with one request to the API server, and whom it concerns.

use std::error::Error;

use kube::core::Status;

use crate::port::DriverError;

/// A field that another one than this agent owns.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Claim {
    /// `.spec.listeners`.
    pub(super) field: String,
    /// `kubectl-edit`.
    pub(super) owner: String,
}

/// Why a request did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The object is not there.
    Missing,
    /// Its kind is not served.
    NotServed,
    /// Its namespace is not there.
    NoNamespace,
    /// It has changed since it was read.
    Stale,
    /// Others own fields of it.
    Claimed(Vec<Claim>),
    /// The agent may not.
    Forbidden(String),
    /// The API server, or a webhook of it, refuses the object.
    Refused(Option<String>, String),
    /// No API server answers, or it cannot do its part now.
    Unreachable(String),
}

impl From<kube::Error> for Trouble {
    fn from(error: kube::Error) -> Self {
        match error {
            kube::Error::Api(status) => answered(*status),
            error => Self::Unreachable(format!("The cluster's API server cannot be reached: {}.", chain(&error))),
        }
    }
}

/// What the API server says.
fn answered(status: Status) -> Trouble {
    let Status { code, message, details, .. } = status;
    let causes = details.as_ref().map(|details| details.causes.as_slice()).unwrap_or_default();
    match code {
        404 => match details.as_ref().filter(|details| !details.name.is_empty()) {
            Some(details) if details.kind == "namespaces" => Trouble::NoNamespace,
            Some(_) => Trouble::Missing,
            // A path that nobody serves is answered without a word on the object.
            None => Trouble::NotServed,
        },
        409 if message.contains("is being terminated") => Trouble::Refused(None, message),
        409 => {
            let mut claims: Vec<_> = causes
                .iter()
                .filter(|cause| cause.reason == "FieldManagerConflict")
                .map(|cause| Claim { field: cause.field.clone(), owner: owner_in(&cause.message) })
                .collect();
            // Upstream repeats fields at times (kubernetes/kubernetes#119141).
            claims.sort();
            claims.dedup();
            if claims.is_empty() { Trouble::Stale } else { Trouble::Claimed(claims) }
        }
        403 => Trouble::Forbidden(message),
        401 => Trouble::Unreachable(format!("The cluster's API server refuses the agent's credentials: {message}.")),
        429 | 502..=504 => Trouble::Unreachable(format!("The cluster's API server cannot answer now: {message}.")),
        _ => {
            let field = causes.first().map(|cause| cause.field.clone()).filter(|field| !field.is_empty());
            Trouble::Refused(field, message)
        }
    }
}

/// The name in `conflict with "kubectl-edit" using v1 at 2026-01-01T00:00:00Z`.
fn owner_in(message: &str) -> String {
    message.split('"').nth(1).unwrap_or(message).to_owned()
}

/// An error with all that caused it.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    text
}

impl Trouble {
    /// The error for trouble that concerns all objects; `Ok` with a sentence and a field for trouble of one object.
    pub(super) fn of_one(self, kind: &str, api_version: &str, namespace: &str) -> Result<Sentence, DriverError> {
        let sentence = |field: Option<String>, text: String| Ok(Sentence { field, text });
        match self {
            Self::Unreachable(message) => Err(DriverError::Unreachable(message)),
            Self::Missing => sentence(None, "It is not there.".to_owned()),
            Self::NotServed => sentence(None, not_served(kind, api_version)),
            Self::NoNamespace => {
                let text = format!("There is no namespace `{namespace}`; make it, or give the agent another one.");
                sentence(Some("metadata.namespace".to_owned()), text)
            }
            Self::Stale => sentence(None, "It keeps changing while it is applied; it is tried again.".to_owned()),
            Self::Claimed(claims) => {
                let first = claims.first().map(|claim| claim.field.clone());
                let text = format!(
                    "Others own what is to be set: {}. Let them give it up, or run the agent with --force-conflicts to take it.",
                    claimed(&claims)
                );
                sentence(first, text)
            }
            Self::Forbidden(message) => {
                let text = format!("The agent may not: {message}. Grant it the role in infra/kubernetes/agent.yaml.");
                sentence(None, text)
            }
            Self::Refused(field, message) => sentence(field, format!("The API server refuses it: {message}")),
        }
    }
}

/// What to tell of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sentence {
    pub(super) field: Option<String>,
    pub(super) text: String,
}

/// Claims in words, a few of them.
fn claimed(claims: &[Claim]) -> String {
    const NAMED: usize = 8;
    let named: Vec<_> = claims.iter().take(NAMED).map(|one| format!("`{}` owns `{}`", one.owner, one.field)).collect();
    match claims.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

/// What to do when a kind is not served.
pub(super) fn not_served(kind: &str, api_version: &str) -> String {
    let install = match api_version.split_once('/').map(|(group, _)| group) {
        Some("gateway.networking.k8s.io") => "install the CRDs of Gateway API 1.4 or newer, standard channel",
        Some("gateway.envoyproxy.io") => "install Envoy Gateway with its CRDs",
        _ => "install what serves it",
    };
    format!("The cluster serves no {kind} of {api_version}; {install}.")
}
