//! A tenant of a test's own.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};

use super::{Caller, aws, until};

/// What the holder of a test's API key may do.
const ROLES: [&str; 3] = ["org-admin", "operator", "api-developer"];

/// A tenant, the user who made it, and an API key of it.
pub(crate) struct World {
    /// The tenant's id.
    pub(crate) tenant: String,
    /// The system-admin, in this tenant.
    pub(crate) admin: Caller,
    /// The holder of the API key.
    pub(crate) me: Caller,
    /// The API key's id.
    pub(crate) key: String,
}

impl World {
    /// Makes a tenant with an API key.
    pub(crate) async fn new() -> Self {
        let user = Caller::anyone().with("authorization", format!("Bearer {}", aws::sign_in().await));
        let slug = unique("e2e");
        let made = user.post("/v1/admin/tenants", json!({ "name": slug, "display_name": "End to end" })).await.ok();
        let tenant = made.id();
        let admin = user.with("x-tenant", &tenant);
        let key = Self::issue_key(&admin).await;
        Self { tenant, admin, me: Caller::key(&key.text("/secret")), key: key.id() }
    }

    /// Makes an API key.
    pub(crate) async fn issue_key(admin: &Caller) -> super::Answer {
        admin.post("/v1/admin/api-keys", json!({ "name": unique("key"), "roles": ROLES })).await.ok()
    }

    /// Makes a cluster, and waits until it has its queue.
    pub(crate) async fn cluster(&self) -> Value {
        let made = self.me.post("/v1/operator/clusters", json!({ "name": unique("cluster") })).await.ok();
        self.cluster_when(&made.id(), 30, "it has a queue", |cluster| cluster["channel"].is_object()).await
    }

    /// Waits until a cluster is as wanted.
    pub(crate) async fn cluster_when(
        &self,
        id: &str,
        seconds: u64,
        what: &str,
        wanted: impl Fn(&Value) -> bool,
    ) -> Value {
        self.when(&format!("/v1/operator/clusters/{id}"), seconds, what, wanted).await
    }

    /// Waits until a resource is as wanted.
    pub(crate) async fn when(&self, path: &str, seconds: u64, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        until(&format!("{path}: {what}"), seconds, async || {
            let seen = self.me.get(path).await.ok().body;
            if wanted(&seen) { Ok(seen) } else { Err(seen.to_string()) }
        })
        .await
    }

    /// Issues a registration token for a cluster.
    pub(crate) async fn token(&self, cluster: &Value) -> String {
        let path = format!("/v1/operator/clusters/{}/registration-tokens", id(cluster));
        self.me.act(&path).await.ok().text("/token")
    }
}

/// The id of a resource.
pub(crate) fn id(resource: &Value) -> &str {
    resource["id"].as_str().expect("an id")
}

/// The queue of a cluster.
pub(crate) fn queue(cluster: &Value) -> &str {
    cluster["channel"]["queue_url"].as_str().expect("a queue")
}

/// A name that nothing else has.
pub(crate) fn unique(prefix: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
    format!("{prefix}-{now:x}-{}", COUNT.fetch_add(1, Ordering::Relaxed))
}
