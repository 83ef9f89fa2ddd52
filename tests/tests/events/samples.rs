//! Every HTTP function answers its sample event.

use std::path::Path;

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt;
use serde_json::Value;
use switchtower_api::{Scope, routes};
use switchtower_tests::{Estate, World};

/// The request that Lambda makes of a function's sample event.
fn sample(function: &str) -> Request<Body> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../events/{function}.json"));
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|_| panic!("the function {function} has no sample event: add events/{function}.json"));
    let request = lambda_http::request::from_str(&text)
        .unwrap_or_else(|error| panic!("events/{function}.json is no event of API Gateway: {error}"));
    request.map(|body| Body::from(body.to_vec()))
}

#[tokio::test]
async fn a_sample_event_reaches_an_endpoint_of_its_function() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    for resource in routes::ALL {
        let mut request = sample(resource.function);
        let token = match resource.scope {
            Scope::Agent => estate.agent.token(),
            Scope::System => world.idp.token_with("root", &serde_json::json!({ "groups": ["system-admin"] })),
            Scope::Tenant | Scope::Own | Scope::Public => world.idp.token(&estate.account.owner()),
        };
        for header in ["x-api-key", "x-tenant"] {
            request.headers_mut().remove(header);
        }
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        let about = format!("events/{}.json: {} {}", resource.function, request.method(), request.uri().path());
        let response = world.invoke(resource.function, request).await;
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        // Its ids are of nobody, and its times are past, so 404 is right; but not for want of an endpoint, nor for a body that is not valid.
        let code = body["code"].as_str().unwrap_or_default();
        let reached = !["no_such_endpoint", "method_not_allowed", "malformed_json", "invalid_query"].contains(&code);
        assert!(reached && !status.is_server_error(), "{about} is answered {body:#}");
        let past = |error: &Value| error["code"] == "not_found" || error["code"] == "too_early";
        let past = body["errors"].as_array().is_some_and(|errors| errors.iter().all(past));
        assert!(code != "invalid_body" || past, "{about} is answered {body:#}");
    }
}

#[tokio::test]
async fn a_sample_event_without_credentials_is_refused() {
    let world = World::new().await;
    for resource in routes::ALL.iter().filter(|resource| resource.scope != Scope::Public) {
        let mut request = sample(resource.function);
        for header in ["authorization", "x-api-key"] {
            request.headers_mut().remove(header);
        }
        assert_eq!(world.invoke(resource.function, request).await.status(), 401, "{}", resource.function);
    }
}
