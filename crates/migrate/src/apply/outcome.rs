//! What became of rows.

use std::collections::HashMap;

use serde::Serialize;

use crate::{
    finding::Finding,
    wanted::{Key, Kind, Wanted},
};

/// What becomes of a row, or would.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is a new resource.
    Created,
    /// Its resource is now as in v1.
    Updated,
    /// Its resource was as in v1 already.
    Unchanged,
    /// Its resource stays as a person left it.
    Kept,
    /// It is not meant to be taken.
    LeftBehind,
    /// It should be taken, and could not.
    NotTaken,
    /// Its turn did not come.
    Pending,
}

impl Outcome {
    /// Every outcome, in the order in which they are told.
    pub const ALL: [Self; 7] =
        [Self::Created, Self::Updated, Self::Unchanged, Self::Kept, Self::LeftBehind, Self::NotTaken, Self::Pending];

    /// The outcome in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::Kept => "kept as a person left them",
            Self::LeftBehind => "left behind",
            Self::NotTaken => "not taken",
            Self::Pending => "not reached",
        }
    }
}

/// What was done about a row.
#[derive(Debug, Clone)]
pub struct Done {
    /// What became of it.
    pub outcome: Outcome,
    /// Its resource.
    pub id: Option<String>,
    /// Whether that is all that should become of it.
    pub complete: bool,
    /// What is to be told.
    pub findings: Vec<Finding>,
}

impl Done {
    pub(super) const fn new(outcome: Outcome, id: Option<String>) -> Self {
        Self { outcome, id, complete: true, findings: Vec::new() }
    }

    pub(super) fn because(outcome: Outcome, id: Option<String>, findings: Vec<Finding>) -> Self {
        Self { outcome, id, complete: true, findings }
    }
}

/// A publish that ran in v1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Published {
    /// The row.
    pub row: Key,
    /// Its name here.
    pub name: String,
    /// Its cluster's name.
    pub cluster: Option<String>,
    /// Its id here.
    pub id: Option<String>,
    /// Whether it is published here.
    pub published: bool,
    /// Why the import does not publish it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_back: Option<String>,
}

impl Published {
    /// Not yet.
    pub fn of(wanted: &Wanted, id: Option<String>) -> Self {
        let cluster = wanted.references.iter().find(|reference| reference.kind == Kind::Cluster);
        Self {
            row: wanted.key.clone(),
            name: wanted.name.to_string(),
            cluster: cluster.map(|reference| reference.to.id.clone()),
            id,
            published: false,
            held_back: wanted.held_back.clone(),
        }
    }
}

/// What was done.
#[derive(Debug)]
pub struct Applied {
    /// By row.
    pub done: HashMap<Key, Done>,
    /// What ran in v1.
    pub published: Vec<Published>,
    /// Why it ended early.
    pub fatal: Option<String>,
}
