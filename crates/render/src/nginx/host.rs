//! The configuration of a host: what all deployments on one nginx share.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    address,
    arg::{Arg, DOLLAR, QUESTION},
    conf::Conf,
};

/// The segments of a path that decision trees ask for.
pub(super) const SEGMENTS: usize = 12;
/// The method of a request; `PREFLIGHT-GET` when it asks whether a page may send a `GET`.
pub(super) const METHOD: &str = "$switchtower_method";
/// The path of a request as the client sent it, decoded.
pub(super) const PATH: &str = "$switchtower_path";
/// `upgrade` for a request that wants to switch protocols.
pub(super) const CONNECTION: &str = "$switchtower_connection";

/// `1` for a request that asks whether a page may send another one.
pub(super) const PREFLIGHT: &str = "$switchtower_preflight";
/// The id of a request: the client's, or a new one.
pub(super) const REQUEST_ID: &str = "$switchtower_request_id";
/// `0` for a request that was refused for its rate.
pub(super) const NONE_LEFT: &str = "$switchtower_none_left";

/// What a deployment takes of a host, as its file `claims.json` tells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Where it listens.
    pub listeners: Vec<Claim>,
    /// The folders with clients' keys that it wants, by name.
    pub credentials: BTreeSet<String>,
    /// The certificates that it listens with, by the name of their folder.
    #[serde(default)]
    pub certificates: BTreeSet<String>,
}

/// Host names on a port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The port.
    pub port: u16,
    /// Whether it speaks TLS.
    pub tls: bool,
    /// Whether it listens on IPv6 as well.
    #[serde(default)]
    pub ipv6: bool,
    /// The host names; `*` for all that nobody else answers.
    pub hostnames: BTreeSet<String>,
}

/// A host.
#[derive(Debug, Clone, Copy)]
pub struct Host<'a> {
    /// The folder that nginx keeps its own files in: an absolute path.
    pub folder: &'a str,
    /// What the status socket answers.
    pub digest: &'a str,
    /// The deployments: a name for each, which is that of its folder, with the files in it and its claims.
    pub deployments: &'a BTreeMap<String, (BTreeSet<String>, Claims)>,
}

/// The socket that answers the digest of the configuration that is in force, below the host's folder.
pub const STATUS_SOCKET: &str = "run/status.sock";
/// The file with the master's process id, below the host's folder.
pub const PID_FILE: &str = "run/nginx.pid";
/// What nginx has to say, below the host's folder.
pub const ERROR_LOG: &str = "logs/error.log";
/// The requests of all deployments, below the host's folder.
pub const USAGE_LOG: &str = "logs/usage.log";
/// Folders that nginx writes to, below the host's folder.
pub const FOLDERS: [&str; 3] = ["run", "logs", "temp"];

/// The main file, which names all others relative to itself.
pub fn main(host: Host<'_>) -> String {
    let below = |path: &str| Arg::plain(&format!("{}/{path}", host.folder));
    let mut conf = Conf::default();
    conf.comment("Written by switchtower-agent; changes by hand are undone.");
    conf.line("worker_processes", &["auto".into()]);
    conf.line("worker_rlimit_nofile", &[16_384.into()]);
    // Old workers finish what they have begun; a stream without end does not keep them for ever.
    conf.line("worker_shutdown_timeout", &["300s".into()]);
    conf.line("pid", &[below(PID_FILE)]);
    conf.line("error_log", &[below(ERROR_LOG), "warn".into()]);
    conf.line("pcre_jit", &["on".into()]);
    conf.block("events", &[], |conf| conf.line("worker_connections", &[4096.into()]));
    conf.block("http", &[], |conf| {
        defaults(conf, below);
        shared(conf);
        for (name, (files, _)) in host.deployments {
            for file in files.iter().filter(|file| file.ends_with(".conf")) {
                conf.line("include", &[Arg::plain(&address::read(name, file))]);
            }
        }
        conf.block("server", &[], |conf| {
            conf.line("listen", &[Arg::plain(&format!("unix:{}/{STATUS_SOCKET}", host.folder))]);
            // Every server does this; here it declares the variable for a host without deployments, too.
            conf.line("set", &[PATH.into(), "$uri".into()]);
            conf.line("return", &[200.into(), Arg::text(host.digest)]);
        });
        strangers(conf, host.deployments);
    });
    conf.into_text()
}

fn defaults(conf: &mut Conf, below: impl Fn(&str) -> Arg) {
    // Servers of deployments write theirs; requests that are nobody's are not counted.
    conf.line("access_log", &["off".into()]);
    conf.line("server_tokens", &["off".into()]);
    conf.line("default_type", &["application/octet-stream".into()]);
    for user in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
        conf.line(&format!("{user}_temp_path"), &[below(&format!("temp/{user}"))]);
    }
    for (name, size) in [
        ("map_hash_bucket_size", 512),
        ("map_hash_max_size", 65_536),
        ("variables_hash_bucket_size", 128),
        ("variables_hash_max_size", 16_384),
        ("server_names_hash_bucket_size", 512),
        ("server_names_hash_max_size", 16_384),
        ("proxy_headers_hash_bucket_size", 512),
        ("proxy_headers_hash_max_size", 4096),
    ] {
        conf.line(name, &[size.into()]);
    }
    conf.line("large_client_header_buffers", &[8.into(), "16k".into()]);
    conf.line("client_max_body_size", &[0.into()]);
    // An answer goes on as it comes: events, tokens of a language model, large files.
    conf.line("proxy_buffering", &["off".into()]);
    conf.line("proxy_http_version", &["1.1".into()]);
    conf.line("proxy_redirect", &["off".into()]);
    // A backend must not send requests to where clients cannot.
    let ignored = ["X-Accel-Redirect", "X-Accel-Expires", "X-Accel-Limit-Rate", "X-Accel-Charset"];
    conf.line("proxy_ignore_headers", &ignored.map(Arg::from));
}

