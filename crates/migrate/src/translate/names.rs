//! Names: made of what v1 calls a row, unique, and the same every time.

use std::collections::HashMap;

use switchtower_domain::name::Name;

use super::Translator;
use crate::{
    digest,
    fields::Fields,
    wanted::{Key, Kind},
};

/// The longest name.
const MAX: usize = 63;

/// Which row has which name, by kind and parent.
#[derive(Debug, Default)]
pub(super) struct Names {
    taken: HashMap<(Kind, Option<Key>, Name), Key>,
}

impl Translator<'_> {
    /// The name of a row's resource. What a person chose in the mapping file comes first.
    pub(super) fn name(
        &mut self,
        kind: Kind,
        parent: Option<&Key>,
        key: &Key,
        called: &str,
        fields: &mut Fields,
    ) -> Name {
        let fallback = Name::slugify(&format!("{}-{}", kind.name(), key.id), "imported");
        let chosen = self.mapping.name(key).cloned();
        let mut name = chosen.clone().unwrap_or_else(|| Name::slugify(called, fallback.as_str()));
        let place = |name: &Name| (kind, parent.cloned(), name.clone());
        if let Some(other) = self.names.taken.get(&place(&name)).filter(|other| *other != key) {
            let problem = format!("`{other}` is called `{name}` already.");
            name = distinct(&name, key);
            fields.remark("name", format!("{problem} This one becomes `{name}`."), advice(key));
        } else if chosen.is_none() && name.as_str() != called {
            fields.remark("name", format!("`{called}` is no name here. It becomes `{name}`."), advice(key));
        }
        self.names.taken.insert(place(&name), key.clone());
        name
    }
}

fn advice(key: &Key) -> String {
    format!("Choose another under `names: {{ {key}: … }}` in the mapping file.")
}

/// A name that no other row has, and that this one has every time.
fn distinct(name: &Name, key: &Key) -> Name {
    let suffix = digest::short(&key.to_string(), 8);
    let head: String = name.as_str().chars().take(MAX - 1 - suffix.len()).collect();
    Name::slugify(&format!("{}-{suffix}", head.trim_end_matches('-')), &suffix)
}
