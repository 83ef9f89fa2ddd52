//! What must hold for whatever was rendered.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use switchtower_protocol::snapshot::Snapshot;

use crate::{Object, Rendered, label, limit};

/// Path kind and value, method, backends with weights, timeouts: what becomes of a request.
type Meaning = (String, String, Option<String>, Vec<(String, u64)>, String);

pub(super) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map(Vec::as_slice).unwrap_or_default()
}

pub(super) fn of_kind<'a>(rendered: &'a Rendered, kind: &'a str) -> impl Iterator<Item = &'a Object> {
    rendered.objects.iter().filter(move |object| object.kind == kind)
}

pub(super) fn assert_all(snapshot: &Snapshot, rendered: &Rendered) {
    let mut names = BTreeSet::new();
    for object in &rendered.objects {
        let meta = &object.manifest["metadata"];
        assert!(names.insert((object.kind, &object.name)), "{} is there twice", object.name);
        assert!(is_label(&object.name), "{} is no name", object.name);
        assert_eq!(meta["name"], object.name.as_str());
        assert_eq!(meta["namespace"], object.namespace.as_str());
        assert_eq!(object.manifest["apiVersion"], object.api_version);
        assert_eq!(object.manifest["kind"], object.kind);
        assert_eq!(meta["labels"][label::MANAGED_BY], label::MANAGER);
        assert_eq!(meta["labels"][label::DEPLOYMENT_ID], snapshot.deployment_id.to_string());
        assert!(meta["labels"].as_object().unwrap().values().all(|value| value.as_str().unwrap().len() <= 63));
        assert!(object.manifest.to_string().len() < 1024 * 1024, "{} is too large", object.name);
        assert_sorted(&object.manifest);
    }
    let order = ["Gateway", "Backend", "BackendTLSPolicy", "HTTPRoute"];
    let kinds: Vec<_> =
        rendered.objects.iter().map(|object| order.iter().position(|kind| *kind == object.kind).unwrap()).collect();
    assert!(kinds.is_sorted(), "what others refer to comes first");
    assert_eq!(kinds.iter().filter(|kind| **kind == 0).count(), 1);
    assert_references(rendered);
    of_kind(rendered, "HTTPRoute").for_each(assert_http_route);
    assert_eq!(
        expected(snapshot),
        actual(rendered),
        "every match of every route is there once, and leads where it should"
    );
}

fn is_label(name: &str) -> bool {
    let inner = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    (1..=limit::NAME).contains(&name.len()) && inner && !name.starts_with('-') && !name.ends_with('-')
}

fn assert_sorted(value: &Value) {
    match value {
        Value::Object(map) => {
            assert!(map.keys().is_sorted(), "keys are sorted");
            map.values().for_each(assert_sorted);
        }
        Value::Array(values) => values.iter().for_each(assert_sorted),
        _ => {}
    }
}

fn assert_references(rendered: &Rendered) {
    let names = |kind| of_kind(rendered, kind).map(|object| object.name.as_str()).collect::<BTreeSet<_>>();
    let (gateways, backends) = (names("Gateway"), names("Backend"));
    for policy in of_kind(rendered, "BackendTLSPolicy") {
        for target in list(&policy.manifest["spec"], "targetRefs") {
            assert!(backends.contains(target["name"].as_str().unwrap()));
        }
    }
    for route in of_kind(rendered, "HTTPRoute") {
        let spec = &route.manifest["spec"];
        assert!(list(spec, "parentRefs").iter().all(|parent| gateways.contains(parent["name"].as_str().unwrap())));
        for reference in list(spec, "rules").iter().flat_map(|rule| list(rule, "backendRefs")) {
            assert!(backends.contains(reference["name"].as_str().unwrap()), "{reference} exists");
        }
    }
}

