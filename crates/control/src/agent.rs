//! What agents do: register, say that they are there, fetch what is desired, report, tell of traffic.

mod deployments;
mod heartbeat;
mod queue_credentials;
mod registration;
mod report;
mod usage;

use switchtower_domain::{access::Granted, agent::AgentId, cluster::ClusterId, operation::Operation, tenant::TenantId};

use crate::{Call, Error};

/// How often a decision is made anew when others change the same rows at the same time.
const TRIES: usize = 6;

/// An agent that may do what it asks for.
pub(crate) struct Own {
    /// The proof.
    pub(crate) granted: Granted,
    /// The agent.
    pub(crate) agent: AgentId,
    /// Its cluster, the only one that it may speak for.
    pub(crate) cluster: ClusterId,
    /// Its tenant.
    pub(crate) tenant: TenantId,
}

/// The agent that is calling.
pub(crate) fn own(call: &Call, operation: &Operation) -> Result<Own, Error> {
    let granted = call.authorize(operation)?;
    // INVARIANT: only agents have permissions of `agent_self`, and the system has no business here.
    let (agent, cluster) = call.caller.as_agent().ok_or(Error::NotFound { kind: "agent" })?;
    let tenant = granted.tenant_id();
    Ok(Own { granted, agent, cluster, tenant })
}
