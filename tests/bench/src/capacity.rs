//! What DynamoDB charges for a call on an on-demand table, by its public rules.
//!
//! * A read unit is 4 KB read consistently, half a unit else; a Query adds up its items first, a batch rounds each item up.
//! * A write unit is 1 KB of the larger of the item before and after. In a transaction the table's writes and condition
//!   checks count twice.
//! * An index takes a write when an item enters, changes or leaves it, two when its key in the index changes. Those are not
//!   doubled: indexes follow on their own.
//!
//! An item is as large as its attributes' names and values. <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>

use std::ops::AddAssign;

use serde_json::Value;

use crate::dynamo::Dynamo;

const INDEXES: [[&str; 2]; 2] = [["gsi1pk", "gsi1sk"], ["gsi2pk", "gsi2sk"]];

/// Request units.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Units {
    /// For reads.
    pub(crate) read: f64,
    /// For writes, those of indexes included.
    pub(crate) write: f64,
}

impl AddAssign for Units {
    fn add_assign(&mut self, other: Self) {
        self.read += other.read;
        self.write += other.write;
    }
}

struct Write<'a> {
    table: &'a Value,
    key: Value,
    check: bool,
}

/// The items that a call is about to write or check, as they are.
pub(crate) fn images(dynamo: &Dynamo, action: &str, body: &[u8]) -> Vec<Option<Value>> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    writes(action, &body).iter().map(|write| dynamo.item(write.table, &write.key)).collect()
}

/// The units of a call.
pub(crate) fn weigh(dynamo: &Dynamo, action: &str, request: &[u8], answer: &[u8], before: &[Option<Value>]) -> Units {
    let request: Value = serde_json::from_slice(request).unwrap_or_default();
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    let factor = if action == "TransactWriteItems" { 2.0 } else { 1.0 };
    let mut units = Units { read: read_units(action, &request, &answer), write: 0.0 };
    for (write, old) in writes(action, &request).iter().zip(before) {
        let new = if write.check { old.clone() } else { dynamo.item(write.table, &write.key) };
        let largest = size_of(old.as_ref()).max(size_of(new.as_ref()));
        units.write += factor * kilobytes(largest, 1024);
        if !write.check {
            units.write += INDEXES.iter().map(|index| index_units(index, old.as_ref(), new.as_ref())).sum::<f64>();
        }
    }
    units
}

fn writes<'a>(action: &str, body: &'a Value) -> Vec<Write<'a>> {
    let one = |what: &'a Value, check| {
        let item = what.get("Key").or_else(|| what.get("Item"))?;
        let key = serde_json::json!({ "pk": item.get("pk")?, "sk": item.get("sk")? });
        Some(Write { table: what.get("TableName")?, key, check })
    };
    match action {
        "PutItem" | "UpdateItem" | "DeleteItem" => one(body, false).into_iter().collect(),
        "TransactWriteItems" => {
            let items = body.get("TransactItems").and_then(Value::as_array).into_iter().flatten();
            let named = items.filter_map(Value::as_object).flatten();
            named.filter_map(|(name, what)| one(what, name == "ConditionCheck")).collect()
        }
        _ => Vec::new(),
    }
}

fn read_units(action: &str, request: &Value, answer: &Value) -> f64 {
    let unit = |request: &Value| if request.get("ConsistentRead") == Some(&Value::Bool(true)) { 1.0 } else { 0.5 };
    match action {
        "GetItem" => unit(request) * kilobytes(size_of(answer.get("Item")), 4096),
        "Query" => {
            let items = answer.get("Items").and_then(Value::as_array);
            unit(request) * kilobytes(items.into_iter().flatten().map(|item| size_of(Some(item))).sum(), 4096)
        }
        "BatchGetItem" => {
            let tables = request.get("RequestItems").and_then(Value::as_object).into_iter().flatten();
            tables.map(|(name, asked)| unit(asked) * batch(asked, answer.pointer(&format!("/Responses/{name}")))).sum()
        }
        _ => 0.0,
    }
}

