//! Reading the columns of a row, however an older version called and stored them.
//!
//! Whatever is read is taken out, so that what is left at the end is what nobody knows.

use serde_json::{Map, Value};

use crate::finding::Finding;

/// Columns that every table may have, and that say nothing to the new installation.
const BOOKKEEPING: &[&str] = &[
    "id",
    "tenant_id",
    "provider_tenant_id",
    "tenant_slug",
    "created_at",
    "created_by",
    "updated_at",
    "updated_by",
    "deleted_at",
];

/// The columns of a row, or the fields of an object in one.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    at: String,
    left: Map<String, Value>,
    /// What is to be told of a row that is taken nevertheless.
    pub(crate) remarks: Vec<Finding>,
}

impl Fields {
    /// The columns of a row.
    pub(crate) fn of(row: &Value) -> Self {
        Self::at(String::new(), row.as_object().cloned().unwrap_or_default())
    }

    fn at(at: String, object: Map<String, Value>) -> Self {
        let mut left = Map::new();
        for (name, value) in object.into_iter().filter(|(_, value)| !value.is_null()) {
            left.entry(snake_case(&name)).or_insert(value);
        }
        Self { at, left, remarks: Vec::new() }
    }

    /// Where a field is, for people.
    pub(crate) fn place(&self, name: &str) -> String {
        if self.at.is_empty() { name.to_owned() } else { format!("{}.{name}", self.at) }
    }

    /// Something to tell of a field of a row that is taken nevertheless.
    pub(crate) fn remark(&mut self, name: &str, problem: impl Into<String>, advice: impl Into<String>) {
        let finding = Finding::field(self.place(name), problem).do_(advice);
        self.remarks.push(finding);
    }

    /// The first of these columns that has a value.
    pub(crate) fn take(&mut self, names: &[&str]) -> Option<Value> {
        names.iter().fold(None, |found, name| {
            let value = self.left.remove(*name);
            found.or(value)
        })
    }

    /// A column as a word, without taking it.
    pub(crate) fn peek(&self, name: &str) -> Option<String> {
        self.peek_text(name).map(|text| word(&text))
    }

    /// A column as a text, without taking it.
    pub(crate) fn peek_text(&self, name: &str) -> Option<String> {
        self.left.get(name).and_then(plain)
    }

    /// Takes columns that say nothing to the new installation.
    pub(crate) fn ignore(&mut self, names: &[&str]) {
        self.take(names);
    }

    /// Takes in what was told of an object inside of this one, and what of it nobody knows.
    pub(crate) fn absorb(&mut self, inner: Self) {
        let Self { at, left, remarks } = inner;
        self.remarks.extend(remarks);
        let prefix = if self.at.is_empty() { at } else { at.trim_start_matches(&format!("{}.", self.at)).to_owned() };
        self.left.extend(left.into_iter().map(|(name, value)| (format!("{prefix}.{name}"), value)));
    }

    /// The columns that nobody knows.
    pub(crate) fn rest(&self) -> impl Iterator<Item = &str> {
        self.left.keys().map(String::as_str).filter(|name| !BOOKKEEPING.contains(name))
    }

