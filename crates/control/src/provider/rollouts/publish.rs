//! One cluster of a rollout is published to.
//!
//! The publish there is the one of the same product, environment and cluster, whoever made it: it gets the rollout's terms.
//! There is a new one, when there is none; the rollout does not choose among several.

use switchtower_domain::{
    deployment::{Deployment, DeploymentId, Desired},
    name::{Labels, Name},
    product_publish::{ProductPublish, ProductPublishInput, PublishStatus},
    resource::{Kind, Resource},
    rollout::{DeploymentSight, Published, Rollout, RolloutTarget},
    subscription::Offer,
};
use switchtower_store::{CursorKey, Page, StoreError};

use super::worker::Run;
use crate::{
    Control, Error,
    provider::product_publishes::{Compiled, Sources, Wanted, compile, desire, ring},
    resource::after,
};

/// A publish as the rollout wants it, and as it is when it is there already.
struct Intent {
    found: Option<Resource<ProductPublish>>,
    wanted: Resource<ProductPublish>,
    deployment_id: DeploymentId,
}

impl Control {
    /// Publishes to a cluster, and tells what became of the rollout, and how the deployment stands there.
    pub(super) async fn rollout_publish(
        &self,
        run: &Run<'_>,
        rollout: Resource<Rollout>,
        target: &RolloutTarget,
    ) -> Result<(Resource<Rollout>, DeploymentSight), Error> {
        let mut publish = match self.publish_found(run, &rollout, target).await? {
            Some(found) => Intent::of(found, &rollout, run),
            None => Intent::new(&rollout, target, run)?,
        };
        let sources = self.publish_sources(&run.context, &publish.wanted).await?;
        sources.cluster.body.accepts_deployments()?;
        if publish.found.is_none() {
            publish.wanted.name = name(&sources, &rollout, "");
        }
        let compiled = compile(&publish.wanted, &sources, publish.deployment_id)?;
        match self.rollout_publish_commit(run, rollout.clone(), &publish, &sources, &compiled).await {
            Err(Error::NameTaken { kind: ProductPublish::KIND, .. }) if publish.found.is_none() => {
                // Somebody else has it for something else.
                publish.wanted.name = name(&sources, &rollout, &publish.wanted.id.suffix());
                let compiled = compile(&publish.wanted, &sources, publish.deployment_id)?;
                self.rollout_publish_commit(run, rollout, &publish, &sources, &compiled).await
            }
            result => result,
        }
    }

    async fn rollout_publish_commit(
        &self,
        run: &Run<'_>,
        rollout: Resource<Rollout>,
        publish: &Intent,
        sources: &Sources,
        Compiled { json, digest }: &Compiled,
    ) -> Result<(Resource<Rollout>, DeploymentSight), Error> {
        let (stamp, cluster, id) = (run.stamp(), &sources.cluster, publish.deployment_id);
        let before = sources.deployment.as_ref();
        let previous = before.filter(|deployment| deployment.body.desired == Desired::Present);
        let published = |generation| Published {
            product_publish_id: publish.wanted.id,
            deployment_id: id,
            generation,
            previous_generation: previous.map(|deployment| deployment.body.generation),
        };
        if let Some(right) = previous.filter(|previous| publish.is_right(previous, digest)) {
            let change = rollout.published(cluster.id, published(right.body.generation), &stamp);
            run.commit().change(&change).send(&self.store).await?;
            return Ok((after(change)?, DeploymentSight::from(&right.body)));
        }
        let desired = match before.cloned() {
            Some(deployment) => deployment.desire(Some(digest.clone()), &stamp),
            None => {
                let (tenant, name) = (publish.wanted.tenant_id, publish.wanted.name.clone());
                Resource::<Deployment>::first(id, tenant, name, (publish.wanted.id, cluster.id), digest.clone(), &stamp)
            }
        };
        let services = sources.service_ids();
        let intent = match publish.found.clone() {
            Some(found) => found.publish_on_terms(&publish.wanted, id, services, &stamp),
            None => publish.wanted.clone().publish_new(id, services, &stamp),
        };
        let offer = Offer::of(sources.provider.clone(), &after(intent.clone())?, &sources.product);
        let reason = reason(&rollout);
        let (commit, deployment) =
            desire(run.commit().change(&intent).offer(&offer), cluster, desired, Wanted::New(json), Some(&reason))?;
        let change = rollout.published(cluster.id, published(deployment.body.generation), &stamp);
        match commit.change(&change).send(&self.store).await {
            Ok(()) => {}
            Err(StoreError::TooLarge { bytes, limit }) => {
                return Err(Error::TooLarge { what: "snapshot", bytes, limit });
            }
            Err(error) => return Err(Error::of_commit(error, &intent)),
        }
        ring(run.doorbells, cluster, id).await;
        Ok((after(change)?, DeploymentSight::from(&deployment.body)))
    }

