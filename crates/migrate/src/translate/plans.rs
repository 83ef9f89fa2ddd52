//! Plans: of a product here; in v1 some were a publish's.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::{
    Draft, Stop, Translator, labels,
    traffic::{filled, set},
};
use crate::{
    export::Export,
    fields::{Fields, plain},
    finding::Finding,
    wanted::{Key, Kind},
};

impl Translator<'_> {
    pub(super) fn plan(&mut self, key: &Key, fields: &mut Fields) -> Result<Draft, Stop> {
        let product = match fields.text(&["product_id"])? {
            Some(product) => product,
            None => self.product_of_publish(fields)?,
        };
        fields.ignore(&["product_publish_id", "publish_id"]);
        let product = self.need("products", &product, "product_id".to_owned())?;
        let (product, product_name) = (product.key.clone(), product.name.clone());
        let name = fields.required(&["name"])?;
        // Names are unique among all plans here, and every product has its `free` one.
        let called = if self.plan_names.get(&name).is_some_and(|count| *count > 1) {
            format!("{product_name}-{name}")
        } else {
            name
        };
        let mut draft = Draft::new(Kind::Plan, called);
        draft.labels = Some(labels::of(key, fields)?);
        draft.set("product_id", Some(Kind::Product.placeholder(0)));
        draft.refer("/product_id", Kind::Product, product);
        draft.set("description", fields.text(&["description"])?);
        let model = fields.word(&["pricing_model"])?.unwrap_or_else(|| "free".to_owned());
        draft.set("rate_limit", limit(fields, "rate_limit")?);
        draft.set("quota", limit(fields, "quota")?);
        let price = price(fields, &model)?;
        draft.set("price", price);
        draft.set("pricing_model", Some(model));
        fields.ignore(&["status", "environment"]);
        Ok(draft)
    }

    /// The product of the publish that a plan of the older form names.
    fn product_of_publish(&self, fields: &mut Fields) -> Result<String, Finding> {
        let id = fields.required(&["product_publish_id", "publish_id"])?;
        let same = |row: &&Value| row.get("id").and_then(plain).as_ref() == Some(&id);
        let publish = self.export.rows("product_publishes").iter().find(same);
        let product = publish.and_then(|row| Fields::of(row).text(&["product_id"]).ok().flatten());
        product.ok_or_else(|| {
            Finding::field("product_publish_id", "It names a publish without a product, or none at all.")
        })
    }
}

/// How many plans have a name.
pub(super) fn names(export: &Export) -> HashMap<String, usize> {
    let mut names = HashMap::new();
    for name in export.rows("plans").iter().filter_map(|row| plain(row.get("name")?)) {
        *names.entry(name).or_default() += 1;
    }
    names
}

/// A number of requests in a time; a plain number is for a month.
fn limit(fields: &mut Fields, name: &str) -> Result<Option<Value>, Finding> {
    let Some(value) = fields.take(&[name]) else { return Ok(None) };
    if let Some(requests) = plain(&value).and_then(|text| text.parse::<u64>().ok()) {
        fields.remark(name, "It has no period. It is taken to be a month's.", "Correct the plan, if that is wrong.");
        return Ok(Some(json!({ "requests": requests, "period": "month" })));
    }
    let wrapped = json!({ name: value });
    let mut outer = Fields::of(&wrapped);
    let Some(mut inner) = outer.object(&[name])? else { return Ok(None) };
    let mut limit = Map::new();
    set(&mut limit, "requests", inner.number(&["requests", "limit", "amount"])?);
    let period = inner.word(&["period", "unit"])?;
    set(&mut limit, "period", period.map(|period| unit_of(&period)));
    fields.absorb(inner);
    Ok(filled(limit))
}

fn unit_of(period: &str) -> String {
    match period {
        "s" | "sec" => "second",
        "daily" => "day",
        "hourly" => "hour",
        "monthly" => "month",
        other => other.trim_end_matches('s'),
    }
    .to_owned()
}

fn price(fields: &mut Fields, model: &str) -> Result<Option<Value>, Finding> {
    let Some(mut inner) = fields.object(&["price"])? else { return Ok(None) };
    let amount = inner.take(&["amount", "value"]);
    let amount = amount.as_ref().and_then(plain);
    let currency = inner.text(&["currency"])?;
    let cycle = inner.word(&["billing_cycle", "cycle", "interval"])?;
    fields.absorb(inner);
    let Some(amount) = amount else { return Ok(None) };
    let micros = micros(&amount).ok_or_else(|| Finding::field("price.amount", "It is no amount of money."))?;
    if model == "free" {
        if micros > 0 {
            fields.remark(
                "price",
                "The plan is free, and its price is left out.",
                "Choose a pricing model in v1, if it is not.",
            );
        }
        return Ok(None);
    }
    let mut price = Map::from_iter([("micros".to_owned(), json!(micros))]);
    set(&mut price, "currency", currency.map(|currency| currency.to_ascii_uppercase()));
    let cycle = cycle.map(|cycle| match cycle.as_str() {
        "month" => "monthly".to_owned(),
        "year" | "annual" | "annually" => "yearly".to_owned(),
        _ => cycle,
    });
    set(&mut price, "billing_cycle", cycle.filter(|_| model == "flat"));
    Ok(filled(price))
}

/// An amount in millionths, digit by digit: 4.99 must not become 4.989999.
fn micros(amount: &str) -> Option<u64> {
    let (whole, part) = amount.split_once('.').unwrap_or((amount, ""));
    let part = part.trim_end_matches('0');
    if whole.is_empty() {
        return None;
    }
    if part.len() > 6
        || !part.bytes().all(|byte| byte.is_ascii_digit())
        || !whole.bytes().all(|byte| byte.is_ascii_digit())
    {
        return None;
    }
    format!("{whole}{part:0<6}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact() {
        for (amount, expected) in
            [("4.99", 4_990_000), ("0", 0), ("12", 12_000_000), ("0.000001", 1), ("1.500000000", 1_500_000)]
        {
            assert_eq!(micros(amount), Some(expected), "{amount}");
        }
        for bad in ["", "-1", "1,5", "0.0000001", "free", "1.2.3", "99999999999999999999"] {
            assert_eq!(micros(bad), None, "{bad}");
        }
    }
}
