//! Product publishes: the intent that a product runs on exactly one cluster.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    actor::Actor,
    api_service::ApiServiceId,
    change::{Change, Stamp, WrongState},
    cluster::ClusterId,
    deployment::{DeploymentId, DeploymentStatus},
    event::EventDraft,
    field::FieldErrors,
    gateway::GatewayId,
    id::resource_id,
    name::{Labels, Name},
    product::ProductId,
    resource::{EditError, Editable, Kind, Reference, Resource},
};

resource_id!(ProductPublish, ProductPublishId, "pub");

/// The most host names of a publish: the limit of an HTTPRoute.
pub const MAX_HOSTNAMES: usize = 16;

/// `draft` -> `published` ⇄ `withdrawn`. Edited only in `draft`; deleted in `draft` or `withdrawn`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PublishStatus {
    /// Being worked on.
    Draft,
    /// Meant to run; its deployment tells whether it does.
    Published,
    /// Meant not to run any more.
    Withdrawn,
}

/// What a publish is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// Development.
    Dev,
    /// A rehearsal of production.
    Staging,
    /// Production.
    Prod,
}

/// How a product is published, wherever that is: what the publishes of one rollout share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PublishSettings {
    /// What it is for.
    pub environment: Environment,
    /// The host names that it answers; the gateway's own when empty.
    #[serde(default)]
    #[schema(max_items = 16, required = false)]
    pub hostnames: Vec<String>,
}

impl PublishSettings {
    /// What the schema cannot say; pointers are relative to them.
    pub fn check(&self) -> FieldErrors {
        FieldErrors::new()
    }
}

impl Environment {
    /// The environment as the API writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Staging => "staging",
            Self::Prod => "prod",
        }
    }
}

/// A product publish.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProductPublish {
    /// What is published.
    pub product_id: ProductId,
    /// The gateway template that it is served through.
    pub gateway_id: GatewayId,
    /// The cluster that it runs on.
    pub cluster_id: ClusterId,
    /// What it is for.
    pub environment: Environment,
    /// The host names that it answers; the gateway's own when empty.
    pub hostnames: Vec<String>,
    /// What is intended.
    pub status: PublishStatus,
    /// The API services that it was last published with; empty before.
    #[serde(default)]
    pub api_services: Vec<ApiServiceId>,
    /// Its deployment, once published.
    pub deployment_id: Option<DeploymentId>,
    /// When it was last published.
    pub published_at: Option<Timestamp>,
    /// By whom.
    pub published_by: Option<Actor>,
    /// When it was last withdrawn.
    pub withdrawn_at: Option<Timestamp>,
    /// By whom.
    pub withdrawn_by: Option<Actor>,
}

/// What makes or replaces a product publish.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductPublishInput {
    /// The name.
    pub name: Name,
    /// The labels.
    #[serde(default)]
    #[schema(required = false)]
    pub labels: Labels,
    /// What is published.
    pub product_id: ProductId,
    /// The gateway template that it is served through.
    pub gateway_id: GatewayId,
    /// The cluster that it runs on.
    pub cluster_id: ClusterId,
    /// What it is for.
    pub environment: Environment,
    /// The host names that it answers; the gateway's own when empty.
    #[serde(default)]
    #[schema(max_items = 16, required = false)]
    pub hostnames: Vec<String>,
}

impl Kind for ProductPublish {
    const KIND: &'static str = "product_publish";

    fn group(&self) -> Option<String> {
        Some(self.cluster_id.to_string())
    }

    fn references(&self) -> Vec<Reference> {
        vec![Reference::to(self.product_id), Reference::to(self.gateway_id), Reference::to(self.cluster_id)]
    }
}

/// Whether a text is a host name of the Gateway API: a lower-case DNS name, `*.` first for a whole domain.
pub fn is_hostname(text: &str) -> bool {
    let name = text.strip_prefix("*.").unwrap_or(text);
    let label = |label: &str| {
        let inner = label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        (1..=63).contains(&label.len()) && inner && !label.starts_with('-') && !label.ends_with('-')
    };
    text.len() <= 253 && name.split('.').all(label) && name.parse::<std::net::IpAddr>().is_err()
}

