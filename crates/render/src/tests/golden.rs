use crate::{Options, fixture, render};

#[test]
fn a_small_snapshot_renders_as_it_did() {
    let rendered = render(&fixture::small(), &Options::default()).unwrap();
    insta::assert_snapshot!(rendered.to_yaml());
}

#[test]
fn a_snapshot_with_everything_renders_as_it_did() {
    let rendered = render(&fixture::full(), &Options::default()).unwrap();
    super::invariants::assert_all(&fixture::full(), &rendered);
    insta::assert_snapshot!(rendered.to_yaml());
}

#[test]
fn options_choose_namespace_and_gateway_class() {
    let options = Options { namespace: "edge".to_owned(), envoy_gateway_class: "eg".to_owned(), ..Options::default() };
    let rendered = render(&fixture::small(), &options).unwrap();
    assert!(rendered.objects.iter().all(|object| object.manifest["metadata"]["namespace"] == "edge"));
    let gateway = rendered.objects.iter().find(|object| object.kind == "Gateway").unwrap();
    assert_eq!(gateway.manifest["spec"]["gatewayClassName"], "eg");
}
