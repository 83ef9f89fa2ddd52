//! How a rollout goes about it: how many clusters at a time, how long it waits, and when it stops.

use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ObjectBuilder, RefOr, Schema, Type,
        schema::{AdditionalProperties, KnownFormat, SchemaFormat},
    },
};

use super::MAX_CLUSTERS;

/// How many clusters belong to a wave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaveSize {
    /// That many.
    Size(u32),
    /// That share of all clusters of the rollout, rounded up.
    Percent(u32),
}

/// How many clusters may fail before a rollout stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureThreshold {
    /// That many.
    Count(u32),
    /// That share of all clusters of the rollout.
    Percent(u32),
}

/// How a rollout goes about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RolloutStrategy {
    /// How many clusters belong to each wave, in order. The last one is repeated until all clusters have their turn.
    #[serde(default = "default_waves")]
    #[schema(min_items = 1, max_items = 20, required = false)]
    pub waves: Vec<WaveSize>,
    /// How many seconds pass between the end of a wave and the next one. Clusters that fail meanwhile count.
    #[serde(default = "default_wait")]
    #[schema(maximum = 86_400, default = 60, required = false)]
    pub wait_seconds: u32,
    /// After how many seconds a cluster that is not ready counts as failed.
    #[serde(default = "default_timeout")]
    #[schema(minimum = 30, maximum = 86_400, default = 600, required = false)]
    pub ready_timeout_seconds: u32,
    /// How many clusters may fail or be degraded. With one more, the rollout stops; none may, when left out.
    #[serde(default)]
    #[schema(required = false)]
    pub failure_threshold: FailureThreshold,
}

impl Default for RolloutStrategy {
    fn default() -> Self {
        Self {
            waves: default_waves(),
            wait_seconds: default_wait(),
            ready_timeout_seconds: default_timeout(),
            failure_threshold: FailureThreshold::default(),
        }
    }
}

/// One cluster first, then a quarter of all at a time.
fn default_waves() -> Vec<WaveSize> {
    vec![WaveSize::Size(1), WaveSize::Percent(25)]
}

const fn default_wait() -> u32 {
    60
}

const fn default_timeout() -> u32 {
    600
}

impl Default for FailureThreshold {
    fn default() -> Self {
        Self::Count(0)
    }
}

impl WaveSize {
    /// How many of so many clusters it is: at least one.
    fn of(self, total: usize) -> usize {
        let share = match self {
            Self::Size(size) => usize::try_from(size).unwrap_or(total),
            Self::Percent(percent) => usize::try_from(percent).unwrap_or(100).saturating_mul(total).div_ceil(100),
        };
        share.max(1)
    }
}

impl FailureThreshold {
    /// Whether so many failures of so many clusters are more than may be.
    pub fn exceeded_by(self, failures: usize, total: usize) -> bool {
        match self {
            Self::Count(count) => failures > usize::try_from(count).unwrap_or(usize::MAX),
            Self::Percent(percent) => {
                failures.saturating_mul(100) > usize::try_from(percent).unwrap_or(100).saturating_mul(total)
            }
        }
    }
}

impl RolloutStrategy {
    /// How many of so many clusters belong to each wave. Every cluster belongs to one, and no wave is empty.
    pub fn plan(&self, total: usize) -> Vec<usize> {
        let mut left = total;
        let mut sizes = Vec::new();
        let mut planned = self.waves.iter();
        let mut wave = WaveSize::Percent(100);
        while left > 0 {
            wave = planned.next().copied().unwrap_or(wave);
            let size = wave.of(total).min(left);
            left = left.saturating_sub(size);
            sizes.push(size);
        }
        sizes
    }
}

/// An object with one of two numbers.
fn either(one: (&str, usize, usize), percent_from: usize, description: &str) -> RefOr<Schema> {
    let number = |least: usize, most: usize| {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int32)))
            .minimum(Some(least))
            .maximum(Some(most))
    };
    let (name, least, most) = one;
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some(description))
        .property(name, number(least, most))
        .property("percent", number(percent_from, 100))
        .additional_properties(Some(AdditionalProperties::FreeForm(false)))
        .min_properties(Some(1))
        .max_properties(Some(1))
        .into()
}

impl PartialSchema for WaveSize {
    fn schema() -> RefOr<Schema> {
        let description = "How many clusters: `size`, or `percent` of all, rounded up.";
        either(("size", 1, MAX_CLUSTERS), 1, description)
    }
}

impl ToSchema for WaveSize {}

impl PartialSchema for FailureThreshold {
    fn schema() -> RefOr<Schema> {
        either(("count", 0, MAX_CLUSTERS), 0, "How many clusters: `count`, or `percent` of all.")
    }
}

impl ToSchema for FailureThreshold {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn waves(waves: &[WaveSize]) -> RolloutStrategy {
        RolloutStrategy { waves: waves.to_vec(), ..RolloutStrategy::default() }
    }

    #[test]
    fn the_last_wave_is_repeated_until_all_clusters_have_their_turn() {
        use WaveSize::{Percent, Size};
        for (planned, total, sizes) in [
            (&[Size(1), Percent(25)][..], 10, &[1, 3, 3, 3][..]),
            (&[Size(1), Percent(25)], 1, &[1]),
            (&[Size(1), Percent(25), Percent(100)], 10, &[1, 3, 6]),
            (&[Size(4)], 10, &[4, 4, 2]),
            (&[Percent(100)], 7, &[7]),
            (&[Percent(1)], 3, &[1, 1, 1]),
            (&[Percent(34)], 3, &[2, 1]),
            (&[Size(50)], 3, &[3]),
            (&[], 3, &[3]),
        ] {
            assert_eq!(waves(planned).plan(total), sizes, "{planned:?} of {total}");
        }
    }

    #[test]
    fn a_threshold_is_what_may_fail() {
        use FailureThreshold::{Count, Percent};
        for (threshold, total, most) in
            [(Count(0), 10, 0), (Count(2), 10, 2), (Percent(0), 10, 0), (Percent(25), 10, 2), (Percent(100), 10, 10)]
        {
            assert!(!threshold.exceeded_by(most, total), "{threshold:?}");
            assert!(threshold.exceeded_by(most + 1, total), "{threshold:?}");
        }
        assert!(!Percent(50).exceeded_by(1, 2) && Percent(49).exceeded_by(1, 2));
    }

    #[test]
    fn one_cluster_comes_first_when_nothing_is_said() {
        let strategy: RolloutStrategy = serde_json::from_str("{}").unwrap();
        assert_eq!(strategy, RolloutStrategy::default());
        assert_eq!(strategy.plan(8), [1, 2, 2, 2, 1]);
    }

    fn wave_size() -> impl proptest::strategy::Strategy<Value = WaveSize> {
        prop_oneof![(1_u32..=100).prop_map(WaveSize::Size), (1_u32..=100).prop_map(WaveSize::Percent)]
    }

    proptest! {
        #[test]
        fn every_cluster_belongs_to_a_wave_and_no_wave_is_empty(
            planned in prop::collection::vec(wave_size(), 0..20), total in 1_usize..=MAX_CLUSTERS,
        ) {
            let sizes = waves(&planned).plan(total);
            prop_assert_eq!(sizes.iter().sum::<usize>(), total);
            prop_assert!(sizes.iter().all(|size| *size > 0));
        }
    }
}
