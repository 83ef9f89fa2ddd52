//! What is suggested for the authentication of a publish, and what is told about the rest.

use serde_json::{Value, json};

use super::*;

/// A document of operations with these `security` values, and of these schemes.
fn secured(root: &Value, schemes: &Value, operations: &[(&str, Value)]) -> Plan {
    let operation = |security: &Value| {
        if security.is_null() { json!({ "get": {} }) } else { json!({ "get": { "security": security } }) }
    };
    let paths: serde_json::Map<String, Value> =
        operations.iter().map(|(path, security)| ((*path).to_owned(), operation(security))).collect();
    let document = json!({
        "openapi": "3.1.0", "info": { "title": "T", "version": "1" }, "servers": [{ "url": "https://a.example" }],
        "security": root, "components": { "securitySchemes": schemes }, "paths": paths,
    });
    import(&document.to_string()).unwrap()
}

fn plain() -> Vec<(&'static str, Value)> {
    vec![("/aa", Value::Null), ("/bb", Value::Null)]
}

fn suggested(plan: &Plan) -> Value {
    serde_json::to_value(&plan.suggestions.auth).unwrap()
}

#[test]
fn api_keys_in_headers_and_queries_are_one_mode() {
    let schemes = json!({
        "header": { "type": "apiKey", "in": "header", "name": "X-API-Key" },
        "query": { "type": "apiKey", "in": "query", "name": "key" },
    });
    let plan = secured(&json!([{ "header": [] }, { "query": [] }]), &schemes, &plain());
    let wanted = json!([{
        "schemes": ["header", "query"],
        "auth": { "api_key": { "headers": ["X-API-Key"], "query_params": ["key"] } },
        "missing": ["/api_key/credentials_ref"],
    }]);
    assert_eq!(suggested(&plan), wanted);
    assert!(plan.report.notes.is_empty(), "{:?}", plan.report);
}

#[test]
fn what_is_suggested_is_the_auth_of_a_publish_when_what_is_missing_is_given() {
    use switchtower_domain::product_publish::Auth;
    let schemes = json!({
        "key": { "type": "apiKey", "in": "header", "name": "X-API-Key" },
        "token": { "type": "openIdConnect", "openIdConnectUrl": "https://id.example/.well-known/openid-configuration" },
    });
    let plan = secured(&json!([{ "key": [] }, { "token": ["read"] }]), &schemes, &plain());
    let mut suggestions = suggested(&plan);
    for suggestion in suggestions.as_array_mut().unwrap() {
        for pointer in suggestion["missing"].as_array().unwrap().clone() {
            let (parent, field) = pointer.as_str().unwrap().rsplit_once('/').unwrap();
            suggestion["auth"].pointer_mut(parent).unwrap()[field] = json!("given");
        }
        let auth: Auth = serde_json::from_value(suggestion["auth"].clone()).unwrap();
        assert!(auth.check().is_empty() && !auth.is_none());
    }
    assert_eq!(suggestions.as_array().unwrap().len(), 2);
}

#[test]
fn tokens_take_issuer_and_scopes_as_far_as_they_are_told() {
    let schemes = json!({
        "bearer": { "type": "http", "scheme": "Bearer", "bearerFormat": "JWT" },
        "oidc": { "type": "openIdConnect", "openIdConnectUrl": "https://id.example/realms/a/.well-known/openid-configuration" },
        "oauth": { "type": "oauth2", "flows": { "clientCredentials": { "tokenUrl": "https://id.example/token", "scopes": {} } } },
    });
    let plan = secured(&json!([{ "bearer": [] }, { "oidc": ["read"] }, { "oauth": ["a", "b"] }]), &schemes, &plain());
    let wanted = json!([
        { "schemes": ["bearer"], "auth": { "jwt": {} }, "missing": ["/jwt/issuer", "/jwt/jwks_uri"] },
        {
            "schemes": ["oauth"], "auth": { "jwt": { "scopes": ["a", "b"] } },
            "missing": ["/jwt/issuer", "/jwt/jwks_uri"],
        },
        {
            "schemes": ["oidc"],
            "auth": { "jwt": {
                "issuer": "https://id.example/realms/a",
                "jwks_uri": "https://id.example/realms/a/.well-known/jwks.json",
                "scopes": ["read"],
            } },
            "missing": [], "guessed": ["/jwt/jwks_uri"],
        },
    ]);
    assert_eq!(suggested(&plan), wanted);
}

