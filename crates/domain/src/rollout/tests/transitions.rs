//! Which transition is allowed from which state.

use super::*;

/// A rollout in each state; its first cluster was published to where the state allows.
fn in_each_state() -> Vec<Resource<Rollout>> {
    let body = rollout(2, json!({}));
    let touched = body.clone().published(cluster(0), published(0), &at(1)).after().unwrap().clone();
    [
        RolloutStatus::Pending,
        RolloutStatus::Running,
        RolloutStatus::Paused,
        RolloutStatus::RollingBack,
        RolloutStatus::Succeeded,
        RolloutStatus::Failed,
        RolloutStatus::Aborted,
    ]
    .map(|status| {
        let of = if status == RolloutStatus::Pending { &body } else { &touched };
        Resource { body: Rollout { status, ..of.body.clone() }, ..of.clone() }
    })
    .to_vec()
}

/// Where a transition leads, by where it starts.
type Table<'a> = &'a [(RolloutStatus, RolloutStatus)];
type Transition = fn(Resource<Rollout>) -> Result<Change<Rollout>, WrongState>;

#[test]
fn transitions_are_as_in_the_table() {
    use RolloutStatus::{Aborted, Failed, Paused, Pending, RollingBack, Running, Succeeded};
    let table: [(&str, Transition, Table<'_>); 5] = [
        ("start", |rollout| rollout.start(&at(9)), &[(Pending, Running)]),
        ("pause", |rollout| rollout.pause(None, &at(9)), &[(Running, Paused)]),
        ("resume", |rollout| rollout.resume(&at(9)), &[(Paused, Running)]),
        (
            "abort",
            |rollout| rollout.abort(false, None, &at(9)),
            &[(Pending, Aborted), (Running, Aborted), (Paused, Aborted), (Failed, Aborted)],
        ),
        (
            "abort with rollback",
            |rollout| rollout.abort(true, None, &at(9)),
            &[(Pending, Aborted), (Running, RollingBack), (Paused, RollingBack), (Failed, RollingBack)],
        ),
    ];
    for (verb, transition, allowed) in table {
        for before in in_each_state() {
            let from = before.body.status;
            let to = allowed.iter().find(|(allowed, _)| *allowed == from).map(|(_, to)| *to);
            match (transition(before), to) {
                (Ok(change), Some(to)) => {
                    let after = &change.after().unwrap().body;
                    assert_eq!(after.status, to, "{verb} from {from:?}");
                    assert_eq!(after.ended_at.is_some(), to == Aborted, "{verb} from {from:?}");
                    assert_eq!(change.events().len(), 1);
                }
                (Err(error), None) => assert_eq!(error.state, from.name(), "{verb}"),
                (result, to) => panic!("{verb} from {from:?} is {result:?}, not {to:?}"),
            }
        }
    }
    for before in in_each_state() {
        let ended = matches!(before.body.status, Pending | Succeeded | Failed | Aborted);
        assert_eq!(before.clone().delete_rollout().is_ok(), ended, "{:?}", before.body.status);
    }
}

#[test]
fn events_tell_what_happened() {
    let running = rollout(1, json!({}));
    let kinds = |change: Change<Rollout>| change.events().iter().map(|event| event.kind).collect::<Vec<_>>();
    assert_eq!(kinds(running.clone().pause(None, &at(1)).unwrap()), ["rollout.paused"]);
    let paused = after(running.clone().pause(Some("an incident".to_owned()), &at(1)));
    assert_eq!(paused.body.message.as_deref(), Some("an incident"));
    assert_eq!(kinds(paused.clone().resume(&at(2)).unwrap()), ["rollout.resumed"]);
    assert_eq!(after(paused.resume(&at(2))).body.message, None);
    assert_eq!(kinds(running.abort(true, None, &at(2)).unwrap()), ["rollout.aborted"], "nothing goes back");
    let planned = |start| {
        let input = input(json!({}), start);
        Resource::<Rollout>::plan(RolloutId::nil(), TenantId::nil(), input, clusters(1), &at(0)).unwrap()
    };
    assert_eq!(kinds(planned(true)), ["rollout.created", "rollout.started"]);
    assert_eq!(kinds(planned(false)), ["rollout.created"]);
}

#[test]
fn what_a_rollout_needs_is_kept_while_it_may_go_on() {
    for rollout in in_each_state() {
        let goes_on =
            matches!(rollout.body.status, RolloutStatus::Pending | RolloutStatus::Running | RolloutStatus::Paused);
        assert_eq!(!rollout.body.references().is_empty(), goes_on, "{:?}", rollout.body.status);
    }
}

#[test]
fn clusters_are_chosen_one_way() {
    let check = |clusters: Value| {
        let mut value = serde_json::to_value(input(json!({}), true)).unwrap();
        value["clusters"] = clusters;
        let errors = serde_json::from_value::<RolloutInput>(value).unwrap().check().err().unwrap_or_default();
        errors.into_vec().into_iter().map(|error| format!("{} {}", error.pointer, error.code)).collect::<Vec<_>>()
    };
    let id = cluster(0);
    let labels = json!({ "match_labels": { "tier": "edge" } });
    assert!(check(json!({ "ids": [id] })).is_empty());
    assert!(check(json!({ "selector": labels })).is_empty());
    assert_eq!(check(json!({})), ["/clusters one_of"]);
    assert_eq!(check(json!({ "ids": [id], "selector": labels })), ["/clusters one_of"]);
    assert_eq!(check(json!({ "ids": [id, id] })), ["/clusters/ids/1 duplicate"]);
    assert_eq!(check(json!({ "selector": { "match_labels": {} } })), ["/clusters/selector/match_labels required"]);
}

#[test]
fn a_selector_means_clusters_with_all_its_labels() {
    let labels = |value: Value| serde_json::from_value::<crate::name::Labels>(value).unwrap();
    let selector = ClusterSelector { match_labels: labels(json!({ "tier": "edge", "region": "eu" })) };
    assert!(selector.matches(&labels(json!({ "region": "eu", "tier": "edge", "more": "" }))));
    assert!(!selector.matches(&labels(json!({ "tier": "edge" }))));
    assert!(!selector.matches(&labels(json!({ "tier": "edge", "region": "us" }))));
}

#[test]
fn a_row_of_the_most_clusters_is_far_from_its_limit() {
    let full = rollout(MAX_CLUSTERS, json!({}));
    let fill = |rollout: Resource<Rollout>, number: usize| {
        let done = rollout.published(cluster(number), published(number), &at(1)).after().unwrap().clone();
        done.went_back(cluster(number), TargetState::RollbackFailed, Some("ä".repeat(1000)), &at(2))
            .after()
            .unwrap()
            .clone()
    };
    let full = (0..MAX_CLUSTERS).fold(full, fill);
    let bytes = serde_json::to_vec(&full).unwrap().len();
    assert!(bytes < 120_000, "{bytes}");
}
