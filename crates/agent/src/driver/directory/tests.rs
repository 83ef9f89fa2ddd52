use std::collections::BTreeSet;

use switchtower_domain::{
    deployment::{DeploymentId, Generation},
    product_publish::DriftPolicy,
};

use super::*;

fn key(kind: &str, name: &str) -> ObjectKey {
    ObjectKey { api_version: "v1".into(), kind: kind.into(), namespace: Some("apis".into()), name: name.into() }
}

fn order(generation: u64, objects: &[(&str, u32)], delete: &[&str]) -> Order {
    let manifest = |value: u32| serde_json::json!({ "kind": "HTTPRoute", "value": value });
    let object = |(name, value): &(&str, u32)| Object { key: key("HTTPRoute", name), manifest: manifest(*value) };
    Order {
        deployment_id: DeploymentId::nil(),
        generation: Generation(generation),
        drift: DriftPolicy::Correct,
        established: false,
        objects: objects.iter().map(object).collect(),
        delete: delete.iter().map(|name| key("HTTPRoute", name)).collect(),
    }
}

fn driver(folder: &Path) -> Directory {
    Directory::new(folder.to_owned(), ClusterId::nil(), Options::default())
}

async fn outcomes(driver: &Directory, order: Order) -> Vec<(String, ObjectOutcome)> {
    let results = driver.apply(&order).await.unwrap();
    results.results.into_iter().map(|result| (result.key.name, result.outcome)).collect()
}

#[tokio::test]
async fn what_is_new_changed_the_same_and_gone_is_told_apart() {
    use ObjectOutcome::{Created, Deleted, Unchanged, Updated};
    let dir = tempfile::tempdir().unwrap();
    let driver = driver(dir.path());
    let first = outcomes(&driver, order(1, &[("a", 1), ("b", 1), ("c", 1)], &[])).await;
    assert!(first.iter().all(|(_, outcome)| *outcome == Created));
    let second = outcomes(&driver, order(2, &[("a", 1), ("b", 2)], &["c"])).await;
    assert_eq!(second, [("a".into(), Unchanged), ("b".into(), Updated), ("c".into(), Deleted)]);
    let path = dir.path().join("apis").join(DeploymentId::nil().suffix()).join("httproute-b.yaml");
    assert_eq!(fs::read_to_string(path).unwrap(), format!("{HEADER}kind: HTTPRoute\nvalue: 2\n"));
}

#[tokio::test]
async fn an_older_generation_is_refused_even_without_the_agents_state() {
    let dir = tempfile::tempdir().unwrap();
    outcomes(&driver(dir.path()), order(2, &[("a", 2)], &[])).await;
    let refused = driver(dir.path()).apply(&order(1, &[("a", 1)], &[])).await;
    assert_eq!(refused, Err(DriverError::Superseded(Generation(2))));
}

#[tokio::test]
async fn what_it_did_not_write_stays() {
    let dir = tempfile::tempdir().unwrap();
    let driver = driver(dir.path());
    outcomes(&driver, order(1, &[("a", 1)], &[])).await;
    let folder = dir.path().join("apis").join(DeploymentId::nil().suffix());
    fs::write(folder.join("notes.txt"), "mine").unwrap();
    outcomes(&driver, order(2, &[], &["a"])).await;
    assert!(!folder.join("httproute-a.yaml").exists());
    assert!(folder.join("notes.txt").exists());
}

#[tokio::test]
async fn a_removed_deployment_leaves_no_folder_behind() {
    let dir = tempfile::tempdir().unwrap();
    let driver = driver(dir.path());
    outcomes(&driver, order(1, &[("a", 1)], &[])).await;
    outcomes(&driver, order(2, &[], &["a"])).await;
    assert!(!dir.path().join("apis").exists());
    assert_eq!(driver.owned().await.unwrap(), []);
}

#[tokio::test]
async fn one_bad_object_blocks_no_sibling_and_nothing_that_serves_is_taken_away() {
    use ObjectOutcome::{Created, Failed};
    let dir = tempfile::tempdir().unwrap();
    let driver = driver(dir.path());
    outcomes(&driver, order(1, &[("old", 1)], &[])).await;
    let second = outcomes(&driver, order(2, &[("../../escape", 1), ("b", 1)], &["old"])).await;
    assert_eq!(second, [("../../escape".into(), Failed), ("b".into(), Created)]);
    assert!(dir.path().join("apis").join(DeploymentId::nil().suffix()).join("httproute-old.yaml").exists());
}

#[tokio::test]
async fn only_the_own_clusters_deployments_are_adopted() {
    let dir = tempfile::tempdir().unwrap();
    outcomes(&driver(dir.path()), order(3, &[("a", 1)], &[])).await;
    let other = Directory::new(dir.path().to_owned(), ClusterId::nil().next(), Options::default());
    assert_eq!(other.owned().await.unwrap(), []);
    let objects = BTreeSet::from([key("HTTPRoute", "a")]);
    let owned = Owned { deployment_id: DeploymentId::nil(), generation: Generation(3), objects };
    assert_eq!(driver(dir.path()).owned().await.unwrap(), [owned]);
}

#[tokio::test]
async fn a_change_by_hand_is_put_right_or_left_as_the_publish_says() {
    use ObjectOutcome::{Drifted, Unchanged, Updated};
    let dir = tempfile::tempdir().unwrap();
    let driver = driver(dir.path());
    outcomes(&driver, order(1, &[("a", 1)], &[])).await;
    let path = dir.path().join("apis").join(DeploymentId::nil().suffix()).join("httproute-a.yaml");
    fs::write(&path, "mine").unwrap();
    let again = Order { established: true, drift: DriftPolicy::Alert, ..order(1, &[("a", 1)], &[]) };
    assert_eq!(outcomes(&driver, again.clone()).await, [("a".into(), Drifted)]);
    assert_eq!(fs::read(&path).unwrap(), b"mine");
    let corrected = driver.apply(&Order { drift: DriftPolicy::Correct, ..again.clone() }).await.unwrap();
    assert_eq!((corrected.results[0].outcome, corrected.results[0].message.is_some()), (Updated, true));
    assert_eq!(outcomes(&driver, again).await, [("a".into(), Unchanged)]);
}
