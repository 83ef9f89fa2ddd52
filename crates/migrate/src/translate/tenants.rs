//! Tenants: an API key belongs to one tenant here, so one tenant of v1 is imported at a time.

use std::collections::BTreeSet;

use super::{Fate, Stop, Translator, ordered};
use crate::{
    export::{Export, catalogue},
    fields::{Fields, plain},
    finding::Finding,
};

/// Why no tenant can be picked.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TenantError {
    /// There are several.
    #[error("the export has {} tenants; choose one with --tenant: {}", .0.len(), .0.join(", "))]
    Several(Vec<String>),
    /// There is none of that name.
    #[error("the export has no tenant `{wanted}`; it has {}", .known.join(", "))]
    Unknown {
        /// Which was wanted.
        wanted: String,
        /// Which there are.
        known: Vec<String>,
    },
}

/// The tenant whose rows are taken.
pub(super) enum Picked {
    /// Rows of one, or without any.
    One(BTreeSet<String>),
    /// No row names one.
    Any,
}

impl Picked {
    pub(super) fn is(&self, owner: &str) -> bool {
        match self {
            Self::One(ids) => ids.contains(owner),
            Self::Any => true,
        }
    }
}

/// A tenant by all that rows may call it.
struct Tenant {
    id: String,
    slug: Option<String>,
    name: Option<String>,
}

impl Tenant {
    fn is(&self, text: &str) -> bool {
        [Some(&self.id), self.slug.as_ref(), self.name.as_ref()].into_iter().flatten().any(|own| own == text)
    }

    fn shown(&self) -> String {
        self.slug.clone().or_else(|| self.name.clone()).unwrap_or_else(|| self.id.clone())
    }
}

/// Picks the tenant: the wanted one, or the only one that owns anything.
pub(super) fn pick(export: &Export, wanted: Option<&str>) -> Result<Picked, TenantError> {
    let mut tenants: Vec<Tenant> = export.rows("tenants").iter().filter_map(described).collect();
    let taken = catalogue::TABLES.iter().filter(|table| table.is_taken() && table.name != "tenants");
    let mut owners = BTreeSet::new();
    for row in taken.flat_map(|table| export.rows(table.name)) {
        owners.extend(Fields::of(row).text(&["tenant_id", "provider_tenant_id"]).ok().flatten());
    }
    for owner in &owners {
        if !tenants.iter().any(|tenant| tenant.is(owner)) {
            tenants.push(Tenant { id: owner.clone(), slug: None, name: None });
        }
    }
    let shown = |tenants: &[Tenant]| tenants.iter().map(Tenant::shown).collect::<Vec<_>>();
    let Some(wanted) = wanted else {
        tenants.retain(|tenant| owners.iter().any(|owner| tenant.is(owner)));
        return match tenants.as_slice() {
            [] => Ok(Picked::Any),
            [only] => Ok(Picked::One(called(only))),
            several => Err(TenantError::Several(shown(several))),
        };
    };
    match tenants.iter().find(|tenant| tenant.is(wanted)) {
        Some(tenant) => Ok(Picked::One(called(tenant))),
        None => Err(TenantError::Unknown { wanted: wanted.to_owned(), known: shown(&tenants) }),
    }
}

fn described(row: &serde_json::Value) -> Option<Tenant> {
    let text = |field: &str| row.get(field).and_then(plain);
    Some(Tenant { id: text("id")?, slug: text("slug"), name: text("name") })
}

fn called(tenant: &Tenant) -> BTreeSet<String> {
    [Some(&tenant.id), tenant.slug.as_ref()].into_iter().flatten().cloned().collect()
}

impl Translator<'_> {
    /// The tenants themselves are not made: what they own becomes the API key's tenant's.
    pub(super) fn tenants(&mut self) {
        for (key, row) in ordered(self.export.rows("tenants"), "tenants") {
            let mine = self.tenant.is(&key.id);
            let stop = match self.admit(&key, &mut Fields::of(row)) {
                Err(stop) => stop,
                Ok(()) if mine => {
                    Stop::Left(Finding::row("What it owns becomes the property of the API key's tenant."))
                }
                Ok(()) => Stop::Left(
                    Finding::row("It is another tenant.")
                        .do_("Import it with an API key of that tenant and `--tenant`."),
                ),
            };
            match stop {
                Stop::Refused(finding) => self.line(key, Fate::NotTaken, vec![finding]),
                Stop::Left(finding) => self.line(key, Fate::LeftBehind, vec![finding]),
            }
        }
    }
}
