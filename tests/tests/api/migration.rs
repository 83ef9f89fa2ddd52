//! `switchtower-import` against the real API: what the program takes for granted of it holds.

use std::{path::Path, sync::Arc, time::Duration};

use axum::{Router, body::Body};
use clap::Parser;
use serde_json::{Value, json};
use switchtower_domain::role::Role;
use switchtower_migrate::{
    api::Pace,
    cli::{Args, Failure, NOT_ALL_TAKEN, run},
};
use switchtower_tests::{Account, World};

/// A tenant with the clusters of the example, at an address of its own.
struct Stage {
    world: Arc<World>,
    account: Account,
    base: String,
    folder: tempfile::TempDir,
}

impl Stage {
    async fn new() -> Self {
        let world = Arc::new(World::new().await);
        let account = world.tenant("acme").await;
        for cluster in ["default", "lab", "eu-1", "payments-eu"] {
            world.owner(&account).post("/v1/operator/clusters", json!({ "name": cluster })).await.ok(201);
        }
        let served = world.clone();
        let answer = move |request: axum::http::Request<Body>| {
            let world = served.clone();
            async move { world.answer(request).await }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let base = format!("http://{}", listener.local_addr().expect("it has an address"));
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
        Self { world, account, base, folder: tempfile::tempdir().expect("a folder") }
    }

    async fn import(&self, key: &str, options: &[&str]) -> (Result<u8, Failure>, Value) {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/examples");
        let text = |path: &Path| path.display().to_string();
        let (state, report) = (self.folder.path().join("state"), self.folder.path().join("report.json"));
        let line = [
            ("--from", text(&docs.join("imp-gateway-v1.json"))),
            ("--mapping", text(&docs.join("imp-gateway-v1.mapping.yaml"))),
            ("--api-url", self.base.clone()),
            ("--api-key", key.to_owned()),
            ("--state", text(&state)),
            ("--report", text(&report)),
        ];
        let line = line.into_iter().flat_map(|(option, value)| [option.to_owned(), value]);
        let line = ["switchtower-import".to_owned()].into_iter().chain(line);
        let line = line.chain(options.iter().map(|option| (*option).to_owned()));
        let pace = Pace { first: Duration::from_millis(20), most: Duration::from_secs(1), tries: 8 };
        let args = Args::try_parse_from(line).expect("the options are valid");
        let code = run(&args, pace, &mut Vec::new()).await;
        let report = std::fs::read_to_string(report).unwrap_or_else(|_| "null".to_owned());
        (code, serde_json::from_str(&report).expect("the report is JSON"))
    }

    /// Everything of the tenant that an import may change.
    async fn contents(&self) -> Vec<Value> {
        let owner = self.world.owner(&self.account);
        let mut contents = Vec::new();
        for list in ["gateways", "api-services", "policies", "products", "plans", "product-publishes"] {
            contents.extend(owner.get(&format!("/v1/provider/{list}?limit=100")).await.ok(200).items().clone());
        }
        for service in contents.clone().iter().filter(|item| item.get("route_count").is_some()) {
            for part in ["routes", "backends"] {
                let path = format!("/v1/provider/api-services/{}/{part}", service["id"].as_str().expect("an id"));
                contents.extend(owner.get(&path).await.ok(200).items().clone());
            }
        }
        contents
    }
}

fn of<'r>(report: &'r Value, table: &str, id: &str) -> &'r Value {
    let rows = report["rows"].as_array().expect("the report has rows");
    rows.iter().find(|row| row["table"] == table && row["id"] == id).expect("every row is reported")
}

#[tokio::test]
async fn the_example_is_imported_published_repeated_and_a_persons_change_kept() {
    let stage = Stage::new().await;
    let key = stage.world.api_key(&stage.account, &[Role::ApiDeveloper], None).await.secret;
    let (code, report) = stage.import(&key, &[]).await;
    assert_eq!(code.expect("a plan"), NOT_ALL_TAKEN);
    assert_eq!(stage.contents().await.len(), 0, "a plan changed something");

    let (code, report_of_import) = stage.import(&key, &["--apply", "--publish"]).await;
    assert_eq!(code.expect("an import"), NOT_ALL_TAKEN, "{report_of_import:#}");
    assert_eq!(report_of_import["totals"], report["totals"], "the plan is not what became of it: {report_of_import:#}");
    assert_eq!(report_of_import["totals"]["created"], 17, "{report_of_import:#}");
    assert_eq!(report_of_import["incomplete"], 0, "{report_of_import:#}");
    let published = &report_of_import["published_in_v1"];
    assert_eq!(
        (&published[0]["published"], &published[1]["published"]),
        (&json!(false), &json!(true)),
        "{published:#}"
    );
    let contents = stage.contents().await;
    assert_eq!(contents.len(), 17);

    std::fs::remove_file(stage.folder.path().join("state")).expect("there is a state file");
    for _ in 0..2 {
        let (_, again) = stage.import(&key, &["--apply", "--publish"]).await;
        assert_eq!(again["totals"]["unchanged"], 17, "{again:#}");
        assert_eq!(stage.contents().await, contents);
    }

    let id = of(&report_of_import, "products", "41")["resource"]["id"].as_str().expect("it has an id").to_owned();
    let path = format!("/v1/provider/products/{id}");
    stage.world.owner(&stage.account).patch(&path, json!({ "version": "3" })).await.ok(200);
    let (_, report) = stage.import(&key, &["--apply"]).await;
    assert_eq!(of(&report, "products", "41")["outcome"], "kept");
    let (_, report) = stage.import(&key, &["--apply", "--overwrite"]).await;
    assert_eq!(of(&report, "products", "41")["outcome"], "updated");
    assert_eq!(stage.world.owner(&stage.account).get(&path).await.ok(200)["version"], "2");
}

#[tokio::test]
async fn a_key_that_may_not_change_anything_ends_it_in_the_apis_words() {
    let stage = Stage::new().await;
    let key = stage.world.api_key(&stage.account, &[Role::Viewer], None).await.secret;
    let (code, report) = stage.import(&key, &["--apply"]).await;
    let failure = format!("{:?}", code.expect_err("a viewer changed something"));
    assert!(failure.contains("The permission `gateway:create` is needed."), "{failure}");
    assert_eq!(report["totals"]["pending"], 17, "{report:#}");
}
