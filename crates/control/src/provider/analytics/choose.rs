//! Which publishes are looked at, and whether they are measured.

use std::collections::BTreeSet;

use futures::future;
use switchtower_domain::{
    access::Granted,
    cluster::{Cluster, ClusterId},
    field::FieldErrors,
    product::{Product, ProductId},
    product_publish::{ProductPublish, ProductPublishId},
    resource::{Kind, Resource},
    tenant::TenantId,
    usage::{NotMeasured, why_not_measured},
};
use switchtower_store::{Key, StoreError};

use super::{Unmeasured, UsageFilter, too_much};
use crate::{Call, Control, Error};

/// The most publishes of one answer.
const MOST: usize = 100;

/// A publish, and why it is not measured.
pub(super) struct Chosen {
    pub(super) publish: Resource<ProductPublish>,
    pub(super) not_measured: Option<NotMeasured>,
}

/// Those whose traffic is not known.
pub(super) fn unmeasured(chosen: &[Chosen]) -> Vec<Unmeasured> {
    let why = |one: &Chosen| {
        let reason = one.not_measured?;
        Some(Unmeasured { product_publish_id: one.publish.id, reason, detail: reason.detail() })
    };
    chosen.iter().filter_map(why).collect()
}

impl Control {
    /// The publishes that a filter names; all of the tenant, when it names none.
    pub(super) async fn chosen_publishes(
        &self,
        call: &Call,
        granted: &Granted,
        filter: &UsageFilter,
    ) -> Result<Vec<Resource<ProductPublish>>, Error> {
        let tenant = granted.tenant_id();
        match (filter.product_publish_id, filter.product_id) {
            (Some(id), product) => Ok(vec![self.chosen_publish(tenant, id, product).await?]),
            (None, Some(product)) => self.publishes_of_product(tenant, product).await,
            (None, None) => {
                let page = call.page(u32::try_from(MOST).unwrap_or(u32::MAX), None);
                let listed = self.store.list::<ProductPublish>(tenant, &page).await?;
                if listed.next_cursor.is_some() { Err(too_many()) } else { Ok(listed.items) }
            }
        }
    }

    async fn chosen_publish(
        &self,
        tenant: TenantId,
        id: ProductPublishId,
        product: Option<ProductId>,
    ) -> Result<Resource<ProductPublish>, Error> {
        let publish: Option<Resource<ProductPublish>> = self.store.get(tenant, id).await?;
        let publish = publish.ok_or(Error::NotFound { kind: ProductPublish::KIND })?;
        if product.is_some_and(|product| product != publish.body.product_id) {
            let detail = "`product_id` is not the product of `product_publish_id`. Leave one of both out.";
            return Err(Error::Query(FieldErrors::one("?product_id", "not_valid", detail)));
        }
        Ok(publish)
    }

    async fn publishes_of_product(
        &self,
        tenant: TenantId,
        product: ProductId,
    ) -> Result<Vec<Resource<ProductPublish>>, Error> {
        let found = self.store.get::<Product>(tenant, product);
        let (found, ids) = future::try_join(found, self.store.publishes_of(product, MOST + 1)).await?;
        // INVARIANT: references stand under the product alone, so its tenant is looked at first.
        found.ok_or(Error::NotFound { kind: Product::KIND })?;
        if ids.len() > MOST {
            return Err(too_many());
        }
        let texts: Vec<_> = ids.iter().map(ToString::to_string).collect();
        let keys: Vec<_> = texts.iter().map(|id| Key::Resource { tenant, kind: ProductPublish::KIND, id }).collect();
        let mut found = self.store.get_many(&keys).await?;
        let publishes: Result<Vec<_>, StoreError> = ids.into_iter().map(|id| found.resource(tenant, id)).collect();
        Ok(publishes?.into_iter().flatten().collect())
    }

    /// Whether each of them is measured, as its cluster's agents told last.
    pub(super) async fn measured(
        &self,
        granted: &Granted,
        publishes: &[Resource<ProductPublish>],
    ) -> Result<Vec<Option<NotMeasured>>, Error> {
        let tenant = granted.tenant_id();
        let deployed = publishes.iter().filter(|publish| publish.body.deployment_id.is_some());
        let ids: BTreeSet<ClusterId> = deployed.map(|publish| publish.body.cluster_id).collect();
        let texts: Vec<_> = ids.iter().map(ToString::to_string).collect();
        let keys: Vec<_> = texts.iter().map(|id| Key::Resource { tenant, kind: Cluster::KIND, id }).collect();
        let mut found = self.store.get_many(&keys).await?;
        let clusters: Result<Vec<_>, StoreError> = ids.into_iter().map(|id| found.resource(tenant, id)).collect();
        let clusters: Vec<Resource<Cluster>> = clusters?.into_iter().flatten().collect();
        let why = |publish: &Resource<ProductPublish>| {
            let cluster = clusters.iter().find(|cluster| cluster.id == publish.body.cluster_id);
            why_not_measured(&publish.body, cluster.map(|cluster| &cluster.body))
        };
        Ok(publishes.iter().map(why).collect())
    }
}

fn too_many() -> Error {
    too_much(&format!("There are more than {MOST} publishes"))
}
