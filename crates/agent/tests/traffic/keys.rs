//! Who may call.

use std::fs;

use switchtower_domain::{
    deployment::ObjectOutcome,
    product_publish::{ApiKeyAuth, Auth},
};

use crate::support::{Gateway, Product};

const KEY: &str = r#"S3cret-$uri"};{"#;

fn product(gateway: &Gateway) -> Product {
    let mut product = Product::on(gateway);
    let backend = product.to("any");
    product.prefix("/", &backend);
    product.snapshot.publish.auth = Auth::ApiKey(ApiKeyAuth {
        headers: vec!["X-Api-Key".to_owned()],
        query_params: vec!["key".to_owned()],
        credentials_ref: "clients".to_owned(),
        hide_credentials: true,
        client_id_header: Some("X-Client-Id".to_owned()),
    });
    product
}

#[tokio::test]
async fn only_clients_with_a_key_get_through() {
    let gateway = Gateway::new();
    fs::write(gateway.secret("clients", "client-1"), format!("{KEY}\n")).unwrap();
    fs::write(gateway.secret("clients", "client-2"), "other").unwrap();
    gateway.publish(&product(&gateway).snapshot, 1).await;
    assert_eq!(gateway.status("/").await, 401);
    for wrong in ["wrong", "", "S3CRET-$URI\"};{", "S3cret", "client-1"] {
        let answer = gateway.get("/").header("x-api-key", wrong).send().await.unwrap();
        assert_eq!(answer.status(), 401, "`{wrong}`");
    }
    let echo = gateway.echo(gateway.get("/a").header("x-api-key", KEY).header("x-client-id", "forged")).await;
    assert_eq!(echo.headers["x-client-id"], "client-1");
    assert_eq!(echo.headers.get("x-api-key"), None, "backends do not see keys");
    for (query, seen) in [("?key=other", "/"), ("?a=1&key=other&b=2", "/?a=1&b=2"), ("?key=other&b=2", "/?b=2")] {
        let echo = gateway.echo(gateway.get(&format!("/{query}"))).await;
        assert_eq!((echo.headers["x-client-id"].as_str(), echo.uri.as_str()), ("client-2", seen), "{query}");
    }
    let echo = gateway.echo(gateway.get("/?key=other&x=1&key=again&key=more")).await;
    assert!(!echo.uri.contains("key"), "{}", echo.uri);
}

#[tokio::test]
async fn a_revoked_key_stops_working_with_the_next_apply() {
    let gateway = Gateway::new();
    fs::write(gateway.secret("clients", "client-1"), "one").unwrap();
    let product = product(&gateway);
    gateway.publish(&product.snapshot, 1).await;
    let call = |key: &'static str| gateway.get("/").header("x-api-key", key).send();
    assert_eq!(call("one").await.unwrap().status(), 200);
    fs::write(gateway.secret("clients", "client-1"), "two").unwrap();
    gateway.publish(&product.snapshot, 1).await;
    assert_eq!(call("one").await.unwrap().status(), 401);
    assert_eq!(call("two").await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_missing_folder_of_keys_is_named() {
    let gateway = Gateway::new();
    let product = product(&gateway);
    let results = gateway.apply(&gateway.order(&product.snapshot, 1)).await.unwrap();
    assert!(results.iter().all(|result| result.outcome == ObjectOutcome::Failed), "{results:?}");
    let first = &results[0];
    assert_eq!((first.key.name.as_str(), first.field.as_deref()), ("claims.json", Some("credentials")));
    assert!(first.message.as_ref().unwrap().contains("secrets/clients"), "{first:?}");
}
