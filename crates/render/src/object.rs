//! Kubernetes objects as values.

use serde_json::{Map, Value};

/// One object.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// `gateway.networking.k8s.io/v1`.
    pub api_version: &'static str,
    /// `HTTPRoute`.
    pub kind: &'static str,
    /// The namespace that it lives in; empty for a file.
    pub namespace: String,
    /// Its name: unique among its kind in the namespace.
    pub name: String,
    /// All of it, `apiVersion`, `kind` and `metadata` included; keys are sorted. Of a file, its text.
    pub manifest: Value,
}

/// The objects of a snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendered {
    /// In the order to apply them in: those first that others refer to. Equal snapshots give equal objects.
    pub objects: Vec<Object>,
}

/// The metadata of an object, without name and namespace.
#[derive(Debug, Default)]
pub(crate) struct Metadata {
    pub(crate) labels: Map<String, Value>,
    pub(crate) annotations: Map<String, Value>,
}

impl Object {
    pub(crate) fn new(
        (api_version, kind): (&'static str, &'static str),
        namespace: &str,
        name: String,
        metadata: Metadata,
        spec: Value,
    ) -> Self {
        let mut meta = Map::new();
        if !metadata.annotations.is_empty() {
            meta.insert("annotations".to_owned(), metadata.annotations.into());
        }
        meta.insert("labels".to_owned(), metadata.labels.into());
        meta.insert("name".to_owned(), name.as_str().into());
        meta.insert("namespace".to_owned(), namespace.into());
        let mut manifest =
            serde_json::json!({ "apiVersion": api_version, "kind": kind, "metadata": meta, "spec": spec });
        // Whether a map keeps the order of insertion depends on features that other crates turn on; bytes must not.
        manifest.sort_all_objects();
        Self { api_version, kind, namespace: namespace.to_owned(), name, manifest }
    }

    /// A file, which lives in no namespace.
    pub(crate) fn file((api_version, kind): (&'static str, &'static str), name: &str, text: String) -> Self {
        Self { api_version, kind, namespace: String::new(), name: name.to_owned(), manifest: text.into() }
    }

    /// The object as one YAML document.
    pub fn to_yaml(&self) -> String {
        to_yaml(&self.manifest)
    }
}

/// A manifest as one YAML document, which readers of YAML 1.1 and 1.2 understand alike; the text of a file as it is.
pub fn to_yaml(manifest: &Value) -> String {
    if let Value::String(text) = manifest {
        return text.clone();
    }
    let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
    // JSON is YAML too, should the emitter ever refuse a value.
    serde_saphyr::to_string_with_options(manifest, options).unwrap_or_else(|_| format!("{manifest}\n"))
}

impl Rendered {
    /// All objects as one YAML stream.
    pub fn to_yaml(&self) -> String {
        self.objects.iter().map(|object| format!("---\n{}", object.to_yaml())).collect()
    }
}