#[test]
fn scopes_that_only_some_operations_ask_for_are_left_to_backends() {
    let schemes = json!({ "oauth": { "type": "oauth2", "flows": {} } });
    let operations = [("/aa", json!([{ "oauth": ["read", "write"] }])), ("/bb", json!([{ "oauth": ["read"] }]))];
    let plan = secured(&Value::Null, &schemes, &operations);
    assert_eq!(suggested(&plan)[0]["auth"]["jwt"]["scopes"], json!(["read"]));
    assert_eq!(codes(&plan), ["scopes_differ"]);
}

#[test]
fn what_a_publish_cannot_check_is_told_and_not_offered() {
    let schemes = json!({
        "basic": { "type": "http", "scheme": "basic" },
        "digest": { "type": "http", "scheme": "digest" },
        "tls": { "type": "mutualTLS" },
        "cookie": { "type": "apiKey", "in": "cookie", "name": "sid" },
        "odd": { "type": "odd" },
        "gone": { "$ref": "other.yaml#/x" },
    });
    let root = json!([
        { "basic": [] }, { "digest": [] }, { "tls": [] }, { "cookie": [] }, { "odd": [] }, { "gone": [] }, { "none": [] }
    ]);
    let plan = secured(&root, &schemes, &plain());
    assert_eq!(suggested(&plan), json!([]));
    let pointers: Vec<_> = plan.report.notes.iter().map(|note| note.pointer.rsplit_once('/').unwrap().1).collect();
    assert_eq!(pointers, ["basic", "cookie", "digest", "gone", "none", "odd", "tls"]);
    assert_eq!(plan.report.counts["security_scheme_unsupported"], 7);
}

#[test]
fn operations_that_ask_for_something_else_are_listed() {
    let schemes = json!({
        "key": { "type": "apiKey", "in": "header", "name": "X-API-Key" },
        "token": { "type": "http", "scheme": "bearer" },
    });
    let mut operations = plain();
    operations.extend([("/health", json!([])), ("/admin", json!([{ "token": [] }])), ("/free", json!([{}]))]);
    let plan = secured(&json!([{ "key": [] }]), &schemes, &operations);
    assert_eq!(suggested(&plan)[0]["schemes"], json!(["key"]));
    let mut told: Vec<_> = plan.report.notes.iter().map(|note| (note.code, note.pointer.as_str())).collect();
    told.sort_unstable();
    assert_eq!(
        told,
        [
            ("operation_with_other_security", "/paths/~1admin/get/security"),
            ("operation_without_security", "/paths/~1free/get/security"),
            ("operation_without_security", "/paths/~1health/get/security"),
        ]
    );
}

#[test]
fn what_few_operations_ask_for_is_suggested_when_the_rest_ask_for_nothing() {
    let schemes = json!({ "key": { "type": "apiKey", "in": "header", "name": "X-API-Key" } });
    let mut operations = plain();
    operations.push(("/admin", json!([{ "key": [] }])));
    let plan = secured(&Value::Null, &schemes, &operations);
    assert_eq!(suggested(&plan)[0]["schemes"], json!(["key"]));
    assert_eq!(codes(&plan), ["operation_with_other_security"]);
}

#[test]
fn optional_and_combined_credentials_are_told() {
    let schemes = json!({
        "key": { "type": "apiKey", "in": "header", "name": "X-API-Key" },
        "token": { "type": "http", "scheme": "bearer" },
    });
    let plan = secured(&json!([{ "key": [], "token": [] }, {}]), &schemes, &plain());
    assert_eq!(codes(&plan), ["security_optional", "security_combined"]);
    assert_eq!(plan.suggestions.auth.len(), 2);
}

#[test]
fn schemes_that_nobody_asks_for_are_suggested_and_told() {
    let schemes = json!({ "key": { "type": "apiKey", "in": "header", "name": "X-API-Key" } });
    let plan = secured(&Value::Null, &schemes, &plain());
    assert_eq!((codes(&plan), plan.suggestions.auth.len()), (vec!["security_schemes_unused"], 1));
    let plan = secured(&Value::Null, &Value::Null, &plain());
    assert_eq!((codes(&plan), plan.suggestions.auth.len()), (vec![], 0));
}

#[test]
fn security_of_another_shape_counts_as_none() {
    for odd in [json!("x"), json!({ "a": 1 }), json!([1, "x", [null]]), json!([{ "a": "b" }])] {
        secured(&odd, &odd, &plain());
    }
}
