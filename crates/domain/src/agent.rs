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
        let event = event_of(status)?;
        if self.body.status == AgentStatus::Revoked || self.body.status == status {
            return None;
        }
        let cluster = self.body.cluster_id;
        let body = Agent { status, last_heartbeat_at, ..self.body.clone() };
        Some(self.become_body(body, stamp, EventDraft::new(event).about(cluster)))
    }

    /// Takes note of a heartbeat. `None` when it says nothing new, or the agent is revoked.
    pub fn heard(self, draining: bool, version: &str, stamp: &Stamp) -> Option<Change<Agent>> {
        if self.body.status == AgentStatus::Revoked {
            return None;
        }
        let cluster = self.body.cluster_id;
        let status = AgentStatus::heard(draining);
        let changed = event_of(status).filter(|_| self.body.status != status);
        let upgraded = (self.body.version != version).then_some("agent.upgraded");
        let mut events = changed.into_iter().chain(upgraded).map(|event| {
            let data = serde_json::json!({ "status": status, "version": version });
            EventDraft::new(event).with(data).about(cluster)
        });
        let first = events.next()?;
        let second = events.next();
        let body = Agent { status, version: version.to_owned(), last_heartbeat_at: stamp.now, ..self.body.clone() };
        let change = self.become_body(body, stamp, first);
        Some(match second {
            Some(second) => change.and(second),
            None => change,
        })
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

/// The event that tells of a status that comes and goes.
const fn event_of(status: AgentStatus) -> Option<&'static str> {
    match status {
        AgentStatus::Online => Some("agent.online"),
        AgentStatus::Degraded => Some("agent.degraded"),
        AgentStatus::Offline => Some("agent.offline"),
        AgentStatus::Draining => Some("agent.draining"),
        AgentStatus::Revoked => None,
    }
}

impl AgentStatus {
    /// The status of an agent that is heard.
    pub const fn heard(draining: bool) -> Self {
        if draining { Self::Draining } else { Self::Online }
    }

    /// The status after some seconds of silence; `None` when it stays.
    pub fn silent(self, silent_seconds: i64, heartbeat_seconds: i64) -> Option<Self> {
        match (self, status_by_silence(silent_seconds, heartbeat_seconds)) {
            (Self::Offline | Self::Revoked, _) => None,
            (_, Self::Offline) => Some(Self::Offline),
            // One that said that it is stopping is expected to be silent.
            (Self::Online, Self::Degraded) => Some(Self::Degraded),
            _ => None,
        }
    }

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
    use crate::{actor::Actor, name::Labels, tenant::TenantId};

    fn agent(status: AgentStatus) -> Resource<Agent> {
        let body = Agent {
            cluster_id: ClusterId::nil(),
            public_key: String::new(),
            version: "1.0.0".into(),
            driver: "directory".into(),
            status,
            last_heartbeat_at: Timestamp::UNIX_EPOCH,
        };
        Resource::new(AgentId::nil(), TenantId::nil(), "node-1".parse().unwrap(), Labels::default(), body, &stamp())
    }

    fn stamp() -> Stamp {
        Stamp { now: Timestamp::UNIX_EPOCH, actor: Actor::System("test".into()) }
    }

    fn events(change: Option<Change<Agent>>) -> Vec<&'static str> {
        change.iter().flat_map(|change| change.events()).map(|event| event.kind).collect()
    }

    #[test]
    fn a_heartbeat_that_says_nothing_new_changes_nothing() {
        assert!(agent(AgentStatus::Online).heard(false, "1.0.0", &stamp()).is_none());
        assert!(agent(AgentStatus::Draining).heard(true, "1.0.0", &stamp()).is_none());
    }

    #[test]
    fn an_agent_that_comes_back_with_another_version_is_online_and_upgraded() {
        let change = agent(AgentStatus::Offline).heard(false, "1.1.0", &stamp());
        assert_eq!(change.as_ref().unwrap().after().unwrap().body.version, "1.1.0");
        assert_eq!(events(change), ["agent.online", "agent.upgraded"]);
    }

    #[test]
    fn a_revoked_agent_stays_revoked_whatever_it_says() {
        assert!(agent(AgentStatus::Revoked).heard(false, "2.0.0", &stamp()).is_none());
        assert!(agent(AgentStatus::Revoked).observed(AgentStatus::Online, stamp().now, &stamp()).is_none());
        assert_eq!(AgentStatus::Revoked.silent(10_000, 30), None);
    }

    #[test]
    fn silence_degrades_once_and_takes_offline_once() {
        assert_eq!(AgentStatus::Online.silent(89, 30), None);
        assert_eq!(AgentStatus::Online.silent(90, 30), Some(AgentStatus::Degraded));
        assert_eq!(AgentStatus::Degraded.silent(200, 30), None);
        assert_eq!(AgentStatus::Draining.silent(200, 30), None);
        assert_eq!(AgentStatus::Draining.silent(300, 30), Some(AgentStatus::Offline));
        assert_eq!(AgentStatus::Offline.silent(9_000, 30), None);
    }

    #[test]
    fn three_missed_heartbeats_degrade_and_ten_take_offline() {
        let status = |silent| status_by_silence(silent, 30);
        assert_eq!(status(89), AgentStatus::Online);
        assert_eq!(status(90), AgentStatus::Degraded);
        assert_eq!(status(299), AgentStatus::Degraded);
        assert_eq!(status(300), AgentStatus::Offline);
    }
}
