//! The live feed replays what was missed, and opens to whoever holds an unspent ticket.

use std::collections::HashSet;

use futures::future::join_all;
use serde_json::{Value, json};

use crate::support::{Socket, World, socket, until, world};

#[tokio::test]
async fn missed_events_are_replayed_without_gap_or_duplicate() {
    let world = World::new().await;
    let mut first = Socket::subscribed(&world.me, "events", None).await;
    make_gateways(&world, 1).await;
    let seen = first.events_until(20, |event| event["type"] == "gateway.created").await;
    let last_seen = seen.last().unwrap()["id"].as_str().unwrap().to_owned();
    drop(first);

    // Some while nobody listens, and some while the replay runs.
    make_gateways(&world, 15).await;
    let listen = async {
        let mut again = Socket::subscribed(&world.me, "events", Some(&last_seen)).await;
        let mark = world::unique("mark");
        let end = world.me.post("/v1/provider/gateways", gateway(&mark)).await.ok().id();
        let mut events = again.events_until(30, |event| event["subject"] == end).await;
        // Whatever would come twice would come soon.
        while let Some(event) = again.event(3).await {
            events.push(event);
        }
        events
    };
    let (events, ()) = futures::join!(listen, make_gateways(&world, 15));

    let ids: Vec<&str> = events.iter().map(|event| event["id"].as_str().unwrap()).collect();
    let once: HashSet<&str> = ids.iter().copied().collect();
    assert_eq!(once.len(), ids.len(), "an event came twice: {ids:?}");
    let expected = until("the log holds all events", 10, async || {
        let log = world.admin.items("/v1/admin/events").await;
        let id = |event: &Value| event["id"].as_str().unwrap_or_default().to_owned();
        let expected: HashSet<String> = log.iter().map(id).filter(|id| *id > last_seen).collect();
        if expected.len() >= 31 { Ok(expected) } else { Err(format!("{} events", expected.len())) }
    })
    .await;
    let missing: Vec<&String> = expected.iter().filter(|id| !once.contains(id.as_str())).collect();
    assert!(missing.is_empty(), "{} of {} events did not come: {missing:?}", missing.len(), expected.len());
}

#[tokio::test]
async fn a_ticket_opens_one_socket() {
    let world = World::new().await;
    let address = socket::ticket(&world.me).await;
    let mut open = Socket::open(&address).await.expect("the ticket opens a socket");
    open.say(&json!({ "action": "ping" })).await;
    assert_eq!(open.frame(10).await.expect("an answer")["type"], "pong");
    assert!(Socket::open(&address).await.is_err(), "a spent ticket opened a second socket");
    let forged = address.rsplit_once('=').unwrap().0.to_owned() + "=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    assert!(Socket::open(&forged).await.is_err(), "a forged ticket opened a socket");
}

#[tokio::test]
async fn a_bad_frame_is_answered_and_the_socket_goes_on() {
    let world = World::new().await;
    let mut socket = Socket::connect(&world.me).await;
    for bad in [json!("hello"), json!({ "action": "dance" }), json!({ "action": "subscribe", "channel": "secrets" })] {
        socket.say(&bad).await;
        let answer = socket.frame(10).await.unwrap_or_else(|| panic!("{bad} was not answered"));
        assert_eq!(answer["type"], "error", "{bad}: {answer}");
        assert!(answer["detail"].as_str().unwrap_or_default().ends_with('.'), "{answer}");
    }
    socket.subscribe("clusters", None).await;
}

async fn make_gateways(world: &World, count: usize) {
    join_all((0..count).map(|_| async {
        world.me.post("/v1/provider/gateways", gateway(&world::unique("gateway"))).await.ok();
    }))
    .await;
}

fn gateway(name: &str) -> Value {
    json!({ "name": name, "listeners": [{ "name": "http", "port": 80, "protocol": "HTTP" }] })
}
