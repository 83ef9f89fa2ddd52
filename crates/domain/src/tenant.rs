//! Tenants: whose everything else is.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    change::{Change, Stamp, WrongState},
    event::EventDraft,
    field::FieldErrors,
    id::resource_id,
    name::{Labels, Name},
    resource::{EditError, Editable, Kind, Resource},
};

resource_id!(Tenant, TenantId, "ten");

/// The tenant that owns the tenants themselves.
pub const SYSTEM_TENANT: TenantId = TenantId::nil();

/// `active` ⇄ `suspended`. A suspended tenant's users, keys and agents are refused on their next request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TenantStatus {
    /// Everything works.
    Active,
    /// Every request is refused; clusters keep what runs.
    Suspended,
}

/// A tenant. Its name is the slug that `X-Tenant` accepts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Tenant {
    /// A name for people.
    pub display_name: String,
    /// Whether its requests are answered.
    pub status: TenantStatus,
}

/// What makes a tenant.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TenantInput {
    /// The slug, unique in the installation.
    pub name: Name,
    /// A name for people; the slug when left out.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 100)]
    pub display_name: Option<String>,
    /// The labels.
    #[serde(default)]
    #[schema(required = false)]
    pub labels: Labels,
    /// The subject (`sub`) of the user who becomes `org-admin`; the caller when left out.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 255)]
    pub owner: Option<String>,
}

impl Kind for Tenant {
    const KIND: &'static str = "tenant";
}

impl Editable for Tenant {
    type Input = TenantInput;
    const EVENTS: [&'static str; 3] = ["tenant.created", "tenant.updated", "tenant.deleted"];

    fn name_of(input: &TenantInput) -> &Name {
        &input.name
    }

    fn labels_of(input: &TenantInput) -> &Labels {
        &input.labels
    }

    fn draft(input: TenantInput) -> Result<Self, FieldErrors> {
        let display_name = input.display_name.unwrap_or_else(|| input.name.to_string());
        Ok(Self { display_name, status: TenantStatus::Active })
    }

    fn amend(self, input: TenantInput) -> Result<Self, EditError> {
        Ok(Self { display_name: input.display_name.unwrap_or(self.display_name), ..self })
    }

    fn input(resource: &Resource<Self>) -> TenantInput {
        TenantInput {
            name: resource.name.clone(),
            display_name: Some(resource.body.display_name.clone()),
            labels: resource.labels.clone(),
            owner: None,
        }
    }
}

impl Resource<Tenant> {
    /// Refuses the tenant's requests from now on.
    pub fn suspend(self, stamp: &Stamp) -> Result<Change<Tenant>, WrongState> {
        self.switch(TenantStatus::Active, TenantStatus::Suspended, "suspend", "`active`", "tenant.suspended", stamp)
    }

    /// Answers the tenant's requests again.
    pub fn activate(self, stamp: &Stamp) -> Result<Change<Tenant>, WrongState> {
        self.switch(TenantStatus::Suspended, TenantStatus::Active, "activate", "`suspended`", "tenant.activated", stamp)
    }

    fn switch(
        self,
        from: TenantStatus,
        to: TenantStatus,
        verb: &'static str,
        allowed: &'static str,
        event: &'static str,
        stamp: &Stamp,
    ) -> Result<Change<Tenant>, WrongState> {
        if self.body.status != from {
            let state = self.body.status.name().to_owned();
            return Err(WrongState { kind: Tenant::KIND, verb, state, allowed });
        }
        let body = Tenant { status: to, ..self.body.clone() };
        Ok(self.become_body(body, stamp, EventDraft::new(event)))
    }
}

impl TenantStatus {
    /// The status as the API writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
        }
    }
}
