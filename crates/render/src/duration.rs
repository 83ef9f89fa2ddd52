//! Durations as the Gateway API writes them (GEP-2257).

/// `1h30m`, `1s500ms`: the whole units that make up a number of milliseconds. At most five digits and four units, as
/// [`u32::MAX`] is 1193 hours and a part.
pub(crate) fn format(milliseconds: u32) -> String {
    let units = [
        (milliseconds / 3_600_000, "h"),
        (milliseconds / 60_000 % 60, "m"),
        (milliseconds / 1_000 % 60, "s"),
        (milliseconds % 1_000, "ms"),
    ];
    let text: String =
        units.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count}{unit}")).collect();
    if text.is_empty() { "0s".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::format;

    #[test]
    fn durations_are_written_in_whole_units() {
        assert_eq!(format(0), "0s");
        assert_eq!(format(1), "1ms");
        assert_eq!(format(1_500), "1s500ms");
        assert_eq!(format(3_600_000), "1h");
        assert_eq!(format(u32::MAX), "1193h2m47s295ms");
    }
}
