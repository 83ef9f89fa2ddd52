//! From rows of v1 to resources of the new installation, free of I/O: every row gets a line that says what becomes of it.

mod api_services;
mod backends;
mod gateways;
mod labels;
mod names;
mod plans;
mod policies;
mod products;
mod publishes;
mod routes;
mod settle;
mod tenants;
mod traffic;

use std::{
    cmp::Ordering,
    collections::{BTreeMap, HashMap, HashSet},
};

use serde::Serialize;
use serde_json::{Map, Value};

use self::names::Names;
use crate::{
    contract,
    export::{
        Export,
        catalogue::{self, Table},
    },
    fields::{Fields, plain},
    finding::Finding,
    mapping::Mapping,
    wanted::{Key, Kind, Reference, Wanted},
};

pub(crate) use self::labels::id as label_of;
pub use self::tenants::TenantError;

/// What becomes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It becomes a resource.
    Taken,
    /// It is not meant to: another tenant's, deleted in v1, or the tenant itself.
    LeftBehind,
    /// It should, and cannot.
    NotTaken,
}

/// A row and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The row.
    pub key: Key,
    /// What becomes of it.
    pub fate: Fate,
    /// What is to be told of it.
    pub findings: Vec<Finding>,
}

/// A column that nobody knows, and that had values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnknownColumn {
    /// Its table.
    pub table: String,
    /// The column, or a path into one.
    pub column: String,
    /// How many rows had a value there.
    pub rows: usize,
}

/// What rows of v1 become.
#[derive(Debug, Clone, Default)]
pub struct Translation {
    /// The resources, each after those that it names.
    pub wanted: Vec<Wanted>,
    /// One line for each row that was read.
    pub lines: Vec<Line>,
    /// What nobody knows.
    pub unknown: Vec<UnknownColumn>,
}

/// What shapes publishes: a publish that lacks it would not run as in v1.
#[derive(Debug, Clone, Default)]
struct Aim {
    /// The API service in v1 that it is about; all of them, when left out.
    service: Option<String>,
    /// Whether it says who may call.
    is_auth: bool,
}

/// Why a row becomes nothing.
enum Stop {
    /// It cannot.
    Refused(Finding),
    /// It is not meant to.
    Left(Finding),
}

impl From<Finding> for Stop {
    fn from(finding: Finding) -> Self {
        Self::Refused(finding)
    }
}

/// What a row becomes, without its name and labels.
struct Draft {
    kind: Kind,
    parent: Option<Key>,
    /// What it is called in v1, or what it would be.
    called: String,
    labels: Option<Map<String, Value>>,
    body: Map<String, Value>,
    references: Vec<Reference>,
    status: Option<&'static str>,
    was_published: bool,
    held_back: Option<String>,
}

impl Draft {
    fn new(kind: Kind, called: String) -> Self {
        Self {
            kind,
            parent: None,
            called,
            labels: None,
            body: Map::new(),
            references: Vec::new(),
            status: None,
            was_published: false,
            held_back: None,
        }
    }

    /// Sets a field, when there is a value for it.
    fn set(&mut self, field: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.body.insert(field.to_owned(), value.into());
        }
    }

    /// Sets a field to a list, unless it is empty.
    fn list<T: Into<Value>>(&mut self, field: &str, values: Vec<T>) {
        if !values.is_empty() {
            self.body.insert(field.to_owned(), values.into_iter().map(Into::into).collect());
        }
    }

    /// Names another resource somewhere in the body.
    fn refer(&mut self, pointer: impl Into<String>, kind: Kind, to: Key) {
        self.references.push(Reference { pointer: pointer.into(), kind, to });
    }
}

/// Says what becomes of every row. `tenant` picks one of several tenants of v1, by id, slug or name.
pub fn translate(export: &Export, mapping: &Mapping, tenant: Option<&str>) -> Result<Translation, TenantError> {
    let tenant = tenants::pick(export, tenant)?;
    let mut translator = Translator {
        export,
        mapping,
        tenant,
        out: Translation::default(),
        seen: HashMap::new(),
        names: Names::default(),
        unknown: BTreeMap::new(),
        service_gateways: HashMap::new(),
        aims: HashMap::new(),
        short: HashMap::new(),
        incomplete: HashSet::new(),
        routed: HashSet::new(),
        plan_names: plans::names(export),
    };
    translator.tenants();
    translator.table("gateways", Translator::gateway);
    translator.table("api_services", Translator::api_service);
    translator.table("backends", Translator::backend);
    translator.table("routes", Translator::route);
    translator.table("policies", Translator::policy);
    translator.table("products", Translator::product);
    translator.table("plans", Translator::plan);
    translator.table("product_publishes", Translator::publish);
    translator.left_out();
    translator.settle();
    Ok(translator.finish())
}

