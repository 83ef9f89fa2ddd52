//! Whether a connection's holder may still read: a connection must not outlive its authority for long.

use jiff::Timestamp;
use switchtower_domain::{
    access::Caller,
    actor::Actor,
    api_key::ApiKeyStatus,
    event::Event,
    tenant::{TenantId, TenantStatus},
};
use switchtower_store::{
    Key, Store,
    auth::{ApiKeyAuth, TenantAuth},
    realtime::Ticket,
};

use super::{Channel, LiveFeed};
use crate::Error;

/// What a holder may do now.
pub(super) struct Authority {
    /// The holder with its present roles.
    pub(super) caller: Caller,
    /// When that ends by itself.
    pub(super) ends_at: Option<Timestamp>,
}

/// What a ticket's holder may do now; nothing when its key or its tenant is refused.
pub(super) async fn of(store: &Store, holder: &Ticket, now: Timestamp) -> Result<Option<Authority>, Error> {
    let (tenant, actor) = (holder.tenant_id.to_string(), holder.actor.clone());
    let key = match &actor {
        Actor::ApiKey(id) => id.to_string(),
        _ => tenant.clone(),
    };
    let mut found = store.get_many(&[Key::Auth { id: &tenant }, Key::Auth { id: &key }]).await?;
    let tenant: Option<TenantAuth> = found.doc(&Key::Auth { id: &tenant })?;
    if tenant.is_none_or(|tenant| tenant.status != TenantStatus::Active) {
        return Ok(None);
    }
    let Actor::ApiKey(_) = actor else {
        let caller = Caller::with_roles(actor, holder.tenant_id, holder.roles.iter().copied());
        return Ok(Some(Authority { caller, ends_at: None }));
    };
    let key: Option<ApiKeyAuth> = found.doc(&Key::Auth { id: &key })?;
    Ok(key.and_then(|auth| {
        let usable = matches!(auth.key.status_at(now), ApiKeyStatus::Active | ApiKeyStatus::Expiring);
        let caller = Caller::with_roles(actor, holder.tenant_id, auth.key.body.roles.iter().copied());
        usable.then_some(Authority { caller, ends_at: auth.key.body.expires_at })
    }))
}

/// Whose authority an event may have ended.
#[derive(Debug, PartialEq, Eq)]
enum Affected {
    Key(TenantId, Actor),
    Tenant(TenantId),
}

fn affected(event: &Event) -> Option<Affected> {
    match event.kind.split_once('.') {
        Some(("api_key", _)) => {
            let key = event.subject.parse().ok()?;
            Some(Affected::Key(event.tenant_id, Actor::ApiKey(key)))
        }
        Some(("tenant", "suspended")) => event.subject.parse().ok().map(Affected::Tenant),
        _ => None,
    }
}

impl LiveFeed<Store> {
    /// Ends the connections of a key that was revoked, or of a tenant that was suspended.
    pub(super) async fn end_authority(&self, event: &Event, now: Timestamp) -> Result<(), Error> {
        let Some(affected) = affected(event) else { return Ok(()) };
        let (tenant, actor) = match affected {
            Affected::Key(tenant, actor) => (tenant, Some(actor)),
            Affected::Tenant(tenant) => (tenant, None),
        };
        for channel in Channel::ALL {
            for subscription in self.table.subscribers(tenant, channel.name(), now).await? {
                if actor.as_ref().is_some_and(|actor| *actor != subscription.actor) {
                    continue;
                }
                let holder = Ticket { tenant_id: tenant, actor: subscription.actor, roles: Vec::new() };
                if of(&self.table, &holder, now).await?.is_none() {
                    self.end(&subscription.connection).await?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use switchtower_domain::{api_key::ApiKeyId, id::EventId};

    use super::*;

    fn event(kind: &str, subject: &str) -> Event {
        Event {
            id: EventId::nil(),
            kind: kind.to_owned(),
            tenant_id: TenantId::from_parts(1, 1),
            subject: subject.to_owned(),
            actor: Actor::System("test".to_owned()),
            at: Timestamp::UNIX_EPOCH,
            request_id: String::new(),
            cluster_id: None,
            data: serde_json::Value::Null,
        }
    }

    #[test]
    fn what_happens_to_a_key_concerns_its_own_connections() {
        let key = ApiKeyId::from_parts(5, 5);
        let expected = Affected::Key(TenantId::from_parts(1, 1), Actor::ApiKey(key));
        assert_eq!(affected(&event("api_key.revoked", &key.to_string())), Some(expected));
    }

    #[test]
    fn a_suspension_concerns_the_tenant_that_it_is_about() {
        let tenant = TenantId::from_parts(9, 9);
        assert_eq!(affected(&event("tenant.suspended", &tenant.to_string())), Some(Affected::Tenant(tenant)));
    }

    #[test]
    fn everything_else_concerns_nobody() {
        assert_eq!(affected(&event("cluster.created", "clu_1")), None);
        assert_eq!(affected(&event("tenant.activated", &TenantId::nil().to_string())), None);
    }
}
