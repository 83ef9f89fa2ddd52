//! Subscriptions: a customer's right to call what a provider published, and offers: what customers may subscribe to.
//!
//! A subscription stands in its provider's tenant, beside the plan and the publish that it is for, and both sides may change
//! it. Neither learns who on the other side did so: the author is the other tenant.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::{
    change::{Change, Stamp, WrongState},
    event::EventDraft,
    id::resource_id,
    name::{Labels, Name},
    plan::PlanId,
    product::{Product, ProductId},
    product_publish::{Auth, Environment, ProductPublish, ProductPublishId, Visibility},
    resource::{Kind, Reference, Resource},
    tenant::TenantId,
};

resource_id!(Subscription, SubscriptionId, "sub");

/// `pending` -> `active` or `rejected`; `active` ⇄ `suspended`; `pending`, `active` or `suspended` -> `cancelled`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionStatus {
    /// Waits for the provider's approval.
    Pending,
    /// The customer may call.
    Active,
    /// The provider refused it.
    Rejected,
    /// The provider stopped it for a while.
    Suspended,
    /// One of the two ended it.
    Cancelled,
}

/// A subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Subscription {
    /// The customer.
    pub customer_tenant_id: TenantId,
    /// The customer's slug when it subscribed.
    pub customer_name: Name,
    /// What it subscribed to.
    pub product_publish_id: ProductPublishId,
    /// The product of that.
    pub product_id: ProductId,
    /// The plan that it chose; none where the product has none.
    pub plan_id: Option<PlanId>,
    /// Whether the customer may call.
    pub status: SubscriptionStatus,
    /// Whether it became active without anybody's approval.
    pub auto_approved: bool,
    /// When the provider approved or rejected it.
    pub decided_at: Option<Timestamp>,
    /// When it first became active.
    pub started_at: Option<Timestamp>,
    /// When it was rejected or cancelled.
    pub ended_at: Option<Timestamp>,
    /// Why it is rejected, suspended or cancelled, in the words of the one who did it.
    pub reason: Option<String>,
}

/// What makes a subscription.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubscriptionInput {
    /// A name for people; that of the offer, when left out.
    #[serde(default)]
    pub name: Option<Name>,
    /// The labels.
    #[serde(default)]
    #[schema(required = false)]
    pub labels: Labels,
    /// The offer.
    pub product_publish_id: ProductPublishId,
    /// A plan of its product; left out where there is none.
    #[serde(default)]
    pub plan_id: Option<PlanId>,
}

/// Something published, as customers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Offer {
    /// The publish: what a subscription is to.
    pub product_publish_id: ProductPublishId,
    /// The provider.
    pub tenant_id: TenantId,
    /// The provider's slug.
    pub provider: Name,
    /// The name of the publish.
    pub name: Name,
    /// The product.
    pub product_id: ProductId,
    /// The product's name.
    pub product_name: Name,
    /// The product's version.
    pub version: Option<String>,
    /// What the product is.
    pub description: Option<String>,
    /// What it is about.
    pub categories: Vec<String>,
    /// Where its documentation is.
    pub docs_url: Option<String>,
    /// Where its logo is.
    pub logo_url: Option<String>,
    /// What it is for.
    pub environment: Environment,
    /// How callers are known there.
    pub auth: OfferAuth,
    /// Who sees it.
    pub visibility: Visibility,
    /// Whether a subscription waits for the provider's approval.
    pub approval_required: bool,
    /// When it was published.
    pub published_at: Option<Timestamp>,
}

/// How callers are known; the settings of it are the provider's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "they are those of `Auth`")]
pub enum OfferAuth {
    None,
    ApiKey,
    Jwt,
}

impl From<&Auth> for OfferAuth {
    fn from(auth: &Auth) -> Self {
        match auth {
            Auth::None => Self::None,
            Auth::ApiKey(_) => Self::ApiKey,
            Auth::Jwt(_) => Self::Jwt,
        }
    }
}

impl Offer {
    /// What a publish offers.
    pub fn of(provider: Name, publish: &Resource<ProductPublish>, product: &Resource<Product>) -> Self {
        let (settings, about) = (&publish.body.settings, product.body.clone());
        Self {
            product_publish_id: publish.id,
            tenant_id: publish.tenant_id,
            provider,
            name: publish.name.clone(),
            product_id: product.id,
            product_name: product.name.clone(),
            version: about.version,
            description: about.description,
            categories: about.categories,
            docs_url: about.docs_url,
            logo_url: about.logo_url,
            environment: settings.environment,
            auth: OfferAuth::from(&settings.auth),
            visibility: settings.visibility,
            approval_required: settings.approval_required,
            published_at: publish.body.published_at,
        }
    }

    /// What refusals call it.
    pub const KIND: &str = "offer";

    /// Whether a tenant may see it and subscribe to it.
    pub fn is_open_to(&self, tenant: TenantId) -> bool {
        self.visibility == Visibility::Public || self.tenant_id == tenant
    }
}

impl Kind for Subscription {
    const KIND: &'static str = "subscription";
    const UNIQUE_NAME: bool = false;

