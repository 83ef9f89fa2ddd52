//! The one way to another desired state: deployment, generation and the cluster's desired version change together.

use switchtower_domain::{
    change::Change,
    cluster::{Cluster, ClusterStatus},
    deployment::Deployment,
    resource::Resource,
};
use switchtower_store::Commit;

use super::generation_row;
use crate::{Error, resource::after};

/// Adds to a transaction what brings a deployment to another desired state: `snapshot`, or nothing.
pub(in crate::provider) fn desire<'c>(
    commit: Commit<'c>,
    cluster: &Resource<Cluster>,
    mut change: Change<Deployment>,
    snapshot: Option<&[u8]>,
    reason: Option<&str>,
) -> Result<(Commit<'c>, Resource<Deployment>), Error> {
    if cluster.body.status == ClusterStatus::Inactive {
        change = change.unheard(cluster.body.last_seen_at);
    }
    let commit = commit.change(&change);
    let deployment = after(change)?;
    let row = generation_row(&deployment, snapshot.map_or(0, <[u8]>::len), reason);
    let commit = commit.generation(deployment.id, &row, snapshot)?;
    Ok((commit.bump_desired_version(cluster.id).unchanged(cluster), deployment))
}
