//! Publishing on given terms: what a rollout does with a publish that it makes, or finds.

use super::{ProductPublish, PublishSettings};
use crate::{
    api_service::ApiServiceId,
    change::{Change, Stamp},
    deployment::DeploymentId,
    event::EventDraft,
    gateway::GatewayId,
    resource::Resource,
};

impl Resource<ProductPublish> {
    /// The publish on other terms; nothing is changed by that yet.
    #[must_use]
    pub fn on_terms(&self, gateway_id: GatewayId, settings: PublishSettings) -> Self {
        Self { body: ProductPublish { gateway_id, settings, ..self.body.clone() }, ..self.clone() }
    }

    /// Publishes a publish that is there, on the terms of `wanted`, which is the same one.
    pub fn publish_on_terms(
        self,
        wanted: &Self,
        deployment_id: DeploymentId,
        api_services: Vec<ApiServiceId>,
        stamp: &Stamp,
    ) -> Change<ProductPublish> {
        let body = wanted.body.clone().published(deployment_id, api_services, stamp);
        let cluster = body.cluster_id;
        self.become_body(body, stamp, EventDraft::new("product_publish.published").about(cluster))
    }

    /// The creation of this draft, which nobody has seen, as one that is published.
    pub fn publish_new(
        self,
        deployment_id: DeploymentId,
        api_services: Vec<ApiServiceId>,
        stamp: &Stamp,
    ) -> Change<ProductPublish> {
        let body = self.body.clone().published(deployment_id, api_services, stamp);
        let published = EventDraft::new("product_publish.published").about(body.cluster_id);
        Change::created(Self { body, ..self }, EventDraft::new("product_publish.created")).and(published)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::{
        actor::Actor,
        cluster::ClusterId,
        id::Id,
        product::ProductId,
        product_publish::PublishStatus,
        resource::{Kind, Reference, Revision},
        tenant::TenantId,
    };

    fn stamp() -> Stamp {
        Stamp { now: Timestamp::UNIX_EPOCH, actor: Actor::System("test".to_owned()) }
    }

    fn draft() -> Resource<ProductPublish> {
        let input = json!({
            "name": "shop", "product_id": ProductId::nil(), "gateway_id": GatewayId::nil(),
            "cluster_id": ClusterId::nil(), "environment": "prod",
        });
        let input = serde_json::from_value(input).unwrap();
        let made = Resource::<ProductPublish>::create(Id::nil(), TenantId::nil(), input, &stamp());
        made.unwrap().after().unwrap().clone()
    }

    #[test]
    fn what_is_found_is_published_on_the_terms_that_are_wanted() {
        let (found, gateway) = (draft(), GatewayId::from_parts(1, 1));
        let mut settings = found.body.settings.clone();
        settings.hostnames.push("shop.example.com".to_owned());
        let wanted = found.on_terms(gateway, settings.clone());
        assert_eq!(wanted.revision, found.revision);
        let change = found.clone().publish_on_terms(&wanted, Id::nil(), vec![], &stamp());
        assert_eq!(change.before(), Some(&found), "what it needed before is told from what is there");
        let after = change.after().unwrap();
        assert_eq!((after.body.gateway_id, &after.body.settings), (gateway, &settings));
        assert_eq!((after.body.status, after.revision), (PublishStatus::Published, Revision(2)));
        assert!(after.body.references().contains(&Reference::to(gateway)));
    }

    #[test]
    fn a_new_one_is_created_and_published_at_once() {
        let change = draft().publish_new(Id::nil(), vec![], &stamp());
        assert!(change.before().is_none());
        let after = change.after().unwrap();
        assert_eq!((after.body.status, after.revision), (PublishStatus::Published, Revision::FIRST));
        let kinds: Vec<_> = change.events().iter().map(|event| event.kind).collect();
        assert_eq!(kinds, ["product_publish.created", "product_publish.published"]);
    }
}
