//! Documents that want to cost much.

use std::time::{Duration, Instant};

use super::*;

/// Generous, since these run unoptimised beside others.
const QUICK: Duration = Duration::from_secs(20);

#[test]
fn too_many_bytes_are_refused_unread() {
    let limits = Limits { bytes: 10, ..Limits::default() };
    assert_eq!(parse(b"openapi: 3.0.0", limits), Err(ImportError::TooLarge { bytes: 14, limit: 10 }));
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut text = String::from("openapi: 3.0.0\nx-0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let below = format!("*a{}, ", level - 1).repeat(10);
        text.push_str(&format!("x-{level}: &a{level} [{}]\n", below.trim_end_matches(", ")));
    }
    let start = Instant::now();
    assert!(matches!(read(&text), Err(ImportError::TooComplex { .. })), "{:?}", read(&text));
    assert!(start.elapsed() < QUICK);
}

#[test]
fn an_alias_inside_its_own_anchor_is_refused() {
    assert!(read("openapi: 3.0.0\npaths: &p\n  /a: *p\n").is_err());
}

#[test]
fn deep_nesting_is_refused_or_skipped() {
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(200_000), close.repeat(200_000));
    let json = format!(r#"{{"openapi":"3.0.0","x-deep":{}}}"#, deep("[", "]"));
    assert!(read(&json).is_ok(), "what is of no use is skipped without recursion");
    let json = format!(r#"{{"openapi":"3.0.0","paths":{}}}"#, deep(r#"{"a":"#, ""));
    assert!(read(&json).is_err());
    assert!(read(&format!("openapi: 3.0.0\nx-deep: {}", deep("[", "]"))).is_err());
    assert!(read(&deep("[", "]")).is_err());
    assert!(read(&format!("openapi: 3.0.0\nx-deep: {}", deep("{a: ", "}"))).is_err());
    assert!(read(&format!("openapi: 3.0.0\nx-deep:\n  {}a\n", "- ".repeat(200_000))).is_err());
    assert!(read(&format!("openapi: 3.0.0\nx-deep:\n  {}a\n", "? ".repeat(200_000))).is_err());
    let mut aliases = String::from("openapi: 3.0.0\nx-0: &a0 {a: {b: {c: 1}}}\n");
    for level in 1..200 {
        aliases.push_str(&format!("x-{level}: &a{level} {{a: {{b: {{c: *a{}}}}}}}\n", level - 1));
    }
    assert!(read(&aliases).is_err());
    let two = read("openapi: 3.0.0\n---\nopenapi: 3.0.0\n");
    assert!(matches!(two, Err(ImportError::Malformed { .. } | ImportError::TooComplex { .. })), "{two:?}");
    let block: String = (0..3_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    assert!(matches!(read(&block), Err(ImportError::TooComplex { .. } | ImportError::Malformed { .. })));
}

#[test]
fn cyclic_schemas_cost_nothing() {
    let schema = |name: usize| format!(r##""S{name}":{{"$ref":"#/components/schemas/S{}"}}"##, (name + 1) % 5_000);
    let schemas: Vec<_> = (0..5_000).map(schema).collect();
    let text = format!(
        r#"{{"openapi":"3.1.0","servers":[{{"url":"http://a.example"}}],"paths":{{"/aa":{{"get":{{}}}}}},"components":{{"schemas":{{{}}}}}}}"#,
        schemas.join(",")
    );
    assert_eq!(import(&text).unwrap().definition.routes.len(), 1);
}

#[test]
fn cyclic_and_endless_path_references_are_noted() {
    let plan = import(&with_paths(
        "{/aa: {$ref: '#/paths/~1bb'}, /bb: {$ref: '#/paths/~1aa'}, /cc: {get: {}}, /dd: {$ref: '#/paths/~1dd'}}",
    ))
    .unwrap();
    assert_eq!(lines(&plan), ["cc GET /v1/cc"]);
    assert_eq!(codes(&plan), ["ref_endless", "ref_endless", "ref_endless"]);

    let chain: Vec<_> = (0..5_000).map(|at| format!("/p{at}: {{$ref: '#/paths/~1p{}'}}", at + 1)).collect();
    let start = Instant::now();
    let plan = import(&with_paths(&format!("{{{}, /p5000: {{get: {{}}}}}}", chain.join(", ")))).unwrap();
    assert!(start.elapsed() < QUICK);
    assert_eq!(plan.definition.routes.len(), 17);
    assert_eq!((plan.report.notes.len(), plan.report.omitted), (200, 5_000 - 16 - 200));
}

#[test]
fn too_many_of_anything_is_refused_with_the_count() {
    let paths: Vec<_> = (0..2_001).map(|at| format!("/p{at}: {{get: {{}}}}")).collect();
    let error = import(&with_paths(&format!("{{{}}}", paths.join(", "))));
    assert_eq!(error, Err(ImportError::TooManyRoutes { count: 2_001 }));

    let paths: Vec<_> =
        (0..101).map(|at| format!("/p{at}: {{servers: [{{url: 'http://h{at}.example'}}], get: {{}}}}")).collect();
    let error = import(&with_paths(&format!("{{{}}}", paths.join(", "))));
    assert_eq!(error, Err(ImportError::TooManyBackends { count: 102 }));

    let tags = with_paths(&format!("{{/aa: {{get: {{tags: [{}]}}}}}}", "a, ".repeat(1_001)));
    assert!(matches!(read(&tags), Err(ImportError::Malformed { .. })));
    let paths: Vec<_> = (0..10_001).map(|at| format!("/p{at}: {{}}")).collect();
    assert!(matches!(read(&with_paths(&format!("{{{}}}", paths.join(", ")))), Err(ImportError::Malformed { .. })));
}
