//! The API server, as far as the driver asks it for something.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
};

use k8s_openapi::{
    api::authorization::v1::{ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec},
    apimachinery::pkg::apis::meta::v1::APIResource,
};
use kube::{
    Client,
    api::{Api, DeleteParams, GetParams, ListParams, Patch, PatchParams, PostParams, Preconditions},
    core::Request,
};
use serde_json::Value;

use super::{live, trouble::Trouble};
use crate::port::ObjectKey;

/// Who the agent is in `managedFields`.
pub(super) const MANAGER: &str = "switchtower";
/// Objects per page of a list.
const PAGE: u32 = 500;

/// How to patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Fields of others are a conflict.
    Polite,
    /// Fields of others are taken.
    Force,
    /// Nothing is done, and the answer is what [`Mode::Force`] would make of it.
    Rehearse,
}

/// A kind that is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Resource {
    pub(super) api_version: String,
    pub(super) kind: String,
    pub(super) plural: String,
    namespaced: bool,
}

impl Resource {
    /// The group, empty for the core.
    pub(super) fn group(&self) -> &str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }

    fn path(&self, namespace: Option<&str>) -> String {
        let root = if self.api_version.contains('/') { "/apis" } else { "/api" };
        let (api_version, plural) = (&self.api_version, &self.plural);
        match namespace.filter(|_| self.namespaced) {
            Some(namespace) => format!("{root}/{api_version}/namespaces/{namespace}/{plural}"),
            None => format!("{root}/{api_version}/{plural}"),
        }
    }
}

/// The cluster's API.
pub(super) struct Cluster {
    client: Client,
    /// By API version; asked for again when something is missing in it.
    served: Mutex<BTreeMap<String, Vec<Resource>>>,
}

impl Cluster {
    pub(super) fn new(client: Client) -> Self {
        Self { client, served: Mutex::default() }
    }

    /// A kind, as far as it is known to be served.
    pub(super) fn resource(&self, api_version: &str, kind: &str) -> Option<Resource> {
        let served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
        served.get(api_version)?.iter().find(|resource| resource.kind == kind).cloned()
    }

    /// Finds out what is served of these kinds, asking only where some are not known yet.
    pub(super) async fn learn<'k>(&self, kinds: impl Iterator<Item = (&'k str, &'k str)>) -> Result<(), Trouble> {
        let missing = kinds.filter(|(api_version, kind)| self.resource(api_version, kind).is_none());
        let versions: BTreeSet<&str> = missing.map(|(api_version, _)| api_version).collect();
        for version in versions {
            let resources = match self.client.list_api_group_resources(version).await.map_err(Trouble::from) {
                Ok(list) => list.resources.into_iter().filter_map(|one| resource(version, one)).collect(),
                Err(Trouble::NotServed | Trouble::Missing) => Vec::new(),
                Err(trouble) => return Err(trouble),
            };
            self.served.lock().unwrap_or_else(PoisonError::into_inner).insert(version.to_owned(), resources);
        }
        Ok(())
    }

    /// Forgets what is served, which may have changed.
    pub(super) fn forget(&self) {
        self.served.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    pub(super) async fn get(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        name: &str,
    ) -> Result<Option<Value>, Trouble> {
        let request = Request::new(resource.path(namespace)).get(name, &GetParams::default());
        let request = request.map_err(|error| Trouble::Refused(None, error.to_string()))?;
        match self.client.request::<Value>(request).await.map_err(Trouble::from) {
            Ok(object) => Ok(Some(object)),
            Err(Trouble::Missing | Trouble::NotServed | Trouble::NoNamespace) => Ok(None),
            Err(trouble) => Err(trouble),
        }
    }

    /// All objects of a kind with labels.
    pub(super) async fn list(&self, resource: &Resource, namespace: &str, labels: &str) -> Result<Vec<Value>, Trouble> {
        let (mut objects, mut params) = (Vec::new(), ListParams::default().labels(labels).limit(PAGE));
        loop {
            let request = Request::new(resource.path(Some(namespace))).list(&params);
            let request = request.map_err(|error| Trouble::Refused(None, error.to_string()))?;
            let mut page = self.client.request::<Value>(request).await?;
            let items = page.get_mut("items").map(Value::take).unwrap_or_default();
            let items = if let Value::Array(items) = items { items } else { Vec::new() };
            objects.extend(items);
            match live::text(&page, "/metadata/continue").filter(|next| !next.is_empty()) {
                Some(next) => params = params.continue_token(next),
                None => return Ok(objects),
            }
        }
    }

    /// Server-side apply.
    pub(super) async fn patch(&self, key: &ObjectKey, manifest: &Value, mode: Mode) -> Result<Value, Trouble> {
        let resource = self.resource(&key.api_version, &key.kind).ok_or(Trouble::NotServed)?;
        // What the API server does not know is refused, not dropped.
        let params = PatchParams::apply(MANAGER).validation_strict();
        let params = match mode {
            Mode::Polite => params,
            Mode::Force => params.force(),
            Mode::Rehearse => params.force().dry_run(),
        };
        let request = Request::new(resource.path(key.namespace.as_deref()));
        let request = request.patch(&key.name, &params, &Patch::Apply(manifest));
        let request = request.map_err(|error| Trouble::Refused(None, error.to_string()))?;
        match self.client.request::<Value>(request).await.map_err(Trouble::from) {
            Err(Trouble::NotServed) => {
                self.forget();
                Err(Trouble::NotServed)
            }
            answer => answer,
        }
    }

    /// Deletes an object as it was read.
    pub(super) async fn delete(&self, resource: &Resource, key: &ObjectKey, live: &Value) -> Result<(), Trouble> {
        let preconditions = Preconditions {
            uid: live::text(live, "/metadata/uid").map(str::to_owned),
            resource_version: live::text(live, "/metadata/resourceVersion").map(str::to_owned),
        };
        let params = DeleteParams { preconditions: Some(preconditions), ..DeleteParams::background() };
        let request = Request::new(resource.path(key.namespace.as_deref())).delete(&key.name, &params);
        let request = request.map_err(|error| Trouble::Refused(None, error.to_string()))?;
        self.client.request::<Value>(request).await?;
        Ok(())
    }

    /// Whether the agent may do something with a kind.
    pub(super) async fn may(&self, verb: &str, resource: &Resource, namespace: Option<&str>) -> Result<bool, Trouble> {
        let attributes = ResourceAttributes {
            group: Some(resource.group().to_owned()),
            resource: Some(resource.plural.clone()),
            namespace: namespace.map(str::to_owned),
            verb: Some(verb.to_owned()),
            ..ResourceAttributes::default()
        };
        let spec = SelfSubjectAccessReviewSpec { resource_attributes: Some(attributes), ..Default::default() };
        let review = SelfSubjectAccessReview { spec, ..Default::default() };
        let reviews: Api<SelfSubjectAccessReview> = Api::all(self.client.clone());
        let answer = reviews.create(&PostParams::default(), &review).await?;
        Ok(answer.status.is_some_and(|status| status.allowed))
    }
}

/// A kind of a discovery list; subresources are none.
fn resource(api_version: &str, resource: APIResource) -> Option<Resource> {
    let APIResource { kind, name, namespaced, .. } = resource;
    (!name.contains('/')).then(|| Resource { api_version: api_version.to_owned(), kind, plural: name, namespaced })
}
