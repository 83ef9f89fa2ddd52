//! Backends: older ones have a URL, or a host and a port, where newer ones have endpoints.

use serde_json::{Map, Value, json};

use super::{
    Draft, Stop, Translator, settle,
    traffic::{circuit_breaker, filled, retry, set},
};
use crate::{
    fields::{Fields, word},
    finding::Finding,
    wanted::{Key, Kind},
};

impl Translator<'_> {
    pub(super) fn backend(&mut self, _: &Key, fields: &mut Fields) -> Result<Draft, Stop> {
        let parent = self.service_of(fields)?;
        let mut draft = Draft::new(Kind::Backend, fields.required(&["name"])?);
        draft.parent = Some(parent);
        draft.set("status", Some(settle::active(fields.word(&["status"])?.as_deref(), "active")));
        let (scheme, endpoints) = addresses(fields)?;
        draft.set("scheme", Some(scheme.as_str()));
        draft.list("endpoints", endpoints);
        draft.set("load_balancing", load_balancing(fields)?);
        let mut timeouts = Map::new();
        set(&mut timeouts, "connect_ms", fields.millis(&["connect_timeout_ms", "connect_timeout"])?);
        set(&mut timeouts, "request_ms", fields.millis(&["timeout_ms", "timeout", "request_timeout_ms"])?);
        set(&mut timeouts, "idle_ms", fields.millis(&["idle_timeout_ms", "idle_timeout"])?);
        draft.set("timeouts", filled(timeouts));
        draft.set("health_check", inner(fields, &["health_check"], health_check)?);
        draft.set("circuit_breaker", inner(fields, &["circuit_breaker"], circuit_breaker)?);
        draft.set("retry", inner(fields, &["retry"], retry)?);
        if let Some(tls) = inner(fields, &["tls"], tls)? {
            if matches!(scheme.as_str(), "https" | "grpcs") {
                draft.set("tls", Some(tls));
            } else {
                fields.remark(
                    "tls",
                    format!("`{scheme}` has no TLS. These settings are left out."),
                    "Choose a scheme with TLS.",
                );
            }
        }
        fields.ignore(&["description", "labels"]);
        Ok(draft)
    }
}

/// Reads an object inside of a row, with all that is to be told of it.
fn inner<T>(
    fields: &mut Fields,
    names: &[&str],
    read: impl Fn(&mut Fields) -> Result<Option<T>, Finding>,
) -> Result<Option<T>, Finding> {
    let Some(mut object) = fields.object(names)? else { return Ok(None) };
    let value = read(&mut object)?;
    fields.absorb(object);
    Ok(value)
}

/// The scheme and the addresses.
fn addresses(fields: &mut Fields) -> Result<(String, Vec<Value>), Finding> {
    let scheme = fields.word(&["scheme", "protocol"])?;
    let mut endpoints = Vec::new();
    for mut endpoint in fields.objects(&["endpoints"])? {
        let mut read = Map::new();
        set(&mut read, "host", Some(endpoint.required(&["host", "hostname", "address"])?));
        set(&mut read, "port", endpoint.number(&["port"])?);
        set(&mut read, "weight", endpoint.number(&["weight"])?);
        set(&mut read, "zone", endpoint.text(&["zone"])?);
        endpoints.push(Value::Object(read));
        fields.absorb(endpoint);
    }
    let url = fields.text(&["url", "base_url"])?;
    let (host, port) = (fields.text(&["host", "hostname", "address"])?, fields.number(&["port"])?);
    if !endpoints.is_empty() {
        return Ok((scheme.unwrap_or_else(|| "http".to_owned()), endpoints));
    }
    let Some(url) = url else {
        let missing = || Finding::field("endpoints", "It has no address.").do_("Give it one in v1 and export again.");
        let (host, scheme) = (host.ok_or_else(missing)?, scheme.unwrap_or_else(|| "http".to_owned()));
        let port = port.unwrap_or_else(|| well_known(&scheme));
        return Ok((scheme, vec![json!({ "host": host, "port": port })]));
    };
    let wrong = |problem: &str| Finding::field("url", problem.to_owned()).do_("Correct it in v1 and export again.");
    let parsed: reqwest::Url = url.parse().map_err(|_| wrong("It is no URL."))?;
    let host = parsed.host_str().ok_or_else(|| wrong("It names no host."))?.trim_matches(['[', ']']).to_owned();
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err(wrong("It holds a user or a password, which no backend here does."));
    }
    if !parsed.path().trim_end_matches('/').is_empty() {
        return Err(wrong(
            "It has a path. A backend is an address alone; a policy of the type `url_rewrite` adds a path.",
        ));
    }
    let scheme = scheme.unwrap_or_else(|| word(parsed.scheme()));
    let port = parsed.port_or_known_default().map_or_else(|| well_known(&scheme), i64::from);
    Ok((scheme, vec![json!({ "host": host, "port": port })]))
}

