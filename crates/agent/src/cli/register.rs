//! `switchtower-agent register`.

use super::{Failure, args::RegisterArgs, say};

pub(super) async fn register(args: RegisterArgs) -> Result<(), Failure> {
    let missing = || Failure("`register` needs --api-url and --token".to_owned());
    let request = args.introduction.request(args.driver.name(), args.force)?.ok_or_else(missing)?;
    let registered = crate::register::register(&args.state_dir, request).await?;
    let registration = registered.registration;
    say(format_args!("registered as {} in {}", registration.agent_id, registration.cluster_id))
}
