//! The whole program against a control plane in memory.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a stand-in that cannot do its part fails the test"
)]

#[path = "program/stand_in.rs"]
mod stand_in;

use std::{path::PathBuf, time::Duration};

use clap::Parser;
use serde_json::{Value, json};
use switchtower_migrate::{
    api::Pace,
    cli::{ALL_TAKEN, Args, Failure, NOT_ALL_TAKEN, run},
};
use tempfile::TempDir;

use self::stand_in::{KEY, StandIn};

const EXAMPLE: &str = include_str!("../../../docs/examples/imp-gateway-v1.json");

/// An import: an export in a folder of its own, and a control plane.
struct Import {
    stand_in: StandIn,
    folder: TempDir,
    export: Value,
}

/// How a run ended.
struct Ended {
    code: Result<u8, Failure>,
    text: String,
    report: Value,
}

impl Import {
    async fn new() -> Self {
        let stand_in = StandIn::start().await;
        stand_in.cluster("default");
        Self { stand_in, folder: tempfile::tempdir().unwrap(), export: serde_json::from_str(EXAMPLE).unwrap() }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn run(&self, options: &[&str]) -> Ended {
        std::fs::write(self.file("v1.json"), self.export.to_string()).unwrap();
        let text = |name: &str| self.file(name).display().to_string();
        let mut line = vec!["switchtower-import".to_owned(), "--from".to_owned(), text("v1.json")];
        for (option, value) in [
            ("--api-url", self.stand_in.base.clone()),
            ("--api-key", KEY.to_owned()),
            ("--state", text("state")),
            ("--report", text("report.json")),
        ] {
            line.extend([option.to_owned(), value]);
        }
        if !options.contains(&"--create-default-cluster") && !options.contains(&"--mapping") {
            line.extend(["--default-cluster".to_owned(), "default".to_owned()]);
        }
        line.extend(options.iter().map(|option| (*option).to_owned()));
        let pace = Pace { first: Duration::from_millis(1), most: Duration::from_millis(4), tries: 6 };
        let mut out = Vec::new();
        let code = run(&Args::try_parse_from(line).unwrap(), pace, &mut out).await;
        let report = std::fs::read_to_string(self.file("report.json")).unwrap_or_else(|_| "null".to_owned());
        Ended { code, text: String::from_utf8(out).unwrap(), report: serde_json::from_str(&report).unwrap() }
    }

    fn writes(&self) -> Vec<String> {
        std::mem::take(&mut self.stand_in.world().writes)
    }

    /// A row of the export.
    fn row(&mut self, table: &str, id: u64) -> &mut Value {
        self.export[table].as_array_mut().unwrap().iter_mut().find(|row| row["id"] == id).unwrap()
    }
}

impl Ended {
    /// The report, whose rows must add up.
    fn report(&self) -> &Value {
        let totals = self.report["totals"].as_object().unwrap().values().map(|total| total.as_u64().unwrap());
        let rows = self.report["rows"].as_array().unwrap();
        assert_eq!(totals.sum::<u64>(), self.report["rows_read"].as_u64().unwrap());
        assert_eq!(rows.len() as u64, self.report["rows_read"].as_u64().unwrap());
        &self.report
    }

    fn total(&self, outcome: &str) -> u64 {
        self.report()["totals"][outcome].as_u64().unwrap_or_default()
    }

    fn row(&self, table: &str, id: &str) -> &Value {
        let rows = self.report["rows"].as_array().unwrap();
        rows.iter().find(|row| row["table"] == table && row["id"] == id).unwrap()
    }

