//! API keys: made, listed, revoked and rotated. The secret is in the answer that makes it, and nowhere else.
//!
//! INVARIANT: the row that a key is checked against is written in the same transaction as every change of the key.

use jiff::SignedDuration;
use switchtower_domain::{
    access::Granted,
    api_key::{ApiKey, ApiKeyId, ApiKeyInput, Rotation},
    credential::Credential,
    field::FieldErrors,
    operation,
    resource::Resource,
    role::Role,
};
use switchtower_store::{Commit, Key, Listed, auth::ApiKeyAuth};

use crate::{
    Call, Control, Error, call,
    resource::{ListRequest, TRIES, Target, after},
};

impl Control {
    /// Makes a key that may do at most what the caller may do.
    pub async fn api_key_create(&self, call: &Call, input: ApiKeyInput) -> Result<(Resource<ApiKey>, String), Error> {
        let granted = call.authorize(&operation::api_key_create)?;
        check(call, &input)?;
        let (id, secret) = new_secret(call);
        let body = ApiKey::draft(input.roles, input.expires_at);
        let key = Resource::new(id, granted.tenant_id(), input.name, input.labels, body, &call.stamp());
        Commit::new(&granted, &call.context)
            .change(&key.clone().created())
            .api_key_auth(&key, call::sha256(&secret))
            .send(&self.store)
            .await?;
        Ok((key, secret))
    }

    /// The tenant's keys, without their secrets.
    pub async fn api_key_list(&self, call: &Call, request: ListRequest) -> Result<Listed<Resource<ApiKey>>, Error> {
        let listed = self.list(call, &operation::api_key_list, request).await?;
        Ok(listed.map(|key: Resource<ApiKey>| key.seen_at(call.context.now)))
    }

    /// A key, without its secret.
    pub async fn api_key_get(&self, call: &Call, id: ApiKeyId) -> Result<Resource<ApiKey>, Error> {
        let key: Resource<ApiKey> = self.get(call, &operation::api_key_get, id).await?;
        Ok(key.seen_at(call.context.now))
    }

    /// Refuses a key from its next request on.
    pub async fn api_key_revoke(&self, call: &Call, target: Target<ApiKey>) -> Result<Resource<ApiKey>, Error> {
        let operation = &operation::api_key_revoke;
        call.authorize(operation)?;
        let auth = self.store.api_key_auth(target.id).await?.ok_or(Error::NotFound { kind: "api_key" })?;
        self.act_with(call, operation, target, Resource::<ApiKey>::revoke, |commit, change| {
            Ok(match change.after() {
                Some(key) => commit.api_key_auth(key, auth.sha256.clone()),
                None => commit,
            })
        })
        .await
    }

    /// Makes a key that replaces another one, which goes on working for `grace`.
    pub async fn api_key_rotate(
        &self,
        call: &Call,
        target: Target<ApiKey>,
        grace: SignedDuration,
    ) -> Result<(Resource<ApiKey>, String), Error> {
        let granted = call.authorize(&operation::api_key_rotate)?;
        for _ in 0..TRIES {
            match self.rotate_once(call, &granted, target, grace).await {
                Err(Error::Busy) if target.if_match.is_some() => return Err(Error::Stale),
                Err(Error::Busy) => {}
                settled => return settled,
            }
        }
        Err(Error::Busy)
    }

    async fn rotate_once(
        &self,
        call: &Call,
        granted: &Granted,
        target: Target<ApiKey>,
        grace: SignedDuration,
    ) -> Result<(Resource<ApiKey>, String), Error> {
        let (key, sha256) = self.key_and_digest(granted, target).await?;
        if let Some(role) = key.body.roles.iter().find(|role| !call.caller.may_give(**role)) {
            let detail = format!("The key has the role `{}`, which may do more than you may.", role.name());
            return Err(Error::refused("permission_denied", detail));
        }
        let (id, secret) = new_secret(call);
        let until = call.context.now.saturating_add(grace).unwrap_or(call.context.now);
        let Rotation { retired, replacement } = key.rotate(id, until, &call.stamp())?;
        let (old, new) = (after(retired.clone())?, after(replacement.clone())?);
        let commit = Commit::new(granted, &call.context).change(&retired).api_key_auth(&old, sha256);
        let commit = commit.change(&replacement).api_key_auth(&new, call::sha256(&secret));
        commit.send(&self.store).await?;
        Ok((new, secret))
    }

    /// A key at the revision that the caller knows, and the digest of its secret, in one read.
    async fn key_and_digest(
        &self,
        granted: &Granted,
        target: Target<ApiKey>,
    ) -> Result<(Resource<ApiKey>, String), Error> {
        let (tenant, id) = (granted.tenant_id(), target.id.to_string());
        let auth = Key::Auth { id: &id };
        let row = Key::Resource { tenant, kind: "api_key", id: &id };
        let mut found = self.store.get_many(&[row, auth]).await?;
        let key: Option<Resource<ApiKey>> = found.resource(tenant, target.id)?;
        let auth: Option<ApiKeyAuth> = found.doc(&auth)?;
        let (key, auth) = key.zip(auth).ok_or(Error::NotFound { kind: "api_key" })?;
        match target.if_match {
            Some(expected) if expected != key.revision => Err(Error::Stale),
            _ => Ok((key, auth.sha256)),
        }
    }
}

/// A new id and its secret.
fn new_secret(call: &Call) -> (ApiKeyId, String) {
    let id = call.context.id();
    (id, Credential::<ApiKey>::new(id, call.context.secret()).reveal())
}

/// Everything that is wrong with the wish for a key.
fn check(call: &Call, input: &ApiKeyInput) -> Result<(), FieldErrors> {
    let mut errors = FieldErrors::new();
    for (index, role) in input.roles.iter().enumerate().filter(|(_, role)| !call.caller.may_give(**role)) {
        let detail = match role {
            Role::SystemAdmin => "`system-admin` comes from the identity provider; no key can have it.".to_owned(),
            role => format!("You cannot give the role `{}`: it may do more than you may.", role.name()),
        };
        errors.add(format!("/roles/{index}"), "not_allowed", detail);
    }
    if input.expires_at.is_some_and(|end| end <= call.context.now) {
        errors.add("/expires_at", "too_early", "Choose a time in the future, or leave it out.");
    }
    errors.or(())
}
