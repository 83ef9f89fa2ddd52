//! Reading v1 from a real PostgreSQL server.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a server that cannot do its part fails the test"
)]

#[path = "postgres/server.rs"]
mod server;
#[path = "program/stand_in.rs"]
#[allow(dead_code, reason = "it is made for the tests of the program, which use all of it")]
mod stand_in;

use serde_json::Value;
use switchtower_migrate::{
    export::{Export, ReadError, json, postgres},
    mapping::Mapping,
    translate::translate,
};

use self::{server::Server, stand_in::StandIn};

const EXAMPLE: &str = include_str!("../../../docs/examples/imp-gateway-v1.json");

/// A server that holds the example, with one more secret.
async fn v1() -> Server {
    let server = Server::start().await;
    let client = server.client().await;
    client.batch_execute(include_str!("postgres/v1.sql")).await.unwrap();
    let example: Value = serde_json::from_str(EXAMPLE).unwrap();
    for (table, rows) in example.as_object().unwrap().iter().filter(|(_, rows)| rows.is_array()) {
        let insert = format!("INSERT INTO {table} SELECT * FROM jsonb_populate_recordset(NULL::{table}, $1)");
        client.execute(&insert, &[rows]).await.unwrap();
    }
    client.batch_execute("UPDATE api_keys SET key_hash = 'SECRET'; ANALYZE").await.unwrap();
    server
}

fn wanted(export: &Export) -> Vec<switchtower_migrate::wanted::Wanted> {
    let mapping = Mapping { default_cluster: Some("default".parse().unwrap()), ..Mapping::default() };
    translate(export, &mapping, None).unwrap().wanted
}

#[tokio::test]
async fn the_database_says_what_the_file_says() {
    let server = v1().await;
    let read = postgres::read(&server.url("reader", "reader-secret", "disable")).await.unwrap();
    let file = json::parse(EXAMPLE.as_bytes()).unwrap();
    assert_eq!(wanted(&read), wanted(&file));
    assert_eq!(read.row_count(), file.row_count() + 2, "the two rows of a table that nobody knows are there too");
    assert!(!format!("{read:?}").contains("SECRET"), "what is not taken over was kept");
    assert_eq!(read.missing, [] as [&str; 0]);
}

#[tokio::test]
async fn tables_that_are_not_there_are_told_and_a_database_without_any_is_refused() {
    let server = v1().await;
    let client = server.client().await;
    client.batch_execute("DROP TABLE plans, policies").await.unwrap();
    let url = server.url("postgres", "super-secret", "disable");
    assert_eq!(postgres::read(&url).await.unwrap().missing, ["policies", "plans"]);
    client.batch_execute("CREATE SCHEMA empty").await.unwrap();
    let error = postgres::read(&format!("{url}&options=-csearch_path%3Dempty")).await.unwrap_err().to_string();
    assert!(error.contains("no rows of v1") && error.contains("search_path"), "{error}");
}

#[tokio::test]
async fn reading_changes_nothing_even_where_the_database_would() {
    let server = v1().await;
    let client = server.client().await;
    // Whoever reads this table changes another one, if he may.
    client
        .batch_execute(
            "ALTER TABLE tenants RENAME TO real_tenants;
             CREATE FUNCTION meddle() RETURNS int LANGUAGE plpgsql AS
               $$ BEGIN UPDATE real_tenants SET name = 'changed'; RETURN 1; END $$;
             CREATE TABLE tenants (id int, name text);
             ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
             ALTER TABLE tenants FORCE ROW LEVEL SECURITY;
             CREATE POLICY meddle ON tenants USING (meddle() = 1);
             INSERT INTO tenants VALUES (1, 'acme');
             GRANT SELECT ON tenants, real_tenants TO reader; GRANT UPDATE ON real_tenants TO reader",
        )
        .await
        .unwrap();
    let error = postgres::read(&server.url("reader", "reader-secret", "disable")).await.unwrap_err();
    assert!(matches!(&error, ReadError::Database(problem) if problem.contains("read-only")), "{error}");
    let row = client.query_one("SELECT name FROM real_tenants", &[]).await.unwrap();
    assert_eq!(row.get::<_, String>(0), "Acme");
}

#[tokio::test]
async fn a_wrong_password_is_told_and_not_shown() {
    let server = Server::start().await;
    let error = postgres::read(&server.url("postgres", "wrong-secret", "disable")).await.unwrap_err().to_string();
    assert!(error.contains("password authentication failed") && !error.contains("wrong-secret"), "{error}");
}

#[tokio::test]
async fn the_program_imports_over_tls_from_a_server_whose_authority_it_knows_and_from_no_other() {
    let (server, stand_in) = (v1().await, StandIn::start().await);
    stand_in.cluster("default");
    let folder = tempfile::tempdir().unwrap();
    let import = async |authorities: Option<std::path::PathBuf>| {
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_switchtower-import"));
        program
            .args(["--default-cluster", "default", "--apply"])
            .env("SWITCHTOWER_V1", server.url("reader", "reader-secret", "require"))
            .env("SWITCHTOWER_API_URL", &stand_in.base)
            .env("SWITCHTOWER_API_KEY", stand_in::KEY)
            .current_dir(folder.path());
        if let Some(authorities) = authorities {
            program.env("SSL_CERT_FILE", authorities);
        }
        tokio::task::spawn_blocking(move || program.output()).await.unwrap().unwrap()
    };
    let ended = import(None).await;
    let told = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(1), "{told}");
    assert!(
        told.contains("certificate") && told.contains("SSL_CERT_FILE") && !told.contains("reader-secret"),
        "{told}"
    );
    assert_eq!(stand_in.world().writes, [] as [&str; 0]);
    let ended = import(Some(server.authority())).await;
    assert_eq!(ended.status.code(), Some(3), "{}", String::from_utf8_lossy(&ended.stderr));
    assert_eq!(stand_in.world().routes("orders").len(), 2);
}
