//! What the tenant has already, as far as an import is concerned.

use std::collections::{BTreeSet, HashMap};

use futures::{StreamExt, TryStreamExt, stream};
use serde_json::Value;

use crate::{
    api::{Api, ApiError},
    contract::{self, Canonical},
    state::State,
    translate::label_of,
    wanted::{IMPORTED_FROM, Kind, V1_ID, Wanted},
};

/// A resource that is there.
#[derive(Debug, Clone)]
pub struct Found {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The row that an import made it of.
    pub v1_id: Option<String>,
    /// Who changed it last; parts do not tell.
    pub updated_by: Option<String>,
    /// What it is; `None` when it is newer than this program understands.
    pub is: Option<Canonical>,
}

/// What is there.
#[derive(Debug, Clone, Default)]
pub struct Present {
    me: Option<String>,
    found: HashMap<(Kind, String), Found>,
    by_v1_id: HashMap<(Kind, String), String>,
    by_name: HashMap<(Kind, Option<String>, String), String>,
}

impl Present {
    /// Reads of the tenant what is needed for what is wanted. `me` is the caller, as authors are written.
    pub async fn load(
        api: &Api,
        me: Option<String>,
        wanted: &[Wanted],
        state: &State,
        concurrency: usize,
    ) -> Result<Self, ApiError> {
        let mut present = Self { me, ..Self::default() };
        let kinds: BTreeSet<Kind> = wanted.iter().map(|wanted| wanted.kind).chain([Kind::Cluster]).collect();
        for kind in kinds.iter().filter(|kind| !kind.is_part()) {
            for view in api.list(kind.collection()).await? {
                present.add(*kind, None, &view);
            }
        }
        let services = wanted.iter().filter(|wanted| wanted.kind == Kind::ApiService);
        let there = services.filter_map(|service| present.find(service, None, state)).map(|found| found.id.clone());
        let lists = there
            .flat_map(|id| [(id.clone(), Kind::Backend), (id, Kind::Route)])
            .filter(|(_, kind)| kinds.contains(kind));
        let lists = stream::iter(lists.collect::<Vec<_>>()).map(|(id, kind)| async move {
            let path = format!("{}/{id}/{}", Kind::ApiService.collection(), kind.collection());
            Ok::<_, ApiError>((kind, id, api.list(&path).await?))
        });
        for (kind, id, views) in lists.buffer_unordered(concurrency).try_collect::<Vec<_>>().await? {
            for view in views {
                present.add(kind, Some(&id), &view);
            }
        }
        Ok(present)
    }

    /// Takes note of a resource, as the API shows it.
    pub fn add(&mut self, kind: Kind, parent: Option<&str>, view: &Value) {
        let text = |field: &str| view.get(field).and_then(Value::as_str).map(str::to_owned);
        let (Some(id), Some(name)) = (text("id"), text("name")) else { return };
        let v1_id = v1_id(kind, view);
        if let Some(v1_id) = &v1_id {
            self.by_v1_id.entry((kind, v1_id.clone())).or_insert_with(|| id.clone());
        }
        self.by_name.insert((kind, parent.map(str::to_owned), name.clone()), id.clone());
        let (updated_by, is) = (text("updated_by"), contract::of_view(kind, view));
        self.found.insert((kind, id.clone()), Found { id, name, v1_id, updated_by, is });
    }

    /// What an earlier import made of the same row.
    pub fn find(&self, wanted: &Wanted, parent: Option<&str>, state: &State) -> Option<&Found> {
        let get = |id: &String| self.found.get(&(wanted.kind, id.clone()));
        if let Some(found) = state.of(&wanted.key).and_then(|written| get(&written.id)) {
            return Some(found);
        }
        let v1_id = label_of(&wanted.key.id);
        if let Some(found) = self.by_v1_id.get(&(wanted.kind, v1_id)).and_then(get) {
            return Some(found);
        }
        // Parts live in an API service of the import's own. Backends have nothing else to be found by.
        let named = self.named(wanted.kind, parent, wanted.name.as_str());
        named.filter(|found| wanted.kind.is_part() && found.v1_id.is_none())
    }

    /// Whether the caller itself changed a resource last.
    pub fn is_mine(&self, found: &Found) -> bool {
        found.updated_by.is_some() && found.updated_by == self.me
    }

    /// The resource of that name.
    pub fn named(&self, kind: Kind, parent: Option<&str>, name: &str) -> Option<&Found> {
        let id = self.by_name.get(&(kind, parent.map(str::to_owned), name.to_owned()))?;
        self.found.get(&(kind, id.clone()))
    }
}

/// The row that an import made a resource of: in its labels, or in a route's extensions.
fn v1_id(kind: Kind, view: &Value) -> Option<String> {
    let (from, v1) = IMPORTED_FROM;
    let text = |field: &str, name: &str| view.get(field)?.get(name)?.as_str().map(str::to_owned);
    let (origin, id) = match kind {
        Kind::Route => (text("extensions", &format!("x-{from}")), text("extensions", &format!("x-{V1_ID}"))),
        _ => (text("labels", from), text("labels", V1_ID)),
    };
    id.filter(|_| origin.as_deref() == Some(v1))
}
