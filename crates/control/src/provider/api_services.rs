//! API services: what is their own besides create, get, list and replace.

pub mod import;
pub mod parts;

use switchtower_domain::{
    api_service::{ApiService, Definition},
    event::EventDraft,
    operation::{self, Operation},
    resource::{Resource, Revision},
};
use switchtower_store::{Commit, StoreError};

use crate::{
    Call, Control, Error,
    resource::{TRIES, Target},
};

impl Control {
    /// Deletes an API service that no product offers, with its routes and backends.
    pub async fn api_service_delete(&self, call: &Call, target: Target<ApiService>) -> Result<(), Error> {
        self.delete_with(call, &operation::api_service_delete, target, |commit, service| {
            commit.definition_removed(service.id)
        })
        .await
    }

    /// Lets an API service be published.
    pub async fn api_service_activate(
        &self,
        call: &Call,
        target: Target<ApiService>,
    ) -> Result<Resource<ApiService>, Error> {
        self.act(call, &operation::api_service_activate, target, Resource::<ApiService>::activate).await
    }

    /// Keeps an API service from being published; what is deployed stays.
    pub async fn api_service_deactivate(
        &self,
        call: &Call,
        target: Target<ApiService>,
    ) -> Result<Resource<ApiService>, Error> {
        self.act(call, &operation::api_service_deactivate, target, Resource::<ApiService>::deactivate).await
    }

    /// Gives an API service another definition, which `decide` makes of the present one; nothing is written when it
    /// makes none. Answers the revision that the service has then.
    pub(crate) async fn redefine<T>(
        &self,
        call: &Call,
        operation: &Operation,
        target: Target<ApiService>,
        decide: impl Fn(Definition) -> Result<(Option<(Definition, EventDraft)>, T), Error>,
    ) -> Result<(Revision, T), Error> {
        let granted = call.authorize(operation)?;
        for _ in 0..TRIES {
            // INVARIANT: the head is read before the definition, so a definition is never older than the revision that
            // the commit insists on, and no edit is lost.
            let service = self.load(call, &granted, target).await?;
            let definition = self.store.definition(service.id).await?;
            let revision = service.revision;
            let (wanted, answer) = decide(definition)?;
            let Some((definition, event)) = wanted else { return Ok((revision, answer)) };
            let change = service.redefine(&definition, &call.stamp(), event);
            let commit = Commit::new(&granted, &call.context).change(&change);
            match commit.definition(target.id, &definition).map_err(too_large)?.send(&self.store).await {
                Ok(()) => return Ok((revision.next(), answer)),
                Err(StoreError::Stale) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Busy)
    }
}

fn too_large(error: StoreError) -> Error {
    match error {
        StoreError::TooLarge { bytes, limit } => {
            Error::TooLarge { what: "definition of the API service", bytes, limit }
        }
        error => error.into(),
    }
}
