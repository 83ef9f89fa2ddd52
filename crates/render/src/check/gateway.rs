//! The gateway template.

use switchtower_domain::{
    field::FieldErrors,
    gateway::{ClientSettings, Gateway, GatewayInput, Listener},
    hostname::{is_dns_name, is_hostname},
    name::Labels,
    resource::Editable,
};
use switchtower_protocol::snapshot::GatewayPart;

use super::bound;
use crate::limit;

/// Listeners, and what clients may do.
pub(super) fn check(gateway: &GatewayPart) -> FieldErrors {
    let mut errors = FieldErrors::new();
    let fits = (1..=limit::LISTENERS).contains(&gateway.listeners.len());
    let detail = format!("A gateway has 1 to {} listeners.", limit::LISTENERS);
    errors.require(fits, "/listeners", "length", detail);
    let input = GatewayInput {
        name: gateway.name.clone(),
        labels: Labels::default(),
        description: None,
        class: gateway.class,
        listeners: gateway.listeners.clone(),
        client: gateway.client.clone(),
    };
    if let Err(of_domain) = Gateway::draft(input) {
        errors.within("", of_domain);
    }
    for (index, listener) in gateway.listeners.iter().enumerate() {
        errors.within(&format!("/listeners/{index}"), of_listener(listener));
    }
    if let Some(client) = &gateway.client {
        errors.within("/client", of_client(client));
    }
    errors
}

fn of_client(client: &ClientSettings) -> FieldErrors {
    let mut errors = FieldErrors::new();
    bound::time(client.header_timeout_ms, "/header_timeout_ms", &mut errors);
    bound::time(client.idle_timeout_ms, "/idle_timeout_ms", &mut errors);
    for (pointer, value, least, most) in [
        ("/max_body_bytes", client.max_body_bytes, 1, limit::BYTES),
        ("/buffer_bytes", client.buffer_bytes, 1024, limit::BYTES),
        ("/trusted_hops", client.trusted_hops.map(u64::from), 1, 16),
    ] {
        if let Some(value) = value {
            bound::number(value, (least, most), pointer, &mut errors);
        }
    }
    errors
}

fn of_listener(listener: &Listener) -> FieldErrors {
    let mut errors = FieldErrors::new();
    errors.require(listener.port > 0, "/port", "range", "A port is a number from 1 to 65535.");
    let named = listener.hostname.as_deref().is_none_or(is_hostname);
    let detail = "A host name is a lower-case DNS name, `*.` first for a whole domain.";
    errors.require(named, "/hostname", "hostname", detail);
    let secret = listener.tls.as_ref().is_none_or(|tls| is_dns_name(&tls.certificate_ref));
    errors.require(secret, "/tls/certificate_ref", "name", "A Secret has a lower-case DNS name.");
    let namespace = listener.tls.as_ref().and_then(|tls| tls.certificate_namespace.as_deref());
    let label = namespace.is_none_or(|own| is_dns_name(own) && !own.contains('.'));
    let detail = "A namespace is an RFC 1123 label.";
    errors.require(label, "/tls/certificate_namespace", "namespace", detail);
    errors
}
