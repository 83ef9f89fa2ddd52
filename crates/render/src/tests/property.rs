use proptest::prelude::*;

use super::{invariants, strategy};
use crate::{Options, check, render};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn sound_snapshots_render_within_all_limits(snapshot in strategy::sound(50)) {
        let rendered = render(&snapshot, &Options::default()).unwrap();
        invariants::assert_all(&snapshot, &rendered);
        prop_assert_eq!(render(&snapshot, &Options::default()).unwrap(), rendered);
    }

    #[test]
    fn crowded_snapshots_render_or_say_which_route_is_ambiguous(snapshot in strategy::crowded()) {
        match render(&snapshot, &Options::default()) {
            Ok(rendered) => invariants::assert_all(&snapshot, &rendered),
            Err(error) => {
                prop_assert!(!error.problems().is_empty());
                prop_assert!(error.problems().iter().all(|problem| problem.field.code == "ambiguous"), "{}", error);
                prop_assert_eq!(check(&snapshot), Err(error));
            }
        }
    }
}
