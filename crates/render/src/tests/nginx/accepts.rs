//! Whether a real nginx accepts what is rendered. `scripts/test traffic` installs one and runs this.

use std::{
    collections::BTreeMap,
    env, fs,
    net::{Ipv4Addr, Ipv6Addr, TcpListener},
    path::Path,
    process::Command,
    time::Instant,
};

use proptest::{prelude::*, test_runner::TestRunner};
use switchtower_domain::{
    api_service::{BackendInput, Method, Scheme, ValueMatch, ValueMatchType},
    policy::{
        HeaderChanges, HeaderModifier, HeaderValue, PathRewrite, PathRewriteType, PolicyId, PolicySpec, Rule,
        UrlRewrite,
    },
    product_publish::Auth,
};
use switchtower_protocol::snapshot::Snapshot;

use super::{super::strategy, everything, nginx};
use crate::{
    Options, Subject,
    nginx::{address, host},
    render,
};

/// What `nginx -t` has against a snapshot.
fn complaints(snapshot: &Snapshot, folder: &Path) -> String {
    let program = env::var("SWITCHTOWER_NGINX").expect("SWITCHTOWER_NGINX says where nginx is");
    let mut options = Options::default();
    // Not every machine speaks it.
    options.nginx.ipv6 = TcpListener::bind((Ipv6Addr::UNSPECIFIED, 0)).is_ok();
    let rendered = render(snapshot, &options).unwrap();
    let tree = folder.join("tree");
    _ = fs::remove_dir_all(&tree);
    fs::create_dir_all(tree.join("deployments/one")).unwrap();
    fs::create_dir_all(tree.join("keys")).unwrap();
    fs::create_dir_all(tree.join("addresses")).unwrap();
    host::FOLDERS.iter().for_each(|own| fs::create_dir_all(folder.join(own)).unwrap());
    let mut claims = host::Claims::default();
    for object in &rendered.objects {
        let text = object.manifest.as_str().unwrap();
        if object.name == crate::nginx::CLAIMS_FILE {
            claims = serde_json::from_str(text).unwrap();
        }
        fs::write(tree.join("deployments/one").join(&object.name), text).unwrap();
        if object.name == address::FILE {
            let addresses = address::put(text, |_| vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
            fs::write(tree.join(address::file("one")), addresses).unwrap();
        }
    }
    certificates(&claims, folder);
    for credentials in &claims.credentials {
        let keys = host::keys([("default", "default"), ("$uri", "~\"};{$uri"), ("c-3", "include")]);
        fs::write(tree.join(host::keys_file(credentials)), keys).unwrap();
    }
    let files = rendered.objects.iter().map(|object| object.name.clone()).collect();
    let deployments = BTreeMap::from([("one".to_owned(), (files, claims))]);
    let main = host::main(host::Host { folder: folder.to_str().unwrap(), digest: "digest", deployments: &deployments });
    fs::write(tree.join("nginx.conf"), main).unwrap();
    let output = Command::new(program).args(["-t", "-p"]).arg(folder).arg("-c").arg(tree.join("nginx.conf")).output();
    let output = output.unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.success(), said.contains("test is successful"), "{said}");
    let serious = |line: &&str| !line.contains("test is successful") && !line.contains("syntax is ok");
    // How many files may be open is the machine's affair.
    let own = |line: &&str| !line.contains("open file resource limit") && !line.contains("setrlimit");
    said.lines().filter(serious).filter(own).collect::<Vec<_>>().join("\n")
}

/// Puts a certificate where each listener looks for its own.
fn certificates(claims: &host::Claims, folder: &Path) {
    let own = folder.join("certificate");
    if !own.exists() {
        fs::create_dir_all(&own).unwrap();
        let mut command = Command::new("openssl");
        command.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]);
        command.args(["-subj", "/CN=test", "-keyout"]).arg(own.join("tls.key")).arg("-out").arg(own.join("tls.crt"));
        assert!(command.output().unwrap().status.success());
    }
    for name in &claims.certificates {
        for file in [host::CERTIFICATE, host::CERTIFICATE_KEY] {
            let copy = folder.join("tree").join(host::certificate_file(name, file));
            fs::create_dir_all(copy.parent().unwrap()).unwrap();
            fs::copy(own.join(file), copy).unwrap();
        }
    }
}

#[test]
#[ignore = "needs nginx"]
fn nginx_accepts_everything_that_a_snapshot_can_say() {
    let (snapshot, folder) = (everything::snapshot(), tempfile::tempdir().unwrap());
    assert_eq!(complaints(&snapshot, folder.path()), "");
}

#[test]
#[ignore = "needs nginx"]
fn nginx_accepts_two_thousand_routes_soon() {
    let (mut snapshot, folder) = (nginx(crate::fixture::large(2000)), tempfile::tempdir().unwrap());
    for backend in &mut snapshot.api_services[0].backends {
        backend.spec.endpoints[0].host = "localhost".to_owned();
    }
    assert_eq!(complaints(&snapshot, folder.path()), "");
    // Once more, without the time that it takes to render in a build for tests.
    let program = env::var("SWITCHTOWER_NGINX").unwrap();
    let mut command = Command::new(program);
    command.args(["-t", "-p"]).arg(folder.path()).arg("-c").arg(folder.path().join("tree/nginx.conf"));
    let start = Instant::now();
    assert!(command.output().unwrap().status.success());
    // About a second on a machine that does nothing else.
    assert!(start.elapsed().as_secs() < 30, "nginx took {:?} to read two thousand routes", start.elapsed());
}

