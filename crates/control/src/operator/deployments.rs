//! Deployments: the truth about what runs, for operators by cluster and for providers over all clusters.

mod abandon;

use switchtower_domain::{
    cluster::ClusterId,
    deployment::{Deployment, DeploymentId},
    operation::Operation,
    resource::Resource,
};
use switchtower_store::{Listed, blob::GenerationRow};

use crate::{Call, Control, Error, resource::ListRequest};

impl Control {
    /// The deployments of the tenant, or of one of its clusters.
    pub async fn deployment_list(
        &self,
        call: &Call,
        operation: &Operation,
        cluster: Option<ClusterId>,
        request: ListRequest,
    ) -> Result<Listed<Resource<Deployment>>, Error> {
        let Some(cluster) = cluster else { return self.list_group(call, operation, "all", request).await };
        call.authorize(operation)?;
        self.cluster_of(call, cluster).await?;
        let page = call.page(request.limit, request.cursor);
        Ok(self.store.list_cluster_deployments(cluster, &page).await?)
    }

    /// A deployment.
    pub async fn deployment_get(
        &self,
        call: &Call,
        operation: &Operation,
        id: DeploymentId,
    ) -> Result<Resource<Deployment>, Error> {
        let granted = call.authorize(operation)?;
        let found = self.store.find_deployment(granted.tenant_id(), id).await?;
        found.ok_or(Error::NotFound { kind: "deployment" })
    }

    /// The generations of a deployment, newest first.
    pub async fn deployment_generation_list(
        &self,
        call: &Call,
        operation: &Operation,
        id: DeploymentId,
        request: ListRequest,
    ) -> Result<Listed<GenerationRow>, Error> {
        let granted = call.authorize(operation)?;
        let found = self.store.glimpse_deployment(granted.tenant_id(), id).await?;
        found.ok_or(Error::NotFound { kind: "deployment" })?;
        let page = call.page(request.limit, request.cursor);
        Ok(self.store.generations(id, &page).await?)
    }
}
