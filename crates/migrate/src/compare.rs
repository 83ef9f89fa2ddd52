//! What is to be done, free of I/O: what is wanted, against what is there, against what the last import wrote.
//!
//! | the last import wrote | there is | so it is |
//! | --- | --- | --- |
//! | – | – | created |
//! | anything | what is wanted | left as it is |
//! | what is there | something else | updated: only v1 has changed |
//! | something else | something else | kept: a person changed it |
//! | nobody knows | something else that the same API key wrote last | updated: the state file was lost |
//! | nobody knows | something else | kept: a person may have changed it |
//! | something | – | kept away: a person removed it |
//!
//! With `overwrite` what would be kept is updated, and what was removed is created again.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Value, json};
use switchtower_domain::name::Name;

use crate::{
    contract::{self, Canonical},
    finding::Finding,
    present::{Found, Present},
    state::State,
    wanted::{IMPORTED_FROM, Key, Kind, Reference, Wanted},
};

/// What is done about a resource.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// It is made.
    Create,
    /// It becomes what v1 says.
    Update {
        /// Its id.
        id: String,
        /// What it must still be then.
        is: Canonical,
    },
    /// It is as v1 says.
    Leave {
        /// Its id.
        id: String,
        /// What it is.
        is: Canonical,
    },
    /// It stays as a person left it.
    Keep {
        /// Its id, unless a person removed it.
        id: Option<String>,
    },
    /// It cannot be.
    Refuse,
}

/// A resource and what is done about it.
#[derive(Debug, Clone)]
pub struct Step {
    /// What is wanted.
    pub wanted: Wanted,
    /// What is done.
    pub action: Action,
    /// Why, where that is not obvious.
    pub findings: Vec<Finding>,
}

/// What the caller chooses.
#[derive(Debug, Clone, Default)]
pub struct Choices {
    /// Whether what a person changed becomes what v1 says.
    pub overwrite: bool,
    /// The cluster that is made when there is none of that name.
    pub create_cluster: Option<Name>,
}

/// Where a row's resource is.
enum Place {
    /// Here.
    At(String),
    /// It will be made.
    Coming,
    /// Nowhere.
    Nowhere,
}

/// Decides about everything that is wanted, in the order given.
pub fn compare(wanted: Vec<Wanted>, present: &Present, state: &State, choices: &Choices) -> Vec<Step> {
    let mut comparison = Comparison { present, state, choices, places: HashMap::new() };
    let mut steps = comparison.clusters(&wanted);
    for wanted in wanted {
        let (action, findings) = comparison.decide(&wanted);
        let place = match &action {
            Action::Create => Place::Coming,
            Action::Update { id, .. } | Action::Leave { id, .. } | Action::Keep { id: Some(id) } => {
                Place::At(id.clone())
            }
            Action::Keep { id: None } | Action::Refuse => Place::Nowhere,
        };
        comparison.places.insert(wanted.key.clone(), place);
        steps.push(Step { wanted, action, findings });
    }
    steps
}

struct Comparison<'a> {
    present: &'a Present,
    state: &'a State,
    choices: &'a Choices,
    places: HashMap<Key, Place>,
}

