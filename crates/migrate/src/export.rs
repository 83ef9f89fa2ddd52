//! What was read of v1: rows by table.

pub mod catalogue;
pub mod json;
pub mod postgres;

use std::collections::BTreeMap;

use serde_json::Value;

/// The most rows of one table that is taken over.
pub const MAX_ROWS: usize = 200_000;

/// Why an export cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be read.
    #[error("cannot read `{path}`: {error}")]
    File {
        /// The file.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// It is not what an export looks like.
    #[error("{0}")]
    Shape(String),
    /// It is larger than what is taken at once.
    #[error("{what} has more than {limit}; import one tenant at a time")]
    TooLarge {
        /// What.
        what: String,
        /// The limit, with its unit.
        limit: String,
    },
    /// The database does not answer as it should.
    #[error("cannot read the database: {0}")]
    Database(String),
}

/// The rows of a v1 installation.
#[derive(Debug, Clone, Default)]
pub struct Export {
    /// Rows by table, under the catalogue's names; tables that it does not know under their own.
    pub tables: BTreeMap<String, Vec<Value>>,
    /// The tables of the catalogue that are taken over and were not there.
    pub missing: Vec<&'static str>,
}

impl Export {
    /// The rows of a table.
    pub fn rows(&self, table: &str) -> &[Value] {
        self.tables.get(table).map(Vec::as_slice).unwrap_or_default()
    }

    /// How many rows there are.
    pub fn row_count(&self) -> usize {
        self.tables.values().map(Vec::len).sum()
    }

    /// Adds the rows of a table, of which nothing but ids is kept when it is not taken over.
    pub(crate) fn add(&mut self, table: &str, rows: Vec<Value>) -> Result<(), ReadError> {
        let known = catalogue::find(table);
        let name = known.map_or(table, |known| known.name).to_owned();
        let taken = known.is_some_and(|known| known.is_taken());
        let rows = if taken { rows } else { rows.iter().map(catalogue::only_id).collect() };
        let all = self.tables.entry(name).or_default();
        all.extend(rows);
        if all.len() > MAX_ROWS && taken {
            return Err(ReadError::TooLarge { what: format!("table `{table}`"), limit: format!("{MAX_ROWS} rows") });
        }
        Ok(())
    }

    /// Notes which of the tables that are taken over were not there.
    pub(crate) fn note_missing(&mut self) {
        let taken = catalogue::TABLES.iter().filter(|table| table.is_taken());
        self.missing = taken.map(|table| table.name).filter(|name| !self.tables.contains_key(*name)).collect();
    }
}
