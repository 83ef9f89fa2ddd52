//! Previewing: what publishing would put in the cluster, and how that differs from what is deployed. Nothing changes.

mod diff;

use serde::Serialize;
use switchtower_domain::{
    deployment::{Deployment, Desired, Generation},
    operation,
    product_publish::ProductPublish,
    resource::Resource,
};
use switchtower_protocol::snapshot::Snapshot;
use switchtower_render::{Options, Rendered};
use utoipa::ToSchema;

pub use self::diff::{ChangeKind, FieldDifference, ObjectChange};
use super::compile::{compile, options, unrenderable};
use crate::{Call, Control, Error, resource::Target};

/// The most bytes of texts in one answer; beyond, they are left out.
const MAX_TEXT: usize = 2 * 1024 * 1024;

/// An object as it would be in the cluster.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PreviewObject {
    /// Its API, such as `gateway.networking.k8s.io/v1`.
    pub api_version: &'static str,
    /// Its kind.
    pub kind: &'static str,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// All of it, as the agent writes it.
    pub text: String,
}

/// What publishing would do.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Preview {
    /// The generation that is deployed; absent when nothing is.
    pub deployed_generation: Option<Generation>,
    /// Whether publishing would change nothing in the cluster.
    pub unchanged: bool,
    /// SHA-256 of the snapshot that would be deployed, in hexadecimal.
    pub digest: String,
    /// How large that snapshot is, as JSON.
    pub bytes: usize,
    /// How many objects there would be.
    pub object_count: usize,
    /// The objects, in the order in which they are put in place; none when their texts are too long for an answer.
    pub objects: Vec<PreviewObject>,
    /// The objects that would be added, changed and removed, by field.
    pub changes: Vec<ObjectChange>,
    /// The same as a unified diff; null when it is too long for an answer.
    pub diff: Option<String>,
}

impl Control {
    /// What publishing would do.
    pub async fn product_publish_preview(&self, call: &Call, target: Target<ProductPublish>) -> Result<Preview, Error> {
        let granted = call.authorize(&operation::product_publish_preview)?;
        let publish = self.load(call, &granted, target).await?;
        let sources = self.publish_sources(&call.context, &publish).await?;
        let deployment_id = publish.body.deployment_id.unwrap_or_else(|| call.context.id());
        let compiled = compile(&publish, &sources, deployment_id)?;
        let options = options(&sources.cluster);
        let wanted = rendered(&compiled.json, &options)?;
        let deployed = match sources.deployment.filter(|deployment| deployment.body.desired == Desired::Present) {
            Some(deployment) => self.deployed_objects(deployment, &options).await?,
            None => None,
        };
        let (deployed_generation, before) = match deployed {
            Some((generation, before)) => (Some(generation), before.objects),
            None => (None, Vec::new()),
        };
        let changes = diff::changes(&before, &wanted.objects);
        let text = diff::text(&before, &wanted.objects);
        Ok(Preview {
            deployed_generation,
            unchanged: deployed_generation.is_some() && changes.is_empty(),
            digest: compiled.digest,
            bytes: compiled.json.len(),
            object_count: wanted.objects.len(),
            objects: texts(wanted),
            changes,
            diff: (text.len() <= MAX_TEXT).then_some(text),
        })
    }

    /// The objects of what is deployed. One of an older form that is not rendered any more counts as nothing.
    async fn deployed_objects(
        &self,
        deployment: Resource<Deployment>,
        options: &Options,
    ) -> Result<Option<(Generation, Rendered)>, Error> {
        let generation = deployment.body.generation;
        let json = self.store.snapshot(deployment.id, generation).await?;
        Ok(json.and_then(|json| rendered(&json, options).ok()).map(|rendered| (generation, rendered)))
    }
}

fn rendered(json: &[u8], options: &Options) -> Result<Rendered, Error> {
    let snapshot: Snapshot = serde_json::from_slice(json).map_err(|error| Error::Unavailable(Box::new(error)))?;
    switchtower_render::render(&snapshot, options).map_err(|error| unrenderable(error.into_problems()))
}

fn texts(rendered: Rendered) -> Vec<PreviewObject> {
    let objects: Vec<_> = rendered
        .objects
        .into_iter()
        .map(|object| PreviewObject {
            text: object.to_yaml(),
            api_version: object.api_version,
            kind: object.kind,
            namespace: object.namespace,
            name: object.name,
        })
        .collect();
    let bytes: usize = objects.iter().map(|object| object.text.len()).sum();
    if bytes <= MAX_TEXT { objects } else { Vec::new() }
}
