//! Product publishes: the intent that a product runs on exactly one cluster.

pub mod auth;
mod template;
mod terms;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema, schema::AdditionalProperties},
};

use crate::{
    actor::Actor,
    api_service::ApiServiceId,
    change::{Change, Stamp, WrongState},
    cluster::ClusterId,
    deployment::{DeploymentId, DeploymentStatus, Generation},
    event::EventDraft,
    field::FieldErrors,
    gateway::GatewayId,
    hostname,
    id::{RouteId, resource_id},
    name::{Labels, Name},
    product::ProductId,
    resource::{EditError, Editable, Kind, Reference, Resource},
};

pub use self::{
    auth::{ApiKeyAuth, Auth, ClaimHeader, JwtAuth},
    template::{FillError, HostnameTemplate, TemplateValues},
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

/// Who sees it in the marketplace.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Its own tenant.
    #[default]
    Private,
    /// Everybody.
    Public,
}

/// What happens to what was changed by hand in a cluster.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DriftPolicy {
    /// It is put right, and reported.
    #[default]
    Correct,
    /// It is reported, and stays.
    Alert,
}

/// How a product is published, wherever that is: what the publishes of one rollout share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PublishSettings {
    /// What it is for.
    pub environment: Environment,
    /// The host names that it answers; the gateway's own when there are none and no template.
    #[serde(default)]
    #[schema(max_items = 16, required = false)]
    pub hostnames: Vec<String>,
    /// One more host name, made when it is published: `{product}.{environment}.{region}.example.com`. The words are
    /// `product`, `publish`, `environment`, `cluster` and `region`.
    #[serde(default)]
    pub hostname_template: Option<HostnameTemplate>,
    /// The API services that are published; all of the product, when empty.
    #[serde(default)]
    #[schema(max_items = 100, required = false)]
    pub api_service_ids: Vec<ApiServiceId>,
    /// The routes that are published; all of these API services, when empty.
    #[serde(default)]
    #[schema(max_items = 500, required = false)]
    pub route_ids: Vec<RouteId>,
    /// Who may call it.
    #[serde(default)]
    #[schema(required = false)]
    pub auth: Auth,
    /// Who sees it in the marketplace.
    #[serde(default)]
    #[schema(required = false)]
    pub visibility: Visibility,
    /// Whether subscriptions wait for the provider's approval.
    #[serde(default)]
    #[schema(required = false)]
    pub approval_required: bool,
    /// What happens to what was changed by hand in the cluster.
    #[serde(default)]
    #[schema(required = false)]
    pub drift: DriftPolicy,
}

impl PublishSettings {
    /// For everybody, everywhere that the gateway answers.
    pub fn of(environment: Environment) -> Self {
        Self {
            environment,
            hostnames: Vec::new(),
            hostname_template: None,
            api_service_ids: Vec::new(),
            route_ids: Vec::new(),
            auth: Auth::None,
            visibility: Visibility::Private,
            approval_required: false,
            drift: DriftPolicy::Correct,
        }
    }

    /// What the schema cannot say; pointers are relative to them.
    pub fn check(&self) -> FieldErrors {
        let mut errors = FieldErrors::new();
        hostname::check_all(&self.hostnames, "/hostnames", &mut errors);
        for (index, id) in self.api_service_ids.iter().enumerate() {
            let again = self.api_service_ids.get(..index).is_some_and(|earlier| earlier.contains(id));
            errors.require(!again, format!("/api_service_ids/{index}"), "duplicate", "Name each API service once.");
        }
        for (index, id) in self.route_ids.iter().enumerate() {
            let again = self.route_ids.get(..index).is_some_and(|earlier| earlier.contains(id));
            errors.require(!again, format!("/route_ids/{index}"), "duplicate", "Name each route once.");
        }
        errors.within("/auth", self.auth.check());
        errors
    }

    /// Whether an API service of the product is published.
    pub fn chooses(&self, service: ApiServiceId) -> bool {
        self.api_service_ids.is_empty() || self.api_service_ids.contains(&service)
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
    /// How it is published.
    #[serde(flatten)]
    pub settings: PublishSettings,
    /// What is intended.
    pub status: PublishStatus,
    /// The API services that it was last published with; empty before. Which ones it is to be published with, its
    /// settings say.
    #[serde(default, alias = "api_services")]
    pub published_api_services: Vec<ApiServiceId>,
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
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProductPublishInput {
    /// The name.
    pub name: Name,
    /// The labels.
    #[serde(default)]
    pub labels: Labels,
    /// What is published.
    pub product_id: ProductId,
    /// The gateway template that it is served through.
    pub gateway_id: GatewayId,
    /// The cluster that it runs on.
    pub cluster_id: ClusterId,
    /// How it is published.
    #[serde(flatten)]
    pub settings: PublishSettings,
}

/// The schema of a publish's own fields and its settings, as one object that knows all its fields.
impl PartialSchema for ProductPublishInput {
    fn schema() -> RefOr<Schema> {
        let mut schema = PublishSettings::schema();
        if let RefOr::T(Schema::Object(object)) = &mut schema {
            object.properties.insert("name".to_owned(), Name::schema());
            object.properties.insert("labels".to_owned(), Labels::schema());
            object.properties.insert("product_id".to_owned(), ProductId::schema());
            object.properties.insert("gateway_id".to_owned(), GatewayId::schema());
            object.properties.insert("cluster_id".to_owned(), ClusterId::schema());
            let required = ["name", "product_id", "gateway_id", "cluster_id"];
            object.required.extend(required.map(str::to_owned));
            object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
            object.description = Some("What makes or replaces a product publish.".to_owned());
        }
        schema
    }
}

impl ToSchema for ProductPublishInput {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        PublishSettings::schemas(schemas);
    }
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
        input.settings.check().or(Self {
            product_id: input.product_id,
            gateway_id: input.gateway_id,
            cluster_id: input.cluster_id,
            settings: input.settings,
            status: PublishStatus::Draft,
            published_api_services: Vec::new(),
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
            settings: body.settings,
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
    fn published(self, deployment_id: DeploymentId, api_services: Vec<ApiServiceId>, stamp: &Stamp) -> Self {
        Self {
            status: PublishStatus::Published,
            published_api_services: api_services,
            deployment_id: Some(deployment_id),
            published_at: Some(stamp.now),
            published_by: Some(stamp.actor.clone()),
            ..self
        }
    }

    /// Refuses what only something published has.
    pub fn expect_published(&self, verb: &'static str) -> Result<(), WrongState> {
        match self.status {
            PublishStatus::Published => Ok(()),
            _ => Err(self.wrong_state(verb, "`published`")),
        }
    }

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
        let body = self.body.clone().published(deployment_id, api_services, stamp);
        let cluster = body.cluster_id;
        self.become_body(body, stamp, EventDraft::new("product_publish.published").about(cluster))
    }

    /// Says that what an old generation had runs there again.
    pub fn rolled_back(self, generation: Generation, stamp: &Stamp) -> Change<ProductPublish> {
        let body = ProductPublish {
            published_at: Some(stamp.now),
            published_by: Some(stamp.actor.clone()),
            ..self.body.clone()
        };
        let data = serde_json::json!({ "restored_from": generation });
        let event = EventDraft::new("product_publish.rolled_back").with(data).about(body.cluster_id);
        self.become_body(body, stamp, event)
    }

    /// Says that the product must not run there any more.
    pub fn withdraw(self, stamp: &Stamp) -> Result<Change<ProductPublish>, WrongState> {
        self.body.expect_published("withdraw")?;
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
mod tests;
