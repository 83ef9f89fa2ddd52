//! SIGTERM and SIGINT.

use std::{io, process};

use tokio::signal::unix::{SignalKind, signal};

use crate::stop::Stopper;

/// Asks to stop at the first signal, and stops at the second.
pub(super) fn heed(stopper: Stopper) -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        for time in 0.. {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if time > 0 {
                process::exit(130);
            }
            tracing::info!("stopping; a second signal stops at once");
            stopper.stop();
        }
    });
    Ok(())
}