struct Translator<'a> {
    export: &'a Export,
    mapping: &'a Mapping,
    tenant: tenants::Picked,
    out: Translation,
    /// What became of each row so far, and where its resource is.
    seen: HashMap<Key, (Fate, Option<usize>)>,
    names: Names,
    unknown: BTreeMap<(String, String), usize>,
    /// The gateways that v1's API services name, which only publishes do here.
    service_gateways: HashMap<String, String>,
    /// What routes and policies that are switched on are about.
    aims: HashMap<Key, Aim>,
    /// Those of them that could not be taken, by what they are about.
    short: HashMap<Option<String>, Vec<(Key, Aim)>>,
    /// Products that lack an API service here.
    incomplete: HashSet<Key>,
    /// API services that have a route here, by their ids in v1.
    routed: HashSet<String>,
    /// How many plans have a name.
    plan_names: HashMap<String, usize>,
}

impl<'a> Translator<'a> {
    fn table(&mut self, table: &str, become_: impl Fn(&mut Self, &Key, &mut Fields) -> Result<Draft, Stop>) {
        for (key, row) in ordered(self.export.rows(table), table) {
            let mut fields = Fields::of(row);
            if matches!(table, "routes" | "policies") {
                // Until it is known what it is about, it is about everything.
                self.aims.insert(key.clone(), Aim::default());
            }
            let outcome = self.admit(&key, &mut fields).and_then(|()| become_(self, &key, &mut fields));
            let wanted = outcome.and_then(|draft| self.wanted(&key, draft, &mut fields));
            match wanted {
                Ok(wanted) => self.take(key, wanted, fields),
                Err(Stop::Refused(finding)) => self.line(key, Fate::NotTaken, vec![finding]),
                Err(Stop::Left(finding)) => self.line(key, Fate::LeftBehind, vec![finding]),
            }
        }
    }

    /// Refuses rows that cannot be told apart, and leaves behind what is another tenant's or deleted.
    fn admit(&self, key: &Key, fields: &mut Fields) -> Result<(), Stop> {
        if key.id.starts_with('#') {
            return Err(Finding::field("id", "It has no id.").do_("Give it one in the export.").into());
        }
        if self.seen.contains_key(key) {
            return Err(Finding::field("id", "Another row of the table has the same id.")
                .do_("Keep one of them.")
                .into());
        }
        let owner = fields.text(&["tenant_id", "provider_tenant_id"])?;
        if owner.is_some_and(|owner| !self.tenant.is(&owner)) {
            let advice = "Import it with an API key of that tenant and `--tenant`.";
            return Err(Stop::Left(Finding::row("It belongs to another tenant.").do_(advice)));
        }
        if fields.take(&["deleted_at"]).is_some() || fields.peek("status").is_some_and(|status| status == "deleted") {
            return Err(Stop::Left(Finding::row("It is deleted in v1.")));
        }
        Ok(())
    }

    /// Gives a draft its name and labels, and checks it as the API would.
    fn wanted(&mut self, key: &Key, draft: Draft, fields: &mut Fields) -> Result<Wanted, Stop> {
        let Draft { kind, parent, called, labels, mut body, references, status, was_published, held_back } = draft;
        let name = self.name(kind, parent.as_ref(), key, &called, fields);
        body.insert("name".to_owned(), Value::String(name.to_string()));
        if let Some(labels) = labels {
            body.insert("labels".to_owned(), Value::Object(labels));
        }
        let wanted =
            Wanted { key: key.clone(), kind, parent, name, body, references, status, was_published, held_back };
        match contract::check(kind, &wanted.checkable()).into_vec().into_iter().next() {
            None => Ok(wanted),
            Some(error) => {
                let field = error.pointer.trim_start_matches('/').replace('/', ".");
                let problem = format!("The API would refuse it: {}", error.detail);
                let finding = if field.is_empty() { Finding::row(problem) } else { Finding::field(field, problem) };
                Err(finding.do_("Correct it in v1 and export again.").into())
            }
        }
    }

