//! Giving up a removal that no agent will ever report.
//!
//! INVARIANT: `removed` is an operator's word then, and not an agent's: what is abandoned is not settled. An agent that comes
//! back after all is still told that nothing is desired, removes what is there, and its report makes it settled.

use super::{Deployment, DeploymentStatus, Desired};
use crate::{
    change::{Change, Stamp, WrongState},
    cluster::Cluster,
    event::EventDraft,
    resource::{Kind, Resource},
};

impl Deployment {
    /// Refuses what is not on its way out, or is out already.
    fn expect_removing(&self) -> Result<(), WrongState> {
        let allowed = match (self.desired, self.status) {
            (Desired::Absent, DeploymentStatus::Removing | DeploymentStatus::Failed) => return Ok(()),
            (Desired::Absent, _) => "`removing`, or a removal that `failed`",
            (Desired::Present, _) => "withdrawn first, and then `removing`, or a removal that `failed`",
        };
        Err(WrongState { kind: Self::KIND, verb: "abandon", state: self.status.name().to_owned(), allowed })
    }
}

impl Resource<Deployment> {
    /// Counts as removed what an agent of `cluster` should have removed.
    pub fn abandon(
        self,
        cluster: &Cluster,
        reason: Option<&str>,
        stamp: &Stamp,
    ) -> Result<Change<Deployment>, WrongState> {
        self.body.expect_removing()?;
        cluster.expect_no_agent()?;
        let before = self.body.status;
        let body = Deployment {
            status: DeploymentStatus::Removed,
            abandoned_at: Some(stamp.now),
            stale: false,
            last_seen_at: None,
            ..self.body.clone()
        };
        let event = EventDraft::new("deployment.abandoned")
            .with(serde_json::json!({ "generation": body.generation, "was": before, "reason": reason }))
            .about(body.cluster_id);
        Ok(self.become_body(body, stamp, event))
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::{
        actor::Actor,
        cluster::ClusterStatus,
        deployment::{DeploymentId, Generation, Outcome, ReportBody},
        id::Id,
        resource::Editable,
        tenant::TenantId,
    };

    fn stamp() -> Stamp {
        Stamp { now: Timestamp::UNIX_EPOCH, actor: Actor::System("test".into()) }
    }

    fn cluster(status: ClusterStatus, has_agent: bool) -> Cluster {
        let input = serde_json::from_value(json!({ "name": "berlin" })).unwrap();
        Cluster { status, has_agent, ..Cluster::draft(input).unwrap() }
    }

    fn after(change: &Change<Deployment>) -> Resource<Deployment> {
        change.after().unwrap().clone()
    }

    fn deployed() -> Resource<Deployment> {
        let source = (Id::nil(), Id::nil());
        let name = "orders".parse().unwrap();
        after(&Resource::first(DeploymentId::nil(), TenantId::nil(), name, source, "digest".into(), &stamp()))
    }

    fn removing() -> Resource<Deployment> {
        after(&deployed().desire(None, &stamp()))
    }

    fn report(outcome: Outcome) -> ReportBody {
        ReportBody { generation: Generation(2), outcome, objects: vec![], conditions: vec![] }
    }

    fn abandoned() -> Resource<Deployment> {
        let change = removing().abandon(&cluster(ClusterStatus::Inactive, true), Some("it burnt down"), &stamp());
        after(&change.unwrap())
    }

    #[test]
    fn what_nobody_will_remove_counts_as_removed_and_is_not_settled() {
        let silent = cluster(ClusterStatus::Inactive, true);
        let failed = after(&removing().reported(report(Outcome::Failed), &stamp()).unwrap());
        for removal in [removing(), failed] {
            let change = removal.clone().abandon(&silent, Some("it burnt down"), &stamp()).unwrap();
            let (event, body) = (&change.events()[0], &change.after().unwrap().body);
            assert_eq!((event.kind, &event.data["reason"]), ("deployment.abandoned", &json!("it burnt down")));
            assert_eq!((body.status, body.generation), (DeploymentStatus::Removed, Generation(2)));
            assert_eq!(body.observed_generation, removal.body.observed_generation);
            assert!(!body.is_settled());
        }
        assert!(removing().abandon(&cluster(ClusterStatus::Pending, false), None, &stamp()).is_ok());
    }

    #[test]
    fn only_a_removal_is_abandoned_and_once() {
        let silent = cluster(ClusterStatus::Inactive, true);
        let told = deployed().abandon(&silent, None, &stamp()).unwrap_err();
        assert!(told.allowed.starts_with("withdrawn first"), "{told}");
        let again = abandoned().abandon(&silent, None, &stamp()).unwrap_err();
        assert_eq!((again.kind, again.state.as_str()), ("deployment", "removed"));
    }

    #[test]
    fn what_an_agent_may_still_remove_is_not_abandoned() {
        for (status, has_agent) in [
            (ClusterStatus::Active, true),
            (ClusterStatus::Maintenance, true),
            (ClusterStatus::Pending, true),
            (ClusterStatus::Deleting, true),
        ] {
            let told = removing().abandon(&cluster(status, has_agent), None, &stamp()).unwrap_err();
            assert_eq!((told.kind, told.state.as_str()), ("cluster", status.name()));
        }
    }

    #[test]
    fn an_agent_that_comes_back_settles_it_and_never_turns_it_back() {
        for outcome in [Outcome::Applying, Outcome::Partial, Outcome::Failed] {
            assert!(abandoned().reported(report(outcome), &stamp()).is_none(), "{outcome:?}");
        }
        let gone = after(&abandoned().reported(report(Outcome::Applied), &stamp()).unwrap());
        assert_eq!((gone.body.status, gone.body.abandoned_at), (DeploymentStatus::Removed, None));
        assert!(gone.body.is_settled());
    }

    #[test]
    fn what_is_published_again_is_not_abandoned_any_more() {
        let again = after(&abandoned().desire(Some("digest".into()), &stamp()));
        assert_eq!((again.body.status, again.body.abandoned_at), (DeploymentStatus::Pending, None));
    }
}
