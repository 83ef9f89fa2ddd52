//! Subscriptions as the provider sees them: approved or rejected, suspended and resumed, cancelled.

use switchtower_domain::{
    change::{Change, Stamp, WrongState},
    operation::{self, Operation},
    resource::Resource,
    subscription::Subscription,
};

use crate::{Call, Control, Error, customer::subscriptions::stamp, resource::Target};

impl Control {
    /// Lets a customer call who waits for it.
    pub async fn subscription_approve(
        &self,
        call: &Call,
        target: Target<Subscription>,
    ) -> Result<Resource<Subscription>, Error> {
        self.review(call, &operation::subscription_approve, target, Resource::<Subscription>::approve).await
    }

    /// Refuses a customer who waits.
    pub async fn subscription_reject(
        &self,
        call: &Call,
        target: Target<Subscription>,
        reason: Option<&str>,
    ) -> Result<Resource<Subscription>, Error> {
        let reject = |it: Resource<Subscription>, stamp: &Stamp| it.reject(reason.map(str::to_owned), stamp);
        self.review(call, &operation::subscription_reject, target, reject).await
    }

    /// Stops a customer for a while.
    pub async fn subscription_suspend(
        &self,
        call: &Call,
        target: Target<Subscription>,
        reason: Option<&str>,
    ) -> Result<Resource<Subscription>, Error> {
        let suspend = |it: Resource<Subscription>, stamp: &Stamp| it.suspend(reason.map(str::to_owned), stamp);
        self.review(call, &operation::subscription_suspend, target, suspend).await
    }

    /// Lets a suspended customer call again.
    pub async fn subscription_resume(
        &self,
        call: &Call,
        target: Target<Subscription>,
    ) -> Result<Resource<Subscription>, Error> {
        self.review(call, &operation::subscription_resume, target, Resource::<Subscription>::resume).await
    }

    /// Ends a subscription for good.
    pub async fn subscription_cancel(
        &self,
        call: &Call,
        target: Target<Subscription>,
        reason: Option<&str>,
    ) -> Result<Resource<Subscription>, Error> {
        let cancel = |it: Resource<Subscription>, stamp: &Stamp| it.cancel(reason.map(str::to_owned), stamp);
        self.review(call, &operation::subscription_cancel, target, cancel).await
    }

    async fn review(
        &self,
        call: &Call,
        operation: &Operation,
        target: Target<Subscription>,
        decide: impl Fn(Resource<Subscription>, &Stamp) -> Result<Change<Subscription>, WrongState>,
    ) -> Result<Resource<Subscription>, Error> {
        let stamp = stamp(call, &call.authorize(operation)?);
        let decide = |subscription: Resource<Subscription>, _: &Stamp| decide(subscription, &stamp);
        self.act_with(call, operation, target, decide, |commit, change| {
            Ok(match change.after() {
                Some(ended) if ended.body.status.has_ended() => commit.unsubscribed(ended),
                _ => commit,
            })
        })
        .await
    }
}
