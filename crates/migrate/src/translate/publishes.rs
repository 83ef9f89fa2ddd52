//! Publishes: each gets a cluster, which v1 did not know, and arrives as a draft.

mod auth;
mod selection;

use switchtower_domain::product_publish::Environment;

use super::{Draft, Stop, Translator, labels};
use crate::{
    fields::{Fields, word},
    finding::Finding,
    mapping::Whereabouts,
    wanted::{CLUSTERS, Key, Kind},
};

impl Translator<'_> {
    pub(super) fn publish(&mut self, key: &Key, fields: &mut Fields) -> Result<Draft, Stop> {
        let product_id = fields.required(&["product_id"])?;
        let product = self.need("products", &product_id, "product_id".to_owned())?.clone();
        let spelled = fields.required(&["environment", "env"])?;
        let environment = self.environment(&spelled)?;
        let name = fields.text(&["name"])?;
        let called = name.clone().unwrap_or_else(|| format!("{}-{}", product.name, environment.name()));
        let mut draft = Draft::new(Kind::ProductPublish, called);
        draft.labels = Some(labels::of(key, fields)?);
        draft.set("environment", Some(environment.name()));
        draft.set("product_id", Some(Kind::Product.placeholder(0)));
        draft.refer("/product_id", Kind::Product, product.key.clone());
        self.cluster(&mut draft, key, name.as_deref(), &spelled, fields)?;
        self.gateway_of(&mut draft, &product, fields)?;
        self.hostnames(&mut draft, fields)?;
        self.select(&mut draft, &product, fields)?;
        let secret = self.auth(&mut draft, fields)?;
        draft.set("visibility", fields.word(&["visibility"])?);
        draft.set("approval_required", fields.flag(&["approval_required"])?.filter(|required| *required));
        draft.was_published = fields.word(&["status"])?.as_deref() == Some("published");
        draft.held_back = self.gap(&product, &draft).or(secret);
        fields.ignore(&[
            "published_at",
            "published_by",
            "withdrawn_at",
            "withdrawn_by",
            "withdraw_reason",
            "description",
        ]);
        Ok(draft)
    }

    fn environment(&self, spelled: &str) -> Result<Environment, Finding> {
        if let Some(chosen) = self.mapping.environments.get(spelled) {
            return Ok(*chosen);
        }
        match word(spelled).as_str() {
            "dev" | "development" => Ok(Environment::Dev),
            "stage" | "staging" => Ok(Environment::Staging),
            "prod" | "production" => Ok(Environment::Prod),
            _ => {
                let finding =
                    Finding::field("environment", format!("`{spelled}` is none of `dev`, `staging` and `prod`."));
                Err(finding
                    .do_(format!("Choose one under `environments: {{ {spelled}: staging }}` in the mapping file.")))
            }
        }
    }

    fn cluster(
        &self,
        draft: &mut Draft,
        key: &Key,
        name: Option<&str>,
        spelled: &str,
        fields: &mut Fields,
    ) -> Result<(), Finding> {
        let own = fields.text(&["region"])?;
        let gateway = fields.peek_text("gateway_id");
        let row = |id: &str| {
            self.export.rows("gateways").iter().find(|row| Fields::of(row).peek_text("id").as_deref() == Some(id))
        };
        let region = own.or_else(|| Fields::of(row(&gateway?)?).peek_text("region"));
        let publish = Whereabouts { id: &key.id, name, environment: Some(spelled), region: region.as_deref() };
        let missing = || {
            let finding = Finding::field("cluster_id", "No cluster is chosen for it, and v1 names none.");
            finding.do_("Give --default-cluster, or map it under `clusters` in the mapping file.")
        };
        let cluster = self.mapping.cluster(publish).ok_or_else(missing)?;
        draft.set("cluster_id", Some(Kind::Cluster.placeholder(0)));
        draft.refer("/cluster_id", Kind::Cluster, Key::new(CLUSTERS, cluster.as_str()));
        Ok(())
    }

    /// The publish's own gateway, or the one that all of its API services named in v1.
    fn gateway_of(&self, draft: &mut Draft, product: &crate::wanted::Wanted, fields: &mut Fields) -> Result<(), Stop> {
        let gateway = match fields.text(&["gateway_id", "gateway_template_id"])? {
            Some(gateway) => gateway,
            None => {
                let services = product.references.iter().filter(|reference| reference.kind == Kind::ApiService);
                let mut inherited: Vec<&String> =
                    services.filter_map(|r| self.service_gateways.get(&r.to.id)).collect();
                inherited.sort_unstable();
                inherited.dedup();
                match inherited.as_slice() {
                    [only] => {
                        let problem =
                            format!("It has no gateway. It gets gateway `{only}`, which its API services named in v1.");
                        fields.remark("gateway_id", problem, "Choose another in v1, if that is wrong.");
                        (*only).clone()
                    }
                    [] => {
                        let finding =
                            Finding::field("gateway_id", "It has no gateway, and neither have its API services.");
                        return Err(finding.do_("Give it one in v1 and export again.").into());
                    }
                    several => {
                        let problem =
                            format!("It has no gateway, and its API services named {} different ones.", several.len());
                        return Err(Finding::field("gateway_id", problem)
                            .do_("Give it one in v1 and export again.")
                            .into());
                    }
                }
            }
        };
        let gateway = self.need("gateways", &gateway, "gateway_id".to_owned())?;
        draft.set("gateway_id", Some(Kind::Gateway.placeholder(0)));
        draft.refer("/gateway_id", Kind::Gateway, gateway.key.clone());
        Ok(())
    }

    /// Host names, and a template where v1 had words in braces. None may be lost: a publish without any answers them all.
    fn hostnames(&self, draft: &mut Draft, fields: &mut Fields) -> Result<(), Finding> {
        let mut names = fields.texts(&["hostnames", "hostname"])?;
        names.extend(fields.text(&["hostname_base"])?);
        let (templates, mut plain): (Vec<_>, Vec<_>) = names.into_iter().partition(|name| name.contains('{'));
        let templates: Vec<_> = templates.into_iter().chain(fields.text(&["hostname_template"])?).collect();
        if templates.len() > 1 {
            let finding = Finding::field("hostname_template", "It has several templates, and a publish has one.");
            return Err(finding.do_("Write the others as host names in v1 and export again."));
        }
        if let Some(template) = templates.first() {
            let mut template = template.replace("{env}", "{environment}");
            if template.contains("{domain}") {
                let missing = || {
                    let finding = Finding::field(
                        "hostname_template",
                        "`{domain}` is a setting of v1 that the export does not tell.",
                    );
                    finding.do_("Give it as `domain` in the mapping file.")
                };
                template = template.replace("{domain}", self.mapping.domain.as_deref().ok_or_else(missing)?);
            }
            draft.set("hostname_template", Some(template.to_ascii_lowercase()));
        }
        plain.iter_mut().for_each(|name| name.make_ascii_lowercase());
        plain.dedup();
        draft.list("hostnames", plain);
        Ok(())
    }
}
