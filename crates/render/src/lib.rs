//! From a snapshot to the Kubernetes objects that serve it, or to the files of an nginx: a function of values, without I/O, clock
//! or randomness. What follows is about Kubernetes; [`nginx`] tells of the other class.
//!
//! ```text
//!   Snapshot --check--> every problem at once, or --nginx--> claims.json and *.conf
//!                                                 --envoy--> ReferenceGrant        certificates of other namespaces
//!                                                            Gateway
//!                                                            ClientTrafficPolicy   what clients may do, versions of TLS
//!                                                            SecurityPolicy        who may call
//!                                                            Backend               one per backend
//!                                                            BackendTLSPolicy      one per backend with TLS
//!                                                            HTTPRouteFilter       the endpoint's host, where needed
//!                                                            BackendTrafficPolicy  one per way to treat requests
//!                                                            HTTPRoute             as many as the limits ask for
//! ```
//!
//! [`render`] is what an agent applies; [`check()`] is the same without the result, for the moment in which a provider
//! publishes. Both know the same problems, so what was published can be rendered. Whatever a snapshot asks of a gateway
//! is either in the objects, or a [`Problem`] that names part, field and reason. Descriptions and tags are for people and
//! stay behind.
//!
//! Objects come in the order to apply them in. Policies stand before the HTTPRoutes that they are for, so that no route
//! is served without them for a moment; Envoy Gateway waits for the routes of a policy. A ReferenceGrant lives in the
//! namespace of its certificate: an agent that is to use certificates of other namespaces needs the right to write
//! ReferenceGrants there.
//!
//! # Treatment
//!
//! What becomes of a request is said by its route, by the policies that take effect on it and by its backends, in this
//! order (`effective.rs`, shared by all classes). Envoy Gateway is told in these places:
//!
//! - matches, weights, headers, rewrites, CORS and the time for the whole request in the rule of an HTTPRoute;
//! - load balancing, health checks, circuit breakers, retries, other times and rate limits in a BackendTrafficPolicy. A
//!   policy is for whole HTTPRoutes, so routes that differ here never share one. Routes that say nothing are left to the
//!   policy of the Gateway, which says what the model says: backends in turn;
//! - authentication in one SecurityPolicy of the Gateway, so that it holds for every route from the first moment on. CORS
//!   is no part of it: as a filter, Envoy Gateway answers preflights before authentication, and where no method matches;
//! - clients in a ClientTrafficPolicy of the Gateway; where listeners ask for a version of TLS, in one of those as well,
//!   which says the same and more since it takes the other's place.
//!
//! Three things are not as they look. A rate limit counts in each gateway instance, and there for each method and host name
//! of a route by itself, as Envoy knows no routes beyond that. `timeouts.backendRequest` is never written, since Envoy
//! Gateway takes it for the whole: without retries the shorter time is the whole, with retries it limits each try. And a
//! preflight bears none of the headers that a route may ask for, so a route with CORS and headers gets matches for
//! preflights (`OPTIONS` with `Origin` and `Access-Control-Request-Method`) as well.
//!
//! # Splitting
//!
//! An HTTPRoute holds 16 host names, 16 rules, 64 matches in a rule and 128 matches in all. Routes of one API service with
//! the same host names and the same treatment become matches of one rule (a match for each method), and rules fill
//! HTTPRoutes in turn. A route is never split, so the first route of a rule lends it a name that no other rule has; but
//! where a prefix is rewritten, a rule may hold one match only, and such a route gets a rule for each
//! (`legacy`, `legacy.1`). HTTPRoutes are never shared by API services.
//!
//! # Host names
//!
//! A host name of a route is a filter: the route is there for requests to it, and nothing else follows. Envoy however looks
//! only at the routes of the most specific name that fits a request. So a route with `*.example.com` is also put under
//! each name below it that other routes of the deployment name, such as `api.example.com`, and a route with none at all
//! under every one.
//!
//! # Precedence
//!
//! Where a route ends up must not matter. What decides between two matches of one request, in all HTTPRoutes of a
//! gateway together, is:
//!
//! 1. exact paths, then regular expressions, then prefixes;
//! 2. among equals, the longer value in bytes;
//! 3. then the one that names a method;
//! 4. then the one with more headers;
//! 5. then the one with more query parameters.
//!
//! The Gateway API demands this for exact paths and prefixes and leaves regular expressions to implementations; that
//! they stand in the middle and go by length is what Envoy Gateway does unless its
//! `preserveRouteOrder` is set (so `/[^/]+/[^/]+` goes before `/[^/]+/me`). It also counts a method as one header more, which
//! puts two headers before a method and none. Beyond that the age and the name of HTTPRoutes
//! decide, which is where packing would show. So [`check()`] refuses routes that are treated differently, may match the same
//! request and are equal in all five, or in a different order by Envoy Gateway than by the Gateway API: the same path
//! (or expressions of the same length that may match the same path), a host name in common, a method in common. Two
//! different values of one header or parameter keep routes apart. Routes that lead to the same place may overlap as they
//! like. Routes of one path that answer preflights differently are refused as well.
//!
//! # Host
//!
//! A backend with TLS is asked for the name that its certificate carries, since that is the name it answers to: a rule whose
//! backends share one rewrites `Host` to it. Where they have different ones that are also the hosts of their endpoints, a
//! HTTPRouteFilter sets the host of the endpoint that gets the request. A rule with plain backends leaves `Host` as the
//! client sent it. A `url_rewrite` policy with a host goes before all that.
//!
//! # Names
//!
//! `<publish>-<deployment>` for the Gateway and for what there is one of, `<publish>-<deployment>-<n>` for other policies,
//! `<publish>-<backend>-<deployment>-<backend>` for Backend and BackendTLSPolicy,
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
    options::{NginxHost, Options},
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
