//! Registration tokens: one use, 30 minutes, one cluster.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    agent::AgentId,
    change::{Change, Stamp, WrongState},
    cluster::ClusterId,
    event::EventDraft,
    id::resource_id,
    resource::{Kind, Resource},
};

resource_id!(RegistrationToken, RegistrationTokenId, "tok");

/// How long a token works, in seconds.
pub const LIFETIME_SECONDS: i64 = 30 * 60;

/// `unused` -> `used`, `expired` or `revoked`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TokenStatus {
    /// Can register one agent.
    Unused,
    /// Has registered an agent.
    Used,
    /// Was not used in time.
    Expired,
    /// Was withdrawn.
    Revoked,
}

/// A registration token, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RegistrationToken {
    /// The cluster whose agent it registers.
    pub cluster_id: ClusterId,
    /// Whether it works.
    pub status: TokenStatus,
    /// From when it is refused.
    pub expires_at: Timestamp,
    /// The agent that it registered.
    pub agent_id: Option<AgentId>,
}

impl Kind for RegistrationToken {
    const KIND: &'static str = "registration_token";
    const UNIQUE_NAME: bool = false;

    fn group(&self) -> Option<String> {
        Some(self.cluster_id.to_string())
    }

    fn due(&self) -> Option<Timestamp> {
        (self.status == TokenStatus::Unused).then_some(self.expires_at)
    }
}

impl Resource<RegistrationToken> {
    /// Whether the token works at a time; its row may lag behind its expiry.
    pub fn status_at(&self, now: Timestamp) -> TokenStatus {
        match self.body.status {
            TokenStatus::Unused if self.body.expires_at <= now => TokenStatus::Expired,
            status => status,
        }
    }

    /// Spends the token on an agent.
    pub fn spend(self, agent_id: AgentId, stamp: &Stamp) -> Result<Change<RegistrationToken>, WrongState> {
        self.unused("use", stamp.now)?;
        let body = RegistrationToken { status: TokenStatus::Used, agent_id: Some(agent_id), ..self.body.clone() };
        Ok(self.become_body(body, stamp, EventDraft::new("registration_token.used")))
    }

    /// Withdraws the token.
    pub fn revoke(self, stamp: &Stamp) -> Result<Change<RegistrationToken>, WrongState> {
        self.unused("revoke", stamp.now)?;
        let body = RegistrationToken { status: TokenStatus::Revoked, ..self.body.clone() };
        Ok(self.become_body(body, stamp, EventDraft::new("registration_token.revoked")))
    }

    /// Takes note that the token ran out. `None` unless it is unused and past its time.
    pub fn expire(self, stamp: &Stamp) -> Option<Change<RegistrationToken>> {
        let lapsed = self.body.status == TokenStatus::Unused && self.body.expires_at <= stamp.now;
        lapsed.then(|| {
            let body = RegistrationToken { status: TokenStatus::Expired, ..self.body.clone() };
            self.become_body(body, stamp, EventDraft::new("registration_token.expired"))
        })
    }

    fn unused(&self, verb: &'static str, now: Timestamp) -> Result<(), WrongState> {
        match self.status_at(now) {
            TokenStatus::Unused => Ok(()),
            status => {
                let state = status.name().to_owned();
                Err(WrongState { kind: RegistrationToken::KIND, verb, state, allowed: "`unused`" })
            }
        }
    }
}

impl TokenStatus {
    /// The status as the API writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unused => "unused",
            Self::Used => "used",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}
