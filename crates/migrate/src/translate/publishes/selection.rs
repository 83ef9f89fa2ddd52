//! Which API services and routes a publish shows, and whether something that shapes it is missing.

use std::collections::BTreeSet;

use super::super::{Draft, Stop, Translator, products::ids};
use crate::{
    fields::Fields,
    finding::Finding,
    wanted::{Key, Kind, Wanted},
};

/// The most routes that a publish can name.
const MOST: usize = 500;

impl Translator<'_> {
    /// The API services and the routes that it shows.
    ///
    /// INVARIANT: a choice never becomes empty on the way, since an empty one shows everything.
    pub(super) fn select(&self, draft: &mut Draft, product: &Wanted, fields: &mut Fields) -> Result<(), Stop> {
        let services = ids(fields, &["api_services", "api_service_ids", "services"])?;
        let routes = ids(fields, &["route_ids", "routes"])?;
        let offered = services_of(product);
        if let Some(foreign) = services.iter().find(|id| !offered.contains(id.as_str())) {
            let problem = format!("It shows API service `{foreign}`, which its product does not have here.");
            return Err(Finding::field("api_services", problem)
                .do_("Add it to the product in v1 and export again.")
                .into());
        }
        let chosen: BTreeSet<&str> = services.iter().map(String::as_str).collect();
        draft.list("api_service_ids", services.iter().map(|_| Kind::ApiService.placeholder(0)).collect());
        for (index, id) in services.iter().enumerate() {
            draft.refer(format!("/api_service_ids/{index}"), Kind::ApiService, Key::new("api_services", id));
        }
        if routes.is_empty() {
            return Ok(());
        }
        let shown: BTreeSet<&str> = if chosen.is_empty() { offered.clone() } else { chosen };
        let visible = |route: &Wanted| route.parent.as_ref().is_some_and(|parent| shown.contains(parent.id.as_str()));
        let mut kept: Vec<Key> = Vec::new();
        for id in &routes {
            match self.need("routes", id, "route_ids".to_owned()) {
                Ok(route) if visible(route) => kept.push(route.key.clone()),
                Ok(_) => fields.remark(
                    "route_ids",
                    format!("Route `{id}` is of an API service that it does not show. It is left out."),
                    "Correct it in v1.",
                ),
                Err(Stop::Refused(finding) | Stop::Left(finding)) => {
                    fields.remark(
                        "route_ids",
                        format!("{} It is left out.", finding.problem),
                        "See to that route first.",
                    );
                }
            }
        }
        if kept.is_empty() || kept.len() > MOST {
            let problem = if kept.is_empty() {
                "None of the routes that it names is here."
            } else {
                "It names more than 500 routes."
            };
            return Err(Finding::field("route_ids", problem)
                .do_("Split the product, or choose its routes by hand.")
                .into());
        }
        draft.list("route_ids", kept.iter().map(|_| Kind::Route.placeholder(0)).collect());
        for (index, route) in kept.into_iter().enumerate() {
            draft.refer(format!("/route_ids/{index}"), Kind::Route, route);
        }
        Ok(())
    }

    /// What shapes it and could not be taken: it would not run as in v1, so that the import does not publish it.
    pub(super) fn gap(&self, product: &Wanted, draft: &Draft) -> Option<String> {
        if self.incomplete.contains(&product.key) {
            return Some("its product lacks an API service".to_owned());
        }
        let authenticated = draft.body.contains_key("auth");
        let services = services_of(product).into_iter().map(|service| Some(service.to_owned()));
        let short = services.chain([None]).filter_map(|about| self.short.get(&about)).flatten();
        let missing = short.filter(|(_, aim)| !(aim.is_auth && authenticated)).map(|(key, _)| key).next();
        missing.map(|key| format!("`{key}` shapes it and could not be taken"))
    }
}

fn services_of(product: &Wanted) -> BTreeSet<&str> {
    let services = product.references.iter().filter(|reference| reference.kind == Kind::ApiService);
    services.map(|reference| reference.to.id.as_str()).collect()
}
