//! Internal locations: what happens to a request once its route and backend are known.
//!
//! Routes that lead to the same place in the same way share one. Its name has no `/` in front, so that no request gets there
//! but from [`super::server`].

use std::collections::{BTreeMap, HashMap};

use switchtower_domain::{
    api_service::{Backend, Scheme},
    hostname::is_dns_name,
    policy::{HeaderChanges, PathRewrite, PathRewriteType},
    traffic::{Retry, RetryOn},
};

use super::{
    arg::{Arg, exactly},
    auth::ApiKeys,
    candidate::{Candidate, normal},
    conf::Conf,
    cors::{self, Pages},
    encode,
    host::{CONNECTION, PATH, PREFLIGHT, REQUEST_ID},
    limit::{self, Limits},
    maps::{Maps, header_variable},
    names::Names,
    pool::Pools,
};
use crate::{effective::Settings, options::NginxHost};

/// The locations of a deployment, by what is in them.
#[derive(Debug)]
pub(super) struct Targets<'a> {
    names: &'a Names,
    host: &'a NginxHost,
    keys: Option<ApiKeys<'a>>,
    pub(super) pools: Pools<'a>,
    limits: Limits,
    pages: Pages<'a>,
    /// Whether the zone that counts what is under way is there.
    counts: bool,
    added: HashMap<(String, String), String>,
    known: HashMap<String, usize>,
    texts: Vec<String>,
}

impl<'a> Targets<'a> {
    pub(super) fn new(names: &'a Names, host: &'a NginxHost, keys: Option<ApiKeys<'a>>) -> Self {
        Self {
            names,
            host,
            keys,
            pools: Pools::new(names),
            limits: Limits::default(),
            pages: Pages::default(),
            counts: false,
            added: HashMap::new(),
            known: HashMap::new(),
            texts: Vec::new(),
        }
    }

    /// What stands in a location.
    pub(super) fn text(&self, number: usize) -> &str {
        self.texts.get(number).map(String::as_str).unwrap_or_default()
    }

    /// The number of the location for requests of a route to one of its backends.
    pub(super) fn of(&mut self, candidate: &Candidate<'a>, backend: &'a Backend, maps: &mut Maps<'_>) -> usize {
        let settings = candidate.treatment.toward(&backend.spec);
        let mut conf = Conf::default();
        let answer = self.answer(candidate, maps);
        let said = |conf: &mut Conf| {
            for (name, value) in &answer.headers {
                conf.line("add_header", &[Arg::plain(name), value.clone(), "always".into()]);
            }
        };
        if let Some(preflight) = &answer.preflight {
            conf.block("if", &[Arg::bare(&format!("({PREFLIGHT})"))], |conf| {
                said(conf);
                for (name, value) in preflight {
                    conf.line("add_header", &[(*name).into(), value.clone(), "always".into()]);
                }
                conf.line("return", &[204.into()]);
            });
        }
        if self.keys.is_some() {
            let stranger = format!("({} = \"\")", self.names.variable("client"));
            conf.block("if", &[Arg::bare(&stranger)], |conf| {
                said(conf);
                conf.line("add_header", &["WWW-Authenticate".into(), "ApiKey".into(), "always".into()]);
                conf.line("return", &[401.into()]);
            });
        }
        said(&mut conf);
        if let Some(zone) = &answer.limit {
            conf.line("limit_req", zone);
            conf.line("limit_req_status", &[429.into()]);
        }
        self.breaker(&settings, backend, maps, &mut conf);
        self.url(candidate, &mut conf);
        self.pass(candidate, backend, &settings, &answer.hidden, maps, &mut conf);
        let text = conf.into_text();
        let (known, texts) = (&mut self.known, &mut self.texts);
        *known.entry(text).or_insert_with_key(|text| {
            texts.push(text.clone());
            texts.len() - 1
        })
    }

    /// What is said to clients.
    fn answer(&mut self, candidate: &Candidate<'a>, maps: &mut Maps<'_>) -> Answer {
        let mut answer = Answer::default();
        if let Some(changes) = candidate.treatment.headers.map(|headers| &headers.response) {
            let set = changes.set.iter().map(|header| &header.name);
            answer.hidden.extend(set.chain(&changes.remove).cloned());
            let said = changes.set.iter().chain(&changes.add);
            answer.headers.extend(said.map(|header| (header.name.clone(), Arg::text(&header.value))));
        }
        if let Some(limit) = candidate.treatment.rate_limit {
            let limit = self.limits.of(limit, self.names, maps.conf());
            answer.hide(&limit::HEADERS);
            answer.headers.extend(limit.headers.into_iter().map(|(name, value)| (name.to_owned(), value)));
            answer.limit = Some(limit.zone);
        }
        if let Some(cors) = candidate.treatment.cors {
            let words = self.pages.words(cors, self.names, maps.conf());
            answer.hide(&cors::HEADERS);
            answer.headers.extend(words.always.into_iter().map(|(name, value)| (name.to_owned(), value)));
            answer.preflight = Some(words.preflight);
        }
        answer
    }

