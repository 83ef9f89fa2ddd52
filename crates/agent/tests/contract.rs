//! The agent against a stand-in for the control plane's API, over HTTP: paths, tokens, bodies, refusals, and a whole life
//! from registration to the last heartbeat.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a stand-in that cannot do its part fails the test")]

#[path = "contract/stand_in.rs"]
mod stand_in;
#[path = "contract/usage.rs"]
mod usage;

use std::{path::Path, sync::Arc, time::Duration};

use switchtower_agent::{
    api::Api,
    clock::SystemClock,
    converge::Patience,
    driver::directory::Directory,
    identity::IdentityFolder,
    metrics::Metrics,
    port::{ApiError, ControlPlane},
    register::{self, RegisterError, Request},
    run::{Agent, Pace},
    standing::Standing,
    state::{State, file::StateFile},
    stop::Stop,
};
use switchtower_domain::{
    cluster::ClusterId,
    credential::Credential,
    deployment::{DeploymentId, Outcome},
    registration_token::RegistrationToken,
};
use switchtower_protocol::heartbeat::Heartbeat;

use stand_in::StandIn;

fn request(stand_in: &StandIn, force: bool) -> Request {
    let token = Credential::<RegistrationToken>::new(switchtower_domain::id::Id::nil(), [7; 32]).reveal();
    let (api_url, name) = (stand_in.base.parse().unwrap(), "test".parse().unwrap());
    Request { api_url, token, name, driver: "directory".into(), force }
}

async fn api(stand_in: &StandIn, dir: &Path) -> Api {
    register::register(dir, request(stand_in, false)).await.unwrap();
    let folder = IdentityFolder::new(dir);
    let identity = folder.load().unwrap().unwrap();
    Api::new(folder, identity).unwrap()
}

fn heartbeat() -> Heartbeat {
    Heartbeat { version: "0".into(), applied_version: 0, draining: false, capabilities: None }
}

fn pace() -> Pace {
    let (second, patience) = (Duration::from_secs(1), Patience::default());
    Pace { heartbeat: second, resync: 600 * second, refused: second / 10, usage: second / 5, patience }
}

/// Waits until something holds, and fails when it does not within ten seconds.
async fn until(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..500 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(holds(), "in vain: {what}");
}

#[tokio::test]
async fn a_registered_agent_signs_every_request_below_a_path_prefix() {
    let (stand_in, dir) = (StandIn::start().await, tempfile::tempdir().unwrap());
    assert!(stand_in.base.ends_with("/$default"));
    let api = api(&stand_in, dir.path()).await;
    assert_eq!(api.heartbeat(&heartbeat()).await.unwrap().desired_version, 1);
    assert!(api.deployment(DeploymentId::nil().next()).await.unwrap().is_none());
    assert_eq!(api.deployment(DeploymentId::nil()).await.unwrap().unwrap().item.generation.0, 1);
}

#[tokio::test]
async fn a_second_registration_needs_force_and_replaces_the_key() {
    let (stand_in, dir) = (StandIn::start().await, tempfile::tempdir().unwrap());
    let api = api(&stand_in, dir.path()).await;
    let again = register::register(dir.path(), request(&stand_in, false)).await;
    assert!(matches!(again, Err(RegisterError::Already(_))));
    register::register(dir.path(), request(&stand_in, true)).await.unwrap();
    assert!(api.heartbeat(&heartbeat()).await.unwrap_err().is_unauthorized(), "the earlier key still works");
    api.renew();
    api.heartbeat(&heartbeat()).await.unwrap();
}

#[tokio::test]
async fn a_token_for_another_cluster_leaves_the_identity_alone() {
    let (stand_in, dir) = (StandIn::start().await, tempfile::tempdir().unwrap());
    let store = StateFile::new(dir.path());
    switchtower_agent::port::StateStore::save(&store, &State::new(ClusterId::nil().next())).await.unwrap();
    let refused = register::register(dir.path(), request(&stand_in, false)).await;
    assert!(matches!(refused, Err(RegisterError::OtherCluster { .. })));
    assert!(IdentityFolder::new(dir.path()).registered().unwrap().is_none());
}

#[tokio::test]
async fn a_malformed_token_is_refused_without_a_request() {
    let (stand_in, dir) = (StandIn::start().await, tempfile::tempdir().unwrap());
    let request = Request { token: "swr_tok_half".into(), ..request(&stand_in, false) };
    assert!(matches!(register::register(dir.path(), request).await, Err(RegisterError::MalformedToken)));
    assert_eq!(stand_in.seen(|seen| seen.registrations), 0);
}

