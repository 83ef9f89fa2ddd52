//! What makes a rollout: a publish without its cluster, the clusters, and the strategy.

use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ObjectBuilder, RefOr, Schema, Type,
        schema::{AdditionalProperties, Ref},
    },
};

use super::RolloutStrategy;
use crate::{
    cluster::ClusterId,
    field::FieldErrors,
    gateway::GatewayId,
    name::{Labels, Name},
    product::ProductId,
    product_publish::PublishSettings,
};

/// Which clusters are meant: by their ids, or by their labels.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClusterChoice {
    /// These, in this order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_items = 1, max_items = 100)]
    pub ids: Option<Vec<ClusterId>>,
    /// Those that have these labels when the rollout is made, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<ClusterSelector>,
}

/// Which labels clusters have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClusterSelector {
    /// Labels that a cluster must have, all of them.
    pub match_labels: Labels,
}

/// What makes a rollout.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RolloutInput {
    /// The name.
    pub name: Name,
    /// The labels.
    #[serde(default)]
    pub labels: Labels,
    /// What is published.
    pub product_id: ProductId,
    /// The gateway template that it is served through.
    pub gateway_id: GatewayId,
    /// The clusters.
    pub clusters: ClusterChoice,
    /// How it goes about it.
    #[serde(default)]
    pub strategy: RolloutStrategy,
    /// What it is for.
    #[serde(default)]
    pub reason: Option<String>,
    /// Whether it starts at once.
    #[serde(default = "at_once")]
    pub start: bool,
    /// How it is published, everywhere.
    #[serde(flatten)]
    pub settings: PublishSettings,
}

const fn at_once() -> bool {
    true
}

impl RolloutInput {
    /// What the schema cannot say.
    pub fn check(&self) -> Result<(), FieldErrors> {
        let mut errors = self.settings.check();
        let ClusterChoice { ids, selector } = &self.clusters;
        let one = ids.is_some() != selector.is_some();
        errors.require(one, "/clusters", "one_of", "Choose clusters by `ids` or by `selector`: one of them.");
        let ids = ids.as_deref().unwrap_or_default();
        for (index, id) in ids.iter().enumerate() {
            let again = ids.get(..index).is_some_and(|earlier| earlier.contains(id));
            errors.require(!again, format!("/clusters/ids/{index}"), "duplicate", "Name each cluster once.");
        }
        if let Some(ClusterSelector { match_labels }) = selector {
            let some = match_labels.iter().next().is_some();
            let detail = "Name a label that the clusters have.";
            errors.require(some, "/clusters/selector/match_labels", "required", detail);
        }
        errors.or(())
    }
}

impl ClusterSelector {
    /// Whether something with these labels is meant.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.match_labels.iter().all(|wanted| labels.iter().any(|label| label == wanted))
    }
}

/// The schema of a rollout's own fields and of a publish's settings, as one object that knows all its fields.
impl PartialSchema for RolloutInput {
    fn schema() -> RefOr<Schema> {
        let mut schema = PublishSettings::schema();
        if let RefOr::T(Schema::Object(object)) = &mut schema {
            let reason = ObjectBuilder::new()
                .schema_type(utoipa::openapi::schema::SchemaType::from_iter([Type::String, Type::Null]))
                .max_length(Some(500))
                .description(Some("What it is for; kept with the generations that it makes."));
            let start = ObjectBuilder::new()
                .schema_type(Type::Boolean)
                .default(Some(true.into()))
                .description(Some("Whether it starts at once; it waits for `start` otherwise."));
            let own: [(&str, RefOr<Schema>); 8] = [
                ("name", Name::schema()),
                ("labels", Labels::schema()),
                ("product_id", ProductId::schema()),
                ("gateway_id", GatewayId::schema()),
                ("clusters", Ref::from_schema_name("ClusterChoice").into()),
                ("strategy", Ref::from_schema_name("RolloutStrategy").into()),
                ("reason", reason.into()),
                ("start", start.into()),
            ];
            object.properties.extend(own.map(|(name, schema)| (name.to_owned(), schema)));
            let required = ["name", "product_id", "gateway_id", "clusters"];
            object.required.extend(required.map(str::to_owned));
            object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
            object.description = Some("What makes a rollout.".to_owned());
        }
        schema
    }
}

impl ToSchema for RolloutInput {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        PublishSettings::schemas(schemas);
        schemas.push((ClusterChoice::name().into_owned(), ClusterChoice::schema()));
        ClusterChoice::schemas(schemas);
        schemas.push((RolloutStrategy::name().into_owned(), RolloutStrategy::schema()));
        RolloutStrategy::schemas(schemas);
    }
}
