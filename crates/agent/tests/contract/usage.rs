//! Traffic is counted from the log of a gateway, and told until it is heard.

use std::{
    fs::OpenOptions,
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::http::StatusCode;
use jiff::Timestamp;
use switchtower_agent::{
    driver::directory::Directory,
    port::{Driver, DriverError, Failure, Object, Order, Owned, Placed, TrafficLog},
    stop::Stopper,
};
use switchtower_domain::{deployment::DeploymentId, usage::Requests};
use switchtower_protocol::{capabilities::Capabilities, snapshot::Snapshot, usage::UsageHour};
use tokio::task::JoinHandle;

use super::*;

/// A driver with a log of requests.
struct Counted {
    driver: Directory,
    log: PathBuf,
}

struct Log(PathBuf);

impl TrafficLog for Log {
    fn path(&self) -> &Path {
        &self.0
    }

    fn reopen(&self) -> Result<(), String> {
        Ok(())
    }
}

impl Driver for Counted {
    fn name(&self) -> &'static str {
        self.driver.name()
    }

    fn plan(&self, snapshot: &Snapshot) -> Result<Vec<Object>, Vec<Failure>> {
        self.driver.plan(snapshot)
    }

    async fn owned(&self) -> Result<Vec<Owned>, DriverError> {
        self.driver.owned().await
    }

    async fn apply(&self, order: &Order) -> Result<Placed, DriverError> {
        self.driver.apply(order).await
    }

    async fn survey(&self) -> Capabilities {
        Capabilities { usage: true, ..self.driver.survey().await }
    }

    fn traffic(&self) -> Option<Arc<dyn TrafficLog>> {
        Some(Arc::new(Log(self.log.clone())))
    }
}

/// An agent at work on a folder.
struct Running {
    stopper: Stopper,
    task: JoinHandle<()>,
}

impl Running {
    async fn start(stand_in: &StandIn, dir: &Path) -> Self {
        let folder = IdentityFolder::new(dir);
        if folder.registered().unwrap().is_none() {
            register::register(dir, request(stand_in, false)).await.unwrap();
        }
        let control = Arc::new(Api::new(folder.clone(), folder.load().unwrap().unwrap()).unwrap());
        let directory = Directory::new(dir.join("manifests"), ClusterId::nil(), switchtower_render::Options::default());
        let store = StateFile::new(dir);
        let agent = Agent {
            control,
            queue: stand_in.clone(),
            driver: Counted { driver: directory, log: log(dir) },
            state: store.load().unwrap().unwrap_or_else(|| State::new(ClusterId::nil())),
            store,
            clock: SystemClock,
            pace: pace(),
            metrics: Arc::new(Metrics::default()),
            standing: Standing::default(),
        };
        let (stopper, stop) = Stop::new();
        let running = Self { stopper, task: tokio::spawn(agent.run(stop)) };
        until("it counts", || dir.join("logs/usage.log.json").exists()).await;
        running
    }

    async fn stop(self) {
        self.stopper.stop();
        self.task.await.unwrap();
    }
}

fn log(dir: &Path) -> PathBuf {
    dir.join("logs/usage.log")
}

/// So many requests were answered just now.
fn serve(dir: &Path, requests: usize, status: u16) {
    let (id, now) = (DeploymentId::nil(), Timestamp::now().as_second());
    let line = format!("{id}\t{now}.000\t{status}\t0.003\t1000\tclient-1\n");
    let mut file = OpenOptions::new().create(true).append(true).open(log(dir)).unwrap();
    file.write_all(line.repeat(requests).as_bytes()).unwrap();
}

/// What the control plane makes of what it heard: of each run and hour, the telling with the greatest sequence.
fn heard(stand_in: &StandIn) -> Requests {
    let mut hours: std::collections::BTreeMap<_, UsageHour> = std::collections::BTreeMap::new();
    for report in stand_in.seen(|seen| seen.usage.clone()) {
        for hour in report.hours {
            let known = hours.entry((report.run.clone(), hour.hour)).or_insert_with(|| hour.clone());
            if hour.sequence > known.sequence {
                *known = hour;
            }
        }
    }
    hours.values().flat_map(|hour| &hour.slots).fold(Requests::default(), |sum, slot| sum.plus(slot.requests))
}

