//! What a snapshot is made of, read with as few calls as possible.

use futures::future::{try_join, try_join_all};
use switchtower_domain::{
    api_service::{ApiService, ApiServiceId, Definition},
    cluster::Cluster,
    context::Context,
    deployment::Deployment,
    gateway::Gateway,
    name::Name,
    policy::Policy,
    product::Product,
    product_publish::ProductPublish,
    resource::{Kind, Resource},
    tenant::{Tenant, TenantId},
};
use switchtower_store::{CursorKey, Key, Page, StoreError, auth::TenantAuth};

use crate::{Control, Error};

/// Everything that a publish joins.
#[derive(Debug, Clone)]
pub(in crate::provider) struct Sources {
    pub(in crate::provider) product: Resource<Product>,
    pub(in crate::provider) gateway: Resource<Gateway>,
    pub(in crate::provider) cluster: Resource<Cluster>,
    pub(in crate::provider) deployment: Option<Resource<Deployment>>,
    /// The product's API services that are published, in its order.
    pub(in crate::provider) services: Vec<(Resource<ApiService>, Definition)>,
    /// The tenant's slug.
    pub(in crate::provider) provider: Name,
    /// The tenant's policies.
    pub(in crate::provider) policies: Vec<Resource<Policy>>,
}

impl Sources {
    /// The API services that are published.
    pub(in crate::provider) fn service_ids(&self) -> Vec<ApiServiceId> {
        self.services.iter().map(|(service, _)| service.id).collect()
    }
}

impl Control {
    /// Reads what a publish joins: two calls side by side when it is published with the API services that it was last
    /// published with.
    pub(in crate::provider) async fn publish_sources(
        &self,
        context: &Context,
        publish: &Resource<ProductPublish>,
    ) -> Result<Sources, Error> {
        let (tenant, body) = (publish.tenant_id, &publish.body);
        let (product, gateway) = (body.product_id.to_string(), body.gateway_id.to_string());
        let (cluster, owner) = (body.cluster_id.to_string(), tenant.to_string());
        let known = body.published_api_services.iter().filter(|id| body.settings.chooses(**id));
        let known: Vec<_> = known.map(|id| (*id, id.to_string())).collect();
        let mut keys = vec![
            Key::Resource { tenant, kind: Product::KIND, id: &product },
            Key::Resource { tenant, kind: Gateway::KIND, id: &gateway },
            Key::Resource { tenant, kind: Cluster::KIND, id: &cluster },
            Key::Auth { id: &owner },
        ];
        keys.extend(body.deployment_id.map(|id| Key::Deployment { cluster: body.cluster_id, id }));
        keys.extend(service_keys(tenant, &known));
        let (mut found, policies) = try_join(self.store.get_many(&keys), self.policies(context, tenant)).await?;

        let missing = |kind| Error::NotFound { kind };
        let product: Resource<Product> = found.resource(tenant, body.product_id)?.ok_or(missing(Product::KIND))?;
        let gateway = found.resource(tenant, body.gateway_id)?.ok_or(missing(Gateway::KIND))?;
        let cluster = found.resource(tenant, body.cluster_id)?.ok_or(missing(Cluster::KIND))?;
        let auth: TenantAuth = found.doc(&Key::Auth { id: &owner })?.ok_or(missing(Tenant::KIND))?;
        let deployment = match body.deployment_id {
            Some(id) => found.doc(&Key::Deployment { cluster: body.cluster_id, id })?,
            None => None,
        };

        let wanted = || product.body.api_services.iter().filter(|id| body.settings.chooses(**id));
        let unknown = wanted().filter(|id| !body.published_api_services.contains(id));
        let unknown: Vec<_> = unknown.map(|id| (*id, id.to_string())).collect();
        if !unknown.is_empty() {
            found.extend(self.store.get_many(&service_keys(tenant, &unknown).collect::<Vec<_>>()).await?);
        }
        let mut heads = Vec::new();
        for id in wanted() {
            let head: Option<Resource<ApiService>> = found.resource(tenant, *id)?;
            heads.push((head.ok_or(missing(ApiService::KIND))?, found.definition(*id)?));
        }
        let whole = heads.into_iter().map(|(head, definition)| self.whole(head, definition));
        let services = try_join_all(whole).await?;
        Ok(Sources { product, gateway, cluster, deployment, services, provider: auth.slug, policies })
    }

    /// All policies of a tenant, read consistently: one that was made a moment ago takes effect.
    async fn policies(&self, context: &Context, tenant: TenantId) -> Result<Vec<Resource<Policy>>, StoreError> {
        let mut page = Page { limit: 100, cursor: None, key: CursorKey::new(context.secret()) };
        let mut policies = Vec::new();
        loop {
            let listed = self.store.list(tenant, &page).await?;
            policies.extend(listed.items);
            match listed.next_cursor {
                Some(next) => page.cursor = Some(next),
                None => return Ok(policies),
            }
        }
    }

    /// A definition that is in one row was read with the others; a larger one is read now.
    async fn whole(
        &self,
        head: Resource<ApiService>,
        definition: Option<Definition>,
    ) -> Result<(Resource<ApiService>, Definition), StoreError> {
        let definition = match definition {
            Some(definition) => definition,
            None => self.store.definition(head.id).await?,
        };
        Ok((head, definition))
    }
}

fn service_keys(tenant: TenantId, services: &[(ApiServiceId, String)]) -> impl Iterator<Item = Key<'_>> {
    services.iter().flat_map(move |(service, id)| {
        [Key::Resource { tenant, kind: ApiService::KIND, id }, Key::Definition { service: *service, part: 0 }]
    })
}
