//! Users' bearer tokens.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use switchtower_tests::{
    World,
    idp::{KEYS, Key, sign},
};

const PROBE: &str = "/v1/operator/clusters";

/// A world with one tenant, whose owner's tokens are tried.
async fn world() -> (World, String) {
    let world = World::new().await;
    let owner = world.tenant("acme").await.owner();
    (world, owner)
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

#[tokio::test]
async fn tokens_of_all_three_algorithms_are_accepted() {
    let (world, owner) = world().await;
    for key in [&KEYS.rsa, &KEYS.ec, &KEYS.ed] {
        let token = sign(key, &world.idp.claims(&owner));
        world.anyone().bearer(&token).get(PROBE).await.ok(200);
    }
}

#[tokio::test]
async fn no_credentials_are_answered_401_with_what_to_send() {
    let (world, _) = world().await;
    let anyone = world.anyone();
    let answer = anyone.get(PROBE).await.problem(401, "unauthenticated");
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    for value in ["Basic YTpi", "Bearer", "Bearer ", "bearer", ""] {
        anyone.clone().with("authorization", value).get(PROBE).await.problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn what_is_no_jwt_is_refused_without_a_read() {
    let (world, _) = world().await;
    world.calls.take();
    for token in ["x", "a.b", "a.b.c", "a.b.c.d", "..", "ey.ey.ey", &"x".repeat(5000)] {
        world.anyone().bearer(token).get(PROBE).await.problem(401, "invalid_token");
    }
    assert_eq!(world.calls.take().len(), 0);
    assert_eq!(world.idp.fetches(), 0);
}

#[tokio::test]
async fn algorithm_none_is_refused() {
    let (world, owner) = world().await;
    let claims = encoded(&world.idp.claims(&owner));
    for name in ["none", "None", "NONE", "nOnE"] {
        for kid in [json!({}), json!({ "kid": KEYS.rsa.kid })] {
            let mut header = json!({ "alg": name, "typ": "JWT" });
            header.as_object_mut().unwrap().extend(kid.as_object().unwrap().clone());
            for signature in ["", "x"] {
                let token = format!("{}.{claims}.{signature}", encoded(&header));
                world.anyone().bearer(&token).get(PROBE).await.problem(401, "invalid_token");
            }
        }
    }
}

#[tokio::test]
async fn hs256_signed_with_a_public_key_is_refused() {
    let (world, owner) = world().await;
    for key in [&KEYS.rsa, &KEYS.ec, &KEYS.ed] {
        for secret in [key.public.clone(), key.jwk.to_string().into_bytes()] {
            for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
                let header = Header { kid: Some(key.kid.to_owned()), ..Header::new(algorithm) };
                let claims = world.idp.claims(&owner);
                let token = encode(&header, &claims, &EncodingKey::from_secret(&secret)).unwrap();
                world.anyone().bearer(&token).get(PROBE).await.problem(401, "invalid_token");
            }
        }
    }
}

#[tokio::test]
async fn a_key_is_used_with_its_own_algorithm_only() {
    let (world, owner) = world().await;
    for (signer, named) in [(&KEYS.ec, &KEYS.rsa), (&KEYS.ed, &KEYS.ec), (&KEYS.rsa, &KEYS.ed)] {
        let forged =
            Key { kid: named.kid, signing: signer.signing.clone(), jwk: Value::Null, public: vec![], ..*signer };
        let token = sign(&forged, &world.idp.claims(&owner));
        world.anyone().bearer(&token).get(PROBE).await.problem(401, "invalid_token");
    }
    let header = Header { kid: Some(KEYS.rsa.kid.to_owned()), ..Header::new(Algorithm::RS512) };
    let token = encode(&header, &world.idp.claims(&owner), &KEYS.rsa.signing).unwrap();
    world.anyone().bearer(&token).get(PROBE).await.problem(401, "invalid_token");
}

#[tokio::test]
async fn a_stranger_s_signature_is_refused() {
    let (world, owner) = world().await;
    let claims = world.idp.claims(&owner);
    let forged = Key {
        kid: KEYS.rsa.kid,
        signing: KEYS.stranger.signing.clone(),
        jwk: Value::Null,
        public: vec![],
        ..KEYS.stranger
    };
    world.anyone().bearer(&sign(&forged, &claims)).get(PROBE).await.problem(401, "invalid_token");
    let good = world.idp.token(&owner);
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let (header, _) = signed.split_once('.').unwrap();
    let other = encoded(&world.idp.claims("somebody-else"));
    world.anyone().bearer(&format!("{header}.{other}.{signature}")).get(PROBE).await.problem(401, "invalid_token");
    world.anyone().bearer(&format!("{signed}.")).get(PROBE).await.problem(401, "invalid_token");
}

#[tokio::test]
async fn issuer_audience_and_times_are_checked() {
    let (world, owner) = world().await;
    let now = Timestamp::now().as_second();
    let bad = [
        json!({ "iss": "https://elsewhere.example.com" }),
        json!({ "iss": null }),
        json!({ "aud": "another-application" }),
        json!({ "aud": [] }),
        json!({ "aud": null }),
        json!({ "sub": null }),
        json!({ "exp": null }),
        json!({ "exp": now - 120 }),
        json!({ "exp": "soon" }),
        json!({ "nbf": now + 120 }),
    ];
    for claims in bad {
        let token = world.idp.token_with(&owner, &claims);
        let answer = world.anyone().bearer(&token).get(PROBE).await;
        assert_eq!(answer.status, 401, "{claims} is accepted");
        answer.problem(401, "invalid_token");
    }
}

#[tokio::test]
async fn clocks_may_differ_by_less_than_a_minute() {
    let (world, owner) = world().await;
    let now = Timestamp::now().as_second();
    for claims in [json!({ "exp": now - 30 }), json!({ "nbf": now + 30 }), json!({ "nbf": null })] {
        world.anyone().bearer(&world.idp.token_with(&owner, &claims)).get(PROBE).await.ok(200);
    }
    let several = json!({ "aud": ["another-application", switchtower_tests::idp::AUDIENCE] });
    world.anyone().bearer(&world.idp.token_with(&owner, &several)).get(PROBE).await.ok(200);
}

#[tokio::test]
async fn an_empty_subject_is_nobody() {
    let (world, _) = world().await;
    let token = world.idp.token_with("x", &json!({ "sub": "" }));
    world.anyone().bearer(&token).get(PROBE).await.problem(401, "invalid_token");
}

#[tokio::test]
async fn a_token_without_a_key_id_is_refused() {
    let (world, owner) = world().await;
    let token = encode(&Header::new(Algorithm::RS256), &world.idp.claims(&owner), &KEYS.rsa.signing).unwrap();
    world.anyone().bearer(&token).get(PROBE).await.problem(401, "invalid_token");
}

#[tokio::test]
async fn a_flood_of_unknown_key_ids_fetches_keys_once_in_30_seconds() {
    let (world, owner) = world().await;
    world.user(&owner).get(PROBE).await.ok(200);
    assert_eq!(world.idp.fetches(), 1);
    let claims = world.idp.claims(&owner);
    let flood = || async {
        let kids = (0..20).map(|number| format!("made-up-{number}"));
        let tokens = kids.map(|kid| {
            let header = Header { kid: Some(kid), ..Header::new(Algorithm::RS256) };
            encode(&header, &claims, &KEYS.stranger.signing).unwrap()
        });
        let clients: Vec<_> = tokens.map(|token| world.anyone().bearer(&token)).collect();
        for answer in join_all(clients.iter().map(|client| client.get(PROBE))).await {
            assert_eq!((answer.status.as_u16(), answer["code"].as_str()), (401, Some("invalid_token")));
        }
    };
    flood().await;
    assert_eq!(world.idp.fetches(), 1, "keys were fetched again within 30 seconds");
    world.clock.advance(SignedDuration::from_secs(31));
    flood().await;
    assert_eq!(world.idp.fetches(), 2);
    world.user(&owner).get(PROBE).await.ok(200);
}

#[tokio::test]
async fn without_keys_no_token_is_accepted() {
    let (world, owner) = world().await;
    world.idp.set_down(true);
    let answer = world.user(&owner).get(PROBE).await.problem(503, "unavailable");
    assert!(answer.header("retry-after").is_some());
    world.idp.set_down(false);
    world.clock.advance(SignedDuration::from_secs(31));
    world.user(&owner).get(PROBE).await.ok(200);
}

#[tokio::test]
async fn known_keys_outlast_the_identity_provider_for_a_day() {
    let (world, owner) = world().await;
    world.user(&owner).get(PROBE).await.ok(200);
    world.idp.set_down(true);
    world.clock.advance(SignedDuration::from_hours(2));
    world.user(&owner).get(PROBE).await.ok(200);
    world.clock.advance(SignedDuration::from_hours(23));
    world.user(&owner).get(PROBE).await.problem(503, "unavailable");
}

#[tokio::test]
async fn keys_are_found_by_the_issuer_s_openid_configuration() {
    let world = World::with(|config| config.oidc.jwks_url = None).await;
    let owner = world.tenant("acme").await.owner();
    world.user(&owner).get(PROBE).await.ok(200);
}

#[tokio::test]
async fn a_path_of_the_issuer_that_is_not_its_own_yields_no_keys() {
    let world = World::with(|config| {
        config.oidc.jwks_url = None;
        config.oidc.issuer.push_str("/deeper");
    })
    .await;
    let token = world.idp.token("somebody");
    world.anyone().bearer(&token).get(PROBE).await.problem(503, "unavailable");
}
