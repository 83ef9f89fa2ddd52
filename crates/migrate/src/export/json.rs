//! An export as a JSON file: one object with an array of rows per table.

use std::{fs::File, io::Read, path::Path};

use serde_json::{Map, Value};

use super::{Export, ReadError};

/// The most bytes of a file.
const MAX_BYTES: u64 = 512 * 1024 * 1024;
/// Fields beside the tables, which tell of the export itself.
const ABOUT: &[&str] = &["version", "exported_at", "format", "source", "schema_version"];

/// Reads an export from a file.
pub fn read(path: &Path) -> Result<Export, ReadError> {
    let failed = |error| ReadError::File { path: path.display().to_string(), error };
    let mut bytes = Vec::new();
    File::open(path).map_err(failed)?.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(ReadError::TooLarge { what: format!("`{}`", path.display()), limit: "512 MiB".to_owned() });
    }
    parse(&bytes)
}

/// Reads an export from JSON.
pub fn parse(bytes: &[u8]) -> Result<Export, ReadError> {
    let shape = |problem: String| ReadError::Shape(format!("this is no export of v1: {problem}"));
    let mut object: Map<String, Value> = serde_json::from_slice(bytes).map_err(|error| {
        // The error's own words may show values of the file.
        shape(format!("line {}, column {} is not the JSON of an object", error.line(), error.column()))
    })?;
    if let Some(Value::Object(inner)) = object.remove("tables") {
        object = inner;
    }
    let mut export = Export::default();
    for (table, rows) in object.into_iter().filter(|(name, _)| !ABOUT.contains(&name.as_str())) {
        match rows {
            Value::Array(rows) if rows.iter().all(Value::is_object) => export.add(&table, rows)?,
            _ => return Err(shape(format!("`{table}` is not an array of rows"))),
        }
    }
    if export.tables.is_empty() {
        return Err(shape("it has no tables".to_owned()));
    }
    export.note_missing();
    Ok(export)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_have_their_names_and_what_is_not_taken_over_is_not_kept() {
        let json = br#"{"version": 1, "apiServices": [{"id": 1}], "credentials": [{"id": 7, "key_hash": "s3cret"}],
            "gadgets": [{"id": "g", "password": "s3cret"}]}"#;
        let export = parse(json).unwrap();
        assert_eq!(export.rows("api_services").len(), 1);
        assert_eq!(export.row_count(), 3);
        assert!(!format!("{export:?}").contains("s3cret"));
        assert!(export.missing.contains(&"routes") && !export.missing.contains(&"audit_logs"));
    }

    #[test]
    fn what_is_no_export_is_told_without_its_contents() {
        for bad in ["[]", "{}", r#"{"routes": 3, "x": "s3cret"}"#, r#"{"routes": ["s3cret"]}"#, "{\"a\": s3cret"] {
            let error = parse(bad.as_bytes()).unwrap_err().to_string();
            assert!(error.contains("no export of v1") && !error.contains("s3cret"), "{error}");
        }
    }
}
