//! The watch over one cluster.

use jiff::Timestamp;
use switchtower_domain::{
    access::Granted,
    agent::{Agent, AgentStatus},
    change::Stamp,
    cluster::{Cluster, ClusterId},
    context::Context,
    deployment::Deployment,
    resource::Resource,
    tenant::TenantId,
};
use switchtower_store::{Commit, CursorKey, Page, StoreError, live::Liveness};

use super::{FleetReport, granted};
use crate::{Control, Error};

/// The most agents whose silence is a condition of a transaction. A cluster has a few.
const FENCED: usize = 40;
/// The most deployments that one transaction marks: each is two rows, beside the conditions.
const MARKED: usize = 25;

/// What silence makes of a cluster's agents.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Verdict {
    /// Agents with the status that they get.
    changed: Vec<(Liveness, AgentStatus)>,
    /// Agents that were revoked or deleted, and are still remembered.
    gone: Vec<Liveness>,
    /// Whether no agent is left that may be heard.
    pub(crate) silent: bool,
    /// When one was last heard.
    last_seen_at: Option<Timestamp>,
}

/// One cluster in one run.
struct Watch<'a> {
    control: &'a Control,
    context: &'a Context,
    granted: Granted,
    stamp: Stamp,
    agents: Vec<Liveness>,
}

impl Control {
    /// Writes what follows from the silence of a cluster's agents. Breaks off when anything changes meanwhile.
    pub(super) async fn watch_cluster(
        &self,
        context: &Context,
        tenant: TenantId,
        cluster: ClusterId,
        report: &mut FleetReport,
    ) -> Result<(), Error> {
        let (caller, granted) = granted(tenant)?;
        let stamp = context.stamp(&caller);
        // Before the agents are read: who registers from here on changes the cluster's revision.
        let found: Option<Resource<Cluster>> = self.store.get(tenant, cluster).await?;
        let agents = self.store.cluster_liveness(cluster).await?;
        let verdict = judge(&agents, context.now, i64::from(self.heartbeat_seconds));
        let watch = Watch { control: self, context, granted, stamp, agents };
        if let Some(found) = found.filter(|_| verdict.silent) {
            watch.unsettle().await?;
            watch.silence(found, verdict.last_seen_at, report).await?;
        }
        for (liveness, status) in verdict.changed {
            watch.agent(liveness, status, report).await?;
        }
        for liveness in verdict.gone {
            watch.commit().liveness_removed(cluster, liveness.agent_id).send(&self.store).await?;
        }
        Ok(())
    }
}

impl Watch<'_> {
    fn commit(&self) -> Commit<'_> {
        Commit::new(&self.granted, self.context)
    }

    fn fenced(&self) -> Commit<'_> {
        fenced(self.commit(), &self.agents)
    }

    /// Lets no heartbeat find its agent's liveness `online`: the first one that is heard sees to the deployments.
    async fn unsettle(&self) -> Result<(), StoreError> {
        let settled = |liveness: &&Liveness| matches!(liveness.status, AgentStatus::Online | AgentStatus::Draining);
        for liveness in self.agents.iter().filter(settled) {
            let after = Liveness { status: AgentStatus::Degraded, ..liveness.clone() };
            self.commit().liveness_after(liveness, &after)?.send(&self.control.store).await?;
        }
        Ok(())
    }

    /// Makes the cluster inactive, and then its deployments stale.
    async fn silence(
        &self,
        mut cluster: Resource<Cluster>,
        last_seen_at: Option<Timestamp>,
        report: &mut FleetReport,
    ) -> Result<(), Error> {
        if let Some(change) = cluster.clone().silent(last_seen_at, &self.stamp) {
            self.fenced().change(&change).send(&self.control.store).await?;
            report.inactive += 1;
            cluster = change.after().cloned().unwrap_or(cluster);
        }
        let mut page = Page { limit: 100, cursor: None, key: CursorKey::new(self.context.secret()) };
        loop {
            let listed = self.control.store.list_cluster_deployments(cluster.id, &page).await?;
            self.mark(&cluster, listed.items, last_seen_at, report).await?;
            match listed.next_cursor {
                Some(next) => page.cursor = Some(next),
                None => return Ok(()),
            }
        }
    }

    async fn mark(
        &self,
        cluster: &Resource<Cluster>,
        deployments: Vec<Resource<Deployment>>,
        last_seen_at: Option<Timestamp>,
        report: &mut FleetReport,
    ) -> Result<(), StoreError> {
        let marked = deployments.into_iter().filter_map(|deployment| deployment.silenced(last_seen_at, &self.stamp));
        for some in marked.collect::<Vec<_>>().chunks(MARKED) {
            let commit = some.iter().fold(self.fenced().unchanged(cluster), Commit::change);
            commit.send(&self.control.store).await?;
            report.stale += u32::try_from(some.len()).unwrap_or(u32::MAX);
        }
        Ok(())
    }

    /// Gives an agent the status that its silence gives it.
    async fn agent(&self, liveness: Liveness, status: AgentStatus, report: &mut FleetReport) -> Result<(), Error> {
        let found = self.control.store.get::<Agent>(liveness.tenant_id, liveness.agent_id).await?;
        let Some(agent) = found.filter(|agent| agent.body.status != AgentStatus::Revoked) else {
            // A heartbeat that was under way when the agent was revoked has written it once more.
            let gone = self.commit().liveness_removed(liveness.cluster_id, liveness.agent_id);
            return Ok(gone.send(&self.control.store).await?);
        };
        let after = Liveness { status, ..liveness.clone() };
        let mut commit = self.commit().liveness_after(&liveness, &after)?;
        if let Some(change) = agent.observed(status, liveness.last_heartbeat_at, &self.stamp) {
            commit = commit.change(&change);
        }
        commit.send(&self.control.store).await?;
        match status {
            AgentStatus::Offline => report.offline += 1,
            _ => report.degraded += 1,
        }
        Ok(())
    }
}

