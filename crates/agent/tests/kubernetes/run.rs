//! The whole agent at work, by the machine's own clock.

use std::{future::pending, sync::Arc, time::Duration};

use serde_json::json;
use switchtower_agent::{
    clock::SystemClock,
    converge::Patience,
    metrics::Metrics,
    port::{Message, Queue, QueueError},
    run::{Agent as Program, Pace},
    standing::Standing,
    state::State,
    stop::Stop,
};
use switchtower_domain::{cluster::ClusterId, deployment::DeploymentStatus};

use crate::{agent::Agent, gateway::Controller};

/// A queue in which nothing ever comes.
struct Quiet;

impl Queue for Quiet {
    async fn receive(&self) -> Result<Vec<Message>, QueueError> {
        pending().await
    }

    async fn delete(&self, _: &str) -> Result<(), QueueError> {
        Ok(())
    }

    async fn release(&self, _: &str) -> Result<(), QueueError> {
        Ok(())
    }
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..1500 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(holds(), "in vain: {what}");
}

#[tokio::test]
async fn from_the_first_look_around_to_a_change_by_hand_that_is_put_right() {
    let agent = Agent::start().await;
    agent.stand_in.with(|server| {
        server.controller = Controller::Silent;
        server.denied.insert(("delete", "referencegrants"));
    });
    let second = Duration::from_secs(1);
    let program = Program {
        control: agent.world.clone(),
        queue: Quiet,
        driver: agent.stand_in.driver(false).await,
        store: agent.world.clone(),
        clock: SystemClock,
        state: State::new(ClusterId::nil()),
        pace: Pace {
            heartbeat: second,
            resync: 600 * second,
            usage: Duration::from_secs(60),
            refused: second,
            patience: Patience { check: Some(second / 5), ..Patience::default() },
        },
        metrics: Arc::new(Metrics::default()),
        standing: Standing::default(),
    };
    let (stopper, stop) = Stop::new();
    let running = tokio::spawn(program.run(stop));

    until("it waits for the gateway", || agent.status() == DeploymentStatus::Applying).await;
    let told = || agent.control(|control| control.told.clone());
    until("it tells what it can do", || !told().is_empty()).await;
    assert_eq!(told()[0].problems[0].code, "forbidden");
    agent.stand_in.with(|server| {
        server.controller = Controller::Accepts;
        server.reconcile();
    });
    until("it is ready", || agent.status() == DeploymentStatus::Ready).await;
    agent.stand_in.with(|server| {
        server.edit("HTTPRoute/", |route| route["spec"]["hostnames"] = json!(["evil.example.com"]));
        server.reconcile();
    });
    until("it is put right", || agent.live("HTTPRoute/")["spec"]["hostnames"][0] == "api.example.com").await;

    stopper.stop();
    running.await.unwrap();
    assert_eq!(told().len(), 1, "what is as it was is not told again");
}
