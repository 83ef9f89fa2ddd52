//! A configuration for nginx.

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
    let servers = server::render(snapshot, &names, &options.nginx, &candidates, &leads, &targets, &mut maps);
    let claims = Claims {
        listeners: server::claims(snapshot, &candidates),
        credentials: keys.iter().map(|keys| keys.credentials().to_owned()).collect(),
    };
    let claims = serde_json::to_string_pretty(&claims).unwrap_or_default() + "\n";
    let mut objects = vec![Object::file((API, CONFIG), CLAIMS_FILE, claims)];
    let servers = servers.into_text();
    // Without a server nothing else is used, and nginx does not read variables that nobody sets.
    if !servers.is_empty() {
        let (upstreams, maps) = (targets.pools.into_conf().into_text(), maps.into_conf().into_text());
        for (name, text) in [("upstreams.conf", upstreams), ("maps.conf", maps), ("servers.conf", servers)] {
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
