//! The rows that the provisioner works by.

use std::future::Future;

use switchtower_domain::{
    access::Caller,
    access::Granted,
    agent::{Agent, AgentId},
    change::Change,
    cluster::{Channel, Cluster, ClusterId},
    context::Context,
    event::EventDraft,
    id::Id,
    operation,
    registration_token::RegistrationToken,
    resource::{Kind, Resource},
    tenant::TenantId,
};
use switchtower_store::{Commit, CursorKey, Key, Page, Store, StoreError};

use super::PLACES;
use crate::Error;

/// The rows that the provisioner works by.
pub trait Ledger: Send + Sync {
    /// A cluster's row.
    fn cluster(
        &self,
        tenant: TenantId,
        id: ClusterId,
    ) -> impl Future<Output = Result<Option<Resource<Cluster>>, Error>> + Send;

    /// Clusters whose queue is to be made or removed, of all tenants.
    fn waiting(
        &self,
        context: &Context,
        most: usize,
    ) -> impl Future<Output = Result<Vec<Resource<Cluster>>, Error>> + Send;

    /// The number of the bus on which the cluster has its place.
    fn place(&self, cluster: ClusterId) -> impl Future<Output = Result<Option<u32>, Error>> + Send;

    /// The number of the last bus.
    fn last_bus(&self) -> impl Future<Output = Result<u32, Error>> + Send;

    /// Takes a place for the cluster, or tells the one that it has.
    fn take_place(&self, tenant: TenantId, cluster: ClusterId) -> impl Future<Output = Result<u32, Error>> + Send;

    /// Gives the cluster's place back.
    fn release_place(&self, cluster: ClusterId) -> impl Future<Output = Result<(), Error>> + Send;

    /// Writes the channel; false when the row has changed since it was read.
    fn provisioned(
        &self,
        context: &Context,
        cluster: Resource<Cluster>,
        channel: Channel,
    ) -> impl Future<Output = Result<bool, Error>> + Send;

    /// Removes the cluster's agents, tokens and deployments, and then its row; false when a row has changed meanwhile.
    fn forget(&self, context: &Context, cluster: Resource<Cluster>)
    -> impl Future<Output = Result<bool, Error>> + Send;
}

/// The proof for what the provisioner does.
fn granted(tenant: TenantId, operation: &operation::Operation) -> Result<(Caller, Granted), Error> {
    let caller = Caller::system("cluster-provisioner", tenant);
    let granted = caller.authorize(operation)?;
    Ok((caller, granted))
}

/// Whether a commit came first.
fn first(result: Result<(), StoreError>) -> Result<bool, Error> {
    match result {
        Ok(()) => Ok(true),
        Err(StoreError::Stale) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

impl Ledger for Store {
    async fn cluster(&self, tenant: TenantId, id: ClusterId) -> Result<Option<Resource<Cluster>>, Error> {
        Ok(self.get(tenant, id).await?)
    }

    async fn waiting(&self, context: &Context, most: usize) -> Result<Vec<Resource<Cluster>>, Error> {
        Ok(self.due_resources(context.now, most).await?)
    }

    async fn place(&self, cluster: ClusterId) -> Result<Option<u32>, Error> {
        Ok(Store::place(self, cluster).await?)
    }

    async fn last_bus(&self) -> Result<u32, Error> {
        Ok(Store::last_bus(self).await?)
    }

    async fn take_place(&self, tenant: TenantId, cluster: ClusterId) -> Result<u32, Error> {
        Ok(self.place_take(tenant, cluster, PLACES).await?)
    }

    async fn release_place(&self, cluster: ClusterId) -> Result<(), Error> {
        Ok(self.place_release(cluster).await?)
    }

    async fn provisioned(
        &self,
        context: &Context,
        cluster: Resource<Cluster>,
        channel: Channel,
    ) -> Result<bool, Error> {
        let (caller, granted) = granted(cluster.tenant_id, &operation::cluster_create)?;
        let Some(change) = cluster.provisioned(channel, &context.stamp(&caller)) else { return Ok(true) };
        first(Commit::new(&granted, context).change(&change).send(self).await)
    }

    async fn forget(&self, context: &Context, cluster: Resource<Cluster>) -> Result<bool, Error> {
        let (_, granted) = granted(cluster.tenant_id, &operation::cluster_delete)?;
        let id = cluster.id;
        let gone = forget_agents(self, context, &granted, id).await?
            && forget_tokens(self, context, &granted, id).await?
            && forget_deployments(self, context, &granted, id).await?;
        if !gone {
            return Ok(false);
        }
        let commit = Commit::new(&granted, context).change(&cluster.remove()?);
        first(commit.remove(&Key::DesiredVersion { cluster: id }).send(self).await)
    }
}

/// Removes the agents: what refuses them goes with their rows.
async fn forget_agents(store: &Store, context: &Context, granted: &Granted, id: ClusterId) -> Result<bool, Error> {
    // Heartbeats are read consistently, so that an agent that has only just registered is not overlooked.
    let heard = store.cluster_liveness(id).await?.into_iter().map(|liveness| liveness.agent_id);
    let mut agents: Vec<AgentId> = heard.collect();
    agents.extend(group::<Agent>(store, context, granted, id).await?);
    for agent in agents {
        let Some(found) = store.get::<Agent>(granted.tenant_id(), agent).await? else { continue };
        let commit = Commit::new(granted, context).change(&found.remove());
        let commit = commit.agent_auth_removed(agent).liveness_removed(id, agent);
        if !first(commit.send(store).await)? {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn forget_tokens(store: &Store, context: &Context, granted: &Granted, id: ClusterId) -> Result<bool, Error> {
    for token in group::<RegistrationToken>(store, context, granted, id).await? {
        let Some(found) = store.get::<RegistrationToken>(granted.tenant_id(), token).await? else { continue };
        let event = EventDraft::new("registration_token.deleted").about(id);
        let commit = Commit::new(granted, context).change(&Change::deleted(found, event));
        if !first(commit.remove(&Key::Auth { id: &token.to_string() }).send(store).await)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Removes deployments with their generations. A cluster is deleted only when all of them are `removed`.
async fn forget_deployments(store: &Store, context: &Context, granted: &Granted, id: ClusterId) -> Result<bool, Error> {
    let mut page = Page { limit: 100, cursor: None, key: CursorKey::new(context.secret()) };
    loop {
        let listed = store.list_cluster_deployments(id, &page).await?;
        for deployment in listed.items {
            store.generations_remove(deployment.id).await?;
            let event = EventDraft::new("deployment.deleted").about(id);
            let commit = Commit::new(granted, context).change(&Change::deleted(deployment, event));
            if !first(commit.send(store).await)? {
                return Ok(false);
            }
        }
        page.cursor = listed.next_cursor;
        if page.cursor.is_none() {
            return Ok(true);
        }
    }
}

/// The ids of what is listed under the cluster.
async fn group<K: Kind>(
    store: &Store,
    context: &Context,
    granted: &Granted,
    cluster: ClusterId,
) -> Result<Vec<Id<K>>, Error> {
    let mut page = Page { limit: 100, cursor: None, key: CursorKey::new(context.secret()) };
    let mut ids = Vec::new();
    loop {
        let listed = store.list_group::<K>(granted.tenant_id(), &cluster.to_string(), &page).await?;
        ids.extend(listed.items.into_iter().map(|resource| resource.id));
        page.cursor = listed.next_cursor;
        if page.cursor.is_none() {
            return Ok(ids);
        }
    }
}
