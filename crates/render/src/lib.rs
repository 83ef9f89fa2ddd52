//! From a snapshot to the Kubernetes objects that serve it, or to the files of an nginx: a function of values, without I/O, clock
//! or randomness. What follows is about Kubernetes; [`nginx`] tells of the other class.
//!
//! ```text
//!   Snapshot --check--> every problem at once, or --nginx--> claims.json and *.conf
//!                                                 --envoy--> Gateway
//!                                                            Backend          one per backend
//!                                                            BackendTLSPolicy one per `https` backend
//!                                                            HTTPRoute        as many as the limits ask for
//! ```
//!
//! [`render`] is what an agent applies; [`check()`] is the same without the result, for the moment in which a provider
//! publishes. Both know the same problems, so what was published can be rendered. Whatever a snapshot asks of a gateway
//! is either in the objects, or a [`Problem`] that names part, field and reason. Descriptions and tags are for people and
//! stay behind.
//!
//! # Splitting
//!
//! An HTTPRoute holds 16 rules, 64 matches in a rule and 128 matches in all. Routes of one API service with the same
//! backends and timeouts become matches of one rule (a match for each method), and rules fill HTTPRoutes in turn. A route
//! is never split, so the first route of a rule lends it a name that no other rule has. HTTPRoutes are never shared by
//! API services.
//!
//! # Precedence
//!
//! Where a route ends up must not matter. What decides between two matches of one request, in all HTTPRoutes of a
//! gateway together, is:
//!
//! 1. exact paths, then regular expressions, then prefixes;
//! 2. among equals, the longer value in bytes;
//! 3. then the one that names a method.
//!
//! The Gateway API demands this for exact paths and prefixes and leaves regular expressions to implementations; that
//! they stand in the middle and go by length is what Envoy Gateway does unless its
//! `preserveRouteOrder` is set (so `/[^/]+/[^/]+` goes before `/[^/]+/me`). Beyond that the age and the name of HTTPRoutes
//! decide, which is where packing would show. So [`check()`] refuses routes that lead to different backends or
//! timeouts and are equal in all three: the same path and method twice, and regular expressions of the same length that may
//! match the same path. Routes that lead to the same place may overlap as they like.
//!
//! # Host
//!
//! A backend with TLS is asked for the name that its certificate carries, since that is the name it answers to: a rule whose backends
//! share one rewrites `Host` to it. A rule with plain or differently named backends leaves `Host` as the client sent it.
//!
//! # Names
//!
//! `<publish>-<deployment>` for the Gateway, `<publish>-<backend>-<deployment>-<backend>` for Backend and BackendTLSPolicy,
//! `<publish>-<API service>-<deployment>-<API service>-<n>` for HTTPRoutes: first names, cut to fit 63 characters, then
//! the last eight characters of ids, so that the same names in other deployments are no trouble. Two objects that would
//! get the same name are a problem, not an overwrite.

mod check;
mod duration;
mod effective;
mod envoy;
mod error;
#[cfg(any(test, feature = "fixture"))]
pub mod fixture;
pub mod label;
pub mod limit;
mod name;
pub mod nginx;
mod object;
mod options;

#[cfg(test)]
mod tests;

use switchtower_domain::gateway::GatewayClass;
use switchtower_protocol::snapshot::Snapshot;

pub use self::{
    error::{Problem, RenderError, Subject},
    object::{Object, Rendered, to_yaml},
    options::{NginxPaths, Options},
};

/// The objects that serve a snapshot, those first that others refer to.
pub fn render(snapshot: &Snapshot, options: &Options) -> Result<Rendered, RenderError> {
    check::check(snapshot, options)?;
    let rendered = match snapshot.gateway.class {
        GatewayClass::Envoy => envoy::render(snapshot, options),
        GatewayClass::Nginx => nginx::render(snapshot, options),
    };
    check::objects(&rendered)?;
    Ok(rendered)
}

/// Whether a snapshot can be rendered: all that stands in the way, or nothing. Options have no influence on it.
pub fn check(snapshot: &Snapshot) -> Result<(), RenderError> {
    render(snapshot, &Options::default()).map(drop)
}
