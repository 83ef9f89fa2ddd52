//! Policies: those of the types that are policies here. Authentication is not: it belongs to the publish.

use serde_json::{Map, Value, json};

use super::{
    Aim, Draft, Stop, Translator, labels,
    traffic::{circuit_breaker, filled, retry, set},
};
use crate::{
    fields::{Fields, plain},
    finding::Finding,
    wanted::{Key, Kind},
};

impl Translator<'_> {
    pub(super) fn policy(&mut self, key: &Key, fields: &mut Fields) -> Result<Draft, Stop> {
        let kind = fields.word(&["type", "policy_type"])?.unwrap_or_default();
        let (scope, service) = (fields.word(&["scope"])?, fields.text(&["api_service_id", "service_id"])?);
        let route = fields.text(&["route_id"])?;
        let enabled = fields.flag(&["enabled"])?.unwrap_or(true);
        let scope = scope.unwrap_or_else(|| narrowest(service.as_deref(), route.as_deref()).to_owned());
        if enabled {
            let is_auth = matches!(kind.as_str(), "jwtauth" | "jwt" | "apikeyauth" | "apikey" | "oauth2" | "basicauth");
            let of_route =
                || Some(self.need("routes", route.as_deref()?, String::new()).ok()?.parent.as_ref()?.id.clone());
            let about = if scope == "global" { None } else { service.clone().or_else(of_route) };
            self.aims.insert(key.clone(), Aim { service: about, is_auth });
        } else {
            self.aims.remove(key);
        }
        let mut draft = Draft::new(Kind::Policy, fields.required(&["name"])?);
        draft.labels = Some(labels::of(key, fields)?);
        draft.set("description", fields.text(&["description"])?);
        self.scope(&mut draft, &scope, service.as_deref(), route.as_deref())?;
        draft.set("priority", fields.number(&["priority"])?);
        draft.set("enabled", Some(enabled));
        let mut spec = fields.object(&["spec", "config"])?.unwrap_or_default();
        draft.set("spec", Some(read(&kind, &mut spec)?));
        fields.absorb(spec);
        // What kind of policy it is says its type.
        fields.ignore(&["category", "status"]);
        Ok(draft)
    }

    fn scope(&self, draft: &mut Draft, scope: &str, service: Option<&str>, route: Option<&str>) -> Result<(), Stop> {
        let missing =
            |field: &str| Finding::field(field, "This scope needs it.").do_("Correct it in v1 and export again.");
        let mut about = |name: &str, kind: Kind, key: Key| {
            draft.set(name, Some(kind.placeholder(0)));
            draft.refer(format!("/{name}"), kind, key);
        };
        match scope {
            "global" => {}
            "service" | "apiservice" => {
                let service = service.ok_or_else(|| missing("api_service_id"))?;
                let service = self.need("api_services", service, "api_service_id".to_owned())?;
                about("api_service_id", Kind::ApiService, service.key.clone());
            }
            "route" => {
                let route = self.need("routes", route.ok_or_else(|| missing("route_id"))?, "route_id".to_owned())?;
                about("route_id", Kind::Route, route.key.clone());
                if let Some(service) = &route.parent {
                    about("api_service_id", Kind::ApiService, service.clone());
                }
            }
            _ => return Err(Finding::field("scope", "It is none of `global`, `service` and `route`.").into()),
        }
        let scope = if scope == "apiservice" { "service" } else { scope };
        draft.set("scope", Some(scope));
        Ok(())
    }
}

fn narrowest(service: Option<&str>, route: Option<&str>) -> &'static str {
    match (service, route) {
        (_, Some(_)) => "route",
        (Some(_), None) => "service",
        (None, None) => "global",
    }
}

/// What a policy does, under the name of its type.
fn read(kind: &str, spec: &mut Fields) -> Result<Value, Finding> {
    let nothing = || Finding::field("spec", "It says nothing.").do_("Fill it in v1 and export again.");
    let (name, spec) = match kind {
        "ratelimit" => ("rate_limit", rate_limit(spec)?),
        "cors" => ("cors", cors(spec)?),
        "retry" => ("retry", retry(spec)?),
        "circuitbreaker" => ("circuit_breaker", circuit_breaker(spec)?),
        "timeout" => ("timeout", timeout(spec)?),
        "headermodifier" => ("header_modifier", header_modifier(spec)?),
        "urlrewrite" => ("url_rewrite", url_rewrite(spec)?),
        "jwtauth" | "jwt" | "apikeyauth" | "apikey" | "oauth2" | "basicauth" => {
            let finding = Finding::field("type", "Authentication is no policy here: it belongs to the publish.");
            return Err(finding.do_("Set `auth` of the publishes that it protects."));
        }
        _ => {
            let finding = Finding::field("type", "There are no policies of this type here.");
            return Err(finding.do_("See whether a gateway needs what it does."));
        }
    };
    Ok(json!({ name: spec.ok_or_else(nothing)? }))
}