/// Foreign text in every place that takes some.
fn hostile(snapshot: &mut Snapshot, texts: &[String]) {
    let mut texts = texts.iter().cycle();
    let mut next = || texts.next().unwrap().trim().to_owned();
    let set = |value: String| vec![HeaderValue { name: "X-Set".to_owned(), value }];
    for (index, service) in snapshot.api_services.iter_mut().enumerate() {
        for route in service.routes.iter_mut().step_by(3) {
            let value = |kind, value| ValueMatch { name: "x-one".to_owned(), kind, value: Some(value) };
            route.spec.headers = vec![value(ValueMatchType::Exact, next())];
            route.spec.query_params = vec![value(ValueMatchType::Exact, next())];
        }
        let request = HeaderChanges {
            set: set(next()),
            add: vec![HeaderValue { name: "X-Add".to_owned(), value: next() }],
            ..HeaderChanges::default()
        };
        let response = HeaderChanges { set: set(next()), ..HeaderChanges::default() };
        let encoded =
            next().bytes().filter(|byte| *byte != b'/').map(|byte| format!("%{byte:02X}")).collect::<String>();
        let path = PathRewrite { kind: PathRewriteType::ReplaceFull, value: format!("/{encoded}") };
        for (number, spec) in [
            PolicySpec::HeaderModifier(HeaderModifier { request, response }),
            PolicySpec::UrlRewrite(UrlRewrite { hostname: None, path: Some(path) }),
        ]
        .into_iter()
        .enumerate()
        {
            let id = PolicyId::from_parts(1, (index * 10 + number) as u128);
            let (name, api_service_id) = (crate::fixture::name("hostile"), Some(service.id));
            snapshot.policies.push(Rule { id, name, api_service_id, route_id: None, priority: 0, spec });
        }
    }
}

fn routes(snapshot: &Snapshot) -> usize {
    snapshot.api_services.iter().map(|service| service.routes.len()).sum()
}

/// Takes out what the class refuses; whether nothing of that is left.
fn fit(snapshot: &mut Snapshot) -> bool {
    for _ in 0..4 {
        let Err(error) = render(snapshot, &Options::default()) else { return true };
        for problem in error.problems() {
            match &problem.subject {
                Subject::Route { id, .. } => {
                    snapshot.api_services.iter_mut().for_each(|service| service.routes.retain(|route| route.id != *id));
                }
                Subject::Policy { id, .. } => snapshot.policies.retain(|rule| rule.id != *id),
                Subject::Backend { id, .. } => {
                    let all = snapshot.api_services.iter_mut().flat_map(|service| &mut service.backends);
                    for spec in all.filter(|backend| backend.id == *id).map(|backend| &mut backend.spec) {
                        spec.endpoints.iter_mut().for_each(|endpoint| endpoint.zone = None);
                        let plain = BackendInput::new(spec.name.clone(), Scheme::Http, spec.endpoints.clone());
                        let hash = problem.field.pointer.starts_with("/load_balancing");
                        let load_balancing = spec.load_balancing.clone().filter(|_| !hash);
                        *spec = BackendInput { load_balancing, ..plain };
                    }
                }
                Subject::Publish { .. } => snapshot.publish.auth = Auth::None,
                Subject::Gateway { .. } => {
                    snapshot.gateway.client = None;
                    let tls = snapshot.gateway.listeners.iter_mut().filter_map(|listener| listener.tls.as_mut());
                    tls.for_each(|tls| tls.certificate_namespace = None);
                }
                Subject::Options | Subject::Snapshot => return false,
            }
        }
    }
    false
}

#[test]
#[ignore = "needs nginx"]
fn nginx_accepts_arbitrary_sound_snapshots() {
    let folder = tempfile::tempdir().unwrap();
    let mut runner = TestRunner::new(ProptestConfig::with_cases(16));
    let texts = proptest::collection::vec(r#"[!-~]([ -~]|[$"'\\;{}#\n]){0,40}[!-~]"#, 1..20);
    let texts = texts.prop_map(|texts| texts.into_iter().map(|text| text.replace('\n', " ")).collect::<Vec<_>>());
    let cases = (strategy::sound(60), texts);
    let tried = runner.run(&cases, |(snapshot, texts)| {
        let mut snapshot = nginx(snapshot);
        for backend in snapshot.api_services.iter_mut().flat_map(|service| &mut service.backends) {
            // Names are looked up when nginx reads them.
            let named = backend.spec.endpoints.iter_mut().filter(|own| !own.is_ip());
            named.for_each(|own| own.host = "localhost".to_owned());
        }
        for route in snapshot.api_services.iter_mut().flat_map(|service| &mut service.routes) {
            route.spec.methods.retain(|method| !matches!(method, Method::Trace | Method::Connect));
            route.spec.backend_refs.iter_mut().for_each(|own| own.weight = own.weight.clamp(1, 100));
        }
        hostile(&mut snapshot, &texts);
        let (wanted, fit) = (routes(&snapshot), fit(&mut snapshot));
        prop_assert!(fit, "what is refused goes away with its part: {:?}", render(&snapshot, &Options::default()));
        prop_assert!(routes(&snapshot) * 4 >= wanted, "{} of {wanted} routes are left to try", routes(&snapshot));
        prop_assert_eq!(complaints(&snapshot, folder.path()), "");
        Ok(())
    });
    tried.unwrap();
}
