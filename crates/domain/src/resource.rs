//! The envelope that every resource shares, and the trait that a kind of resource implements.

use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use utoipa::ToSchema;

use crate::{
    actor::Actor,
    change::{Change, Stamp, WrongState},
    cluster::ClusterId,
    event::EventDraft,
    field::FieldErrors,
    id::{Id, Prefixed},
    name::{Labels, Name},
    tenant::TenantId,
};

/// A kind of resource: its own fields and state, without the envelope.
pub trait Kind: Prefixed + Clone + PartialEq + Serialize + DeserializeOwned + Send + Sync {
    /// The kind's name in keys, events and permissions, such as `cluster`.
    const KIND: &'static str;

    /// Whether names are unique among the tenant's resources of this kind.
    const UNIQUE_NAME: bool = true;

    /// Where resources of this kind live.
    fn home(&self) -> Home {
        Home::Tenant
    }

    /// The id of what it is listed under besides its tenant, such as a publish's cluster.
    fn group(&self) -> Option<String> {
        None
    }

    /// What it needs to exist: those cannot be deleted while it does.
    fn references(&self) -> Vec<Reference> {
        Vec::new()
    }

    /// The field of its input that makes a reference, as a JSON pointer.
    fn pointer_to(&self, reference: &Reference) -> String {
        format!("/{}_id", reference.kind)
    }

    /// The other tenant that it belongs to: both may change it, and both hear of it.
    fn shared_with(&self) -> Option<TenantId> {
        None
    }

    /// When a worker must look at it, such as a token's expiry.
    fn due(&self) -> Option<Timestamp> {
        None
    }
}

/// Another resource of the same tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// Its kind.
    pub kind: String,
    /// Its id.
    pub id: String,
}

impl Reference {
    /// A reference to a resource.
    pub fn to<K: Kind>(id: Id<K>) -> Self {
        Self { kind: K::KIND.to_owned(), id: id.to_string() }
    }
}

/// Whose partition of the table holds a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    /// The tenant's partition of that kind.
    Tenant,
    /// A cluster's partition, read consistently by its agents.
    Cluster(ClusterId),
}

/// A kind that people create and edit; what they send is its `Input`.
pub trait Editable: Kind {
    /// What a caller sends to create or replace one.
    type Input: Clone + Serialize + DeserializeOwned + ToSchema + Send + Sync + 'static;

    /// The name in an input.
    fn name_of(input: &Self::Input) -> &Name;

    /// The labels in an input.
    fn labels_of(input: &Self::Input) -> &Labels;

    /// The first state of a resource made from an input, or everything that is wrong with it.
    fn draft(input: Self::Input) -> Result<Self, FieldErrors>;

    /// The state after an edit. State and what agents reported are kept.
    fn amend(self, input: Self::Input) -> Result<Self, EditError>;

    /// The input that would make this state: what a merge patch is applied to.
    fn input(resource: &Resource<Self>) -> Self::Input;

    /// Refuses deletion in states that do not allow it.
    fn deletable(&self) -> Result<(), WrongState> {
        Ok(())
    }

    /// The type of the event that tells of a creation, an update and a deletion, in that order.
    const EVENTS: [&'static str; 3];
}

/// Why an edit is refused.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EditError {
    /// Fields are wrong.
    #[error("the fields are not valid")]
    Fields(FieldErrors),
    /// The state does not allow it.
    #[error(transparent)]
    State(#[from] WrongState),
}

impl From<FieldErrors> for EditError {
    fn from(errors: FieldErrors) -> Self {
        Self::Fields(errors)
    }
}

/// Counts every change of a resource; it is the ETag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct Revision(pub u64);

impl Revision {
    /// The revision of a new resource.
    pub const FIRST: Self = Self(1);

    /// The revision after one more change.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// A tenant's object of kind `K`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "K: Kind")]
pub struct Resource<K: Kind> {
    /// Its identifier.
    pub id: Id<K>,
    /// Its tenant.
    pub tenant_id: TenantId,
    /// Its name.
    pub name: Name,
    /// Its labels.
    #[serde(default)]
    pub labels: Labels,
    /// Counts its changes.
    pub revision: Revision,
    /// When it was made.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: Actor,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// By whom.
    pub updated_by: Actor,
    /// What is its kind's own.
    #[serde(flatten)]
    pub body: K,
}

impl<K: Kind> Resource<K> {
    /// A new resource at its first revision.
    pub fn new(id: Id<K>, tenant_id: TenantId, name: Name, labels: Labels, body: K, stamp: &Stamp) -> Self {
        Self {
            id,
            tenant_id,
            name,
            labels,
            revision: Revision::FIRST,
            created_at: stamp.now,
            created_by: stamp.actor.clone(),
            updated_at: stamp.now,
            updated_by: stamp.actor.clone(),
            body,
        }
    }

    /// The change that gives this resource another body.
    pub fn become_body(self, body: K, stamp: &Stamp, event: EventDraft) -> Change<K> {
        let after = Self { body, ..self.clone() }.touched(stamp);
        Change::updated(self, after, event)
    }

    fn touched(self, stamp: &Stamp) -> Self {
        Self { revision: self.revision.next(), updated_at: stamp.now, updated_by: stamp.actor.clone(), ..self }
    }
}

impl<K: Editable> Resource<K> {
    /// The creation of a resource from what a caller sent.
    pub fn create(id: Id<K>, tenant_id: TenantId, input: K::Input, stamp: &Stamp) -> Result<Change<K>, FieldErrors> {
        let (name, labels) = (K::name_of(&input).clone(), K::labels_of(&input).clone());
        let resource = Self::new(id, tenant_id, name, labels, K::draft(input)?, stamp);
        let [created, _, _] = K::EVENTS;
        Ok(Change::created(resource, EventDraft::new(created)))
    }

    /// The replacement of everything that callers may edit.
    pub fn replace(self, input: K::Input, stamp: &Stamp) -> Result<Change<K>, EditError> {
        let (name, labels) = (K::name_of(&input).clone(), K::labels_of(&input).clone());
        let body = self.body.clone().amend(input)?;
        let after = Self { name, labels, body, ..self.clone() }.touched(stamp);
        let [_, updated, _] = K::EVENTS;
        Ok(Change::updated(self, after, EventDraft::new(updated)))
    }

    /// The deletion of the resource, where its state allows it.
    pub fn delete(self) -> Result<Change<K>, WrongState> {
        self.body.deletable()?;
        let [_, _, deleted] = K::EVENTS;
        Ok(Change::deleted(self, EventDraft::new(deleted)))
    }
}
