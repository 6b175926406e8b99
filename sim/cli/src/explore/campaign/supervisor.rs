use std::io::{BufRead, BufReader};
use std::ops::Range;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use super::CampaignError;
use crate::error::CliError;
use harness::campaign::ItemResult;

/// How often an item may end its process before it is told as what it is.
pub const TRIES: u32 = 3;

/// How long an item may take. A run takes a fraction of a second; one that takes so long takes for
/// ever.
pub const PATIENCE: Duration = Duration::from_secs(600);

/// How a process went.
struct Ended {
    how: String,
    is_mistake: bool,
}

/// Does items in processes of their own. `process` starts one that does them in their order, from
/// the one that it is told, and prints a line each, so that the first that is not there is the one
/// that ended it: no halving is needed to find it. After [`TRIES`] deaths in a row, `killer` says
/// what becomes of the item, and the next process begins behind it.
pub fn supervise(
    items: Range<u64>,
    patience: Duration,
    process: impl Fn(u64) -> Command,
    killer: impl Fn(u64, &str) -> ItemResult,
    mut take: impl FnMut(&ItemResult),
) -> Result<(), CliError> {
    let (mut next, mut deaths) = (items.start, 0);
    while next < items.end {
        let begun = next;
        let mut child = process(next)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(CliError::System)?;
        let ended = listen(&mut child, patience, |result| {
            take(&result);
            next += 1;
        })?;
        if ended.is_mistake {
            return Err(CampaignError::Refused.into());
        }
        if next >= items.end {
            break;
        }
        deaths = if next > begun { 1 } else { deaths + 1 };
        if deaths == TRIES {
            take(&killer(next, &ended.how));
            (next, deaths) = (next + 1, 0);
        }
    }
    Ok(())
}

/// Hears out a process until it ends, or says nothing for too long.
fn listen(
    child: &mut Child,
    patience: Duration,
    mut take: impl FnMut(ItemResult),
) -> Result<Ended, CliError> {
    let said = child.stdout.take().expect("its output is a pipe");
    let (sender, receiver) = channel();
    let is_late = thread::scope(|scope| {
        scope.spawn(move || {
            for line in BufReader::new(said).lines() {
                // The last line of a process that dies may be torn.
                let result = line.ok().and_then(|line| serde_json::from_str(&line).ok());
                let Some(result) = result else { break };
                if sender.send(result).is_err() {
                    break;
                }
            }
        });
        loop {
            match receiver.recv_timeout(patience) {
                Ok(result) => take(result),
                Err(RecvTimeoutError::Disconnected) => break Ok(false),
                Err(RecvTimeoutError::Timeout) => break child.kill().map(|()| true),
            }
        }
    });
    let is_late = is_late.map_err(CliError::System)?;
    let status = child.wait().map_err(CliError::System)?;
    Ok(Ended {
        how: if is_late {
            format!("no result after {} s", patience.as_secs())
        } else {
            shown(status)
        },
        is_mistake: status.code() == Some(2),
    })
}

/// How a process ended, in words that are the same on every machine.
fn shown(status: ExitStatus) -> String {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        if let Some(signal) = status.signal() {
            return format!("signal {signal}");
        }
    }
    match status.code() {
        Some(code) => format!("exit code {code}"),
        None => status.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    /// Does items 0 to 5 by a script of the shell, `before` each, which sees the item as `$i`.
    fn told(patience: Duration, before: &str) -> Result<Vec<String>, String> {
        let process = |first: u64| {
            let line = r#"{"item":"'$i'","outcome":"","runs":1,"journal":"","found":null,"landmarks":{},"premises":{}}"#;
            let script = format!(
                "i={first}; while [ $i -lt 5 ]; do {before}; echo '{line}'; i=$((i+1)); done"
            );
            let mut command = Command::new("sh");
            command.args(["-c", &script]);
            command
        };
        let killer = |item: u64, how: &str| ItemResult {
            item: format!("{item} killed: {how}"),
            ..ItemResult::default()
        };
        let mut told = Vec::new();
        let take = |result: &ItemResult| told.push(result.item.clone());
        let done = supervise(0..5, patience, process, killer, take);
        done.map(|()| told).map_err(|error| error.to_string())
    }

    fn items(of: &[&str]) -> Result<Vec<String>, String> {
        Ok(of.iter().map(|item| (*item).to_owned()).collect())
    }

    #[test]
    fn an_item_that_ends_its_process_is_told_and_the_others_are_done() {
        assert_eq!(told(LONG, ":"), items(&["0", "1", "2", "3", "4"]));
        assert_eq!(
            told(LONG, "[ $i = 2 ] && kill -ABRT $$"),
            items(&["0", "1", "2 killed: signal 6", "3", "4"])
        );
        assert_eq!(
            told(
                LONG,
                "[ $i = 0 ] && exit 101; [ $i = 4 ] && { printf '{\"item'; exit 0; }"
            ),
            items(&[
                "0 killed: exit code 101",
                "1",
                "2",
                "3",
                "4 killed: exit code 0"
            ])
        );
    }

    #[test]
    fn a_death_that_does_not_come_again_is_no_finding() {
        let folder = tempfile::tempdir().expect("a folder");
        let mark = folder.path().join("died");
        let mark = mark.display();
        let once = format!("[ $i = 3 ] && ! [ -e {mark} ] && {{ touch {mark}; kill -KILL $$; }}");
        assert_eq!(told(LONG, &once), items(&["0", "1", "2", "3", "4"]));
    }

    #[test]
    fn an_item_that_never_ends_is_ended() {
        let hangs = "[ $i = 1 ] && exec sleep 60";
        assert_eq!(
            told(Duration::from_millis(300), hangs),
            items(&["0", "1 killed: no result after 0 s", "2", "3", "4"])
        );
    }

    #[test]
    fn a_mistake_is_not_tried_again() {
        let mistake = told(LONG, "[ $i = 1 ] && exit 2");
        assert_eq!(
            mistake,
            Err("a part cannot be done here: see above".to_owned())
        );
    }
}
