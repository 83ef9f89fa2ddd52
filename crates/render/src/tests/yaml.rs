use serde_json::{Value, json};

use crate::{Object, Options, fixture, object::Metadata, render};

#[test]
fn yaml_reads_back_as_the_manifest() {
    for object in render(&fixture::small(), &Options::default()).unwrap().objects {
        assert_eq!(serde_saphyr::from_str::<Value>(&object.to_yaml()).unwrap(), object.manifest);
    }
}

#[test]
fn text_that_looks_like_something_else_is_quoted() {
    let texts = [
        "on",
        "no",
        "y",
        "null",
        "~",
        "true",
        "1e3",
        "0x1f",
        "010",
        "12",
        "1.10",
        "2026-03-01",
        "1:2:3:4:5:6:7:8",
        "12:30:45",
        "",
        "*",
        "*.example.com",
        "&a",
        "!x",
        "# x",
        "a: b",
        "- a",
        "---",
        " a ",
        "a\nb",
        "\u{7}",
        "é\u{2028}",
        "%",
        "@a",
        "`a`",
    ];
    for text in texts {
        let object = Object::new(("v1", "X"), "n", "a".to_owned(), Metadata::default(), json!({ "text": text }));
        let yaml = object.to_yaml();
        assert_eq!(serde_saphyr::from_str::<Value>(&yaml).unwrap()["spec"]["text"], text, "{yaml}");
        let plain = format!("text: {text}\n");
        assert!(!yaml.ends_with(&plain), "{text:?} must be quoted in {yaml}");
    }
}
