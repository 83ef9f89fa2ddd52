//! `switchtower-agent status`.

use std::fs::File;

use super::{Failure, args::StatusArgs, say};
use crate::{
    identity::{IdentityFolder, Registered},
    state::{State, file::StateFile},
};

pub(super) fn status(args: &StatusArgs) -> Result<(), Failure> {
    let registered = IdentityFolder::new(&args.state_dir).registered()?;
    let state = StateFile::new(&args.state_dir).load()?;
    let running = is_running(args);
    if args.json {
        let value = serde_json::json!({ "running": running, "registered": registered, "state": state });
        return say(serde_json::to_string_pretty(&value)?);
    }
    match &registered {
        Some(Registered { api_url, registered_at, registration }) => {
            say(format_args!("agent     {}, registered at {registered_at}", registration.agent_id))?;
            say(format_args!("cluster   {}", registration.cluster_id))?;
            say(format_args!("API       {api_url}"))?;
        }
        None => say("agent     not registered")?,
    }
    say(format_args!("running   {}", if running { "yes" } else { "no" }))?;
    state.map_or(Ok(()), |state| deployments(&state))
}

fn deployments(state: &State) -> Result<(), Failure> {
    say(format_args!("converged on version {}, {} reports to deliver", state.applied_version, state.pending()))?;
    if !state.deployments.is_empty() {
        say(format_args!("\n{:<30} {:>10}  {:<8} {:<9} OBJECTS", "DEPLOYMENT", "GENERATION", "DESIRED", "OUTCOME"))?;
    }
    for (id, record) in &state.deployments {
        let outcome = record.outcome.map_or("begun".to_owned(), |outcome| format!("{outcome:?}").to_lowercase());
        let desired = format!("{:?}", record.desired).to_lowercase();
        let (generation, objects) = (record.generation.0, record.inventory.len());
        say(format_args!("{:<30} {generation:>10}  {desired:<8} {outcome:<9} {objects}", id.to_string()))?;
    }
    Ok(())
}

/// Whether an agent holds the folder's lock.
fn is_running(args: &StatusArgs) -> bool {
    File::open(args.state_dir.join("lock")).is_ok_and(|lock| lock.try_lock().is_err())
}
