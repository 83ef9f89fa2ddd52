//! Rules of the CRDs that their schemas cannot say (`x-kubernetes-validations`), and limits of Envoy Gateway.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{list, of_kind, time};
use crate::{Object, Rendered};

pub(super) fn assert_all(rendered: &Rendered) {
    of_kind(rendered, "Gateway").for_each(gateway);
    of_kind(rendered, "HTTPRoute").for_each(http_route);
    of_kind(rendered, "Backend").for_each(backend);
    for kind in ["BackendTrafficPolicy", "ClientTrafficPolicy", "SecurityPolicy"] {
        let mut taken = BTreeSet::new();
        for object in of_kind(rendered, kind) {
            targets(kind, object, &mut taken);
        }
    }
    of_kind(rendered, "BackendTrafficPolicy").for_each(traffic);
    of_kind(rendered, "SecurityPolicy").for_each(security);
    assert!(of_kind(rendered, "SecurityPolicy").count() <= 1);
}

fn has(value: &Value, key: &str) -> bool {
    value.get(key).is_some()
}

fn gateway(object: &Object) {
    let listeners = list(&object.manifest["spec"], "listeners");
    assert!((1..=64).contains(&listeners.len()));
    let names: BTreeSet<_> = listeners.iter().map(|own| own["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), listeners.len());
    let places: BTreeSet<_> = listeners.iter().map(|own| format!("{} {}", own["port"], own["hostname"])).collect();
    assert_eq!(places.len(), listeners.len(), "port and host name together are unique");
    for listener in listeners {
        assert_eq!(has(listener, "tls"), listener["protocol"] == "HTTPS");
        assert!(!has(listener, "tls") || !list(&listener["tls"], "certificateRefs").is_empty());
    }
}

fn http_route(object: &Object) {
    let spec = &object.manifest["spec"];
    let rules = list(spec, "rules");
    let matches: Vec<_> = rules.iter().map(|rule| list(rule, "matches").len()).collect();
    assert!((1..=16).contains(&rules.len()));
    assert!(matches.iter().all(|count| (1..=64).contains(count)), "{matches:?}");
    assert!(matches.iter().sum::<usize>() <= 128, "{matches:?}");
    assert!(list(spec, "hostnames").len() <= 16);
    let names: BTreeSet<_> = rules.iter().map(|rule| rule["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), rules.len(), "rules have different names");
    rules.iter().for_each(rule);
}

fn rule(rule: &Value) {
    assert!((1..=16).contains(&list(rule, "backendRefs").len()));
    let matches = list(rule, "matches");
    for one in matches {
        path(&one["path"]);
        for key in ["headers", "queryParams"] {
            let names: BTreeSet<_> = list(one, key).iter().map(|own| own["name"].as_str().unwrap()).collect();
            assert!(names.len() == list(one, key).len() && names.len() <= 16, "{one}");
        }
    }
    let filters = list(rule, "filters");
    let kinds: BTreeSet<_> = filters.iter().map(|filter| filter["type"].as_str().unwrap()).collect();
    assert_eq!(kinds.len(), filters.len(), "a filter is there once");
    for filter in filters {
        match filter["type"].as_str().unwrap() {
            "RequestHeaderModifier" => headers(&filter["requestHeaderModifier"]),
            "ResponseHeaderModifier" => headers(&filter["responseHeaderModifier"]),
            "CORS" => cors(&filter["cors"]),
            "ExtensionRef" => assert_eq!(filter["extensionRef"]["kind"], "HTTPRouteFilter"),
            "URLRewrite" => {
                if has(&filter["urlRewrite"]["path"], "replacePrefixMatch") {
                    let prefix = matches.iter().all(|one| one["path"]["type"] == "PathPrefix");
                    assert!(matches.len() == 1 && prefix, "exactly one PathPrefix match");
                }
            }
            other => panic!("{other}"),
        }
    }
}

fn path(path: &Value) {
    let value = path["value"].as_str().unwrap();
    if path["type"] != "RegularExpression" {
        assert!(value.starts_with('/') && !value.ends_with("/.") && !value.ends_with("/.."), "{value}");
        let refused = ["//", "/./", "/../", "%2f", "%2F", "#"];
        assert!(!refused.iter().any(|text| value.contains(text)), "{value}");
    }
}

/// Envoy Gateway leaves out headers that are named twice, and refuses some values.
fn headers(modifier: &Value) {
    let mut names = BTreeSet::new();
    for header in ["set", "add"].iter().flat_map(|key| list(modifier, key)) {
        assert!(names.insert(header["name"].as_str().unwrap().to_ascii_lowercase()), "{modifier}");
        let value = header["value"].as_str().unwrap();
        assert!(!value.contains("  ") && !value.contains('%') && value.trim() == value && !value.is_empty(), "{value}");
    }
    assert!(!modifier.as_object().unwrap().is_empty());
}

fn cors(cors: &Value) {
    for key in ["allowOrigins", "allowMethods", "allowHeaders", "exposeHeaders"] {
        let texts: BTreeSet<_> = list(cors, key).iter().map(|text| text.as_str().unwrap()).collect();
        assert_eq!(texts.len(), list(cors, key).len(), "a set");
        assert!(!texts.contains("*") || texts.len() == 1, "`*` stands alone");
    }
}

fn backend(object: &Object) {
    let spec = &object.manifest["spec"];
    let endpoints = list(spec, "endpoints");
    let named = endpoints.iter().filter(|own| has(own, "fqdn")).count();
    assert!(named == 0 || named == endpoints.len(), "names and addresses are not mixed");
    assert!(endpoints.iter().all(|own| has(own, "fqdn") != has(own, "ip")));
}

/// One policy of a kind for one thing: Envoy Gateway lets the oldest have it and refuses the rest.
fn targets(kind: &str, object: &Object, taken: &mut BTreeSet<String>) {
    let targets = list(&object.manifest["spec"], "targetRefs");
    assert!((1..=64).contains(&targets.len()));
    for target in targets {
        assert_eq!(target["group"], "gateway.networking.k8s.io");
        let allowed: &[&str] = if kind == "BackendTrafficPolicy" { &["Gateway", "HTTPRoute"] } else { &["Gateway"] };
        assert!(allowed.contains(&target["kind"].as_str().unwrap()));
        assert!(taken.insert(target.to_string()), "{target} has two of {kind}");
    }
}

fn traffic(object: &Object) {
    let spec = &object.manifest["spec"];
    let balancer = &spec["loadBalancer"];
    assert_eq!(balancer["type"] == "ConsistentHash", has(balancer, "consistentHash"));
    if let Some(hash) = balancer.get("consistentHash") {
        for (kind, key) in [("Headers", "headers"), ("Cookie", "cookie"), ("Header", "header")] {
            assert_eq!(hash["type"] == kind, has(hash, key), "{hash}");
        }
    }
    if let Some(check) = spec.get("healthCheck").map(|check| &check["active"]) {
        assert_eq!(check["type"] == "HTTP", has(check, "http"), "{check}");
        assert_eq!(check["type"] == "TCP", has(check, "tcp"), "{check}");
        assert!(!has(check, "grpc") || check["type"] == "GRPC");
    }
    if let Some(retry) = spec.get("retry") {
        let triggers = list(&retry["retryOn"], "triggers");
        let codes = triggers.iter().any(|trigger| trigger == "retriable-status-codes");
        assert_eq!(codes, has(&retry["retryOn"], "httpStatusCodes"), "statuses need their trigger");
        assert_ne!(time(&retry["perRetry"]["timeout"]), Some(0));
    }
}

fn security(object: &Object) {
    let spec = &object.manifest["spec"];
    assert!(has(spec, "jwt") != has(spec, "apiKeyAuth"));
    let providers = list(&spec["jwt"], "providers");
    assert!(providers.iter().all(|provider| has(provider, "remoteJWKS")));
    for rule in list(&spec["authorization"], "rules") {
        let jwt = &rule["principal"]["jwt"];
        assert!(providers.iter().any(|provider| provider["name"] == jwt["provider"]));
        assert!((1..=16).contains(&list(jwt, "scopes").len()));
    }
    for source in list(&spec["apiKeyAuth"], "extractFrom") {
        assert_eq!(source.as_object().unwrap().len(), 1, "one of headers, params and cookies");
    }
}
