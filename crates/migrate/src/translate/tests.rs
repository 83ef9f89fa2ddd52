mod properties;

use serde_json::json;

use super::*;
use crate::export::json as file;

const EXAMPLE: &str = include_str!("../../../../docs/examples/imp-gateway-v1.json");
const MAPPING: &str = include_str!("../../../../docs/examples/imp-gateway-v1.mapping.yaml");

fn mapping(yaml: &str) -> Mapping {
    serde_saphyr::from_str(yaml).unwrap()
}

fn example() -> Value {
    serde_json::from_str(EXAMPLE).unwrap()
}

/// The example with other columns in one row.
fn with(table: &str, id: u64, columns: &Value) -> Value {
    let mut export = example();
    let row = export[table].as_array_mut().unwrap().iter_mut().find(|row| row["id"] == id).unwrap();
    for (name, value) in columns.as_object().unwrap() {
        row[name] = value.clone();
    }
    export
}

fn translated(export: &Value, yaml: &str) -> Translation {
    let export = file::parse(export.to_string().as_bytes()).unwrap();
    translate(&export, &mapping(yaml), None).unwrap()
}

impl Translation {
    fn line(&self, table: &str, id: &str) -> &Line {
        self.lines.iter().find(|line| line.key == Key::new(table, id)).unwrap()
    }

    fn body(&self, table: &str, id: &str) -> Value {
        let key = Key::new(table, id);
        let found = self.wanted.iter().find(|wanted| wanted.key == key);
        let found = found.unwrap_or_else(|| panic!("{key} is not taken: {:?}", self.line(table, id)));
        Value::Object(found.body.clone())
    }

    fn wanted(&self, table: &str, id: &str) -> &Wanted {
        self.wanted.iter().find(|wanted| wanted.key == Key::new(table, id)).unwrap()
    }

    /// The field and the sentence for which a row is not taken.
    fn refusal(&self, table: &str, id: &str) -> (String, String) {
        let line = self.line(table, id);
        assert_eq!(line.fate, Fate::NotTaken, "{line:?}");
        let [finding] = line.findings.as_slice() else { panic!("{line:?}") };
        (finding.field.clone().unwrap_or_default(), finding.problem.clone())
    }
}

const DEFAULT: &str = "default_cluster: default";

#[test]
fn the_example_and_its_mapping_are_taken_as_the_documentation_says() {
    let translation = translated(&example(), MAPPING);
    let count = |fate| translation.lines.iter().filter(|line| line.fate == fate).count();
    assert_eq!((count(Fate::Taken), count(Fate::LeftBehind), count(Fate::NotTaken)), (17, 1, 4));
    assert_eq!(translation.wanted.len(), 17);
    assert_eq!(translation.unknown, [UnknownColumn { table: "api_services".into(), column: "color".into(), rows: 1 }]);
    let cluster = |id| translation.wanted("product_publishes", id).references[1].to.id.as_str();
    assert_eq!([cluster("61"), cluster("62"), cluster("63")], ["lab", "payments-eu", "eu-1"]);
}

#[test]
fn gateway_ids_of_api_services_are_dropped_and_inherited_by_publishes_that_have_none() {
    let translation = translated(&example(), DEFAULT);
    assert!(translation.body("api_services", "7").get("gateway_id").is_none());
    let publish = translation.wanted("product_publishes", "61");
    assert!(publish.references.iter().any(|reference| reference.to == Key::new("gateways", "3")));
    assert_eq!(translation.line("product_publishes", "61").findings[0].field.as_deref(), Some("gateway_id"));

    let two = with("products", 41, &json!({ "api_services": [7, 8] }));
    let mut apart = two.clone();
    apart["api_services"][1]["gateway_id"] = json!(4);
    assert_eq!(translated(&two, DEFAULT).line("product_publishes", "61").fate, Fate::Taken);
    let (field, problem) = translated(&apart, DEFAULT).refusal("product_publishes", "61");
    assert_eq!(field, "gateway_id");
    assert!(problem.contains("2 different ones"), "{problem}");
}

#[test]
fn a_publish_without_a_cluster_is_not_taken() {
    let (field, problem) = translated(&example(), "{}").refusal("product_publishes", "62");
    assert_eq!((field.as_str(), problem.as_str()), ("cluster_id", "No cluster is chosen for it, and v1 names none."));
}

