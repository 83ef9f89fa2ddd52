use super::*;
use crate::actor::Actor;

fn stamp() -> Stamp {
    Stamp { now: Timestamp::UNIX_EPOCH, actor: Actor::Tenant(TenantId::from_parts(1, 2)) }
}

fn offer(approval_required: bool) -> Offer {
    Offer {
        product_publish_id: ProductPublishId::from_parts(1, 1),
        tenant_id: TenantId::from_parts(1, 1),
        provider: "acme".parse().unwrap(),
        name: "shop-prod".parse().unwrap(),
        product_id: ProductId::from_parts(1, 1),
        product_name: "shop".parse().unwrap(),
        version: None,
        description: None,
        categories: Vec::new(),
        docs_url: None,
        logo_url: None,
        environment: Environment::Prod,
        auth: OfferAuth::None,
        visibility: Visibility::Private,
        approval_required,
        published_at: None,
    }
}

fn subscription(approval_required: bool) -> Resource<Subscription> {
    let customer = (TenantId::from_parts(1, 2), "globex".parse().unwrap());
    let plan = Some(PlanId::from_parts(1, 1));
    let body = Subscription::to(&offer(approval_required), customer, plan, stamp().now);
    let name = "shop-prod".parse().unwrap();
    Resource::new(SubscriptionId::nil(), offer(true).tenant_id, name, Labels::default(), body, &stamp())
}

type Transition = fn(Resource<Subscription>) -> Result<Change<Subscription>, WrongState>;

/// Every transition, with the states that it is for and where it leads.
const TABLE: [(&str, Transition, &[SubscriptionStatus], SubscriptionStatus); 5] = {
    use SubscriptionStatus::{Active, Cancelled, Pending, Rejected, Suspended};
    [
        ("approve", |it| it.approve(&stamp()), &[Pending], Active),
        ("reject", |it| it.reject(None, &stamp()), &[Pending], Rejected),
        ("suspend", |it| it.suspend(None, &stamp()), &[Active], Suspended),
        ("resume", |it| it.resume(&stamp()), &[Suspended], Active),
        ("cancel", |it| it.cancel(None, &stamp()), &[Pending, Active, Suspended], Cancelled),
    ]
};

#[test]
fn every_transition_is_for_the_states_of_the_table_only() {
    use SubscriptionStatus::{Active, Cancelled, Pending, Rejected, Suspended};
    for (verb, transition, from, to) in TABLE {
        for status in [Pending, Active, Rejected, Suspended, Cancelled] {
            let mut it = subscription(true);
            it.body.status = status;
            match transition(it) {
                Ok(change) => {
                    assert!(from.contains(&status), "{verb} of {status:?}");
                    assert_eq!(change.after().unwrap().body.status, to, "{verb} of {status:?}");
                }
                Err(wrong) => {
                    assert!(!from.contains(&status), "{verb} of {status:?}");
                    assert_eq!(wrong.state, status.name());
                }
            }
        }
    }
}

#[test]
fn without_approval_it_is_active_at_once() {
    let (at_once, later) = (subscription(false).body, subscription(true).body);
    assert_eq!((at_once.status, at_once.auto_approved), (SubscriptionStatus::Active, true));
    assert!(at_once.started_at.is_some());
    assert_eq!((later.status, later.auto_approved, later.started_at), (SubscriptionStatus::Pending, false, None));
}

#[test]
fn what_has_ended_keeps_neither_its_plan_nor_its_publish() {
    assert_eq!(subscription(true).body.references().len(), 2);
    let rejected = subscription(true).reject(Some("not yet".to_owned()), &stamp()).unwrap();
    let rejected = rejected.after().unwrap();
    assert_eq!(rejected.body.references(), []);
    assert_eq!(rejected.body.reason.as_deref(), Some("not yet"));
    assert!(rejected.body.ended_at.is_some());
}

#[test]
fn a_private_offer_is_open_to_its_own_tenant_only() {
    let (own, other) = (TenantId::from_parts(1, 1), TenantId::from_parts(1, 2));
    let private = offer(false);
    assert!(private.is_open_to(own) && !private.is_open_to(other));
    assert!(Offer { visibility: Visibility::Public, ..private }.is_open_to(other));
}
