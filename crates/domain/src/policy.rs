//! Policies: what happens to requests beside going to a backend, said once for many routes.
//!
//! ```text
//!   scope    global -------> every route of the tenant
//!            service ------> every route of one API service
//!            route --------> one route
//! ```
//!
//! For each route and each [`PolicyType`], one policy takes effect: the one with the narrowest scope, among these the one
//! with the highest priority, among these the first by name. Others of its type do not add to it. A policy reaches clusters
//! with the next publish. Authentication is no policy: it belongs to the publish.

mod spec;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    api_service::ApiServiceId,
    field::FieldErrors,
    id::{RouteId, resource_id},
    name::{Labels, Name},
    resource::{EditError, Editable, Kind, Reference, Resource},
};

pub use self::spec::{
    Cors, HeaderChanges, HeaderModifier, HeaderValue, PathRewrite, PathRewriteType, PolicySpec, PolicyType, RateLimit,
    RateUnit, TimeoutPolicy, UrlRewrite, is_header_name,
};

resource_id!(Policy, PolicyId, "pol");

/// Which routes a policy is about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PolicyScope {
    /// Every route of the tenant.
    #[default]
    Global,
    /// Every route of one API service.
    Service,
    /// One route.
    Route,
}

/// A policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Policy {
    /// What it is for.
    pub description: Option<String>,
    /// Which routes it is about.
    pub scope: PolicyScope,
    /// The API service, unless it is global.
    pub api_service_id: Option<ApiServiceId>,
    /// The route, when it is about one.
    pub route_id: Option<RouteId>,
    /// Decides between policies of the same type and scope: the higher one takes effect.
    pub priority: i16,
    /// Whether it takes effect.
    pub enabled: bool,
    /// The type, as the only key of `spec`.
    #[serde(rename = "type")]
    pub kind: PolicyType,
    /// What it does.
    pub spec: PolicySpec,
}

/// What makes or replaces a policy.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyInput {
    /// The name.
    pub name: Name,
    /// The labels.
    #[serde(default)]
    #[schema(required = false)]
    pub labels: Labels,
    /// What it is for.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub description: Option<String>,
    /// Which routes it is about.
    pub scope: PolicyScope,
    /// The API service; with the scopes `service` and `route`.
    #[serde(default)]
    pub api_service_id: Option<ApiServiceId>,
    /// The route; with the scope `route`.
    #[serde(default)]
    pub route_id: Option<RouteId>,
    /// Decides between policies of the same type and scope: the higher one takes effect.
    #[serde(default)]
    #[schema(minimum = -1000, maximum = 1000, required = false, default = 0)]
    pub priority: i16,
    /// Whether it takes effect.
    #[serde(default = "yes")]
    #[schema(required = false, default = true)]
    pub enabled: bool,
    /// What it does: one key, which is the type.
    pub spec: PolicySpec,
}

const fn yes() -> bool {
    true
}

impl Kind for Policy {
    const KIND: &'static str = "policy";

    fn group(&self) -> Option<String> {
        Some(self.api_service_id.map_or_else(|| "global".to_owned(), |id| id.to_string()))
    }

    fn references(&self) -> Vec<Reference> {
        self.api_service_id.into_iter().map(Reference::to).collect()
    }
}

impl Editable for Policy {
    type Input = PolicyInput;
    const EVENTS: [&'static str; 3] = ["policy.created", "policy.updated", "policy.deleted"];

    fn name_of(input: &PolicyInput) -> &Name {
        &input.name
    }

    fn labels_of(input: &PolicyInput) -> &Labels {
        &input.labels
    }

    fn draft(input: PolicyInput) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::new();
        let wants = (input.scope != PolicyScope::Global, input.scope == PolicyScope::Route);
        for (field, given, wanted) in [
            ("/api_service_id", input.api_service_id.is_some(), wants.0),
            ("/route_id", input.route_id.is_some(), wants.1),
        ] {
            errors.require(given || !wanted, field, "required", "This scope needs it.");
            errors.require(!given || wanted, field, "not_applicable", "This scope has none.");
        }
        errors.within("/spec", input.spec.check());
        errors.or(Self {
            description: input.description,
            scope: input.scope,
            api_service_id: input.api_service_id,
            route_id: input.route_id,
            priority: input.priority,
            enabled: input.enabled,
            kind: input.spec.kind(),
            spec: input.spec,
        })
    }

    fn amend(self, input: PolicyInput) -> Result<Self, EditError> {
        Ok(Self::draft(input)?)
    }

    fn input(resource: &Resource<Self>) -> PolicyInput {
        let body = resource.body.clone();
        PolicyInput {
            name: resource.name.clone(),
            labels: resource.labels.clone(),
            description: body.description,
            scope: body.scope,
            api_service_id: body.api_service_id,
            route_id: body.route_id,
            priority: body.priority,
            enabled: body.enabled,
            spec: body.spec,
        }
    }
}

/// A policy as far as routes are concerned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Rule {
    /// The policy.
    pub id: PolicyId,
    /// Its name.
    pub name: Name,
    /// The API service, unless it is global.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_service_id: Option<ApiServiceId>,
    /// The route, when it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route_id: Option<RouteId>,
    /// Decides between policies of the same type and scope.
    #[serde(default)]
    pub priority: i16,
    /// What it does.
    pub spec: PolicySpec,
}

impl Rule {
    /// What a policy says to routes.
    pub fn of(policy: &Resource<Policy>) -> Self {
        Self {
            id: policy.id,
            name: policy.name.clone(),
            api_service_id: policy.body.api_service_id,
            route_id: policy.body.route_id,
            priority: policy.body.priority,
            spec: policy.body.spec.clone(),
        }
    }

    /// Whether it is about a route.
    pub fn touches(&self, service: ApiServiceId, route: RouteId) -> bool {
        self.api_service_id.is_none_or(|id| id == service) && self.route_id.is_none_or(|id| id == route)
    }

    /// How narrow its scope is.
    pub const fn scope(&self) -> PolicyScope {
        match (self.api_service_id, self.route_id) {
            (_, Some(_)) => PolicyScope::Route,
            (Some(_), None) => PolicyScope::Service,
            (None, None) => PolicyScope::Global,
        }
    }
}

/// The rule of each type that takes effect on a route.
pub fn in_effect(rules: &[Rule], service: ApiServiceId, route: RouteId) -> BTreeMap<PolicyType, &Rule> {
    let mut effective: BTreeMap<PolicyType, &Rule> = BTreeMap::new();
    for rule in rules.iter().filter(|rule| rule.touches(service, route)) {
        let rank = |rule: &Rule| (rule.scope(), rule.priority);
        let wins = |other: &&Rule| rank(rule) > rank(other) || (rank(rule) == rank(other) && rule.name < other.name);
        if effective.get(&rule.spec.kind()).is_none_or(wins) {
            effective.insert(rule.spec.kind(), rule);
        }
    }
    effective
}

#[cfg(test)]
mod tests;
