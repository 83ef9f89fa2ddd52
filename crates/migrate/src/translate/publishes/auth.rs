//! Who may call: it must be at least as narrow as in v1, or the publish is not taken.

use serde_json::{Map, Value, json};

use super::super::{Draft, Stop, Translator, traffic::set};
use crate::{
    fields::{Fields, plain},
    finding::Finding,
};

/// Where keys are expected, unless the mapping file says otherwise.
const CREDENTIALS: &str = "imp-gateway-api-keys";
/// The header that v1 looks for keys in, unless a publish says otherwise.
const KEY_HEADER: &str = "x-api-key";

impl Translator<'_> {
    /// Sets who may call. Answers why the import must not publish it, if so.
    pub(super) fn auth(&self, draft: &mut Draft, fields: &mut Fields) -> Result<Option<String>, Stop> {
        let mode = fields.word(&["auth_mode"])?;
        let mut config = fields.object(&["auth_config"])?.unwrap_or_default();
        let mut held_back = None;
        match mode.as_deref() {
            None | Some("none") => {}
            Some("apikey") => {
                draft.set("auth", Some(json!({ "api_key": self.api_key(&mut config)? })));
                if self.mapping.credentials_ref.is_none() {
                    let place = CREDENTIALS;
                    let problem = format!("Clients' keys are expected in the Secret `{place}` of the cluster.");
                    fields.remark(
                        "auth_mode",
                        problem,
                        "Put them there, and name the place as `credentials_ref` in the mapping file.",
                    );
                    held_back = Some(format!("its clients' keys are not known to be in place (`{place}`)"));
                }
            }
            Some("oauth2" | "jwt" | "oidc") => draft.set("auth", Some(json!({ "jwt": self.jwt(&mut config)? }))),
            Some(_) => {
                let finding = Finding::field("auth_mode", "There is no such way to say who may call.");
                return Err(finding.do_("Choose `none`, `apikey` or `oauth2` in v1 and export again.").into());
            }
        }
        fields.absorb(config);
        Ok(held_back)
    }

    fn api_key(&self, config: &mut Fields) -> Result<Value, Finding> {
        let mut headers = config.texts(&["key_names", "headers", "header", "header_name"])?;
        let query = config.texts(&["query_params", "query_param"])?;
        if headers.is_empty() && query.is_empty() {
            headers.push(KEY_HEADER.to_owned());
        }
        let place = self.mapping.credentials_ref.as_deref().unwrap_or(CREDENTIALS);
        let mut auth = Map::from_iter([("credentials_ref".to_owned(), json!(place))]);
        set(&mut auth, "headers", Some(headers).filter(|names| !names.is_empty()));
        set(&mut auth, "query_params", Some(query).filter(|names| !names.is_empty()));
        set(&mut auth, "hide_credentials", config.flag(&["hide_credentials"])?);
        Ok(Value::Object(auth))
    }

    fn jwt(&self, config: &mut Fields) -> Result<Value, Finding> {
        let issuer = config.required(&["issuer"])?;
        let known = self.mapping.jwks_uris.get(&issuer).cloned();
        let missing = || {
            let finding = Finding::field("auth_config.jwks_uri", "It does not say where the issuer's keys are.");
            finding.do_(format!("Name the place under `jwks_uris: {{ \"{issuer}\": https://… }}` in the mapping file."))
        };
        let jwks_uri = config.text(&["jwks_uri", "jwks_url"])?.or(known).ok_or_else(missing)?;
        let mut auth = Map::from_iter([("issuer".to_owned(), json!(issuer)), ("jwks_uri".to_owned(), json!(jwks_uri))]);
        let audiences = config.texts(&["audiences", "audience"])?;
        set(&mut auth, "audiences", Some(audiences).filter(|audiences| !audiences.is_empty()));
        let scopes = config.texts(&["scopes", "scope"])?;
        let scopes: Vec<_> = scopes.iter().flat_map(|scope| scope.split_whitespace()).map(str::to_owned).collect();
        set(&mut auth, "scopes", Some(scopes).filter(|scopes| !scopes.is_empty()));
        let claims = claim_to_headers(config)?;
        set(&mut auth, "claim_to_headers", Some(claims).filter(|claims| !claims.is_empty()));
        Ok(Value::Object(auth))
    }
}

/// A list of claims with their headers, or one object of all of them.
fn claim_to_headers(config: &mut Fields) -> Result<Vec<Value>, Finding> {
    let mut headers = Vec::new();
    for value in config.list(&["claim_to_headers"]) {
        let Value::Object(object) = value else {
            return Err(Finding::field(
                "auth_config.claim_to_headers",
                "It is not a list of claims with their headers.",
            ));
        };
        match (object.get("claim").and_then(plain), object.get("header").and_then(plain)) {
            (Some(claim), Some(header)) => headers.push(json!({ "claim": claim, "header": header })),
            _ => {
                headers.extend(object.iter().map(|(claim, header)| json!({ "claim": claim, "header": plain(header) })))
            }
        }
    }
    Ok(headers)
}
