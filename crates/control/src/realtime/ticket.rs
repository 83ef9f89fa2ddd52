//! Tickets: one use, 60 seconds, so that no long-lived secret is ever in a URL.

use jiff::Timestamp;
use switchtower_domain::operation;
use switchtower_store::realtime::Ticket;

use super::{TICKET_LIFETIME, later};
use crate::{Call, Control, Error, call};

/// A ticket, shown once.
#[derive(Clone)]
pub struct IssuedTicket {
    /// The secret.
    pub ticket: String,
    /// From when it is refused.
    pub expires_at: Timestamp,
}

impl Control {
    /// Issues a ticket that opens one connection of the live feed for the caller.
    pub async fn realtime_ticket_issue(&self, call: &Call) -> Result<IssuedTicket, Error> {
        let granted = call.authorize(&operation::realtime_ticket_issue)?;
        let ticket: String = call.context.secret().iter().map(|byte| format!("{byte:02x}")).collect();
        let expires_at = later(call.context.now, TICKET_LIFETIME);
        let holder =
            Ticket { tenant_id: granted.tenant_id(), actor: granted.actor().clone(), roles: call.caller.roles() };
        self.store.ticket_put(&call::sha256(&ticket), &holder, expires_at).await?;
        Ok(IssuedTicket { ticket, expires_at })
    }
}
