//! `upstream`s: the endpoints of a backend, and how requests are shared among them.

use std::collections::HashMap;

use switchtower_domain::{
    api_service::{Backend, Endpoint},
    traffic::{HashOn, HashOnType, LoadBalancing, LoadBalancingPolicy},
};

use super::{address, arg::Arg, conf::Conf, maps::header_variable, names::Names};
use crate::effective::Settings;

/// Idle connections that each worker keeps to a backend.
const KEEPALIVE: u64 = 64;

/// What decides whether two uses of backends share an `upstream`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Pool {
    backend: String,
    /// How many times each endpoint is listed: a request goes to the same listing once only, however often it is tried.
    copies: usize,
    idle_ms: Option<u32>,
}

/// The pools of a deployment.
#[derive(Debug)]
pub(super) struct Pools<'a> {
    names: &'a Names,
    conf: Conf,
    known: HashMap<Pool, String>,
}

impl<'a> Pools<'a> {
    pub(super) fn new(names: &'a Names) -> Self {
        Self { names, conf: Conf::default(), known: HashMap::new() }
    }

    pub(super) fn into_conf(self) -> Conf {
        self.conf
    }

    /// The name of the `upstream` of a backend.
    pub(super) fn of(&mut self, backend: &Backend, settings: &Settings<'_>) -> String {
        let spec = &backend.spec;
        let tries = settings.retry.map_or(1, |retry| usize::try_from(retry.attempts).unwrap_or(1) + 1);
        let copies = tries.div_ceil(spec.endpoints.len().max(1));
        let pool = Pool { backend: backend.id.to_string(), copies, idle_ms: settings.idle_ms };
        if let Some(name) = self.known.get(&pool) {
            return name.clone();
        }
        let number = self.known.len() + 1;
        let name = self.names.name(&format!("b{number}"));
        let balancing = settings.load_balancing.cloned().unwrap_or_default();
        let key = self.hash_key(&balancing, number);
        self.conf.comment(&format!("Backend {} ({})", spec.name, backend.id));
        self.conf.block("upstream", &[Arg::plain(&name)], |conf| {
            conf.line("zone", &[Arg::plain(&name), Arg::plain(&size(&spec.endpoints, copies))]);
            match balancing.policy {
                LoadBalancingPolicy::RoundRobin => {}
                LoadBalancingPolicy::LeastRequest => conf.line("least_conn", &[]),
                LoadBalancingPolicy::Random => conf.line("random", &[]),
                LoadBalancingPolicy::ConsistentHash => conf.line("hash", &[Arg::template(&key), "consistent".into()]),
            }
            for _ in 0..copies {
                spec.endpoints.iter().for_each(|endpoint| server(conf, endpoint, spec.endpoints.len()));
            }
            conf.line("keepalive", &[KEEPALIVE.into()]);
            if let Some(idle) = settings.idle_ms {
                conf.line("keepalive_timeout", &[Arg::milliseconds(idle)]);
            }
        });
        self.known.insert(pool, name.clone());
        name
    }

    /// What a consistent hash is made of. A request without it goes anywhere, rather than all of them to one endpoint.
    fn hash_key(&mut self, balancing: &LoadBalancing, number: usize) -> String {
        let Some(HashOn { kind, name }) = &balancing.hash_on else { return "$remote_addr".to_owned() };
        let name = name.as_deref().unwrap_or_default();
        let source = match kind {
            HashOnType::SourceIp => return "$remote_addr".to_owned(),
            HashOnType::Header => header_variable(name),
            HashOnType::Cookie => format!("$cookie_{name}"),
        };
        let key = self.names.variable(&format!("h{number}"));
        self.conf.block("map", &[Arg::template(&source), Arg::template(&key)], |conf| {
            conf.pair(&"default".into(), &Arg::template(&source));
            conf.pair(&Arg::plain(""), &"$request_id".into());
        });
        key
    }
}

fn server(conf: &mut Conf, endpoint: &Endpoint, endpoints: usize) {
    let host = if endpoint.host.contains(':') { format!("[{}]", endpoint.host) } else { endpoint.host.clone() };
    let mut args = vec![Arg::plain(&format!("{host}:{}", endpoint.port))];
    if let Some(weight) = endpoint.weight {
        args.push(Arg::plain(&format!("weight={weight}")));
    }
    // An endpoint that fails is left out for a while when there is another one to take its share.
    args.extend(match endpoints {
        1 => vec!["max_fails=0".into()],
        _ => vec!["max_fails=3".into(), "fail_timeout=10s".into()],
    });
    conf.line("server", &args);
}

/// The memory that workers share for the listings of these endpoints. A name takes as much as its addresses.
fn size(endpoints: &[Endpoint], copies: usize) -> String {
    let kilobytes = |endpoint: &Endpoint| if endpoint.is_ip() { 1 } else { address::MOST };
    format!("{}k", 64 + endpoints.iter().map(kilobytes).sum::<usize>() * copies)
}
