//! Routes and backends of an API service, one at a time.

use switchtower_domain::{
    api_service::{ApiService, ApiServiceId, Definition, DefinitionError, Part},
    event::EventDraft,
    id::Id,
    operation::Operation,
    resource::Revision,
};
use switchtower_store::Listed;

use crate::{
    Call, Control, Error,
    resource::{ListRequest, Target},
};

/// A part with the revision of its API service, which is the part's as well.
#[derive(Debug, Clone)]
pub struct Versioned<P> {
    /// The part.
    pub part: P,
    /// The revision.
    pub revision: Revision,
}

impl Control {
    /// Routes or backends of an API service, in order of creation.
    pub async fn part_list<P: Part>(
        &self,
        call: &Call,
        operation: &Operation,
        service: ApiServiceId,
        request: ListRequest,
    ) -> Result<Listed<P>, Error> {
        let (_, definition) = self.defined(call, operation, service).await?;
        let page = call.page(request.limit, request.cursor);
        let query = format!("{service}|{}", P::COLLECTION);
        Ok(page.of(&query, P::all(&definition), |part| part.id().to_string())?)
    }

    /// A route or a backend.
    pub async fn part_get<P: Part>(
        &self,
        call: &Call,
        operation: &Operation,
        service: ApiServiceId,
        id: Id<P::Marker>,
    ) -> Result<Versioned<P>, Error> {
        let (revision, definition) = self.defined(call, operation, service).await?;
        Ok(Versioned { part: found(&definition, id)?, revision })
    }

    /// Adds a route or a backend.
    pub async fn part_create<P: Part>(
        &self,
        call: &Call,
        operation: &Operation,
        target: Target<ApiService>,
        input: P::Input,
    ) -> Result<Versioned<P>, Error> {
        let id = call.context.id();
        let [created, _, _] = P::EVENTS;
        self.part_put(call, operation, target, id, |definition| Ok((P::put(definition, id, input.clone())?, created)))
            .await
    }

    /// Replaces a route or a backend.
    pub async fn part_replace<P: Part>(
        &self,
        call: &Call,
        operation: &Operation,
        target: Target<ApiService>,
        id: Id<P::Marker>,
        input: P::Input,
    ) -> Result<Versioned<P>, Error> {
        let [_, updated, _] = P::EVENTS;
        let put = |definition: Definition| {
            P::find(&definition, id)?;
            Ok((P::put(definition, id, input.clone())?, updated))
        };
        self.part_put(call, operation, target, id, put).await
    }

    /// Removes a route, or a backend that no route names.
    pub async fn part_delete<P: Part>(
        &self,
        call: &Call,
        operation: &Operation,
        target: Target<ApiService>,
        id: Id<P::Marker>,
    ) -> Result<(), Error> {
        let [_, _, deleted] = P::EVENTS;
        let decide = |definition: Definition| {
            let event = event::<P>(deleted, &found(&definition, id)?);
            let definition = P::remove(definition, id).map_err(refused::<P>)?;
            Ok((Some((definition, event)), ()))
        };
        self.redefine(call, operation, target, decide).await.map(drop)
    }

    async fn part_put<P: Part>(
        &self,
        call: &Call,
        operation: &Operation,
        target: Target<ApiService>,
        id: Id<P::Marker>,
        put: impl Fn(Definition) -> Result<(Definition, &'static str), DefinitionError>,
    ) -> Result<Versioned<P>, Error> {
        let decide = |definition: Definition| {
            let (definition, kind) = put(definition).map_err(refused::<P>)?;
            let part: P = found(&definition, id)?;
            let event = event(kind, &part);
            Ok((Some((definition, event)), part))
        };
        let (revision, part) = self.redefine(call, operation, target, decide).await?;
        Ok(Versioned { part, revision })
    }

    /// The definition of an API service, never older than the revision.
    async fn defined(
        &self,
        call: &Call,
        operation: &Operation,
        service: ApiServiceId,
    ) -> Result<(Revision, Definition), Error> {
        let head = self.get::<ApiService>(call, operation, service).await?;
        Ok((head.revision, self.store.definition(service).await?))
    }
}

fn found<P: Part>(definition: &Definition, id: Id<P::Marker>) -> Result<P, Error> {
    P::find(definition, id).cloned().map_err(refused::<P>)
}

fn refused<P: Part>(error: DefinitionError) -> Error {
    match error {
        DefinitionError::NotFound => Error::NotFound { kind: P::KIND },
        error => error.into(),
    }
}

fn event<P: Part>(kind: &'static str, part: &P) -> EventDraft {
    EventDraft::new(kind).with(serde_json::json!({ "id": part.id(), "name": part.name() }))
}
