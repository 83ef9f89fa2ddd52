//! Offers: what a tenant may subscribe to.

use switchtower_domain::{
    operation, plan::Plan, product_publish::ProductPublishId, resource::Resource, subscription::Offer, tenant::TenantId,
};
use switchtower_store::{Key, Listed};

use crate::{Call, Control, Error, resource::ListRequest};

/// The most plans that are shown with an offer.
const PLANS: u32 = 100;

impl Control {
    /// What every tenant may subscribe to, oldest first.
    pub async fn offer_list(&self, call: &Call, request: ListRequest) -> Result<Listed<Offer>, Error> {
        call.authorize(&operation::offer_list)?;
        Ok(self.store.offer_list(&call.page(request.limit, request.cursor)).await?)
    }

    /// An offer that the tenant may see, with the plans that there are now.
    pub async fn offer_get(&self, call: &Call, id: ProductPublishId) -> Result<(Offer, Vec<Resource<Plan>>), Error> {
        let granted = call.authorize(&operation::offer_get)?;
        let found = self.store.get_doc(&Key::Offer { publish: id }).await?;
        let offer = open(found, granted.tenant_id()).ok_or(Error::NotFound { kind: "offer" })?;
        let product = offer.product_id.to_string();
        let plans = self.store.list_group(offer.tenant_id, &product, &call.page(PLANS, None)).await?;
        Ok((offer, plans.items))
    }
}

/// The offer, if there is one and the tenant may see it.
pub(super) fn open(found: Option<Offer>, tenant: TenantId) -> Option<Offer> {
    found.filter(|offer| offer.is_open_to(tenant))
}
