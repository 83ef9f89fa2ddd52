//! Tenants: made with their first member, suspended and activated.

use switchtower_domain::{
    actor::Actor,
    change::{Change, Stamp, WrongState},
    field::FieldErrors,
    operation::{self, Operation},
    resource::Resource,
    role::Role,
    tenant::{Tenant, TenantInput},
};
use switchtower_store::{Commit, CursorKey, auth::Membership};

use crate::{
    Call, Control, Error, call,
    resource::{Target, after},
};

impl Control {
    /// Makes a tenant whose owner, the caller unless the input names another user, is its first `org-admin`.
    pub async fn tenant_create(&self, call: &Call, input: TenantInput) -> Result<Resource<Tenant>, Error> {
        let granted = call.authorize(&operation::tenant_create)?;
        let owner = owner(input.owner.clone(), call.caller.actor())?;
        let change = Resource::<Tenant>::create(call.context.id(), granted.tenant_id(), input, &call.stamp())?;
        let tenant = after(change.clone())?;
        let roles = vec![Role::OrgAdmin];
        let user = call::user_digest(&self.issuer, &owner);
        let membership = Membership { tenant_id: tenant.id, slug: tenant.name.clone(), subject: owner, roles };
        Commit::new(&granted, &call.context)
            .change(&change)
            .tenant_auth(&tenant, CursorKey::new(call.context.secret()))
            .member(&user, &membership)
            .send(&self.store)
            .await?;
        Ok(tenant)
    }

    /// Refuses a tenant's requests from the next one on; its clusters keep what runs.
    pub async fn tenant_suspend(&self, call: &Call, target: Target<Tenant>) -> Result<Resource<Tenant>, Error> {
        self.tenant_switch(call, &operation::tenant_suspend, target, Resource::<Tenant>::suspend).await
    }

    /// Answers a tenant's requests again.
    pub async fn tenant_activate(&self, call: &Call, target: Target<Tenant>) -> Result<Resource<Tenant>, Error> {
        self.tenant_switch(call, &operation::tenant_activate, target, Resource::<Tenant>::activate).await
    }

    /// INVARIANT: the row that callers are checked against changes in the same transaction; its cursor key never does.
    async fn tenant_switch(
        &self,
        call: &Call,
        operation: &Operation,
        target: Target<Tenant>,
        decide: impl Fn(Resource<Tenant>, &Stamp) -> Result<Change<Tenant>, WrongState>,
    ) -> Result<Resource<Tenant>, Error> {
        call.authorize(operation)?;
        let auth = self.store.tenant_auth(target.id).await?.ok_or(Error::NotFound { kind: "tenant" })?;
        self.act_with(call, operation, target, decide, |commit, change| {
            Ok(match change.after() {
                Some(tenant) => commit.tenant_auth(tenant, auth.cursor_key.clone()),
                None => commit,
            })
        })
        .await
    }
}

/// The subject of the user who becomes `org-admin`.
fn owner(named: Option<String>, caller: &Actor) -> Result<String, Error> {
    match (named, caller) {
        (Some(subject), _) => Ok(subject),
        (None, Actor::User(subject)) => Ok(subject.clone()),
        (None, Actor::ApiKey(_) | Actor::Agent(_) | Actor::Tenant(_) | Actor::System(_)) => {
            let detail = "Name the user who becomes `org-admin`, by the `sub` of their tokens.";
            Err(FieldErrors::one("/owner", "required", detail).into())
        }
    }
}
