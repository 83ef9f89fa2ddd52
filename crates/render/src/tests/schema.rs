//! Objects against the CRDs of the gateway, where those are at hand: beside the checkout, or where
//! `SWITCHTOWER_CRDS` says.

use std::{
    collections::HashMap,
    env, fs,
    io::{Read, Write},
    path::{Path, PathBuf},
};

use jsonschema::Validator;
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::{Value, json};
use switchtower_domain::{
    api_service::{Definition, Route},
    id::{BackendId, RouteId},
};
use switchtower_import::{IdSource, Limits, Options as ImportOptions, parse, plan};
use switchtower_protocol::snapshot::Snapshot;

use super::strategy;
use crate::{Object, Options, Rendered, fixture, render};

/// Versions of Gateway API and Envoy Gateway that are released for each other.
const SETS: [[&str; 2]; 2] =
    [["gateway-api-v1.5.1-standard", "envoy-gateway-v1.8.1"], ["gateway-api-v1.6.1-standard", "envoy-gateway-v1.9.0"]];

const FILES: [&str; 9] = [
    "gateway.networking.k8s.io_gateways.yaml",
    "gateway.networking.k8s.io_httproutes.yaml",
    "gateway.networking.k8s.io_backendtlspolicies.yaml",
    "gateway.networking.k8s.io_referencegrants.yaml",
    "gateway.envoyproxy.io_backends.yaml",
    "gateway.envoyproxy.io_backendtrafficpolicies.yaml",
    "gateway.envoyproxy.io_clienttrafficpolicies.yaml",
    "gateway.envoyproxy.io_httproutefilters.yaml",
    "gateway.envoyproxy.io_securitypolicies.yaml",
];

/// The schemas of a set by API version and kind.
struct Schemas(HashMap<(String, String), Validator>);

fn folder() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/crds");
    let folder = env::var_os("SWITCHTOWER_CRDS").map_or_else(beside, PathBuf::from);
    let found = folder.is_dir();
    if !found {
        // Not by a macro: what those print is shown only when a test fails.
        writeln!(std::io::stderr(), "skipped: no CRDs in {}", folder.display()).unwrap();
    }
    found.then_some(folder)
}

fn sets() -> Vec<Schemas> {
    folder().map(|folder| SETS.iter().map(|set| Schemas::load(&folder, set)).collect()).unwrap_or_default()
}

impl Schemas {
    fn load(folder: &Path, set: &[&str]) -> Self {
        let mut schemas = HashMap::new();
        for path in
            set.iter().flat_map(|part| FILES.map(|file| folder.join(part).join(file))).filter(|path| path.exists())
        {
            let options = serde_saphyr::options! { budget: None };
            let crd: Value = serde_saphyr::from_str_with_options(&fs::read_to_string(&path).unwrap(), options).unwrap();
            let spec = &crd["spec"];
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            for version in spec["versions"].as_array().unwrap().iter().filter(|version| version["served"] == true) {
                let mut schema = version["schema"]["openAPIV3Schema"].clone();
                close(&mut schema);
                let key =
                    (format!("{}/{}", text(&spec["group"]), text(&version["name"])), text(&spec["names"]["kind"]));
                schemas.insert(key, jsonschema::validator_for(&schema).unwrap());
            }
        }
        assert!(schemas.len() >= FILES.len(), "every kind has a schema in {set:?}");
        Self(schemas)
    }

    fn problems(&self, object: &Object) -> Vec<String> {
        let key = (object.api_version.to_owned(), object.kind.to_owned());
        let Some(schema) = self.0.get(&key) else { return vec![format!("{key:?} is not served")] };
        schema.iter_errors(&object.manifest).map(|error| format!("{}: {error}", error.instance_path())).collect()
    }

    fn assert(&self, rendered: &Rendered) {
        for object in &rendered.objects {
            assert_eq!(self.problems(object), Vec::<String>::new(), "{}", object.to_yaml());
        }
    }
}

/// Refuses unknown fields, as server-side apply does.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            let open = map.get("x-kubernetes-preserve-unknown-fields") == Some(&Value::Bool(true));
            if map.get("properties").is_some_and(Value::is_object) && map.get("type") == Some(&json!("object")) && !open
            {
                map.entry("additionalProperties").or_insert(Value::Bool(false));
            }
            map.values_mut().for_each(close);
        }
        Value::Array(values) => values.iter_mut().for_each(close),
        _ => {}
    }
}

#[test]
fn objects_satisfy_the_schemas_of_every_supported_version() {
    for schemas in sets() {
        for snapshot in [fixture::small(), fixture::full(), fixture::large(1000)] {
            schemas.assert(&render(&snapshot, &Options::default()).unwrap());
        }
    }
}

#[test]
fn arbitrary_objects_satisfy_the_schemas() {
    let sets = sets();
    if sets.is_empty() {
        return;
    }
    let mut runner = TestRunner::new(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) });
    runner
        .run(&strategy::sound(20), |snapshot| {
            let rendered = render(&snapshot, &Options::default()).unwrap();
            sets.iter().for_each(|schemas| schemas.assert(&rendered));
            Ok(())
        })
        .unwrap();
}

/// What an import makes of the document that `SWITCHTOWER_DOCUMENT` names, as `scripts/test traffic` sets it.
fn large_document() -> Option<Snapshot> {
    let Some(path) = env::var_os("SWITCHTOWER_DOCUMENT") else {
        writeln!(std::io::stderr(), "skipped: SWITCHTOWER_DOCUMENT names no document").unwrap();
        return None;
    };
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(fs::File::open(path).unwrap()).read_to_end(&mut text).unwrap();
    let document = parse(&text, Limits::default()).unwrap();
    let plan = plan(&document, &Definition::default(), &ImportOptions::default(), &mut Counter(0)).unwrap();
    let Definition { routes, backends, .. } = plan.definition;
    assert!(routes.len() > 700, "{} routes", routes.len());
    let routes = routes.into_iter().map(Route::without_notes).collect();
    Some(fixture::snapshot(vec![fixture::api_service(1, "github", backends, routes)]))
}

/// Counts up.
struct Counter(u128);

impl IdSource for Counter {
    fn route(&mut self) -> RouteId {
        self.0 += 1;
        RouteId::from_parts(1, self.0)
    }

    fn backend(&mut self) -> BackendId {
        self.0 += 1;
        BackendId::from_parts(1, self.0)
    }
}

#[test]
fn a_large_document_renders_to_valid_objects_of_every_supported_version() {
    let Some(snapshot) = large_document() else { return };
    let rendered = render(&snapshot, &Options::default()).unwrap();
    sets().iter().for_each(|schemas| schemas.assert(&rendered));
}

#[test]
fn the_schemas_notice_unknown_fields_and_wrong_values() {
    for schemas in sets() {
        let mut objects = render(&fixture::full(), &Options::default()).unwrap().objects;
        for object in &mut objects {
            object.manifest["spec"]["unknown"] = json!(1);
            assert!(!schemas.problems(object).is_empty(), "{}", object.kind);
        }
        let rendered = render(&fixture::small(), &Options::default()).unwrap();
        let mut gateway = rendered.objects.into_iter().find(|object| object.kind == "Gateway").unwrap();
        gateway.manifest["spec"]["listeners"][0]["port"] = json!(0);
        assert!(!schemas.problems(&gateway).is_empty());
    }
}
