//! What a gateway bears of its clients.

use std::time::Duration;

use switchtower_domain::gateway::ClientSettings;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::support::{Gateway, Product};

async fn bearing(edit: impl FnOnce(&mut ClientSettings)) -> Gateway {
    let gateway = Gateway::new();
    let mut product = Product::on(&gateway);
    let backend = product.to("shop");
    product.prefix("/", &backend);
    edit(product.snapshot.gateway.client.get_or_insert_default());
    gateway.publish(&product.snapshot, 1).await;
    gateway
}

/// Sends that, and reads until the gateway hangs up.
async fn until_hung_up(gateway: &Gateway, sent: &str) -> String {
    let mut socket = TcpStream::connect(("127.0.0.1", gateway.port)).await.unwrap();
    socket.write_all(sent.as_bytes()).await.unwrap();
    let mut read = Vec::new();
    let ended = timeout(Duration::from_secs(20), socket.read_to_end(&mut read)).await;
    ended.expect("the gateway hangs up").unwrap();
    String::from_utf8(read).unwrap()
}

#[tokio::test]
async fn a_body_that_is_too_large_is_answered_413() {
    let gateway = bearing(|client| client.max_body_bytes = Some(1000)).await;
    for (bytes, status) in [(1000, 200), (1001, 413)] {
        let answer = gateway.client.post(gateway.url("/")).body(vec![b'x'; bytes]).send().await.unwrap();
        assert_eq!(answer.status(), status, "{bytes} bytes");
    }
}

#[tokio::test]
async fn who_does_not_end_a_request_is_hung_up_on() {
    let gateway = bearing(|client| client.header_timeout_ms = Some(500)).await;
    let read = until_hung_up(&gateway, "GET / HTTP/1.1\r\nHost: a.example.com\r\nX-Slow: ").await;
    assert!(read.is_empty() || read.starts_with("HTTP/1.1 408 "), "{read}");
}

#[tokio::test]
async fn who_is_idle_is_hung_up_on_after_the_answer() {
    let gateway = bearing(|client| client.idle_timeout_ms = Some(500)).await;
    let read = until_hung_up(&gateway, "GET / HTTP/1.1\r\nHost: a.example.com\r\n\r\n").await;
    assert!(read.starts_with("HTTP/1.1 200 "), "{read}");
}