    #[track_caller]
    fn ok(self, code: u8) -> Self {
        assert_eq!(self.code.as_ref().ok(), Some(&code), "{:?}\n{}", self.code, self.text);
        self
    }
}

#[tokio::test]
async fn a_plan_tells_of_every_row_and_changes_nothing() {
    let import = Import::new().await;
    let ended = import.run(&[]).await.ok(NOT_ALL_TAKEN);
    assert_eq!(import.writes(), [] as [&str; 0]);
    assert_eq!(ended.report()["mode"], "plan");
    assert_eq!((ended.total("created"), ended.total("not_taken"), ended.total("left_behind")), (17, 4, 1));
    assert!(ended.text.contains("routes/23  path_prefix: It has no path."), "{}", ended.text);
    assert!(ended.text.contains("`api_services.color` in 1 rows") && ended.text.contains("--apply"), "{}", ended.text);
    assert!(!import.file("state").exists());
}

#[tokio::test]
async fn an_import_takes_all_that_it_can_and_repeating_it_changes_nothing() {
    let import = Import::new().await;
    let ended = import.run(&["--apply"]).await.ok(NOT_ALL_TAKEN);
    assert_eq!((ended.total("created"), ended.total("not_taken"), ended.total("left_behind")), (17, 4, 1));
    {
        let world = import.stand_in.world();
        assert_eq!(world.named("api_", "orders")["status"], "active");
        assert_eq!(world.named("api_", "orders")["labels"]["v1-id"], "7");
        assert_eq!(world.named("gwt_", "public")["status"], "active");
        assert_eq!(world.named("prd_", "bank")["status"], "active");
        assert_eq!(world.routes("orders").len(), 2);
        assert_eq!(world.backends("payments")[0].spec.endpoints.len(), 2);
        let publish = world.named("pub_", "shop-staging");
        assert_eq!(publish["status"], "draft");
        assert_eq!(publish["gateway_id"], world.named("gwt_", "public")["id"]);
        assert_eq!(publish["cluster_id"], world.named("clu_", "default")["id"]);
        assert_eq!(world.named("pol_", "browsers")["api_service_id"], world.named("api_", "payments")["id"]);
        assert_eq!(world.named("pln_", "gold")["price"]["micros"], 49_900_000);
    }
    import.writes();
    let before = import.stand_in.world().contents();
    let again = import.run(&["--apply"]).await.ok(NOT_ALL_TAKEN);
    assert_eq!((again.total("unchanged"), again.total("created")), (17, 0));
    assert_eq!(import.writes(), [] as [&str; 0]);
    // Without the state file everything is found by its labels and names.
    std::fs::remove_file(import.file("state")).unwrap();
    assert_eq!(import.run(&["--apply"]).await.total("unchanged"), 17);
    assert_eq!(import.writes(), [] as [&str; 0]);
    assert_eq!(import.stand_in.world().contents(), before);
}

#[tokio::test]
async fn an_export_without_anything_odd_is_taken_whole() {
    let mut import = Import::new().await;
    for table in ["api_keys", "users"] {
        import.export.as_object_mut().unwrap().remove(table);
    }
    import.export["routes"].as_array_mut().unwrap().retain(|row| row["id"] != 23);
    import.export["policies"].as_array_mut().unwrap().retain(|row| row["id"] != 33);
    import.run(&["--apply"]).await.ok(ALL_TAKEN);
}

#[tokio::test]
async fn what_changed_in_v1_is_updated_and_nothing_else() {
    let mut import = Import::new().await;
    import.run(&["--apply"]).await.ok(NOT_ALL_TAKEN);
    import.writes();
    import.row("routes", 21)["path_prefix"] = json!("/orders/v2");
    import.row("products", 41)["description"] = json!("Everything.");
    import.row("api_services", 8)["status"] = json!("inactive");
    import.row("products", 42)["status"] = json!("archived");
    let ended = import.run(&["--apply"]).await.ok(NOT_ALL_TAKEN);
    assert_eq!((ended.total("updated"), ended.total("unchanged")), (4, 13));
    let mut writes = import.writes();
    writes.sort();
    assert_eq!(writes.len(), 4, "{writes:?}");
    assert!(writes[0].contains("/deactivate") && writes[1].contains("/archive"), "{writes:?}");
    assert!(writes[2].starts_with("PUT") && writes[3].starts_with("PUT"), "{writes:?}");
    assert_eq!(import.stand_in.world().routes("orders")[0].spec.path.value, "/orders/v2");
    assert_eq!(import.run(&["--apply"]).await.total("unchanged"), 17);
}

#[tokio::test]
async fn what_a_person_changed_is_kept_and_told_until_v1s_word_is_taken() {
    let mut import = Import::new().await;
    import.run(&["--apply"]).await.ok(NOT_ALL_TAKEN);
    import.writes();
    import.stand_in.world().edit("prd_", "shop", |product| product["description"] = json!("By hand."));
    import
        .stand_in
        .world()
        .edit_route("orders", "list-orders", |route| route.spec.name = "all-orders".parse().unwrap());
    import.row("products", 41)["version"] = json!("3");
    let ended = import.run(&["--apply"]).await.ok(NOT_ALL_TAKEN);
    assert_eq!((ended.total("kept"), ended.total("unchanged"), import.writes().len()), (2, 15, 0));
    let told = ended.row("products", "41")["findings"][0]["problem"].as_str().unwrap();
    assert_eq!(told, "A person changed `description` since the last import.");
    assert!(ended.row("routes", "21")["findings"].to_string().contains("`name`"));
    assert!(ended.text.contains("products/41") && ended.text.contains("--overwrite"), "{}", ended.text);

    let ended = import.run(&["--apply", "--overwrite"]).await.ok(NOT_ALL_TAKEN);
    assert_eq!(ended.total("updated"), 2);
    let world = import.stand_in.world();
    assert_eq!(
        (&world.named("prd_", "shop")["version"], &world.named("prd_", "shop")["description"]),
        (&json!("3"), &Value::Null)
    );
    assert!(world.routes("orders").iter().any(|route| route.spec.name.as_str() == "list-orders"));
    assert_eq!(world.routes("orders").len(), 2);
}

#[tokio::test]
async fn without_the_state_file_only_what_the_same_key_wrote_last_is_updated() {
    let mut import = Import::new().await;
    import.run(&["--apply"]).await.ok(NOT_ALL_TAKEN);
    import.writes();
    std::fs::remove_file(import.file("state")).unwrap();
    import.stand_in.world().edit("prd_", "bank", |product| product["description"] = json!("By hand."));
    import.row("products", 41)["version"] = json!("3");
    import.row("products", 42)["version"] = json!("3");
    // Who changed a route last is nowhere to be read.
    import.row("routes", 21)["path_prefix"] = json!("/orders/v2");
    let ended = import.run(&["--apply"]).await;
    assert_eq!((ended.total("updated"), ended.total("kept"), import.writes().len()), (1, 2, 1));
    for (table, id) in [("products", "42"), ("routes", "21")] {
        assert!(ended.row(table, id)["findings"].to_string().contains("nobody knows who changed it"), "{table}/{id}");
    }
}

#[tokio::test]
async fn what_a_person_removed_stays_away_until_v1s_word_is_taken() {
    let import = Import::new().await;
    import.run(&["--apply"]).await.ok(NOT_ALL_TAKEN);
    import.writes();
    import.stand_in.world().remove("pln_", "free");
    let ended = import.run(&["--apply"]).await;
    assert_eq!((ended.total("kept"), import.writes().len()), (1, 0));
    assert!(ended.row("plans", "51")["findings"].to_string().contains("A person removed it"));
    assert_eq!(import.run(&["--apply", "--overwrite"]).await.total("created"), 1);
    import.stand_in.world().named("pln_", "free");
}

#[tokio::test]
async fn a_change_between_plan_and_write_is_not_overwritten() {
    let mut import = Import::new().await;
    import.run(&["--apply"]).await.ok(NOT_ALL_TAKEN);
    import.row("products", 41)["version"] = json!("3");
    import.stand_in.world().meanwhile =
        Some(|world| world.edit("prd_", "shop", |product| product["description"] = json!("By hand.")));
    let ended = import.run(&["--apply"]).await;
    assert_eq!(ended.total("kept"), 1);
    assert!(ended.row("products", "41")["findings"].to_string().contains("while the import ran"));
    assert_eq!(import.stand_in.world().named("prd_", "shop")["description"], "By hand.");
}

#[tokio::test]
async fn an_import_that_is_interrupted_anywhere_goes_on_to_the_same_end() {
    let whole = Import::new().await;
    whole.run(&["--apply"]).await.ok(NOT_ALL_TAKEN);
    let (writes, contents) = (whole.writes().len() - 1, whole.stand_in.world().contents());
    for lives in 0..u32::try_from(writes).unwrap() {
        let import = Import::new().await;
        import.stand_in.world().lives = Some(lives);
        let ended = import.run(&["--apply"]).await;
        assert!(ended.code.is_err(), "it did not end early after {lives} changes");
        if lives > 0 {
            assert!(ended.total("pending") > 0, "after {lives} changes");
        }
        import.stand_in.world().lives = None;
        if lives % 3 == 0 {
            // Killed between a change and the note of it, at worst.
            _ = std::fs::remove_file(import.file("state"));
        }
        import.run(&["--apply"]).await.ok(NOT_ALL_TAKEN);
        let world = import.stand_in.world();
        assert!(world.contents() == contents, "it ended otherwise after {lives} changes");
    }
}

#[tokio::test]
async fn throttling_busy_rows_and_lost_answers_are_waited_out_without_a_second_change() {
    let calm = Import::new().await;
    calm.run(&["--apply"]).await.ok(NOT_ALL_TAKEN);
    let import = Import::new().await;
    for (throttled, busy, lost) in [(3, 0, 0), (0, 4, 0), (0, 0, 5)] {
        {
            let mut world = import.stand_in.world();
            (world.throttled, world.busy, world.lost) = (throttled, busy, lost);
        }
        import.run(&["--apply"]).await.ok(NOT_ALL_TAKEN);
    }
    assert_eq!(import.stand_in.world().contents(), calm.stand_in.world().contents());
    import.stand_in.world().throttled = 1000;
    let Err(failure) = import.run(&["--apply"]).await.code else { panic!("it did not give up") };
    assert!(format!("{failure:?}").contains("tried 6 times"), "{failure:?}");
}

#[tokio::test]
async fn lost_answers_of_a_first_import_make_nothing_twice() {
    let (calm, import) = (Import::new().await, Import::new().await);
    calm.run(&["--apply"]).await.ok(NOT_ALL_TAKEN);
    import.stand_in.world().lost = 12;
    import.run(&["--apply"]).await.ok(NOT_ALL_TAKEN);
    assert_eq!(import.stand_in.world().contents(), calm.stand_in.world().contents());
}

#[tokio::test]
async fn a_name_that_a_person_took_is_told_with_all_that_needs_it() {
    let import = Import::new().await;
    let made = import.stand_in.clone();
    reqwest::Client::new()
        .post(format!("{}/v1/provider/api-services", made.base))
        .header("X-API-Key", KEY)
        .header("Idempotency-Key", "by-hand")
        .json(&json!({ "name": "payments" }))
        .send()
        .await
        .unwrap();
    let ended = import.run(&["--apply"]).await.ok(NOT_ALL_TAKEN);
    assert!(ended.row("api_services", "8")["findings"].to_string().contains("already that is not of this row"));
    for (table, id) in
        [("backends", "12"), ("routes", "24"), ("policies", "32"), ("products", "42"), ("product_publishes", "62")]
    {
        assert_eq!(ended.row(table, id)["outcome"], "not_taken", "{table}/{id}");
    }
    assert_eq!(ended.row("api_services", "7")["outcome"], "created");
    assert_eq!(import.stand_in.world().named("api_", "payments")["labels"], json!({}));

    // With another name for it, all of them are taken.
    std::fs::write(import.file("mapping.yaml"), "default_cluster: default\nnames: { api_services/8: payments-v1 }\n")
        .unwrap();
    let mapping = import.file("mapping.yaml").display().to_string();
    let ended = import.run(&["--apply", "--mapping", &mapping]).await.ok(NOT_ALL_TAKEN);
    assert_eq!(ended.row("product_publishes", "62")["outcome"], "created");
}

#[tokio::test]
async fn publishes_go_to_mapped_clusters_and_only_what_is_whole_is_published() {
    let import = Import::new().await;
    for cluster in ["lab", "eu-1", "payments-eu"] {
        import.stand_in.cluster(cluster);
    }
    let mapping = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/examples/imp-gateway-v1.mapping.yaml");
    let ended = import.run(&["--apply", "--publish", "--mapping", mapping]).await.ok(NOT_ALL_TAKEN);
    {
        let world = import.stand_in.world();
        let publish =
            |name: &str| (world.named("pub_", name)["status"].clone(), world.named("pub_", name)["cluster_id"].clone());
        let cluster = |name: &str| world.named("clu_", name)["id"].clone();
        assert_eq!(publish("bank-prod"), (json!("published"), cluster("payments-eu")));
        // A route of its product has no path, so that it would not run as in v1.
        assert_eq!(publish("shop-staging"), (json!("draft"), cluster("lab")));
        let told = &ended.report["published_in_v1"];
        assert_eq!(
            (&told[0]["published"], &told[1]["published"], told.as_array().unwrap().len()),
            (&json!(false), &json!(true), 2)
        );
        assert!(told[0]["held_back"].as_str().unwrap().contains("routes/23"), "{told}");
        let withdrawn = world.all("pub_").into_iter().find(|publish| publish["labels"]["v1-id"] == "63").unwrap();
        assert_eq!((&withdrawn["status"], &withdrawn["cluster_id"]), (&json!("draft"), &cluster("eu-1")));
    }
    import.writes();
    import.run(&["--apply", "--publish", "--mapping", mapping]).await.ok(NOT_ALL_TAKEN);
    import.run(&["--apply", "--mapping", mapping]).await.ok(NOT_ALL_TAKEN);
    assert_eq!(import.writes(), [] as [&str; 0]);
}

#[tokio::test]
async fn a_published_one_that_changed_in_v1_is_kept_and_told() {
    let mut import = Import::new().await;
    import.run(&["--apply", "--publish"]).await.ok(NOT_ALL_TAKEN);
    import.row("product_publishes", 62)["hostname_base"] = json!("pay2.example.com");
    let ended = import.run(&["--apply"]).await;
    let told = ended.row("product_publishes", "62");
    assert_eq!(told["outcome"], "kept");
    assert!(told["findings"].to_string().contains("only a draft can be changed"), "{told}");
}

#[tokio::test]
async fn clusters_that_are_not_there_are_told_or_the_default_one_is_made() {
    let import = Import::new().await;
    import.stand_in.world().remove("clu_", "default");
    let ended = import.run(&["--apply"]).await.ok(NOT_ALL_TAKEN);
    let told = ended.row("product_publishes", "62");
    assert_eq!(told["outcome"], "not_taken");
    assert!(told["findings"].to_string().contains("--create-default-cluster"), "{told}");
    let ended = import.run(&["--apply", "--create-default-cluster"]).await.ok(NOT_ALL_TAKEN);
    assert_eq!(ended.row("product_publishes", "62")["outcome"], "created");
    assert_eq!(import.stand_in.world().named("clu_", "default")["labels"]["imported-from"], "imp-gateway-v1");
    import.writes();
    import.run(&["--apply", "--create-default-cluster"]).await.ok(NOT_ALL_TAKEN);
    assert_eq!(import.writes(), [] as [&str; 0]);
}

#[tokio::test]
async fn a_key_that_is_refused_and_a_state_of_another_tenant_end_it() {
    let import = Import::new().await;
    std::fs::write(import.file("state"), "{\"format\":1,\"api_url\":\"http://elsewhere\",\"tenant_id\":\"ten_1\"}\n")
        .unwrap();
    let Err(failure) = import.run(&["--apply"]).await.code else { panic!("it took the state of another") };
    assert!(format!("{failure:?}").contains("elsewhere"), "{failure:?}");
    let mut line = vec!["switchtower-import", "--from", "x", "--api-key", "swt_wrong", "--api-url"];
    line.push(&import.stand_in.base);
    std::fs::write(import.file("v1.json"), EXAMPLE).unwrap();
    let file = import.file("v1.json").display().to_string();
    line[2] = &file;
    let mut out = Vec::new();
    let failure = run(&Args::try_parse_from(line).unwrap(), Pace::default(), &mut out).await.unwrap_err();
    assert!(format!("{failure:?}").contains("refuses the API key"), "{failure:?}");
    assert_eq!(import.writes(), [] as [&str; 0]);
}

#[tokio::test]
async fn no_secret_is_told_or_noted() {
    let mut import = Import::new().await;
    import.row("api_keys", 71)["key_hash"] = json!("SECRET-hash");
    import.row("routes", 21)["path_prefix"] = json!("SECRET-path");
    let ended = import.run(&["--apply"]).await.ok(NOT_ALL_TAKEN);
    let state = std::fs::read_to_string(import.file("state")).unwrap();
    for text in [&ended.text, &ended.report.to_string(), &state] {
        assert!(!text.contains("SECRET") && !text.contains(KEY), "{text}");
    }
}

#[tokio::test]
async fn the_program_itself_ends_with_the_code_that_it_promises() {
    let import = Import::new().await;
    import.run(&[]).await.ok(NOT_ALL_TAKEN);
    let program = async |from: PathBuf| {
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_switchtower-import"));
        program
            .args(["--default-cluster", "default", "--apply"])
            .env("SWITCHTOWER_V1", from)
            .env("SWITCHTOWER_API_URL", &import.stand_in.base)
            .env("SWITCHTOWER_API_KEY", KEY)
            .current_dir(import.folder.path());
        tokio::task::spawn_blocking(move || program.output()).await.unwrap().unwrap()
    };
    let ended = program(import.file("v1.json")).await;
    assert_eq!(ended.status.code(), Some(3), "{}", String::from_utf8_lossy(&ended.stderr));
    assert!(String::from_utf8_lossy(&ended.stdout).contains("22 rows of v1 were read"));
    assert!(import.file("switchtower-import.state").exists());
    let ended = program(import.file("nothing.json")).await;
    assert_eq!(ended.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&ended.stderr).starts_with("switchtower-import: cannot read"));
}
