//! Agents: the programs in clusters that apply desired state and report.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    change::{Change, Stamp, WrongState},
    cluster::ClusterId,
    event::EventDraft,
    id::resource_id,
    resource::{Kind, Resource},
};

resource_id!(Agent, AgentId, "agt");

/// Heartbeats that may be missed before an agent is `degraded`.
pub const DEGRADED_AFTER: i64 = 3;
/// Heartbeats that may be missed before an agent is `offline`.
pub const OFFLINE_AFTER: i64 = 10;

/// `online` ⇄ `degraded` ⇄ `offline`, by heartbeats; `draining` while it stops; `revoked` for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AgentStatus {
    /// Heard in time.
    Online,
    /// Three heartbeats missed.
    Degraded,
    /// Ten heartbeats missed.
    Offline,
    /// Said that it is stopping.
    Draining,
    /// Refused on every request.
    Revoked,
}

/// An agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Agent {
    /// The cluster it works in.
    pub cluster_id: ClusterId,
    /// Its Ed25519 public key: 32 bytes in base64url without padding. The private half never leaves its cluster.
    pub public_key: String,
    /// Its version.
    pub version: String,
    /// How it applies desired state, such as `directory`.
    pub driver: String,
    /// Whether it is heard.
    pub status: AgentStatus,
    /// When it was last heard, as of the last change of status; `GET` of one agent tells the present value.
    pub last_heartbeat_at: Timestamp,
}

impl Kind for Agent {
    const KIND: &'static str = "agent";
    const UNIQUE_NAME: bool = false;

    fn group(&self) -> Option<String> {
        Some(self.cluster_id.to_string())
    }
}

/// The status that an agent's silence gives it.
pub fn status_by_silence(silent_seconds: i64, heartbeat_seconds: i64) -> AgentStatus {
    let heartbeat = heartbeat_seconds.max(1);
    match silent_seconds {
        silent if silent >= heartbeat * OFFLINE_AFTER => AgentStatus::Offline,
        silent if silent >= heartbeat * DEGRADED_AFTER => AgentStatus::Degraded,
        _ => AgentStatus::Online,
    }
}

impl Resource<Agent> {
    /// Takes note of what the heartbeats, or their absence, say. `None` when nothing changes.
    pub fn observed(self, status: AgentStatus, last_heartbeat_at: Timestamp, stamp: &Stamp) -> Option<Change<Agent>> {
        let event = match status {
            AgentStatus::Online => "agent.online",
            AgentStatus::Degraded => "agent.degraded",
            AgentStatus::Offline => "agent.offline",
            AgentStatus::Draining => "agent.draining",
            AgentStatus::Revoked => return None,
        };
        if self.body.status == AgentStatus::Revoked || self.body.status == status {
            return None;
        }
        let cluster = self.body.cluster_id;
        let body = Agent { status, last_heartbeat_at, ..self.body.clone() };
        Some(self.become_body(body, stamp, EventDraft::new(event).about(cluster)))
    }

    /// Refuses the agent from its next request on.
    pub fn revoke(self, stamp: &Stamp) -> Result<Change<Agent>, WrongState> {
        if self.body.status == AgentStatus::Revoked {
            let state = self.body.status.name().to_owned();
            return Err(WrongState { kind: Agent::KIND, verb: "revoke", state, allowed: "not `revoked`" });
        }
        let cluster = self.body.cluster_id;
        let body = Agent { status: AgentStatus::Revoked, ..self.body.clone() };
        Ok(self.become_body(body, stamp, EventDraft::new("agent.revoked").about(cluster)))
    }

    /// Forgets the agent; its requests are refused from the next one on.
    pub fn remove(self) -> Change<Agent> {
        let cluster = self.body.cluster_id;
        Change::deleted(self, EventDraft::new("agent.deleted").about(cluster))
    }
}

impl AgentStatus {
    /// The status as the API writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Degraded => "degraded",
            Self::Offline => "offline",
            Self::Draining => "draining",
            Self::Revoked => "revoked",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_missed_heartbeats_degrade_and_ten_take_offline() {
        let status = |silent| status_by_silence(silent, 30);
        assert_eq!(status(89), AgentStatus::Online);
        assert_eq!(status(90), AgentStatus::Degraded);
        assert_eq!(status(299), AgentStatus::Degraded);
        assert_eq!(status(300), AgentStatus::Offline);
    }
}
