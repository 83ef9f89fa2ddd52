//! What a gateway can hold, as the CRDs of Gateway API and Envoy Gateway say.

/// Listeners of a Gateway.
pub const LISTENERS: usize = 64;
/// Host names of an HTTPRoute.
pub const HOSTNAMES: usize = 16;
/// Host names of all routes of a deployment.
pub const DEPLOYMENT_HOSTNAMES: usize = 256;
/// Rules of an HTTPRoute.
pub const RULES: usize = 16;
/// Matches of one rule.
pub const MATCHES_PER_RULE: usize = 64;
/// Matches of an HTTPRoute, in all its rules together.
pub const MATCHES: usize = 128;
/// Backends of one rule.
pub const BACKEND_REFS: usize = 16;
/// The largest weight of a backend.
pub const WEIGHT: u32 = 1_000_000;
/// Headers, or query parameters, of one match.
pub const VALUE_MATCHES: usize = 16;
/// Bytes of a body or a buffer: a gibibyte.
pub const BYTES: u64 = 1024 * 1024 * 1024;
/// Endpoints of a Backend.
pub const ENDPOINTS: usize = 256;
/// Characters of a path or an expression.
pub const PATH: usize = 1024;
/// HTTPRoutes that one policy is for; the CRD names no limit.
pub const TARGETS: usize = 64;
/// Secrets of a ReferenceGrant.
pub const GRANTS: usize = 16;
/// Characters of an object's name; some kinds allow more, but names end up in labels.
pub const NAME: usize = 63;
/// Objects of a deployment: as many as a report can name.
pub const OBJECTS: usize = 2000;
