//! The labels and annotations that every object carries.

/// Who owns an object; [`MANAGER`] for ours.
pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// The value of [`MANAGED_BY`].
pub const MANAGER: &str = "switchtower";
/// The deployment that an object belongs to; what an agent prunes by.
pub const DEPLOYMENT_ID: &str = "switchtower.dev/deployment-id";
/// The cluster that an object was put in place for: two agents that share a namespace leave each other's alone.
pub const CLUSTER_ID: &str = "switchtower.dev/cluster-id";
/// The tenant that an object belongs to.
pub const TENANT_ID: &str = "switchtower.dev/tenant-id";
/// The publish that an object belongs to.
pub const PRODUCT_PUBLISH_ID: &str = "switchtower.dev/product-publish-id";
/// The product that an object belongs to.
pub const PRODUCT_ID: &str = "switchtower.dev/product-id";
/// What the publish is for.
pub const ENVIRONMENT: &str = "switchtower.dev/environment";
/// The gateway template that a Gateway was made from.
pub const GATEWAY_ID: &str = "switchtower.dev/gateway-id";
/// The API service that a Backend, BackendTLSPolicy or HTTPRoute was made from.
pub const API_SERVICE_ID: &str = "switchtower.dev/api-service-id";
/// The backend that a Backend or BackendTLSPolicy was made from.
pub const BACKEND_ID: &str = "switchtower.dev/backend-id";

/// Annotation: the generation of the deployment that an object was last put in place for.
pub const GENERATION: &str = "switchtower.dev/generation";
/// Annotation: the beginning of SHA-256 of the manifest that an object was last put in place with. A newer agent may make
/// another manifest of the same generation, and that is no change by hand.
pub const MANIFEST: &str = "switchtower.dev/manifest";
/// Annotation: the routes in an HTTPRoute, separated by commas.
pub const ROUTE_IDS: &str = "switchtower.dev/route-ids";
/// Annotation: the version of the product.
pub const PRODUCT_VERSION: &str = "switchtower.dev/product-version";
/// Annotation: the version of the API service.
pub const API_SERVICE_VERSION: &str = "switchtower.dev/api-service-version";
