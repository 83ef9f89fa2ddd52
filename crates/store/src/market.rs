//! The market: what providers offer to every tenant, and what two tenants share.
//!
//! An offer is written and removed with its publish, in one transaction. It is the one thing that a tenant reads of another
//! before they have anything to do with each other, so it holds what a provider means to show, and no more.

use aws_sdk_dynamodb::types::AttributeValue;
use switchtower_domain::{
    id::Id,
    product_publish::{ProductPublishId, Visibility},
    resource::{Kind, Reference, Resource},
    subscription::{Offer, Subscription},
    tenant::TenantId,
};

use crate::{
    Store,
    commit::{Commit, Refusal},
    cursor::{Listed, Page},
    error::StoreError,
    item,
    key::{self, Key},
    read::Range,
};

impl Commit<'_> {
    /// Shows an offer, in the place of an earlier one of the same publish.
    pub fn offer(mut self, offer: &Offer) -> Self {
        let publish = offer.product_publish_id;
        match item::item(&Key::Offer { publish }, "offer", offer.tenant_id, offer) {
            Ok(mut row) => {
                if offer.visibility == Visibility::Public {
                    row.insert("gsi1pk".to_owned(), AttributeValue::S(key::MARKET.to_owned()));
                    row.insert("gsi1sk".to_owned(), AttributeValue::S(publish.to_string()));
                }
                self.put_item(row);
            }
            Err(error) => self.note(Err(error)),
        }
        self
    }

    /// Takes an offer away.
    pub fn offer_removed(self, publish: ProductPublishId) -> Self {
        self.remove(&Key::Offer { publish })
    }

    /// Refuses the transaction once the offer is gone, or its provider is suspended.
    pub fn offered(mut self, offer: &Offer) -> Self {
        let (publish, provider) = (offer.product_publish_id, offer.tenant_id.to_string());
        let gone = Refusal::Missing(Reference { kind: Offer::KIND.to_owned(), id: publish.to_string() });
        let result = self.check(&Key::Offer { publish }, "attribute_exists(pk)", [].into(), gone.clone());
        self.note(result);
        self.tenant_is_active(&provider, gone);
        self
    }

    /// Takes note that a customer has a subscription to a publish; refuses the transaction when it has one already.
    pub fn subscribed(self, subscription: &Resource<Subscription>) -> Self {
        self.insert(&subscribed(subscription), "subscribed", subscription.tenant_id, &subscription.id)
    }

    /// Lets the customer of a subscription that has ended subscribe anew.
    pub fn unsubscribed(self, subscription: &Resource<Subscription>) -> Self {
        self.remove(&subscribed(subscription))
    }
}

fn subscribed(subscription: &Resource<Subscription>) -> Key<'_> {
    let body = &subscription.body;
    Key::Subscribed { publish: body.product_publish_id, customer: body.customer_tenant_id }
}

impl Store {
    /// What every tenant may subscribe to, oldest first; the index may be a little late.
    pub async fn offer_list(&self, page: &Page) -> Result<Listed<Offer>, StoreError> {
        self.list_range(&Range::gsi1(key::MARKET.to_owned()), page).await
    }

    /// A resource that another tenant shares with this one.
    pub async fn get_shared<K: Kind>(&self, tenant: TenantId, id: Id<K>) -> Result<Option<Resource<K>>, StoreError> {
        let shared = Key::Shared { tenant, kind: K::KIND, id: &id.to_string() };
        match self.get_doc::<TenantId>(&shared).await? {
            Some(owner) => self.get(owner, id).await,
            None => Ok(None),
        }
    }

    /// The resources of one kind that other tenants share with this one, oldest first.
    pub async fn list_shared<K: Kind>(&self, tenant: TenantId, page: &Page) -> Result<Listed<Resource<K>>, StoreError> {
        let range = Range::table(key::shared_partition(tenant, K::KIND));
        let listed = self.list_rows(&range, page).await?;
        let mut places: Vec<(TenantId, String)> = Vec::new();
        for row in listed.items {
            let id = item::text(&row, "sk").unwrap_or_default();
            places.push((item::doc(row)?, id));
        }
        let keys = places.iter().map(|(tenant, id)| Key::Resource { tenant: *tenant, kind: K::KIND, id });
        let keys: Vec<_> = keys.collect();
        let mut found = if keys.is_empty() { Default::default() } else { self.get_many(&keys).await? };
        let items = keys.iter().filter_map(|key| found.doc(key).transpose()).collect::<Result<_, _>>()?;
        Ok(Listed { items, next_cursor: listed.next_cursor })
    }
}
