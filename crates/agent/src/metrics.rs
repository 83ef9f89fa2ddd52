//! What is counted, as Prometheus reads it.

use std::{
    collections::BTreeMap,
    fmt::Write,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use jiff::Timestamp;
use switchtower_domain::deployment::{DeploymentId, Generation, Outcome};

use crate::state::State;

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Counts one.
    pub fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts several.
    pub fn add_all(&self, number: u64) {
        self.0.fetch_add(number, Ordering::Relaxed);
    }

    /// The number.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Everything that is counted.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Generations put in place completely.
    pub applies: Counter,
    /// Generations that failed, in part or as a whole.
    pub failures: Counter,
    /// Reports accepted.
    pub reports: Counter,
    /// Heartbeats answered.
    pub heartbeats: Counter,
    /// Heartbeats not answered.
    pub heartbeat_failures: Counter,
    /// Receives answered by the queue.
    pub polls: Counter,
    /// Receives not answered.
    pub poll_failures: Counter,
    /// Messages received.
    pub messages: Counter,
    /// Full resyncs completed.
    pub resyncs: Counter,
    /// Requests counted in the log of the gateway.
    pub usage_requests: Counter,
    /// Lines of that log that were not counted.
    pub usage_skipped: Counter,
    /// Usage reports accepted.
    pub usage_reports: Counter,
    /// Usage reports not accepted.
    pub usage_report_failures: Counter,
    last_contact: AtomicI64,
    last_poll: AtomicI64,
    applied_version: AtomicU64,
    desired_version: AtomicU64,
    pending_reports: AtomicU64,
    generations: Mutex<BTreeMap<DeploymentId, Generation>>,
}

impl Metrics {
    /// Counts an apply.
    pub fn applied(&self, outcome: Outcome) {
        match outcome {
            Outcome::Applied => self.applies.add(),
            Outcome::Partial | Outcome::Failed => self.failures.add(),
            Outcome::Applying => {}
        }
    }

    /// Takes over what the state says.
    pub fn show(&self, state: &State) {
        let pending = u64::try_from(state.pending()).unwrap_or(u64::MAX);
        self.applied_version.store(state.applied_version, Ordering::Relaxed);
        self.pending_reports.store(pending, Ordering::Relaxed);
        let ended = state.deployments.iter().filter(|(_, record)| record.outcome.is_some() && !record.is_over());
        let generations = ended.map(|(id, record)| (*id, record.generation)).collect();
        *self.generations.lock().unwrap_or_else(PoisonError::into_inner) = generations;
    }

    /// Takes note that the control plane answered.
    pub fn contact(&self, now: Timestamp, desired_version: u64) {
        self.last_contact.store(now.as_second(), Ordering::Relaxed);
        self.desired_version.store(desired_version, Ordering::Relaxed);
    }

    /// Takes note that the queue answered.
    pub fn polled(&self, now: Timestamp) {
        self.polls.add();
        self.last_poll.store(now.as_second(), Ordering::Relaxed);
    }

    /// When the control plane last answered a heartbeat.
    pub fn last_contact(&self) -> Option<Timestamp> {
        time(&self.last_contact)
    }

    /// When the queue last answered.
    pub fn last_poll(&self) -> Option<Timestamp> {
        time(&self.last_poll)
    }

    /// The `desired_version` up to which everything is converged.
    pub fn applied_version(&self) -> u64 {
        self.applied_version.load(Ordering::Relaxed)
    }

    /// The newest `desired_version` heard of.
    pub fn desired_version(&self) -> u64 {
        self.desired_version.load(Ordering::Relaxed)
    }

    /// Reports that wait to be accepted.
    pub fn pending_reports(&self) -> u64 {
        self.pending_reports.load(Ordering::Relaxed)
    }

    /// Deployments in place.
    pub fn deployments(&self) -> usize {
        self.generations.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// All numbers in the text format.
    pub fn render(&self) -> String {
        let mut text = String::new();
        let counters = [
            ("applies", "Generations put in place completely.", &self.applies),
            ("failures", "Generations that failed, in part or as a whole.", &self.failures),
            ("reports", "Reports accepted by the control plane.", &self.reports),
            ("heartbeats", "Heartbeats answered by the control plane.", &self.heartbeats),
            ("heartbeat_failures", "Heartbeats not answered.", &self.heartbeat_failures),
            ("polls", "Receives answered by the queue.", &self.polls),
            ("poll_failures", "Receives not answered.", &self.poll_failures),
            ("messages", "Messages received.", &self.messages),
            ("resyncs", "Full resyncs completed.", &self.resyncs),
            ("usage_requests", "Requests counted in the log of the gateway.", &self.usage_requests),
            ("usage_skipped", "Lines of that log that were not counted.", &self.usage_skipped),
            ("usage_reports", "Usage reports accepted by the control plane.", &self.usage_reports),
            ("usage_report_failures", "Usage reports not accepted.", &self.usage_report_failures),
        ];
        for (name, help, counter) in counters {
            one(&mut text, &format!("{name}_total"), "counter", help, counter.get());
        }
        one(&mut text, "applied_version", "gauge", "The desired version converged on.", self.applied_version());
        one(&mut text, "desired_version", "gauge", "The newest desired version heard of.", self.desired_version());
        one(&mut text, "pending_reports", "gauge", "Reports not accepted yet.", self.pending_reports());
        let contact = self.last_contact.load(Ordering::Relaxed);
        let help = "When the control plane last answered a heartbeat, 0 for never.";
        one(&mut text, "last_contact_timestamp_seconds", "gauge", help, contact);
        let generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        head(&mut text, "generation", "gauge", "The generation dealt with, by deployment.");
        for (id, generation) in generations.iter() {
            _ = writeln!(text, "switchtower_agent_generation{{deployment=\"{id}\"}} {}", generation.0);
        }
        text
    }
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    _ = writeln!(text, "# HELP switchtower_agent_{name} {help}\n# TYPE switchtower_agent_{name} {kind}");
}

fn one(text: &mut String, name: &str, kind: &str, help: &str, value: impl std::fmt::Display) {
    head(text, name, kind, help);
    _ = writeln!(text, "switchtower_agent_{name} {value}");
}

fn time(seconds: &AtomicI64) -> Option<Timestamp> {
    match seconds.load(Ordering::Relaxed) {
        0 => None,
        seconds => Timestamp::from_second(seconds).ok(),
    }
}
