//! An export straight from v1's database: one read-only transaction that sees one moment.
//!
//! `sslmode` in the URL is `disable`, `prefer` (when left out) or `require`. Where TLS is used, the server's certificate is
//! checked against the system's authorities, or against those of the file that `SSL_CERT_FILE` names.

use std::{error::Error, pin::pin, time::Duration};

use futures::TryStreamExt;
use serde_json::Value;
use tokio_postgres::{Config, IsolationLevel, NoTls, Socket, Transaction, config::SslMode, tls::MakeTlsConnect};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{Export, MAX_ROWS, ReadError, catalogue};

/// How long a connection may take, unless the URL says otherwise.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Whether a text is the URL of a database.
pub fn is_url(text: &str) -> bool {
    text.starts_with("postgres://") || text.starts_with("postgresql://")
}

/// Reads an export from the database at a URL: the tables of the connection's schema.
pub async fn read(url: &str) -> Result<Export, ReadError> {
    let mut config: Config = url.parse().map_err(|error| told(&error))?;
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT_TIMEOUT);
    }
    if config.get_application_name().is_none() {
        config.application_name("switchtower-import");
    }
    if config.get_ssl_mode() == SslMode::Disable {
        return session(&config, NoTls).await;
    }
    match MakeRustlsConnect::with_native_certs() {
        Ok((tls, _)) => session(&config, tls).await,
        Err(_) => Err(ReadError::Database(
            "this machine has no certificate authorities for TLS; name a file of them in SSL_CERT_FILE".to_owned(),
        )),
    }
}

async fn session<T>(config: &Config, tls: T) -> Result<Export, ReadError>
where
    T: MakeTlsConnect<Socket>,
    T::Stream: Send + 'static,
{
    let (mut client, connection) = config.connect(tls).await.map_err(|error| told(&error))?;
    let connection = tokio::spawn(connection);
    let transaction = client.build_transaction().read_only(true).isolation_level(IsolationLevel::RepeatableRead);
    let transaction = transaction.start().await.map_err(|error| told(&error))?;
    let export = tables(&transaction).await?;
    transaction.rollback().await.map_err(|error| told(&error))?;
    drop(client);
    // The connection ends because its client is gone; what it says then matters to nobody.
    _ = connection.await;
    Ok(export)
}

async fn tables(transaction: &Transaction<'_>) -> Result<Export, ReadError> {
    const TABLES: &str =
        "SELECT tablename::text FROM pg_catalog.pg_tables WHERE schemaname = current_schema() ORDER BY 1";
    let names = transaction.query(TABLES, &[]).await.map_err(|error| told(&error))?;
    let mut export = Export::default();
    for name in names {
        let name: String = name.try_get(0).map_err(|error| told(&error))?;
        let taken = catalogue::find(&name).is_some_and(catalogue::Table::is_taken);
        let rows = rows(transaction, &name, taken).await?;
        export.add(&name, rows)?;
    }
    if catalogue::TABLES.iter().filter(|table| table.is_taken()).all(|table| export.rows(table.name).is_empty()) {
        let problem =
            "it has no rows of v1; `?options=-csearch_path%3DSCHEMA` in the URL names another schema".to_owned();
        return Err(ReadError::Database(problem));
    }
    export.note_missing();
    Ok(export)
}

/// The rows of a table. Of what is not taken over, only ids leave the database.
async fn rows(transaction: &Transaction<'_>, table: &str, taken: bool) -> Result<Vec<Value>, ReadError> {
    let quoted = format!("\"{}\"", table.replace('"', "\"\""));
    let row = if taken { "to_jsonb(t)" } else { "jsonb_build_object('id', to_jsonb(t) -> 'id')" };
    let none: [&str; 0] = [];
    let query = format!("SELECT {row} FROM {quoted} t");
    let mut stream = pin!(transaction.query_raw(&query, none).await.map_err(|error| told(&error))?);
    let mut rows = Vec::new();
    while let Some(row) = stream.try_next().await.map_err(|error| told(&error))? {
        rows.push(row.try_get(0).map_err(|error| told(&error))?);
        if taken && rows.len() > MAX_ROWS {
            return Err(ReadError::TooLarge { what: format!("table `{table}`"), limit: format!("{MAX_ROWS} rows") });
        }
    }
    Ok(rows)
}

/// What went wrong with its causes, which say what to do. None of them holds the URL or its password.
fn told(error: &tokio_postgres::Error) -> ReadError {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let more = inner.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = inner.source();
    }
    if text.contains("certificate") {
        text.push_str("; name a file with the server's certificate authority in SSL_CERT_FILE");
    }
    ReadError::Database(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_database_that_is_not_there_is_told_without_the_password() {
        let error = read("postgres://v1:hunter2@127.0.0.1:1/imp?sslmode=disable").await.unwrap_err().to_string();
        assert!(error.starts_with("cannot read the database") && error.contains("refused"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
        let error = read("postgres://v1:hunter2@127.0.0.1/imp?sslmode=sometimes").await.unwrap_err().to_string();
        assert!(error.contains("sslmode") && !error.contains("hunter2"), "{error}");
    }

    #[test]
    fn a_url_of_a_database_is_told_from_a_path() {
        assert!(is_url("postgres://h/d") && is_url("postgresql://h/d"));
        assert!(!is_url("export.json") && !is_url("./postgres.json"));
    }
}
