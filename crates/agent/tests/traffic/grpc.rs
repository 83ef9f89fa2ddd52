//! gRPC: HTTP/2 from the client to the backend, messages and trailers.

use std::{net::Ipv4Addr, path::Path, sync::Arc};

use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderValue, Request, Response, StatusCode},
};
use h2::{RecvStream, client, server};
use switchtower_domain::api_service::Scheme;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};

use crate::{
    support::{Gateway, free_port},
    tls::listening,
};

const HOST: &str = "secure.example.com";

/// What came back of a call.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    message: Vec<u8>,
    trailers: HeaderMap,
}

async fn all(body: &mut RecvStream) -> Vec<u8> {
    let mut message = Vec::new();
    while let Some(chunk) = body.data().await {
        let chunk = chunk.unwrap();
        body.flow_control().release_capacity(chunk.len()).unwrap();
        message.extend_from_slice(&chunk);
    }
    message
}

/// A service without TLS that says messages back, and in trailers how it went.
async fn service() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            tokio::spawn(serve(socket));
        }
    });
    port
}

async fn serve(socket: TcpStream) {
    let mut connection = server::handshake(socket).await.unwrap();
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        tokio::spawn(async move {
            let path = request.uri().path().to_owned();
            let message = all(&mut request.into_body()).await;
            let head = Response::builder().header("content-type", "application/grpc").header("x-path", path);
            let mut stream = respond.send_response(head.body(()).unwrap(), false).unwrap();
            stream.send_data(Bytes::from(message), false).unwrap();
            let trailers = [("grpc-status", "0"), ("grpc-message", "well")];
            let trailers = trailers.map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)));
            stream.send_trailers(trailers.into_iter().collect()).unwrap();
        });
    }
}

async fn call(authority: &Path, port: u16, path: &str, message: &[u8]) -> Answer {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(authority).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots);
    let mut config = config.with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let socket = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
    let name = ServerName::try_from(HOST).unwrap();
    let tls = TlsConnector::from(Arc::new(config)).connect(name, socket).await.unwrap();
    assert_eq!(tls.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
    let (client, connection) = client::handshake(tls).await.unwrap();
    tokio::spawn(connection);
    let request = Request::post(format!("https://{HOST}:{port}{path}"));
    let request = request.header("content-type", "application/grpc").header("te", "trailers").body(()).unwrap();
    let (answer, mut stream) = client.ready().await.unwrap().send_request(request, false).unwrap();
    stream.send_data(Bytes::copy_from_slice(message), true).unwrap();
    let (head, mut body) = answer.await.unwrap().into_parts();
    let message = all(&mut body).await;
    let trailers = body.trailers().await.unwrap().unwrap_or_default();
    Answer { status: head.status, headers: head.headers, message, trailers }
}

/// A message as gRPC frames it: not compressed, its length, itself.
fn framed(length: usize) -> Vec<u8> {
    let mut message = vec![0];
    message.extend(u32::try_from(length).unwrap().to_be_bytes());
    message.extend((0..length).map(|byte| u8::try_from(byte % 251).unwrap()));
    message
}

#[tokio::test]
async fn calls_pass_with_their_messages_and_trailers() {
    let gateway = Gateway::new();
    let (mut product, port) = listening(&gateway, HOST);
    let (served, unused) = (service().await, free_port());
    for (path, at) in [("/shop.Orders", served), ("/shop.Gone", unused)] {
        let backend = product.backend_at(&[at], |backend| backend.spec.scheme = Scheme::Grpc);
        product.prefix(path, &backend);
    }
    gateway.publish(&product.snapshot, 1).await;
    let authority = gateway.folder.path().join("ca.crt");
    for length in [0, 10, 1_000_000] {
        let sent = framed(length);
        let answer = call(&authority, port, "/shop.Orders/Get", &sent).await;
        assert_eq!((answer.status, answer.message.len()), (StatusCode::OK, sent.len()));
        assert!(answer.message == sent, "a message of {length} bytes came back changed");
        assert_eq!(answer.headers["x-path"], "/shop.Orders/Get");
        assert_eq!(
            (&answer.trailers["grpc-status"], &answer.trailers["grpc-message"]),
            (&"0".parse().unwrap(), &"well".parse().unwrap())
        );
    }
    assert_eq!(call(&authority, port, "/shop.Gone/Get", &framed(1)).await.status, StatusCode::BAD_GATEWAY);
    assert_eq!(call(&authority, port, "/other.Service/Get", &framed(1)).await.status, StatusCode::NOT_FOUND);
}