/// The limits of the CRD, those included that only its CEL rules tell.
fn assert_http_route(object: &Object) {
    let spec = &object.manifest["spec"];
    let rules = list(spec, "rules");
    let matches: Vec<_> = rules.iter().map(|rule| list(rule, "matches").len()).collect();
    assert!((1..=16).contains(&rules.len()));
    assert!(matches.iter().all(|count| (1..=64).contains(count)), "{matches:?}");
    assert!(matches.iter().sum::<usize>() <= 128, "{matches:?}");
    assert!(rules.iter().all(|rule| (1..=16).contains(&list(rule, "backendRefs").len())));
    assert!(list(spec, "hostnames").len() <= 16);
    let names: BTreeSet<_> = rules.iter().map(|rule| rule["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), rules.len(), "rules have different names");
    for path in rules.iter().flat_map(|rule| list(rule, "matches")).map(|one| &one["path"]) {
        let value = path["value"].as_str().unwrap();
        if path["type"] != "RegularExpression" {
            assert!(value.starts_with('/') && !value.ends_with("/.") && !value.ends_with("/.."), "{value}");
            let refused = ["//", "/./", "/../", "%2f", "%2F", "#"];
            assert!(!refused.iter().any(|text| value.contains(text)), "{value}");
        }
    }
}

/// What the snapshot says.
fn expected(snapshot: &Snapshot) -> BTreeMap<Meaning, usize> {
    let mut meanings = BTreeMap::new();
    for route in snapshot.api_services.iter().flat_map(|service| &service.routes) {
        let spec = &route.spec;
        let timeouts = spec.timeouts.clone().unwrap_or_default();
        let backends =
            spec.backend_refs.iter().map(|own| (own.backend_id.to_string(), u64::from(own.weight))).collect::<Vec<_>>();
        let methods: Vec<_> = match spec.methods.as_slice() {
            [] => vec![None],
            methods => methods.iter().map(|method| Some(method.to_string())).collect(),
        };
        for method in methods {
            let times = (timeouts.request_ms, timeouts.backend_request_ms);
            let kind = format!("{:?}", spec.path.kind);
            let meaning = (kind, spec.path.value.clone(), method, backends.clone(), format!("{times:?}"));
            *meanings.entry(meaning).or_default() += 1;
        }
    }
    meanings
}

/// What the objects say.
fn actual(rendered: &Rendered) -> BTreeMap<Meaning, usize> {
    let ids: BTreeMap<_, _> = of_kind(rendered, "Backend")
        .map(|object| (object.name.as_str(), &object.manifest["metadata"]["labels"][label::BACKEND_ID]))
        .collect();
    let mut meanings = BTreeMap::new();
    for rule in of_kind(rendered, "HTTPRoute").flat_map(|object| list(&object.manifest["spec"], "rules")) {
        let backend = |own: &Value| {
            (ids[own["name"].as_str().unwrap()].as_str().unwrap().to_owned(), own["weight"].as_u64().unwrap())
        };
        let backends: Vec<_> = list(rule, "backendRefs").iter().map(backend).collect();
        let times = (time(&rule["timeouts"]["request"]), time(&rule["timeouts"]["backendRequest"]));
        for one in list(rule, "matches") {
            let kind = match one["path"]["type"].as_str().unwrap() {
                "Exact" => "Exact",
                "PathPrefix" => "Prefix",
                _ => "Regex",
            };
            let value = one["path"]["value"].as_str().unwrap().to_owned();
            let method = one["method"].as_str().map(str::to_owned);
            let meaning = (kind.to_owned(), value, method, backends.clone(), format!("{times:?}"));
            *meanings.entry(meaning).or_default() += 1;
        }
    }
    meanings
}

/// Milliseconds of a duration of the Gateway API, read independently of how it was written.
fn time(value: &Value) -> Option<u32> {
    let mut total = 0;
    let mut number = String::new();
    let mut letters = value.as_str()?.chars().peekable();
    while let Some(letter) = letters.next() {
        let unit = match letter {
            'h' => 3_600_000,
            'm' if letters.next_if_eq(&'s').is_some() => 1,
            'm' => 60_000,
            's' => 1_000,
            digit => {
                number.push(digit);
                continue;
            }
        };
        assert!((1..=5).contains(&number.len()), "{value}");
        total += std::mem::take(&mut number).parse::<u32>().unwrap() * unit;
    }
    Some(total)
}
