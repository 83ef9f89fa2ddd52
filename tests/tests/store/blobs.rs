//! Definitions and snapshots, larger than a row and smaller again.

use jiff::Timestamp;
use serde_json::json;
use switchtower_domain::{
    api_service::{ApiServiceId, Backend, Definition},
    deployment::{DeploymentId, Desired, Generation},
};
use switchtower_store::{
    Commit, Key, StoreError,
    blob::{GenerationRow, MAX_BYTES},
};

use crate::support::Desk;

/// Text that does not compress: letters of a generator's own.
fn noise(length: usize) -> String {
    let mut state = 42_u64;
    let letters = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let letter = |state: &mut u64| {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        letters[usize::try_from(*state >> 33).unwrap() % letters.len()] as char
    };
    (0..length).map(|_| letter(&mut state)).collect()
}

/// A definition of about that many bytes.
fn definition(desk: &Desk, bytes: usize) -> Definition {
    let noise = noise(bytes);
    let backends = noise.as_bytes().chunks(200).map(|chunk| {
        let host = String::from_utf8(chunk.to_vec()).unwrap();
        let spec = json!({ "name": "orders", "scheme": "http", "endpoints": [{ "host": host, "port": 80 }] });
        Backend::new(desk.context().id(), serde_json::from_value(spec).unwrap())
    });
    Definition { backends: backends.collect(), ..Definition::default() }
}

async fn put(desk: &Desk, service: ApiServiceId, definition: &Definition) -> Result<(), StoreError> {
    let context = desk.context();
    let commit = Commit::new(&desk.granted, &context).definition(service, definition)?;
    commit.send(&desk.world.store).await
}

#[tokio::test]
async fn a_definition_that_was_never_written_is_empty() {
    let desk = Desk::new().await;
    assert_eq!(desk.world.store.definition(desk.context().id()).await.unwrap(), Definition::default());
}

#[tokio::test]
async fn a_definition_reads_as_it_was_written_while_it_grows_and_shrinks() {
    let desk = Desk::new().await;
    let service = desk.context().id();
    for bytes in [100, 600_000, 2_000, 500_000, 0] {
        let wanted = definition(&desk, bytes);
        put(&desk, service, &wanted).await.unwrap();
        assert_eq!(desk.world.store.definition(service).await.unwrap(), wanted, "{bytes} bytes");
        let mut found = desk.world.store.get_many(&[Key::Definition { service, part: 0 }]).await.unwrap();
        // One row is read along with others; a larger one says that it must be read on its own.
        let quick = found.definition(service).unwrap();
        assert!(quick.is_none() || quick == Some(wanted), "{bytes} bytes");
    }
}

#[tokio::test]
async fn a_definition_above_the_limit_is_refused_with_its_size() {
    let desk = Desk::new().await;
    let refused = put(&desk, desk.context().id(), &definition(&desk, MAX_BYTES)).await;
    assert!(matches!(refused, Err(StoreError::TooLarge { bytes, limit }) if bytes > limit && limit == MAX_BYTES));
    assert!(desk.world.rows().await.is_empty());
}

fn generation_row(generation: Generation, bytes: usize) -> GenerationRow {
    GenerationRow {
        generation,
        desired: Desired::Present,
        digest: Some("d".repeat(64)),
        bytes,
        created_at: Timestamp::UNIX_EPOCH,
        created_by: "system:tests".parse().unwrap(),
        reason: None,
        restored_from: None,
    }
}

#[tokio::test]
async fn every_generation_keeps_its_own_snapshot() {
    let desk = Desk::new().await;
    let deployment: DeploymentId = desk.context().id();
    let sizes = [10, 900_000, 1_000, MAX_BYTES];
    for (index, size) in sizes.into_iter().enumerate() {
        let generation = Generation(u64::try_from(index).unwrap() + 1);
        let snapshot = noise(size);
        let row = generation_row(generation, size);
        let context = desk.context();
        let commit = Commit::new(&desk.granted, &context);
        let commit = commit.generation(deployment, &row, Some(snapshot.as_bytes())).unwrap();
        commit.send(&desk.world.store).await.unwrap();
    }
    for (index, size) in sizes.into_iter().enumerate() {
        let generation = Generation(u64::try_from(index).unwrap() + 1);
        let found = desk.world.store.snapshot(deployment, generation).await.unwrap().unwrap();
        assert_eq!(found, noise(size).into_bytes(), "generation {generation:?}");
    }
    assert_eq!(desk.world.store.snapshot(deployment, Generation(5)).await.unwrap(), None);
    let listed = desk.world.store.generations(deployment, &desk.page(3)).await.unwrap();
    let numbers: Vec<_> = listed.items.iter().map(|row| row.generation.0).collect();
    assert_eq!(numbers, [4, 3, 2]);
    assert!(listed.next_cursor.is_some());
}

#[tokio::test]
async fn a_generation_is_written_once() {
    let desk = Desk::new().await;
    let deployment: DeploymentId = desk.context().id();
    let write = |text: &'static str| {
        let row = generation_row(Generation(1), text.len());
        let desk = &desk;
        async move {
            let context = desk.context();
            let commit = Commit::new(&desk.granted, &context);
            commit.generation(deployment, &row, Some(text.as_bytes())).unwrap().send(&desk.world.store).await
        }
    };
    write("first").await.unwrap();
    assert!(write("second").await.is_err());
    assert_eq!(desk.world.store.snapshot(deployment, Generation(1)).await.unwrap().unwrap(), b"first");
}

#[tokio::test]
async fn a_removed_deployment_leaves_no_generation() {
    let desk = Desk::new().await;
    let deployment: DeploymentId = desk.context().id();
    for number in 1..=3 {
        let context = desk.context();
        let commit = Commit::new(&desk.granted, &context);
        let commit = commit.generation(deployment, &generation_row(Generation(number), 4), Some(b"snap")).unwrap();
        commit.send(&desk.world.store).await.unwrap();
    }
    desk.world.store.generations_remove(deployment).await.unwrap();
    desk.world.store.generations_remove(deployment).await.unwrap();
    assert!(desk.world.rows().await.is_empty());
}
