//! Writing one resource: never over what a person changed after the plan was made.

use serde_json::{Value, json};

use super::{Applier, Done, Fatal, Outcome, written};
use crate::{
    api::{ApiError, Problem},
    compare::{Step, moves},
    contract::{self, Canonical},
    finding::Finding,
    wanted::{Kind, Reference, Wanted},
};

/// How often a change is tried that others get ahead of.
const TRIES: usize = 4;

impl Applier<'_> {
    pub(super) async fn create(&self, step: &Step) -> Result<Done, Fatal> {
        let wanted = &step.wanted;
        let (Some(collection), Some(body)) = (self.collection(wanted), self.body(wanted)) else {
            return Ok(Done::because(Outcome::NotTaken, None, vec![needs_more()]));
        };
        let answer = match self.api.create(&collection, &body, &wanted.key.to_string()).await {
            Ok(answer) => answer,
            Err(ApiError::Refused(problem)) => return Ok(Done::because(Outcome::NotTaken, None, told(&problem))),
            Err(error) => return Err(error.into()),
        };
        self.written(step, &answer.body, Outcome::Created).await
    }

    pub(super) async fn update(&self, step: &Step, id: &str, expected: &Canonical) -> Result<Done, Fatal> {
        let wanted = &step.wanted;
        let (Some(collection), Some(body)) = (self.collection(wanted), self.body(wanted)) else {
            return Ok(Done::because(Outcome::NotTaken, Some(id.to_owned()), vec![needs_more()]));
        };
        let path = format!("{collection}/{id}");
        let aim = contract::of_body(wanted.kind, &body);
        for _ in 0..TRIES {
            let Some(answer) = self.api.get(&path).await? else {
                let finding = Finding::row("It was removed while the import ran.").do_("Run the import again.");
                return Ok(Done::because(Outcome::Kept, None, vec![finding]));
            };
            let is = contract::of_view(wanted.kind, &answer.body);
            if is.as_ref().map(|is| &is.body) == aim.as_ref() {
                // Only its state differs, or an answer of ours was lost.
                return self.written(step, &answer.body, Outcome::Updated).await;
            }
            if is.as_ref() != Some(expected) {
                let finding = Finding::row("Somebody changed it while the import ran.").do_("Run the import again.");
                return Ok(Done::because(Outcome::Kept, Some(id.to_owned()), vec![finding]));
            }
            match self.api.replace(&path, &body, answer.etag.as_deref()).await {
                Ok(answer) => return self.written(step, &answer.body, Outcome::Updated).await,
                // Another part of the same API service may have changed: look again.
                Err(ApiError::Refused(problem)) if problem.code == "stale_revision" => {}
                Err(ApiError::Refused(problem)) => {
                    return Ok(Done::because(Outcome::NotTaken, Some(id.to_owned()), told(&problem)));
                }
                Err(error) => return Err(error.into()),
            }
        }
        let finding = Finding::row("Others change it all the time.").do_("Run the import again.");
        Ok(Done::because(Outcome::Kept, Some(id.to_owned()), vec![finding]))
    }

    /// Notes what was written, and brings it into its state. API services have to wait for their routes.
    async fn written(&self, step: &Step, view: &Value, outcome: Outcome) -> Result<Done, Fatal> {
        let wanted = &step.wanted;
        let Some(note) = written(wanted.kind, view) else {
            let finding = Finding::row("The control plane's answer is of a form that this program does not know.");
            return Ok(Done { complete: false, ..Done::because(outcome, None, vec![finding]) });
        };
        let id = note.id.clone();
        self.note(&wanted.key, note)?;
        let finding = if wanted.kind == Kind::ApiService { None } else { self.turn(step).await? };
        let complete = finding.is_none();
        Ok(Done { complete, ..Done::because(outcome, Some(id), finding.into_iter().collect()) })
    }

    /// Brings a resource into the state that is wanted. Answers why it does not go there.
    pub(super) async fn turn(&self, step: &Step) -> Result<Option<Finding>, Fatal> {
        let wanted = &step.wanted;
        let (id, status) =
            (self.ids.borrow().get(&wanted.key).cloned(), self.statuses.borrow().get(&wanted.key).cloned());
        let (Some(to), Some(id), Some(from)) = (wanted.status, id, status) else { return Ok(None) };
        if from == to {
            return Ok(None);
        }
        let Some(verb) = moves(wanted.kind)(&from, to) else {
            let problem = format!("It is `{from}` and cannot become `{to}`.");
            return Ok(Some(Finding::field("status", problem).do_("Delete it, and import it again.")));
        };
        self.act(wanted, &id, verb, None).await
    }

    /// Publishes. Answers why it cannot be.
    pub(super) async fn publish(&self, step: &Step, id: &str) -> Result<Option<Finding>, Fatal> {
        let reason = json!({ "reason": "It was published in Imp-Gateway v1." });
        self.act(&step.wanted, id, "publish", Some(&reason)).await
    }

    async fn act(&self, wanted: &Wanted, id: &str, verb: &str, body: Option<&Value>) -> Result<Option<Finding>, Fatal> {
        let path = format!("{}/{id}/{verb}", wanted.kind.collection());
        match self.api.act(&path, body, &wanted.key.to_string()).await {
            Ok(answer) => {
                if let Some(note) = written(wanted.kind, &answer.body) {
                    self.note(&wanted.key, note)?;
                }
                Ok(None)
            }
            Err(ApiError::Refused(problem)) => {
                let fields: Vec<_> = problem.errors.iter().map(|error| error.detail.as_str()).collect();
                let why = if fields.is_empty() { problem.detail.clone() } else { fields.join(" ") };
                let problem = format!("It is there, and the control plane does not {verb} it: {why}");
                Ok(Some(Finding::field("status", problem).do_("See to that, and run the import again.")))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The path of the collection; `None` when what it lives in is not there.
    fn collection(&self, wanted: &Wanted) -> Option<String> {
        let collection = wanted.kind.collection();
        let Some(parent) = &wanted.parent else { return Some(collection.to_owned()) };
        let ids = self.ids.borrow();
        Some(format!("{}/{}/{collection}", Kind::ApiService.collection(), ids.get(parent)?))
    }

    /// The body with ids; `None` when something that it names is not there.
    fn body(&self, wanted: &Wanted) -> Option<Value> {
        let ids = self.ids.borrow();
        wanted.resolved(|reference: &Reference| ids.get(&reference.to).cloned())
    }
}

fn needs_more() -> Finding {
    Finding::row("It needs another resource that could not be made.").do_("See to that one, and run the import again.")
}

/// A refusal as findings: one for each bad field, else its sentence.
fn told(problem: &Problem) -> Vec<Finding> {
    const AGAIN: &str = "See to it, and run the import again.";
    if problem.errors.is_empty() {
        return vec![Finding::row(format!("The control plane refuses it: {}", problem.detail)).do_(AGAIN)];
    }
    let fields = problem.errors.iter().map(|error| {
        let field = error.pointer.trim_start_matches('/').replace('/', ".");
        Finding::field(field, format!("The control plane refuses it: {}", error.detail)).do_(AGAIN)
    });
    fields.collect()
}
