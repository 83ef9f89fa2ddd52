//! Whatever an export holds: every row is accounted for, and what is taken is what the API takes.

use std::collections::HashSet;

use proptest::{collection::vec, prelude::*, sample::Index};
use serde_json::{Value, json};

use super::{DEFAULT, MAPPING, example, mapping};
use crate::{
    contract,
    export::json as file,
    translate::{Fate, translate},
};

/// What may stand in a column.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-5_i64..5_000_000).prop_map(Value::from),
        "[ -~é日]{0,12}".prop_map(Value::from),
        prop_oneof!["/[a-z*.]{0,8}", "[a-z]{1,5}\\.example\\.com", "[0-9]{1,3}(s|ms|h|d)?"].prop_map(Value::from),
        prop_oneof![Just(7), Just(8), Just(11), Just(12), Just(21), Just(24), Just(41), Just(3)].prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::from),
            vec(("(name|type|value|id|path|weight|backend_id|host|port)", inner), 0..3)
                .prop_map(|fields| fields.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

/// What may happen to an export.
#[derive(Debug, Clone)]
enum Damage {
    Column { row: Index, column: Index, value: Value },
    Loss { row: Index },
    Twin { row: Index, id: bool },
    Stray { row: Index, name: String, value: Value },
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        6 => (any::<Index>(), any::<Index>(), anything())
            .prop_map(|(row, column, value)| Damage::Column { row, column, value }),
        1 => any::<Index>().prop_map(|row| Damage::Loss { row }),
        1 => (any::<Index>(), any::<bool>()).prop_map(|(row, id)| Damage::Twin { row, id }),
        1 => (any::<Index>(), "[a-zA-Z_]{1,10}", anything()).prop_map(|(row, name, value)| Damage::Stray { row, name, value }),
    ]
}

/// The table and the position of one of all rows.
fn place(export: &Value, index: Index) -> (String, usize) {
    let tables = export.as_object().unwrap().iter();
    let rows = tables.flat_map(|(table, rows)| (0..rows.as_array().map_or(0, Vec::len)).map(move |row| (table, row)));
    let places: Vec<_> = rows.collect();
    let (table, row) = index.get(&places);
    ((*table).clone(), *row)
}

fn damaged(damages: Vec<Damage>) -> Value {
    let mut export = example();
    for damage in damages {
        let (Damage::Column { row: index, .. }
        | Damage::Loss { row: index }
        | Damage::Twin { row: index, .. }
        | Damage::Stray { row: index, .. }) = damage;
        let (table, row) = place(&export, index);
        let rows = export[&table].as_array_mut().unwrap();
        match damage {
            Damage::Column { column, value, .. } => {
                let columns: Vec<String> = rows[row].as_object().unwrap().keys().cloned().collect();
                rows[row][column.get(&columns)] = value;
            }
            Damage::Loss { .. } => drop(rows.remove(row)),
            Damage::Twin { id, .. } => {
                let mut twin = rows[row].clone();
                if id {
                    twin["id"] = json!(1000 + rows.len());
                }
                rows.push(twin);
            }
            Damage::Stray { name, value, .. } => rows[row][name] = value,
        }
    }
    export
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_row_has_one_line_and_what_is_taken_would_not_be_refused(damages in vec(damage(), 0..8), mapped in any::<bool>()) {
        let export = file::parse(damaged(damages).to_string().as_bytes()).unwrap();
        let mapping = mapping(if mapped { MAPPING } else { DEFAULT });
        let Ok(translation) = translate(&export, &mapping, None).or_else(|_| translate(&export, &mapping, Some("acme"))) else {
            // The damage was done to the tenant.
            return Ok(());
        };
        prop_assert_eq!(translation.lines.len(), export.row_count());
        let taken = translation.lines.iter().filter(|line| line.fate == Fate::Taken).count();
        prop_assert_eq!(taken, translation.wanted.len());
        for line in translation.lines.iter().filter(|line| line.fate != Fate::Taken) {
            prop_assert!(!line.findings.is_empty(), "{} is not taken without a word", line.key);
        }
        let (mut earlier, mut names) = (HashSet::new(), HashSet::new());
        for wanted in &translation.wanted {
            let errors = contract::check(wanted.kind, &wanted.checkable());
            prop_assert!(errors.is_empty(), "{}: {:?}", wanted.key, errors);
            for reference in &wanted.references {
                prop_assert!(reference.to.table == "clusters" || earlier.contains(&reference.to), "{} names {}", wanted.key, reference.to);
                prop_assert!(wanted.checkable().pointer(&reference.pointer).is_some(), "{} has no {}", wanted.key, reference.pointer);
            }
            prop_assert!(names.insert((wanted.kind, wanted.parent.clone(), wanted.name.clone())), "{} has a name twice", wanted.key);
            prop_assert!(earlier.insert(wanted.key.clone()), "{} is there twice", wanted.key);
        }
    }

    #[test]
    fn the_order_of_rows_says_nothing(seed in any::<u64>()) {
        let mut export = example();
        for (number, rows) in export.as_object_mut().unwrap().values_mut().filter_map(Value::as_array_mut).enumerate() {
            let turn = usize::try_from(seed.rotate_left(u32::try_from(number * 7).unwrap()) % 97).unwrap();
            let length = rows.len();
            rows.rotate_left(turn % length);
        }
        let read = |export: &Value| {
            let export = file::parse(export.to_string().as_bytes()).unwrap();
            translate(&export, &mapping(MAPPING), None).unwrap()
        };
        prop_assert_eq!(read(&export).wanted, read(&example()).wanted);
    }
}