    fn group(&self) -> Option<String> {
        Some(self.status.name().to_owned())
    }

    fn shared_with(&self) -> Option<TenantId> {
        Some(self.customer_tenant_id)
    }

    fn references(&self) -> Vec<Reference> {
        if self.status.has_ended() {
            return Vec::new();
        }
        let plan = self.plan_id.map(Reference::to);
        plan.into_iter().chain([Reference::to(self.product_publish_id)]).collect()
    }

    fn pointer_to(&self, reference: &Reference) -> String {
        match reference.kind.as_str() {
            Offer::KIND => format!("/{}_id", ProductPublish::KIND),
            kind => format!("/{kind}_id"),
        }
    }
}

impl Subscription {
    /// A customer's subscription to an offer.
    pub fn to(offer: &Offer, customer: (TenantId, Name), plan_id: Option<PlanId>, now: Timestamp) -> Self {
        let auto_approved = !offer.approval_required;
        Self {
            customer_tenant_id: customer.0,
            customer_name: customer.1,
            product_publish_id: offer.product_publish_id,
            product_id: offer.product_id,
            plan_id,
            status: if auto_approved { SubscriptionStatus::Active } else { SubscriptionStatus::Pending },
            auto_approved,
            decided_at: None,
            started_at: auto_approved.then_some(now),
            ended_at: None,
            reason: None,
        }
    }
}

impl Resource<Subscription> {
    /// The event of a new subscription.
    pub fn subscribed(self) -> Change<Subscription> {
        let event = self.event("subscription.created");
        Change::created(self, event)
    }

    /// Lets the customer call.
    pub fn approve(self, stamp: &Stamp) -> Result<Change<Subscription>, WrongState> {
        self.expect("approve", &[SubscriptionStatus::Pending], "`pending`")?;
        let now = Some(stamp.now);
        let body = Subscription { decided_at: now, started_at: now, ..self.turned(SubscriptionStatus::Active, None) };
        Ok(self.become_and_tell(body, stamp, "subscription.approved"))
    }

    /// Refuses what the customer asked for.
    pub fn reject(self, reason: Option<String>, stamp: &Stamp) -> Result<Change<Subscription>, WrongState> {
        self.expect("reject", &[SubscriptionStatus::Pending], "`pending`")?;
        let now = Some(stamp.now);
        let body = Subscription { decided_at: now, ended_at: now, ..self.turned(SubscriptionStatus::Rejected, reason) };
        Ok(self.become_and_tell(body, stamp, "subscription.rejected"))
    }

    /// Stops it for a while.
    pub fn suspend(self, reason: Option<String>, stamp: &Stamp) -> Result<Change<Subscription>, WrongState> {
        self.expect("suspend", &[SubscriptionStatus::Active], "`active`")?;
        let body = self.turned(SubscriptionStatus::Suspended, reason);
        Ok(self.become_and_tell(body, stamp, "subscription.suspended"))
    }

    /// Lets it go on.
    pub fn resume(self, stamp: &Stamp) -> Result<Change<Subscription>, WrongState> {
        self.expect("resume", &[SubscriptionStatus::Suspended], "`suspended`")?;
        let body = self.turned(SubscriptionStatus::Active, None);
        Ok(self.become_and_tell(body, stamp, "subscription.resumed"))
    }

    /// Ends it for good.
    pub fn cancel(self, reason: Option<String>, stamp: &Stamp) -> Result<Change<Subscription>, WrongState> {
        use SubscriptionStatus::{Active, Pending, Suspended};
        self.expect("cancel", &[Pending, Active, Suspended], "`pending`, `active` or `suspended`")?;
        let ended_at = Some(stamp.now);
        let body = Subscription { ended_at, ..self.turned(SubscriptionStatus::Cancelled, reason) };
        Ok(self.become_and_tell(body, stamp, "subscription.cancelled"))
    }

    fn turned(&self, status: SubscriptionStatus, reason: Option<String>) -> Subscription {
        Subscription { status, reason, ..self.body.clone() }
    }

    fn expect(&self, verb: &'static str, from: &[SubscriptionStatus], allowed: &'static str) -> Result<(), WrongState> {
        if from.contains(&self.body.status) {
            return Ok(());
        }
        let state = self.body.status.name().to_owned();
        Err(WrongState { kind: Subscription::KIND, verb, state, allowed })
    }

    fn become_and_tell(self, body: Subscription, stamp: &Stamp, kind: &'static str) -> Change<Subscription> {
        let event = self.event(kind);
        self.become_body(body, stamp, event)
    }

    fn event(&self, kind: &'static str) -> EventDraft {
        let body = &self.body;
        EventDraft::new(kind).with(json!({
            "product_publish_id": body.product_publish_id, "customer_tenant_id": body.customer_tenant_id,
        }))
    }
}

impl SubscriptionStatus {
    /// The status as the API writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Rejected => "rejected",
            Self::Suspended => "suspended",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether it stays so for good.
    pub const fn has_ended(self) -> bool {
        matches!(self, Self::Rejected | Self::Cancelled)
    }
}

impl fmt::Display for SubscriptionStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests;
