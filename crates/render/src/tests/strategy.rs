//! Arbitrary snapshots within the bounds of the domain.

use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::{collection::vec, option, prelude::*, sample::subsequence};
use switchtower_domain::{
    api_service::{
        Backend, BackendInput, BackendRef, BackendTls, Endpoint, Method, PathMatchType, RouteTimeouts, Scheme,
    },
    gateway::{Listener, ListenerTls, Protocol},
};
use switchtower_protocol::snapshot::{ApiServicePart, Snapshot};

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
type RouteSeed = (PathMatchType, String, Vec<Method>, Vec<(prop::sample::Index, u32)>, Option<(u32, u32)>);

/// Snapshots whose routes never meet: they always render.
pub(super) fn sound(max_routes: usize) -> impl Strategy<Value = Snapshot> {
    snapshot(max_routes, |service, number| format!("/s{service}/r{number}"))
}

/// Snapshots whose routes often are at odds.
pub(super) fn crowded() -> impl Strategy<Value = Snapshot> {
    snapshot(12, |_, _| String::new())
}

fn snapshot(max_routes: usize, base: fn(usize, usize) -> String) -> impl Strategy<Value = Snapshot> {
    let service = (vec(backend(), 1..5), vec(route(), 0..=max_routes), option::of(".{0,100}"));
    let texts = ("[a-z0-9][-a-z0-9]{0,61}[a-z0-9]", "[a-z0-9][-a-z0-9]{0,61}[a-z0-9]");
    (vec(service, 1..4), texts, vec(hostname(), 0..=16), vec(listener(), 1..6), any::<u128>()).prop_map(
        move |(services, (publish, part), hostnames, listeners, random)| {
            let parts = services.into_iter().enumerate().map(|(index, (backends, routes, version))| {
                let mut part = service_part(index, &part, backends, routes, base);
                part.version = version;
                part
            });
            let mut snapshot = fixture::snapshot(parts.collect());
            snapshot.deployment_id =
                switchtower_domain::deployment::DeploymentId::from_parts(1_760_000_000_000, random);
            snapshot.publish.name = publish.parse().unwrap();
            for (index, host) in hostnames.into_iter().enumerate() {
                snapshot.publish.hostnames.push(format!("h{index}.{host}"));
            }
            for (index, mut listener) in listeners.into_iter().enumerate() {
                listener.name = fixture::name(&format!("listener-{index}"));
                listener.port = 1000 + u16::try_from(index).unwrap();
                snapshot.gateway.listeners.push(listener);
            }
            snapshot
        },
    )
}

fn service_part(
    service: usize,
    text: &str,
    backends: Vec<BackendInput>,
    seeds: Vec<RouteSeed>,
    base: fn(usize, usize) -> String,
) -> ApiServicePart {
    let number = |index: usize| u16::try_from(service * 1000 + index).unwrap();
    let backends: Vec<_> = backends
        .into_iter()
        .enumerate()
        .map(|(index, spec)| {
            let own = fixture::backend(number(index), Scheme::Http, "", 0);
            Backend::new(own.id, BackendInput { name: own.spec.name, ..spec })
        })
        .collect();
    let routes = seeds.into_iter().enumerate().map(|(index, (kind, path, methods, refs, times))| {
        let path = format!("{}{path}", base(service, index));
        let mut route = fixture::route(number(index), kind, &path, &methods, &[]);
        let pick = |(at, weight): (prop::sample::Index, u32)| BackendRef { backend_id: at.get(&backends).id, weight };
        route.spec.backend_refs = refs.into_iter().map(pick).collect();
        route.spec.backend_refs[0].weight = route.spec.backend_refs[0].weight.max(1);
        route.spec.timeouts = times.map(|(one, other)| RouteTimeouts {
            request_ms: Some(one.max(other)),
            backend_request_ms: (one != other).then_some(one.min(other)),
        });
        route
    });
    let routes = routes.collect();
    fixture::api_service(u16::try_from(service).unwrap(), text, backends, routes)
}

fn hostname() -> impl Strategy<Value = String> {
    r"[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?(\.[a-z]([-a-z0-9]{0,20}[a-z0-9])?){1,3}"
}

fn listener() -> impl Strategy<Value = Listener> {
    (any::<bool>(), option::of(hostname()), any::<bool>(), hostname()).prop_map(|(https, host, wide, secret)| {
        Listener {
            name: fixture::name("listener"),
            port: 1,
            protocol: if https { Protocol::Https } else { Protocol::Http },
            hostname: host.map(|host| if wide { format!("*.{host}") } else { host }),
            tls: https.then(|| ListenerTls::new(secret)),
        }
    })
}

fn backend() -> impl Strategy<Value = BackendInput> {
    let hosts = prop_oneof![
        vec(hostname(), 1..9),
        vec(hostname().prop_map(|host| host.to_ascii_uppercase()), 1..3),
        vec(any::<Ipv4Addr>().prop_map(|ip| ip.to_string()), 1..9),
        vec(any::<Ipv6Addr>().prop_map(|ip| ip.to_string()), 1..64),
    ];
    (hosts, any::<bool>(), hostname(), 1..=u16::MAX).prop_map(|(hosts, https, sni, port)| {
        let scheme = if https { Scheme::Https } else { Scheme::Http };
        let endpoints = hosts.into_iter().map(|host| Endpoint::new(host, port)).collect();
        let tls = https.then_some(BackendTls { sni: Some(sni), insecure_skip_verify: false });
        BackendInput { tls, ..BackendInput::new(fixture::name("backend"), scheme, endpoints) }
    })
}

fn route() -> impl Strategy<Value = RouteSeed> {
    let path = prop_oneof![
        4 => (Just(PathMatchType::Exact), r"(/[-A-Za-z0-9_~!$&'()*+,;=:@]{1,12}){1,4}"),
        1 => (Just(PathMatchType::Exact), r"/[a-z]{800,1000}"),
        2 => (Just(PathMatchType::Prefix), r"(/[-A-Za-z0-9_]{1,12}){1,3}/?"),
        4 => (Just(PathMatchType::Regex), r"(/([a-z]{1,3}|\[\^/\]\+)){1,4}"),
        1 => (Just(PathMatchType::Regex), r"/([a-z]{1,3}\.\*|\\d\{1,3\}|\(a\|b\))/[a-z]"),
    ];
    let methods = (0..=4_usize).prop_flat_map(|most| subsequence(METHODS.to_vec(), 0..=most * 2));
    let refs = prop_oneof![
        8 => vec((any::<prop::sample::Index>(), Just(1)), 1..2),
        2 => vec((any::<prop::sample::Index>(), 0..=1_000_000_u32), 1..=16),
    ];
    let times = prop_oneof![6 => Just(None), 1 => (1..=3_600_000_u32, 1..=3_600_000_u32).prop_map(Some)];
    (path, methods, refs, times).prop_map(|((kind, path), methods, refs, times)| (kind, path, methods, refs, times))
}
