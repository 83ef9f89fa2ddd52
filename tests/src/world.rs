//! A control plane of a test's own.

use std::{collections::HashMap, sync::Arc};

use aws_sdk_dynamodb::types::AttributeValue;
use axum::{
    Router,
    body::Body,
    response::{IntoResponse, Response},
};
use http::{Request, StatusCode};
use switchtower_api::{Api, routes};
use switchtower_control::Control;
use switchtower_domain::context::Context;
use switchtower_host::{
    auth::Auth,
    config::{Config, Oidc},
    entropy::System,
};
use switchtower_store::Store;
use tower::ServiceExt;

use crate::{
    Client,
    calls::Calls,
    clock::Clock,
    emulator,
    fake::{NamedQueueAccess, RecordedDoorbells},
    idp::{self, Idp},
    table,
};

/// A control plane: every function, over a table of its own.
pub struct World {
    /// The table.
    pub store: Store,
    /// What is asked of DynamoDB.
    pub calls: Calls,
    /// Who vouches for users.
    pub idp: Idp,
    /// The clock.
    pub clock: Clock,
    /// What was rung directly.
    pub doorbells: RecordedDoorbells,
    /// A client of the table's own, for what the store does not offer.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// The name of the table.
    pub table: String,
    /// The use cases, for what no request asks for.
    pub control: Control,
    functions: Vec<(&'static str, Router)>,
}

impl World {
    /// A new one.
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// A new one with other settings than usual.
    pub async fn with(adjust: impl FnOnce(&mut Config)) -> Self {
        let calls = Calls::default();
        let dynamodb = emulator::client(&calls);
        let table = table::create(&dynamodb).await;
        let store = Store::new(dynamodb.clone(), table.clone());
        let (idp, clock, doorbells) = (Idp::start(), Clock::default(), RecordedDoorbells::default());
        let mut config = config(&idp, &table);
        adjust(&mut config);
        let api = api(&config, &store, &clock, &doorbells);
        let control = api.control.clone();
        let functions = routes::ALL.iter().map(|resource| (resource.path, resource.router(api.clone()))).collect();
        calls.take();
        Self { store, calls, idp, clock, doorbells, dynamodb, table, control, functions }
    }

    /// Somebody without credentials.
    pub fn anyone(&self) -> Client<'_> {
        Client::new(self)
    }

    /// The context of a change that a test makes on its own.
    pub fn context(&self) -> Context {
        Context::new(self.clock.now(), "tests", Arc::new(System))
    }

    /// Every row of the table.
    pub async fn rows(&self) -> Vec<HashMap<String, AttributeValue>> {
        let mut pages = self.dynamodb.scan().table_name(&self.table).into_paginator().items().send();
        let mut rows = Vec::new();
        while let Some(row) = pages.next().await {
            rows.push(row.expect("the table answers"));
        }
        rows
    }

    /// Writes a row, whatever stands there.
    pub async fn put_row(&self, row: HashMap<String, AttributeValue>) {
        self.dynamodb.put_item().table_name(&self.table).set_item(Some(row)).send().await.expect("the table answers");
    }

    /// Sends a request to the function of that name.
    pub async fn invoke(&self, function: &str, request: Request<Body>) -> Response {
        let resource = routes::ALL.iter().find(|resource| resource.function == function);
        let path = resource.unwrap_or_else(|| panic!("there is no function {function}")).path;
        let (_, router) =
            self.functions.iter().find(|(prefix, _)| *prefix == path).expect("every resource has a router");
        match router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }

    /// Sends a request to the function that API Gateway would send it to.
    pub async fn answer(&self, request: Request<Body>) -> Response {
        let path = request.uri().path();
        let matches =
            |prefix: &str| path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let best = self.functions.iter().filter(|(prefix, _)| matches(prefix)).max_by_key(|(prefix, _)| prefix.len());
        match best {
            Some((_, router)) => match router.clone().oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            },
            None => (StatusCode::NOT_FOUND, "API Gateway has no such route").into_response(),
        }
    }
}

fn config(idp: &Idp, table: &str) -> Config {
    Config {
        stack: "tests".to_owned(),
        table: table.to_owned(),
        audience: "https://switchtower/tests".to_owned(),
        heartbeat_seconds: 30,
        oidc: Oidc {
            issuer: idp.issuer.clone(),
            audiences: vec![idp::AUDIENCE.to_owned()],
            jwks_url: Some(idp.jwks_url()),
        },
        fast_doorbell: true,
    }
}

fn api(config: &Config, store: &Store, clock: &Clock, doorbells: &RecordedDoorbells) -> Api {
    let clock = clock.clone();
    Api {
        control: Control {
            store: store.clone(),
            heartbeat_seconds: config.heartbeat_seconds,
            audience: config.audience.clone(),
            issuer: config.oidc.issuer.clone(),
        },
        authenticator: Arc::new(Auth::new(store.clone(), config)),
        clock: Arc::new(move || clock.now()),
        entropy: Arc::new(System),
        doorbells: Arc::new(doorbells.clone()),
        queue_access: Some(Arc::new(NamedQueueAccess)),
        websocket_url: Some("wss://live.example.com/v1".to_owned()),
    }
}
