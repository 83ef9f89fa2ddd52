//! What the agent tells on loopback: `/healthz` and `/metrics`.

use std::sync::Arc;

use axum::{Json, Router, extract::State, http::header::CONTENT_TYPE, response::IntoResponse, routing::get};
use jiff::Timestamp;
use serde::Serialize;
use switchtower_domain::{agent::AgentId, cluster::ClusterId};

use crate::{metrics::Metrics, standing::Standing};

/// How many seconds of silence make a peer unreachable, at a long poll of 20 seconds and heartbeats of up to a minute.
const SILENT_SECONDS: i64 = 90;

/// What is told.
#[derive(Debug, Clone)]
pub struct Told {
    /// The agent.
    pub agent_id: AgentId,
    /// Its cluster.
    pub cluster_id: ClusterId,
    /// Its driver.
    pub driver: &'static str,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// How it stands with the control plane.
    pub standing: Standing,
}

/// The answer of `/healthz`. It is 200 as long as the agent runs: what it manages runs on without the control plane.
#[derive(Debug, Serialize)]
pub struct Health {
    status: &'static str,
    version: &'static str,
    agent_id: AgentId,
    cluster_id: ClusterId,
    driver: &'static str,
    control_plane: Peer,
    queue: Peer,
    applied_version: u64,
    desired_version: u64,
    deployments: usize,
    pending_reports: u64,
}

#[derive(Debug, Serialize)]
struct Peer {
    reachable: bool,
    last_contact: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<String>,
}

/// The routes.
pub fn router(told: Told) -> Router {
    Router::new().route("/healthz", get(healthz)).route("/metrics", get(metrics)).with_state(told)
}

async fn healthz(State(told): State<Told>) -> Json<Health> {
    Json(health(&told, Timestamp::now()))
}

async fn metrics(State(told): State<Told>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], told.metrics.render())
}

fn health(told: &Told, now: Timestamp) -> Health {
    let metrics = &told.metrics;
    let refusal = told.standing.refusal();
    let heard = |last: Option<Timestamp>| last.is_some_and(|last| now.as_second() - last.as_second() < SILENT_SECONDS);
    let (contact, poll) = (metrics.last_contact(), metrics.last_poll());
    let status = match (&refusal, heard(contact)) {
        (Some(_), _) => "refused",
        (None, true) => "ok",
        (None, false) => "disconnected",
    };
    Health {
        status,
        version: env!("CARGO_PKG_VERSION"),
        agent_id: told.agent_id,
        cluster_id: told.cluster_id,
        driver: told.driver,
        control_plane: Peer { reachable: heard(contact), last_contact: contact, refusal },
        queue: Peer { reachable: heard(poll), last_contact: poll, refusal: None },
        applied_version: metrics.applied_version(),
        desired_version: metrics.desired_version(),
        deployments: metrics.deployments(),
        pending_reports: metrics.pending_reports(),
    }
}
