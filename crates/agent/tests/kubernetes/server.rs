//! An API server with the Gateway API and Envoy Gateway.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};
use switchtower_agent::driver::kubernetes::{
    Kubernetes,
    connect::{Place, connect},
};
use switchtower_domain::cluster::ClusterId;
use switchtower_render::Options;

use crate::{gateway::Controller, objects::Stored};

/// What can be served: API version, kind, plural.
pub(crate) const KINDS: [(&str, &str, &str); 10] = [
    ("gateway.networking.k8s.io/v1", "GatewayClass", "gatewayclasses"),
    ("gateway.networking.k8s.io/v1", "Gateway", "gateways"),
    ("gateway.networking.k8s.io/v1", "HTTPRoute", "httproutes"),
    ("gateway.networking.k8s.io/v1", "BackendTLSPolicy", "backendtlspolicies"),
    ("gateway.networking.k8s.io/v1beta1", "ReferenceGrant", "referencegrants"),
    ("gateway.envoyproxy.io/v1alpha1", "Backend", "backends"),
    ("gateway.envoyproxy.io/v1alpha1", "BackendTrafficPolicy", "backendtrafficpolicies"),
    ("gateway.envoyproxy.io/v1alpha1", "ClientTrafficPolicy", "clienttrafficpolicies"),
    ("gateway.envoyproxy.io/v1alpha1", "SecurityPolicy", "securitypolicies"),
    ("gateway.envoyproxy.io/v1alpha1", "HTTPRouteFilter", "httproutefilters"),
];

/// Plural, namespace (empty for none) and name.
type Key = (String, String, String);

/// Something that is done to the cluster.
type Deed = Box<dyn FnOnce(&mut Server) + Send>;

/// Everything in the cluster, and its faults.
#[derive(Default)]
pub(crate) struct Server {
    pub(crate) objects: BTreeMap<Key, Stored>,
    pub(crate) controller: Controller,
    /// Kinds whose CRDs are not installed.
    pub(crate) unserved: BTreeSet<&'static str>,
    /// Verbs and plurals that the agent may not.
    pub(crate) denied: BTreeSet<(&'static str, &'static str)>,
    /// Names of objects that validation refuses.
    pub(crate) invalid: BTreeSet<String>,
    pub(crate) no_namespace: bool,
    pub(crate) down: bool,
    /// How many requests were made, by method and whether they were dry runs.
    pub(crate) requests: BTreeMap<String, u32>,
    /// Writes that happen just before the next patch is done: someone is faster.
    pub(crate) faster: Vec<Deed>,
    pub(crate) version: u64,
}

impl Server {
    fn next(&mut self) -> u64 {
        self.version += 1;
        self.version
    }

    /// Takes in an object that was written; nothing happens when nothing is different.
    pub(crate) fn put(&mut self, key: Key, mut stored: Stored) -> Stored {
        let before = self.objects.get(&key).cloned();
        if before.as_ref() == Some(&stored) {
            return stored;
        }
        let version = self.next();
        let spec = |stored: &Stored| stored.object.get("spec").cloned();
        let same = before.as_ref().is_some_and(|before| spec(before) == spec(&stored));
        let generation = before.map_or(0, |before| before.object["metadata"]["generation"].as_i64().unwrap());
        let metadata = stored.object["metadata"].as_object_mut().unwrap();
        metadata.insert("resourceVersion".into(), version.to_string().into());
        metadata.insert("generation".into(), if same { generation } else { generation + 1 }.into());
        metadata.entry("uid").or_insert_with(|| format!("uid-{version}").into());
        self.objects.insert(key, stored.clone());
        stored
    }

    /// The controller has its turn with every object.
    pub(crate) fn reconcile(&mut self) {
        let controller = self.controller.clone();
        for (key, mut stored) in self.objects.clone() {
            let Some(status) = controller.status(&stored.object).filter(|status| stored.object["status"] != *status)
            else {
                continue;
            };
            let mut after = stored.object.clone();
            after["status"] = status;
            stored.update("envoy-gateway", Some("status"), after, 1);
            self.put(key, stored);
        }
    }

