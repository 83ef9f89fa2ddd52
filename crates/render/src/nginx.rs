//! A configuration for nginx: files as objects of the kind [`CONFIG`], and [`host`], which puts those of all deployments of a host
//! together.
//!
//! ```text
//!   claims.json     what the deployment takes of its host: ports, host names, credentials
//!   upstreams.conf  a pool of endpoints for each backend
//!   maps.conf       which route a request belongs to: conditions, decision trees, shares, clients
//!   servers.conf    a `server` for hosts that are answered alike, with a location for each way to treat a request, and the form of
//!                   the lines that it writes for each of them
//! ```
//!
//! # The way of a request
//!
//! nginx's own locations look at paths alone and know one order. So a request does not go to a location by its path: before any
//! is looked for, `$…_route` is computed and the request is sent to the location that the route leads to.
//!
//! ```text
//!   GET /v1/orders/7?beta
//!     server     set $switchtower_path $uri                        decoded, without `..` and `//`
//!                set $…_route $…_n9                                segment 1 "v1", segment 2 "orders" -> a short list
//!                rewrite ^ $…_target last                          rte_… -> 12, or by shares 12 or 13, or none
//!     map n9     "<flags> <method> <path>": the first expression that matches names the route
//!     location = 12   preflight, key, limits; rewrite ^ $switchtower_path break; proxy_pass http://…_b1
//! ```
//!
//! * A *list* is a `map` of expressions, one for each route, in the order of precedence; nginx takes the first that matches.
//!   Headers and query parameters are flags of 0 and 1 in front of method and path.
//! * A *tree* of `map`s by segments of the path ([`tree`]) makes lists short: hashes decide, and a thousand routes
//!   cost a request about as much as ten. nginx computes none of it before it is needed.
//! * Locations have names without `/` in front. No path is like that, so clients cannot ask for one, and neither can a
//!   backend (`X-Accel-Redirect` is ignored). Routes that are treated alike share one.
//!
//! # Precedence
//!
//! The more specific host name; then exact paths, regular expressions, prefixes; the longer one; one that names methods; the
//! number of headers, of query parameters; `priority`; last, the order of the snapshot. Routes that are equal in all of it and
//! lead elsewhere are refused.
//!
//! # Foreign text
//!
//! Everything that a tenant writes becomes an `Arg`, which quotes it. `$` cannot be quoted and is written as a
//! variable that holds one; literals in expressions are escaped byte by byte. Expressions of tenants are bounded by PCRE's match
//! limit: one that explodes finds nothing, and holds no worker.
//!
//! # What is different from Envoy
//!
//! * Paths are compared and sent on decoded and normalised: `%2F` is `/`. Regular expressions see bytes; letters beyond ASCII are
//!   refused in them. Values of query parameters are compared by expressions as they are encoded.
//! * `request_ms` bounds the wait for a backend and all tries together, not an answer that trickles.
//! * What has effects (POST, PATCH) is not sent twice once a backend got it, whatever a retry says.
//! * `max_connections` and `max_requests` are one bound, since a request under way is a connection in use.
//! * A preflight finds the route of the request that it asks about, and the gateway answers it.
//! * An unreachable backend is answered 502.

pub mod address;
mod arg;
mod auth;
mod candidate;
mod conf;
mod cors;
mod encode;
pub mod host;
mod limit;
mod maps;
mod names;
mod pool;
mod refuse;
mod regex;
mod server;
mod share;
mod target;
mod tree;
mod usage;

use switchtower_domain::{api_service::Backend, id::BackendId};
use switchtower_protocol::snapshot::{ApiServicePart, Snapshot};

pub(crate) use self::refuse::check;
use self::{
    arg::Arg, auth::ApiKeys, candidate::Candidate, conf::Conf, host::Claims, maps::Maps, names::Names, server::Leads,
    target::Targets,
};
use crate::{
    object::{Object, Rendered},
    options::Options,
};

/// The API of its files, as far as reports name one.
pub const API: &str = "switchtower/v1";
/// The kind of a file of the configuration.
pub const CONFIG: &str = "NginxConfig";
/// The file that tells what the deployment takes of its host: [`host::Claims`] as JSON.
pub const CLAIMS_FILE: &str = "claims.json";

