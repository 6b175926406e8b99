use indicatif::{ProgressBar, ProgressStyle};

/// A bar that counts to `count`, with `tail` behind the numbers.
pub fn progress(count: usize, is_quiet: bool, tail: &str) -> ProgressBar {
    let bar = if is_quiet {
        ProgressBar::hidden()
    } else {
        ProgressBar::new(count as u64)
    };
    if let Ok(style) = ProgressStyle::with_template(&format!("{{bar:30}} {{pos}}/{{len}} {tail}")) {
        bar.set_style(style);
    }
    bar
}
