//! Certificates: of listeners, and of backends.

use std::{fs, path::Path, process::Command};

use reqwest::{Certificate, Client};
use switchtower_domain::{
    api_service::{BackendTls, Endpoint, Scheme},
    gateway::{ListenerTls, Protocol},
};

use crate::support::{Gateway, Names, Product, free_port};

fn openssl(folder: &Path, args: &[&str]) {
    let output = Command::new("openssl").current_dir(folder).args(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// An authority in the gateway's folder, and a certificate of it in a secret.
fn certificate(gateway: &Gateway, secret: &str, name: &str) {
    let folder = gateway.folder.path();
    let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    if !folder.join("ca.crt").exists() {
        let mut args =
            vec!["req", "-x509", "-subj", "/CN=Test authority", "-days", "2", "-keyout", "ca.key", "-out", "ca.crt"];
        args.extend(curve);
        openssl(folder, &args);
    }
    let mut args = vec!["req", "-subj", "/CN=test", "-keyout", "tls.key", "-out", "tls.csr"];
    args.extend(curve);
    openssl(folder, &args);
    fs::write(folder.join("tls.ext"), format!("subjectAltName=DNS:{name}\n")).unwrap();
    let signed = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "tls.ext"];
    let mut args = vec!["x509", "-req", "-in", "tls.csr", "-out", "tls.crt"];
    args.extend(signed);
    openssl(folder, &args);
    for file in ["tls.crt", "tls.key"] {
        fs::copy(folder.join(file), gateway.secret(secret, file)).unwrap();
    }
}

/// A product behind a listener with TLS for one host.
fn secure(gateway: &Gateway, host: &str) -> (Product, u16) {
    let (mut product, port) = listening(gateway, host);
    let backend = product.to("inner");
    product.prefix("/", &backend);
    (product, port)
}

/// The same without routes.
pub(crate) fn listening(gateway: &Gateway, host: &str) -> (Product, u16) {
    certificate(gateway, "edge", host);
    let mut product = Product::on(gateway).deployment(77);
    let port = free_port();
    let listener = &mut product.snapshot.gateway.listeners[0];
    (listener.port, listener.protocol, listener.hostname) = (port, Protocol::Https, Some(host.to_owned()));
    listener.tls = Some(ListenerTls::new("edge".to_owned()));
    (product, port)
}

#[tokio::test]
async fn a_listener_speaks_tls_with_its_certificate() {
    let gateway = Gateway::new();
    let (product, port) = secure(&gateway, "secure.example.com");
    gateway.publish(&product.snapshot, 1).await;
    let authority = Certificate::from_pem(&fs::read(gateway.folder.path().join("ca.crt")).unwrap()).unwrap();
    let client = Client::builder().no_proxy().tls_certs_only([authority]);
    let address = ([127, 0, 0, 1], port).into();
    let client = client.resolve("secure.example.com", address).resolve("other.example.com", address).build().unwrap();
    let answer = client.get(format!("https://secure.example.com:{port}/a")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let echo: crate::support::Echo = answer.json().await.unwrap();
    assert_eq!(echo.headers["x-forwarded-proto"], "https");
    let stranger = client.get(format!("https://other.example.com:{port}/a")).send().await;
    assert!(stranger.is_err(), "a host that nobody answers has no certificate");
}

/// Publishes something else beside, which must work whatever became of certificates.
async fn publish_neighbour(gateway: &Gateway, generation: u64) {
    let mut product = Product::on(gateway).deployment(9);
    let backend = product.to("neighbour");
    product.prefix(&format!("/{generation}"), &backend);
    gateway.publish(&product.snapshot, generation).await;
    assert_eq!(gateway.status(&format!("/{generation}")).await, 200);
}

/// The certificate that a host of the gateway shows, as PEM without the authority's part.
fn shown(port: u16) -> String {
    let mut command = Command::new("openssl");
    command.args(["s_client", "-servername", "secure.example.com", "-connect", &format!("127.0.0.1:{port}")]);
    let output = command.stdin(std::process::Stdio::null()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let start = text.find("-----BEGIN CERTIFICATE-----").expect("a certificate is shown");
    text[start..].split_inclusive("-----END CERTIFICATE-----").next().unwrap().to_owned()
}

#[tokio::test]
async fn a_certificate_that_goes_or_breaks_is_the_affair_of_who_listens_with_it() {
    let gateway = Gateway::new();
    let (product, port) = secure(&gateway, "secure.example.com");
    gateway.publish(&product.snapshot, 1).await;
    let first = shown(port);
    let (chain, key) = (gateway.secret("edge", "tls.crt"), gateway.secret("edge", "tls.key"));
    let refused = async |word: &str| {
        let results = gateway.apply(&gateway.order(&product.snapshot, 2)).await.unwrap();
        let told = results[0].message.as_ref().unwrap();
        assert_eq!((results[0].key.name.as_str(), results[0].field.as_deref()), ("claims.json", Some("certificates")));
        assert!(told.contains(word), "{told}");
        assert!(!told.contains("PRIVATE"), "{told}");
        assert_eq!(shown(port), first);
    };
    let good = fs::read(&key).unwrap();
    fs::remove_file(&key).unwrap();
    publish_neighbour(&gateway, 1).await;
    refused("There is no file").await;
    // A key of another certificate; a file that is none.
    openssl(gateway.folder.path(), &["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "other.key"]);
    fs::copy(gateway.folder.path().join("other.key"), &key).unwrap();
    publish_neighbour(&gateway, 2).await;
    refused("nginx refuses the certificate `edge`").await;
    fs::write(&key, good).unwrap();
    fs::write(&chain, "nothing of the kind").unwrap();
    publish_neighbour(&gateway, 3).await;
    refused("nginx refuses the certificate `edge`").await;
    assert_eq!(shown(port), first);
    // A new one is taken up with whatever is done next.
    certificate(&gateway, "edge", "secure.example.com");
    publish_neighbour(&gateway, 4).await;
    assert_ne!(shown(port), first);
    assert_eq!(shown(port).replace('\n', ""), fs::read_to_string(&chain).unwrap().trim().replace('\n', ""));
}

#[tokio::test]
async fn a_backend_by_name_is_asked_and_checked_by_that_name_whatever_its_address() {
    let (names, mut gateway) = (Names::default(), Gateway::new());
    gateway.resolver = names.resolver();
    names.is_at("secure.example.com", &["127.0.0.1"]);
    names.is_at("other.example.com", &["127.0.0.1"]);
    let (inner, port) = secure(&gateway, "secure.example.com");
    gateway.publish(&inner.snapshot, 1).await;
    let mut product = Product::on(&gateway);
    for (path, name) in [("/good", "secure.example.com"), ("/wrong", "other.example.com")] {
        let backend = product.backend_at(&[], |backend| {
            backend.spec.scheme = Scheme::Https;
            backend.spec.endpoints = vec![Endpoint::new(name.to_owned(), port)];
            backend.spec.tls = Some(BackendTls { sni: None, insecure_skip_verify: false });
        });
        product.prefix(path, &backend);
    }
    gateway.publish(&product.snapshot, 1).await;
    let echo = gateway.echo(gateway.get("/good/a")).await;
    assert_eq!((echo.by.as_str(), echo.headers["host"].as_str()), ("inner", "secure.example.com"));
    assert_eq!(gateway.status("/wrong/a").await, 502);
}

#[tokio::test]
async fn the_certificate_of_a_backend_is_checked() {
    let gateway = Gateway::new();
    let (inner, port) = secure(&gateway, "secure.example.com");
    gateway.publish(&inner.snapshot, 1).await;
    let mut product = Product::on(&gateway);
    for (path, sni, insecure) in [
        ("/good", "secure.example.com", false),
        ("/wrong", "other.example.com", false),
        ("/blind", "secure.example.com", true),
    ] {
        let backend = product.backend_at(&[port], |backend| {
            backend.spec.scheme = Scheme::Https;
            backend.spec.tls = Some(BackendTls { sni: Some(sni.to_owned()), insecure_skip_verify: insecure });
        });
        product.prefix(path, &backend);
    }
    gateway.publish(&product.snapshot, 1).await;
    let echo = gateway.echo(gateway.get("/good/a")).await;
    assert_eq!((echo.by.as_str(), echo.headers["host"].as_str()), ("inner", "secure.example.com"));
    assert_eq!(gateway.status("/wrong/a").await, 502);
    assert_eq!(gateway.status("/blind/a").await, 200);
    // Another authority is none.
    fs::remove_file(gateway.folder.path().join("ca.crt")).unwrap();
    certificate(&gateway, "unused", "unused.example.com");
    product.prefix("/later", &product.snapshot.api_services[0].backends[0].clone());
    gateway.publish(&product.snapshot, 2).await;
    assert_eq!(gateway.status("/good/a").await, 502);
    assert_eq!(gateway.status("/blind/a").await, 200);
}
