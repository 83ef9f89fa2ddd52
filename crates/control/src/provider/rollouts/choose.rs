//! Which clusters a rollout goes to.

use switchtower_domain::{
    cluster::{Cluster, ClusterId, ClusterStatus},
    field::FieldErrors,
    name::Name,
    resource::{Kind, Resource},
    rollout::{ClusterChoice, ClusterSelector, MAX_CLUSTERS},
};
use switchtower_store::Key;

use crate::{Call, Control, Error};

impl Control {
    /// The clusters that are chosen, in the order of their turns.
    pub(super) async fn rollout_clusters(
        &self,
        call: &Call,
        choice: &ClusterChoice,
    ) -> Result<Vec<(ClusterId, Name)>, Error> {
        match (&choice.ids, &choice.selector) {
            (Some(ids), _) => self.named(call, ids).await,
            (None, Some(selector)) => self.selected(call, selector).await,
            (None, None) => Ok(Vec::new()),
        }
    }

    async fn named(&self, call: &Call, ids: &[ClusterId]) -> Result<Vec<(ClusterId, Name)>, Error> {
        let tenant = call.caller.tenant_id();
        let texts: Vec<_> = ids.iter().map(ClusterId::to_string).collect();
        let keys: Vec<_> = texts.iter().map(|id| Key::Resource { tenant, kind: Cluster::KIND, id }).collect();
        let mut found = self.store.get_many(&keys).await?;
        let mut errors = FieldErrors::new();
        let mut clusters = Vec::new();
        for (index, id) in ids.iter().enumerate() {
            match found.resource::<Cluster>(tenant, *id)?.filter(stays) {
                Some(cluster) => clusters.push((cluster.id, cluster.name)),
                None => {
                    let detail = format!("There is no cluster `{id}` in this tenant, or it is being deleted.");
                    errors.add(format!("/clusters/ids/{index}"), "not_found", detail);
                }
            }
        }
        Ok(errors.or(clusters)?)
    }

    async fn selected(&self, call: &Call, selector: &ClusterSelector) -> Result<Vec<(ClusterId, Name)>, Error> {
        let mut page = call.page(100, None);
        let mut clusters = Vec::new();
        loop {
            let listed = self.store.list::<Cluster>(call.caller.tenant_id(), &page).await?;
            let meant = listed.items.into_iter().filter(|cluster| selector.matches(&cluster.labels) && stays(cluster));
            clusters.extend(meant.map(|cluster| (cluster.id, cluster.name)));
            page.cursor = listed.next_cursor;
            if page.cursor.is_none() || clusters.len() > MAX_CLUSTERS {
                break;
            }
        }
        let (pointer, most) = ("/clusters/selector/match_labels", MAX_CLUSTERS);
        if clusters.is_empty() {
            return Err(FieldErrors::one(pointer, "no_match", "No cluster has these labels.").into());
        }
        if clusters.len() > most {
            let detail = format!("More than {most} clusters have these labels. Choose fewer at a time.");
            return Err(FieldErrors::one(pointer, "too_many", detail).into());
        }
        clusters.sort_by(|(_, one), (_, other)| one.cmp(other));
        Ok(clusters)
    }
}

fn stays(cluster: &Resource<Cluster>) -> bool {
    cluster.body.status != ClusterStatus::Deleting
}
