//! `/v1/me`: who the caller is, in which tenants, and what they may do there.

use std::collections::BTreeSet;

use axum::Json;
use serde::Serialize;
use switchtower_domain::{
    actor::Actor,
    name::Name,
    role::Role,
    tenant::{SYSTEM_TENANT, TenantId},
};
use switchtower_store::auth::Membership;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api, Authenticated,
    edge::{call::Own, problem::Problems},
};

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(me_get))
}

/// The caller.
#[derive(Debug, Serialize, ToSchema)]
struct Me {
    /// Who is calling.
    actor: Actor,
    /// What the token itself allows, in every tenant.
    system_roles: Vec<Role>,
    /// The tenants of the caller.
    tenants: Vec<MyTenant>,
    /// The tenant that this request is about: the one that `X-Tenant` names, else the only one.
    active: Option<ActiveTenant>,
}

/// A tenant of the caller.
#[derive(Debug, Serialize, ToSchema)]
struct MyTenant {
    /// The tenant.
    id: TenantId,
    /// Its slug, for `X-Tenant`.
    name: Name,
    /// The caller's roles in it.
    roles: Vec<Role>,
    /// What the caller may do in it.
    permissions: BTreeSet<&'static str>,
}

/// The tenant that a request is about.
#[derive(Debug, Serialize, ToSchema)]
struct ActiveTenant {
    /// The tenant.
    tenant_id: TenantId,
    /// The caller's roles in it, those of the token included.
    roles: Vec<Role>,
    /// What the caller may do in it.
    permissions: BTreeSet<&'static str>,
}

impl From<Authenticated> for Me {
    fn from(known: Authenticated) -> Self {
        let Authenticated { caller, memberships, system_roles, .. } = known;
        let tenants = memberships.into_iter().map(|membership| MyTenant::new(membership, &system_roles)).collect();
        let tenant_id = caller.tenant_id();
        let active = (tenant_id != SYSTEM_TENANT).then(|| {
            let roles = caller.roles();
            ActiveTenant { tenant_id, permissions: Role::union(&roles), roles }
        });
        Self { actor: caller.actor().clone(), system_roles, tenants, active }
    }
}

impl MyTenant {
    fn new(membership: Membership, system_roles: &[Role]) -> Self {
        let Membership { tenant_id: id, slug: name, roles, .. } = membership;
        let permissions = Role::union(&[roles.as_slice(), system_roles].concat());
        Self { id, name, roles, permissions }
    }
}

/// Tells who the caller is. Everyone who is known may ask.
#[utoipa::path(get, path = "/", tag = "me", responses((status = 200, body = Me), Problems))]
async fn me_get(Own(known): Own) -> Json<Me> {
    Json(known.into())
}

#[cfg(test)]
mod tests {
    use switchtower_domain::access::Caller;
    use switchtower_store::CursorKey;

    use super::*;

    fn known(tenant: TenantId, roles: &[Role], system_roles: &[Role], memberships: Vec<Membership>) -> Authenticated {
        let caller = Caller::with_roles(Actor::User("u".to_owned()), tenant, roles.iter().copied());
        let cursor_key = CursorKey::new([0; 32]);
        let ahead = switchtower_control::call::ReadAhead::default();
        Authenticated { caller, cursor_key, memberships, system_roles: system_roles.to_vec(), ahead }
    }

    #[test]
    fn a_user_without_a_tenant_learns_that_there_is_none() {
        let me = serde_json::to_value(Me::from(known(SYSTEM_TENANT, &[], &[], Vec::new()))).unwrap();
        let expected = serde_json::json!({ "actor": "user:u", "system_roles": [], "tenants": [], "active": null });
        assert_eq!(me, expected);
    }

    #[test]
    fn permissions_are_spelled_out_by_tenant() {
        let tenant_id = TenantId::from_parts(1, 1);
        let (slug, subject, roles) = ("demo".parse().unwrap(), "u".to_owned(), vec![Role::Viewer]);
        let membership = Membership { tenant_id, slug, subject, roles };
        let me = Me::from(known(tenant_id, &[Role::Viewer], &[], vec![membership]));
        let (active, [tenant]) = (me.active.unwrap(), me.tenants.try_into().unwrap());
        assert_eq!((active.tenant_id, &active.permissions), (tenant_id, &tenant.permissions));
        assert!(tenant.permissions.contains("cluster:read") && !tenant.permissions.contains("cluster:create"));
    }
}
