//! The document that ships with the project.

use super::*;

const ORDERS: &str = include_str!("../../../../docs/examples/orders.openapi.yaml");

#[test]
fn the_example_becomes_eleven_routes_and_three_backends() {
    let plan = import(ORDERS).unwrap();
    assert_valid(&plan.definition);
    assert_eq!(
        lines(&plan),
        [
            "orders GET,POST /v1/orders",
            "orders-order-id GET,PATCH /v1/orders/[^/]+",
            "cancel-order POST /v1/orders/[^/]+/cancel",
            "list-order-items GET /v1/orders/[^/]+/items",
            r"download-invoice GET /v1/orders/[^/]+/invoice\.[^/]+",
            "get-shipment GET /v1/shipments/[^/]+",
            "print-label POST /print/shipments/[^/]+/labels",
            "list-products GET /v1/catalog/products",
            "get-product GET /v1/catalog/products/[^/]+",
            "list-categories GET /v1/catalog/categories",
            "get-status GET /v1/status",
        ]
    );
    let hosts: Vec<_> = plan.definition.backends.iter().map(|backend| &backend.spec.endpoints[0].host).collect();
    assert_eq!(hosts, ["eu.orders.example.com", "sandbox.orders.example.com", "labels.example.com"]);
    assert_eq!(codes(&plan), ["server_variables", "callbacks_ignored", "server_unused", "operation_without_security"]);
    assert_eq!(plan.suggestions.name.unwrap().as_str(), "orders");
    let auth = serde_json::to_value(&plan.suggestions.auth[0].auth).unwrap();
    assert_eq!(auth, serde_json::json!({ "api_key": { "headers": ["X-API-Key"] } }));
    assert_eq!(plan.suggestions.version.as_deref(), Some("1.4.0"));
}