/// The files of a snapshot that has been checked.
pub(crate) fn render(snapshot: &Snapshot, options: &Options) -> Rendered {
    let names = Names::of(snapshot.deployment_id);
    let keys = ApiKeys::of(snapshot);
    let candidates = candidate::all(snapshot);
    let mut maps = Maps::new(&names);
    let mut targets = Targets::new(&names, &options.nginx, keys);
    if let Some(keys) = keys {
        keys.maps(&names, &mut maps);
    }
    let leads: Vec<Leads> = candidates
        .iter()
        .enumerate()
        .map(|(number, candidate)| leads(number, candidate, &names, &mut targets, &mut maps))
        .collect();
    server::leads(&names, &candidates, &leads, maps.conf());
    let mut forms = Conf::default();
    usage::format(snapshot.deployment_id, &names, keys, &mut forms);
    let servers = server::render(snapshot, options.nginx.ipv6, &names, &candidates, &leads, &targets, &mut maps);
    let claims = Claims {
        listeners: server::claims(snapshot, options.nginx.ipv6, &candidates),
        certificates: server::certificates(snapshot),
        credentials: keys.iter().map(|keys| keys.credentials().to_owned()).collect(),
    };
    let claims = serde_json::to_string_pretty(&claims).unwrap_or_default() + "\n";
    let mut objects = vec![Object::file((API, CONFIG), CLAIMS_FILE, claims)];
    let servers = servers.into_text();
    // Without a server nothing else is used, and nginx does not read variables that nobody sets.
    if !servers.is_empty() {
        let (upstreams, maps) = (targets.pools.into_conf().into_text(), maps.into_conf().into_text());
        let servers = forms.into_text() + &servers;
        for (name, text) in [(address::FILE, upstreams), ("maps.conf", maps), ("servers.conf", servers)] {
            objects.push(Object::file((API, CONFIG), name, header(snapshot) + &text));
        }
    }
    Rendered { objects }
}

/// Whose configuration it is, for who reads it on the host.
fn header(snapshot: &Snapshot) -> String {
    let mut conf = Conf::default();
    conf.comment(&format!("Publish {} ({}).", snapshot.publish.name, snapshot.publish.id));
    conf.comment(&format!("Product {} ({}).", snapshot.product.name, snapshot.product.id));
    conf.comment(&format!("Deployment {}. Changes by hand are undone.", snapshot.deployment_id));
    conf.into_text() + "\n"
}

/// The locations that a route leads to, and what picks one for a request.
fn leads<'a>(
    number: usize,
    candidate: &Candidate<'a>,
    names: &Names,
    targets: &mut Targets<'a>,
    maps: &mut Maps<'_>,
) -> Leads {
    let references = &candidate.route.spec.backend_refs;
    let mut shares: Vec<(usize, String)> = Vec::new();
    for (index, share) in share::percentages(references) {
        let reference = references.get(index);
        if let Some(backend) = reference.and_then(|reference| find(candidate.service, reference.backend_id)) {
            shares.push((targets.of(candidate, backend, maps), share));
        }
    }
    let locations: Vec<usize> = shares.iter().map(|(location, _)| *location).collect();
    let location = |number: usize| Arg::from(u64::try_from(number).unwrap_or_default());
    let pick = match shares.split_last() {
        None => Arg::plain(""),
        Some(((last, _), [])) => location(*last),
        Some(((last, _), others)) => {
            let variable = names.variable(&format!("s{number}"));
            maps.conf().block("split_clients", &["$request_id".into(), Arg::template(&variable)], |conf| {
                for (own, share) in others {
                    conf.pair(&Arg::bare(share), &location(*own));
                }
                conf.pair(&"*".into(), &location(*last));
            });
            Arg::template(&variable)
        }
    };
    Leads { locations, pick }
}

fn find(service: &ApiServicePart, id: BackendId) -> Option<&Backend> {
    service.backends.iter().find(|backend| backend.id == id)
}
