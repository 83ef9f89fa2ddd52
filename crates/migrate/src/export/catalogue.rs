//! The tables of v1: which are taken over, and why the others are not.

use serde_json::{Value, json};

use crate::fields::snake_case;

/// A table of v1.
#[derive(Debug)]
pub struct Table {
    /// Its name here.
    pub name: &'static str,
    /// What else it was called.
    pub aliases: &'static [&'static str],
    /// Why its rows cannot be taken, and what to do; they are taken, when left out.
    pub left_out: Option<(&'static str, &'static str)>,
}

const fn taken(name: &'static str, aliases: &'static [&'static str]) -> Table {
    Table { name, aliases, left_out: None }
}

const fn left_out(
    name: &'static str,
    aliases: &'static [&'static str],
    problem: &'static str,
    advice: &'static str,
) -> Table {
    Table { name, aliases, left_out: Some((problem, advice)) }
}

const HISTORY: &str = "History stays in v1.";
const KEEP: &str = "Keep the export for the record.";
const AGAIN: &str = "Customers subscribe again.";

/// Every table that v1 is known to have, in the order in which they are taken.
pub const TABLES: &[Table] = &[
    taken("tenants", &["workspaces"]),
    taken("gateways", &["gateway_templates"]),
    taken("api_services", &["apiservices", "services"]),
    taken("backends", &[]),
    taken("routes", &[]),
    taken("policies", &[]),
    taken("products", &[]),
    taken("plans", &["product_plans"]),
    taken("product_publishes", &["publishes", "publishings"]),
    left_out(
        "users",
        &[],
        "Users come from the identity provider.",
        "Let them sign in, and make them members of the tenant.",
    ),
    left_out(
        "memberships",
        &["tenant_members", "members"],
        "Members are users of the identity provider.",
        "Make them members of the tenant.",
    ),
    left_out("invites", &["invitations"], "An invitation is a token, stored as a hash.", "Invite again."),
    left_out(
        "api_keys",
        &["credentials", "apikeys"],
        "A key is stored as a hash, and cannot be issued again from it.",
        "Issue a new key and give it to its owner.",
    ),
    left_out("oauth_clients", &[], "Its secret is encrypted with a key of v1.", "Register the client again."),
    left_out(
        "subscriptions",
        &[],
        "A subscription is between a customer and a product, and only the customer can make it.",
        AGAIN,
    ),
    left_out("client_apps", &["apps"], "An app belongs to its customer, who makes it again.", AGAIN),
    left_out("consumers", &[], "A consumer joins an app and a subscription.", AGAIN),
    left_out("product_publish_events", &["publish_events"], HISTORY, KEEP),
    left_out(
        "deploy_jobs",
        &[],
        "Agents of v1 are not taken over, and neither is their work.",
        "Register an agent in each cluster.",
    ),
    left_out("audit_logs", &["audit_log"], HISTORY, KEEP),
    left_out(
        "system_settings",
        &["settings"],
        "They are of the installation, not of a tenant.",
        "Compare them by hand.",
    ),
];

impl Table {
    /// Whether its rows are taken over.
    pub const fn is_taken(&self) -> bool {
        self.left_out.is_none()
    }
}

/// The table of that name, or that was called so.
pub fn find(name: &str) -> Option<&'static Table> {
    let name = snake_case(name);
    TABLES.iter().find(|table| table.name == name || table.aliases.contains(&name.as_str()))
}

/// A row without anything but its id: what is not taken over is not kept, since it may hold secrets.
pub(crate) fn only_id(row: &Value) -> Value {
    json!({ "id": row.get("id").unwrap_or(&Value::Null) })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_name_leads_to_one_table() {
        let mut seen = HashSet::new();
        for table in TABLES {
            for name in table.aliases.iter().chain([&table.name]) {
                assert!(seen.insert(*name), "{name}");
                assert_eq!(find(name).unwrap().name, table.name);
            }
        }
        assert_eq!(find("apiServices").unwrap().name, "api_services");
    }
}
