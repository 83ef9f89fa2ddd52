//! The provisioner over a real table: it may run twice, or die half-way, without harm.

use std::sync::Arc;

use serde_json::json;
use switchtower_control::provisioner::{Provisioner, Settled};
use switchtower_domain::cluster::ClusterId;
use switchtower_store::Store;
use switchtower_tests::{Account, World, fake::RecordedProvisioning};

struct Site {
    world: World,
    account: Account,
    cluster: ClusterId,
    port: RecordedProvisioning,
    provisioner: Provisioner<Store>,
}

impl Site {
    async fn new() -> Self {
        let world = World::new().await;
        let account = world.tenant("acme").await;
        let made = world.owner(&account).post("/v1/operator/clusters", json!({ "name": "berlin" })).await.ok(201);
        let port = RecordedProvisioning::default();
        let provisioner = Provisioner::new(world.store.clone(), Arc::new(port.clone()));
        Self { account, cluster: made.id().parse().unwrap(), port, provisioner, world }
    }

    async fn settle(&self) -> Result<Settled, switchtower_control::Error> {
        self.provisioner.settle(&self.world.context(), self.account.id, self.cluster).await
    }

    fn path(&self) -> String {
        format!("/v1/operator/clusters/{}", self.cluster)
    }
}

#[tokio::test]
async fn a_new_cluster_gets_its_queue_once() {
    let site = Site::new().await;
    assert_eq!(site.settle().await.unwrap(), Settled::Provisioned);
    let owner = site.world.owner(&site.account);
    let first = owner.get(&site.path()).await.ok(200);
    assert_eq!(first["channel"]["bus"], "tests-clusters-1");
    assert_eq!(site.settle().await.unwrap(), Settled::Provisioned);
    assert_eq!(owner.get(&site.path()).await.ok(200).body, first.body, "the second run changed something");
}

#[tokio::test]
async fn wherever_provisioning_dies_the_next_run_ends_it() {
    for calls in 0..3 {
        let site = Site::new().await;
        site.port.fail_after(calls);
        assert!(site.settle().await.is_err(), "after {calls} calls");
        assert_eq!(site.settle().await.unwrap(), Settled::Provisioned);
        let owner = site.world.owner(&site.account);
        assert_eq!(owner.get(&site.path()).await.ok(200)["channel"]["bus"], "tests-clusters-1");
    }
}

#[tokio::test]
async fn of_a_deleted_cluster_nothing_is_left_and_its_agents_are_refused() {
    let site = Site::new().await;
    site.settle().await.unwrap();
    let owner = site.world.owner(&site.account);
    let agent = site.world.agent(&owner, &site.cluster.to_string()).await;
    agent.client(&site.world).get("/v1/agent/deployments").await.ok(200);
    owner.delete(&site.path()).await.ok(204);
    assert_eq!(site.settle().await.unwrap(), Settled::Removed);
    assert!(site.port.calls().ends_with(&["remove_rule".to_owned(), "remove_queues".to_owned()]));
    owner.get(&site.path()).await.problem(404, "not_found");
    agent.client(&site.world).get("/v1/agent/deployments").await.problem(401, "agent_revoked");
    assert!(owner.get("/v1/operator/agents").await.ok(200).items().is_empty());
    assert_eq!(site.settle().await.unwrap(), Settled::Removed);
    owner.post("/v1/operator/clusters", json!({ "name": "berlin" })).await.ok(201);
    let cluster = site.cluster.to_string();
    for row in site.world.rows().await {
        let place = format!("{:?} {:?}", row["pk"], row["sk"]);
        let kind = row["kind"].as_s().unwrap().as_str();
        assert!(kind == "event" || !place.contains(&cluster), "{kind} is left at {place}");
    }
}

#[tokio::test]
async fn wherever_removal_dies_the_next_run_ends_it() {
    for calls in 0..2 {
        let site = Site::new().await;
        site.settle().await.unwrap();
        let owner = site.world.owner(&site.account);
        owner.delete(&site.path()).await.ok(204);
        site.port.fail_after(calls);
        assert!(site.settle().await.is_err(), "after {calls} calls");
        assert_eq!(owner.get(&site.path()).await.ok(200)["status"], "deleting");
        assert_eq!(site.settle().await.unwrap(), Settled::Removed);
        owner.get(&site.path()).await.problem(404, "not_found");
    }
}
