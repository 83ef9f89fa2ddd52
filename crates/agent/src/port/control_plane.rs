//! The control plane's API for agents.

use std::{fmt, future::Future, sync::Arc};

use serde::Deserialize;
use switchtower_domain::{deployment::DeploymentId, field::FieldError};
use switchtower_protocol::{
    desired::{DesiredItem, DesiredPage},
    heartbeat::{Heartbeat, HeartbeatReply},
    queue::QueueCredentials,
    report::{Report, ReportReceipt},
    snapshot::Snapshot,
    usage::{UsageReceipt, UsageReport},
};

/// The control plane, as an agent with an identity sees it.
pub trait ControlPlane: Send + Sync {
    /// One deployment with its snapshot; `None` when it is not, or no more, this cluster's.
    fn deployment(&self, id: DeploymentId) -> impl Future<Output = Result<Option<Fetched>, ApiError>> + Send;

    /// A page of all deployments of the cluster.
    fn deployments(&self, cursor: Option<&str>) -> impl Future<Output = Result<DesiredPage, ApiError>> + Send;

    /// Says what became of a generation.
    fn report(&self, report: &Report) -> impl Future<Output = Result<ReportReceipt, ApiError>> + Send;

    /// Says that the agent is there.
    fn heartbeat(&self, heartbeat: &Heartbeat) -> impl Future<Output = Result<HeartbeatReply, ApiError>> + Send;

    /// Tells how much traffic there was.
    fn usage(&self, report: &UsageReport) -> impl Future<Output = Result<UsageReceipt, ApiError>> + Send;

    /// Credentials of the cluster's queue.
    fn queue_credentials(&self) -> impl Future<Output = Result<QueueCredentials, ApiError>> + Send;

    /// Looks whether the agent has been registered anew since.
    fn renew(&self) {}
}

impl<C: ControlPlane> ControlPlane for Arc<C> {
    async fn deployment(&self, id: DeploymentId) -> Result<Option<Fetched>, ApiError> {
        C::deployment(self, id).await
    }

    async fn deployments(&self, cursor: Option<&str>) -> Result<DesiredPage, ApiError> {
        C::deployments(self, cursor).await
    }

    async fn report(&self, report: &Report) -> Result<ReportReceipt, ApiError> {
        C::report(self, report).await
    }

    async fn heartbeat(&self, heartbeat: &Heartbeat) -> Result<HeartbeatReply, ApiError> {
        C::heartbeat(self, heartbeat).await
    }

    async fn usage(&self, report: &UsageReport) -> Result<UsageReceipt, ApiError> {
        C::usage(self, report).await
    }

    async fn queue_credentials(&self) -> Result<QueueCredentials, ApiError> {
        C::queue_credentials(self).await
    }

    fn renew(&self) {
        C::renew(self);
    }
}

/// A deployment as fetched.
///
/// The snapshot is read on its own, so that one in a form newer than this agent is reported as failed, not lost.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// Which deployment, and which generation.
    pub item: DesiredItem,
    /// What is to run, or why it cannot be read.
    pub snapshot: Result<Option<Snapshot>, String>,
}

/// Why the control plane did not do what was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ApiError {
    /// No answer came.
    #[error("cannot reach the control plane: {0}")]
    Unreachable(String),
    /// The agent is not, or no more, known (401).
    #[error("the control plane refuses this agent: {0}")]
    Unauthorized(Problem),
    /// The request was understood and refused.
    #[error("the control plane refuses the request: {0}")]
    Refused(Problem),
    /// The control plane is in trouble or busy; later may do.
    #[error("the control plane cannot answer now: {0}")]
    Unavailable(Problem),
    /// The answer is in no known form.
    #[error("the control plane's answer cannot be read: {0}")]
    Unreadable(String),
    /// The request could not be signed.
    #[error("cannot sign a request: {0}")]
    Unsigned(String),
}

impl ApiError {
    /// Whether the agent itself is refused.
    pub const fn is_unauthorized(&self) -> bool {
        matches!(self, Self::Unauthorized(_))
    }

    /// Whether what was asked for does not exist, in the control plane's own words.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused(problem) if problem.status == 404 && problem.code == "not_found")
    }

    /// Whether nothing answers at the address, be it in the control plane's words or in those of what is before it.
    pub const fn is_missing(&self) -> bool {
        matches!(self, Self::Refused(problem) if problem.status == 404)
    }

    /// Whether it is refused for this reason.
    pub fn has_code(&self, code: &str) -> bool {
        match self {
            Self::Unauthorized(problem) | Self::Refused(problem) | Self::Unavailable(problem) => problem.code == code,
            Self::Unreachable(_) | Self::Unreadable(_) | Self::Unsigned(_) => false,
        }
    }

    /// Whether the control plane answered at all.
    pub const fn answered(&self) -> bool {
        !matches!(self, Self::Unreachable(_) | Self::Unsigned(_))
    }

    /// Whether the same request may do later.
    pub const fn is_passing(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Unavailable(_) | Self::Unreadable(_))
    }
}

/// An RFC 9457 problem.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// A stable word for the reason; empty when the answer was not a problem of the control plane.
    pub code: String,
    /// What happened, in a sentence.
    pub detail: String,
    /// The request, as the control plane's log names it.
    pub request_id: Option<String>,
    /// The fields that are wrong.
    pub errors: Vec<FieldError>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, self.code)?;
        if !self.detail.is_empty() {
            write!(f, ": {}", self.detail)?;
        }
        for error in &self.errors {
            write!(f, " {}: {}", error.pointer, error.detail)?;
        }
        match &self.request_id {
            Some(id) => write!(f, " (request {id})"),
            None => Ok(()),
        }
    }
}
