//! A control plane with one cluster and one deployment, and a queue.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};
use switchtower_agent::port::{Message, Queue, QueueError};
use switchtower_domain::{
    agent::AgentId,
    cluster::ClusterId,
    deployment::{DeploymentId, DeploymentStatus, Desired, Generation, Outcome},
    tenant::TenantId,
};
use switchtower_protocol::{
    desired::{DesiredItem, DesiredPage, DesiredState},
    doorbell::Doorbell,
    heartbeat::{Heartbeat, HeartbeatReply},
    registration::{AgentClaims, Registration, RegistrationRequest},
    report::{Report, ReportReceipt},
    usage::{UsageReceipt, UsageReport},
};

const AUDIENCE: &str = "https://switchtower.test";

/// What the control plane has seen, and what it is to do.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) registrations: u64,
    pub(crate) reports: Vec<Report>,
    pub(crate) refused_reports: u32,
    pub(crate) heartbeats: Vec<Heartbeat>,
    pub(crate) deleted: Vec<String>,
    pub(crate) released: Vec<String>,
    pub(crate) public_keys: Vec<String>,
    pub(crate) answers_are_lost: bool,
    pub(crate) reports_fail: bool,
    pub(crate) usage: Vec<UsageReport>,
    pub(crate) usage_attempts: u32,
    /// What usage is answered instead of being taken.
    pub(crate) usage_refusal: Option<StatusCode>,
    pub(crate) revoked: bool,
    pub(crate) foreign: bool,
    agent: Option<(AgentId, String)>,
    generation: u64,
    queue: Vec<(String, Option<Doorbell>)>,
}

#[derive(Clone)]
pub(crate) struct StandIn {
    pub(crate) base: String,
    seen: Arc<Mutex<Seen>>,
}

impl StandIn {
    pub(crate) async fn start() -> Self {
        let seen = Arc::new(Mutex::new(Seen { generation: 1, ..Seen::default() }));
        let api = Router::new()
            .route("/v1/agent/registrations", post(register))
            .route("/v1/agent/heartbeats", post(heartbeat))
            .route("/v1/agent/deployments", get(list))
            .route("/v1/agent/deployments/{id}", get(deployment))
            .route("/v1/agent/reports", post(report))
            .route("/v1/agent/usage", post(usage))
            .route("/v1/agent/queue-credentials", post(queue_credentials))
            .with_state(seen.clone());
        let app = Router::new().nest("/_aws/execute-api/abc/$default", api);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/_aws/execute-api/abc/$default", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { base, seen }
    }

    pub(crate) fn seen<T>(&self, look: impl Fn(&Seen) -> T) -> T {
        look(&self.seen.lock().unwrap())
    }

    pub(crate) fn change(&self, change: impl Fn(&mut Seen)) {
        change(&mut self.seen.lock().unwrap());
    }

    pub(crate) fn publish(&self, generation: u64) {
        self.change(|seen| seen.generation = generation);
    }

    pub(crate) fn ring(&self, receipt: &str) {
        let doorbell = Doorbell { cluster_id: ClusterId::nil(), deployment_id: DeploymentId::nil() };
        self.change(|seen| seen.queue.push((receipt.to_owned(), Some(doorbell))));
    }

    /// Puts something into the queue that is no doorbell.
    pub(crate) fn garble(&self, receipt: &str) {
        self.change(|seen| seen.queue.push((receipt.to_owned(), None)));
    }

    /// How a generation ended, as far as the control plane knows.
    pub(crate) fn ended(&self, generation: u64) -> Option<Outcome> {
        self.seen(|seen| seen.ended(generation))
    }
}

impl Seen {
    fn ended(&self, generation: u64) -> Option<Outcome> {
        let about = |report: &&Report| report.generation.0 == generation && report.outcome != Outcome::Applying;
        self.reports.iter().rev().find(about).map(|report| report.outcome)
    }

    fn item(&self) -> DesiredItem {
        DesiredItem {
            deployment_id: DeploymentId::nil(),
            generation: Generation(self.generation),
            desired: Desired::Present,
            digest: Some(format!("digest-{}", self.generation)),
            settled: self.ended(self.generation).is_some(),
        }
    }
}

type Shared = State<Arc<Mutex<Seen>>>;

