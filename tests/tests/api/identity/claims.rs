//! Roles and groups, as identity providers write them.

use serde_json::{Value, json};
use switchtower_tests::World;

const PROBE: &str = "/v1/operator/clusters";

/// What somebody with these claims, who is no member, is answered in the tenant `acme`.
async fn status_of(world: &World, claims: &Value) -> u16 {
    let token = world.idp.token_with("stranger", claims);
    world.anyone().bearer(&token).of("acme").get(PROBE).await.status.as_u16()
}

#[tokio::test]
async fn system_admins_are_known_by_the_claims_of_cognito_keycloak_and_others() {
    let world = World::new().await;
    world.tenant("acme").await;
    for claims in [
        json!({ "cognito:groups": ["other", "system-admin"], "token_use": "id" }),
        json!({ "realm_access": { "roles": ["offline_access", "system-admin"] }, "resource_access": {} }),
        json!({ "groups": ["/system-admin"] }),
        json!({ "groups": ["system-admin"] }),
        json!({ "roles": ["system-admin"] }),
    ] {
        assert_eq!(status_of(&world, &claims).await, 200, "{claims}");
    }
}

#[tokio::test]
async fn other_groups_give_nothing() {
    let world = World::new().await;
    world.tenant("acme").await;
    for claims in [
        json!({}),
        json!({ "roles": ["org-admin", "operator"] }),
        json!({ "groups": ["System-Admin", "system-admins", "xsystem-admin", "acme/system-admin"] }),
        json!({ "resource_access": { "switchtower": { "roles": ["system-admin"] } } }),
        json!({ "scope": "system-admin" }),
    ] {
        assert_eq!(status_of(&world, &claims).await, 403, "{claims}");
    }
}

#[tokio::test]
async fn claims_of_another_shape_are_no_reason_to_refuse_a_token() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    for claims in [
        json!({ "roles": "viewer" }),
        json!({ "groups": { "a": 1 } }),
        json!({ "groups": [1, "x", null] }),
        json!({ "realm_access": [] }),
        json!({ "realm_access": { "roles": "x" } }),
        json!({ "cognito:groups": "x" }),
    ] {
        let token = world.idp.token_with(&acme.owner(), &claims);
        let answer = world.anyone().bearer(&token).get(PROBE).await;
        assert_eq!(answer.status, 200, "{claims} is answered {:#}", answer.body);
    }
}
