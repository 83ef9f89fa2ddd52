//! What all kinds of resource share: create, get, list, replace, delete and actions, written once.

use std::fmt::Display;

use switchtower_domain::{
    change::{Change, Stamp},
    id::Id,
    operation::Operation,
    resource::{Editable, Kind, Resource, Revision},
};
use switchtower_store::{Commit, Listed, StoreError};

use crate::{Call, Control, Error};

/// How often a decision is made anew when others change the resource at the same time.
pub(crate) const TRIES: usize = 4;

/// Which resource is to change, and the revision that the caller knows.
pub struct Target<K> {
    /// Its id.
    pub id: Id<K>,
    /// The revision it must have; any, when absent.
    pub if_match: Option<Revision>,
}

impl<K> Target<K> {
    /// The resource at any revision.
    pub const fn any(id: Id<K>) -> Self {
        Self { id, if_match: None }
    }
}

impl<K> Clone for Target<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for Target<K> {}

/// Which part of a list is wanted.
#[derive(Debug, Clone)]
pub struct ListRequest {
    /// How many items.
    pub limit: u32,
    /// Where it begins.
    pub cursor: Option<String>,
}

impl Control {
    /// Makes a resource of what a caller sent.
    pub async fn create<K: Editable>(
        &self,
        call: &Call,
        operation: &Operation,
        input: K::Input,
    ) -> Result<Resource<K>, Error> {
        let granted = call.authorize(operation)?;
        let change = Resource::<K>::create(call.context.id(), granted.tenant_id(), input, &call.stamp())?;
        let sent = Commit::new(&granted, &call.context).change(&change).send(&self.store).await;
        sent.map_err(|error| Error::of_commit(error, &change))?;
        after(change)
    }

    /// A resource.
    pub async fn get<K: Kind>(&self, call: &Call, operation: &Operation, id: Id<K>) -> Result<Resource<K>, Error> {
        let granted = call.authorize(operation)?;
        self.load(call, &granted, Target::any(id)).await
    }

    /// A part of the tenant's resources of a kind.
    pub async fn list<K: Kind>(
        &self,
        call: &Call,
        operation: &Operation,
        request: ListRequest,
    ) -> Result<Listed<Resource<K>>, Error> {
        let granted = call.authorize(operation)?;
        let page = call.page(request.limit, request.cursor);
        Ok(self.store.list(granted.tenant_id(), &page).await?)
    }

    /// A part of the tenant's resources of a kind that are listed under something.
    pub async fn list_group<K: Kind>(
        &self,
        call: &Call,
        operation: &Operation,
        group: &str,
        request: ListRequest,
    ) -> Result<Listed<Resource<K>>, Error> {
        let granted = call.authorize(operation)?;
        let page = call.page(request.limit, request.cursor);
        Ok(self.store.list_group(granted.tenant_id(), group, &page).await?)
    }

    /// A part of the tenant's resources of a kind: those that are listed under something, or all of them.
    pub async fn list_by<K: Kind>(
        &self,
        call: &Call,
        operation: &Operation,
        group: Option<impl Display>,
        request: ListRequest,
    ) -> Result<Listed<Resource<K>>, Error> {
        match group {
            Some(group) => self.list_group(call, operation, &group.to_string(), request).await,
            None => self.list(call, operation, request).await,
        }
    }

    /// Replaces everything that callers may edit.
    pub async fn replace<K: Editable>(
        &self,
        call: &Call,
        operation: &Operation,
        target: Target<K>,
        input: K::Input,
    ) -> Result<Resource<K>, Error> {
        self.act(call, operation, target, |resource, stamp| resource.replace(input.clone(), stamp)).await
    }

    /// Edits a part of what callers may edit; `edit` turns the present input into the wanted one.
    pub async fn patch<K: Editable>(
        &self,
        call: &Call,
        operation: &Operation,
        target: Target<K>,
        edit: impl Fn(K::Input) -> Result<K::Input, Error>,
    ) -> Result<Resource<K>, Error> {
        self.act(call, operation, target, |resource, stamp| -> Result<_, Error> {
            let input = edit(K::input(&resource))?;
            Ok(resource.replace(input, stamp)?)
        })
        .await
    }