fn well_known(scheme: &str) -> i64 {
    if matches!(scheme, "https" | "grpcs") { 443 } else { 80 }
}

fn load_balancing(fields: &mut Fields) -> Result<Option<Value>, Finding> {
    let policy = fields.word(&["lb_policy", "load_balancing_policy"])?;
    let hash = inner(fields, &["consistent_hash"], hash_on)?;
    let policy = match policy.as_deref() {
        None => return Ok(None),
        Some("roundrobin") => "round_robin",
        Some("leastrequest" | "leastrequests") => "least_request",
        Some("random") => "random",
        Some("consistenthash") => "consistent_hash",
        Some(_) => {
            fields.remark(
                "lb_policy",
                "There is no such way to share requests here. They are shared in turn.",
                "Choose another.",
            );
            return Ok(None);
        }
    };
    let hash = hash.filter(|_| policy == "consistent_hash");
    if policy == "consistent_hash" && hash.is_none() {
        fields.remark(
            "consistent_hash",
            "It does not say what the hash is made of. The client's address is.",
            "Correct it, if that is wrong.",
        );
        return Ok(Some(json!({ "policy": policy, "hash_on": { "type": "source_ip" } })));
    }
    let mut balancing = Map::from_iter([("policy".to_owned(), json!(policy))]);
    set(&mut balancing, "hash_on", hash);
    Ok(filled(balancing))
}

fn hash_on(fields: &mut Fields) -> Result<Option<Value>, Finding> {
    let kind = fields.word(&["type"])?;
    let named = fields.take(&["header", "cookie", "name"]);
    let name = match &named {
        Some(Value::Object(object)) => object.get("name").and_then(crate::fields::plain),
        Some(other) => crate::fields::plain(other),
        None => None,
    };
    Ok(match (kind.as_deref(), name) {
        (Some("header"), Some(name)) => Some(json!({ "type": "header", "name": name })),
        (Some("cookie"), Some(name)) => Some(json!({ "type": "cookie", "name": name })),
        (Some("sourceip"), _) => Some(json!({ "type": "source_ip" })),
        _ => None,
    })
}

fn health_check(fields: &mut Fields) -> Result<Option<Value>, Finding> {
    let kind = fields.word(&["type", "protocol"])?.unwrap_or_else(|| "http".to_owned());
    let mut check = Map::from_iter([("type".to_owned(), json!(kind))]);
    set(&mut check, "interval_ms", fields.millis(&["interval_ms", "interval"])?);
    set(&mut check, "timeout_ms", fields.millis(&["timeout_ms", "timeout"])?);
    let thresholds = inner(fields, &["thresholds"], |inner| {
        Ok(Some((
            inner.number(&["healthy", "healthy_threshold"])?,
            inner.number(&["unhealthy", "unhealthy_threshold"])?,
        )))
    })?;
    let (healthy, unhealthy) = thresholds.unwrap_or_default();
    set(&mut check, "healthy_threshold", fields.number(&["healthy_threshold"])?.or(healthy));
    set(&mut check, "unhealthy_threshold", fields.number(&["unhealthy_threshold"])?.or(unhealthy));
    let http = inner(fields, &["http"], http_check)?;
    let path = fields.text(&["path"])?;
    if kind == "http" {
        set(&mut check, "http", http.or_else(|| path.map(|path| json!({ "path": path }))));
    }
    Ok(filled(check))
}

fn http_check(fields: &mut Fields) -> Result<Option<Value>, Finding> {
    let path = fields.text(&["path"])?.unwrap_or_else(|| "/".to_owned());
    let statuses = fields.list(&["expected_statuses", "expected_status"]);
    let statuses: Option<Vec<u16>> = statuses.iter().map(|s| crate::fields::plain(s)?.parse().ok()).collect();
    let statuses =
        statuses.ok_or_else(|| Finding::field(fields.place("expected_statuses"), "It is not a list of statuses."))?;
    let mut check = Map::from_iter([("path".to_owned(), json!(path))]);
    set(&mut check, "expected_statuses", Some(statuses).filter(|statuses| !statuses.is_empty()));
    Ok(filled(check))
}

fn tls(fields: &mut Fields) -> Result<Option<Value>, Finding> {
    let mut tls = Map::new();
    set(&mut tls, "sni", fields.text(&["sni"])?.map(|sni| sni.to_ascii_lowercase()));
    if fields.flag(&["insecure_skip_verify"])? == Some(true) {
        set(&mut tls, "insecure_skip_verify", Some(true));
        fields.remark(
            "insecure_skip_verify",
            "It takes any certificate, as in v1.",
            "Anybody on the way can read along: give it a certificate.",
        );
    }
    Ok(filled(tls))
}
