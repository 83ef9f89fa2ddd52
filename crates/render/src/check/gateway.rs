//! The gateway template, and the host names that it is to answer.

use switchtower_domain::{
    field::FieldErrors,
    gateway::{Gateway, GatewayInput, Listener},
    hostname::{intersect, is_dns_name, is_hostname},
    name::Labels,
    resource::Editable,
};
use switchtower_protocol::snapshot::{GatewayPart, Snapshot};

use crate::limit;

/// Listeners.
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
    errors
}

/// The publish's host names: each must be one that a listener answers, else its requests would find no route.
pub(super) fn hostnames(snapshot: &Snapshot) -> FieldErrors {
    let mut errors = FieldErrors::new();
    let hostnames = &snapshot.publish.hostnames;
    let detail = format!("A publish has at most {} host names.", limit::HOSTNAMES);
    errors.require(hostnames.len() <= limit::HOSTNAMES, "/hostnames", "too_many", detail);
    for (index, hostname) in hostnames.iter().enumerate() {
        let pointer = format!("/hostnames/{index}");
        let detail = "A host name is a lower-case DNS name, `*.` first for a whole domain.";
        errors.require(is_hostname(hostname), pointer.clone(), "hostname", detail);
        let again = hostnames.get(..index).is_some_and(|earlier| earlier.contains(hostname));
        errors.require(!again, pointer.clone(), "duplicate", "Name each host name once.");
        let answers = |listener: &Listener| listener.hostname.as_deref().is_none_or(|own| intersect(own, hostname));
        let detail = format!("No listener of gateway `{}` answers `{hostname}`.", snapshot.gateway.name);
        errors.require(snapshot.gateway.listeners.iter().any(answers), pointer, "no_listener", detail);
    }
    errors
}