    /// Changes a resource by a transition of the domain.
    ///
    /// Without a revision from the caller, a change by somebody else in between is not an error: the decision is made
    /// anew on what they left.
    pub async fn act<K: Kind, E: Into<Error>>(
        &self,
        call: &Call,
        operation: &Operation,
        target: Target<K>,
        decide: impl Fn(Resource<K>, &Stamp) -> Result<Change<K>, E>,
    ) -> Result<Resource<K>, Error> {
        self.act_with(call, operation, target, decide, |commit, _| Ok(commit)).await
    }

    /// As [`Self::act`], with further rows in the same transaction.
    pub async fn act_with<K: Kind, E: Into<Error>>(
        &self,
        call: &Call,
        operation: &Operation,
        target: Target<K>,
        decide: impl Fn(Resource<K>, &Stamp) -> Result<Change<K>, E>,
        also: impl for<'c> Fn(Commit<'c>, &Change<K>) -> Result<Commit<'c>, Error>,
    ) -> Result<Resource<K>, Error> {
        let granted = call.authorize(operation)?;
        for _ in 0..TRIES {
            let resource = self.load(call, &granted, target).await?;
            let change = decide(resource, &call.stamp()).map_err(Into::into)?;
            let commit = also(Commit::new(&granted, &call.context).change(&change), &change)?;
            match commit.send(&self.store).await {
                Ok(()) => return after(change),
                Err(StoreError::Stale) if target.if_match.is_some() => return Err(Error::Stale),
                Err(StoreError::Stale) => {}
                Err(StoreError::InUse) => return Err(self.in_use(target.id).await),
                Err(error) => return Err(Error::of_commit(error, &change)),
            }
        }
        Err(Error::Busy)
    }

    /// Deletes a resource that nothing needs.
    pub async fn delete<K: Editable>(
        &self,
        call: &Call,
        operation: &Operation,
        target: Target<K>,
    ) -> Result<(), Error> {
        self.delete_with(call, operation, target, |commit, _| commit).await
    }

    /// As [`Self::delete`], with further rows in the same transaction.
    pub async fn delete_with<K: Editable>(
        &self,
        call: &Call,
        operation: &Operation,
        target: Target<K>,
        also: impl for<'c> Fn(Commit<'c>, &Resource<K>) -> Commit<'c>,
    ) -> Result<(), Error> {
        let granted = call.authorize(operation)?;
        for _ in 0..TRIES {
            let resource = self.load(call, &granted, target).await?;
            let change = resource.clone().delete()?;
            let commit = also(Commit::new(&granted, &call.context).change(&change), &resource);
            match commit.send(&self.store).await {
                Ok(()) => return Ok(()),
                Err(StoreError::Stale) if target.if_match.is_some() => return Err(Error::Stale),
                Err(StoreError::Stale) => {}
                Err(StoreError::InUse) => return Err(self.in_use(target.id).await),
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Busy)
    }

    /// A resource, at the revision that the caller knows.
    pub(crate) async fn load<K: Kind>(
        &self,
        call: &Call,
        granted: &switchtower_domain::access::Granted,
        target: Target<K>,
    ) -> Result<Resource<K>, Error> {
        let found = match call.ahead.take(granted.tenant_id(), target.id)? {
            Some(ahead) => Some(ahead),
            None => self.store.get(granted.tenant_id(), target.id).await?,
        };
        let resource = found.ok_or(Error::NotFound { kind: K::KIND })?;
        match target.if_match {
            Some(expected) if expected != resource.revision => Err(Error::Stale),
            _ => Ok(resource),
        }
    }

    /// The refusal that names who needs a resource.
    pub(crate) async fn in_use<K: Kind>(&self, id: Id<K>) -> Error {
        match self.store.users_of(id).await {
            Ok(users) => Error::InUse { kind: K::KIND, users },
            Err(error) => error.into(),
        }
    }
}

/// The state that a committed change led to.
pub(crate) fn after<K: Kind>(change: Change<K>) -> Result<Resource<K>, Error> {
    change.after().cloned().ok_or(Error::NotFound { kind: K::KIND })
}