fn problem(status: StatusCode, code: &str, detail: &str) -> Response {
    let body = json!({ "type": "about:blank", "title": code, "status": status.as_u16(), "detail": detail, "code": code, "request_id": "req-1" });
    (status, [(CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
}

/// Refuses what is not signed by the registered key, for the audience, for 60 seconds at most.
fn refuse(seen: &Seen, headers: &HeaderMap) -> Option<Response> {
    let token = headers.get("authorization")?.to_str().unwrap().strip_prefix("Bearer ").unwrap();
    let (agent, key) = seen.agent.as_ref().unwrap();
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_audience(&[AUDIENCE]);
    let claims = decode::<AgentClaims>(token, &DecodingKey::from_ed_components(key).unwrap(), &validation);
    let kid = decode_header(token).unwrap().kid;
    let fit =
        claims.is_ok_and(|token| token.claims.exp - token.claims.iat <= 60 && token.claims.sub == agent.to_string());
    let known = fit && kid == Some(agent.to_string()) && !seen.revoked;
    (!known).then(|| problem(StatusCode::UNAUTHORIZED, "agent_revoked", "The agent is not known any more."))
}

async fn register(State(seen): Shared, Json(request): Json<RegistrationRequest>) -> Response {
    let mut seen = seen.lock().unwrap();
    seen.registrations += 1;
    seen.public_keys.push(request.public_key.clone());
    let agent_id = AgentId::from_parts(seen.registrations, 0);
    seen.agent = Some((agent_id, request.public_key));
    let (cluster_id, tenant_id) = (ClusterId::nil(), TenantId::nil());
    let registration =
        Registration { agent_id, cluster_id, tenant_id, audience: AUDIENCE.into(), heartbeat_seconds: 1 };
    if seen.answers_are_lost {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    (StatusCode::CREATED, Json(registration)).into_response()
}

async fn heartbeat(State(seen): Shared, headers: HeaderMap, Json(heartbeat): Json<Heartbeat>) -> Response {
    let mut seen = seen.lock().unwrap();
    if let Some(refusal) = refuse(&seen, &headers) {
        return refusal;
    }
    seen.heartbeats.push(heartbeat);
    Json(HeartbeatReply { desired_version: seen.generation, heartbeat_seconds: 1 }).into_response()
}

async fn list(State(seen): Shared, headers: HeaderMap) -> Response {
    let seen = seen.lock().unwrap();
    let page = DesiredPage { items: vec![seen.item()], next_cursor: None, desired_version: seen.generation };
    refuse(&seen, &headers).unwrap_or_else(|| Json(page).into_response())
}

async fn deployment(State(seen): Shared, headers: HeaderMap, Path(id): Path<String>) -> Response {
    let seen = seen.lock().unwrap();
    if let Some(refusal) = refuse(&seen, &headers) {
        return refusal;
    }
    if seen.foreign {
        return (StatusCode::NOT_FOUND, Json(json!({ "message": "Not Found" }))).into_response();
    }
    if id != DeploymentId::nil().to_string() {
        return problem(StatusCode::NOT_FOUND, "not_found", "There is no such deployment.");
    }
    let mut snapshot = switchtower_render::fixture::small();
    snapshot.cluster_id = ClusterId::nil();
    snapshot.deployment_id = DeploymentId::nil();
    let mut answer = serde_json::to_value(DesiredState { item: seen.item(), snapshot: Some(snapshot) }).unwrap();
    // What a newer control plane may add.
    answer["snapshot"]["publish"]["unknown"] = Value::Bool(true);
    Json(answer).into_response()
}

async fn report(State(seen): Shared, headers: HeaderMap, Json(report): Json<Report>) -> Response {
    let mut seen = seen.lock().unwrap();
    if let Some(refusal) = refuse(&seen, &headers) {
        return refusal;
    }
    if seen.reports_fail {
        seen.refused_reports += 1;
        return problem(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Try again.");
    }
    seen.reports.push(report);
    let generation = Generation(seen.generation);
    Json(ReportReceipt { generation, status: DeploymentStatus::Applying }).into_response()
}

async fn usage(State(seen): Shared, headers: HeaderMap, Json(report): Json<UsageReport>) -> Response {
    let mut seen = seen.lock().unwrap();
    if let Some(refusal) = refuse(&seen, &headers) {
        return refusal;
    }
    seen.usage_attempts += 1;
    if let Some(status) = seen.usage_refusal {
        return (status, Json(json!({ "message": "No." }))).into_response();
    }
    seen.usage.push(report);
    Json(UsageReceipt { unknown: Vec::new() }).into_response()
}

async fn queue_credentials(State(seen): Shared, headers: HeaderMap) -> Response {
    let seen = seen.lock().unwrap();
    let not_yet = || problem(StatusCode::CONFLICT, "cluster_not_provisioned", "The queue is being made.");
    refuse(&seen, &headers).unwrap_or_else(not_yet)
}

impl Queue for StandIn {
    async fn receive(&self) -> Result<Vec<Message>, QueueError> {
        let messages = std::mem::take(&mut self.seen.lock().unwrap().queue);
        if messages.is_empty() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(messages.into_iter().map(|(receipt, doorbell)| Message { receipt, doorbell }).collect())
    }

    async fn delete(&self, receipt: &str) -> Result<(), QueueError> {
        self.seen.lock().unwrap().deleted.push(receipt.to_owned());
        Ok(())
    }

    async fn release(&self, receipt: &str) -> Result<(), QueueError> {
        self.seen.lock().unwrap().released.push(receipt.to_owned());
        Ok(())
    }
}
