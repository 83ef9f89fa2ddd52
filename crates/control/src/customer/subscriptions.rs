//! Subscriptions as the customer sees them.
//!
//! They stand in the provider's tenant. A row in the customer's tells whose tenant that is: what has no such row is not there.

use switchtower_domain::{
    access::Granted,
    actor::Actor,
    change::Stamp,
    field::FieldErrors,
    name::Name,
    operation,
    plan::{Plan, PlanId},
    product_publish::ProductPublishId,
    resource::{Kind, Resource},
    subscription::{Offer, Subscription, SubscriptionId, SubscriptionInput},
};
use switchtower_store::{Commit, Key, Listed, StoreError, auth::TenantAuth};

use super::offers::open;
use crate::{
    Call, Control, Error,
    resource::{ListRequest, TRIES, Target, after},
};

impl Control {
    /// Subscribes to an offer: active at once, unless its provider wants to approve.
    pub async fn customer_subscription_create(
        &self,
        call: &Call,
        input: SubscriptionInput,
    ) -> Result<Resource<Subscription>, Error> {
        let granted = call.authorize(&operation::customer_subscription_create)?;
        let (offer, customer) = self.offer_and_customer(&granted, input.product_publish_id).await?;
        self.check_plan(call, &offer, input.plan_id).await?;
        let stamp = stamp(call, &granted);
        let body = Subscription::to(&offer, (granted.tenant_id(), customer), input.plan_id, stamp.now);
        let name = input.name.unwrap_or_else(|| offer.name.clone());
        let made = Resource::new(call.context.id(), offer.tenant_id, name, input.labels, body, &stamp);
        let change = made.clone().subscribed();
        let commit = Commit::new(&granted, &call.context).change(&change);
        match commit.offered(&offer).subscribed(&made).send(&self.store).await {
            Ok(()) => Ok(made),
            Err(StoreError::AlreadyExists) => {
                let detail = "You have a subscription to this offer. Use it, or cancel it before you subscribe anew.";
                Err(Error::refused("already_subscribed", detail))
            }
            Err(error) => Err(Error::of_commit(error, &change)),
        }
    }

    /// The tenant's own subscriptions.
    pub async fn customer_subscription_list(
        &self,
        call: &Call,
        request: ListRequest,
    ) -> Result<Listed<Resource<Subscription>>, Error> {
        let granted = call.authorize(&operation::customer_subscription_list)?;
        Ok(self.store.list_shared(granted.tenant_id(), &call.page(request.limit, request.cursor)).await?)
    }

    /// One of the tenant's own subscriptions.
    pub async fn customer_subscription_get(
        &self,
        call: &Call,
        id: SubscriptionId,
    ) -> Result<Resource<Subscription>, Error> {
        let granted = call.authorize(&operation::customer_subscription_get)?;
        self.own_subscription(&granted, Target::any(id)).await
    }

    /// Ends one of the tenant's own subscriptions for good.
    pub async fn customer_subscription_cancel(
        &self,
        call: &Call,
        target: Target<Subscription>,
        reason: Option<&str>,
    ) -> Result<Resource<Subscription>, Error> {
        let granted = call.authorize(&operation::customer_subscription_cancel)?;
        for _ in 0..TRIES {
            let subscription = self.own_subscription(&granted, target).await?;
            let change = subscription.cancel(reason.map(str::to_owned), &stamp(call, &granted))?;
            let cancelled = after(change.clone())?;
            let commit = Commit::new(&granted, &call.context).change(&change).unsubscribed(&cancelled);
            match commit.send(&self.store).await {
                Ok(()) => return Ok(cancelled),
                Err(StoreError::Stale) if target.if_match.is_some() => return Err(Error::Stale),
                Err(StoreError::Stale) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Busy)
    }

    async fn own_subscription(
        &self,
        granted: &Granted,
        target: Target<Subscription>,
    ) -> Result<Resource<Subscription>, Error> {
        let found = self.store.get_shared(granted.tenant_id(), target.id).await?;
        let subscription = found.ok_or(Error::NotFound { kind: Subscription::KIND })?;
        match target.if_match {
            Some(expected) if expected != subscription.revision => Err(Error::Stale),
            _ => Ok(subscription),
        }
    }

    /// The offer, and the slug of the customer.
    async fn offer_and_customer(&self, granted: &Granted, publish: ProductPublishId) -> Result<(Offer, Name), Error> {
        let id = granted.tenant_id().to_string();
        let (offer, customer) = (Key::Offer { publish }, Key::Auth { id: &id });
        let mut found = self.store.get_many(&[offer, customer]).await?;
        let customer: Option<TenantAuth> = found.doc(&customer)?;
        let slug = customer.ok_or(Error::NotFound { kind: "tenant" })?.slug;
        let detail = "There is no such offer: it was withdrawn, or is not open to you.";
        let no_offer = || FieldErrors::one("/product_publish_id", "not_found", detail);
        let offer = open(found.doc(&offer)?, granted.tenant_id()).ok_or_else(no_offer)?;
        Ok((offer, slug))
    }

    /// Refuses a plan of something else, and none where there are plans to choose from.
    async fn check_plan(&self, call: &Call, offer: &Offer, plan: Option<PlanId>) -> Result<(), Error> {
        let Some(id) = plan else {
            let product = offer.product_id.to_string();
            let plans = self.store.list_group::<Plan>(offer.tenant_id, &product, &call.page(1, None)).await?;
            let detail = "Choose one of the offer's plans.";
            let chosen = plans.items.is_empty();
            return if chosen { Ok(()) } else { Err(FieldErrors::one("/plan_id", "required", detail).into()) };
        };
        let plan: Option<Resource<Plan>> = self.store.get(offer.tenant_id, id).await?;
        match plan.filter(|plan| plan.body.product_id == offer.product_id) {
            Some(_) => Ok(()),
            None => Err(FieldErrors::one("/plan_id", "not_found", "The offer has no such plan.").into()),
        }
    }
}

/// The author of what a tenant does to what it shares: the other side does not learn who it was.
pub(crate) fn stamp(call: &Call, granted: &Granted) -> Stamp {
    Stamp { now: call.context.now, actor: Actor::Tenant(granted.tenant_id()) }
}
