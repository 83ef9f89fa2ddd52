//! `nginx -t`: whether nginx accepts a tree, and what it says when it does not.

use std::{path::Path, process::Command};

use super::Settings;

/// What nginx has against a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Complaint {
    /// The file, relative to the tree, and the line.
    pub(super) place: Option<(String, u32)>,
    /// Its sentence, without place and full stop.
    pub(super) sentence: String,
}

/// Tests the tree with this main file.
pub(super) fn test(settings: &Settings, main: &Path) -> Result<(), Complaint> {
    let program = settings.program.display();
    let complaint = |sentence: String| Complaint { place: None, sentence };
    let mut command = Command::new(&settings.program);
    command.args(["-t", "-q", "-p"]).arg(&settings.folder).arg("-c").arg(main);
    let output = command.output().map_err(|error| complaint(format!("`{program}` cannot be run: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let tree = main.parent().unwrap_or(Path::new("")).display().to_string();
    Err(read(&said, &tree).unwrap_or_else(|| complaint(format!("`{program} -t` ended with {}", output.status))))
}

/// Whether there is an nginx to run.
pub(super) fn runs(settings: &Settings) -> Result<(), String> {
    let program = settings.program.display();
    match Command::new(&settings.program).arg("-v").output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(format!("`{program} -v` ends with {}. Install nginx 1.22 or newer.", output.status)),
        Err(error) => {
            Err(format!("`{program}` cannot be run: {error}. Install nginx 1.22 or newer, or give --nginx-bin."))
        }
    }
}

/// The first serious line of what nginx said: `nginx: [emerg] <sentence> in <file>:<line>`.
pub(super) fn read(said: &str, tree: &str) -> Option<Complaint> {
    let serious = |line: &&str| ["[emerg]", "[alert]", "[crit]"].iter().any(|level| line.contains(level));
    let line = said.lines().find(serious).or_else(|| said.lines().find(|line| line.contains("[error]")))?;
    let sentence = line.split_once("] ").map_or(line, |(_, sentence)| sentence).trim();
    // An error log has `<process>#<thread>:` in front.
    let sentence = match sentence.split_once(": ") {
        Some((process, rest)) if process.bytes().all(|byte| byte.is_ascii_digit() || byte == b'#') => rest,
        _ => sentence,
    };
    let placed = sentence.rsplit_once(" in ").and_then(|(text, place)| {
        let (file, line) = place.rsplit_once(':')?;
        let file = file.strip_prefix(tree)?.trim_start_matches('/');
        Some((text.to_owned(), (file.to_owned(), line.parse().ok()?)))
    });
    Some(match placed {
        Some((text, place)) => Complaint { place: Some(place), sentence: text },
        None => Complaint { place: None, sentence: sentence.trim_end_matches('.').to_owned() },
    })
}

#[cfg(test)]
mod tests {
    use super::{Complaint, read};

    #[test]
    fn a_complaint_names_file_and_line() {
        let said = "nginx: [warn] conflicting server name\nnginx: [emerg] host not found in upstream \"a:80\" in \
                    /srv/trees/x/deployments/d1/upstreams.conf:17\nnginx: configuration file test failed\n";
        let place = Some(("deployments/d1/upstreams.conf".to_owned(), 17));
        let sentence = "host not found in upstream \"a:80\"".to_owned();
        assert_eq!(read(said, "/srv/trees/x"), Some(Complaint { place, sentence }));
    }

    #[test]
    fn a_line_of_the_error_log_is_read_alike() {
        let said = "2026/01/02 03:04:05 [emerg] 17#17: bind() to 0.0.0.0:80 failed (13: Permission denied)\n";
        let sentence = "bind() to 0.0.0.0:80 failed (13: Permission denied)".to_owned();
        assert_eq!(read(said, "/srv/trees/x"), Some(Complaint { place: None, sentence }));
        assert_eq!(read("all is well\n", "/srv"), None);
    }
}
