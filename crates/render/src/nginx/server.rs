//! `server`s: which host names are answered where, by which tree.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use switchtower_domain::gateway::{ClientSettings, Listener, ListenerTls, Protocol, TlsVersion};
use switchtower_protocol::snapshot::{GatewayPart, Snapshot};

use super::{
    arg::Arg,
    candidate::{self, Candidate},
    conf::Conf,
    host::{self, Claim, PATH},
    maps::Maps,
    names::Names,
    target::Targets,
    tree::{Shape, Tree},
    usage,
};

/// Requests that nothing answers.
const NOTHING: &str = "none";

/// Hosts that are answered alike.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Server {
    hosts: BTreeSet<String>,
    /// Plain ports and ports with TLS.
    ports: (BTreeSet<u16>, BTreeSet<u16>),
    /// Index of the listener that lends its certificate.
    certificate: Option<usize>,
    /// The candidates, in order.
    routes: Vec<usize>,
}

/// What each route leads to: the locations, and the value that picks one of them.
pub(super) struct Leads {
    pub(super) locations: Vec<usize>,
    pub(super) pick: Arg,
}

/// What the host must keep free for the deployment.
pub(super) fn claims(snapshot: &Snapshot, ipv6: bool, candidates: &[Candidate<'_>]) -> Vec<Claim> {
    let mut ports: BTreeMap<u16, Claim> = BTreeMap::new();
    for listener in &snapshot.gateway.listeners {
        let tls = listener.protocol == Protocol::Https;
        let fresh = || Claim { port: listener.port, tls, ipv6, hostnames: BTreeSet::new() };
        ports.entry(listener.port).or_insert_with(fresh).hostnames.extend(hosts(listener, candidates));
    }
    ports.into_values().collect()
}

/// The host names of a listener, each that a route answers or the listener's own.
fn hosts(listener: &Listener, candidates: &[Candidate<'_>]) -> BTreeSet<String> {
    let own = listener.hostname.as_deref();
    candidates.iter().flat_map(|candidate| candidate.hosts(own)).collect()
}

/// All servers, with equal ones made one.
fn servers(gateway: &GatewayPart, candidates: &[Candidate<'_>]) -> Vec<Server> {
    // On one port, a host is its most specific listener's.
    let mut by_host: BTreeMap<(u16, String), usize> = BTreeMap::new();
    let length = |index: usize| {
        let hostname = gateway.listeners.get(index).and_then(|listener| listener.hostname.as_deref());
        hostname.map_or(0, str::len)
    };
    for (index, listener) in gateway.listeners.iter().enumerate() {
        for host in hosts(listener, candidates) {
            let best = by_host.entry((listener.port, host)).or_insert(index);
            if length(index) > length(*best) {
                *best = index;
            }
        }
    }
    let mut grouped: BTreeMap<(u16, usize, Vec<usize>), BTreeSet<String>> = BTreeMap::new();
    for ((port, host), index) in by_host {
        let hostname = gateway.listeners.get(index).and_then(|listener| listener.hostname.as_deref());
        let routes = candidate::ordered(candidates, hostname, &host);
        grouped.entry((port, index, routes)).or_default().insert(host);
    }
    let mut servers: Vec<Server> = Vec::new();
    for ((port, index, routes), hosts) in grouped {
        let tls = gateway.listeners.get(index).is_some_and(|listener| listener.protocol == Protocol::Https);
        let alike = |server: &&mut Server| {
            server.hosts == hosts && server.routes == routes && (!tls || server.certificate.is_none())
        };
        let position = servers.iter_mut().find(alike);
        let server = match position {
            Some(server) => server,
            None => {
                let ports = (BTreeSet::new(), BTreeSet::new());
                servers.push(Server { hosts, ports, certificate: None, routes });
                match servers.last_mut() {
                    Some(last) => last,
                    None => continue,
                }
            }
        };
        if tls {
            server.ports.1.insert(port);
            server.certificate = Some(index);
        } else {
            server.ports.0.insert(port);
        }
    }
    servers.sort();
    servers
}

/// Writes all servers.
pub(super) fn render(
    snapshot: &Snapshot,
    ipv6: bool,
    names: &Names,
    candidates: &[Candidate<'_>],
    leads: &[Leads],
    targets: &Targets<'_>,
    maps: &mut Maps<'_>,
) -> Conf {
    let shapes: Vec<Shape> = candidates.iter().map(|candidate| candidate.shape.clone()).collect();
    let mut trees: HashMap<Vec<usize>, Arg> = HashMap::new();
    let mut conf = Conf::default();
    let gateway = &snapshot.gateway;
    for server in servers(gateway, candidates) {
        let tree = trees.entry(server.routes.clone()).or_insert_with(|| {
            let tree = Tree::of(&shapes, server.routes.clone());
            maps.route(candidates, &tree)
        });
        conf.block("server", &[], |conf| {
            listen(&server, ipv6, conf);
            let certificate = server.certificate.and_then(|index| gateway.listeners.get(index));
            if let Some(own) = certificate.and_then(|listener| listener.tls.as_ref()) {
                tls(own, conf);
            }
            if let Some(client) = &gateway.client {
                limits(client, conf);
            }
            usage::log(names, conf);
            conf.line("set", &[PATH.into(), "$uri".into()]);
            conf.line("set", &[Arg::template(&names.variable("route")), tree.clone()]);
            // Before any location is looked for, so that none can be asked for by its name.
            conf.line("rewrite", &["^".into(), Arg::template(&names.variable("target")), "last".into()]);
            conf.block("location", &["=".into(), NOTHING.into()], |conf| conf.line("return", &[404.into()]));
            let own = server.routes.iter().filter_map(|route| leads.get(*route));
            let locations: BTreeSet<usize> = own.flat_map(|leads| leads.locations.iter().copied()).collect();
            for number in locations {
                conf.block("location", &["=".into(), u64::try_from(number).unwrap_or_default().into()], |conf| {
                    conf.lines(targets.text(number));
                });
            }
        });
    }
    conf
}

/// The map from a route to what it leads to.
pub(super) fn leads(names: &Names, candidates: &[Candidate<'_>], leads: &[Leads], conf: &mut Conf) {
    let (route, target) = (names.variable("route"), names.variable("target"));
    conf.block("map", &[Arg::template(&route), Arg::template(&target)], |conf| {
        conf.pair(&"default".into(), &NOTHING.into());
        for (candidate, leads) in candidates.iter().zip(leads) {
            conf.pair(&Arg::key(&candidate.route.id.to_string()), &leads.pick);
        }
    });
}

fn listen(server: &Server, ipv6: bool, conf: &mut Conf) {
    let all = server.hosts.contains("*");
    let (plain, secure) = &server.ports;
    let ports = plain.iter().map(|port| (*port, false)).chain(secure.iter().map(|port| (*port, true)));
    for (port, tls) in ports {
        for address in host::addresses(port, true, ipv6) {
            let mut args = vec![address];
            args.extend(all.then(|| "default_server".into()));
            args.extend(tls.then_some(["ssl", "http2"]).into_iter().flatten().map(Arg::from));
            conf.line("listen", &args);
        }
    }
    let names: Vec<Arg> = server.hosts.iter().filter(|host| *host != "*").map(|host| Arg::plain(host)).collect();
    if !names.is_empty() {
        conf.line("server_name", &names);
    }
}

/// The certificates that a deployment listens with.
pub(super) fn certificates(snapshot: &Snapshot) -> BTreeSet<String> {
    let listeners = snapshot.gateway.listeners.iter();
    listeners.filter_map(|listener| Some(listener.tls.as_ref()?.certificate_ref.clone())).collect()
}

fn tls(own: &ListenerTls, conf: &mut Conf) {
    let file = |name: &str| Arg::plain(&host::certificate_file(&own.certificate_ref, name));
    conf.line("ssl_certificate", &[file(host::CERTIFICATE)]);
    conf.line("ssl_certificate_key", &[file(host::CERTIFICATE_KEY)]);
    let versions = match own.min_version {
        Some(TlsVersion::V1_3) => vec!["TLSv1.3".into()],
        Some(TlsVersion::V1_2) | None => vec!["TLSv1.2".into(), "TLSv1.3".into()],
    };
    conf.line("ssl_protocols", &versions);
    conf.line("ssl_session_cache", &["shared:switchtower:10m".into()]);
}

fn limits(client: &ClientSettings, conf: &mut Conf) {
    if let Some(time) = client.header_timeout_ms {
        conf.line("client_header_timeout", &[Arg::milliseconds(time)]);
    }
    if let Some(time) = client.idle_timeout_ms {
        conf.line("keepalive_timeout", &[Arg::milliseconds(time)]);
    }
    if let Some(most) = client.max_body_bytes {
        conf.line("client_max_body_size", &[most.into()]);
    }
}
