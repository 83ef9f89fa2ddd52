//! Replay and broadcast in every order that time allows: exactly once, and the missed ones first.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context as Polling, Poll},
};

use futures::{future::BoxFuture, task::noop_waker_ref};
use jiff::Timestamp;
use proptest::prelude::*;
use switchtower_domain::{
    actor::Actor,
    context::{Context, Entropy},
    event::Event,
    id::EventId,
    tenant::TenantId,
};
use switchtower_store::realtime::{Broadcast, Connection, Subscription, Ticket};

use super::*;
use crate::ports::PortError;

/// When a function is stopped, at the latest.
const REQUEST_TIME: SignedDuration = SignedDuration::from_secs(60);

/// The table, the connection, and the clock in milliseconds.
#[derive(Default)]
struct World {
    now: i64,
    /// What must be done by when, because a function would be stopped.
    deadlines: BTreeMap<(usize, usize), i64>,
    log: BTreeMap<EventId, Event>,
    subscription: Option<Subscription>,
    claims: BTreeSet<EventId>,
    marks: HashMap<EventId, (Broadcast, Timestamp)>,
    sent: Vec<EventId>,
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<World>>);

/// Lets others go first, once.
struct Turn(bool);

impl Future for Turn {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, polling: &mut Polling<'_>) -> Poll<()> {
        polling.waker().wake_by_ref();
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Shared {
    fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap()
    }

    fn time(&self) -> Timestamp {
        Timestamp::from_millisecond(self.world().now).unwrap()
    }

    /// A function begins something that it must end before it is stopped.
    fn begin(&self, task: (usize, usize), most: SignedDuration) {
        let mut world = self.world();
        let end = world.now + i64::try_from(most.as_millis()).unwrap();
        world.deadlines.insert(task, end);
    }

    fn end(&self, task: (usize, usize)) {
        self.world().deadlines.remove(&task);
    }

    /// An operation of the table: at some moment after it was asked for.
    async fn op<T>(&self, act: impl FnOnce(&mut World) -> T + Send) -> Result<T, Error> {
        Turn(false).await;
        let done = act(&mut self.world());
        Turn(false).await;
        Ok(done)
    }
}

impl Feed for Shared {
    async fn events_since(&self, _: TenantId, since: EventId, _: Timestamp, most: usize) -> Result<Vec<Event>, Error> {
        self.op(|world| world.log.values().filter(|event| event.id > since).take(most).cloned().collect()).await
    }

    async fn subscribe(&self, subscription: &Subscription) -> Result<bool, Error> {
        self.op(|world| world.subscription.replace(subscription.clone())).await.map(|_| true)
    }

    async fn subscription_enter(&self, subscription: &Subscription) -> Result<bool, Error> {
        self.op(|world| world.subscription.replace(subscription.clone())).await.map(|_| true)
    }

    async fn unsubscribe(&self, _: &Subscription) -> Result<(), Error> {
        self.op(|world| world.subscription = None).await
    }

    async fn subscribers(&self, _: TenantId, channel: Channel, _: Timestamp) -> Result<Vec<Subscription>, Error> {
        let of = |subscription: &&Subscription| subscription.channel == channel.name();
        self.op(|world| world.subscription.iter().filter(of).cloned().collect()).await
    }

    async fn sent_claim(&self, _: &Subscription, event: EventId, _: Timestamp) -> Result<bool, Error> {
        self.op(|world| world.claims.insert(event)).await
    }

    async fn broadcast_begin(&self, event: &Event, now: Timestamp, until: Timestamp) -> Result<Broadcast, Error> {
        self.op(|world| match world.marks.get(&event.id) {
            Some((Broadcast::Done, _)) => Broadcast::Done,
            Some((_, end)) if *end > now => Broadcast::Running,
            _ => {
                world.marks.insert(event.id, (Broadcast::Running, until));
                Broadcast::Begun
            }
        })
        .await
    }

