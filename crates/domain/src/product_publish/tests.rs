use serde_json::json;

use super::*;

fn publish(fields: serde_json::Value) -> ProductPublish {
    let mut row = json!({
        "product_id": ProductId::nil(), "gateway_id": GatewayId::nil(), "cluster_id": ClusterId::nil(),
        "environment": "prod", "status": "published",
    });
    row.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    serde_json::from_value(row).unwrap()
}

#[test]
fn an_older_row_tells_what_it_was_published_with_and_chooses_all() {
    let service = ApiServiceId::from_parts(1, 1);
    let older = publish(json!({ "api_services": [service] }));
    assert_eq!(older.published_api_services, [service]);
    assert!(older.settings.api_service_ids.is_empty());
    assert!(older.settings.chooses(ApiServiceId::from_parts(1, 2)));
    let again: ProductPublish = serde_json::from_value(serde_json::to_value(&older).unwrap()).unwrap();
    assert_eq!(again, older);
}

#[test]
fn only_chosen_api_services_are_published_and_each_is_named_once() {
    let [one, other] = [1, 2].map(|number| ApiServiceId::from_parts(1, number));
    let mut settings = publish(json!({ "api_service_ids": [one] })).settings;
    assert!(settings.chooses(one) && !settings.chooses(other));
    settings.api_service_ids.push(one);
    let pointers: Vec<_> = settings.check().into_vec().into_iter().map(|error| error.pointer).collect();
    assert_eq!(pointers, ["/api_service_ids/1"]);
}
