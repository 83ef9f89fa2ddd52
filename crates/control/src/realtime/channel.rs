//! Channels: which events a subscription is about, and who may read them.

use std::{fmt, str::FromStr};

use switchtower_domain::operation::{self, Operation};

/// A channel of the live feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// All of the tenant's events.
    Events,
    /// What happens to deployments.
    Deployments,
    /// What happens to clusters and their agents.
    Clusters,
}

/// There is no channel of that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no such channel")]
pub struct UnknownChannel;

impl Channel {
    /// Every channel.
    pub const ALL: [Self; 3] = [Self::Events, Self::Deployments, Self::Clusters];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Deployments => "deployments",
            Self::Clusters => "clusters",
        }
    }

    /// The reading that a subscription is authorized like.
    pub(super) const fn reading(self) -> &'static Operation {
        match self {
            Self::Events => &operation::event_list,
            Self::Deployments => &operation::deployment_list,
            Self::Clusters => &operation::cluster_list,
        }
    }

    /// Whether it carries events of that type.
    pub(super) fn carries(self, kind: &str) -> bool {
        let resource = kind.split('.').next().unwrap_or(kind);
        match self {
            Self::Events => true,
            Self::Deployments => resource == "deployment",
            Self::Clusters => matches!(resource, "cluster" | "agent"),
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Channel {
    type Err = UnknownChannel;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|channel| channel.name() == name).ok_or(UnknownChannel)
    }
}
