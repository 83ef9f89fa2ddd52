//! Who is calling, what they may do, and the proof of it.

use std::collections::BTreeSet;

use crate::{actor::Actor, agent::AgentId, cluster::ClusterId, operation::Operation, role::Role, tenant::TenantId};

/// A caller whose identity has been checked, in one tenant.
#[derive(Debug, Clone)]
pub struct Caller {
    actor: Actor,
    tenant_id: TenantId,
    authority: Authority,
}

#[derive(Debug, Clone)]
enum Authority {
    Roles(BTreeSet<Role>),
    Agent { agent_id: AgentId, cluster_id: ClusterId },
    System,
}

/// The proof that a caller may do something in a tenant. Every commit asks for one.
///
/// INVARIANT: only [`Caller::authorize`] makes it, so a write without authorization does not compile.
#[derive(Debug, Clone)]
pub struct Granted {
    operation: Operation,
    actor: Actor,
    tenant_id: TenantId,
}

/// The caller lacks a permission.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the permission `{permission}` is needed")]
pub struct Denied {
    /// The permission that is missing.
    pub permission: &'static str,
}

impl Caller {
    /// A user or API key with roles in a tenant.
    pub fn with_roles(actor: Actor, tenant_id: TenantId, roles: impl IntoIterator<Item = Role>) -> Self {
        Self { actor, tenant_id, authority: Authority::Roles(roles.into_iter().collect()) }
    }

    /// An agent, which may act for its own cluster only.
    pub fn agent(agent_id: AgentId, cluster_id: ClusterId, tenant_id: TenantId) -> Self {
        Self { actor: Actor::Agent(agent_id), tenant_id, authority: Authority::Agent { agent_id, cluster_id } }
    }

    /// A part of Switchtower itself, working in a tenant.
    pub fn system(part: &str, tenant_id: TenantId) -> Self {
        Self { actor: Actor::System(part.to_owned()), tenant_id, authority: Authority::System }
    }

    /// The author that changes are signed with.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The tenant in which the caller works.
    pub fn tenant_id(&self) -> TenantId {
        self.tenant_id
    }

    /// The agent and its cluster, when an agent is calling.
    pub fn as_agent(&self) -> Option<(AgentId, ClusterId)> {
        match self.authority {
            Authority::Agent { agent_id, cluster_id } => Some((agent_id, cluster_id)),
            Authority::Roles(_) | Authority::System => None,
        }
    }

    /// The caller's roles in the tenant.
    pub fn roles(&self) -> Vec<Role> {
        match &self.authority {
            Authority::Roles(roles) => roles.iter().copied().collect(),
            Authority::Agent { .. } | Authority::System => Vec::new(),
        }
    }

    /// Whether the caller may hand a role on: one that allows no more than what the caller may do.
    pub fn may_give(&self, role: Role) -> bool {
        let covered = |permission: &&str| match &self.authority {
            Authority::Roles(roles) => roles.iter().any(|own| own.grants(permission)),
            Authority::Agent { .. } => false,
            Authority::System => true,
        };
        // INVARIANT: the role that runs the installation comes only from the identity provider.
        role != Role::SystemAdmin && role.permissions().iter().all(covered)
    }

    /// Whether the caller may do something.
    pub fn may(&self, operation: &Operation) -> bool {
        let permission = operation.permission;
        match &self.authority {
            Authority::Roles(roles) => roles.iter().any(|role| role.grants(permission)),
            Authority::Agent { .. } => permission.starts_with("agent_self:"),
            Authority::System => true,
        }
    }

    /// The proof that the caller may do something.
    pub fn authorize(&self, operation: &Operation) -> Result<Granted, Denied> {
        if self.may(operation) {
            Ok(Granted { operation: *operation, actor: self.actor.clone(), tenant_id: self.tenant_id })
        } else {
            Err(Denied { permission: operation.permission })
        }
    }
}

impl Granted {
    /// What was granted.
    pub fn operation(&self) -> &Operation {
        &self.operation
    }

    /// To whom.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// In which tenant.
    pub fn tenant_id(&self) -> TenantId {
        self.tenant_id
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tenant::SYSTEM_TENANT;

    fn caller(roles: &[Role]) -> Caller {
        Caller::with_roles(Actor::User("u".to_owned()), SYSTEM_TENANT, roles.iter().copied())
    }

    #[test]
    fn a_role_is_handed_on_only_by_those_who_may_do_as_much() {
        assert!(caller(&[Role::OrgAdmin]).may_give(Role::Operator));
        assert!(caller(&[Role::OrgAdmin]).may_give(Role::OrgAdmin));
        assert!(caller(&[Role::OrgAdmin]).may_give(Role::Consumer));
        assert!(!caller(&[Role::Operator]).may_give(Role::Consumer));
        assert!(!caller(&[Role::Operator]).may_give(Role::ApiDeveloper));
        assert!(!caller(&[Role::Viewer]).may_give(Role::Operator));
        assert!(!Caller::agent(AgentId::nil(), ClusterId::nil(), SYSTEM_TENANT).may_give(Role::Consumer));
    }

    #[test]
    fn nobody_hands_the_system_admin_on() {
        assert!(!caller(&[Role::SystemAdmin]).may_give(Role::SystemAdmin));
        assert!(!Caller::system("test", SYSTEM_TENANT).may_give(Role::SystemAdmin));
    }
}