/// A transaction that is refused when an agent was heard since.
pub(crate) fn fenced<'c>(commit: Commit<'c>, agents: &[Liveness]) -> Commit<'c> {
    agents.iter().take(FENCED).fold(commit, Commit::liveness_unheard)
}

/// Decides what silence makes of a cluster's agents.
pub(crate) fn judge(agents: &[Liveness], now: Timestamp, heartbeat_seconds: i64) -> Verdict {
    let mut verdict = Verdict { silent: true, ..Verdict::default() };
    for liveness in agents {
        verdict.last_seen_at = verdict.last_seen_at.max(Some(liveness.last_heartbeat_at));
        let seconds = now.duration_since(liveness.last_heartbeat_at).as_secs();
        let next = liveness.status.silent(seconds, heartbeat_seconds);
        match next.unwrap_or(liveness.status) {
            AgentStatus::Revoked => verdict.gone.push(liveness.clone()),
            AgentStatus::Offline => {}
            AgentStatus::Online | AgentStatus::Degraded | AgentStatus::Draining => verdict.silent = false,
        }
        verdict.changed.extend(next.map(|next| (liveness.clone(), next)));
    }
    verdict
}

#[cfg(test)]
mod tests {
    use switchtower_domain::agent::AgentId;

    use super::*;

    fn liveness(number: u128, status: AgentStatus, heard: i64) -> Liveness {
        Liveness {
            agent_id: AgentId::from_parts(0, number),
            tenant_id: TenantId::nil(),
            cluster_id: ClusterId::nil(),
            last_heartbeat_at: Timestamp::from_second(heard).unwrap(),
            applied_version: 0,
            version: "1.0.0".into(),
            status,
        }
    }

    fn at(agents: &[Liveness], now: i64) -> Verdict {
        judge(agents, Timestamp::from_second(now).unwrap(), 30)
    }

    #[test]
    fn a_cluster_is_silent_when_its_last_agent_goes_offline() {
        let agents = [liveness(1, AgentStatus::Offline, 0), liveness(2, AgentStatus::Degraded, 100)];
        let verdict = at(&agents, 399);
        assert!(!verdict.silent && verdict.changed.is_empty());
        let verdict = at(&agents, 400);
        assert!(verdict.silent);
        assert_eq!(verdict.changed, [(agents[1].clone(), AgentStatus::Offline)]);
        assert_eq!(verdict.last_seen_at, Some(agents[1].last_heartbeat_at));
    }

    #[test]
    fn one_agent_that_is_heard_keeps_the_cluster() {
        let agents = [liveness(1, AgentStatus::Degraded, 0), liveness(2, AgentStatus::Online, 990)];
        let verdict = at(&agents, 1000);
        assert!(!verdict.silent);
        assert_eq!(verdict.changed, [(agents[0].clone(), AgentStatus::Offline)]);
    }

    #[test]
    fn a_cluster_whose_agents_were_all_revoked_is_silent_at_once() {
        let agents = [liveness(1, AgentStatus::Revoked, 1000)];
        let verdict = at(&agents, 1001);
        assert!(verdict.silent && verdict.changed.is_empty());
        assert_eq!(verdict.gone, agents);
    }

    #[test]
    fn a_draining_agent_is_not_degraded_by_the_silence_that_it_announced() {
        let agents = [liveness(1, AgentStatus::Draining, 0)];
        assert!(at(&agents, 200).changed.is_empty());
        assert_eq!(at(&agents, 300).changed, [(agents[0].clone(), AgentStatus::Offline)]);
    }

    #[test]
    fn what_was_decided_is_not_decided_again() {
        let agents = [liveness(1, AgentStatus::Degraded, 0), liveness(2, AgentStatus::Offline, 0)];
        assert!(at(&agents, 120).changed.is_empty());
    }
}
