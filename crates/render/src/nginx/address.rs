//! Endpoints by name, and the addresses that stand for them.
//!
//! nginx looks names up when it reads its configuration, and refuses all of it when it does not find one. So it reads addresses:
//! a deployment's [`FILE`] says what is meant, and the host writes the same with an address, or several, in the place of each name.
//! An endpoint without any is `down`. Requests for a backend that has no other are answered 502, and all others are served.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
};

/// The file of a deployment that names endpoints.
pub const FILE: &str = "upstreams.conf";
/// The most addresses that are taken for a name; pools have room for so many.
pub const MOST: usize = 12;

/// The file of a deployment's addresses, which nginx reads instead of [`FILE`]; relative to the main file.
pub fn file(deployment: &str) -> String {
    format!("addresses/{deployment}.conf")
}

/// What nginx reads for a file of a deployment, relative to the main file.
pub(super) fn read(deployment: &str, name: &str) -> String {
    if name == FILE { file(deployment) } else { format!("deployments/{deployment}/{name}") }
}

/// The names in a [`FILE`], each with the first line that has it, counted from 1.
pub fn names(upstreams: &str) -> BTreeMap<String, usize> {
    let mut names = BTreeMap::new();
    for (number, line) in (1..).zip(upstreams.lines()) {
        if let Some(server) = Server::of(line) {
            names.entry(server.name.to_owned()).or_insert(number);
        }
    }
    names
}

/// A [`FILE`] with addresses instead of names, line by line.
pub fn put(upstreams: &str, addresses: impl Fn(&str) -> Vec<IpAddr>) -> String {
    let mut text = String::with_capacity(upstreams.len());
    for line in upstreams.lines() {
        match Server::of(line) {
            Some(server) => server.write(&addresses(server.name), &mut text),
            None => text.push_str(line),
        }
        text.push('\n');
    }
    text
}

/// `server "<name>:<port>" <args>;`, as [`super::pool`] writes it.
struct Server<'a> {
    indent: &'a str,
    name: &'a str,
    port: &'a str,
    args: &'a str,
}

impl<'a> Server<'a> {
    /// The line, when it is one and has a name rather than an address.
    fn of(line: &'a str) -> Option<Self> {
        let (indent, rest) = line.split_once("server \"")?;
        let (endpoint, args) = rest.strip_suffix(';')?.split_once('"')?;
        let (name, port) = endpoint.rsplit_once(':')?;
        let named = indent.trim().is_empty() && !name.starts_with('[') && name.parse::<IpAddr>().is_err();
        named.then_some(Self { indent, name, port, args })
    }

    fn write(&self, addresses: &[IpAddr], text: &mut String) {
        let Self { indent, port, args, .. } = self;
        let server = |address: &IpAddr, state: &str| match address {
            IpAddr::V4(address) => format!("server \"{address}:{port}\"{args}{state};"),
            IpAddr::V6(address) => format!("server \"[{address}]:{port}\"{args}{state};"),
        };
        let servers: Vec<String> = match addresses {
            [] => vec![server(&Ipv4Addr::UNSPECIFIED.into(), " down")],
            addresses => addresses.iter().take(MOST).map(|address| server(address, "")).collect(),
        };
        text.push_str(indent);
        text.push_str(&servers.join(" "));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# server \"no:1\";\nupstream \"b1\" {\n    zone \"b1\" \"66k\";\n    server \"a.example.com:80\" \
                        \"weight=3\" max_fails=0;\n    server \"10.0.0.1:80\" max_fails=0;\n    server \"[::1]:80\";\n    \
                        server \"a.example.com:81\";\n    keepalive 64;\n}\n";

    #[test]
    fn names_are_found_and_addresses_are_none() {
        assert_eq!(names(TEXT), BTreeMap::from([("a.example.com".to_owned(), 4)]));
    }

    #[test]
    fn every_address_of_a_name_takes_its_place_on_its_line() {
        let addresses = ["10.0.0.7", "fd00::7"].map(|address| address.parse().unwrap()).to_vec();
        let text = put(TEXT, |_| addresses.clone());
        let line =
            "    server \"10.0.0.7:80\" \"weight=3\" max_fails=0; server \"[fd00::7]:80\" \"weight=3\" max_fails=0;";
        assert_eq!(text.lines().nth(3), Some(line));
        assert_eq!(text.lines().count(), TEXT.lines().count());
        assert!(names(&text).is_empty());
    }

    #[test]
    fn a_name_without_address_is_down_and_everything_else_stays() {
        let text = put(TEXT, |_| Vec::new());
        assert_eq!(text.lines().nth(3), Some("    server \"0.0.0.0:80\" \"weight=3\" max_fails=0 down;"));
        let others = |text: &str| text.lines().filter(|line| !line.contains(":8")).count();
        assert_eq!(others(&text), others(TEXT));
        assert_eq!(put("upstream x {\n}\n", |_| Vec::new()), "upstream x {\n}\n");
    }

    #[test]
    fn what_pools_write_is_read() {
        let mut snapshot = crate::fixture::small();
        snapshot.gateway.class = switchtower_domain::gateway::GatewayClass::Nginx;
        let backends = snapshot.api_services.iter().flat_map(|service| &service.backends);
        let meant: std::collections::BTreeSet<_> = backends
            .flat_map(|backend| &backend.spec.endpoints)
            .filter(|endpoint| !endpoint.is_ip())
            .map(|endpoint| endpoint.host.clone())
            .collect();
        let objects = super::super::render(&snapshot, &crate::Options::default()).objects;
        let upstreams = objects.iter().find(|object| object.name == FILE).unwrap().to_yaml();
        let found = names(&upstreams);
        assert!(!found.is_empty() && found.keys().all(|name| meant.contains(name)), "{found:?} of {meant:?}");
    }
}
