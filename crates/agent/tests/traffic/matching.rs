//! Which route answers a request.

use std::time::Instant;

use reqwest::Method as Verb;
use switchtower_domain::api_service::{Method, PathMatchType, ValueMatchType};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{Echo, Gateway, Product, product::wanted, speaks_ipv6};

use PathMatchType::{Exact, Prefix, Regex};

/// A gateway with these routes.
async fn gateway(routes: impl FnOnce(&mut Product)) -> Gateway {
    let gateway = Gateway::new();
    let mut product = Product::on(&gateway);
    routes(&mut product);
    gateway.publish(&product.snapshot, 1).await;
    gateway
}

/// Who answers each request: a backend, or a status.
async fn who(gateway: &Gateway, verb: &Verb, path: &str, headers: &[(&str, &str)]) -> String {
    let mut request = gateway.client.request(verb.clone(), gateway.url(path));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    match answer.json::<Echo>().await {
        Ok(echo) => echo.by,
        Err(_) => status.to_string(),
    }
}

#[tokio::test]
async fn the_most_specific_route_answers() {
    let gateway = gateway(|product| {
        let (exact, regex, longer, prefix, deeper, posts) = (
            product.to("exact"),
            product.to("regex"),
            product.to("longer"),
            product.to("prefix"),
            product.to("deeper"),
            product.to("posts"),
        );
        product.route(Exact, "/v1/orders", &[Method::Get], &[&exact]);
        product.route(Regex, "/v1/[^/]+", &[], &[&regex]);
        product.route(Regex, "/v1/[^/]+/items/[0-9]+", &[], &[&longer]);
        product.route(Prefix, "/v1", &[], &[&prefix]);
        product.route(Prefix, "/v1/deep/er/", &[], &[&deeper]);
        product.route(Prefix, "/v1/deep/er", &[Method::Post], &[&posts]);
    })
    .await;
    for (verb, path, answers) in [
        (Verb::GET, "/v1/orders", "exact"),
        (Verb::POST, "/v1/orders", "regex"),
        (Verb::GET, "/v1/orders/", "prefix"),
        (Verb::GET, "/v1/ORDERS", "regex"),
        (Verb::GET, "/v1/a/items/7", "longer"),
        (Verb::GET, "/v1/a/items/x", "prefix"),
        (Verb::GET, "/v1", "prefix"),
        (Verb::GET, "/v1/", "prefix"),
        (Verb::GET, "/v12", "404"),
        (Verb::GET, "/v1/deep/er", "deeper"),
        (Verb::GET, "/v1/deep/er/x?y=1", "deeper"),
        (Verb::POST, "/v1/deep/er/x", "posts"),
        (Verb::GET, "/v1/deep/erx", "prefix"),
        (Verb::GET, "/", "404"),
        (Verb::GET, "/V1", "404"),
        (Verb::GET, "/0", "404"),
        (Verb::GET, "/none", "404"),
    ] {
        assert_eq!(who(&gateway, &verb, path, &[]).await, answers, "{verb} {path}");
    }
}

#[tokio::test]
async fn a_known_path_with_an_unknown_method_is_not_found() {
    let gateway = gateway(|product| {
        let orders = product.to("orders");
        product.route(Exact, "/orders", &[Method::Get, Method::Put], &[&orders]);
    })
    .await;
    for (verb, answers) in [(Verb::GET, "orders"), (Verb::PUT, "orders"), (Verb::POST, "404"), (Verb::DELETE, "404")] {
        assert_eq!(who(&gateway, &verb, "/orders", &[]).await, answers, "{verb}");
    }
}

#[tokio::test]
async fn headers_and_query_parameters_decide() {
    let gateway = gateway(|product| {
        let (plain, gold, traced, beta, page, both) = (
            product.to("plain"),
            product.to("gold"),
            product.to("traced"),
            product.to("beta"),
            product.to("page"),
            product.to("both"),
        );
        product.route(Exact, "/a", &[], &[&plain]);
        product.route(Exact, "/a", &[], &[&gold]).spec.headers =
            vec![wanted("X-Tier", ValueMatchType::Exact, Some("gold; $uri"))];
        product.route(Exact, "/a", &[], &[&traced]).spec.headers =
            vec![wanted("x-trace", ValueMatchType::Present, None)];
        product.route(Exact, "/a", &[], &[&beta]).spec.query_params =
            vec![wanted("beta", ValueMatchType::Regex, Some("on|yes"))];
        product.route(Exact, "/a", &[], &[&page]).spec.query_params =
            vec![wanted("p", ValueMatchType::Exact, Some("1 2"))];
        let route = product.route(Exact, "/a", &[], &[&both]);
        route.spec.headers = vec![wanted("X-Tier", ValueMatchType::Exact, Some("gold; $uri"))];
        route.spec.query_params = vec![wanted("beta", ValueMatchType::Present, None)];
    })
    .await;
    for (path, headers, answers) in [
        ("/a", &[][..], "plain"),
        ("/a", &[("x-tier", "gold; $uri")], "gold"),
        ("/a", &[("x-tier", "Gold; $uri")], "plain"),
        ("/a", &[("x-tier", "gold; $uris")], "plain"),
        ("/a", &[("X-Trace", "1")], "traced"),
        ("/a?beta=yes", &[], "beta"),
        ("/a?x=1&beta=on&y", &[], "beta"),
        ("/a?beta=only", &[], "plain"),
        ("/a?BETA=on", &[], "plain"),
        ("/a?alphabeta=on", &[], "plain"),
        ("/a?p=1+2", &[], "page"),
        ("/a?p=1%202", &[], "page"),
        ("/a?p=12", &[], "plain"),
        ("/a?beta", &[("X-Tier", "gold; $uri")], "both"),
    ] {
        assert_eq!(who(&gateway, &Verb::GET, path, headers).await, answers, "{path} {headers:?}");
    }
}

