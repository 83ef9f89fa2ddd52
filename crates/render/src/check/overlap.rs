//! Routes between which the gateway would decide by the age of HTTPRoutes: see the crate's documentation.

use std::{
    cmp::Ordering,
    collections::{HashMap, HashSet},
};

use switchtower_domain::{
    api_service::{Method, PathMatchType, Route},
    field::FieldErrors,
    gateway::GatewayClass,
    hostname::intersect,
    policy::Cors,
};
use switchtower_protocol::snapshot::{ApiServicePart, Snapshot};

use super::{rivals::Rivals, template::Template};
use crate::{
    envoy::Action,
    error::{Problems, RenderError, Subject},
};

/// A route, and where it leads.
struct Claim<'a> {
    service: &'a ApiServicePart,
    route: &'a Route,
    hostnames: &'a [String],
    /// Two routes with the same number lead to the same place.
    place: usize,
    cors: Option<&'a Cors>,
    methods: HashSet<Method>,
}

/// Why two routes cannot stand side by side.
#[derive(Clone, Copy)]
enum Reason {
    /// The same request is theirs.
    Request,
    /// The same question of a browser is theirs.
    Preflight,
}

/// No two routes that lead to different places are equally strong for the same request.
pub(super) fn check(snapshot: &Snapshot) -> Result<(), RenderError> {
    let claims = claims(snapshot);
    let envoy = snapshot.gateway.class == GatewayClass::Envoy;
    let clash = |one: &Claim<'_>, other: &Claim<'_>| {
        let preflight = || envoy && one.shares_preflights(other);
        let reason = one.rivals(other).then_some(Reason::Request);
        reason.or_else(|| preflight().then_some(Reason::Preflight))
    };
    let mut problems = Problems::default();
    let mut same: HashMap<(PathMatchType, &str), Vec<&Claim<'_>>> = HashMap::new();
    let mut by_length: HashMap<usize, Rivals<&Claim<'_>>> = HashMap::new();
    for claim in &claims {
        let path = &claim.route.spec.path;
        let earlier = same.entry((path.kind, normal(path.kind, &path.value))).or_default();
        let found = earlier.iter().find_map(|own| clash(own, claim).map(|reason| (*own, reason)));
        if let Some((rival, reason)) = found {
            claim.report(rival, "has the same path", reason, &mut problems);
        } else if path.kind == PathMatchType::Regex {
            let rivals = by_length.entry(path.value.len()).or_default();
            let template = Template::of(&path.value);
            if let Some(rival) = rivals.find(&template, &|own: &&Claim<'_>| clash(own, claim).is_some()) {
                let meets = "has an expression of the same length that may match the same path";
                claim.report(rival, meets, clash(rival, claim).unwrap_or(Reason::Request), &mut problems);
            }
            rivals.insert(claim, template);
        }
        earlier.push(claim);
    }
    problems.into_result()
}

fn claims(snapshot: &Snapshot) -> Vec<Claim<'_>> {
    let mut places = HashMap::new();
    let routes = snapshot.api_services.iter().flat_map(|service| service.routes.iter().map(move |own| (service, own)));
    routes
        .map(|(service, route)| {
            let (action, hostnames) = Action::of(snapshot, service, route);
            let cors = action.treatment.cors;
            let next = places.len();
            let place = *places.entry((service.id, action)).or_insert(next);
            let methods = route.spec.methods.iter().copied().collect();
            Claim { service, route, hostnames, place, cors, methods }
        })
        .collect()
}

/// Prefixes go by whole segments, so `/v1/` is `/v1`.
fn normal(kind: PathMatchType, path: &str) -> &str {
    match kind {
        PathMatchType::Prefix => path.trim_end_matches('/'),
        PathMatchType::Exact | PathMatchType::Regex => path,
    }
}

impl Claim<'_> {
    /// Whether a request of the same path may match both, and nothing says which one it is for.
    fn rivals(&self, other: &Self) -> bool {
        self.place != other.place
            && self.route.spec.priority == other.route.spec.priority
            && (self.methods.is_empty() || other.methods.is_empty() || !self.methods.is_disjoint(&other.methods))
            && !self.goes_before_or_after(other)
            && self.shares_hosts(other)
            && !self.shares_no_headers(other)
            && !self.shares_no_queries(other)
    }

    /// Whether one goes before the other by what the Gateway API says and by what Envoy Gateway does: there, a method counts
    /// as one header more.
    fn goes_before_or_after(&self, other: &Self) -> bool {
        let counts = |own: &Self| {
            let (method, spec) = (usize::from(!own.methods.is_empty()), &own.route.spec);
            (method, spec.headers.len(), spec.query_params.len())
        };
        let (one, two) = (counts(self), counts(other));
        let envoy = (one.0 + one.1, one.2).cmp(&(two.0 + two.1, two.2));
        envoy != Ordering::Equal && envoy == one.cmp(&two)
    }

    /// Whether a browser's question before a request may match both, and they answer it differently.
    fn shares_preflights(&self, other: &Self) -> bool {
        let answers = self.cors.is_some() && other.cors.is_some() && self.cors != other.cors;
        answers
            && self.route.spec.query_params.len() == other.route.spec.query_params.len()
            && self.shares_hosts(other)
            && !self.shares_no_queries(other)
    }

    fn shares_hosts(&self, other: &Self) -> bool {
        let shared = || self.hostnames.iter().any(|one| other.hostnames.iter().any(|two| intersect(one, two)));
        self.hostnames.is_empty() || other.hostnames.is_empty() || shared()
    }

    fn shares_no_headers(&self, other: &Self) -> bool {
        let (own, its) = (&self.route.spec.headers, &other.route.spec.headers);
        own.iter().any(|one| its.iter().any(|two| one.excludes(two, str::eq_ignore_ascii_case)))
    }

    fn shares_no_queries(&self, other: &Self) -> bool {
        let (own, its) = (&self.route.spec.query_params, &other.route.spec.query_params);
        own.iter().any(|one| its.iter().any(|two| one.excludes(two, str::eq)))
    }

    fn report(&self, earlier: &Self, has: &str, reason: Reason, problems: &mut Problems) {
        let (path, name) = (&earlier.route.spec.path.value, &earlier.route.spec.name);
        let end = match reason {
            Reason::Request => {
                let shared = self.route.spec.methods.iter().find(|method| earlier.methods.contains(method));
                let either = || self.route.spec.methods.first().or(earlier.route.spec.methods.first());
                let method = shared.or_else(either).map_or("any method", |method| method.as_str());
                format!("(`{path}`, {method}) and leads elsewhere; which one gets a request is undefined")
            }
            Reason::Preflight => {
                format!("(`{path}`) and another CORS policy; which one answers a preflight is undefined")
            }
        };
        let detail = format!("Route `{name}` of API service `{}` {has} {end}.", earlier.service.name);
        problems
            .take(|| Subject::route(self.service, self.route), FieldErrors::one("/path/value", "ambiguous", detail));
    }
}

#[cfg(test)]
mod tests {
    use super::normal;
    use switchtower_domain::api_service::PathMatchType;

    #[test]
    fn a_prefix_goes_by_whole_segments() {
        assert_eq!(normal(PathMatchType::Prefix, "/v1/"), "/v1");
        assert_eq!(normal(PathMatchType::Exact, "/v1/"), "/v1/");
    }
}
