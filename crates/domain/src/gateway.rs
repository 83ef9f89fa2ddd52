//! Gateway templates: the shape of a gateway, without a place.

mod capability;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    api_service::ActiveStatus,
    change::{Change, Stamp, WrongState},
    event::EventDraft,
    field::FieldErrors,
    id::resource_id,
    name::{Labels, Name},
    resource::{EditError, Editable, Kind, Resource},
};

pub use self::capability::{Feature, FeatureSupport, GatewayClassInfo};

resource_id!(Gateway, GatewayId, "gwt");

/// The kind of gateway that serves a template.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GatewayClass {
    /// Envoy Gateway, through Gateway API objects.
    #[default]
    Envoy,
    /// nginx on a plain host, through a configuration.
    Nginx,
}

impl GatewayClass {
    /// Every class.
    pub const ALL: [Self; 2] = [Self::Envoy, Self::Nginx];

    /// The class as the API writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Envoy => "envoy",
            Self::Nginx => "nginx",
        }
    }
}

/// What a listener speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Protocol {
    /// HTTP.
    Http,
    /// HTTP over TLS.
    Https,
}

/// A version of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
pub enum TlsVersion {
    /// TLS 1.2.
    #[serde(rename = "1.2")]
    V1_2,
    /// TLS 1.3.
    #[serde(rename = "1.3")]
    V1_3,
}

/// TLS of a listener.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ListenerTls {
    /// The Secret that holds certificate and key (`tls.crt`, `tls.key`); a folder of that name on a plain host.
    #[schema(min_length = 1, max_length = 253, pattern = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")]
    pub certificate_ref: String,
    /// The namespace of the Secret, when it is not the gateway's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 63, pattern = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
    pub certificate_namespace: Option<String>,
    /// The oldest version that is spoken; the gateway's own choice when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_version: Option<TlsVersion>,
}

impl ListenerTls {
    /// TLS with a certificate of the gateway's own namespace.
    pub const fn new(certificate_ref: String) -> Self {
        Self { certificate_ref, certificate_namespace: None, min_version: None }
    }
}

/// What clients may do; what is left out is the gateway's own limit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientSettings {
    /// For a client to send a request's headers, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 3_600_000)]
    pub header_timeout_ms: Option<u32>,
    /// That a connection without requests is kept, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 3_600_000)]
    pub idle_timeout_ms: Option<u32>,
    /// The most bytes of a request's body; larger ones are answered 413. Not every gateway class can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1_073_741_824)]
    pub max_body_bytes: Option<u64>,
    /// How many bytes of a connection are buffered at most. Not every gateway class can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1024, maximum = 1_073_741_824)]
    pub buffer_bytes: Option<u64>,
    /// How many proxies in front of the gateway are trusted to tell the client's address in `X-Forwarded-For`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 16)]
    pub trusted_hops: Option<u32>,
}

/// Where a gateway listens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Listener {
    /// The name, unique in the gateway.
    pub name: Name,
    /// The port.
    #[schema(minimum = 1, maximum = 65535)]
    pub port: u16,
    /// What it speaks.
    pub protocol: Protocol,
    /// The host names that it answers, `*.` first for a whole domain; all, when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(
        min_length = 1,
        max_length = 253,
        pattern = r"^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
    )]
    pub hostname: Option<String>,
    /// TLS, with `HTTPS` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<ListenerTls>,
}

/// A gateway template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Gateway {
    /// What it is for.
    pub description: Option<String>,
    /// The kind of gateway that serves it.
    pub class: GatewayClass,
    /// Where it listens.
    pub listeners: Vec<Listener>,
    /// What clients may do.
    #[serde(default)]
    pub client: Option<ClientSettings>,
    /// Whether it may be published with.
    pub status: ActiveStatus,
}

