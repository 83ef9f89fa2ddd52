//! The names of a deployment's variables, upstreams and zones: all deployments of a host share one space of names.

use switchtower_domain::deployment::DeploymentId;

/// Makes names that no other deployment has.
#[derive(Debug)]
pub(super) struct Names {
    tag: String,
}

impl Names {
    pub(super) fn of(deployment: DeploymentId) -> Self {
        Self { tag: format!("d{}", deployment.suffix()) }
    }

    /// A variable, with its `$`.
    pub(super) fn variable(&self, what: &str) -> String {
        format!("${}_{what}", self.tag)
    }

    /// A name of something else.
    pub(super) fn name(&self, what: &str) -> String {
        format!("{}_{what}", self.tag)
    }
}
