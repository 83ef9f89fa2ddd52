//! Making rollouts, and acting on them.

use super::*;

#[tokio::test]
async fn a_rollout_goes_to_the_clusters_that_have_the_labels_now_by_name_and_in_waves() {
    let site = Site::new(3).await;
    let more = json!({
        "clusters": { "selector": { "match_labels": { "country": "fr" } } }, "start": false,
        "strategy": { "waves": [{ "size": 1 }, { "percent": 100 }] },
    });
    let made = site.owner().post(ROLLOUTS, site.input("release", more)).await.ok(201);
    assert_eq!((&made["status"], &made["waves"], &made["wave"]), (&json!("pending"), &json!(2), &json!(0)));
    let targets: Vec<_> =
        made["targets"].as_array().unwrap().iter().map(|t| (&t["cluster_name"], &t["wave"])).collect();
    let wanted = [("paris-0", 1), ("paris-1", 2), ("paris-2", 2)].map(|(name, wave)| (json!(name), json!(wave)));
    assert_eq!(targets, wanted.iter().map(|(name, wave)| (name, wave)).collect::<Vec<_>>());
    assert_eq!(made["counts"]["waiting"], 3);
    assert_eq!(made.header("location"), Some(format!("{ROLLOUTS}/{}", made.id()).as_str()));
    let got = site.owner().get(&format!("{ROLLOUTS}/{}", made.id())).await.ok(200);
    assert_eq!(got.body, made.body);
    let listed = site.owner().get(ROLLOUTS).await.ok(200);
    assert!(listed.items().contains(&got.body));
}

#[tokio::test]
async fn what_is_wrong_with_the_choice_of_clusters_is_told_by_field() {
    let site = Site::new(1).await;
    let unknown = "clu_01k2m5z8h3v9q4x7n6p0r2s1t5";
    for (clusters, wrong) in [
        (json!({ "ids": [site.ids()[0], unknown] }), "/clusters/ids/1 not_found"),
        (json!({ "ids": [site.ids()[0], site.ids()[0]] }), "/clusters/ids/1 duplicate"),
        (json!({ "ids": [] }), "/clusters/ids too_few"),
        (json!({}), "/clusters one_of"),
        (json!({ "selector": { "match_labels": {} } }), "/clusters/selector/match_labels required"),
        (json!({ "selector": { "match_labels": { "country": "de" } } }), "/clusters/selector/match_labels no_match"),
    ] {
        let answer = site.owner().post(ROLLOUTS, site.input("release", json!({ "clusters": clusters }))).await;
        assert_eq!(answer.problem(400, "invalid_body").bad_fields(), [wrong]);
    }
    let strategy = json!({ "waves": [{ "size": 1, "percent": 2 }], "failure_threshold": { "percent": 101 } });
    let more = json!({ "clusters": { "ids": site.ids() }, "strategy": strategy, "hostnames": ["A"], "more": 1 });
    let answer = site.owner().post(ROLLOUTS, site.input("release", more)).await.problem(400, "invalid_body");
    let fields = answer.bad_fields();
    for wrong in ["/strategy/waves/0", "/strategy/failure_threshold/percent", "/more"] {
        assert!(fields.iter().any(|field| field.starts_with(wrong)), "{wrong} is missing in {fields:?}");
    }
}

#[tokio::test]
async fn a_product_that_is_not_there_is_told() {
    let site = Site::new(1).await;
    let unknown = "prd_01k2m5z8h3v9q4x7n6p0r2s1t5";
    let clusters = json!({ "clusters": { "ids": site.ids() }, "start": false });
    let input = estate::rollout_with("release", unknown, site.estate.id("gateways"), clusters);
    let answer = site.owner().post(ROLLOUTS, input).await.problem(400, "invalid_body");
    assert_eq!(answer.bad_fields(), ["/product_id not_found"]);
}

#[tokio::test]
async fn second_calls_tell_the_present_state() {
    let site = Site::new(1).await;
    let rollout = site.start(json!({})).await;
    let act = |verb: &str| format!("{rollout}/{verb}");
    let owner = site.owner();
    let refused = owner.act(&act("start")).await.problem(409, "wrong_state");
    assert_eq!(refused["current_state"], "running");
    owner.act(&act("resume")).await.problem(409, "wrong_state");
    owner.delete(&rollout).await.problem(409, "wrong_state");
    let paused = owner.post(&act("pause"), json!({ "reason": "an incident" })).await.ok(200);
    assert_eq!((&paused["status"], &paused["message"]), (&json!("paused"), &json!("an incident")));
    assert_eq!(owner.act(&act("pause")).await.problem(409, "wrong_state")["current_state"], "paused");
    assert_eq!(owner.act(&act("resume")).await.ok(200)["status"], "running");
    assert_eq!(owner.act(&act("resume")).await.problem(409, "wrong_state")["current_state"], "running");
    owner.post(&act("abort"), json!({})).await.problem(400, "invalid_body");
    assert_eq!(owner.post(&act("abort"), json!({ "rollback": true })).await.ok(200)["status"], "aborted");
    let refused = owner.post(&act("abort"), json!({ "rollback": true })).await.problem(409, "wrong_state");
    assert_eq!(refused["current_state"], "aborted");
    owner.delete(&rollout).await.ok(204);
    owner.get(&rollout).await.problem(404, "not_found");
}

#[tokio::test]
async fn one_rollout_at_a_time_publishes_a_product_in_an_environment() {
    let site = Site::new(1).await;
    let first = site.start(json!({})).await;
    let other = json!({ "clusters": { "ids": site.ids() } });
    let owner = site.owner();
    owner.post(ROLLOUTS, site.input("other", other.clone())).await.problem(409, "rollout_under_way");
    let mut elsewhere = site.input("elsewhere", other.clone());
    elsewhere["environment"] = json!("dev");
    owner.post(ROLLOUTS, elsewhere).await.ok(201);
    let mut waiting = site.input("waiting", other);
    waiting["start"] = json!(false);
    let waiting = format!("{ROLLOUTS}/{}", owner.post(ROLLOUTS, waiting).await.ok(201).id());
    owner.act(&format!("{waiting}/start")).await.problem(409, "rollout_under_way");
    owner.act(&format!("{first}/pause")).await.ok(200);
    owner.act(&format!("{waiting}/start")).await.problem(409, "rollout_under_way");
    owner.post(&format!("{first}/abort"), json!({ "rollback": false })).await.ok(200);
    assert_eq!(owner.act(&format!("{waiting}/start")).await.ok(200)["status"], "running");
}

#[tokio::test]
async fn a_rollout_keeps_its_product_and_gateway_until_it_has_ended() {
    let site = Site::new(1).await;
    let owner = site.owner();
    let gateway = owner.post("/v1/provider/gateways", estate::gateway("second")).await.ok(201).id();
    let more = json!({ "clusters": { "ids": site.ids() }, "start": false });
    let input = estate::rollout_with("release", site.estate.id("products"), &gateway, more);
    let rollout = owner.post(ROLLOUTS, input).await.ok(201).id();
    let gateway = format!("/v1/provider/gateways/{gateway}");
    let refused = owner.delete(&gateway).await.problem(409, "in_use");
    assert_eq!(refused["used_by"], json!([{ "kind": "rollout", "id": rollout }]));
    owner.post(&format!("{ROLLOUTS}/{rollout}/abort"), json!({ "rollback": false })).await.ok(200);
    owner.delete(&gateway).await.ok(204);
}