    /// A text.
    pub(crate) fn text(&mut self, names: &[&str]) -> Result<Option<String>, Finding> {
        match self.take(names) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(self.wrong(names, "a text")),
        }
    }

    /// A text that must be there.
    pub(crate) fn required(&mut self, names: &[&str]) -> Result<String, Finding> {
        let text = self.text(names)?;
        text.ok_or_else(|| {
            Finding::field(self.place(first(names)), "It is empty.").do_("Fill it in v1 and export again.")
        })
    }

    /// A word of a fixed set, in whatever spelling: `RoundRobin`, `round_robin` and `ROUND-ROBIN` are one.
    pub(crate) fn word(&mut self, names: &[&str]) -> Result<Option<String>, Finding> {
        Ok(self.text(names)?.map(|text| word(&text)))
    }

    /// A whole number.
    pub(crate) fn number(&mut self, names: &[&str]) -> Result<Option<i64>, Finding> {
        let number = match self.take(names) {
            None => return Ok(None),
            Some(Value::Number(number)) => number.as_i64().or_else(|| whole(number.as_f64())),
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(_) => None,
        };
        number.map(Some).ok_or_else(|| self.wrong(names, "a whole number"))
    }

    /// A yes or no.
    pub(crate) fn flag(&mut self, names: &[&str]) -> Result<Option<bool>, Finding> {
        let flag = match self.take(names) {
            None => return Ok(None),
            Some(Value::Bool(flag)) => Some(flag),
            Some(Value::Number(number)) => number.as_i64().map(|number| number != 0),
            Some(Value::String(text)) => match word(&text).as_str() {
                "true" | "t" | "yes" | "1" => Some(true),
                "false" | "f" | "no" | "0" => Some(false),
                _ => None,
            },
            Some(_) => None,
        };
        flag.map(Some).ok_or_else(|| self.wrong(names, "true or false"))
    }

    /// A time span in milliseconds: a number is in milliseconds, a text has a unit (`30s`, `500ms`, `1m`, `1h`).
    pub(crate) fn millis(&mut self, names: &[&str]) -> Result<Option<i64>, Finding> {
        let span = match self.take(names) {
            None => return Ok(None),
            Some(Value::Number(number)) => number.as_i64().or_else(|| whole(number.as_f64())),
            Some(Value::String(text)) => span(&text),
            Some(_) => None,
        };
        span.map(Some).ok_or_else(|| self.wrong(names, "milliseconds, or a time span such as `30s`"))
    }

    /// A list; JSON in a text, and a single value, are taken for one.
    pub(crate) fn list(&mut self, names: &[&str]) -> Vec<Value> {
        match self.take(names).map(unfolded) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(list)) => list,
            Some(Value::String(text)) => {
                text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(Value::from).collect()
            }
            Some(single) => vec![single],
        }
    }

    /// A list of texts.
    pub(crate) fn texts(&mut self, names: &[&str]) -> Result<Vec<String>, Finding> {
        let texts = self.list(names).into_iter().map(|value| plain(&value));
        let texts: Option<Vec<_>> = texts.collect();
        texts.ok_or_else(|| self.wrong(names, "a list of texts"))
    }

    /// A list of objects.
    pub(crate) fn objects(&mut self, names: &[&str]) -> Result<Vec<Self>, Finding> {
        let mut objects = Vec::new();
        for (index, value) in self.list(names).into_iter().enumerate() {
            let Value::Object(object) = unfolded(value) else { return Err(self.wrong(names, "a list of objects")) };
            objects.push(Self::at(format!("{}.{index}", self.place(first(names))), object));
        }
        Ok(objects)
    }

    /// An object, also one that is JSON in a text.
    pub(crate) fn object(&mut self, names: &[&str]) -> Result<Option<Self>, Finding> {
        match self.take(names).map(unfolded) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(object)) => {
                Ok(Some(Self::at(self.place(first(names)), object)).filter(|f| !f.left.is_empty()))
            }
            Some(_) => Err(self.wrong(names, "an object")),
        }
    }

    /// An object whose names are the caller's own, such as labels.
    pub(crate) fn map(&mut self, names: &[&str]) -> Result<Map<String, Value>, Finding> {
        match self.take(names).map(unfolded) {
            None | Some(Value::Null) => Ok(Map::new()),
            Some(Value::Object(object)) => Ok(object),
            Some(_) => Err(self.wrong(names, "an object")),
        }
    }

    fn wrong(&self, names: &[&str], expected: &str) -> Finding {
        let problem = format!("It is not {expected}.");
        Finding::field(self.place(first(names)), problem).do_("Correct it in v1 and export again.")
    }
}

fn first<'a>(names: &[&'a str]) -> &'a str {
    names.first().copied().unwrap_or_default()
}

/// A text, or a number as one: ids are either.
pub(crate) fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The letters and digits of a text, in lower case.
pub(crate) fn word(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// `gatewayId` as `gateway_id`; what is in snake case stays.
pub(crate) fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    let mut before = '_';
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && (before.is_ascii_lowercase() || before.is_ascii_digit()) {
            snake.push('_');
        }
        snake.push(if letter == '-' { '_' } else { letter.to_ascii_lowercase() });
        before = letter;
    }
    snake
}

/// JSON that was stored as a text.
fn unfolded(value: Value) -> Value {
    match &value {
        Value::String(text) if text.trim_start().starts_with(['{', '[']) => serde_json::from_str(text).unwrap_or(value),
        _ => value,
    }
}

fn whole(number: Option<f64>) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and in range")]
    number.filter(|number| number.fract() == 0.0 && number.abs() < 1e15).map(|number| number as i64)
}

fn span(text: &str) -> Option<i64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim() {
        "" | "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.parse::<i64>().ok()?.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_of_columns_may_be_camel_case() {
        for (name, snake) in
            [("gatewayId", "gateway_id"), ("gateway_id", "gateway_id"), ("maxRequests2", "max_requests2")]
        {
            assert_eq!(snake_case(name), snake);
        }
        assert_eq!(snake_case("JWKS"), "jwks");
    }

    #[test]
    fn time_spans_have_units_and_numbers_are_milliseconds() {
        for (text, millis) in [("30s", 30_000), ("500ms", 500), ("1m", 60_000), ("250", 250), ("1h", 3_600_000)] {
            assert_eq!(span(text), Some(millis), "{text}");
        }
        for bad in ["", "s", "soon", "1d", "99999999999999999999s", "-1s"] {
            assert_eq!(span(bad), None, "{bad}");
        }
    }

    #[test]
    fn json_in_a_text_is_json() {
        let mut fields = Fields::of(&json!({ "methods": "[\"GET\"]", "tags": "a, b", "one": "x" }));
        assert_eq!(fields.texts(&["methods"]).unwrap(), ["GET"]);
        assert_eq!(fields.texts(&["tags"]).unwrap(), ["a", "b"]);
        assert_eq!(fields.texts(&["one"]).unwrap(), ["x"]);
    }

    #[test]
    fn what_nobody_took_is_left_with_its_place() {
        let mut fields = Fields::of(&json!({ "id": 1, "name": "x", "health": { "type": "HTTP", "color": "red" } }));
        fields.text(&["name"]).unwrap();
        let mut health = fields.object(&["health"]).unwrap().unwrap();
        health.word(&["type"]).unwrap();
        fields.absorb(health);
        assert_eq!(fields.rest().collect::<Vec<_>>(), ["health.color"]);
    }
}