#[test]
fn older_spellings_mean_the_same() {
    let translation = translated(&example(), DEFAULT);
    assert_eq!(translation.body("product_publishes", "61")["environment"], "staging");
    assert_eq!(translation.body("product_publishes", "63")["auth"]["api_key"]["headers"], json!(["x-api-key"]));
    assert_eq!(translation.wanted("routes", "21").references[0].to, Key::new("backends", "11"));
    for mode in ["apikey", "api-key", "API_KEY", "apiKey"] {
        let translation = translated(&with("product_publishes", 61, &json!({ "auth_mode": mode })), DEFAULT);
        assert!(translation.body("product_publishes", "61")["auth"].get("api_key").is_some(), "{mode}");
    }
    let translation = translated(&with("product_publishes", 61, &json!({ "environment": "qa" })), MAPPING);
    assert_eq!(translation.body("product_publishes", "61")["environment"], "staging");
}

#[test]
fn weights_priorities_and_timeouts_survive() {
    let endpoints = json!([{ "host": "10.0.0.1", "port": "8080", "weight": 3, "zone": "a" }]);
    let translation =
        translated(&with("backends", 12, &json!({ "endpoints": endpoints, "idle_timeout_ms": "1m" })), DEFAULT);
    let backend = translation.body("backends", "12");
    assert_eq!(backend["endpoints"], json!([{ "host": "10.0.0.1", "port": 8080, "weight": 3, "zone": "a" }]));
    assert_eq!(backend["timeouts"]["idle_ms"], 60_000);
    assert_eq!(backend["load_balancing"]["hash_on"], json!({ "type": "header", "name": "X-Account" }));
    let timeouts = json!({ "request": "2s", "backendRequest": 500 });
    let translation = translated(&with("routes", 24, &json!({ "priority": 10, "timeouts": timeouts })), DEFAULT);
    let route = translation.body("routes", "24");
    assert_eq!((&route["priority"], &route["backend_refs"][0]["weight"]), (&json!(10), &json!(100)));
    assert_eq!(route["timeouts"], json!({ "request_ms": 2000, "backend_request_ms": 500 }));
}

#[test]
fn what_narrows_a_route_is_taken_or_the_route_is_not() {
    let refused = |columns: Value| translated(&with("routes", 24, &columns), DEFAULT).refusal("routes", "24").0;
    assert_eq!(refused(json!({ "headers": [{ "name": "a", "type": "Longer" }] })), "headers.0.type");
    assert_eq!(refused(json!({ "headers": "all" })), "headers");
    assert_eq!(refused(json!({ "hostnames": ["not a host"] })), "hostnames.0");
    assert_eq!(refused(json!({ "methods": ["FETCH"] })), "methods.0");
    assert_eq!(refused(json!({ "path_prefix": "/x" })), "path_prefix");
    assert_eq!(refused(json!({ "backend_refs": [{ "backend_id": 11 }] })), "backend_refs");
    assert_eq!(refused(json!({ "backend_refs": [{ "backend_id": 99 }] })), "backend_refs.0.backend_id");
}

#[test]
fn addresses_of_documentation_and_logo_are_kept_when_they_are_https() {
    let url = "https://www.example.com/logo.svg";
    let translation = translated(&with("products", 41, &json!({ "logo_url": url, "docs_url": "http://x" })), DEFAULT);
    let product = translation.body("products", "41");
    assert_eq!((&product["logo_url"], product.get("docs_url")), (&json!(url), None));
    let left = &translation.line("products", "41").findings;
    assert!(left.iter().any(|finding| finding.field.as_deref() == Some("docs_url")), "{left:?}");
    let plain = translated(&with("products", 41, &json!({ "logo_url": "http://x/logo.svg" })), DEFAULT);
    assert!(plain.body("products", "41").get("logo_url").is_none());
}

