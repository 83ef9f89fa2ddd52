//! Records of idempotency keys.

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use switchtower_store::idempotency::{Answer, Claim};

use crate::support::Desk;

fn answer() -> Answer {
    Answer { status: 201, headers: vec![("etag".to_owned(), "\"1\"".to_owned())], body: "{}".to_owned() }
}

async fn claim(desk: &Desk, request: &str, now: Timestamp) -> Claim {
    desk.world.store.idempotency_claim(desk.tenant, "digest", request, now).await.unwrap()
}

#[tokio::test]
async fn of_many_claims_one_wins() {
    let desk = Desk::new().await;
    let now = desk.world.clock.now();
    let claims = join_all((0..10).map(|_| claim(&desk, "request", now))).await;
    assert_eq!(claims.iter().filter(|claim| **claim == Claim::Ours).count(), 1);
    assert_eq!(claims.iter().filter(|claim| **claim == Claim::Running).count(), 9);
}

#[tokio::test]
async fn a_claim_is_answered_refused_and_given_back() {
    let desk = Desk::new().await;
    let now = desk.world.clock.now();
    assert_eq!(claim(&desk, "request", now).await, Claim::Ours);
    assert_eq!(claim(&desk, "another", now).await, Claim::Mismatch);
    desk.world.store.idempotency_release("digest").await.unwrap();
    assert_eq!(claim(&desk, "request", now).await, Claim::Ours);
    desk.world.store.idempotency_answer(desk.tenant, "digest", "request", answer(), now).await.unwrap();
    assert_eq!(claim(&desk, "request", now).await, Claim::Answered(answer()));
    assert_eq!(claim(&desk, "another", now).await, Claim::Mismatch);
}

#[tokio::test]
async fn what_has_expired_counts_as_gone_though_it_stands_there() {
    let desk = Desk::new().await;
    let now = desk.world.clock.now();
    assert_eq!(claim(&desk, "request", now).await, Claim::Ours);
    assert_eq!(claim(&desk, "request", now + SignedDuration::from_secs(59)).await, Claim::Running);
    assert_eq!(claim(&desk, "request", now + SignedDuration::from_secs(61)).await, Claim::Ours);
    desk.world.store.idempotency_answer(desk.tenant, "digest", "request", answer(), now).await.unwrap();
    assert_eq!(claim(&desk, "request", now + SignedDuration::from_hours(23)).await, Claim::Answered(answer()));
    assert_eq!(claim(&desk, "another", now + SignedDuration::from_hours(25)).await, Claim::Ours);
}
