//! Plans: what customers may choose of a product, and what it costs.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    field::FieldErrors,
    id::resource_id,
    name::{Labels, Name},
    product::ProductId,
    resource::{EditError, Editable, Kind, Reference, Resource},
};

resource_id!(Plan, PlanId, "pln");

/// How a plan is paid for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PricingModel {
    /// Not at all.
    #[default]
    Free,
    /// A fixed price for each billing cycle.
    Flat,
    /// A price for each request.
    Usage,
}

/// How often a plan is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BillingCycle {
    /// Every month.
    Monthly,
    /// Every year.
    Yearly,
}

/// The time that a number of requests is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "they are units of time")]
pub enum Period {
    Second,
    Minute,
    Hour,
    Day,
    Month,
}

/// A number of requests in a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestLimit {
    /// How many.
    #[schema(minimum = 1, maximum = 1_000_000_000)]
    pub requests: u32,
    /// In what time.
    pub period: Period,
}

/// A price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// The amount in millionths of the currency's unit: 4,990,000 is 4.99.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    pub micros: u64,
    /// The currency (ISO 4217).
    #[schema(min_length = 3, max_length = 3, pattern = "^[A-Z]{3}$")]
    pub currency: String,
    /// How often it is paid; with `flat` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_cycle: Option<BillingCycle>,
}

/// A plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Plan {
    /// The product.
    pub product_id: ProductId,
    /// What it offers.
    pub description: Option<String>,
    /// How it is paid for.
    pub pricing_model: PricingModel,
    /// How fast a subscriber may call.
    pub rate_limit: Option<RequestLimit>,
    /// How much a subscriber may call.
    pub quota: Option<RequestLimit>,
    /// What it costs.
    pub price: Option<Price>,
}

/// What makes or replaces a plan.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanInput {
    /// The name, unique among the tenant's plans.
    pub name: Name,
    /// The labels.
    #[serde(default)]
    #[schema(required = false)]
    pub labels: Labels,
    /// The product; a plan stays with it.
    pub product_id: ProductId,
    /// What it offers.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub description: Option<String>,
    /// How it is paid for.
    #[serde(default)]
    #[schema(required = false)]
    pub pricing_model: PricingModel,
    /// How fast a subscriber may call.
    #[serde(default)]
    pub rate_limit: Option<RequestLimit>,
    /// How much a subscriber may call.
    #[serde(default)]
    pub quota: Option<RequestLimit>,
    /// What it costs; not with `free`.
    #[serde(default)]
    pub price: Option<Price>,
}

impl Kind for Plan {
    const KIND: &'static str = "plan";

    fn group(&self) -> Option<String> {
        Some(self.product_id.to_string())
    }

    fn references(&self) -> Vec<Reference> {
        vec![Reference::to(self.product_id)]
    }
}

impl Editable for Plan {
    type Input = PlanInput;
    const EVENTS: [&'static str; 3] = ["plan.created", "plan.updated", "plan.deleted"];

    fn name_of(input: &PlanInput) -> &Name {
        &input.name
    }

    fn labels_of(input: &PlanInput) -> &Labels {
        &input.labels
    }

    fn draft(input: PlanInput) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::new();
        let free = input.pricing_model == PricingModel::Free;
        errors.require(free || input.price.is_some(), "/price", "required", "A plan that is not free has a price.");
        errors.require(!free || input.price.is_none(), "/price", "not_applicable", "A free plan has no price.");
        if let Some(price) = &input.price {
            let flat = input.pricing_model == PricingModel::Flat;
            let pointer = "/price/billing_cycle";
            errors.require(!flat || price.billing_cycle.is_some(), pointer, "required", "Say how often it is paid.");
            let detail = "Only a flat price has a billing cycle.";
            errors.require(flat || price.billing_cycle.is_none(), pointer, "not_applicable", detail);
        }
        errors.or(Self {
            product_id: input.product_id,
            description: input.description,
            pricing_model: input.pricing_model,
            rate_limit: input.rate_limit,
            quota: input.quota,
            price: input.price,
        })
    }

    fn amend(self, input: PlanInput) -> Result<Self, EditError> {
        let same = self.product_id == input.product_id;
        let mut errors = FieldErrors::new();
        errors.require(same, "/product_id", "immutable", "A plan stays with its product; make another plan.");
        errors.or(())?;
        Ok(Self::draft(input)?)
    }

    fn input(resource: &Resource<Self>) -> PlanInput {
        let body = resource.body.clone();
        PlanInput {
            name: resource.name.clone(),
            labels: resource.labels.clone(),
            product_id: body.product_id,
            description: body.description,
            pricing_model: body.pricing_model,
            rate_limit: body.rate_limit,
            quota: body.quota,
            price: body.price,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(model: PricingModel, price: Option<Price>) -> PlanInput {
        PlanInput {
            name: "gold".parse().unwrap(),
            labels: Labels::default(),
            product_id: ProductId::from_parts(1, 1),
            description: None,
            pricing_model: model,
            rate_limit: None,
            quota: None,
            price,
        }
    }

    #[test]
    fn a_price_goes_with_its_model() {
        let price = |cycle| Some(Price { micros: 4_990_000, currency: "EUR".to_owned(), billing_cycle: cycle });
        assert!(Plan::draft(input(PricingModel::Free, None)).is_ok());
        assert!(Plan::draft(input(PricingModel::Free, price(None))).is_err());
        assert!(Plan::draft(input(PricingModel::Flat, price(None))).is_err());
        assert!(Plan::draft(input(PricingModel::Flat, price(Some(BillingCycle::Monthly)))).is_ok());
        assert!(Plan::draft(input(PricingModel::Usage, price(None))).is_ok());
        assert!(Plan::draft(input(PricingModel::Usage, None)).is_err());
    }

    #[test]
    fn a_plan_stays_with_its_product() {
        let plan = Plan::draft(input(PricingModel::Free, None)).unwrap();
        let other = PlanInput { product_id: ProductId::from_parts(1, 2), ..input(PricingModel::Free, None) };
        assert!(plan.amend(other).is_err());
    }
}
