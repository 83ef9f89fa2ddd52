//! What handlers work with.

use std::sync::Arc;

use futures::future::BoxFuture;
use http::HeaderMap;
use jiff::Timestamp;
use switchtower_control::{
    Control,
    call::ReadAhead,
    ports::{Doorbells, QueueAccess},
};
use switchtower_domain::{access::Caller, context::Entropy, role::Role};
use switchtower_store::{CursorKey, auth::Membership};

use crate::Problem;

/// The state of every router.
#[derive(Clone)]
pub struct Api {
    /// The use cases.
    pub control: Control,
    /// Tells who is calling.
    pub authenticator: Arc<dyn Authenticator>,
    /// Tells the time.
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// Makes random bytes.
    pub entropy: Arc<dyn Entropy>,
    /// The fast way to clusters' queues.
    pub doorbells: Arc<dyn Doorbells>,
    /// Hands out access to queues; only where agents ask for it.
    pub queue_access: Option<Arc<dyn QueueAccess>>,
    /// Where browsers open the live feed; only where tickets are issued.
    pub websocket_url: Option<String>,
}

/// Whose resources a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// A tenant's: users, API keys.
    Tenant,
    /// The installation's: system administrators.
    System,
    /// A cluster's: its agents.
    Agent,
    /// The caller's own.
    Own,
    /// Everyone's.
    Public,
}

/// A caller whose credentials were checked.
#[derive(Debug, Clone)]
pub struct Authenticated {
    /// Who, in which tenant.
    pub caller: Caller,
    /// What the tenant's cursors are signed with.
    pub cursor_key: CursorKey,
    /// The tenants of a user; the one of an API key.
    pub memberships: Vec<Membership>,
    /// The roles that the token itself gives, in every tenant.
    pub system_roles: Vec<Role>,
    /// What was read along with the credentials.
    pub ahead: ReadAhead,
}

/// The resource that a request names in its path.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    /// Its kind.
    pub kind: &'static str,
    /// Its id, as it is written.
    pub id: &'a str,
}

/// Tells who is calling from the headers of a request.
pub trait Authenticator: Send + Sync {
    /// Checks the credentials and picks the tenant. The resource that the request names may be read along.
    fn authenticate<'a>(
        &'a self,
        headers: &'a HeaderMap,
        scope: Scope,
        named: Option<Named<'a>>,
        now: Timestamp,
        entropy: &'a dyn Entropy,
    ) -> BoxFuture<'a, Result<Authenticated, Problem>>;
}
