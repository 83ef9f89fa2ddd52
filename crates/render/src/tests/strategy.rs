//! Arbitrary snapshots within the bounds of the domain, and of what the class `envoy` can do.

mod access;
mod policy;
mod traffic;

use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::{
    collection::vec,
    option,
    prelude::*,
    sample::{Index, subsequence},
};
use switchtower_domain::{
    api_service::{
        Backend, BackendInput, BackendRef, BackendTls, Endpoint, Method, PathMatch, PathMatchType, RouteTimeouts,
        Scheme, ValueMatch, ValueMatchType,
    },
    deployment::DeploymentId,
};
use switchtower_protocol::snapshot::{ApiServicePart, Snapshot};

use self::traffic::{Tuning, apply, tuning};
use crate::fixture;

const METHODS: [Method; 9] = [
    Method::Get,
    Method::Head,
    Method::Post,
    Method::Put,
    Method::Patch,
    Method::Delete,
    Method::Options,
    Method::Trace,
    Method::Connect,
];

/// What a route is made of, once its service is known.
#[derive(Debug, Clone)]
struct RouteSeed {
    path: PathMatch,
    methods: Vec<Method>,
    headers: Vec<ValueMatch>,
    query_params: Vec<ValueMatch>,
    hostnames: Vec<(Index, bool)>,
    refs: Vec<(Index, u32)>,
    times: Option<(u32, u32)>,
}

/// What a service is made of: settings are the same for all backends, or else routes have one backend.
type ServiceSeed = (Vec<BackendInput>, Vec<RouteSeed>, Option<String>, Tuning, Option<Tuning>);

/// Snapshots whose routes never meet: they always render.
pub(super) fn sound(max_routes: usize) -> impl Strategy<Value = Snapshot> {
    snapshot(max_routes, |service, number| format!("/s{service}/r{number}"))
}

/// Snapshots whose routes often are at odds.
pub(super) fn crowded() -> impl Strategy<Value = Snapshot> {
    snapshot(12, |_, _| String::new())
}

fn snapshot(max_routes: usize, base: fn(usize, usize) -> String) -> impl Strategy<Value = Snapshot> {
    let service = (backends(), vec(route(), 0..=max_routes), option::of(".{0,100}"), tuning(), option::of(tuning()));
    let texts = ("[a-z0-9][-a-z0-9]{0,61}[a-z0-9]", "[a-z0-9][-a-z0-9]{0,61}[a-z0-9]");
    let hostnames = vec((hostname(), any::<bool>()), 0..=6);
    let gateway = (vec(access::listener(), 1..6), access::client(), access::auth());
    let policies = vec(policy::seed(), 0..10);
    (vec(service, 1..4), texts, hostnames, gateway, policies, any::<u128>()).prop_map(
        move |(services, (publish, part), hostnames, (listeners, client, auth), policies, random)| {
            let names: Vec<_> = hostnames
                .into_iter()
                .enumerate()
                .map(|(index, (host, wide))| format!("{}h{index}.{host}", if wide { "*." } else { "" }))
                .collect();
            let parts = services.into_iter().enumerate();
            let mut snapshot =
                fixture::snapshot(parts.map(|(index, seed)| service_part(index, &part, seed, &names, base)).collect());
            snapshot.deployment_id = DeploymentId::from_parts(1_760_000_000_000, random);
            snapshot.publish.name = publish.parse().unwrap();
            snapshot.publish.hostnames = names;
            snapshot.publish.auth = auth;
            snapshot.gateway.client = client;
            for (index, mut listener) in listeners.into_iter().enumerate() {
                listener.name = fixture::name(&format!("listener-{index}"));
                listener.port = 1000 + u16::try_from(index).unwrap();
                snapshot.gateway.listeners.push(listener);
            }
            let grown = policies.into_iter().zip(1..);
            snapshot.policies =
                grown.map(|(seed, number)| policy::grow(seed, number, &snapshot.api_services)).collect();
            snapshot
        },
    )
}