#[tokio::test]
async fn a_registration_whose_answer_was_lost_is_repeated_with_the_same_key() {
    let (stand_in, dir) = (StandIn::start().await, tempfile::tempdir().unwrap());
    stand_in.change(|seen| seen.answers_are_lost = true);
    let lost = register::register(dir.path(), request(&stand_in, false)).await.unwrap_err();
    assert!(lost.is_passing(), "{lost}");
    stand_in.change(|seen| seen.answers_are_lost = false);
    let api = api(&stand_in, dir.path()).await;
    let keys = stand_in.seen(|seen| seen.public_keys.clone());
    assert!(matches!(keys.as_slice(), [first, second] if first == second), "{keys:?}");
    api.heartbeat(&heartbeat()).await.unwrap();

    // The key is the agent's now: another registration has another.
    register::register(dir.path(), request(&stand_in, true)).await.unwrap();
    assert_ne!(stand_in.seen(|seen| seen.public_keys[2].clone()), keys[0]);
}

#[tokio::test]
async fn a_refusal_shows_code_and_detail_and_a_foreign_404_is_no_word_of_the_control_plane() {
    let (stand_in, dir) = (StandIn::start().await, tempfile::tempdir().unwrap());
    let api = api(&stand_in, dir.path()).await;
    let error = api.queue_credentials().await.unwrap_err();
    assert!(error.has_code("cluster_not_provisioned"), "{error}");
    assert!(error.to_string().contains("The queue is being made."), "{error}");
    stand_in.change(|seen| seen.foreign = true);
    assert!(matches!(api.deployment(DeploymentId::nil()).await, Err(ApiError::Refused(_))));
}

#[tokio::test]
async fn from_a_doorbell_to_the_last_heartbeat() {
    let (stand_in, dir) = (StandIn::start().await, tempfile::tempdir().unwrap());
    let control = Arc::new(api(&stand_in, dir.path()).await);
    let folder = dir.path().join("manifests");
    let (metrics, standing) = (Arc::new(Metrics::default()), Standing::default());
    let agent = Agent {
        control,
        queue: stand_in.clone(),
        driver: Directory::new(folder.clone(), ClusterId::nil(), switchtower_render::Options::default()),
        store: StateFile::new(dir.path()),
        clock: SystemClock,
        state: State::new(ClusterId::nil()),
        pace: pace(),
        metrics: metrics.clone(),
        standing: standing.clone(),
    };
    let (stopper, stop) = Stop::new();
    let running = tokio::spawn(agent.run(stop));

    until("generation 1 is reported", || stand_in.ended(1) == Some(Outcome::Applied)).await;
    assert!(stand_in.seen(|seen| seen.reports[0].outcome == Outcome::Applying), "it did not say that it begins");
    assert!(std::fs::read_dir(folder.join("switchtower")).unwrap().next().is_some(), "there are no manifests");

    stand_in.garble("three");
    until("what is no doorbell is given back", || stand_in.seen(|seen| seen.released.contains(&"three".to_owned())))
        .await;

    stand_in.change(|seen| seen.reports_fail = true);
    stand_in.publish(2);
    stand_in.ring("one");
    until("generation 2 is tried", || stand_in.seen(|seen| seen.refused_reports > 1)).await;
    assert_eq!(stand_in.seen(|seen| seen.deleted.len()), 0, "a message was deleted before its report was accepted");
    stand_in.change(|seen| seen.reports_fail = false);
    stand_in.ring("two");
    until("generation 2 is reported", || stand_in.ended(2) == Some(Outcome::Applied)).await;
    until("the message is deleted", || stand_in.seen(|seen| seen.deleted.contains(&"two".to_owned()))).await;

    stand_in.change(|seen| seen.revoked = true);
    until("it knows that it is refused", || standing.refusal().is_some()).await;
    assert!(folder.join("switchtower").exists(), "what ran was taken away");
    stand_in.change(|seen| seen.revoked = false);
    until("it is back", || standing.refusal().is_none()).await;

    stopper.stop();
    running.await.unwrap();
    assert!(stand_in.seen(|seen| seen.heartbeats.last().unwrap().draining), "it left without a word");
    let told =
        stand_in.seen(|seen| seen.heartbeats.iter().filter_map(|beat| beat.capabilities.clone()).collect::<Vec<_>>());
    assert_eq!(told.len(), 1, "what it can do is told once");
    assert_eq!(
        (told[0].driver.as_str(), told[0].gateway_classes.as_slice()),
        ("directory", ["envoy".to_owned()].as_slice())
    );
    assert!(metrics.render().contains("switchtower_agent_generation{deployment=\"dep_00000000000000000000000000\"} 2"));
}
