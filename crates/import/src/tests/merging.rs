//! What holds for any two documents with any edits in between: nothing that a person did is lost, and nothing that only
//! the document did.

use proptest::prelude::*;
use serde_json::{Value, json};
use switchtower_domain::api_service::{
    BackendInput, Origin, Part, RouteInput, RouteStatus, RouteTimeouts,
    fields::{Fields, fields_of},
};

use super::{
    properties::{document, options},
    *,
};
use crate::{PartChanges, Prefer};

/// What a person does to one part.
#[derive(Debug, Clone)]
struct Edit {
    backend: bool,
    at: prop::sample::Index,
    kind: u8,
    salt: u8,
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let edit = (prop::bool::weighted(0.3), any::<prop::sample::Index>(), 0_u8..13, 0_u8..3);
    let edit = edit.prop_map(|(backend, at, kind, salt)| Edit { backend, at, kind, salt });
    prop::collection::vec(edit, 0..8)
}

fn choice() -> impl Strategy<Value = Options> {
    let prefer = prop_oneof![Just(None), Just(Some(Prefer::Mine)), Just(Some(Prefer::Document))];
    (prefer, prop::bool::weighted(0.2)).prop_map(|(prefer, overwrite_edits)| {
        let prefer = prefer.filter(|_| !overwrite_edits);
        Options { prefer, overwrite_edits, ..options() }
    })
}

fn edit_route(spec: &mut RouteInput, kind: u8, salt: u8) {
    match kind {
        0 => spec.path.value = format!("/{}", ["a", "b", "mine"][usize::from(salt)]),
        1 => spec.methods.clear(),
        2 => spec.name = format!("mine-{salt}").parse().unwrap(),
        3 => spec.tags = vec![format!("mine-{salt}")],
        4 => spec.description = (salt > 0).then(|| format!("Mine {salt}.")),
        5 => spec.status = RouteStatus::Inactive,
        6 => spec.hostnames = vec!["mine.example".to_owned()],
        7 => spec.timeouts = Some(RouteTimeouts { request_ms: Some(5_000), backend_request_ms: None }),
        8 => spec.priority = 7,
        9 => drop(spec.extensions.insert("x-limit".to_owned(), json!(salt))),
        10 => drop(spec.extensions.insert("x-mine".to_owned(), json!(salt))),
        _ => spec.backend_refs[0].weight = 5,
    }
}

fn edit_backend(spec: &mut BackendInput, kind: u8, salt: u8) {
    match kind {
        0..4 => spec.endpoints[0].port = 1_000 + u16::from(salt),
        4..7 => spec.name = format!("mine-{salt}").parse().unwrap(),
        _ => spec.endpoints[0].host = format!("mine{salt}.example"),
    }
}

/// The definition after the edits that are allowed.
fn edited(mut definition: Definition, edits: &[Edit]) -> Definition {
    for Edit { backend, at, kind, salt } in edits {
        let before = definition.clone();
        let after = if *backend && !definition.backends.is_empty() {
            let part = at.get(&before.backends);
            let mut spec = part.spec.clone();
            edit_backend(&mut spec, *kind, *salt);
            if *kind == 12 { definition.remove_backend(part.id) } else { definition.put_backend(part.id, spec) }
        } else if !definition.routes.is_empty() {
            let part = at.get(&before.routes);
            let mut spec = part.spec.clone();
            edit_route(&mut spec, *kind, *salt);
            if *kind == 12 { definition.remove_route(part.id) } else { definition.put_route(part.id, spec) }
        } else {
            Ok(definition)
        };
        definition = after.unwrap_or(before);
    }
    definition
}

fn value(fields: &Fields, field: &str) -> Value {
    fields.get(field).cloned().unwrap_or_default()
}

/// The fields that a person changed since the last import.
fn by_person<P: Part>(base: &P, mine: &P) -> Vec<String> {
    let (base, mine) = (fields_of(base.spec()), fields_of(mine.spec()));
    let names: std::collections::BTreeSet<_> = base.keys().chain(mine.keys()).collect();
    names.into_iter().filter(|field| value(&base, field) != value(&mine, field)).cloned().collect()
}

fn is_listed(parts: &[crate::Part], name: &str, field: Option<&str>) -> bool {
    let of_field = |part: &crate::Part| field.is_none_or(|field| part.fields.iter().any(|one| one.field == field));
    parts.iter().any(|part| part.name.as_str() == name && part.edited && of_field(part))
}

fn in_conflict(changes: &PartChanges, name: &str, field: &str) -> bool {
    let of_field = |conflict: &crate::Conflict| conflict.fields.iter().any(|one| one.field == field);
    changes.conflicts.iter().any(|conflict| conflict.name.as_str() == name && of_field(conflict))
}

