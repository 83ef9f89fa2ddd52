//! Policies, and how many routes they touch.

use switchtower_domain::{
    api_service::ApiService,
    context::Context,
    field::FieldErrors,
    operation,
    policy::{Policy, PolicyInput, PolicyScope},
    resource::{Editable, Resource},
    tenant::TenantId,
};
use switchtower_store::{CursorKey, Page};

use crate::{
    Call, Control, Error,
    resource::{TRIES, Target},
};

/// A policy, and how many routes it is about.
#[derive(Debug, Clone)]
pub struct Reaching {
    /// The policy.
    pub policy: Resource<Policy>,
    /// How many routes its scope has now.
    pub touched_routes: u64,
}

impl Control {
    /// Makes a policy.
    pub async fn policy_create(&self, call: &Call, input: PolicyInput) -> Result<Reaching, Error> {
        let granted = call.authorize(&operation::policy_create)?;
        let touched_routes = self.touched(&call.context, granted.tenant_id(), &Policy::draft(input.clone())?).await?;
        Ok(Reaching { policy: self.create(call, &operation::policy_create, input).await?, touched_routes })
    }

    /// A policy.
    pub async fn policy_get(&self, call: &Call, target: Target<Policy>) -> Result<Reaching, Error> {
        let policy = self.get(call, &operation::policy_get, target.id).await?;
        // Its route may be gone by now; then it touches none.
        let touched = self.touched(&call.context, policy.tenant_id, &policy.body).await;
        match touched {
            Ok(touched_routes) => Ok(Reaching { policy, touched_routes }),
            Err(Error::Fields(_)) => Ok(Reaching { policy, touched_routes: 0 }),
            Err(error) => Err(error),
        }
    }

    /// Replaces everything of a policy that callers may edit.
    pub async fn policy_replace(
        &self,
        call: &Call,
        target: Target<Policy>,
        input: PolicyInput,
    ) -> Result<Reaching, Error> {
        let granted = call.authorize(&operation::policy_replace)?;
        let touched_routes = self.touched(&call.context, granted.tenant_id(), &Policy::draft(input.clone())?).await?;
        Ok(Reaching { policy: self.replace(call, &operation::policy_replace, target, input).await?, touched_routes })
    }

    /// Edits a part of a policy; `edit` turns the present input into the wanted one.
    pub async fn policy_patch(
        &self,
        call: &Call,
        target: Target<Policy>,
        edit: impl Fn(PolicyInput) -> Result<PolicyInput, Error>,
    ) -> Result<Reaching, Error> {
        let granted = call.authorize(&operation::policy_patch)?;
        for _ in 0..TRIES {
            let current = self.load(call, &granted, target).await?;
            let wanted = Policy::draft(edit(Policy::input(&current))?)?;
            let touched_routes = self.touched(&call.context, granted.tenant_id(), &wanted).await?;
            let seen = Target { id: target.id, if_match: Some(current.revision) };
            match self.patch(call, &operation::policy_patch, seen, &edit).await {
                Ok(policy) => return Ok(Reaching { policy, touched_routes }),
                Err(Error::Stale) if target.if_match.is_none() => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::Busy)
    }

    /// Deletes a policy.
    pub async fn policy_delete(&self, call: &Call, target: Target<Policy>) -> Result<(), Error> {
        self.delete(call, &operation::policy_delete, target).await
    }

    /// How many routes a policy is about. One that does not exist is an error at its field.
    async fn touched(&self, context: &Context, tenant: TenantId, policy: &Policy) -> Result<u64, Error> {
        let unknown = |field: &str, what: &str| {
            let detail = format!("There is no such {what} in this tenant.");
            Error::Fields(FieldErrors::one(field, "not_found", detail))
        };
        match (policy.scope, policy.api_service_id, policy.route_id) {
            (PolicyScope::Service, Some(service), _) => {
                let service = self.store.get::<ApiService>(tenant, service).await?;
                Ok(service.ok_or_else(|| unknown("/api_service_id", "API service"))?.body.route_count.into())
            }
            (PolicyScope::Route, Some(service), Some(route)) => {
                let owned = self.store.get::<ApiService>(tenant, service).await?;
                owned.ok_or_else(|| unknown("/api_service_id", "API service"))?;
                let definition = self.store.definition(service).await?;
                definition.route(route).map(|_| 1).ok_or_else(|| unknown("/route_id", "route of the API service"))
            }
            _ => self.all_routes(context, tenant).await,
        }
    }

    async fn all_routes(&self, context: &Context, tenant: TenantId) -> Result<u64, Error> {
        let mut page = Page { limit: 100, cursor: None, key: CursorKey::new(context.secret()) };
        let mut count = 0;
        loop {
            let listed = self.store.list::<ApiService>(tenant, &page).await?;
            count += listed.items.iter().map(|service| u64::from(service.body.route_count)).sum::<u64>();
            match listed.next_cursor {
                Some(next) => page.cursor = Some(next),
                None => return Ok(count),
            }
        }
    }
}