impl Comparison<'_> {
    /// The clusters that are named: those that are there, and the one which may be made.
    fn clusters(&mut self, wanted: &[Wanted]) -> Vec<Step> {
        let references = wanted.iter().flat_map(|wanted| &wanted.references);
        let named: BTreeSet<&Key> = references.filter(|r| r.kind == Kind::Cluster).map(|r| &r.to).collect();
        let mut steps = Vec::new();
        for key in named {
            let (place, action) = if let Some(found) = self.present.named(Kind::Cluster, None, &key.id) {
                (Place::At(found.id.clone()), Action::Keep { id: Some(found.id.clone()) })
            } else if self.choices.create_cluster.as_ref().is_some_and(|name| name.as_str() == key.id) {
                (Place::Coming, Action::Create)
            } else {
                continue;
            };
            self.places.insert(key.clone(), place);
            steps.extend(cluster(key).map(|wanted| Step { wanted, action, findings: Vec::new() }));
        }
        steps
    }

    fn decide(&self, wanted: &Wanted) -> (Action, Vec<Finding>) {
        if let Some(finding) = self.missing(wanted) {
            return (Action::Refuse, vec![finding]);
        }
        let parent = wanted.parent.as_ref().and_then(|parent| self.id(parent));
        match self.present.find(wanted, parent.as_deref(), self.state) {
            Some(found) => self.against(wanted, found),
            None => self.absent(wanted, parent.as_deref()),
        }
    }

    fn id(&self, key: &Key) -> Option<String> {
        match self.places.get(key) {
            Some(Place::At(id)) => Some(id.clone()),
            _ => None,
        }
    }

    /// What it names, or lives in, and will not be there.
    fn missing(&self, wanted: &Wanted) -> Option<Finding> {
        let names = wanted.references.iter().map(|reference| (&reference.to, reference.kind));
        let lives = wanted.parent.iter().map(|parent| (parent, Kind::ApiService));
        let nowhere = |key: &Key| !matches!(self.places.get(key), Some(Place::At(_) | Place::Coming));
        let (key, kind) = names.chain(lives).find(|(key, _)| nowhere(key))?;
        if kind == Kind::Cluster {
            let finding = Finding::field("cluster_id", format!("There is no cluster `{}`.", key.id));
            return Some(finding.do_("Register it, map another one, or make it with --create-default-cluster."));
        }
        Some(Finding::row(format!("It needs `{key}`, which is not there.")).do_(format!("See to `{key}` first.")))
    }

    fn absent(&self, wanted: &Wanted, parent: Option<&str>) -> (Action, Vec<Finding>) {
        let is_new = wanted.parent.is_some() && parent.is_none();
        if !is_new && self.present.named(wanted.kind, parent, wanted.name.as_str()).is_some() {
            let problem =
                format!("There is a {} `{}` already that is not of this row.", wanted.kind.name(), wanted.name);
            let advice = format!("Choose another name under `names: {{ {}: … }}` in the mapping file.", wanted.key);
            return (Action::Refuse, vec![Finding::field("name", problem).do_(advice)]);
        }
        if self.state.of(&wanted.key).is_some() && !self.choices.overwrite {
            let finding = Finding::row("A person removed it since the last import.");
            return (Action::Keep { id: None }, vec![finding.do_("Import it again with --overwrite.")]);
        }
        (Action::Create, Vec::new())
    }

    fn against(&self, wanted: &Wanted, found: &Found) -> (Action, Vec<Finding>) {
        let keep = |finding: Finding| (Action::Keep { id: Some(found.id.clone()) }, vec![finding]);
        let Some(is) = found.is.clone() else {
            return keep(
                Finding::row("It is of a newer form than this program knows.").do_("Use a newer switchtower-import."),
            );
        };
        let id = found.id.clone();
        let resolved = wanted.resolved(|reference: &Reference| self.id(&reference.to));
        let body = resolved.and_then(|body| contract::of_body(wanted.kind, &body));
        let settled = wanted.status.is_none() || wanted.status == is.status.as_deref();
        if settled && body.as_ref() == Some(&is.body) {
            return (Action::Leave { id, is }, Vec::new());
        }
        if !self.choices.overwrite
            && let Some(finding) = self.touched(wanted, found, &is, body.as_ref())
        {
            return keep(finding.do_("Settle it by hand, or take v1's word with --overwrite."));
        }
        match (wanted.kind, is.status.as_deref()) {
            (Kind::ProductPublish, Some(status)) if status != "draft" => {
                let problem = format!("It is `{status}`, and only a draft can be changed.");
                keep(Finding::field("status", problem).do_("Withdraw and delete it, and import it again."))
            }
            (Kind::Product, Some("archived")) => keep(
                Finding::field("status", "It is archived, and cannot be changed.")
                    .do_("Delete it, and import it again."),
            ),
            _ => (Action::Update { id, is }, Vec::new()),
        }
    }

    /// What a person changed since the last import, or may have.
    fn touched(&self, wanted: &Wanted, found: &Found, is: &Canonical, body: Option<&Value>) -> Option<Finding> {
        let Some(written) = self.state.of(&wanted.key) else {
            if self.present.is_mine(found) {
                return None;
            }
            let fields = body.map(|body| differing(body, &is.body)).unwrap_or_default();
            let what = if fields.is_empty() { "It".to_owned() } else { listed(&fields) };
            let problem =
                format!("{what} is not as in v1, and nobody knows who changed it: the state file has no word of it.");
            return Some(Finding::row(problem));
        };
        // What was written by an older version of this program has not all the fields that there are now.
        let was = contract::of_body(wanted.kind, &written.was.body).unwrap_or_else(|| written.was.body.clone());
        let mut fields = differing(&was, &is.body);
        if wanted.status.is_some() && written.was.status != is.status {
            fields.push("status".to_owned());
        }
        (!fields.is_empty())
            .then(|| Finding::row(format!("A person changed {} since the last import.", listed(&fields))))
    }
}

/// A cluster, as it is made when there is none of that name.
fn cluster(key: &Key) -> Option<Wanted> {
    let (from, v1) = IMPORTED_FROM;
    let name: Name = key.id.parse().ok()?;
    let body = json!({ "name": name, "labels": { from: v1 }, "description": "Where publishes of Imp-Gateway v1 go." });
    Some(Wanted {
        key: key.clone(),
        kind: Kind::Cluster,
        parent: None,
        name,
        body: body.as_object().cloned().unwrap_or_default(),
        references: Vec::new(),
        status: None,
        was_published: false,
        held_back: None,
    })
}

/// The fields in which two bodies differ.
fn differing(one: &Value, other: &Value) -> Vec<String> {
    let fields = |value: &Value| value.as_object().cloned().unwrap_or_default();
    let (one, other) = (fields(one), fields(other));
    let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    names.into_iter().filter(|name| one.get(*name) != other.get(*name)).cloned().collect()
}

fn listed(fields: &[String]) -> String {
    fields.iter().map(|field| format!("`{field}`")).collect::<Vec<_>>().join(", ")
}

/// The actions that lead from one state to another; none, when nothing does.
pub(crate) const fn moves(kind: Kind) -> fn(&str, &str) -> Option<&'static str> {
    match kind {
        Kind::Product => |from, to| match (from, to) {
            ("draft", "active") => Some("activate"),
            ("active", "draft") => Some("draft"),
            ("draft" | "active", "archived") => Some("archive"),
            _ => None,
        },
        _ => |from, to| match (from, to) {
            ("inactive", "active") => Some("activate"),
            ("active", "inactive") => Some("deactivate"),
            _ => None,
        },
    }
}
