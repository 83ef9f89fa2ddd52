//! Reports: what became of a generation in a cluster.

use switchtower_domain::{
    cluster::ClusterId,
    deployment::{Deployment, DeploymentId},
    operation,
    resource::Resource,
    tenant::TenantId,
};
use switchtower_protocol::report::{Report, ReportReceipt};
use switchtower_store::{Commit, StoreError};

use super::{TRIES, own};
use crate::{Call, Control, Error};

impl Control {
    /// Takes a report. One on another generation, or one that says nothing new, changes nothing and is answered as well.
    pub async fn agent_report(&self, call: &Call, report: Report) -> Result<ReportReceipt, Error> {
        let own = own(call, &operation::agent_report)?;
        let id = report.deployment_id;
        let body = report.into_body();
        for _ in 0..TRIES {
            let deployment = self.own_deployment(own.cluster, own.tenant, id).await?;
            let present = receipt(&deployment);
            let Some(change) = deployment.reported(body.clone(), &call.stamp()) else { return Ok(present) };
            match Commit::new(&own.granted, &call.context).change(&change).send(&self.store).await {
                Ok(()) => return Ok(change.after().map_or(present, receipt)),
                Err(StoreError::Stale) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Busy)
    }

    /// A deployment of the agent's own cluster.
    pub(super) async fn own_deployment(
        &self,
        cluster: ClusterId,
        tenant: TenantId,
        id: DeploymentId,
    ) -> Result<Resource<Deployment>, Error> {
        let found = self.store.get_deployment(cluster, id).await?;
        let own = found.filter(|deployment| deployment.tenant_id == tenant);
        own.ok_or(Error::NotFound { kind: "deployment" })
    }
}

const fn receipt(deployment: &Resource<Deployment>) -> ReportReceipt {
    ReportReceipt { generation: deployment.body.generation, status: deployment.body.status }
}
