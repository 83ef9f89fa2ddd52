//! What the objects say.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use serde_json::{Value, json};

use super::{
    super::{list, of_kind, time},
    Meanings, in_order, sorted, tidy,
};
use crate::{Object, Rendered, label};

pub(super) fn count(rendered: &Rendered, kind: &str) -> usize {
    of_kind(rendered, kind).count()
}

fn only<'a>(rendered: &'a Rendered, kind: &'a str) -> &'a Value {
    let mut all = of_kind(rendered, kind);
    let first = all.next().unwrap();
    assert!(all.next().is_none(), "one {kind}");
    &first.manifest
}

/// Backends by name.
type Names<'a> = BTreeMap<&'a str, &'a Value>;
/// Policies by kind and name of what they are for.
type Policies<'a> = BTreeMap<(&'a str, &'a str), &'a Value>;

fn names(rendered: &Rendered) -> Names<'_> {
    of_kind(rendered, "Backend")
        .map(|object| (object.name.as_str(), &object.manifest["metadata"]["labels"][label::BACKEND_ID]))
        .collect()
}

fn policies(rendered: &Rendered) -> Policies<'_> {
    let mut policies = Policies::new();
    for policy in of_kind(rendered, "BackendTrafficPolicy") {
        for target in list(&policy.manifest["spec"], "targetRefs") {
            let key = (target["kind"].as_str().unwrap(), target["name"].as_str().unwrap());
            policies.insert(key, &policy.manifest["spec"]);
        }
    }
    policies
}

/// The policy of an HTTPRoute, or the one of the Gateway.
fn policy<'a>(rendered: &Rendered, policies: &Policies<'a>, http_route: &Object) -> &'a Value {
    let gateway = only(rendered, "Gateway")["metadata"]["name"].as_str().unwrap();
    let own = policies.get(&("HTTPRoute", http_route.name.as_str()));
    own.or_else(|| policies.get(&("Gateway", gateway))).expect("load balancing is always said")
}

pub(super) fn of_rule(rendered: &Rendered, http_route: &Object, rule: &Value) -> Value {
    treatment(rendered, rule, policy(rendered, &policies(rendered), http_route), &names(rendered))
}

pub(super) fn routes(rendered: &Rendered) -> Meanings {
    let (policies, backends) = (policies(rendered), names(rendered));
    let mut meanings = Meanings::new();
    for object in of_kind(rendered, "HTTPRoute") {
        let policy = policy(rendered, &policies, object);
        let spec = &object.manifest["spec"];
        let mut hosts: Vec<_> = list(spec, "hostnames").iter().map(|host| host.as_str().unwrap().to_owned()).collect();
        if hosts.is_empty() {
            hosts.push("any".to_owned());
        }
        for rule in list(spec, "rules") {
            let treatment = treatment(rendered, rule, policy, &backends);
            for one in list(rule, "matches") {
                let mut meaning = one_match(one);
                meaning["treatment"] = treatment.clone();
                meanings.entry(tidy(meaning).to_string()).or_default().extend(hosts.clone());
            }
        }
    }
    in_order(meanings)
}

fn one_match(one: &Value) -> Value {
    let values =
        |key: &str| sorted(list(one, key).iter().map(|own| json!([own["name"], own["type"], own["value"]])).collect());
    let kind = match one["path"]["type"].as_str().unwrap() {
        "Exact" => "exact",
        "PathPrefix" => "prefix",
        "RegularExpression" => "regex",
        other => panic!("{other}"),
    };
    let path = json!({ "type": kind, "value": one["path"]["value"] });
    json!({ "path": path, "method": one["method"], "headers": values("headers"), "queries": values("queryParams") })
}