/// What makes or replaces a gateway template.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GatewayInput {
    /// The name.
    pub name: Name,
    /// The labels.
    #[serde(default)]
    #[schema(required = false)]
    pub labels: Labels,
    /// What it is for.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub description: Option<String>,
    /// The kind of gateway that serves it.
    #[serde(default)]
    #[schema(required = false)]
    pub class: GatewayClass,
    /// Where it listens.
    #[schema(min_items = 1, max_items = 64)]
    pub listeners: Vec<Listener>,
    /// What clients may do.
    #[serde(default)]
    pub client: Option<ClientSettings>,
}

impl Kind for Gateway {
    const KIND: &'static str = "gateway";
}

fn check(listeners: &[Listener]) -> FieldErrors {
    let mut errors = FieldErrors::new();
    for (index, listener) in listeners.iter().enumerate() {
        let earlier = listeners.get(..index).unwrap_or_default();
        let pointer = |field: &str| format!("/listeners/{index}/{field}");
        let fresh = earlier.iter().all(|other| other.name != listener.name);
        errors.require(fresh, pointer("name"), "duplicate", "Listeners have different names.");
        let same = |other: &Listener| other.port == listener.port && other.hostname == listener.hostname;
        let detail = "Listeners with the same port need different host names.";
        errors.require(!earlier.iter().any(same), pointer("port"), "duplicate", detail);
        let mixed = |other: &Listener| other.port == listener.port && other.protocol != listener.protocol;
        let detail = "Listeners with the same port speak the same protocol.";
        errors.require(!earlier.iter().any(mixed), pointer("protocol"), "conflict", detail);
        match (listener.protocol, &listener.tls) {
            (Protocol::Https, None) => {
                errors.add(pointer("tls"), "required", "An `HTTPS` listener needs `tls.certificate_ref`.");
            }
            (Protocol::Http, Some(_)) => {
                errors.add(pointer("tls"), "not_applicable", "`tls` applies only to `HTTPS` listeners.");
            }
            _ => {}
        }
    }
    errors
}

impl Editable for Gateway {
    type Input = GatewayInput;
    const EVENTS: [&'static str; 3] = ["gateway.created", "gateway.updated", "gateway.deleted"];

    fn name_of(input: &GatewayInput) -> &Name {
        &input.name
    }

    fn labels_of(input: &GatewayInput) -> &Labels {
        &input.labels
    }

    fn draft(input: GatewayInput) -> Result<Self, FieldErrors> {
        let mut errors = check(&input.listeners);
        errors.within("", input.class.refuse_template(&input.listeners, input.client.as_ref()));
        errors.or(Self {
            description: input.description,
            class: input.class,
            listeners: input.listeners,
            client: input.client,
            status: ActiveStatus::Inactive,
        })
    }

    fn amend(self, input: GatewayInput) -> Result<Self, EditError> {
        let status = self.status;
        Ok(Self { status, ..Self::draft(input)? })
    }

    fn input(resource: &Resource<Self>) -> GatewayInput {
        GatewayInput {
            name: resource.name.clone(),
            labels: resource.labels.clone(),
            description: resource.body.description.clone(),
            class: resource.body.class,
            listeners: resource.body.listeners.clone(),
            client: resource.body.client.clone(),
        }
    }
}

impl Resource<Gateway> {
    /// Lets the template be published with.
    pub fn activate(self, stamp: &Stamp) -> Result<Change<Gateway>, WrongState> {
        self.switch(ActiveStatus::Inactive, ActiveStatus::Active, "activate", "gateway.activated", stamp)
    }

    /// Keeps the template from being published with; what is deployed stays.
    pub fn deactivate(self, stamp: &Stamp) -> Result<Change<Gateway>, WrongState> {
        self.switch(ActiveStatus::Active, ActiveStatus::Inactive, "deactivate", "gateway.deactivated", stamp)
    }

    fn switch(
        self,
        from: ActiveStatus,
        to: ActiveStatus,
        verb: &'static str,
        event: &'static str,
        stamp: &Stamp,
    ) -> Result<Change<Gateway>, WrongState> {
        self.body.status.expect_from(from, Gateway::KIND, verb)?;
        let body = Gateway { status: to, ..self.body.clone() };
        Ok(self.become_body(body, stamp, EventDraft::new(event)))
    }
}
