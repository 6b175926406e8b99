//! Worlds beside each other. Each is one thread, and nothing that it does hangs on another.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use clap::Args;

use crate::error::CliError;

/// How many worlds run beside each other.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct Jobs {
    /// How many worlds run at a time: as many as this machine has cores. What is printed is the
    /// same.
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
}

impl Jobs {
    /// As many as somebody said, or as many as this machine can run.
    pub fn get(self) -> NonZeroUsize {
        self.jobs.unwrap_or_else(cores)
    }
}

/// As many worlds as this machine can run at a time.
pub fn cores() -> NonZeroUsize {
    thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// Does `work` for all `items`, at most `jobs` at a time, and gives `take` each result in the order
/// of the items. The first error of `take` ends it.
pub fn in_order<T: Sync, R: Send>(
    items: &[T],
    jobs: NonZeroUsize,
    work: impl Fn(&T) -> R + Sync,
    mut take: impl FnMut(&T, R) -> Result<(), CliError>,
) -> Result<(), CliError> {
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        // Dropped when this closure ends: whoever still works then finds nobody to tell.
        let receiver = receiver;
        for _ in 0..jobs.get().min(items.len()) {
            let (sender, next, work) = (sender.clone(), &next, &work);
            scope.spawn(move || {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(place) else { break };
                    if sender.send((place, work(item))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut waiting = BTreeMap::new();
        let mut due = 0;
        for (place, result) in receiver {
            waiting.insert(place, result);
            while let Some(result) = waiting.remove(&due) {
                take(&items[due], result)?;
                due += 1;
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_whoever_is_first() {
        let items: Vec<u64> = (0..50).collect();
        let jobs = NonZeroUsize::new(4).expect("four");
        let mut seen = Vec::new();
        let slow_at_first = |item: &u64| {
            thread::sleep(std::time::Duration::from_micros(50 - item));
            item * 2
        };
        in_order(&items, jobs, slow_at_first, |item, result| {
            seen.push((*item, result));
            Ok(())
        })
        .expect("nothing refuses");
        assert_eq!(
            seen,
            items
                .iter()
                .map(|item| (*item, item * 2))
                .collect::<Vec<_>>()
        );
    }

    #[test]
    fn the_first_error_ends_it() {
        let items: Vec<u64> = (0..1000).collect();
        let done = AtomicUsize::new(0);
        let jobs = NonZeroUsize::new(2).expect("two");
        let work = |_: &u64| done.fetch_add(1, Ordering::Relaxed);
        let outcome = in_order(&items, jobs, work, |item, _| match item {
            3 => Err(CliError::PlotOfMany),
            _ => Ok(()),
        });
        assert!(matches!(outcome, Err(CliError::PlotOfMany)));
        assert!(done.load(Ordering::Relaxed) >= 4);
    }
}
