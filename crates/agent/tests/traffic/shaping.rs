//! What is changed on the way: headers, paths, answers to pages, refusals for the rate.

use switchtower_domain::{
    api_service::PathMatchType,
    policy::{
        Cors, HeaderChanges, HeaderModifier, HeaderValue, PathRewrite, PathRewriteType, PolicySpec, RateLimit,
        RateUnit, UrlRewrite,
    },
};

use crate::support::{Gateway, Product};

/// Text that would change the configuration, were it not kept in its quotes.
const HOSTILE: &str = r#"x"; } return 200 '$uri'; # \" \ ${host} {"#;

fn header(name: &str, value: &str) -> HeaderValue {
    HeaderValue { name: name.to_owned(), value: value.to_owned() }
}

#[tokio::test]
async fn headers_are_set_added_and_removed_whatever_is_in_them() {
    let gateway = Gateway::new();
    let mut product = Product::on(&gateway);
    let backend = product.to("any");
    product.prefix("/", &backend);
    let request = HeaderChanges {
        set: vec![header("X-Set", HOSTILE)],
        add: vec![header("X-Add", HOSTILE)],
        remove: vec!["X-Gone".to_owned()],
    };
    let response = HeaderChanges {
        set: vec![header("X-Version", HOSTILE)],
        add: vec![header("X-More", "more")],
        remove: vec!["X-Powered-By".to_owned()],
    };
    product.policy(PolicySpec::HeaderModifier(HeaderModifier { request, response }));
    gateway.publish(&product.snapshot, 1).await;
    let request = gateway.get("/a").header("x-set", "own").header("x-add", "own").header("x-gone", "own");
    let answer = request.send().await.unwrap();
    assert_eq!(answer.headers().get_all("x-version").iter().collect::<Vec<_>>(), [HOSTILE]);
    assert_eq!(answer.headers()["x-more"], "more");
    assert!(!answer.headers().contains_key("x-powered-by"));
    let echo: crate::support::Echo = answer.json().await.unwrap();
    assert_eq!(echo.headers["x-set"], HOSTILE);
    assert_eq!(echo.headers["x-add"], format!("own, {HOSTILE}"));
    assert_eq!(echo.headers.get("x-gone"), None);
    assert_eq!(echo.headers["x-forwarded-for"], "127.0.0.1");
    assert_eq!(gateway.echo(gateway.get("/a")).await.headers["x-add"], HOSTILE);
}

#[tokio::test]
async fn hosts_and_paths_are_rewritten() {
    let gateway = Gateway::new();
    let mut product = Product::on(&gateway);
    let backend = product.to("any");
    let rewrite = |kind, value: &str| {
        let path = Some(PathRewrite { kind, value: value.to_owned() });
        PolicySpec::UrlRewrite(UrlRewrite { hostname: Some("inside.example.com".to_owned()), path })
    };
    for (path, spec) in [
        ("/v1", rewrite(PathRewriteType::ReplacePrefix, "/api/v2")),
        ("/gone/", rewrite(PathRewriteType::ReplacePrefix, "/")),
        ("/odd", rewrite(PathRewriteType::ReplacePrefix, "/$1/%3F%20;x")),
    ] {
        product.prefix(path, &backend);
        product.policy_of_last(spec);
    }
    product.route(PathMatchType::Exact, "/full", &[], &[&backend]);
    product.policy_of_last(rewrite(PathRewriteType::ReplaceFull, "/$uri/all"));
    gateway.publish(&product.snapshot, 1).await;
    for (path, seen) in [
        ("/v1", "/api/v2"),
        ("/v1/", "/api/v2/"),
        ("/v1/orders/%20?q=1&r", "/api/v2/orders/%20?q=1&r"),
        ("/gone", "/"),
        ("/gone/", "/"),
        ("/gone/x", "/x"),
        ("/odd/x", "/$1/%3F%20;x/x"),
        ("/full?q=1", "/$uri/all?q=1"),
    ] {
        let echo = gateway.echo(gateway.get(path)).await;
        assert_eq!((echo.uri.as_str(), echo.headers["host"].as_str()), (seen, "inside.example.com"), "{path}");
    }
}

#[tokio::test]
async fn pages_of_allowed_origins_may_read_answers_and_ask_before() {
    let gateway = Gateway::new();
    let mut product = Product::on(&gateway);
    let backend = product.to("any");
    product.route(PathMatchType::Prefix, "/", &[switchtower_domain::api_service::Method::Put], &[&backend]);
    product.policy(PolicySpec::Cors(Cors {
        allow_origins: vec!["https://*.example.com".to_owned()],
        allow_methods: vec!["GET".to_owned(), "PUT".to_owned()],
        allow_headers: vec!["X-Token".to_owned()],
        expose_headers: vec!["X-Total".to_owned()],
        allow_credentials: true,
        max_age_seconds: Some(600),
    }));
    gateway.publish(&product.snapshot, 1).await;
    let preflight = |origin: &str, method: &str| {
        let request = gateway.client.request(reqwest::Method::OPTIONS, gateway.url("/a"));
        request.header("origin", origin).header("access-control-request-method", method).send()
    };
    let good = preflight("https://app.example.com", "PUT").await.unwrap();
    assert_eq!(good.status(), 204);
    for (name, value) in [
        ("access-control-allow-origin", "https://app.example.com"),
        ("access-control-allow-methods", "GET, PUT"),
        ("access-control-allow-headers", "X-Token"),
        ("access-control-allow-credentials", "true"),
        ("access-control-max-age", "600"),
        ("vary", "Origin"),
    ] {
        assert_eq!(good.headers().get(name).map(|value| value.to_str().unwrap()), Some(value), "{name}");
    }
    let bad = preflight("https://example.com.evil.net", "PUT").await.unwrap();
    assert!(!bad.headers().contains_key("access-control-allow-origin"));
    assert_eq!(preflight("https://app.example.com", "DELETE").await.unwrap().status(), 404, "no route answers DELETE");
    let put = |origin: &str| gateway.client.put(gateway.url("/a")).header("origin", origin).send();
    let answer = put("https://app.example.com").await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["access-control-allow-origin"], "https://app.example.com");
    assert_eq!(answer.headers()["access-control-expose-headers"], "X-Total");
    assert!(!put("https://evil.net").await.unwrap().headers().contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn too_many_requests_are_told_when_to_come_back() {
    let gateway = Gateway::new();
    let mut product = Product::on(&gateway);
    let backend = product.to("any");
    product.prefix("/a", &backend);
    product.prefix("/b", &backend);
    product.policy(PolicySpec::RateLimit(RateLimit { requests: 6, unit: RateUnit::Minute, burst: Some(3) }));
    gateway.publish(&product.snapshot, 1).await;
    for number in 0..3 {
        let answer = gateway.get("/a").send().await.unwrap();
        assert_eq!(answer.status(), 200, "request {number}");
        assert_eq!(answer.headers()["x-ratelimit-limit"], "6");
        assert!(!answer.headers().contains_key("retry-after"));
    }
    let refused = gateway.get("/a").send().await.unwrap();
    assert_eq!(refused.status(), 429);
    for (name, value) in
        [("retry-after", "10"), ("x-ratelimit-limit", "6"), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "10")]
    {
        assert_eq!(refused.headers()[name], value, "{name}");
    }
    assert_eq!(gateway.status("/b").await, 200, "each route has a limit of its own");
}
