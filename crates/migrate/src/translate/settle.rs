//! States: the words of v1, and those that cannot be reached here.

use std::collections::HashMap;

use super::Translator;
use crate::{
    finding::Finding,
    wanted::{Key, Kind},
};

/// `active` or `inactive`, whatever v1 calls it.
pub(super) fn active(status: Option<&str>, otherwise: &'static str) -> &'static str {
    match status {
        None => otherwise,
        Some("active" | "enabled" | "published") => "active",
        Some(_) => "inactive",
    }
}

impl Translator<'_> {
    /// Takes back states that the API would refuse: an active API service needs a route, an active product an API service.
    pub(super) fn settle(&mut self) {
        let mut findings: HashMap<Key, Finding> = HashMap::new();
        for wanted in &mut self.out.wanted {
            let (reachable, instead, problem) = match wanted.kind {
                Kind::ApiService => {
                    (self.routed.contains(&wanted.key.id), "inactive", "It has no route, and stays inactive.")
                }
                Kind::Product => (!wanted.references.is_empty(), "draft", "It has no API service, and stays a draft."),
                _ => continue,
            };
            if reachable || wanted.status != Some("active") {
                continue;
            }
            wanted.status = Some(instead);
            let finding = Finding::field("status", problem).do_("Give it one, and activate it.");
            findings.insert(wanted.key.clone(), finding);
        }
        for line in &mut self.out.lines {
            line.findings.extend(findings.remove(&line.key));
        }
    }
}
