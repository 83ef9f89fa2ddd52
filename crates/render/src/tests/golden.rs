use crate::{Options, fixture, render};

#[test]
fn a_small_snapshot_renders_as_it_did() {
    let rendered = render(&fixture::small(), &Options::default()).unwrap();
    insta::assert_snapshot!(rendered.to_yaml());
}

#[test]
fn options_choose_namespace_and_gateway_class() {
    let options = Options { namespace: "edge".to_owned(), envoy_gateway_class: "eg".to_owned(), ..Options::default() };
    let rendered = render(&fixture::small(), &options).unwrap();
    assert!(rendered.objects.iter().all(|object| object.manifest["metadata"]["namespace"] == "edge"));
    assert_eq!(rendered.objects[0].manifest["spec"]["gatewayClassName"], "eg");
}