fn treatment(rendered: &Rendered, rule: &Value, policy: &Value, backends: &BTreeMap<&str, &Value>) -> Value {
    let filter = |kind: &str| list(rule, "filters").iter().find(|filter| filter["type"] == kind);
    let rewrite = filter("URLRewrite").map_or(&Value::Null, |filter| &filter["urlRewrite"]);
    let path = match rewrite["path"]["type"].as_str() {
        Some("ReplacePrefixMatch") => {
            json!({ "type": "replace_prefix", "value": rewrite["path"]["replacePrefixMatch"] })
        }
        Some("ReplaceFullPath") => json!({ "type": "replace_full", "value": rewrite["path"]["replaceFullPath"] }),
        _ => Value::Null,
    };
    let host = match filter("ExtensionRef") {
        None => rewrite["hostname"].clone(),
        Some(filter) => {
            let extension = only(rendered, "HTTPRouteFilter");
            assert_eq!(filter["extensionRef"]["name"], extension["metadata"]["name"]);
            assert_eq!(extension["spec"], json!({ "urlRewrite": { "hostname": { "type": "Backend" } } }));
            assert!(rewrite["hostname"].is_null());
            json!("the endpoint's")
        }
    };
    let refs = list(rule, "backendRefs").iter();
    assert!(rule["timeouts"]["backendRequest"].is_null(), "Envoy Gateway would take it for the whole");
    json!({
        "backends": refs.map(|own| json!([backends[own["name"].as_str().unwrap()], own["weight"]])).collect::<Vec<_>>(),
        "whole": time(&rule["timeouts"]["request"]),
        "connect": time(&policy["timeout"]["tcp"]["connectTimeout"]),
        "idle": time(&policy["timeout"]["http"]["connectionIdleTimeout"]),
        "retry": policy.get("retry").map(retry),
        "circuit_breaker": policy.get("circuitBreaker").map(|own| json!({
            "max_connections": own["maxConnections"],
            "max_pending_requests": own["maxPendingRequests"],
            "max_requests": own["maxParallelRequests"],
            "max_retries": own["maxParallelRetries"],
        })),
        "load_balancing": balancing(&policy["loadBalancer"]),
        "health_check": policy.get("healthCheck").map(|own| health_check(&own["active"])),
        "rate_limit": policy.get("rateLimit").map(rate_limit),
        "headers": {
            "request": filter("RequestHeaderModifier").map(|own| &own["requestHeaderModifier"]),
            "response": filter("ResponseHeaderModifier").map(|own| &own["responseHeaderModifier"]),
        },
        "rewrite": path,
        "host": host,
        "cors": filter("CORS").map(|own| cors(&own["cors"])),
    })
}

fn retry(retry: &Value) -> Value {
    let reason = |trigger: &Value| match trigger.as_str().unwrap() {
        "connect-failure" => json!("connect_failure"),
        "reset" => json!("reset"),
        "5xx" => json!("5xx"),
        "gateway-error" => json!("gateway_error"),
        "retriable-status-codes" if retry["retryOn"]["httpStatusCodes"] == json!([429]) => json!("rate_limited"),
        other => panic!("{other}"),
    };
    let reasons = list(&retry["retryOn"], "triggers").iter().map(reason).collect();
    let once = time(&retry["perRetry"]["timeout"]);
    json!({ "attempts": retry["numRetries"], "retry_on": sorted(reasons), "per_try_timeout_ms": once })
}

fn balancing(balancer: &Value) -> Value {
    let hash = &balancer["consistentHash"];
    let hash_on = match hash["type"].as_str() {
        None => Value::Null,
        Some("SourceIP") => json!({ "type": "source_ip" }),
        Some("Headers") => json!({ "type": "header", "name": hash["headers"][0]["name"] }),
        Some("Cookie") => json!({ "type": "cookie", "name": hash["cookie"]["name"] }),
        Some(other) => panic!("{other}"),
    };
    let policy = match balancer["type"].as_str().unwrap() {
        "RoundRobin" => "round_robin",
        "LeastRequest" => "least_request",
        "Random" => "random",
        "ConsistentHash" => "consistent_hash",
        other => panic!("{other}"),
    };
    json!({ "policy": policy, "hash_on": hash_on })
}

fn health_check(check: &Value) -> Value {
    json!({
        "type": check["type"].as_str().unwrap().to_ascii_lowercase(),
        "interval_ms": time(&check["interval"]),
        "timeout_ms": time(&check["timeout"]),
        "healthy_threshold": check["healthyThreshold"],
        "unhealthy_threshold": check["unhealthyThreshold"],
        "http": check.get("http").map(|own| json!({ "path": own["path"], "expected_statuses": own["expectedStatuses"] })),
    })
}

fn rate_limit(limit: &Value) -> Value {
    let rules = list(&limit["local"], "rules");
    assert_eq!(rules.len(), 1);
    let limit = &rules[0]["limit"];
    json!({ "requests": limit["requests"], "unit": limit["unit"].as_str().unwrap().to_ascii_lowercase() })
}

fn cors(cors: &Value) -> Value {
    json!({
        "origins": sorted(list(cors, "allowOrigins").to_vec()),
        "methods": sorted(list(cors, "allowMethods").to_vec()),
        "headers": sorted(list(cors, "allowHeaders").to_vec()),
        "expose": sorted(list(cors, "exposeHeaders").to_vec()),
        "credentials": cors["allowCredentials"].as_bool().unwrap_or(false),
        "age": cors["maxAge"],
    })
}

