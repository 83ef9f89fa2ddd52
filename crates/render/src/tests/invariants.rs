//! What must hold for whatever was rendered.

mod cel;
pub(super) mod meaning;

use std::collections::BTreeSet;

use serde_json::Value;
use switchtower_protocol::snapshot::Snapshot;

use crate::{Object, Rendered, label, limit};

/// The order in which objects are applied.
const ORDER: [&str; 9] = [
    "ReferenceGrant",
    "Gateway",
    "ClientTrafficPolicy",
    "SecurityPolicy",
    "Backend",
    "BackendTLSPolicy",
    "HTTPRouteFilter",
    "BackendTrafficPolicy",
    "HTTPRoute",
];

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
        let key = (object.kind, &object.namespace, &object.name);
        assert!(names.insert(key), "{} is there twice", object.name);
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
    let kinds: Vec<_> =
        rendered.objects.iter().map(|object| ORDER.iter().position(|kind| *kind == object.kind).unwrap()).collect();
    assert!(kinds.is_sorted(), "what others refer to comes first, and policies before the routes that they are for");
    assert_eq!(of_kind(rendered, "Gateway").count(), 1);
    assert_references(rendered);
    cel::assert_all(rendered);
    meaning::assert_same(snapshot, rendered);
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
    let names = |kind: &str| {
        let of_kind = rendered.objects.iter().filter(|object| object.kind == kind);
        of_kind.map(|object| object.name.as_str()).collect::<BTreeSet<_>>()
    };
    let (gateways, backends) = (names("Gateway"), names("Backend"));
    for policy in &rendered.objects {
        for target in list(&policy.manifest["spec"], "targetRefs") {
            let kind = target["kind"].as_str().unwrap();
            assert!(names(kind).contains(target["name"].as_str().unwrap()), "{target} exists");
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
