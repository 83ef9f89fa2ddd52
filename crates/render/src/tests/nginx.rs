//! The class `nginx`.

mod accepts;
mod everything;

use switchtower_domain::gateway::GatewayClass;
use switchtower_protocol::snapshot::Snapshot;

use crate::{Options, Rendered, fixture, render};

/// The same for nginx.
fn nginx(mut snapshot: Snapshot) -> Snapshot {
    snapshot.gateway.class = GatewayClass::Nginx;
    snapshot
}

fn text<'r>(rendered: &'r Rendered, name: &str) -> &'r str {
    rendered.objects.iter().find(|object| object.name == name).and_then(|object| object.manifest.as_str()).unwrap()
}

#[test]
fn a_small_snapshot_renders_as_it_did() {
    let rendered = render(&nginx(fixture::small()), &Options::default()).unwrap();
    insta::assert_snapshot!(rendered.to_yaml());
}

#[test]
fn everything_that_a_snapshot_can_say_renders_as_it_did() {
    let rendered = render(&everything::snapshot(), &Options::default()).unwrap();
    insta::assert_snapshot!(rendered.to_yaml());
}

#[test]
fn routes_that_lead_to_the_same_place_share_a_location() {
    let rendered = render(&nginx(fixture::large(1000)), &Options::default()).unwrap();
    assert_eq!(text(&rendered, "servers.conf").matches("proxy_pass").count(), 3);
}
