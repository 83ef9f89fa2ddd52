//! The built-in roles: one table.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::operation;

/// A built-in role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Runs the installation; comes only from the token's groups.
    SystemAdmin,
    /// Registers clusters and watches them.
    Operator,
    /// Owns a tenant.
    OrgAdmin,
    /// Defines and publishes API products.
    ApiDeveloper,
    /// Reads everything of a tenant.
    Viewer,
    /// Subscribes to products.
    Consumer,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 6] =
        [Self::SystemAdmin, Self::Operator, Self::OrgAdmin, Self::ApiDeveloper, Self::Viewer, Self::Consumer];

    /// The permissions of the role; `x:*` is every action on `x`, `*:read` reading of everything.
    pub const fn permissions(self) -> &'static [&'static str] {
        match self {
            Self::SystemAdmin => &[
                "me:read",
                "tenant:*",
                "api_key:*",
                "event:*",
                "cluster:*",
                "registration_token:*",
                "agent:*",
                "deployment:*",
                "api_service:*",
                "gateway:*",
                "policy:*",
                "product:*",
                "plan:*",
                "product_publish:*",
                "rollout:*",
                "analytics:*",
                "subscription:*",
                "offer:read",
                "customer_subscription:*",
                "realtime:connect",
            ],
            Self::OrgAdmin => &[
                "me:read",
                "api_key:*",
                "event:*",
                "cluster:*",
                "registration_token:*",
                "agent:*",
                "deployment:*",
                "api_service:*",
                "gateway:*",
                "policy:*",
                "product:*",
                "plan:*",
                "product_publish:*",
                "rollout:*",
                "analytics:*",
                "subscription:*",
                "offer:read",
                "customer_subscription:*",
                "realtime:connect",
            ],
            Self::Operator => &[
                "me:read",
                "cluster:*",
                "registration_token:*",
                "agent:*",
                "deployment:read",
                "deployment:abandon",
                "event:read",
                "realtime:connect",
            ],
            Self::ApiDeveloper => &[
                "me:read",
                "api_service:*",
                "gateway:*",
                "policy:*",
                "product:*",
                "plan:*",
                "product_publish:*",
                "rollout:*",
                "analytics:*",
                "subscription:*",
                "offer:read",
                "deployment:read",
                "cluster:read",
                "event:read",
                "realtime:connect",
            ],
            Self::Viewer => &[
                "me:read",
                "cluster:read",
                "agent:read",
                "deployment:read",
                "api_service:read",
                "gateway:read",
                "policy:read",
                "product:read",
                "plan:read",
                "product_publish:read",
                "rollout:read",
                "analytics:read",
                "subscription:read",
                "offer:read",
                "customer_subscription:read",
                "event:read",
                "realtime:connect",
            ],
            Self::Consumer => &["me:read", "offer:read", "customer_subscription:*"],
        }
    }

    /// Whether the role grants a permission.
    pub fn grants(self, permission: &str) -> bool {
        let resource = permission.split(':').next().unwrap_or(permission);
        self.permissions().iter().any(|granted| {
            *granted == permission || granted.strip_suffix(":*").is_some_and(|prefix| prefix == resource)
        })
    }

    /// Everything that holders of some roles may do, spelled out.
    pub fn union(roles: &[Self]) -> BTreeSet<&'static str> {
        let permissions = operation::ALL.iter().map(|operation| operation.permission);
        permissions.filter(|permission| roles.iter().any(|role| role.grants(permission))).collect()
    }

    /// The name of the role, as in tokens' groups.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SystemAdmin => "system-admin",
            Self::Operator => "operator",
            Self::OrgAdmin => "org-admin",
            Self::ApiDeveloper => "api-developer",
            Self::Viewer => "viewer",
            Self::Consumer => "consumer",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_permission_of_an_operation_is_held_by_some_role_or_is_not_for_people() {
        for operation in operation::ALL {
            let held = Role::ALL.iter().any(|role| role.grants(operation.permission));
            let own = operation.permission.starts_with("agent_self:") || operation.permission.starts_with("public:");
            assert!(held != own, "{}", operation.permission);
        }
    }

    #[test]
    fn a_viewer_changes_nothing() {
        for operation in operation::ALL.iter().filter(|o| Role::Viewer.grants(o.permission)) {
            assert!(operation.permission.ends_with(":read") || operation.permission == "realtime:connect");
        }
    }

    #[test]
    fn a_union_spells_permissions_out() {
        let permissions = Role::union(&[Role::Consumer, Role::Operator]);
        assert!(permissions.contains("me:read") && permissions.contains("cluster:create"));
        assert!(permissions.iter().all(|permission| !permission.ends_with('*')));
        assert!(!permissions.contains("api_key:read"));
    }

    #[test]
    fn only_the_system_admin_touches_tenants() {
        for role in Role::ALL.into_iter().filter(|role| *role != Role::SystemAdmin) {
            assert!(!role.grants("tenant:create"), "{role:?}");
        }
    }
}