fn shared(conf: &mut Conf) {
    for (name, letter) in [(DOLLAR, "$"), (QUESTION, "?")] {
        conf.block("geo", &[Arg::template(&format!("${name}"))], |conf| {
            conf.pair(&"default".into(), &Arg::plain(letter))
        });
    }
    conf.block("map", &["$http_upgrade".into(), CONNECTION.into()], |conf| {
        conf.pair(&"default".into(), &"upgrade".into());
        conf.pair(&Arg::plain(""), &Arg::plain(""));
    });
    let asks = Arg::template("$request_method:$http_origin:$http_access_control_request_method");
    conf.block("map", &[asks, METHOD.into()], |conf| {
        conf.pair(&"default".into(), &"$request_method".into());
        conf.pair(&Arg::pattern(r"^OPTIONS:.+:([A-Za-z]+)\z"), &Arg::template("PREFLIGHT-$1"));
    });
    conf.block("map", &[METHOD.into(), PREFLIGHT.into()], |conf| {
        conf.pair(&"default".into(), &Arg::plain(""));
        conf.pair(&Arg::pattern("^PREFLIGHT-"), &1.into());
    });
    conf.block("map", &["$http_x_request_id".into(), REQUEST_ID.into()], |conf| {
        conf.pair(&"default".into(), &"$http_x_request_id".into());
        conf.pair(&Arg::plain(""), &"$request_id".into());
    });
    conf.block("map", &["$limit_req_status".into(), NONE_LEFT.into()], |conf| {
        conf.pair(&"default".into(), &Arg::plain(""));
        conf.pair(&"REJECTED".into(), &0.into());
    });
    for segment in 1..=SEGMENTS {
        let name = Arg::template(&segment_variable(segment));
        let expression = format!("^(?:/[^/]*){{{}}}/([^/]*)", segment - 1);
        conf.block("map", &[PATH.into(), name], |conf| conf.pair(&Arg::pattern(&expression), &"$1".into()));
    }
}

/// The variable that holds a segment, counted from 1.
pub(super) fn segment_variable(segment: usize) -> String {
    format!("$switchtower_segment_{segment}")
}

/// What is known of a port.
#[derive(Default)]
struct Port {
    tls: bool,
    /// By IPv4 and IPv6: whether somebody listens there, and whether somebody answers all host names.
    used: [bool; 2],
    taken: [bool; 2],
}

/// Requests for hosts that no deployment answers.
fn strangers(conf: &mut Conf, deployments: &BTreeMap<String, (BTreeSet<String>, Claims)>) {
    let mut ports: BTreeMap<u16, Port> = BTreeMap::new();
    for claim in deployments.values().flat_map(|(_, claims)| &claims.listeners) {
        let port = ports.entry(claim.port).or_default();
        port.tls |= claim.tls;
        let all = claim.hostnames.contains("*");
        for ((used, taken), here) in port.used.iter_mut().zip(&mut port.taken).zip([true, claim.ipv6]) {
            *used |= here;
            *taken |= here && all;
        }
    }
    for (port, Port { tls, used: [v4, v6], taken: [all_v4, all_v6] }) in ports {
        let addresses = addresses(port, v4 && !all_v4, v6 && !all_v6);
        if addresses.is_empty() {
            continue;
        }
        conf.block("server", &[], |conf| {
            for address in addresses {
                let mut listen = vec![address, "default_server".into()];
                if tls {
                    listen.extend(["ssl", "http2"].map(Arg::from));
                }
                conf.line("listen", &listen);
            }
            if tls {
                conf.line("ssl_reject_handshake", &["on".into()]);
            } else {
                conf.line("return", &[404.into()]);
            }
        });
    }
}

/// A port of all addresses of the host.
pub(super) fn addresses(port: u16, ipv4: bool, ipv6: bool) -> Vec<Arg> {
    let (v4, v6) = (ipv4.then(|| u64::from(port).into()), ipv6.then(|| Arg::plain(&format!("[::]:{port}"))));
    v4.into_iter().chain(v6).collect()
}

/// The file of a certificate's chain.
pub const CERTIFICATE: &str = "tls.crt";
/// The file of a certificate's key.
pub const CERTIFICATE_KEY: &str = "tls.key";

/// A file of a certificate, relative to the main file.
pub fn certificate_file(certificate: &str, file: &str) -> String {
    format!("certificates/{certificate}/{file}")
}

/// The file of clients' keys for a folder of that name, relative to the main file.
pub fn keys_file(credentials: &str) -> String {
    format!("keys/{credentials}.conf")
}

/// What stands in it: by key, the client's id and the key once more, since nginx looks up without regard to case.
pub fn keys<'a>(clients: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut conf = Conf::default();
    for (client, key) in clients {
        conf.pair(&Arg::key(key), &Arg::text(&format!("{client} {key}")));
    }
    conf.into_text()
}
