//! Resources of a tenant, made without the API.

use switchtower_domain::{
    access::Granted,
    change::{Change, Stamp},
    cluster::{Cluster, ClusterInput},
    context::Context,
    gateway::{Gateway, GatewayInput},
    product::{Product, ProductInput},
    resource::{Editable, Resource},
    tenant::TenantId,
};
use switchtower_store::{Commit, CursorKey, Page, StoreError};
use switchtower_tests::{
    World,
    account::{stamp, system},
};

/// The table, a tenant, and the right to change anything of it.
pub(crate) struct Desk {
    pub(crate) world: World,
    pub(crate) tenant: TenantId,
    pub(crate) granted: Granted,
    pub(crate) key: CursorKey,
}

impl Desk {
    pub(crate) async fn new() -> Self {
        let world = World::new().await;
        let tenant = world.context().id();
        Self { world, tenant, granted: system(tenant), key: CursorKey::new([7; 32]) }
    }

    pub(crate) fn context(&self) -> Context {
        self.world.context()
    }

    pub(crate) fn stamp(&self) -> Stamp {
        stamp(&self.granted, self.world.clock.now())
    }

    /// The first page, of that many items.
    pub(crate) fn page(&self, limit: u32) -> Page {
        Page { limit, cursor: None, key: self.key.clone() }
    }

    /// The creation of a resource of what a caller would send.
    pub(crate) fn creation<K: Editable>(&self, input: serde_json::Value) -> Change<K> {
        let input: K::Input = serde_json::from_value(input).expect("the input is valid");
        Resource::<K>::create(self.context().id(), self.tenant, input, &self.stamp()).expect("the input is valid")
    }

    pub(crate) fn cluster(&self, name: &str) -> Change<Cluster> {
        self.creation(serde_json::json!({ "name": name }))
    }

    pub(crate) fn gateway(&self, name: &str) -> Change<Gateway> {
        self.creation(switchtower_tests::estate::gateway(name))
    }

    /// Sends one change.
    pub(crate) async fn send<K: switchtower_domain::resource::Kind>(
        &self,
        change: &Change<K>,
    ) -> Result<(), StoreError> {
        Commit::new(&self.granted, &self.context()).change(change).send(&self.world.store).await
    }

    /// Makes a resource.
    pub(crate) async fn make<K: Editable>(&self, input: serde_json::Value) -> Resource<K> {
        let change = self.creation::<K>(input);
        self.send(&change).await.expect("it can be written");
        change.after().expect("it is made").clone()
    }

    /// How many rows of a kind there are.
    pub(crate) async fn count(&self, kind: &str) -> usize {
        let rows = self.world.rows().await;
        rows.iter().filter(|row| row["kind"].as_s().is_ok_and(|text| text == kind)).count()
    }
}

pub(crate) fn cluster_input(name: &str) -> ClusterInput {
    serde_json::from_value(serde_json::json!({ "name": name })).expect("the input is valid")
}

pub(crate) fn product_input(name: &str, services: &[String]) -> ProductInput {
    serde_json::from_value(serde_json::json!({ "name": name, "api_services": services })).expect("the input is valid")
}

pub(crate) fn gateway_input(name: &str) -> GatewayInput {
    serde_json::from_value(switchtower_tests::estate::gateway(name)).expect("the input is valid")
}

pub(crate) type AnyProduct = Resource<Product>;