fn service_part(
    service: usize,
    text: &str,
    (backends, seeds, version, tuning, other): ServiceSeed,
    published: &[String],
    base: fn(usize, usize) -> String,
) -> ApiServicePart {
    let number = |index: usize| u16::try_from(service * 1000 + index).unwrap();
    let backends: Vec<_> = backends
        .into_iter()
        .enumerate()
        .map(|(index, spec)| {
            let own = fixture::backend(number(index), Scheme::Http, "", 0);
            let tuning = other.as_ref().filter(|_| index % 2 == 1).unwrap_or(&tuning);
            Backend::new(own.id, apply(BackendInput { name: own.spec.name, ..spec }, tuning))
        })
        .collect();
    let grpc = |backend: &Backend| backend.spec.scheme.is_grpc();
    let alike = other.is_none() && backends.iter().all(|backend| grpc(backend) == grpc(&backends[0]));
    let routes = seeds.into_iter().enumerate().map(|(index, seed)| {
        let path = format!("{}{}", base(service, index), seed.path.value);
        let mut route = fixture::route(number(index), seed.path.kind, &path, &seed.methods, &[]);
        let pick = |(at, weight): (Index, u32)| BackendRef { backend_id: at.get(&backends).id, weight };
        let most = if alike { usize::MAX } else { 1 };
        route.spec.backend_refs = seed.refs.into_iter().take(most).map(pick).collect();
        route.spec.backend_refs[0].weight = route.spec.backend_refs[0].weight.max(1);
        route.spec.timeouts = seed.times.map(|(one, other)| RouteTimeouts {
            request_ms: Some(one.max(other)),
            backend_request_ms: (one != other).then_some(one.min(other)),
        });
        route.spec.hostnames = hostnames_of(&seed.hostnames, published);
        route.spec.headers = seed.headers;
        route.spec.query_params = seed.query_params;
        route
    });
    let routes = routes.collect();
    let mut part = fixture::api_service(u16::try_from(service).unwrap(), text, backends, routes);
    part.version = version;
    part
}

/// Host names that the publish answers, some of them under its wide ones; any, when it has none.
fn hostnames_of(seeds: &[(Index, bool)], published: &[String]) -> Vec<String> {
    let any = ["*.example.com", "a.example.com", "*.b.example.com", "c.b.example.com", "*.com"].map(str::to_owned);
    let all = if published.is_empty() { &any[..] } else { published };
    let narrow = |name: &str| name.strip_prefix('*').map(|rest| format!("narrow{rest}"));
    let name = |(at, narrower): &(Index, bool)| {
        let name: &String = at.get(all);
        narrow(name).filter(|_| *narrower).unwrap_or_else(|| name.clone())
    };
    let mut names: Vec<_> = seeds.iter().map(name).collect();
    names.sort();
    names.dedup();
    names
}

fn hostname() -> impl Strategy<Value = String> {
    r"[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?(\.[a-z]([-a-z0-9]{0,20}[a-z0-9])?){1,3}"
}

fn backends() -> impl Strategy<Value = Vec<BackendInput>> {
    // Now and then some of them speak gRPC and some do not.
    let schemes = prop_oneof![
        4 => Just(vec![Scheme::Http, Scheme::Https]),
        1 => Just(vec![Scheme::Grpc, Scheme::Grpcs]),
        1 => Just(vec![Scheme::Http, Scheme::Https, Scheme::Grpc, Scheme::Grpcs]),
    ];
    (schemes, vec((backend(), any::<Index>()), 1..5)).prop_map(|(schemes, backends)| {
        let own = |(mut spec, at): (BackendInput, Index)| {
            spec.scheme = *at.get(&schemes);
            spec.tls = spec.tls.filter(|_| spec.scheme.is_tls());
            spec
        };
        backends.into_iter().map(own).collect()
    })
}