    fn take(&mut self, key: Key, wanted: Wanted, fields: Fields) {
        for column in fields.rest() {
            *self.unknown.entry((key.table.clone(), generic(column))).or_default() += 1;
        }
        if let (Kind::Route, Some(service)) = (wanted.kind, &wanted.parent) {
            self.routed.insert(service.id.clone());
        }
        self.seen.insert(key.clone(), (Fate::Taken, Some(self.out.wanted.len())));
        self.out.wanted.push(wanted);
        self.out.lines.push(Line { key, fate: Fate::Taken, findings: fields.remarks });
    }

    fn line(&mut self, key: Key, fate: Fate, findings: Vec<Finding>) {
        if let (Fate::NotTaken, Some(aim)) = (fate, self.aims.get(&key)) {
            self.short.entry(aim.service.clone()).or_default().push((key.clone(), aim.clone()));
        }
        self.seen.entry(key.clone()).or_insert((fate, None));
        self.out.lines.push(Line { key, fate, findings });
    }

    /// The resource that another row becomes, which this one cannot do without.
    fn need(&self, table: &'static str, id: &str, field: String) -> Result<&Wanted, Stop> {
        let key = Key::new(table, id);
        match self.seen.get(&key) {
            Some((Fate::Taken, Some(index))) => self
                .out
                .wanted
                .get(*index)
                .ok_or_else(|| Finding::field(field, format!("It names `{key}`, which is lost.")).into()),
            Some((Fate::LeftBehind, _)) => {
                Err(Stop::Left(Finding::field(field, format!("It names `{key}`, which is left behind."))))
            }
            Some(_) => {
                let problem = format!("It names `{key}`, which could not be taken.");
                Err(Finding::field(field, problem).do_(format!("See to `{key}` first.")).into())
            }
            None => {
                let problem = format!("It names `{key}`, which is not in the export.");
                Err(Finding::field(field, problem).do_("Correct it in v1, or export that row too.").into())
            }
        }
    }

    /// The rows of tables that are not taken over, or that nobody knows.
    fn left_out(&mut self) {
        for (name, rows) in &self.export.tables {
            let finding = match catalogue::find(name) {
                Some(Table { left_out: None, .. }) => continue,
                Some(Table { left_out: Some((problem, advice)), .. }) => Finding::row(*problem).do_(*advice),
                None => Finding::row("Nobody knows this table.").do_("See whether you need what it holds."),
            };
            for (key, _) in ordered(rows, name) {
                self.out.lines.push(Line { key, fate: Fate::NotTaken, findings: vec![finding.clone()] });
            }
        }
    }

    fn finish(self) -> Translation {
        let unknown = self.unknown.into_iter();
        let unknown = unknown.map(|((table, column), rows)| UnknownColumn { table, column, rows }).collect();
        Translation { unknown, ..self.out }
    }
}

/// Rows in the order of their ids, so that an export in another order is taken the same way.
fn ordered<'r>(rows: &'r [Value], table: &str) -> Vec<(Key, &'r Value)> {
    let id = |(index, row): (usize, &'r Value)| {
        let id = row.get("id").and_then(plain).filter(|id| !id.is_empty());
        (Key::new(table, id.unwrap_or_else(|| format!("#{}", index + 1))), row)
    };
    let mut rows: Vec<_> = rows.iter().enumerate().map(id).collect();
    rows.sort_by(|(a, _), (b, _)| natural(&a.id, &b.id));
    rows
}

/// Numbers by their value, texts by their letters.
fn natural(a: &str, b: &str) -> Ordering {
    match (a.parse::<u64>(), b.parse::<u64>()) {
        (Ok(a), Ok(b)) => a.cmp(&b),
        _ => a.cmp(b),
    }
}

/// A path without the positions in lists, so that each column is told once.
fn generic(column: &str) -> String {
    let parts: Vec<_> = column.split('.').filter(|part| part.parse::<usize>().is_err()).collect();
    parts.join(".")
}

#[cfg(test)]
mod tests;
