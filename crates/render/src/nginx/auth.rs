//! API keys: who a client is, found by the key that it sends.

use switchtower_domain::product_publish::{ApiKeyAuth, Auth};
use switchtower_protocol::snapshot::Snapshot;

use super::{
    arg::Arg,
    encode,
    host::keys_file,
    maps::{Maps, header_variable},
    names::Names,
};

/// How requests of a deployment are authenticated.
#[derive(Debug, Clone, Copy)]
pub(super) struct ApiKeys<'a>(&'a ApiKeyAuth);

impl<'a> ApiKeys<'a> {
    /// None for a deployment that everybody may call.
    pub(super) const fn of(snapshot: &'a Snapshot) -> Option<Self> {
        match &snapshot.publish.auth {
            Auth::ApiKey(auth) => Some(Self(auth)),
            Auth::None | Auth::Jwt(_) => None,
        }
    }

    pub(super) fn credentials(self) -> &'a str {
        &self.0.credentials_ref
    }

    /// The headers that backends do not see.
    pub(super) fn hidden_headers(self) -> &'a [String] {
        if self.0.hide_credentials { &self.0.headers } else { &[] }
    }

    /// Whether the query is changed on its way.
    pub(super) const fn hides_parameters(self) -> bool {
        self.0.hide_credentials && !self.0.query_params.is_empty()
    }

    pub(super) fn client_id_header(self) -> Option<&'a str> {
        self.0.client_id_header.as_deref()
    }

    /// The maps from a request to the id of its client, which is empty for a stranger.
    pub(super) fn maps(self, names: &Names, maps: &mut Maps<'_>) {
        // The last place first: each one asks the next when it has nothing.
        let mut next = Arg::plain("");
        for (index, parameter) in self.0.query_params.iter().enumerate().rev() {
            let (value, key) = (maps.parameter(parameter), names.variable(&format!("kq{index}")));
            maps.conf().block("map", &[Arg::template(&value), Arg::template(&key)], |conf| {
                conf.pair(&"default".into(), &next);
                conf.pair(&Arg::pattern("^=(.+)"), &"$1".into());
            });
            next = Arg::template(&key);
        }
        for (index, header) in self.0.headers.iter().enumerate().rev() {
            let (value, key) = (header_variable(header), names.variable(&format!("kh{index}")));
            maps.conf().block("map", &[Arg::template(&value), Arg::template(&key)], |conf| {
                conf.pair(&Arg::plain(""), &next);
                conf.pair(&"default".into(), &Arg::template(&value));
            });
            next = Arg::template(&key);
        }
        let entry = names.variable("entry");
        maps.conf().block("map", &[next.clone(), Arg::template(&entry)], |conf| {
            conf.pair(&"default".into(), &Arg::plain(""));
            conf.line("include", &[Arg::plain(&keys_file(&self.0.credentials_ref))]);
        });
        // nginx looks keys up without regard to case, so the entry says the key once more.
        let key = if next == Arg::plain("") { String::new() } else { next.unquoted() };
        let both = Arg::template(&format!("{key} {entry}"));
        maps.conf().block("map", &[both, Arg::template(&names.variable("client"))], |conf| {
            conf.pair(&"default".into(), &Arg::plain(""));
            conf.pair(&Arg::pattern(r"^([^ ]+) ([^ ]+) \1\z"), &"$2".into());
        });
        if self.hides_parameters() {
            self.query(names, maps);
        }
    }

    /// The query without the parameters that hold keys: one map takes the last one out, and leaves the rest to the next.
    fn query(self, names: &Names, maps: &mut Maps<'_>) {
        let mut rest = "$args".to_owned();
        for (index, parameter) in self.0.query_params.iter().enumerate() {
            let own = encode::in_query(parameter);
            for time in 0..TIMES {
                let next = names.variable(&format!("args{index}_{time}"));
                maps.conf().block("map", &[Arg::template(&rest), Arg::template(&next)], |conf| {
                    conf.pair(&"default".into(), &Arg::template(&rest));
                    conf.pair(&Arg::pattern(&format!(r"^{own}(?:=[^&]*)?(?:&([\s\S]*))?\z")), &"$1".into());
                    let inside = format!(r"^([\s\S]*)&{own}(?:=[^&]*)?(&[\s\S]*)?\z");
                    conf.pair(&Arg::pattern(&inside), &Arg::template("$1$2"));
                });
                rest = next;
            }
        }
        // Who sends more of them than are taken out sends nothing at all.
        let strange: Vec<_> = self.0.query_params.iter().map(|parameter| encode::in_query(parameter)).collect();
        maps.conf().block("map", &[Arg::template(&rest), Arg::template(&names.variable("args"))], |conf| {
            conf.pair(&"default".into(), &Arg::template(&rest));
            conf.pair(&Arg::pattern(&format!("(?:^|&)(?:{})(?:=|&|$)", strange.join("|"))), &Arg::plain(""));
        });
    }
}

/// How often a parameter may be there and still be taken out.
const TIMES: usize = 3;
