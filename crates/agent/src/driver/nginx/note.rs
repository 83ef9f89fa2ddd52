//! What a tree knows of a deployment, for the day on which the agent's state is lost.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use switchtower_domain::{
    cluster::ClusterId,
    deployment::{DeploymentId, Generation},
};

use crate::port::{ObjectKey, Owned};

/// The file of a note, beside the files that it is about.
pub(super) const FILE: &str = "note.json";

/// A note on one deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Note {
    pub(super) cluster_id: ClusterId,
    pub(super) deployment_id: DeploymentId,
    pub(super) generation: Generation,
    pub(super) objects: BTreeSet<ObjectKey>,
}

impl Note {
    /// As the agent knows it.
    pub(super) fn to_owned_objects(&self) -> Owned {
        Owned { deployment_id: self.deployment_id, generation: self.generation, objects: self.objects.clone() }
    }
}
