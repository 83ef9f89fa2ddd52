//! Everything that a generation of a deployment consists of, frozen when it was published.

use serde::{Deserialize, Serialize};
use switchtower_domain::{
    api_service::{ApiServiceId, Backend, Route},
    cluster::ClusterId,
    deployment::DeploymentId,
    gateway::{ClientSettings, GatewayClass, GatewayId, Listener},
    name::Name,
    policy::Rule,
    product::ProductId,
    product_publish::{Auth, DriftPolicy, Environment, ProductPublishId},
    tenant::TenantId,
};
use utoipa::ToSchema;

/// The version of this form; an agent refuses one that it does not know.
///
/// 1 had paths, methods, weights and timeouts only; a newer agent reads it, with nothing of what came later.
pub const SCHEMA: u32 = 2;

/// Whether this form can be read.
pub const fn is_known(schema: u32) -> bool {
    schema >= 1 && schema <= SCHEMA
}

/// The most bytes of a snapshot, as JSON.
pub const MAX_BYTES: usize = 1024 * 1024;

/// A frozen desired state.
///
/// INVARIANT: equal desired states serialize to equal bytes; the digest is SHA-256 of those bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Snapshot {
    /// The version of this form.
    pub schema: u32,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// Where it is to run.
    pub cluster_id: ClusterId,
    /// The deployment.
    pub deployment_id: DeploymentId,
    /// The publish.
    pub publish: PublishPart,
    /// The product.
    pub product: ProductPart,
    /// The gateway template.
    pub gateway: GatewayPart,
    /// The API services, in the product's order.
    pub api_services: Vec<ApiServicePart>,
    /// The policies that are about its routes: those that are enabled, whether they take effect or not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub policies: Vec<Rule>,
}

/// What of the publish matters in a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PublishPart {
    /// Its id.
    pub id: ProductPublishId,
    /// Its name, which the objects are named after.
    pub name: Name,
    /// What it is for.
    pub environment: Environment,
    /// The host names that it answers; the gateway's own when empty.
    pub hostnames: Vec<String>,
    /// Who may call it.
    #[serde(default, skip_serializing_if = "Auth::is_none")]
    #[schema(required = false)]
    pub auth: Auth,
    /// What happens to what was changed by hand.
    #[serde(default)]
    #[schema(required = false)]
    pub drift: DriftPolicy,
}

/// What of the product matters in a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProductPart {
    /// Its id.
    pub id: ProductId,
    /// Its name.
    pub name: Name,
    /// Its version.
    pub version: Option<String>,
}

/// What of the gateway template matters in a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GatewayPart {
    /// Its id.
    pub id: GatewayId,
    /// Its name.
    pub name: Name,
    /// The kind of gateway.
    pub class: GatewayClass,
    /// Where it listens.
    pub listeners: Vec<Listener>,
    /// What clients may do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<ClientSettings>,
}

/// What of an API service matters in a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApiServicePart {
    /// Its id.
    pub id: ApiServiceId,
    /// Its name.
    pub name: Name,
    /// Its version.
    pub version: Option<String>,
    /// Its routes that are published; the active ones.
    pub routes: Vec<Route>,
    /// Its backends.
    pub backends: Vec<Backend>,
}
