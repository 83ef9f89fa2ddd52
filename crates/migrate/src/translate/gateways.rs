//! Gateways: templates in v1 already; only their words differ.

use serde_json::{Map, Value, json};

use super::{Draft, Stop, Translator, labels};
use crate::{
    fields::{Fields, plain},
    finding::Finding,
    wanted::{Key, Kind},
};

impl Translator<'_> {
    pub(super) fn gateway(&mut self, key: &Key, fields: &mut Fields) -> Result<Draft, Stop> {
        let mut draft = Draft::new(Kind::Gateway, fields.required(&["name"])?);
        draft.labels = Some(labels::of(key, fields)?);
        draft.set("description", fields.text(&["description"])?);
        draft.set("class", Some(self.class(fields)?));
        let mut listeners = Vec::new();
        for mut listener in fields.objects(&["listeners"])? {
            let read = read_listener(&mut listener)?;
            match read {
                Ok(read) => listeners.push(read),
                Err(problem) => listener.remark("protocol", problem, "No route needs it: routes here are HTTP."),
            }
            fields.absorb(listener);
        }
        if listeners.is_empty() {
            let finding = Finding::field("listeners", "It has no listener that speaks HTTP or HTTPS.");
            return Err(finding.do_("Give it one in v1 and export again.").into());
        }
        draft.list("listeners", listeners);
        draft.status = Some(super::settle::active(fields.word(&["status"])?.as_deref(), "active"));
        // A template is no place; where it was one, publishes are asked for its region.
        fields.ignore(&["region"]);
        Ok(draft)
    }

    fn class(&self, fields: &mut Fields) -> Result<&'static str, Finding> {
        let Some(class) = fields.text(&["gateway_class", "gateway_class_name", "class"])? else { return Ok("envoy") };
        if let Some(chosen) = self.mapping.gateway_classes.get(&class) {
            return Ok(chosen.name());
        }
        match crate::fields::word(&class).as_str() {
            "envoy" | "envoygateway" | "eg" => Ok("envoy"),
            "nginx" => Ok("nginx"),
            _ => {
                let finding = Finding::field("gateway_class", format!("`{class}` is not served here."));
                Err(finding
                    .do_(format!("Choose one under `gateway_classes: {{ {class}: envoy }}` in the mapping file.")))
            }
        }
    }
}

/// A listener, or why it is left out.
fn read_listener(fields: &mut Fields) -> Result<Result<Value, String>, Finding> {
    let mut listener = Map::new();
    let name = fields.required(&["name"])?;
    let slug = switchtower_domain::name::Name::slugify(&name, "listener");
    if slug.as_str() != name {
        fields.remark("name", format!("`{name}` is no name here. It becomes `{slug}`."), "Nothing refers to it.");
    }
    listener.insert("name".to_owned(), json!(slug));
    listener.insert("port".to_owned(), json!(fields.number(&["port"])?));
    if let Some(hostname) = fields.text(&["hostname"])?.filter(|hostname| hostname != "*") {
        listener.insert("hostname".to_owned(), json!(hostname.to_ascii_lowercase()));
    }
    let protocol = fields.word(&["protocol"])?.unwrap_or_else(|| "http".to_owned());
    let tls = fields.object(&["tls"])?;
    match protocol.as_str() {
        "http" => {
            listener.insert("protocol".to_owned(), json!("HTTP"));
        }
        "https" => {
            listener.insert("protocol".to_owned(), json!("HTTPS"));
            let mut tls = tls.unwrap_or_default();
            let read = read_tls(&mut tls)?;
            fields.absorb(tls);
            match read {
                Some(read) => listener.insert("tls".to_owned(), read),
                None => return Ok(Err(format!("Listener `{name}` passes TLS through. It is left out."))),
            };
        }
        _ => return Ok(Err(format!("Listener `{name}` does not speak HTTP. It is left out."))),
    }
    Ok(Ok(Value::Object(listener)))
}

/// TLS that ends at the gateway; `None` when it does not.
fn read_tls(fields: &mut Fields) -> Result<Option<Value>, Finding> {
    if fields.word(&["mode"])?.is_some_and(|mode| mode != "terminate") {
        return Ok(None);
    }
    let mut tls = Map::new();
    let references = fields.list(&["certificate_ref", "certificate_refs", "secret_name", "secret"]);
    if references.len() > 1 {
        fields.remark(
            "certificate_ref",
            "It has several certificates. The first is taken.",
            "Make a listener for each.",
        );
    }
    let text = |value: Option<&Value>| value.and_then(plain);
    match references.first() {
        Some(Value::Object(reference)) => {
            tls.insert("certificate_ref".to_owned(), json!(text(reference.get("name"))));
            if let Some(namespace) = text(reference.get("namespace")) {
                tls.insert("certificate_namespace".to_owned(), json!(namespace));
            }
        }
        name => {
            tls.insert("certificate_ref".to_owned(), json!(text(name)));
        }
    }
    if let Some(version) = fields.text(&["min_version", "min_protocol_version"])? {
        let digits: String = version.chars().filter(char::is_ascii_digit).collect();
        match digits.as_str() {
            "12" => drop(tls.insert("min_version".to_owned(), json!("1.2"))),
            "13" => drop(tls.insert("min_version".to_owned(), json!("1.3"))),
            _ => fields.remark("min_version", "Nothing older than TLS 1.2 is spoken.", "See that clients can do it."),
        }
    }
    Ok(Some(Value::Object(tls)))
}