    /// Somebody changes an object by hand.
    pub(crate) fn edit(&mut self, name: &str, change: impl Fn(&mut Value)) {
        let (key, mut stored) = self.find(name);
        let mut after = stored.object.clone();
        change(&mut after);
        let time = 2 + self.version % 50;
        stored.update("kubectl-edit", None, after, time);
        self.put(key, stored);
    }

    /// Somebody else than the agent makes an object.
    pub(crate) fn add(&mut self, plural: &str, object: Value) {
        let name = object["metadata"]["name"].as_str().unwrap().to_owned();
        let mut stored = Stored::new(json!({ "apiVersion": object["apiVersion"], "kind": object["kind"], "metadata": {
            "name": name, "namespace": object["metadata"]["namespace"] } }));
        let mut after = object;
        for key in ["name", "namespace"] {
            after["metadata"][key] = stored.object["metadata"][key].clone();
        }
        stored.update("kubectl-create", None, after, 1);
        self.put((plural.into(), "switchtower".into(), name), stored);
    }

    /// The object whose kind and name begin so: `Gateway/shop`.
    pub(crate) fn find(&self, name: &str) -> (Key, Stored) {
        let is = |stored: &Stored| {
            let object = &stored.object;
            format!("{}/{}", object["kind"].as_str().unwrap(), object["metadata"]["name"].as_str().unwrap())
                .starts_with(name)
        };
        let found = self.objects.iter().find(|(_, stored)| is(stored));
        found.map(|(key, stored)| (key.clone(), stored.clone())).unwrap()
    }

    pub(crate) fn object(&self, name: &str) -> Value {
        self.find(name).1.shown()
    }

    pub(crate) fn delete(&mut self, name: &str) {
        let (key, _) = self.find(name);
        self.objects.remove(&key);
    }

    /// Kinds and names of all objects in the agent's namespace.
    pub(crate) fn names(&self) -> BTreeSet<String> {
        let inside = self.objects.iter().filter(|((_, namespace, _), _)| !namespace.is_empty());
        inside.map(|((plural, _, name), _)| format!("{plural}/{name}")).collect()
    }

    pub(crate) fn asked(&self, what: &str) -> u32 {
        self.requests.get(what).copied().unwrap_or(0)
    }
}

/// The server, and the way to it.
#[derive(Clone)]
pub(crate) struct StandIn {
    pub(crate) kubeconfig: PathBuf,
    server: Arc<Mutex<Server>>,
    _dir: Arc<tempfile::TempDir>,
}

impl StandIn {
    pub(crate) async fn start() -> Self {
        let server = Arc::new(Mutex::new(Server::default()));
        let class = json!({
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": "GatewayClass", "metadata": { "name": "envoy-gateway" },
            "spec": { "controllerName": "gateway.envoyproxy.io/gatewayclass-controller" },
            "status": { "conditions": [{ "type": "Accepted", "status": "True", "reason": "Accepted", "message": "" }] },
        });
        let key = ("gatewayclasses".into(), String::new(), "envoy-gateway".into());
        server.lock().unwrap().put(key, Stored::new(class));
        let app = crate::http::router(server.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        let dir = Arc::new(tempfile::tempdir().unwrap());
        let kubeconfig = dir.path().join("config");
        std::fs::write(&kubeconfig, config(&url)).unwrap();
        Self { kubeconfig, server, _dir: dir }
    }

    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut Server) -> T) -> T {
        act(&mut self.server.lock().unwrap())
    }

    pub(crate) async fn driver(&self, force: bool) -> Kubernetes {
        let place = Place { kubeconfig: Some(self.kubeconfig.clone()), context: None };
        Kubernetes::new(connect(&place).await.unwrap(), ClusterId::nil(), Options::default(), force)
    }
}

/// A kubeconfig for an address.
pub(crate) fn config(url: &str) -> String {
    let config = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "test",
        "clusters": [{ "name": "test", "cluster": { "server": url } }],
        "users": [{ "name": "agent", "user": { "token": "secret" } }],
        "contexts": [{ "name": "test", "context": { "cluster": "test", "user": "agent" } }],
    });
    config.to_string()
}
