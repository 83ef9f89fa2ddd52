//! API services: they name no gateway any more.

use super::{Draft, Stop, Translator, labels, settle};
use crate::{
    fields::Fields,
    wanted::{Key, Kind},
};

impl Translator<'_> {
    pub(super) fn api_service(&mut self, key: &Key, fields: &mut Fields) -> Result<Draft, Stop> {
        let mut draft = Draft::new(Kind::ApiService, fields.required(&["name"])?);
        draft.labels = Some(labels::of(key, fields)?);
        draft.set("version", fields.text(&["version"])?);
        draft.set("description", fields.text(&["description"])?);
        draft.status = Some(settle::active(fields.word(&["status"])?.as_deref(), "inactive"));
        // Publishes without a gateway of their own get it.
        if let Some(gateway) = fields.text(&["gateway_id"])? {
            self.service_gateways.insert(key.id.clone(), gateway);
        }
        Ok(draft)
    }

    /// The API service that a row belongs to.
    pub(super) fn service_of(&self, fields: &mut Fields) -> Result<Key, Stop> {
        let id = fields.required(&["api_service_id", "service_id"])?;
        Ok(self.need("api_services", &id, "api_service_id".to_owned())?.key.clone())
    }
}
