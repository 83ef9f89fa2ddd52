//! Routes between which the gateway would decide by the age of HTTPRoutes: see the crate's documentation.

use std::collections::HashMap;

use switchtower_domain::{
    api_service::{Method, PathMatchType, Route},
    field::FieldErrors,
};
use switchtower_protocol::snapshot::{ApiServicePart, Snapshot};

use super::{rivals::Rivals, template::Template};
use crate::{
    envoy::{Action, methods},
    error::{Problems, RenderError, Subject},
};

/// A match of a route, and where it leads.
#[derive(Clone, Copy)]
struct Claim<'a> {
    service: &'a ApiServicePart,
    route: &'a Route,
    method: Option<Method>,
}

/// No two matches that lead to different places are equally strong for the same request.
pub(super) fn check(snapshot: &Snapshot) -> Result<(), RenderError> {
    let mut problems = Problems::default();
    let mut first: HashMap<(PathMatchType, &str, Option<Method>), Claim<'_>> = HashMap::new();
    let mut by_length: HashMap<(usize, Option<Method>), Rivals<Claim<'_>>> = HashMap::new();
    for service in &snapshot.api_services {
        for route in &service.routes {
            for method in methods(route) {
                let claim = Claim { service, route, method };
                let path = &route.spec.path;
                let earlier = *first.entry((path.kind, normal(path.kind, &path.value), method)).or_insert(claim);
                if !earlier.leads_where(claim) {
                    claim.report(earlier, "has the same path and method", &mut problems);
                } else if path.kind == PathMatchType::Regex {
                    let rivals = by_length.entry((path.value.len(), method)).or_default();
                    let template = Template::of(&path.value);
                    if let Some(rival) = rivals.find(&template, &|rival: &Claim<'_>| !rival.leads_where(claim)) {
                        let reason = "has an expression of the same length that may match the same path";
                        claim.report(*rival, reason, &mut problems);
                    }
                    rivals.insert(claim, template);
                }
            }
        }
    }
    problems.into_result()
}

/// Prefixes go by whole segments, so `/v1/` is `/v1`.
fn normal(kind: PathMatchType, path: &str) -> &str {
    match kind {
        PathMatchType::Prefix => path.trim_end_matches('/'),
        PathMatchType::Exact | PathMatchType::Regex => path,
    }
}

impl<'a> Claim<'a> {
    fn leads_where(self, other: Self) -> bool {
        self.service.id == other.service.id && Action::of(self.route) == Action::of(other.route)
    }

    fn report(self, earlier: Self, reason: &str, problems: &mut Problems) {
        let method = self.method.map_or("any method", Method::as_str);
        let detail = format!(
            "Route `{}` of API service `{}` {reason} (`{}`, {method}) and leads elsewhere; which one gets a request is undefined.",
            earlier.route.spec.name, earlier.service.name, earlier.route.spec.path.value
        );
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