#[test]
fn a_choice_of_routes_never_becomes_a_choice_of_all() {
    let publish = |columns: Value| translated(&with("product_publishes", 62, &columns), DEFAULT);
    assert_eq!(
        publish(json!({ "route_ids": [24] })).body("product_publishes", "62")["route_ids"].as_array().unwrap().len(),
        1
    );
    assert_eq!(publish(json!({ "route_ids": [23] })).refusal("product_publishes", "62").0, "route_ids");
    assert_eq!(publish(json!({ "route_ids": [999] })).refusal("product_publishes", "62").0, "route_ids");
    assert_eq!(publish(json!({ "api_services": [7] })).refusal("product_publishes", "62").0, "api_services");

    let mut narrow = with("products", 42, &json!({ "api_services": [7, 8] }));
    narrow["product_publishes"][1]["api_services"] = json!([8]);
    let translation = translated(&narrow, DEFAULT);
    let references = &translation.wanted("product_publishes", "62").references;
    let chosen = references.iter().filter(|r| matches!(r.kind, Kind::ApiService | Kind::Route));
    let chosen: Vec<_> = chosen.map(|r| (r.pointer.as_str(), r.to.id.as_str())).collect();
    assert_eq!(chosen, [("/api_service_ids/0", "8")]);
    assert!(translation.body("product_publishes", "62").get("route_ids").is_none());
    narrow["product_publishes"][1]["route_ids"] = json!([21]);
    assert_eq!(translated(&narrow, DEFAULT).refusal("product_publishes", "62").0, "route_ids");
}

#[test]
fn who_may_call_is_as_narrow_as_in_v1_or_the_publish_is_not_taken() {
    let publish = |columns: Value, yaml| translated(&with("product_publishes", 62, &columns), yaml);
    let without = json!({ "auth_config": { "issuer": "https://id.example.com" } });
    assert_eq!(publish(without.clone(), DEFAULT).refusal("product_publishes", "62").0, "auth_config.jwks_uri");
    let taken = publish(without, MAPPING).body("product_publishes", "62");
    assert_eq!(taken["auth"]["jwt"]["jwks_uri"], "https://id.example.com/keys");
    assert_eq!(publish(json!({ "auth_mode": "kerberos" }), DEFAULT).refusal("product_publishes", "62").0, "auth_mode");
    let stray = json!({ "hostname_base": "{product}.{domain}" });
    assert_eq!(publish(stray.clone(), DEFAULT).refusal("product_publishes", "62").0, "hostname_template");
    assert_eq!(publish(stray, MAPPING).body("product_publishes", "62")["hostname_template"], "{product}.example.com");
}

#[test]
fn what_would_not_run_as_in_v1_is_held_back() {
    let held = |translation: &Translation, id| translation.wanted("product_publishes", id).held_back.clone();
    let translation = translated(&example(), DEFAULT);
    assert!(held(&translation, "61").unwrap().contains("routes/23"));
    // The policy that is not taken says who may call, and so does the publish.
    assert_eq!(held(&translation, "62"), None);
    assert!(held(&translation, "63").unwrap().contains("imp-gateway-api-keys"));
    assert_eq!(held(&translated(&example(), MAPPING), "63"), None);

    let open = translated(&with("product_publishes", 62, &json!({ "auth_mode": "none" })), DEFAULT);
    assert!(held(&open, "62").unwrap().contains("policies/33"));
    let off = with("policies", 33, &json!({ "enabled": false }));
    let off = {
        let mut off = off;
        off["product_publishes"][1]["auth_mode"] = json!("none");
        off
    };
    assert_eq!(held(&translated(&off, DEFAULT), "62"), None);
    let broken = translated(&with("policies", 31, &json!({ "spec": { "unit": "fortnight" } })), DEFAULT);
    assert!(held(&broken, "62").unwrap().contains("policies/31"));
    let lacking = translated(&with("products", 42, &json!({ "api_services": [8, 99] })), DEFAULT);
    assert!(held(&lacking, "62").unwrap().contains("lacks an API service"));
}

#[test]
fn one_tenant_is_taken_and_the_others_are_left_behind() {
    let mut export = with("api_services", 8, &json!({ "tenant_id": 2 }));
    let read = |export: &Value| file::parse(export.to_string().as_bytes()).unwrap();
    let pick = |export: &Value, tenant| translate(&read(export), &mapping(DEFAULT), tenant);
    assert_eq!(pick(&export, None).unwrap_err(), TenantError::Several(vec!["acme".to_owned(), "2".to_owned()]));
    assert!(matches!(pick(&export, Some("nobody")), Err(TenantError::Unknown { .. })));
    for tenant in ["acme", "1", "Acme"] {
        let translation = pick(&export, Some(tenant)).unwrap();
        for (table, id) in [("api_services", "8"), ("backends", "12"), ("routes", "24"), ("policies", "32")] {
            assert_eq!(translation.line(table, id).fate, Fate::LeftBehind, "{table}/{id}");
        }
        assert_eq!(translation.line("api_services", "7").fate, Fate::Taken);
    }
    export["routes"][0]["deleted_at"] = json!("2025-01-01T00:00:00Z");
    export["routes"][1]["status"] = json!("deleted");
    let translation = pick(&export, Some("acme")).unwrap();
    assert_eq!([translation.line("routes", "21").fate, translation.line("routes", "22").fate], [Fate::LeftBehind; 2]);
    // Without a route the API service cannot be active.
    assert_eq!(translation.wanted("api_services", "7").status, Some("inactive"));
}

