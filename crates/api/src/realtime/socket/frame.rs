//! Frames from clients.

use serde::Deserialize;

/// The most bytes of a frame that are looked at.
const MOST_BYTES: usize = 4096;

/// A frame from a client.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum ClientFrame {
    /// Asks whether the connection is held.
    Ping {},
    /// Asks for the events of a channel.
    Subscribe {
        /// The channel.
        channel: String,
        /// The last event that the client knows.
        #[serde(default)]
        since: Option<String>,
    },
    /// Asks for no more events of a channel.
    Unsubscribe {
        /// The channel.
        channel: String,
    },
}

/// Reads a frame, or says what is wrong with it.
pub(super) fn parse(text: &str) -> Result<ClientFrame, String> {
    if text.len() > MOST_BYTES {
        return Err(format!("A frame has at most {MOST_BYTES} bytes."));
    }
    serde_json::from_str(text).map_err(|_| {
        r#"A frame is `{"action":"subscribe","channel":"events","since":"evt_…"}` (`since` may be left out), `{"action":"unsubscribe","channel":"events"}` or `{"action":"ping"}`."#
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_is_read() {
        assert_eq!(parse(r#"{"action":"ping"}"#), Ok(ClientFrame::Ping {}));
        let channel = || "events".to_owned();
        assert_eq!(
            parse(r#"{"action":"subscribe","channel":"events","since":"evt_1"}"#),
            Ok(ClientFrame::Subscribe { channel: channel(), since: Some("evt_1".to_owned()) })
        );
        assert_eq!(
            parse(r#"{"action":"subscribe","channel":"events"}"#),
            Ok(ClientFrame::Subscribe { channel: channel(), since: None })
        );
        assert_eq!(
            parse(r#"{"action":"unsubscribe","channel":"events"}"#),
            Ok(ClientFrame::Unsubscribe { channel: channel() })
        );
    }

    #[test]
    fn bad_frames_are_told_how_good_ones_look() {
        let long = "x".repeat(5000);
        let bad = [
            "",
            "nonsense",
            "[]",
            "{}",
            r#"{"action":"shout"}"#,
            r#"{"action":"ping","extra":1}"#,
            r#"{"action":"subscribe"}"#,
            r#"{"action":"subscribe","channel":7}"#,
            r#"{"action":"subscribe","channel":"events","sinse":"evt_1"}"#,
            long.as_str(),
        ];
        for text in bad {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