    /// How much may be under way. A request under way is a connection in use, so one number bounds both.
    fn breaker(&mut self, settings: &Settings<'_>, backend: &Backend, maps: &mut Maps<'_>, conf: &mut Conf) {
        let Some(breaker) = settings.circuit_breaker else { return };
        let Some(most) = breaker.max_connections.into_iter().chain(breaker.max_requests).min() else { return };
        let (variable, zone) = (Arg::template(&self.names.variable("backend")), self.names.name("backends"));
        if !self.counts {
            self.counts = true;
            maps.conf().line("limit_conn_zone", &[variable.clone(), Arg::plain(&format!("zone={zone}:1m"))]);
        }
        conf.line("set", &[variable, Arg::text(&backend.id.to_string())]);
        // nginx reads no larger number, and has fewer connections than that.
        conf.line("limit_conn", &[Arg::plain(&zone), u64::from(most.min(65_535)).into()]);
        conf.line("limit_conn_status", &[503.into()]);
    }

    /// The path and query that the backend sees.
    fn url(&self, candidate: &Candidate<'_>, conf: &mut Conf) {
        if self.keys.is_some_and(ApiKeys::hides_parameters) {
            conf.line("set", &["$args".into(), Arg::template(&self.names.variable("args"))]);
        }
        let rewrite = candidate.treatment.rewrite.and_then(|rewrite| rewrite.path.as_ref());
        match rewrite {
            None => conf.line("rewrite", &["^".into(), PATH.into(), "break".into()]),
            Some(PathRewrite { kind: PathRewriteType::ReplaceFull, value }) => {
                conf.line("rewrite", &["^".into(), path(value), "break".into()]);
            }
            Some(PathRewrite { kind: PathRewriteType::ReplacePrefix, value }) => {
                let prefix = exactly(&encode::decode(normal(&candidate.route.spec.path)));
                let value = value.trim_end_matches('/');
                let (expression, rest) = if value.is_empty() {
                    (format!(r"^{prefix}/?([\s\S]*)\z"), "/$1")
                } else {
                    (format!(r"^{prefix}(/[\s\S]*)?\z"), "$1")
                };
                conf.line("rewrite", &["^".into(), PATH.into()]);
                conf.line("rewrite", &[Arg::plain(&expression), path(value).then(rest), "break".into()]);
            }
        }
    }

    /// The way to the backend.
    fn pass(
        &mut self,
        candidate: &Candidate<'_>,
        backend: &Backend,
        settings: &Settings<'_>,
        hidden: &[String],
        maps: &mut Maps<'_>,
        conf: &mut Conf,
    ) {
        let scheme = backend.spec.scheme;
        let module = if scheme.is_grpc() { "grpc" } else { "proxy" };
        let directive = |what: &str| format!("{module}_{what}");
        for (name, value) in self.request_headers(candidate, backend, maps) {
            conf.line(&directive("set_header"), &[Arg::plain(&name), value]);
        }
        for name in hidden {
            conf.line(&directive("hide_header"), &[Arg::plain(name)]);
        }
        if scheme.is_tls() {
            self.tls(backend, &directive, conf);
        }
        let whole = candidate.treatment.request_ms;
        timeouts(settings, whole, &directive, conf);
        retries(settings.retry, whole, &directive, conf);
        let protocol = match scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
            Scheme::Grpc => "grpc",
            Scheme::Grpcs => "grpcs",
        };
        let pool = self.pools.of(backend, settings);
        conf.line(&directive("pass"), &[Arg::plain(&format!("{protocol}://{pool}"))]);
    }

    fn tls(&self, backend: &Backend, directive: &impl Fn(&str) -> String, conf: &mut Conf) {
        if let Some(name) = backend.spec.tls_name().map(str::to_ascii_lowercase) {
            conf.line(&directive("ssl_server_name"), &[if is_dns_name(&name) { "on" } else { "off" }.into()]);
            conf.line(&directive("ssl_name"), &[Arg::text(&name)]);
        }
        conf.line(&directive("ssl_protocols"), &["TLSv1.2".into(), "TLSv1.3".into()]);
        if !backend.spec.is_insecure() {
            conf.line(&directive("ssl_verify"), &["on".into()]);
            conf.line(&directive("ssl_verify_depth"), &[8.into()]);
            conf.line(&directive("ssl_trusted_certificate"), &[Arg::plain(&self.host.ca_bundle)]);
        }
    }

    /// The headers that differ from those of the client, each name once; an empty one is not sent.
    fn request_headers(
        &mut self,
        candidate: &Candidate<'_>,
        backend: &Backend,
        maps: &mut Maps<'_>,
    ) -> impl Iterator<Item = (String, Arg)> {
        let mut headers: BTreeMap<String, (String, Arg)> = BTreeMap::new();
        let mut set = |name: &str, value: Arg| headers.insert(name.to_ascii_lowercase(), (name.to_owned(), value));
        let grpc = backend.spec.scheme.is_grpc();
        set("X-Forwarded-For", "$proxy_add_x_forwarded_for".into());
        set("X-Forwarded-Proto", "$scheme".into());
        set("X-Forwarded-Host", "$http_host".into());
        set("X-Request-Id", REQUEST_ID.into());
        if let Some(HeaderChanges { set: own, add, remove }) =
            candidate.treatment.headers.map(|headers| &headers.request)
        {
            own.iter().for_each(|header| _ = set(&header.name, Arg::text(&header.value)));
            for header in add {
                let key = (header.name.to_ascii_lowercase(), header.value.clone());
                let number = self.added.len() + 1;
                let variable = self.added.entry(key).or_insert_with(|| {
                    let (before, after) = (header_variable(&header.name), self.names.variable(&format!("a{number}")));
                    maps.conf().block("map", &[Arg::template(&before), Arg::template(&after)], |conf| {
                        conf.pair(&Arg::plain(""), &Arg::text(&header.value));
                        conf.pair(&"default".into(), &Arg::template(&before).then(", ").followed_by(&header.value));
                    });
                    after
                });
                set(&header.name, Arg::template(variable));
            }
            remove.iter().for_each(|name| _ = set(name, Arg::plain("")));
        }
        let rewritten = candidate.treatment.rewrite.and_then(|rewrite| rewrite.hostname.as_deref());
        let asked = backend.spec.tls_name().map(str::to_ascii_lowercase).filter(|name| is_dns_name(name));
        let host = rewritten.map(str::to_owned).or(asked);
        set("Host", host.map_or_else(|| "$http_host".into(), |host| Arg::text(&host)));
        if !grpc {
            set("Connection", CONNECTION.into());
            set("Upgrade", "$http_upgrade".into());
        }
        if let Some(keys) = self.keys {
            keys.hidden_headers().iter().for_each(|name| _ = set(name, Arg::plain("")));
            if let Some(name) = keys.client_id_header() {
                set(name, Arg::template(&self.names.variable("client")));
            }
        }
        headers.into_values()
    }
}