pub(super) fn backend(rendered: &Rendered, id: &str) -> Value {
    let is = |object: &&Object| object.manifest["metadata"]["labels"][label::BACKEND_ID] == id;
    let object = of_kind(rendered, "Backend").find(is).unwrap();
    let policy = of_kind(rendered, "BackendTLSPolicy").find(is);
    let spec = &object.manifest["spec"];
    let endpoint = |own: &Value| {
        let (host, port) = match own["ip"]["address"].as_str() {
            Some(address) => (json!(address.parse::<IpAddr>().unwrap()), &own["ip"]["port"]),
            None => (own["fqdn"]["hostname"].clone(), &own["fqdn"]["port"]),
        };
        json!({ "host": host, "port": port, "zone": own["zone"] })
    };
    tidy(json!({
        "endpoints": list(spec, "endpoints").iter().map(endpoint).collect::<Vec<_>>(),
        "grpc": spec["appProtocols"] == json!(["gateway.envoyproxy.io/h2c"]),
        "verified": policy.map(|policy| {
            let validation = &policy.manifest["spec"]["validation"];
            assert_eq!(validation["wellKnownCACertificates"], "System");
            &validation["hostname"]
        }),
        "unverified": spec["tls"]["insecureSkipVerify"] == true,
        "sni": spec["tls"]["sni"],
    }))
}

pub(super) fn auth(rendered: &Rendered) -> Value {
    if count(rendered, "SecurityPolicy") == 0 {
        return json!("none");
    }
    let spec = &only(rendered, "SecurityPolicy")["spec"];
    if let Some(own) = spec.get("apiKeyAuth") {
        assert!(spec.get("authorization").is_none());
        let from = |key: &str| list(own, "extractFrom").iter().find_map(|source| source.get(key));
        assert_eq!(list(own, "credentialRefs").len(), 1);
        let auth = json!({
            "headers": from("headers"),
            "query_params": from("params"),
            "credentials_ref": own["credentialRefs"][0]["name"],
            "hide_credentials": own["sanitize"],
            "client_id_header": own["forwardClientIDHeader"],
        });
        return json!({ "api_key": tidy(auth) });
    }
    assert_eq!(list(&spec["jwt"], "providers").len(), 1);
    let provider = &spec["jwt"]["providers"][0];
    let scopes = spec.get("authorization").map(|own| {
        assert_eq!(own["defaultAction"], "Deny");
        assert_eq!((list(own, "rules").len(), &own["rules"][0]["action"]), (1, &json!("Allow")));
        &own["rules"][0]["principal"]["jwt"]["scopes"]
    });
    let auth = json!({
        "issuer": provider["issuer"],
        "audiences": provider["audiences"],
        "jwks_uri": provider["remoteJWKS"]["uri"],
        "scopes": scopes,
        "claim_to_headers": provider["claimToHeaders"],
    });
    json!({ "jwt": tidy(auth) })
}

pub(super) fn listeners(rendered: &Rendered) -> usize {
    list(&only(rendered, "Gateway")["spec"], "listeners").len()
}

pub(super) fn listener(rendered: &Rendered, name: &str) -> Value {
    let listeners = list(&only(rendered, "Gateway")["spec"], "listeners");
    let listener = listeners.iter().find(|listener| listener["name"] == name).unwrap();
    let mut client = [&Value::Null; 2];
    for policy in of_kind(rendered, "ClientTrafficPolicy") {
        for target in list(&policy.manifest["spec"], "targetRefs") {
            match target["sectionName"].as_str() {
                None => client[1] = &policy.manifest["spec"],
                Some(section) if section == name => client[0] = &policy.manifest["spec"],
                Some(_) => {}
            }
        }
    }
    let client = if client[0].is_null() { client[1] } else { client[0] };
    let secret = &listener["tls"]["certificateRefs"][0];
    if let (Some(namespace), Some(name)) = (secret["namespace"].as_str(), secret["name"].as_str()) {
        assert!(granted(rendered, namespace).contains(name), "{namespace} grants the use of {name}");
    }
    tidy(json!({
        "port": listener["port"],
        "protocol": listener["protocol"],
        "hostname": listener["hostname"],
        "tls": {
            "certificate_ref": secret["name"],
            "certificate_namespace": secret["namespace"],
            "min_version": client["tls"]["minVersion"],
        },
        "idle": time(&client["timeout"]["http"]["idleTimeout"]),
        "buffer": client["connection"]["bufferLimit"].as_str().map(|bytes| bytes.parse::<u64>().unwrap()),
        "hops": client["clientIPDetection"]["xForwardedFor"]["numTrustedHops"],
    }))
}

/// The Secrets of a namespace that the Gateway may use.
fn granted<'a>(rendered: &'a Rendered, namespace: &str) -> BTreeSet<&'a str> {
    let from = &only(rendered, "Gateway")["metadata"]["namespace"];
    let grants = of_kind(rendered, "ReferenceGrant").filter(|grant| grant.namespace == namespace);
    let to = grants.flat_map(|grant| {
        let spec = &grant.manifest["spec"];
        assert_eq!(
            spec["from"],
            json!([{ "group": "gateway.networking.k8s.io", "kind": "Gateway", "namespace": from }])
        );
        list(spec, "to")
    });
    to.filter(|own| own["kind"] == "Secret" && own["group"] == "").filter_map(|own| own["name"].as_str()).collect()
}
