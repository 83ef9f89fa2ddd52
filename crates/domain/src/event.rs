//! Events: immutable facts, past tense, committed with the change that they tell of.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{actor::Actor, cluster::ClusterId, id::EventId, tenant::TenantId};

/// What a transition says happened; the commit adds who, when and where.
#[derive(Debug, Clone, PartialEq)]
pub struct EventDraft {
    /// `<resource>.<past tense verb>`, such as `cluster.created`.
    pub kind: &'static str,
    /// What a reader needs besides the subject; never a secret, a body or an e-mail address.
    pub data: Value,
    /// The cluster that the event concerns, when there is one.
    pub cluster: Option<ClusterId>,
    /// Whether that cluster's agent must hear of it.
    pub rings: bool,
}

impl EventDraft {
    /// An event without data.
    pub fn new(kind: &'static str) -> Self {
        Self { kind, data: Value::Null, cluster: None, rings: false }
    }

    /// The event with data.
    #[must_use]
    pub fn with(self, data: Value) -> Self {
        Self { data, ..self }
    }

    /// The event as one that concerns a cluster.
    #[must_use]
    pub fn about(self, cluster: ClusterId) -> Self {
        Self { cluster: Some(cluster), ..self }
    }

    /// The event as one that a cluster's agent must hear of: it becomes a doorbell.
    #[must_use]
    pub fn ringing(self, cluster: ClusterId) -> Self {
        Self { cluster: Some(cluster), rings: true, ..self }
    }
}

/// An event of the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Event {
    /// The event's id; also the idempotency key of every delivery.
    pub id: EventId,
    /// `<resource>.<past tense verb>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The tenant in whose log it stands.
    pub tenant_id: TenantId,
    /// The id of the resource that changed.
    pub subject: String,
    /// Who changed it.
    pub actor: Actor,
    /// When.
    pub at: Timestamp,
    /// The request that caused it.
    pub request_id: String,
    /// The cluster that it concerns, when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster_id: Option<ClusterId>,
    /// Details, by type of event.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    #[schema(value_type = Object)]
    pub data: Value,
}