impl Editable for ProductPublish {
    type Input = ProductPublishInput;
    const EVENTS: [&'static str; 3] = ["product_publish.created", "product_publish.updated", "product_publish.deleted"];

    fn name_of(input: &ProductPublishInput) -> &Name {
        &input.name
    }

    fn labels_of(input: &ProductPublishInput) -> &Labels {
        &input.labels
    }

    fn draft(input: ProductPublishInput) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::new();
        for (index, hostname) in input.hostnames.iter().enumerate() {
            let pointer = format!("/hostnames/{index}");
            let detail = "A host name is a lower-case DNS name, `*.` first for a whole domain.";
            errors.require(is_hostname(hostname), pointer.clone(), "hostname", detail);
            let again = input.hostnames.get(..index).is_some_and(|earlier| earlier.contains(hostname));
            errors.require(!again, pointer, "duplicate", "Name each host name once.");
        }
        errors.or(Self {
            product_id: input.product_id,
            gateway_id: input.gateway_id,
            cluster_id: input.cluster_id,
            environment: input.environment,
            hostnames: input.hostnames,
            status: PublishStatus::Draft,
            api_services: Vec::new(),
            deployment_id: None,
            published_at: None,
            published_by: None,
            withdrawn_at: None,
            withdrawn_by: None,
        })
    }

    fn amend(self, input: ProductPublishInput) -> Result<Self, EditError> {
        match self.status {
            PublishStatus::Draft => Ok(Self::draft(input)?),
            _ => Err(self.wrong_state("update", "`draft`").into()),
        }
    }

    fn input(resource: &Resource<Self>) -> ProductPublishInput {
        let body = resource.body.clone();
        ProductPublishInput {
            name: resource.name.clone(),
            labels: resource.labels.clone(),
            product_id: body.product_id,
            gateway_id: body.gateway_id,
            cluster_id: body.cluster_id,
            environment: body.environment,
            hostnames: body.hostnames,
        }
    }

    fn deletable(&self) -> Result<(), WrongState> {
        match self.status {
            PublishStatus::Draft | PublishStatus::Withdrawn => Ok(()),
            PublishStatus::Published => Err(self.wrong_state("delete", "`draft` or `withdrawn`")),
        }
    }
}

impl ProductPublish {
    fn wrong_state(&self, verb: &'static str, allowed: &'static str) -> WrongState {
        WrongState { kind: Self::KIND, verb, state: self.status.name().to_owned(), allowed }
    }
}

impl Resource<ProductPublish> {
    /// Says that its product must run there, with these API services. A published one may be published again: that
    /// deploys what its product is now.
    pub fn publish(
        self,
        deployment_id: DeploymentId,
        api_services: Vec<ApiServiceId>,
        stamp: &Stamp,
    ) -> Change<ProductPublish> {
        let body = ProductPublish {
            status: PublishStatus::Published,
            api_services,
            deployment_id: Some(deployment_id),
            published_at: Some(stamp.now),
            published_by: Some(stamp.actor.clone()),
            ..self.body.clone()
        };
        let cluster = body.cluster_id;
        self.become_body(body, stamp, EventDraft::new("product_publish.published").about(cluster))
    }

    /// Says that the product must not run there any more.
    pub fn withdraw(self, stamp: &Stamp) -> Result<Change<ProductPublish>, WrongState> {
        if self.body.status != PublishStatus::Published {
            return Err(self.body.wrong_state("withdraw", "`published`"));
        }
        let body = ProductPublish {
            status: PublishStatus::Withdrawn,
            withdrawn_at: Some(stamp.now),
            withdrawn_by: Some(stamp.actor.clone()),
            ..self.body.clone()
        };
        let cluster = body.cluster_id;
        Ok(self.become_body(body, stamp, EventDraft::new("product_publish.withdrawn").about(cluster)))
    }
}

impl Resource<ProductPublish> {
    /// Refuses deletion while something of it may run: `deployment` is the status of its deployment.
    pub fn deletable_with(&self, deployment: DeploymentStatus) -> Result<(), WrongState> {
        self.body.deletable()?;
        if deployment == DeploymentStatus::Removed {
            return Ok(());
        }
        let state = format!("`{}` in its cluster", deployment.name());
        Err(WrongState { kind: ProductPublish::KIND, verb: "delete", state, allowed: "`removed` there first" })
    }
}

impl PublishStatus {
    /// The status as the API writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Published => "published",
            Self::Withdrawn => "withdrawn",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_names_are_lower_case_dns_names() {
        for good in ["api.example.com", "*.example.com", "localhost"] {
            assert!(is_hostname(good), "{good}");
        }
        for bad in ["", "*", "API.example.com", "a..b", "-a.com", "127.0.0.1", "a_b.com", "x.*.com"] {
            assert!(!is_hostname(bad), "{bad}");
        }
    }
}