fn backend() -> impl Strategy<Value = BackendInput> {
    let hosts = prop_oneof![
        2 => vec(hostname(), 1..2),
        1 => vec(hostname(), 1..9),
        1 => vec(hostname().prop_map(|host| host.to_ascii_uppercase()), 1..3),
        1 => vec(any::<Ipv4Addr>().prop_map(|ip| ip.to_string()), 1..9),
        1 => vec(any::<Ipv6Addr>().prop_map(|ip| ip.to_string()), 1..64),
    ];
    let tls = (option::of(hostname()), any::<bool>());
    (hosts, tls, option::of("[a-z]{1,8}-[a-z]"), 1..=u16::MAX).prop_map(|(hosts, (sni, insecure), zone, port)| {
        let one = hosts.len() == 1 && hosts[0].parse::<std::net::IpAddr>().is_err();
        let sni = sni.or_else(|| (!one && !insecure).then(|| "sni.example.com".to_owned()));
        let endpoint = |host| Endpoint { zone: zone.clone(), ..Endpoint::new(host, port) };
        let endpoints = hosts.into_iter().map(endpoint).collect();
        let tls = Some(BackendTls { sni, insecure_skip_verify: insecure });
        BackendInput { tls, ..BackendInput::new(fixture::name("backend"), Scheme::Https, endpoints) }
    })
}

fn route() -> impl Strategy<Value = RouteSeed> {
    let path = prop_oneof![
        4 => (Just(PathMatchType::Exact), r"(/[-A-Za-z0-9_~!$&'()*+,;=:@]{1,12}){1,4}"),
        1 => (Just(PathMatchType::Exact), r"/[a-z]{800,1000}"),
        2 => (Just(PathMatchType::Prefix), r"(/[-A-Za-z0-9_]{1,12}){1,3}/?"),
        1 => (Just(PathMatchType::Exact), r"/[a-c]"),
        4 => (Just(PathMatchType::Regex), r"(/([a-z]{1,3}|\[\^/\]\+)){1,4}"),
        1 => (Just(PathMatchType::Regex), r"/([a-z]{1,3}\.\*|\\d\{1,3\}|\(a\|b\))/[a-z]"),
    ];
    let methods = (0..=4_usize).prop_flat_map(|most| subsequence(METHODS.to_vec(), 0..=most * 2));
    let refs = prop_oneof![
        8 => vec((any::<Index>(), Just(1)), 1..2),
        2 => vec((any::<Index>(), 0..=1_000_000_u32), 1..=16),
    ];
    let times = prop_oneof![6 => Just(None), 1 => (1..=3_600_000_u32, 1..=3_600_000_u32).prop_map(Some)];
    let hostnames = prop_oneof![3 => Just(Vec::new()), 1 => vec(any::<(Index, bool)>(), 1..4)];
    (path, methods, values(), values(), hostnames, refs, times).prop_map(
        |((kind, value), methods, headers, query_params, hostnames, refs, times)| {
            let path = PathMatch { kind, value };
            RouteSeed { path, methods, headers, query_params, hostnames, refs, times }
        },
    )
}

/// Headers or query parameters of different names.
fn values() -> impl Strategy<Value = Vec<ValueMatch>> {
    let one = prop_oneof![
        2 => "[a-c]".prop_map(|value| (ValueMatchType::Exact, Some(value))),
        1 => "[ -~]{1,20}".prop_map(|value| (ValueMatchType::Exact, Some(value))),
        1 => "(\\[a-z\\]\\+|[a-z]){1,3}".prop_map(|value| (ValueMatchType::Regex, Some(value))),
        1 => Just((ValueMatchType::Present, None)),
    ];
    let names = prop_oneof![4 => Just(0..=0_usize), 1 => Just(1..=3_usize)]
        .prop_flat_map(|most| subsequence(vec!["x-a", "X-B", "c!#$%&'*+.^_|~", "d"], most));
    names.prop_flat_map(move |names| {
        vec(one.clone(), names.len()).prop_map(move |values| {
            let own = |(name, (kind, value)): (&&str, _)| {
                fixture::value_match(name, kind, Option::<String>::as_deref(&value))
            };
            names.iter().zip(values).map(own).collect()
        })
    })
}
