//! What the new installation should hold of v1: resources in the words of its API, with references that are still rows of v1.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use switchtower_domain::{
    api_service::ApiServiceId,
    cluster::ClusterId,
    gateway::GatewayId,
    id::{BackendId, RouteId},
    name::Name,
    plan::PlanId,
    policy::PolicyId,
    product::ProductId,
    product_publish::ProductPublishId,
};

/// A row of v1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// Its table.
    pub table: String,
    /// Its id.
    pub id: String,
}

impl Key {
    /// A row by table and id.
    pub fn new(table: &str, id: impl Into<String>) -> Self {
        Self { table: table.to_owned(), id: id.into() }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.table, self.id)
    }
}

/// The kinds of resources that are made, in the order in which they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A cluster; only the default one is ever made.
    Cluster,
    /// A gateway template.
    Gateway,
    /// An API service.
    ApiService,
    /// A backend of an API service.
    Backend,
    /// A route of an API service.
    Route,
    /// A policy.
    Policy,
    /// A product.
    Product,
    /// A plan of a product.
    Plan,
    /// A product publish.
    ProductPublish,
}

impl Kind {
    /// Every kind, in the order in which they are made.
    pub const ALL: [Self; 9] = [
        Self::Cluster,
        Self::Gateway,
        Self::ApiService,
        Self::Backend,
        Self::Route,
        Self::Policy,
        Self::Product,
        Self::Plan,
        Self::ProductPublish,
    ];

    /// What it is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::Gateway => "gateway",
            Self::ApiService => "API service",
            Self::Backend => "backend",
            Self::Route => "route",
            Self::Policy => "policy",
            Self::Product => "product",
            Self::Plan => "plan",
            Self::ProductPublish => "publish",
        }
    }

    /// The path of its collection; of a part, below its parent.
    pub const fn collection(self) -> &'static str {
        match self {
            Self::Cluster => "v1/operator/clusters",
            Self::Gateway => "v1/provider/gateways",
            Self::ApiService => "v1/provider/api-services",
            Self::Backend => "backends",
            Self::Route => "routes",
            Self::Policy => "v1/provider/policies",
            Self::Product => "v1/provider/products",
            Self::Plan => "v1/provider/plans",
            Self::ProductPublish => "v1/provider/product-publishes",
        }
    }

    /// Whether it lives in an API service.
    pub const fn is_part(self) -> bool {
        matches!(self, Self::Backend | Self::Route)
    }

    /// An id of the right form, for checks before there is one; another one for each number.
    pub fn placeholder(self, number: u128) -> String {
        match self {
            Self::Cluster => ClusterId::from_parts(0, number).to_string(),
            Self::Gateway => GatewayId::from_parts(0, number).to_string(),
            Self::ApiService => ApiServiceId::from_parts(0, number).to_string(),
            Self::Backend => BackendId::from_parts(0, number).to_string(),
            Self::Route => RouteId::from_parts(0, number).to_string(),
            Self::Policy => PolicyId::from_parts(0, number).to_string(),
            Self::Product => ProductId::from_parts(0, number).to_string(),
            Self::Plan => PlanId::from_parts(0, number).to_string(),
            Self::ProductPublish => ProductPublishId::from_parts(0, number).to_string(),
        }
    }
}

/// Where a body names another resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// A JSON pointer into the body.
    pub pointer: String,
    /// What kind of resource it names.
    pub kind: Kind,
    /// Which one; a cluster by its name.
    pub to: Key,
}

/// A resource that should be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The row that it comes from.
    pub key: Key,
    /// Its kind.
    pub kind: Kind,
    /// The API service that a part lives in.
    pub parent: Option<Key>,
    /// Its name.
    pub name: Name,
    /// What is sent, with ids that say nothing where it names others.
    pub body: Map<String, Value>,
    /// Where it names others.
    pub references: Vec<Reference>,
    /// The state that it should be in, such as `active`; whichever it is in, when left out.
    pub status: Option<&'static str>,
    /// Whether it ran in v1.
    pub was_published: bool,
    /// Why it must not be published by the import.
    pub held_back: Option<String>,
}

/// The table of clusters, which v1 does not have.
pub const CLUSTERS: &str = "clusters";

/// The label that says where a resource comes from, and its value.
pub const IMPORTED_FROM: (&str, &str) = ("imported-from", "imp-gateway-v1");
/// The label that says which row of v1 a resource comes from.
pub const V1_ID: &str = "v1-id";

impl Wanted {
    /// The body with the ids of what it names; `None` when one of them is not known.
    pub fn resolved(&self, mut id_of: impl FnMut(&Reference) -> Option<String>) -> Option<Value> {
        let mut body = Value::Object(self.body.clone());
        for reference in &self.references {
            let id = id_of(reference)?;
            if let Some(place) = body.pointer_mut(&reference.pointer) {
                *place = Value::String(id);
            }
        }
        Some(body)
    }

    /// The body with ids of the right form, for checks.
    pub fn checkable(&self) -> Value {
        let mut numbers = 0..;
        self.resolved(|reference| Some(reference.kind.placeholder(numbers.next()?))).unwrap_or_default()
    }
}
