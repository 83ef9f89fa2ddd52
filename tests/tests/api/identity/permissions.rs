//! The table of roles, held against every operation of the OpenAPI document.

use switchtower_domain::{operation, role::Role};
use switchtower_tests::{Estate, World, catalogue};

#[tokio::test]
async fn every_role_may_do_what_its_permissions_say_and_nothing_else() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    for role in Role::ALL.into_iter().filter(|role| *role != Role::SystemAdmin) {
        let subject = format!("a-{}", role.name());
        world.member(&estate.account, &subject, &[role]).await;
        let caller = world.user(&subject).of("acme");
        for operation in catalogue::all().iter().filter(|operation| !operation.is_public) {
            let permission = operation::ALL.iter().find(|row| row.id == operation.id).unwrap().permission;
            // What is granted is tried elsewhere: here it would change the estate under the other roles' feet.
            if role.grants(permission) || permission.starts_with("agent_self:") {
                continue;
            }
            let answer = estate.call(&caller, operation).await;
            assert_eq!(
                answer["code"], "permission_denied",
                "{} by {role:?} is answered {:#}",
                operation.id, answer.body
            );
            let answer = answer.problem(403, "permission_denied");
            let detail = answer["detail"].as_str().unwrap();
            assert!(detail.contains(permission), "{detail}");
        }
    }
}

#[tokio::test]
async fn what_a_role_grants_is_not_denied() {
    let world = World::new().await;
    for role in Role::ALL.into_iter().filter(|role| *role != Role::SystemAdmin) {
        let estate = Estate::new(&world, role.name()).await;
        world.member(&estate.account, "ann", &[role]).await;
        let caller = world.user("ann").of(role.name());
        for operation in catalogue::all().iter().filter(|operation| !operation.is_public) {
            let permission = operation::ALL.iter().find(|row| row.id == operation.id).unwrap().permission;
            if !role.grants(permission) {
                continue;
            }
            let answer = estate.call(&caller, operation).await;
            assert!(answer.status != 403 && !answer.status.is_server_error(), "{}: {:#}", operation.id, answer.body);
        }
    }
}

#[tokio::test]
async fn users_are_no_agents_and_agents_are_no_users() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let (owner, agent) = (world.owner(&estate.account), estate.agent.client(&world));
    for operation in catalogue::all().iter().filter(|operation| !operation.is_public) {
        let for_agents = operation.path.starts_with("/v1/agent/");
        let caller = if for_agents { &owner } else { &agent };
        estate.call(caller, operation).await.problem(401, "invalid_token");
    }
}

#[tokio::test]
async fn every_operation_but_the_public_ones_asks_who_is_calling() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    for operation in catalogue::all() {
        let answer = estate.call(&world.anyone(), operation).await;
        if operation.is_public {
            assert_ne!(answer["code"], "unauthenticated", "{}", operation.id);
        } else {
            answer.problem(401, "unauthenticated");
        }
    }
}