    async fn broadcast_end(&self, event: &Event, until: Timestamp) -> Result<(), Error> {
        self.op(|world| world.marks.insert(event.id, (Broadcast::Done, until))).await.map(drop)
    }

    async fn connection_remove(&self, _: &str) -> Result<(), Error> {
        self.op(|world| world.subscription = None).await
    }
}

impl Sockets for Shared {
    fn send<'a>(&'a self, _: &'a str, frame: String) -> BoxFuture<'a, Result<Delivery, PortError>> {
        Box::pin(async move {
            Turn(false).await;
            let frame: serde_json::Value = serde_json::from_str(&frame)?;
            for event in frame["events"].as_array().unwrap() {
                self.world().sent.push(event["id"].as_str().unwrap().parse()?);
            }
            Ok(Delivery::Taken)
        })
    }

    fn close<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<(), PortError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

struct NoEntropy;

impl Entropy for NoEntropy {
    fn bytes(&self) -> [u8; 32] {
        [0; 32]
    }
}

/// One event: when its request begins, how long its commit and its broadcasts take, in turns.
#[derive(Debug, Clone)]
struct Plan {
    begin: u8,
    commit: u8,
    broadcasts: Vec<u8>,
}

async fn turns(count: u8) {
    for _ in 0..count {
        Turn(false).await;
    }
}

fn event(at: i64, number: usize) -> Event {
    Event {
        id: EventId::from_parts(u64::try_from(at).unwrap(), number as u128),
        kind: "deployment.desired".to_owned(),
        tenant_id: TenantId::nil(),
        subject: "dep".to_owned(),
        actor: Actor::System("test".to_owned()),
        at: Timestamp::UNIX_EPOCH,
        request_id: String::new(),
        cluster_id: None,
        data: serde_json::Value::Null,
    }
}

/// An event's life: its id is made, it is committed before its function is stopped, it is broadcast at least once.
async fn write(shared: Shared, number: usize, plan: Plan) {
    turns(plan.begin).await;
    let event = event(shared.world().now, number);
    shared.begin((number, 0), REQUEST_TIME);
    turns(plan.commit).await;
    shared.world().log.insert(event.id, event.clone());
    shared.end((number, 0));
    let delays = plan.broadcasts.into_iter().enumerate();
    let broadcasts = delays.map(|(index, delay)| broadcast(shared.clone(), event.clone(), delay, (number, index + 1)));
    futures::future::join_all(broadcasts).await;
}

/// A broadcast, as Lambda runs it: after an error again, until the event is known to have gone out.
async fn broadcast(shared: Shared, event: Event, delay: u8, task: (usize, usize)) {
    turns(delay).await;
    let feed = LiveFeed::new(shared.clone(), Arc::new(shared.clone()));
    loop {
        shared.begin(task, REQUEST_TIME);
        let result = feed.broadcast(&event, shared.time()).await;
        shared.end(task);
        if result.is_ok() {
            return;
        }
        turns(30).await;
    }
}

async fn subscribe(shared: Shared, begin: u8, since: Option<EventId>) {
    turns(begin).await;
    let now = shared.time();
    shared.begin((usize::MAX, 0), REQUEST_TIME);
    let holder = Ticket { tenant_id: TenantId::nil(), actor: Actor::System("test".to_owned()), roles: Vec::new() };
    let connection = Connection { id: "c".to_owned(), holder, expires_at: Timestamp::MAX };
    let context = Context::new(now, "test", Arc::new(NoEntropy));
    let feed = LiveFeed::new(shared.clone(), Arc::new(shared.clone()));
    let frame = feed.begin(&context, &connection, Channel::Events, since).await.unwrap();
    assert!(matches!(frame, Some(Frame::Subscribed { .. })));
    shared.end((usize::MAX, 0));
}

/// Runs tasks in the order of `choices`, while time passes by `steps`, but never past what must be done first.
fn run(shared: &Shared, mut tasks: BTreeMap<usize, BoxFuture<'static, ()>>, choices: &[(usize, u16)]) {
    let mut choices = choices.iter().cycle();
    while !tasks.is_empty() {
        let (choice, step) = *choices.next().unwrap();
        let now = shared.world().now + i64::from(step);
        let urgent = shared.world().deadlines.iter().min_by_key(|(_, end)| **end).map(|(task, end)| (*task, *end));
        let task = match urgent {
            Some(((task, _), end)) if end <= now => task,
            _ => {
                shared.world().now = now;
                *tasks.keys().nth(choice % tasks.len()).unwrap()
            }
        };
        if tasks.get_mut(&task).unwrap().as_mut().poll(&mut Polling::from_waker(noop_waker_ref())).is_ready() {
            tasks.remove(&task);
        }
    }
}

fn plan() -> impl Strategy<Value = Plan> {
    let broadcasts = prop::collection::vec(prop_oneof![0_u8..4, 0_u8..200], 1..3);
    (0_u8..60, 0_u8..40, broadcasts).prop_map(|(begin, commit, broadcasts)| Plan { begin, commit, broadcasts })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn what_was_missed_comes_once_and_in_order_and_what_follows_comes_once(
        known in prop::collection::vec(0_i64..200_000, 1..5),
        plans in prop::collection::vec(plan(), 1..8),
        begin in 0_u8..60,
        choices in prop::collection::vec((any::<usize>(), 0_u16..4000), 64),
    ) {
        let shared = Shared::default();
        let start = 1_700_000_000_000;
        shared.world().now = start;
        let mut known: Vec<Event> =
            known.iter().enumerate().map(|(number, ago)| event(start - 1 - ago, 1000 + number)).collect();
        known.sort_by_key(|event| event.id);
        // Half of what was there before is known to the client, half is missed.
        let since = known[known.len() / 2].id;
        shared.world().log.extend(known.iter().map(|event| (event.id, event.clone())));
        let mut tasks: BTreeMap<usize, BoxFuture<'static, ()>> = BTreeMap::new();
        for (number, plan) in plans.into_iter().enumerate() {
            tasks.insert(number, Box::pin(write(shared.clone(), number, plan)));
        }
        // An old event whose broadcast comes very late.
        let (late, feed) = (known[known.len() - 1].clone(), shared.clone());
        tasks.insert(500, Box::pin(async move {
            broadcast(feed, late, 90, (500, 0)).await;
        }));
        tasks.insert(usize::MAX, Box::pin(subscribe(shared.clone(), begin, Some(since))));
        run(&shared, tasks, &choices);

        let world = shared.world();
        for event in world.log.values() {
            let times = world.sent.iter().filter(|id| **id == event.id).count();
            if event.id > since {
                prop_assert_eq!(times, 1, "{} of {:?}", event.id, &world.sent);
            } else {
                prop_assert!(times <= 1);
            }
        }
        let missed: Vec<_> = known.iter().map(|event| event.id).filter(|id| *id > since).collect();
        let first: Vec<_> = world.sent.iter().filter(|id| **id > since).take(missed.len()).copied().collect();
        prop_assert_eq!(first, missed);
    }

    #[test]
    fn without_since_everything_after_the_subscription_comes_once(
        plans in prop::collection::vec(plan(), 1..8),
        choices in prop::collection::vec((any::<usize>(), 0_u16..4000), 64),
    ) {
        let shared = Shared::default();
        shared.world().now = 1_700_000_000_000;
        let subscription = BTreeMap::from([(0, Box::pin(subscribe(shared.clone(), 0, None)) as BoxFuture<'_, ()>)]);
        run(&shared, subscription, &choices);
        let mut tasks: BTreeMap<usize, BoxFuture<'static, ()>> = BTreeMap::new();
        for (number, plan) in plans.into_iter().enumerate() {
            tasks.insert(number, Box::pin(write(shared.clone(), number, plan)));
        }
        run(&shared, tasks, &choices);
        let world = shared.world();
        let mut sent = world.sent.clone();
        sent.sort_unstable();
        prop_assert_eq!(sent, world.log.keys().copied().collect::<Vec<_>>());
    }
}