#[tokio::test]
async fn host_names_decide_before_paths() {
    let gateway = gateway(|product| {
        let (one, wild, any) = (product.to("one"), product.to("wild"), product.to("any"));
        product.route(Prefix, "/", &[], &[&one]).spec.hostnames = vec!["a.example.com".to_owned()];
        product.route(Prefix, "/wild", &[], &[&wild]).spec.hostnames = vec!["*.example.com".to_owned()];
        product.route(Exact, "/any", &[], &[&any]);
    })
    .await;
    for (host, path, answers) in [
        ("a.example.com", "/", "one"),
        ("A.Example.com:80", "/any", "one"),
        ("b.example.com", "/wild/x", "wild"),
        ("c.b.example.com", "/wild", "wild"),
        ("example.com", "/wild", "404"),
        ("b.example.com", "/any", "any"),
        ("elsewhere.net", "/any", "any"),
        ("elsewhere.net", "/wild", "404"),
    ] {
        assert_eq!(who(&gateway, &Verb::GET, path, &[("host", host)]).await, answers, "{host} {path}");
    }
}

#[tokio::test]
async fn priority_decides_between_equals() {
    let gateway = gateway(|product| {
        let (low, high) = (product.to("low"), product.to("high"));
        product.route(Exact, "/a", &[], &[&low]).spec.priority = 1;
        product.route(Exact, "/a", &[], &[&high]).spec.priority = 2;
    })
    .await;
    assert_eq!(who(&gateway, &Verb::GET, "/a", &[]).await, "high");
}

#[tokio::test]
async fn paths_are_compared_as_backends_will_see_them() {
    let gateway = gateway(|product| {
        let (public, secret) = (product.to("public"), product.to("secret"));
        product.route(Prefix, "/public", &[], &[&public]);
        product.route(Prefix, "/a%20b/$uri;x", &[], &[&secret]);
    })
    .await;
    // What leaves a prefix is not answered by its route, however it is written.
    for path in ["/public/%2e%2e/other", "/public/..%2fother", "/PUBLIC"] {
        let url = gateway.url(path);
        let answer = raw(&gateway, &format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{url}: {answer}");
    }
    let echo = gateway.echo(gateway.get("/a%20b/$uri;x/%C3%A9?q=%2F")).await;
    assert_eq!((echo.by.as_str(), echo.uri.as_str()), ("secret", "/a%20b/$uri;x/%C3%A9?q=%2F"));
}

/// Sends a request as it is.
async fn raw(gateway: &Gateway, request: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", gateway.port)).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn an_expression_that_explodes_ends_soon_and_finds_nothing() {
    let gateway = gateway(|product| {
        let slow = product.to("slow");
        product.route(Regex, "/(a+)+b", &[], &[&slow]);
    })
    .await;
    let start = Instant::now();
    assert_eq!(who(&gateway, &Verb::GET, "/aab", &[]).await, "slow");
    assert_eq!(who(&gateway, &Verb::GET, &format!("/{}c", "a".repeat(60)), &[]).await, "404");
    assert!(start.elapsed().as_secs() < 3, "one expression held a worker for {:?}", start.elapsed());
}

#[tokio::test]
async fn requests_come_by_ipv6_as_well_and_those_of_strangers_are_nobodys() {
    if !speaks_ipv6() {
        println!("not tried: this machine has no IPv6");
        return;
    }
    let gateway = Gateway::new();
    let mut product = Product::on(&gateway).hostnames(&["shop.example.com"]);
    let backend = product.to("shop");
    product.prefix("/", &backend);
    gateway.publish(&product.snapshot, 1).await;
    for address in ["127.0.0.1", "[::1]"] {
        let url = format!("http://{address}:{}/", gateway.port);
        let of = |host: &'static str| gateway.client.get(&url).header("host", host).send();
        assert_eq!(of("shop.example.com").await.unwrap().status(), 200, "{address}");
        assert_eq!(of("other.example.com").await.unwrap().status(), 404, "{address}");
    }
}
