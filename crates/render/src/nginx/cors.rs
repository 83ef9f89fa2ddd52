//! CORS: which pages may read answers, told to those that ask.

use switchtower_domain::policy::Cors;

use super::{
    arg::{Arg, exactly},
    conf::Conf,
    names::Names,
};

/// Headers that are the gateway's to set: what a backend says of them does not reach pages.
pub(super) const HEADERS: [&str; 6] = [
    "Access-Control-Allow-Origin",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Headers",
    "Access-Control-Allow-Credentials",
    "Access-Control-Expose-Headers",
    "Access-Control-Max-Age",
];

/// The CORS of a deployment, by number.
#[derive(Debug, Default)]
pub(super) struct Pages<'a> {
    known: Vec<&'a Cors>,
}

/// What is said to pages.
#[derive(Debug)]
pub(super) struct Words {
    /// To every request.
    pub(super) always: Vec<(&'static str, Arg)>,
    /// To a preflight, beside that.
    pub(super) preflight: Vec<(&'static str, Arg)>,
}

impl<'a> Pages<'a> {
    /// What is said to pages; the maps that it takes are written where they are new.
    pub(super) fn words(&mut self, cors: &'a Cors, names: &Names, conf: &mut Conf) -> Words {
        let number = self.known.iter().position(|known| *known == cors).unwrap_or_else(|| {
            self.known.push(cors);
            maps(cors, names, self.known.len() - 1, conf);
            self.known.len() - 1
        });
        let variable = |what: &str| Arg::template(&names.variable(&format!("{what}{number}")));
        let mut always = vec![("Access-Control-Allow-Origin", variable("o")), ("Vary", "Origin".into())];
        if cors.allow_credentials {
            always.push(("Access-Control-Allow-Credentials", variable("ok")));
        }
        if !cors.expose_headers.is_empty() {
            always.push(("Access-Control-Expose-Headers", Arg::text(&cors.expose_headers.join(", "))));
        }
        let mut preflight = vec![("Access-Control-Allow-Methods", Arg::text(&methods(cors)))];
        if !cors.allow_headers.is_empty() {
            preflight.push(("Access-Control-Allow-Headers", Arg::text(&cors.allow_headers.join(", "))));
        }
        if let Some(seconds) = cors.max_age_seconds {
            preflight.push(("Access-Control-Max-Age", u64::from(seconds).into()));
        }
        Words { always, preflight }
    }
}

fn methods(cors: &Cors) -> String {
    if cors.allow_methods.is_empty() { "GET, HEAD, POST".to_owned() } else { cors.allow_methods.join(", ") }
}

fn maps(cors: &Cors, names: &Names, number: usize, conf: &mut Conf) {
    let origin = names.variable(&format!("o{number}"));
    let any = cors.allow_origins.iter().any(|own| own == "*");
    conf.block("map", &["$http_origin".into(), Arg::template(&origin)], |conf| {
        conf.pair(&Arg::plain(""), &Arg::plain(""));
        if any {
            conf.pair(&"default".into(), &"*".into());
        } else {
            cors.allow_origins.iter().for_each(|own| conf.pair(&Arg::pattern(&pattern(own)), &"$http_origin".into()));
        }
    });
    if cors.allow_credentials {
        let credentials = names.variable(&format!("ok{number}"));
        conf.block("map", &[Arg::template(&origin), Arg::template(&credentials)], |conf| {
            conf.pair(&"default".into(), &"true".into());
            conf.pair(&Arg::plain(""), &Arg::plain(""));
        });
    }
}

/// An origin, in which `*` stands for one or more labels.
fn pattern(origin: &str) -> String {
    let parts: Vec<_> = origin.split('*').map(|part| exactly(part.as_bytes())).collect();
    format!(r"^{}\z", parts.join("[A-Za-z0-9.-]+"))
}

#[cfg(test)]
mod tests {
    use super::pattern;

    #[test]
    fn a_whole_domain_is_not_another_one() {
        let expression = regex::Regex::new(&pattern("https://*.example.com")).unwrap();
        assert!(expression.is_match("https://a.b.example.com"));
        for bad in ["https://example.com", "https://a.example.com.evil.net", "https://evil.net/.example.com"] {
            assert!(!expression.is_match(bad), "{bad}");
        }
    }
}
