//! Products: API services offered together.

use serde_json::Value;

use super::{Draft, Stop, Translator, labels};
use crate::{
    fields::{Fields, plain},
    finding::Finding,
    wanted::{Key, Kind},
};

impl Translator<'_> {
    pub(super) fn product(&mut self, key: &Key, fields: &mut Fields) -> Result<Draft, Stop> {
        let mut draft = Draft::new(Kind::Product, fields.required(&["name"])?);
        draft.labels = Some(labels::of(key, fields)?);
        draft.set("version", fields.text(&["version"])?);
        draft.set("description", fields.text(&["description"])?);
        draft.list("categories", fields.texts(&["categories", "tags"])?);
        for (field, advice) in
            [("docs_url", "Serve the documentation over https."), ("logo_url", "Serve the logo over https.")]
        {
            let Some(url) = fields.text(&[field])? else { continue };
            if url.starts_with("https://") {
                draft.set(field, Some(url));
            } else {
                fields.remark(field, "It is no `https` address, and is left out.", advice);
            }
        }
        let mut services = Vec::new();
        for id in ids(fields, &["api_services", "api_service_ids"])? {
            match self.need("api_services", &id, "api_services".to_owned()) {
                Ok(service) => {
                    draft.refer(format!("/api_services/{}", services.len()), Kind::ApiService, service.key.clone());
                    services.push(Kind::ApiService.placeholder(0));
                }
                Err(Stop::Refused(Finding { problem, advice, .. }) | Stop::Left(Finding { problem, advice, .. })) => {
                    self.incomplete.insert(key.clone());
                    let problem = format!("{problem} The product is taken without it.");
                    fields.remark(
                        "api_services",
                        problem,
                        advice.unwrap_or_else(|| "See whether it is missed.".to_owned()),
                    );
                }
            }
        }
        draft.list("api_services", services);
        draft.status = Some(match fields.word(&["status"])?.as_deref() {
            Some("active" | "published") => "active",
            Some("archived") => "archived",
            _ => "draft",
        });
        Ok(draft)
    }
}

/// Ids: plain ones, or objects that hold them. Each once.
pub(super) fn ids(fields: &mut Fields, names: &[&str]) -> Result<Vec<String>, Finding> {
    let mut ids: Vec<String> = Vec::new();
    for value in fields.list(names) {
        let id = match &value {
            Value::Object(object) => {
                ["id", "api_service_id", "route_id"].iter().find_map(|name| plain(object.get(*name)?))
            }
            other => plain(other),
        };
        let place = fields.place(names.first().copied().unwrap_or_default());
        let id = id.ok_or_else(|| Finding::field(place, "It is not a list of ids.").do_("Correct it in v1."))?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}