#[test]
fn names_are_unique_the_same_every_time_and_a_persons_when_there_is_one() {
    let twice = with("api_services", 8, &json!({ "name": "ORDERS!" }));
    let mut turned = twice.clone();
    turned["api_services"].as_array_mut().unwrap().reverse();
    let names = |export: &Value| {
        let translation = translated(export, DEFAULT);
        ["7", "8"].map(|id| translation.wanted("api_services", id).name.to_string())
    };
    let [first, second] = names(&twice);
    assert_eq!(first, "orders");
    assert!(second.starts_with("orders-") && second.len() == "orders-".len() + 8, "{second}");
    assert_eq!(names(&turned), [first, second]);
    let translation = translated(&twice, "{ default_cluster: default, names: { api_services/8: payments } }");
    assert_eq!(translation.wanted("api_services", "8").name.as_str(), "payments");
}

#[test]
fn plans_of_several_products_with_one_name_get_their_products_name_too() {
    let translation = translated(&with("plans", 52, &json!({ "name": "free" })), DEFAULT);
    let names = ["51", "52"].map(|id| translation.wanted("plans", id).name.to_string());
    assert_eq!(names, ["shop-free", "bank-free"]);
    let older = with("plans", 52, &json!({ "product_id": null, "product_publish_id": 61 }));
    let translation = translated(&older, DEFAULT);
    assert_eq!(translation.wanted("plans", "52").references[0].to, Key::new("products", "41"));
}

#[test]
fn policies_of_every_type_are_taken() {
    for (kind, spec, expected) in [
        (
            "rate-limit",
            json!({ "requests_per_unit": 5, "unit": "SECOND", "burst": 9 }),
            json!({ "rate_limit": { "requests": 5, "unit": "second", "burst": 9 } }),
        ),
        (
            "retry",
            json!({ "num_retries": 3, "retry_on": "5xx,reset" }),
            json!({ "retry": { "attempts": 3, "retry_on": ["5xx", "reset"] } }),
        ),
        (
            "circuit-breaker",
            json!({ "max_requests": 7, "max_parallel_retries": 1 }),
            json!({ "circuit_breaker": { "max_requests": 7, "max_retries": 1 } }),
        ),
        (
            "timeout",
            json!({ "request": "10s", "connect": 250 }),
            json!({ "timeout": { "request_ms": 10_000, "connect_ms": 250 } }),
        ),
        (
            "header-modifier",
            json!({ "add": [{ "name": "a", "value": "1" }], "set": { "b": "2" }, "remove": ["c"] }),
            json!({ "header_modifier": { "request": { "add": [{ "name": "a", "value": "1" }], "set": [{ "name": "b", "value": "2" }], "remove": ["c"] } } }),
        ),
        (
            "url-rewrite",
            json!({ "path": { "type": "ReplacePrefixMatch", "value": "/" } }),
            json!({ "url_rewrite": { "path": { "type": "replace_prefix", "value": "/" } } }),
        ),
    ] {
        let export = with("policies", 31, &json!({ "type": kind, "spec": spec.to_string() }));
        assert_eq!(translated(&export, DEFAULT).body("policies", "31")["spec"], expected, "{kind}");
    }
    let (field, problem) =
        translated(&with("policies", 31, &json!({ "type": "waf" })), DEFAULT).refusal("policies", "31");
    assert_eq!((field.as_str(), problem.as_str()), ("type", "There are no policies of this type here."));
}

#[test]
fn rows_that_cannot_be_told_apart_are_not_taken() {
    let mut export = example();
    export["gateways"].as_array_mut().unwrap().push(json!({ "id": "3", "name": "other" }));
    export["gateways"].as_array_mut().unwrap().push(json!({ "name": "nameless" }));
    let translation = translated(&export, DEFAULT);
    let gateways: Vec<_> = translation.lines.iter().filter(|line| line.key.table == "gateways").collect();
    assert_eq!(gateways.iter().filter(|line| line.fate == Fate::Taken).count(), 1);
    assert_eq!(gateways.iter().filter(|line| line.fate == Fate::NotTaken).count(), 2);
}