/// Every field that a person changed is as the person left it, or, when the document was to win, listed.
fn nothing_lost<P: Part>(
    base: &[P],
    current: &[P],
    after: &[P],
    changes: &PartChanges,
    document_wins: bool,
) -> Result<(), TestCaseError> {
    for part in current {
        let now = after.iter().find(|now| now.id() == part.id());
        let Some(origin) = base.iter().find(|base| base.id() == part.id()) else { continue };
        let edits = by_person(origin, part);
        let name = part.name().as_str();
        if edits.is_empty() {
            continue;
        }
        let Some(now) = now else {
            prop_assert!(document_wins && is_listed(&changes.removed, name, None), "{name} is gone");
            continue;
        };
        for field in edits {
            let kept = value(&fields_of(now.spec()), &field) == value(&fields_of(part.spec()), &field);
            let listed = document_wins && is_listed(&changes.changed, name, Some(&field));
            prop_assert!(kept || listed, "{name} lost {field}");
        }
    }
    Ok(())
}

/// Every field that only the document changed is as it would be without any edits, or the part is in conflict.
fn everything_taken<P: Part>(
    [base, current, untouched, merged]: [&[P]; 4],
    changes: &PartChanges,
) -> Result<(), TestCaseError> {
    for part in current {
        let found = [base, untouched, merged].map(|parts| parts.iter().find(|one| one.id() == part.id()));
        let [Some(before), Some(wanted), Some(now)] = found else { continue };
        let edits = by_person(before, part);
        for field in by_person(before, wanted) {
            // What the document makes new has another id in each of the two.
            if edits.contains(&field) || field == "backend_refs" {
                continue;
            }
            let taken = value(&fields_of(now.spec()), &field) == value(&fields_of(wanted.spec()), &field);
            let name = part.name().as_str();
            prop_assert!(taken || in_conflict(changes, name, &field), "{name} lacks {field}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn nothing_that_a_person_did_is_lost(
        first in document(), second in document(), edits in edits(), options in choice(),
    ) {
        let Ok(base) = again(&first.to_string(), &Definition::default(), &options) else { return Ok(()) };
        let current = edited(base.definition.clone(), &edits);
        let Ok(plan) = again(&second.to_string(), &current, &options) else { return Ok(()) };
        assert_valid(&plan.definition);
        let (base, after, changes) = (&base.definition, &plan.definition, &plan.changes);
        let wins = options.overwrite_edits || options.prefer == Some(Prefer::Document);
        nothing_lost(&base.routes, &current.routes, &after.routes, &changes.routes, wins)?;
        nothing_lost(&base.backends, &current.backends, &after.backends, &changes.backends, wins)?;
        for deleted in &current.imported.routes.deleted {
            prop_assert!(wins || after.route(deleted.id).is_none(), "{} is back", deleted.spec.name);
        }
    }

    #[test]
    fn what_only_the_document_changed_is_taken(
        first in document(), second in document(), edits in edits(), options in choice(),
    ) {
        let Ok(base) = again(&first.to_string(), &Definition::default(), &options) else { return Ok(()) };
        let current = edited(base.definition.clone(), &edits);
        let Ok(untouched) = again(&second.to_string(), &base.definition, &options) else { return Ok(()) };
        let Ok(merged) = again(&second.to_string(), &current, &options) else { return Ok(()) };
        let all = [&base.definition, &current, &untouched.definition, &merged.definition];
        everything_taken(all.map(|one| one.routes.as_slice()), &merged.changes.routes)?;
        everything_taken(all.map(|one| one.backends.as_slice()), &merged.changes.backends)?;
    }

    #[test]
    fn importing_the_same_again_changes_nothing(
        first in document(), second in document(), edits in edits(), options in choice(),
    ) {
        let Ok(base) = again(&first.to_string(), &Definition::default(), &options) else { return Ok(()) };
        let current = edited(base.definition, &edits);
        let Ok(once) = again(&second.to_string(), &current, &options) else { return Ok(()) };
        let twice = again(&second.to_string(), &once.definition, &options).unwrap();
        prop_assert!(twice.changes.is_empty(), "{:?}", twice.changes);
        prop_assert_eq!(twice.definition, once.definition);
    }

    #[test]
    fn parts_edited_before_bases_were_kept_stay(first in document(), second in document(), edits in edits()) {
        let Ok(base) = again(&first.to_string(), &Definition::default(), &options()) else { return Ok(()) };
        let mut current = edited(base.definition, &edits);
        current.imported = Default::default();
        let Ok(plan) = again(&second.to_string(), &current, &options()) else { return Ok(()) };
        for route in current.routes.iter().filter(|route| route.origin == Origin::Edited) {
            let now = plan.definition.route(route.id);
            prop_assert_eq!(now.map(|now| &now.spec), Some(&route.spec));
        }
        let twice = again(&second.to_string(), &plan.definition, &options()).unwrap();
        prop_assert_eq!(twice.definition, plan.definition);
    }
}