/// What is said to clients on a route.
#[derive(Debug, Default)]
struct Answer {
    headers: Vec<(String, Arg)>,
    /// What the backend says of these does not get through.
    hidden: Vec<String>,
    preflight: Option<Vec<(&'static str, Arg)>>,
    limit: Option<Vec<Arg>>,
}

impl Answer {
    fn hide(&mut self, names: &[&str]) {
        let fresh = |name: &&&str| self.hidden.iter().all(|hidden| !hidden.eq_ignore_ascii_case(name));
        let names: Vec<_> = names.iter().filter(fresh).map(|name| (*name).to_owned()).collect();
        self.hidden.extend(names);
    }
}

fn path(value: &str) -> Arg {
    // What is no text once decoded is refused beforehand.
    Arg::path(&String::from_utf8_lossy(&encode::decode(value)))
}

fn timeouts(settings: &Settings<'_>, whole: Option<u32>, directive: &impl Fn(&str) -> String, conf: &mut Conf) {
    if let Some(time) = settings.connect_ms.into_iter().chain(whole).min() {
        conf.line(&directive("connect_timeout"), &[Arg::milliseconds(time)]);
    }
    let of_try = settings.retry.and_then(|retry| retry.per_try_timeout_ms);
    if let Some(time) = of_try.or(settings.backend_request_ms).into_iter().chain(whole).min() {
        conf.line(&directive("send_timeout"), &[Arg::milliseconds(time)]);
        conf.line(&directive("read_timeout"), &[Arg::milliseconds(time)]);
    }
}

fn retries(retry: Option<&Retry>, whole: Option<u32>, directive: &impl Fn(&str) -> String, conf: &mut Conf) {
    let mut reasons: Vec<Arg> = Vec::new();
    for reason in retry.map(Retry::reasons).unwrap_or(&[RetryOn::ConnectFailure]) {
        let words: &[&'static str] = match reason {
            RetryOn::ConnectFailure => &["error"],
            RetryOn::Reset => &["error", "timeout"],
            RetryOn::GatewayError => &["http_502", "http_503", "http_504"],
            // Any other status is refused beforehand.
            RetryOn::ServerError => &["http_500", "http_502", "http_503", "http_504"],
            RetryOn::RateLimited => &["http_429"],
        };
        for word in words.iter().copied().map(Arg::from) {
            if !reasons.contains(&word) {
                reasons.push(word);
            }
        }
    }
    conf.line(&directive("next_upstream"), &reasons);
    let tries = retry.map_or(3, |retry| u64::from(retry.attempts) + 1);
    conf.line(&directive("next_upstream_tries"), &[tries.into()]);
    if let Some(whole) = whole {
        conf.line(&directive("next_upstream_timeout"), &[Arg::milliseconds(whole)]);
    }
}
