//! The one way to another desired state: deployment, generation and the cluster's desired version change together.

use switchtower_domain::{
    change::Change,
    cluster::{Cluster, ClusterStatus},
    deployment::{Deployment, Generation},
    resource::Resource,
};
use switchtower_store::Commit;

use super::generation_row;
use crate::{Error, resource::after};

/// What a generation desires, and where that comes from.
#[derive(Debug, Clone, Copy)]
pub(in crate::provider) enum Wanted<'a> {
    /// A snapshot of what is published now.
    New(&'a [u8]),
    /// The snapshot of an old generation.
    Old(&'a [u8], Generation),
    /// Nothing.
    Nothing,
}

/// Adds to a transaction what brings a deployment to another desired state.
pub(in crate::provider) fn desire<'c>(
    commit: Commit<'c>,
    cluster: &Resource<Cluster>,
    mut change: Change<Deployment>,
    wanted: Wanted<'_>,
    reason: Option<&str>,
) -> Result<(Commit<'c>, Resource<Deployment>), Error> {
    if cluster.body.status == ClusterStatus::Inactive {
        change = change.unheard(cluster.body.last_seen_at);
    }
    let (snapshot, restored_from) = match wanted {
        Wanted::New(json) => (Some(json), None),
        Wanted::Old(json, generation) => (Some(json), Some(generation)),
        Wanted::Nothing => (None, None),
    };
    let commit = commit.change(&change);
    let deployment = after(change)?;
    let mut row = generation_row(&deployment, snapshot.map_or(0, <[u8]>::len), reason);
    row.restored_from = restored_from;
    let commit = commit.generation(deployment.id, &row, snapshot)?;
    Ok((commit.bump_desired_version(cluster.id).unchanged(cluster), deployment))
}
