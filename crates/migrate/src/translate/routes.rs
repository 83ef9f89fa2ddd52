//! Routes: what narrows a route is taken or the route is not, since a route that matches more than in v1 is another route.

use serde_json::{Map, Value, json};

use super::{
    Aim, Draft, Stop, Translator, labels,
    traffic::{filled, set},
};
use crate::{
    fields::{Fields, plain},
    finding::Finding,
    wanted::{IMPORTED_FROM, Key, Kind, V1_ID},
};

impl Translator<'_> {
    pub(super) fn route(&mut self, key: &Key, fields: &mut Fields) -> Result<Draft, Stop> {
        let about = fields.peek_text("api_service_id").or_else(|| fields.peek_text("service_id"));
        self.aims.insert(key.clone(), Aim { service: about, is_auth: false });
        let service = self.service_of(fields)?;
        let path = path(fields)?;
        let called = fields.text(&["name"])?.unwrap_or_else(|| format!("route-{}", key.id));
        let mut draft = Draft::new(Kind::Route, called);
        draft.set("description", fields.text(&["description"])?);
        draft.set("status", Some(status(fields.word(&["status"])?.as_deref())));
        draft.set("path", Some(path));
        let hostnames = fields.texts(&["hostnames", "hostname", "hosts"])?;
        draft.list(
            "hostnames",
            hostnames.into_iter().filter(|name| name != "*").map(|n| n.to_ascii_lowercase()).collect(),
        );
        draft.list("methods", methods(fields)?);
        draft.list("headers", matches(fields, &["headers", "header_matches"])?);
        draft.list("query_params", matches(fields, &["query_params", "query_param_matches"])?);
        self.backend_refs(&mut draft, &service, fields)?;
        draft.set("priority", fields.number(&["priority"])?.filter(|priority| *priority != 0));
        draft.set("timeouts", timeouts(fields)?);
        draft.list("tags", fields.texts(&["tags"])?);
        // A route has no labels; its extensions are where it is found again.
        let (from, v1) = IMPORTED_FROM;
        draft.set("extensions", Some(json!({ format!("x-{from}"): v1, format!("x-{V1_ID}"): labels::id(&key.id) })));
        draft.parent = Some(service);
        fields.ignore(&["labels"]);
        Ok(draft)
    }

    /// Weighted backends, or the single one of the older form.
    fn backend_refs(&self, draft: &mut Draft, service: &Key, fields: &mut Fields) -> Result<(), Stop> {
        let mut named = Vec::new();
        for mut reference in fields.objects(&["backend_refs"])? {
            let id = reference.required(&["backend_id", "id"])?;
            named.push((id, reference.number(&["weight"])?));
            fields.absorb(reference);
        }
        let single = fields.text(&["backend_id"])?;
        if named.is_empty() {
            let missing =
                || Finding::field("backend_refs", "It names no backend.").do_("Give it one in v1 and export again.");
            named.push((single.ok_or_else(missing)?, None));
        }
        let mut references = Vec::new();
        for (index, (id, weight)) in named.into_iter().enumerate() {
            let backend = self.need("backends", &id, format!("backend_refs.{index}.backend_id"))?;
            if backend.parent.as_ref() != Some(service) {
                let problem = format!("Backend `{id}` is of another API service.");
                return Err(Finding::field("backend_refs", problem).do_("Make a backend like it in this one.").into());
            }
            let mut reference = Map::from_iter([("backend_id".to_owned(), json!(Kind::Backend.placeholder(0)))]);
            set(&mut reference, "weight", weight);
            references.push(Value::Object(reference));
            draft.refer(format!("/backend_refs/{index}/backend_id"), Kind::Backend, backend.key.clone());
        }
        draft.list("backend_refs", references);
        Ok(())
    }
}

fn status(status: Option<&str>) -> &'static str {
    match status {
        Some("draft") => "draft",
        Some("inactive" | "disabled") => "inactive",
        _ => "active",
    }
}

