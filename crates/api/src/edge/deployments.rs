//! The endpoints of deployments, which operators and providers see alike.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use switchtower_domain::{
    actor::Actor,
    cluster::ClusterId,
    deployment::{Deployment, Desired, Generation},
};
use switchtower_store::blob::GenerationRow;
use utoipa::{IntoParams, ToSchema};

use super::{
    query::{Checked, check_limit},
    view::{PageView, View},
};

/// A deployment as the API shows it.
pub type DeploymentView = View<Deployment>;
/// A part of a list of deployments.
pub type DeploymentPage = PageView<DeploymentView>;
/// A part of a list of generations.
pub type GenerationPage = PageView<GenerationView>;

/// A generation of a deployment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeploymentGeneration)]
pub struct GenerationView {
    /// The generation.
    generation: Generation,
    /// What it desires.
    desired: Desired,
    /// SHA-256 of its snapshot, in hexadecimal.
    digest: Option<String>,
    /// How large the snapshot is, as JSON.
    bytes: usize,
    /// When it was desired.
    created_at: Timestamp,
    /// By whom.
    created_by: Actor,
    /// Why, when a reason was given.
    reason: Option<String>,
    /// The older generation that it repeats, when it is a rollback.
    restored_from: Option<Generation>,
}

impl From<GenerationRow> for GenerationView {
    fn from(row: GenerationRow) -> Self {
        let GenerationRow { generation, desired, digest, bytes, created_at, created_by, reason, restored_from } = row;
        Self { generation, desired, digest, bytes, created_at, created_by, reason, restored_from }
    }
}

/// Which deployments are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeploymentListParams {
    /// How many items, 1 to 100; 50 when left out.
    #[param(minimum = 1, maximum = 100, default = 50)]
    pub(crate) limit: Option<u32>,
    /// Where the part begins: `next_cursor` of the part before.
    pub(crate) cursor: Option<String>,
    /// Only the deployments on this cluster.
    pub(crate) cluster_id: Option<ClusterId>,
}

impl Checked for DeploymentListParams {
    fn check(&self) -> Result<(), String> {
        check_limit(self.limit)
    }
}

/// Makes the endpoints of deployments under a persona's operation names.
macro_rules! deployment_routes {
    (
        tag $tag:literal, list $list:ident, get $get:ident, generations $generations:ident
        $(, also $also:expr)? $(,)?
    ) => {
        pub(crate) fn routes() -> OpenApiRouter<Api> {
            let seen = OpenApiRouter::new().routes(routes!($list)).routes(routes!($get)).routes(routes!($generations));
            seen$(.merge($also))?
        }

        use $crate::edge::deployments::{
            DeploymentListParams, DeploymentPage, DeploymentView, GenerationPage, GenerationView,
        };

        /// Lists deployments, oldest first.
        #[utoipa::path(
            get, path = "/", tag = $tag, params(DeploymentListParams),
            responses((status = 200, body = DeploymentPage), $crate::edge::problem::Problems)
        )]
        async fn $list(
            axum::extract::State(api): axum::extract::State<Api>,
            $crate::edge::call::Known(call): $crate::edge::call::Known,
            $crate::edge::query::Params(params): $crate::edge::query::Params<DeploymentListParams>,
        ) -> Result<DeploymentPage, $crate::Problem> {
            let request = $crate::edge::query::list_request(params.limit, params.cursor);
            let operation = &switchtower_domain::operation::$list;
            Ok(api.control.deployment_list(&call, operation, params.cluster_id, request).await?.into())
        }

        /// Gets a deployment: what is desired, what is known to run, and how current that is.
        #[utoipa::path(
            get, path = "/{id}", tag = $tag,
            params(("id" = switchtower_domain::deployment::DeploymentId, Path)),
            responses((status = 200, body = DeploymentView, headers(("ETag" = String))), $crate::edge::problem::Problems)
        )]
        async fn $get(
            axum::extract::State(api): axum::extract::State<Api>,
            $crate::edge::call::Known(call): $crate::edge::call::Known,
            $crate::edge::id::PathId(id): $crate::edge::id::PathId<switchtower_domain::deployment::Deployment>,
        ) -> Result<DeploymentView, $crate::Problem> {
            let operation = &switchtower_domain::operation::$get;
            Ok($crate::edge::view::View(api.control.deployment_get(&call, operation, id).await?))
        }

        /// Lists the generations of a deployment, newest first: who desired what, when and why.
        #[utoipa::path(
            get, path = "/{id}/generations", tag = $tag,
            params(("id" = switchtower_domain::deployment::DeploymentId, Path), $crate::edge::query::ListParams),
            responses((status = 200, body = GenerationPage), $crate::edge::problem::Problems)
        )]
        async fn $generations(
            axum::extract::State(api): axum::extract::State<Api>,
            $crate::edge::call::Known(call): $crate::edge::call::Known,
            $crate::edge::id::PathId(id): $crate::edge::id::PathId<switchtower_domain::deployment::Deployment>,
            $crate::edge::query::Params(params): $crate::edge::query::Params<$crate::edge::query::ListParams>,
        ) -> Result<GenerationPage, $crate::Problem> {
            let operation = &switchtower_domain::operation::$generations;
            let listed = api.control.deployment_generation_list(&call, operation, id, params.into()).await?;
            Ok(GenerationPage::new(listed.map(GenerationView::from)))
        }
    };
}
pub(crate) use deployment_routes;
