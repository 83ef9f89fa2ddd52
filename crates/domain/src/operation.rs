//! The table of operations: what can be asked for, and the permission that it needs.
//!
//! An operation's name is the use case, the OpenAPI operation id, the span and the test: one search finds the
//! whole feature. A new endpoint starts with a row here; `tests/architecture` says what else it needs.

/// Something that a caller can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    /// Its name, resource first: `cluster_create`.
    pub id: &'static str,
    /// The permission that it needs, `resource:action`.
    pub permission: &'static str,
}

macro_rules! operations {
    ($($name:ident => $permission:literal,)*) => {
        $(
            #[doc = concat!("`", stringify!($name), "` needs `", $permission, "`.")]
            #[allow(non_upper_case_globals, reason = "named as the operation is everywhere else")]
            pub const $name: Operation = Operation { id: stringify!($name), permission: $permission };
        )*

        /// Every operation, in the order of the table.
        pub const ALL: &[Operation] = &[$($name),*];
    };
}

operations! {
    me_get => "me:read",

    tenant_create => "tenant:create",
    tenant_list => "tenant:read",
    tenant_get => "tenant:read",
    tenant_suspend => "tenant:suspend",
    tenant_activate => "tenant:suspend",
    api_key_create => "api_key:create",
    api_key_list => "api_key:read",
    api_key_get => "api_key:read",
    api_key_revoke => "api_key:revoke",
    api_key_rotate => "api_key:create",
    event_list => "event:read",

    cluster_create => "cluster:create",
    cluster_list => "cluster:read",
    cluster_get => "cluster:read",
    cluster_replace => "cluster:update",
    cluster_patch => "cluster:update",
    cluster_delete => "cluster:delete",
    cluster_maintenance => "cluster:maintain",
    cluster_activate => "cluster:maintain",
    registration_token_issue => "registration_token:create",
    registration_token_list => "registration_token:read",
    registration_token_revoke => "registration_token:revoke",
    agent_list => "agent:read",
    agent_get => "agent:read",
    agent_revoke => "agent:revoke",
    agent_delete => "agent:delete",
    cluster_deployment_list => "deployment:read",
    cluster_deployment_get => "deployment:read",
    cluster_deployment_generation_list => "deployment:read",
    deployment_abandon => "deployment:abandon",

    api_service_create => "api_service:create",
    api_service_list => "api_service:read",
    api_service_get => "api_service:read",
    api_service_replace => "api_service:update",
    api_service_patch => "api_service:update",
    api_service_delete => "api_service:delete",
    api_service_activate => "api_service:update",
    api_service_deactivate => "api_service:update",
    api_service_import_preview => "api_service:read",
    api_service_import => "api_service:update",
    route_create => "api_service:update",
    route_list => "api_service:read",
    route_get => "api_service:read",
    route_replace => "api_service:update",
    route_delete => "api_service:update",
    backend_create => "api_service:update",
    backend_list => "api_service:read",
    backend_get => "api_service:read",
    backend_replace => "api_service:update",
    backend_delete => "api_service:update",
    gateway_create => "gateway:create",
    gateway_list => "gateway:read",
    gateway_get => "gateway:read",
    gateway_replace => "gateway:update",
    gateway_patch => "gateway:update",
    gateway_delete => "gateway:delete",
    gateway_activate => "gateway:update",
    gateway_deactivate => "gateway:update",
    policy_create => "policy:create",
    policy_list => "policy:read",
    policy_get => "policy:read",
    policy_replace => "policy:update",
    policy_patch => "policy:update",
    policy_delete => "policy:delete",
    product_create => "product:create",
    product_list => "product:read",
    product_get => "product:read",
    product_replace => "product:update",
    product_patch => "product:update",
    product_delete => "product:delete",
    product_activate => "product:update",
    product_draft => "product:update",
    product_archive => "product:update",
    plan_create => "plan:create",
    plan_list => "plan:read",
    plan_get => "plan:read",
    plan_replace => "plan:update",
    plan_patch => "plan:update",
    plan_delete => "plan:delete",
    product_publish_create => "product_publish:create",
    product_publish_list => "product_publish:read",
    product_publish_get => "product_publish:read",
    product_publish_replace => "product_publish:update",
    product_publish_patch => "product_publish:update",
    product_publish_delete => "product_publish:delete",
    product_publish_preview => "product_publish:read",
    product_publish_publish => "product_publish:publish",
    product_publish_rollback => "product_publish:publish",
    product_publish_withdraw => "product_publish:publish",
    rollout_create => "rollout:create",
    rollout_list => "rollout:read",
    rollout_get => "rollout:read",
    rollout_start => "rollout:control",
    rollout_pause => "rollout:control",
    rollout_resume => "rollout:control",
    rollout_abort => "rollout:control",
    rollout_delete => "rollout:delete",
    subscription_list => "subscription:read",
    subscription_get => "subscription:read",
    subscription_approve => "subscription:review",
    subscription_reject => "subscription:review",
    subscription_suspend => "subscription:review",
    subscription_resume => "subscription:review",
    subscription_cancel => "subscription:review",
    deployment_list => "deployment:read",
    deployment_get => "deployment:read",
    deployment_generation_list => "deployment:read",
    analytics_summary => "analytics:read",
    analytics_timeseries => "analytics:read",
    analytics_top_consumers => "analytics:read",

    offer_list => "offer:read",
    offer_get => "offer:read",
    customer_subscription_create => "customer_subscription:create",
    customer_subscription_list => "customer_subscription:read",
    customer_subscription_get => "customer_subscription:read",
    customer_subscription_cancel => "customer_subscription:cancel",

    agent_register => "agent_self:register",
    agent_heartbeat => "agent_self:heartbeat",
    agent_deployment_list => "agent_self:read",
    agent_deployment_get => "agent_self:read",
    agent_report => "agent_self:report",
    agent_usage => "agent_self:report",
    agent_queue_credentials => "agent_self:receive",

    realtime_ticket_issue => "realtime:connect",

    health_get => "public:read",
    gateway_class_list => "public:read",
    version_get => "public:read",
    openapi_get => "public:read",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        for (index, operation) in ALL.iter().enumerate() {
            assert!(ALL[..index].iter().all(|other| other.id != operation.id), "{}", operation.id);
        }
    }
}