/// The path: one of three columns, or a path with its type.
fn path(fields: &mut Fields) -> Result<Value, Finding> {
    let mut paths = Vec::new();
    for (column, kind) in [("path_exact", "exact"), ("path_prefix", "prefix"), ("path_regex", "regex")] {
        paths.extend(fields.text(&[column])?.map(|path| (column, kind, path)));
    }
    let kind = fields.word(&["path_type", "path_match_type"])?;
    if let Some(path) = fields.text(&["path"])? {
        let kind = match kind.as_deref() {
            Some("exact") => "exact",
            None | Some("prefix" | "pathprefix") => "prefix",
            Some("regex" | "regularexpression") => "regex",
            Some(_) => return Err(Finding::field("path_type", "It is none of `exact`, `prefix` and `regex`.")),
        };
        paths.push(("path", kind, path));
    }
    match paths.as_slice() {
        [] => Err(Finding::field("path_prefix", "It has no path.").do_("Give it one in v1: `/` is every path.")),
        [(_, "regex", path)] => Ok(json!({ "type": "regex", "value": unanchored(path) })),
        [(_, kind, path)] => Ok(json!({ "type": kind, "value": path })),
        [(first, ..), .., (last, ..)] => {
            let problem = format!("It has both `{first}` and `{last}`, and a route has one path.");
            Err(Finding::field(*last, problem).do_("Make two routes of it in v1 and export again."))
        }
    }
}

/// Gateways compare the whole path with a regular expression anyway.
fn unanchored(path: &str) -> &str {
    let path = path.strip_prefix('^').unwrap_or(path);
    path.strip_suffix('$').filter(|rest| !rest.ends_with('\\')).unwrap_or(path)
}

fn methods(fields: &mut Fields) -> Result<Vec<String>, Finding> {
    let mut methods: Vec<String> = Vec::new();
    for method in fields.texts(&["methods", "method"])?.iter().map(|method| method.to_ascii_uppercase()) {
        if matches!(method.as_str(), "ANY" | "ALL" | "*") {
            return Ok(Vec::new());
        }
        if !methods.contains(&method) {
            methods.push(method);
        }
    }
    Ok(methods)
}

fn matches(fields: &mut Fields, names: &[&str]) -> Result<Vec<Value>, Finding> {
    let mut matches = Vec::new();
    for mut one in fields.objects(names)? {
        let kind = match one.word(&["type", "match_type"])?.as_deref() {
            None | Some("exact") => "exact",
            Some("regex" | "regularexpression") => "regex",
            Some("present" | "exists") => "present",
            Some(_) => {
                let finding = Finding::field(one.place("type"), "It is none of `exact`, `regex` and `present`.");
                return Err(finding.do_("A route that matched more would be another one: correct it in v1."));
            }
        };
        let mut read = Map::from_iter([("type".to_owned(), json!(kind))]);
        set(&mut read, "name", Some(one.required(&["name"])?));
        let value = one.take(&["value"]).as_ref().and_then(plain);
        set(&mut read, "value", value.filter(|_| kind != "present"));
        matches.push(Value::Object(read));
        fields.absorb(one);
    }
    Ok(matches)
}

fn timeouts(fields: &mut Fields) -> Result<Option<Value>, Finding> {
    let mut timeouts = Map::new();
    if let Some(mut inner) = fields.object(&["timeouts"])? {
        set(&mut timeouts, "request_ms", inner.millis(&["request_ms", "request"])?);
        set(&mut timeouts, "backend_request_ms", inner.millis(&["backend_request_ms", "backend_request"])?);
        fields.absorb(inner);
    }
    let older = fields.millis(&["timeout_ms", "timeout"])?;
    if timeouts.is_empty() {
        set(&mut timeouts, "request_ms", older);
    }
    Ok(filled(timeouts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_say_nothing_and_go_but_an_escaped_dollar_stays() {
        assert_eq!(unanchored("^/orders/[0-9]+$"), "/orders/[0-9]+");
        assert_eq!(unanchored(r"^/price\$"), r"/price\$");
    }
}