    /// The publish of the same product and environment to that cluster.
    async fn publish_found(
        &self,
        run: &Run<'_>,
        rollout: &Resource<Rollout>,
        target: &RolloutTarget,
    ) -> Result<Option<Resource<ProductPublish>>, Error> {
        let (tenant, cluster) = (rollout.tenant_id, target.cluster_id.to_string());
        let mut page = Page { limit: 100, cursor: None, key: CursorKey::new(run.context.secret()) };
        let mut found = Vec::new();
        loop {
            let listed = self.store.list_group::<ProductPublish>(tenant, &cluster, &page).await?;
            found.extend(listed.items.into_iter().filter(|publish| is_same(rollout, publish)));
            match listed.next_cursor {
                Some(next) => page.cursor = Some(next),
                None => break,
            }
        }
        match found.as_slice() {
            [] => Ok(None),
            // The index may be late: what is decided on is read anew.
            [one] => Ok(self.store.get(tenant, one.id).await?.filter(|publish| is_same(rollout, publish))),
            [one, other, ..] => Err(Error::refused(
                "wrong_state",
                format!(
                    "Publishes `{}` and `{}` both publish the product there in `{}`. Delete one of them.",
                    one.name,
                    other.name,
                    rollout.body.settings.environment.name()
                ),
            )),
        }
    }
}

impl Intent {
    /// A publish that is there.
    fn of(found: Resource<ProductPublish>, rollout: &Resource<Rollout>, run: &Run<'_>) -> Self {
        let wanted = found.on_terms(rollout.body.gateway_id, rollout.body.settings.clone());
        let deployment_id = found.body.deployment_id.unwrap_or_else(|| run.context.id());
        Self { found: Some(found), wanted, deployment_id }
    }

    /// A new publish; its name becomes known with the product's.
    fn new(rollout: &Resource<Rollout>, target: &RolloutTarget, run: &Run<'_>) -> Result<Self, Error> {
        let body = &rollout.body;
        let input = ProductPublishInput {
            name: target.cluster_name.clone(),
            labels: Labels::default(),
            product_id: body.product_id,
            gateway_id: body.gateway_id,
            cluster_id: target.cluster_id,
            settings: body.settings.clone(),
        };
        let made = Resource::<ProductPublish>::create(run.context.id(), rollout.tenant_id, input, &run.stamp())?;
        Ok(Self { found: None, wanted: after(made)?, deployment_id: run.context.id() })
    }

    /// Whether nothing is to be done: it is published on these terms, and this very snapshot is desired.
    fn is_right(&self, desired: &Resource<Deployment>, digest: &str) -> bool {
        let published = |found: &Resource<ProductPublish>| {
            found.body.status == PublishStatus::Published && found.body == self.wanted.body
        };
        self.found.as_ref().is_some_and(published) && desired.body.digest.as_deref() == Some(digest)
    }
}

/// The name of a publish that a rollout makes: product, environment and cluster, as far as they fit.
fn name(sources: &Sources, rollout: &Resource<Rollout>, suffix: &str) -> Name {
    let environment = rollout.body.settings.environment.name();
    let name = format!("{}-{environment}-{}", sources.product.name, sources.cluster.name);
    if suffix.is_empty() {
        return Name::slugify(&name, "rollout");
    }
    let start: String = name.chars().take(36).collect();
    Name::slugify(&format!("{start}-{suffix}"), "rollout")
}

fn is_same(rollout: &Resource<Rollout>, publish: &Resource<ProductPublish>) -> bool {
    let (wanted, publish) = (&rollout.body, &publish.body);
    publish.product_id == wanted.product_id && publish.settings.environment == wanted.settings.environment
}

/// Why a generation was made by a rollout.
pub(super) fn reason(rollout: &Resource<Rollout>) -> String {
    match &rollout.body.reason {
        Some(reason) => format!("Rollout `{}`: {reason}", rollout.name),
        None => format!("Rollout `{}`", rollout.name),
    }
}