fn rate_limit(spec: &mut Fields) -> Result<Option<Value>, Finding> {
    let mut limit = Map::new();
    set(&mut limit, "requests", spec.number(&["requests_per_unit", "requests", "limit"])?);
    let unit = spec.word(&["unit", "period"])?;
    set(&mut limit, "unit", unit.map(|unit| unit.trim_end_matches('s').to_owned()));
    set(&mut limit, "burst", spec.number(&["burst"])?.filter(|burst| *burst > 0));
    Ok(filled(limit))
}

fn cors(spec: &mut Fields) -> Result<Option<Value>, Finding> {
    let mut cors = Map::new();
    for (name, others) in [
        ("allow_origins", ["allow_origins", "allowed_origins", "origins"]),
        ("allow_methods", ["allow_methods", "allowed_methods", "methods"]),
        ("allow_headers", ["allow_headers", "allowed_headers", "headers"]),
        ("expose_headers", ["expose_headers", "exposed_headers", "expose"]),
    ] {
        let texts = spec.texts(&others)?;
        set(&mut cors, name, Some(texts).filter(|texts| !texts.is_empty()));
    }
    if spec.flag(&["allow_credentials"])? == Some(true) {
        set(&mut cors, "allow_credentials", Some(true));
    }
    // A plain number is in seconds here, as browsers have it.
    let age = match spec.take(&["max_age_seconds", "max_age"]) {
        Some(Value::Number(number)) => number.as_i64(),
        Some(other) => plain(&other).and_then(|text| text.trim_end_matches('s').parse().ok()),
        None => None,
    };
    set(&mut cors, "max_age_seconds", age);
    Ok(filled(cors))
}

fn timeout(spec: &mut Fields) -> Result<Option<Value>, Finding> {
    let mut timeout = Map::new();
    set(&mut timeout, "request_ms", spec.millis(&["request_ms", "request", "timeout_ms", "request_timeout"])?);
    set(&mut timeout, "backend_request_ms", spec.millis(&["backend_request_ms", "backend_request"])?);
    set(&mut timeout, "connect_ms", spec.millis(&["connect_ms", "connect", "connect_timeout_ms"])?);
    Ok(filled(timeout))
}

fn header_modifier(spec: &mut Fields) -> Result<Option<Value>, Finding> {
    let mut modifier = Map::new();
    for side in ["request", "response"] {
        if let Some(mut inner) = spec.object(&[side])? {
            set(&mut modifier, side, header_changes(&mut inner)?);
            spec.absorb(inner);
        }
    }
    // The older form knows requests only.
    if modifier.is_empty() {
        set(&mut modifier, "request", header_changes(spec)?);
    }
    Ok(filled(modifier))
}

fn header_changes(fields: &mut Fields) -> Result<Option<Value>, Finding> {
    let mut changes = Map::new();
    for verb in ["set", "add"] {
        let mut headers = Vec::new();
        for value in fields.list(&[verb]) {
            let Value::Object(header) = value else {
                return Err(Finding::field(fields.place(verb), "It is not a list of headers."));
            };
            // A list of names and values, or one object of all of them.
            match (header.get("name").and_then(plain), header.get("value").and_then(plain)) {
                (Some(name), Some(value)) => headers.push(json!({ "name": name, "value": value })),
                _ => headers.extend(header.iter().map(|(name, value)| json!({ "name": name, "value": plain(value) }))),
            }
        }
        set(&mut changes, verb, Some(headers).filter(|headers| !headers.is_empty()));
    }
    let remove = fields.texts(&["remove"])?;
    set(&mut changes, "remove", Some(remove).filter(|names| !names.is_empty()));
    Ok(filled(changes))
}

fn url_rewrite(spec: &mut Fields) -> Result<Option<Value>, Finding> {
    let mut rewrite = Map::new();
    set(&mut rewrite, "hostname", spec.text(&["hostname"])?);
    if let Some(mut path) = spec.object(&["path"])? {
        let kind = match path.word(&["type"])?.as_deref() {
            Some("replaceprefixmatch" | "replaceprefix") => "replace_prefix",
            Some("replacefullpath" | "replacefull") => "replace_full",
            _ => {
                return Err(Finding::field(
                    "spec.path.type",
                    "It is none of `ReplacePrefixMatch` and `ReplaceFullPath`.",
                ));
            }
        };
        let value = path.text(&["value", "replace_prefix_match", "replace_full_path"])?;
        set(&mut rewrite, "path", Some(json!({ "type": kind, "value": value })));
        spec.absorb(path);
    }
    Ok(filled(rewrite))
}
