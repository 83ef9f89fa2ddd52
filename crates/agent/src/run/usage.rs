//! Counting traffic, and telling how much there was.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use jiff::Timestamp;
use switchtower_protocol::usage::UsageReport;
use ulid::Ulid;

use super::{Shared, worker::later};
use crate::{
    backoff::Backoff,
    port::{ApiError, Clock, ControlPlane, TrafficLog},
    usage::{Meter, Round, meter::ROTATE_AT},
};

/// The most hours of deployments in one report.
const MOST: usize = 100;
/// The longest wait after failures.
const MOST_PATIENT: Duration = Duration::from_secs(600);
/// Until a control plane that knows no usage is asked again.
const MISSING: Duration = Duration::from_secs(3600);
/// How long a stop waits for the last telling.
const LAST: Duration = Duration::from_secs(3);

/// What counts, shared with the threads that read files.
type Counting = Arc<Mutex<Meter>>;

/// How telling goes.
struct Telling {
    backoff: Backoff,
    /// Nothing is told before.
    not_before: Timestamp,
    /// How many hours to tell at once: fewer after a refusal, until the one that is refused is alone.
    most: usize,
    /// Whether it was said that the control plane knows no usage.
    missed: bool,
}

impl<C: ControlPlane, K: Clock> Shared<C, K> {
    /// Counts and tells until it is time to stop, where there is something to count. While the control plane does not answer, what
    /// was counted is kept; the log is read all the same, so that it does not grow.
    pub(super) async fn measure(&self, traffic: Option<Arc<dyn TrafficLog>>) {
        let Some(traffic) = traffic else { return };
        let Some(meter) = self.open(traffic).await else { return };
        // At once, so that the place to begin is known before there is traffic.
        self.read(&meter).await;
        let backoff = Backoff::new(Duration::from_secs(1), MOST_PATIENT);
        let mut telling = Telling { backoff, not_before: self.clock.now(), most: MOST, missed: false };
        // Agents that start together do not tell together.
        let mut pause = self.pace.usage.mul_f64(self.clock.fraction());
        while self.rest(pause).await {
            self.read(&meter).await;
            pause = tokio::select! {
                biased;
                () = self.stop.wait() => Duration::ZERO,
                pause = self.tell(&meter, &mut telling) => pause,
            };
        }
        self.read(&meter).await;
        tokio::select! {
            _ = self.tell(&meter, &mut telling) => {}
            () = self.clock.sleep(LAST) => tracing::warn!("the control plane did not take the last usage; the next run tells it"),
        }
    }

    async fn open(&self, traffic: Arc<dyn TrafficLog>) -> Option<Counting> {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
        loop {
            match Meter::open(traffic.clone(), ROTATE_AT, || run_id(self.clock.now())) {
                Ok(meter) => return Some(Arc::new(Mutex::new(meter))),
                Err(error) => tracing::error!(%error, "cannot count traffic yet"),
            }
            if !self.rest(backoff.next(self.clock.fraction())).await {
                return None;
            }
        }
    }

    /// Counts what was logged since: all of it, unless it is time to stop.
    async fn read(&self, meter: &Counting) {
        loop {
            let (own, now) = (meter.clone(), self.clock.now());
            let round = tokio::task::spawn_blocking(move || lock(&own).round(now)).await;
            match round.map_err(std::io::Error::other).flatten() {
                Ok(round) => {
                    self.note_round(round);
                    if round.ended || self.stop.requested() {
                        return;
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot count traffic now; it is made up for later");
                    return;
                }
            }
        }
    }

    fn note_round(&self, round: Round) {
        let Round { counted, late, unreadable, given_up, .. } = round;
        self.metrics.usage_requests.add_all(counted);
        self.metrics.usage_skipped.add_all(late + unreadable);
        if late + unreadable > 0 {
            tracing::warn!(late, unreadable, "some lines of the log of requests were not counted");
        }
        if given_up > 0 {
            tracing::warn!(hours = given_up, "gave up hours of usage that the control plane did not take for a day");
        }
    }

    /// Tells everything that changed; says how long to wait until the next time.
    async fn tell(&self, meter: &Counting, telling: &mut Telling) -> Duration {
        let pause = self.pace.usage;
        while self.standing.refusal().is_none() && self.clock.now() >= telling.not_before {
            let Some(report) = lock(meter).report(telling.most, self.clock.now()) else { break };
            match self.control.usage(&report).await {
                Ok(receipt) => {
                    self.metrics.usage_reports.add();
                    lock(meter).accepted(&report, &receipt);
                    telling.went_well();
                }
                Err(error) => {
                    self.metrics.usage_report_failures.add();
                    let Some(wait) = self.failed(meter, telling, &report, &error) else { continue };
                    telling.not_before = later(self.clock.now(), wait);
                    return wait.min(pause);
                }
            }
        }
        pause
    }

    /// What a failure means: how long to wait, or nothing when the rest can be told at once.
    fn failed(
        &self,
        meter: &Counting,
        telling: &mut Telling,
        report: &UsageReport,
        error: &ApiError,
    ) -> Option<Duration> {
        match error {
            ApiError::Unauthorized(_) => {
                self.standing.refuse(&error.to_string());
                Some(self.pace.refused)
            }
            error if error.is_missing() => {
                if !telling.missed {
                    tracing::warn!(
                        "the control plane takes no usage; it may be older than the agent. It is asked again every hour"
                    );
                }
                telling.missed = true;
                Some(MISSING)
            }
            ApiError::Refused(_) if report.hours.len() > 1 => {
                telling.most = report.hours.len() / 2;
                None
            }
            ApiError::Refused(_) => {
                tracing::warn!(%error, "an hour of usage is left out");
                lock(meter).passed(report);
                telling.most = MOST;
                None
            }
            error => {
                tracing::warn!(%error, "could not tell usage; it is kept and told later");
                Some(telling.backoff.next(self.clock.fraction()))
            }
        }
    }
}

impl Telling {
    fn went_well(&mut self) {
        self.backoff.reset();
        self.most = MOST;
        self.missed = false;
    }
}

fn lock(meter: &Counting) -> MutexGuard<'_, Meter> {
    meter.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A new run.
fn run_id(now: Timestamp) -> String {
    let mut random = [0_u8; 16];
    // Without chance, the time alone tells runs apart.
    _ = SystemRandom::new().fill(&mut random);
    Ulid::from_parts(u64::try_from(now.as_millisecond()).unwrap_or_default(), u128::from_be_bytes(random)).to_string()
}
