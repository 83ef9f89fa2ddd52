//! `/v1/provider/rollouts`

mod life;
mod worker;

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::{Value, json};
use switchtower_control::provider::rollouts::{Advanced, Rollouts};
use switchtower_domain::{context::Context, event::Event};
use switchtower_host::entropy::System;
use switchtower_tests::{Client, Estate, World, agent::Agent, answer::Answer, estate};

const ROLLOUTS: &str = "/v1/provider/rollouts";

/// A tenant with a product, and clusters with an agent each besides the first one, which has the product already.
struct Site {
    world: World,
    estate: Estate,
    /// Ids and agents of the further clusters, by name: `paris-0`, `paris-1`, ….
    clusters: Vec<(String, Agent)>,
}

impl Site {
    async fn new(clusters: usize) -> Self {
        let world = World::new().await;
        let estate = Estate::new(&world, "acme").await;
        let mut made = Vec::new();
        for number in 0..clusters {
            let owner = world.owner(&estate.account);
            let input = json!({ "name": format!("paris-{number}"), "labels": { "country": "fr" } });
            let id = owner.post("/v1/operator/clusters", input).await.ok(201).id();
            world.provision(&estate.account, &id).await;
            let agent = world.agent(&owner, &id).await;
            made.push((id, agent));
        }
        Self { world, estate, clusters: made }
    }

    fn owner(&self) -> Client<'_> {
        self.world.owner(&self.estate.account)
    }

    fn ids(&self) -> Vec<&str> {
        self.clusters.iter().map(|(id, _)| id.as_str()).collect()
    }

    fn input(&self, name: &str, more: Value) -> Value {
        estate::rollout_with(name, self.estate.id("products"), self.estate.id("gateways"), more)
    }

    /// Starts a rollout to the further clusters.
    async fn start(&self, strategy: Value) -> String {
        let more = json!({ "clusters": { "ids": self.ids() }, "strategy": strategy, "reason": "a release" });
        let made = self.owner().post(ROLLOUTS, self.input("release", more)).await.ok(201);
        assert_eq!(made["status"], "running");
        format!("{ROLLOUTS}/{}", made.id())
    }

    fn worker(&self) -> Rollouts {
        let clock = self.world.clock.clone();
        let context = move || Context::new(clock.now(), "tests", Arc::new(System));
        Rollouts::new(self.world.control.clone(), Arc::new(self.world.doorbells.clone()), Arc::new(context))
    }

    /// Lets the worker run as the schedule does.
    async fn run(&self) -> Advanced {
        self.worker().revisit().await.expect("the worker runs")
    }

    async fn wait(&self, seconds: i64) -> Advanced {
        self.world.clock.advance(SignedDuration::from_secs(seconds));
        self.run().await
    }

    /// An agent of a further cluster reports on what is desired of the rollout there.
    async fn report(&self, rollout: &str, number: usize, outcome: &str) -> Answer {
        let target = self.owner().get(rollout).await.ok(200)["targets"][number].clone();
        let report = json!({
            "deployment_id": target["deployment_id"], "generation": target["generation"], "outcome": outcome,
        });
        self.clusters[number].1.client(&self.world).post("/v1/agent/reports", report).await.ok(200)
    }

    async fn states(&self, rollout: &str) -> Vec<String> {
        let targets = self.owner().get(rollout).await.ok(200)["targets"].clone();
        targets.as_array().unwrap().iter().map(|target| target["state"].as_str().unwrap().to_owned()).collect()
    }

    async fn status(&self, rollout: &str) -> String {
        self.owner().get(rollout).await.ok(200)["status"].as_str().unwrap().to_owned()
    }

    /// The types of the events about something, oldest first.
    async fn events(&self, subject: &str) -> Vec<Event> {
        let subject = subject.rsplit('/').next().unwrap();
        let listed = self.owner().get(&format!("/v1/admin/events?subject={subject}&limit=100")).await.ok(200);
        let mut events: Vec<Event> =
            listed.items().iter().map(|event| serde_json::from_value(event.clone()).unwrap()).collect();
        events.sort_by_key(|event| event.id);
        events
    }
}
