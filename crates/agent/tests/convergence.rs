//! Design section 12, 3: whatever is dropped, repeated, reordered or cut off, a cluster converges to the newest generation,
//! and an older one never overwrites a newer one, in the cluster or in a status.
//!
//! The agent's convergence runs against the domain's own deployments. The world checks, at every write and every report,
//! what must hold at any time; the end of each story checks what must hold once the trouble is over.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a story that cannot be told fails the test")]

#[path = "convergence/story.rs"]
mod story;
#[path = "convergence/world.rs"]
mod world;

use proptest::prelude::*;

use story::{Step, Story};

fn step() -> impl Strategy<Value = Step> {
    let deployment = 0_usize..3;
    let soon = 0_u32..14;
    prop_oneof![
        8 => deployment.clone().prop_map(Step::Publish),
        2 => deployment.clone().prop_map(Step::Withdraw),
        1 => deployment.clone().prop_map(Step::Erase),
        10 => (any::<usize>(), any::<bool>()).prop_map(|(at, again)| Step::Deliver { at, again }),
        3 => any::<usize>().prop_map(Step::Drop),
        4 => Just(Step::Heartbeat),
        4 => (0_u32..6, deployment.clone()).prop_map(|(after, index)| Step::HeartbeatMeets { after, index }),
        2 => Just(Step::Resync),
        6 => soon.clone().prop_map(Step::CrashSoon),
        4 => (soon.clone(), deployment.clone()).prop_map(|(after, index)| Step::PublishSoon { after, index }),
        2 => (soon.clone(), deployment.clone()).prop_map(|(after, index)| Step::WithdrawSoon { after, index }),
        3 => (soon.clone(), 1_u32..5).prop_map(|(after, calls)| Step::Outage { after, calls }),
        3 => any::<bool>().prop_map(Step::AnswersStale),
        3 => any::<bool>().prop_map(Step::LosesReceipts),
        2 => any::<usize>().prop_map(Step::ReplayReport),
        2 => (deployment.clone(), 0_usize..4, any::<bool>()).prop_map(|(index, object, bad)| Step::Spoil { index, object, bad }),
        2 => any::<usize>().prop_map(Step::Drift),
        3 => (deployment.clone(), 0_u32..4).prop_map(|(index, looks)| Step::Slow { index, looks }),
        4 => Just(Step::Check),
        1 => Just(Step::LoseState),
    ]
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_story_ends_with_the_newest_generation_in_place(steps in proptest::collection::vec(step(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut story = Story::new();
            for step in steps {
                story.take(step).await;
            }
            story.end().await;
        });
    }
}

/// As many stories as `PROPTEST_CASES` says, else enough to meet every fault.
fn config() -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig {
        cases: asked.unwrap_or(1500),
        max_shrink_iters: 20_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}