#[tokio::test]
async fn what_went_through_is_told_again_after_a_failure_and_the_last_of_it_before_a_stop() {
    let (stand_in, dir) = (StandIn::start().await, tempfile::tempdir().unwrap());
    let agent = Running::start(&stand_in, dir.path()).await;
    serve(dir.path(), 3, 200);
    until("three requests are told", || heard(&stand_in).requests == 3).await;

    stand_in.change(|seen| seen.usage_refusal = Some(StatusCode::SERVICE_UNAVAILABLE));
    serve(dir.path(), 2, 502);
    let before = stand_in.seen(|seen| seen.usage_attempts);
    until("it tries more than once", || stand_in.seen(|seen| seen.usage_attempts) > before + 1).await;
    assert!(stand_in.ended(1).is_some(), "trouble with usage kept a deployment waiting");
    stand_in.change(|seen| seen.usage_refusal = None);
    until("five requests are told", || heard(&stand_in).requests == 5).await;

    serve(dir.path(), 1, 404);
    agent.stop().await;
    assert_eq!(heard(&stand_in), Requests { requests: 6, client_errors: 1, server_errors: 2 });
    let told = stand_in.seen(|seen| seen.heartbeats.iter().find_map(|beat| beat.capabilities.clone()));
    assert!(told.unwrap().usage, "it does not say that it counts");
    let runs = stand_in.seen(|seen| seen.usage.iter().map(|report| report.run.clone()).collect::<Vec<_>>());
    assert!(runs.iter().all(|run| run.len() == 26 && *run == runs[0]), "{runs:?}");
    let clients = stand_in.seen(|seen| seen.usage.last().unwrap().hours.last().unwrap().clients.clone());
    assert_eq!(clients[0].client_id, "client-1");
}

#[tokio::test]
async fn what_went_through_while_no_agent_ran_is_counted_once() {
    let (stand_in, dir) = (StandIn::start().await, tempfile::tempdir().unwrap());
    let agent = Running::start(&stand_in, dir.path()).await;
    serve(dir.path(), 3, 200);
    until("three requests are told", || heard(&stand_in).requests == 3).await;
    // As a crash would.
    agent.task.abort();
    _ = agent.task.await;
    serve(dir.path(), 4, 200);
    let agent = Running::start(&stand_in, dir.path()).await;
    until("seven requests are told", || heard(&stand_in).requests == 7).await;
    agent.stop().await;
    assert_eq!(heard(&stand_in).requests, 7);
}

#[tokio::test]
async fn a_control_plane_that_knows_no_usage_is_not_pressed() {
    let (stand_in, dir) = (StandIn::start().await, tempfile::tempdir().unwrap());
    stand_in.change(|seen| seen.usage_refusal = Some(StatusCode::NOT_FOUND));
    let agent = Running::start(&stand_in, dir.path()).await;
    serve(dir.path(), 3, 200);
    until("it is told", || stand_in.seen(|seen| seen.usage_attempts) > 0).await;
    tokio::time::sleep(5 * pace().usage).await;
    agent.stop().await;
    assert_eq!(stand_in.seen(|seen| seen.usage_attempts), 1);
}

#[tokio::test]
async fn an_hour_that_is_refused_does_not_hold_up_others() {
    let (stand_in, dir) = (StandIn::start().await, tempfile::tempdir().unwrap());
    stand_in.change(|seen| seen.usage_refusal = Some(StatusCode::UNPROCESSABLE_ENTITY));
    let agent = Running::start(&stand_in, dir.path()).await;
    serve(dir.path(), 3, 200);
    until("it is refused", || stand_in.seen(|seen| seen.usage_attempts) > 0).await;
    stand_in.change(|seen| seen.usage_refusal = None);
    serve(dir.path(), 1, 200);
    until("what comes next is told", || heard(&stand_in).requests == 4).await;
    agent.stop().await;
}