/// Keys that name no item cost a unit as well.
fn batch(asked: &Value, found: Option<&Value>) -> f64 {
    let found = found.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let asked = asked.get("Keys").and_then(Value::as_array).map_or(0, Vec::len);
    let missing = u32::try_from(asked.saturating_sub(found.len())).unwrap_or(u32::MAX);
    found.iter().map(|item| kilobytes(size_of(Some(item)), 4096)).sum::<f64>() + f64::from(missing)
}

fn index_units(index: &[&str; 2], old: Option<&Value>, new: Option<&Value>) -> f64 {
    let entry = |item: Option<&Value>| {
        let item = item?;
        Some((item.get(index[0])?.clone(), item.get(index[1])?.clone()))
    };
    let (was, is) = (entry(old), entry(new));
    match (was, is) {
        (None, None) => 0.0,
        (None, Some(_)) => kilobytes(size_of(new), 1024),
        (Some(_), None) => kilobytes(size_of(old), 1024),
        (Some(was), Some(is)) if was != is => kilobytes(size_of(old), 1024) + kilobytes(size_of(new), 1024),
        _ if old == new => 0.0,
        _ => kilobytes(size_of(old).max(size_of(new)), 1024),
    }
}

/// How many blocks of this size; at least one.
fn kilobytes(bytes: usize, block: usize) -> f64 {
    f64::from(u32::try_from(bytes.div_ceil(block).max(1)).unwrap_or(u32::MAX))
}

/// The bytes of an item; nothing has none.
pub(crate) fn size_of(item: Option<&Value>) -> usize {
    let attributes = item.and_then(Value::as_object).into_iter().flatten();
    attributes.map(|(name, value)| name.len() + value_size(value)).sum()
}

fn value_size(value: &Value) -> usize {
    let Some((kind, value)) = value.as_object().and_then(|object| object.iter().next()) else { return 0 };
    match (kind.as_str(), value) {
        ("S", Value::String(text)) => text.len(),
        ("N", Value::String(number)) => number.trim_start_matches('-').len().div_ceil(2) + 1,
        ("B", Value::String(text)) => text.len() * 3 / 4,
        ("SS", Value::Array(items)) => items.iter().filter_map(Value::as_str).map(str::len).sum(),
        ("L", Value::Array(items)) => 3 + items.iter().map(|item| 1 + value_size(item)).sum::<usize>(),
        ("M", Value::Object(map)) => {
            3 + map.iter().map(|(name, item)| 1 + name.len() + value_size(item)).sum::<usize>()
        }
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_item_is_as_large_as_its_names_and_values() {
        let item = json!({ "pk": { "S": "T#1" }, "n": { "N": "1234" }, "m": { "M": { "a": { "BOOL": true } } } });
        assert_eq!(size_of(Some(&item)), (2 + 3) + (1 + 3) + (1 + 3 + 1 + 1 + 1));
    }

    #[test]
    fn reads_are_counted_in_blocks_of_4_kb() {
        let item = json!({ "v": { "S": "x".repeat(5000) } });
        let answer = json!({ "Item": item });
        assert_eq!(read_units("GetItem", &json!({ "ConsistentRead": true }), &answer), 2.0);
        assert_eq!(read_units("GetItem", &json!({}), &answer), 1.0);
        assert_eq!(read_units("GetItem", &json!({}), &json!({})), 0.5);
        let batch = json!({ "RequestItems": { "t": { "Keys": [{}, {}], "ConsistentRead": true } } });
        assert_eq!(read_units("BatchGetItem", &batch, &json!({ "Responses": { "t": [item] } })), 3.0);
    }

    #[test]
    fn an_index_is_written_when_its_entry_changes() {
        let [first, _] = INDEXES;
        let entry =
            |key: &str, text: &str| json!({ "gsi1pk": { "S": key }, "gsi1sk": { "S": "1" }, "v": { "S": text } });
        let (a, b, other) = (entry("k", "a"), entry("k", "b"), entry("l", "a"));
        assert_eq!(index_units(&first, None, Some(&a)), 1.0);
        assert_eq!(index_units(&first, Some(&a), Some(&b)), 1.0);
        assert_eq!(index_units(&first, Some(&a), Some(&a)), 0.0);
        assert_eq!(index_units(&first, Some(&a), Some(&other)), 2.0);
        assert_eq!(index_units(&first, Some(&json!({})), Some(&json!({}))), 0.0);
    }
}
