//! Options.

use std::path::PathBuf;

use clap::Parser;
use reqwest::Url;
use switchtower_domain::name::Name;

const EXAMPLES: &str = "\
Examples:
  See what an export would become, and change nothing:
    switchtower-import --from v1.json --default-cluster eu-1
  Do it, straight from v1's database:
    SWITCHTOWER_V1=postgres://reader:…@v1-db/imp?sslmode=require \\
      switchtower-import --default-cluster eu-1 --apply --report report.json

Exit codes: 0 every row was taken, 3 some rows were not, 1 it failed or ended early. Running it again goes on.";

/// Takes what providers defined in Imp-Gateway v1 over into a tenant of Switchtower. Shows the plan, unless told to --apply.
#[derive(Debug, Clone, Parser)]
#[command(name = "switchtower-import", version, max_term_width = 100, after_help = EXAMPLES)]
pub struct Args {
    /// An export of v1: a JSON file, or the URL of its PostgreSQL database (better in the environment: others see arguments)
    #[arg(long, env = "SWITCHTOWER_V1", hide_env_values = true, value_name = "FILE|URL")]
    pub from: String,
    /// The control plane's address; it may have a path
    #[arg(long, env = "SWITCHTOWER_API_URL", value_parser = api_url, value_name = "URL")]
    pub api_url: Url,
    /// An API key of the tenant that gets it all, with the role org-admin, or api-developer when no cluster is made
    #[arg(long, env = "SWITCHTOWER_API_KEY", hide_env_values = true, value_name = "KEY")]
    pub api_key: String,
    /// Which tenant of v1, by slug, name or id; needed when the export has several
    #[arg(long, value_name = "TENANT")]
    pub tenant: Option<String>,
    /// A mapping file, YAML or JSON: clusters of publishes, names, and what else v1 does not say
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,
    /// The cluster of publishes that are not mapped
    #[arg(long, value_name = "NAME")]
    pub default_cluster: Option<Name>,
    /// Make the default cluster (`default`, unless it is named) when there is none of that name
    #[arg(long)]
    pub create_default_cluster: bool,
    /// Do it; without, the plan is shown and nothing is changed
    #[arg(long)]
    pub apply: bool,
    /// Publish what ran in v1; without, publishes stay drafts
    #[arg(long, requires = "apply")]
    pub publish: bool,
    /// Take v1's word over what a person changed or removed since the last import
    #[arg(long)]
    pub overwrite: bool,
    /// What the last import wrote; keep it with the export
    #[arg(long, default_value = "switchtower-import.state", value_name = "FILE")]
    pub state: PathBuf,
    /// Write a report of every row, as JSON
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// How many requests are under way at most
    #[arg(long, default_value_t = 4, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(1..=16))]
    pub concurrency: u8,
}

impl Args {
    /// How many requests are under way at most.
    pub(super) fn concurrency(&self) -> usize {
        usize::from(self.concurrency)
    }
}

/// Reads an address that the API can be below.
fn api_url(text: &str) -> Result<Url, String> {
    let url: Url = text.parse().map_err(|error| format!("{error}"))?;
    let fit = matches!(url.scheme(), "http" | "https") && url.query().is_none() && url.fragment().is_none();
    if fit { Ok(url) } else { Err("expected an http or https address without query and fragment".to_owned()) }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Args::command().debug_assert();
    }

    #[test]
    fn publishing_needs_applying() {
        let base = ["switchtower-import", "--from", "x", "--api-url", "http://h", "--api-key", "k", "--publish"];
        assert!(Args::try_parse_from(base).is_err());
        assert!(Args::try_parse_from(base.iter().chain(&["--apply"])).is_ok());
    }
}
