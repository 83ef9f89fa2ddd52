//! Rewrites of paths, on the routes that they are for.

use switchtower_domain::{
    api_service::PathMatchType,
    field::FieldErrors,
    policy::{self, PolicySpec, PolicyType, Rule},
};
use switchtower_protocol::snapshot::Snapshot;

use super::policy::replaces_prefix;
use crate::error::{Problems, Subject};

/// A prefix can be replaced only where one is matched. Told once for each policy.
pub(super) fn check(snapshot: &Snapshot, problems: &mut Problems) {
    let replaces = |rule: &&Rule| matches!(&rule.spec, PolicySpec::UrlRewrite(own) if replaces_prefix(own));
    if !snapshot.policies.iter().any(|rule| replaces(&rule)) {
        return;
    }
    let mut told = Vec::new();
    for service in &snapshot.api_services {
        for route in service.routes.iter().filter(|route| route.spec.path.kind != PathMatchType::Prefix) {
            let effective = policy::in_effect(&snapshot.policies, service.id, route.id);
            let Some(rule) = effective.get(&PolicyType::UrlRewrite).copied().filter(replaces) else { continue };
            if told.contains(&rule.id) {
                continue;
            }
            told.push(rule.id);
            let detail = format!(
                "Route `{}` of API service `{}` matches no prefix; give it a `url_rewrite` policy of its own.",
                route.spec.name, service.name
            );
            let errors = FieldErrors::one("/spec/url_rewrite/path/type", "not_applicable", detail);
            problems.take(|| Subject::policy(rule), errors);
        }
    }
}
