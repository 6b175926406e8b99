use super::Mark;

/// How wide reports are where nobody says.
const WIDTH: usize = 120;
/// Narrower than that nothing can be read.
const WIDTH_MIN: usize = 40;

/// A last column that is narrower goes to a line of its own.
const LAST_MIN: usize = 24;

/// What a report is printed on: how many characters fit, and whether they have colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paper {
    /// Characters in a line.
    pub width: usize,
    /// Whether colours are shown.
    pub is_coloured: bool,
}

impl Paper {
    /// Without colours.
    #[must_use]
    pub fn plain(width: usize) -> Self {
        Self {
            width: width.max(WIDTH_MIN),
            is_coloured: false,
        }
    }

    /// Standard output: as wide as `COLUMNS` says, else as the terminal is, else 120; coloured
    /// where it is a terminal, and `NO_COLOR` is not set, or where `CLICOLOR_FORCE` is.
    #[must_use]
    pub fn of_stdout() -> Self {
        let terminal = console::Term::stdout();
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let columns = variable("COLUMNS").and_then(|columns| columns.parse().ok());
        let of_the_terminal = || {
            terminal
                .size_checked()
                .filter(|_| terminal.is_term())
                .map(|(_, columns)| usize::from(columns))
        };
        let width = columns.or_else(of_the_terminal).unwrap_or(WIDTH);
        let is_forced = variable("CLICOLOR_FORCE").is_some_and(|value| value != "0");
        let is_wanted =
            terminal.is_term() && variable("TERM").is_none_or(|terminal| terminal != "dumb");
        Self {
            is_coloured: variable("NO_COLOR").is_none() && (is_forced || is_wanted),
            ..Self::plain(width)
        }
    }

    /// A text in a mark's colour.
    #[must_use]
    pub fn paint(self, mark: Mark, text: &str) -> String {
        match mark
            .style()
            .filter(|_| self.is_coloured && !text.is_empty())
        {
            Some(style) => format!("\u{1b}[{style}m{text}\u{1b}[0m"),
            None => text.to_owned(),
        }
    }

    /// A text behind what stands at the left, in lines of which none is too long; what follows the
    /// first begins under it.
    #[must_use]
    pub fn hung(self, left: &str, text: &str) -> Vec<String> {
        let indent = left.chars().count();
        let lines = wrapped(text, self.width.saturating_sub(indent).max(WIDTH_MIN / 2));
        let begin = |index: usize| {
            if index == 0 {
                left.to_owned()
            } else {
                " ".repeat(indent)
            }
        };
        lines
            .iter()
            .enumerate()
            .map(|(index, line)| format!("{}{line}", begin(index)).trim_end().to_owned())
            .collect()
    }
}

/// Rows in columns as wide as what they hold, of which the last one is wrapped; a line each, and
/// none too long.
#[must_use]
pub fn columns(rows: &[Vec<String>], paper: Paper) -> String {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |index: usize| {
        rows.iter()
            .filter_map(|row| row.get(index))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..count.saturating_sub(1)).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let Some((last, cells)) = row.split_last() else {
            continue;
        };
        let left: String = cells
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:width$}  "))
            .collect();
        let left = format!(" {left}");
        let has_room = left.chars().count() + LAST_MIN.min(last.chars().count()) <= paper.width;
        let lines = if has_room {
            paper.hung(&left, last)
        } else {
            paper
                .hung(" ", left.trim())
                .into_iter()
                .chain(paper.hung("     ", last))
                .collect()
        };
        for line in lines {
            text.push_str(&line);
            text.push('\n');
        }
    }
    text
}

/// Lines of at most that many characters, broken between words, or within one that is too long.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split(' ') {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
                lines.push(std::mem::take(&mut line));
            } else if !line.is_empty() {
                line.push(' ');
            }
            for letter in word.chars() {
                if line.chars().count() == width {
                    lines.push(std::mem::take(&mut line));
                }
                line.push(letter);
            }
        }
        lines.push(line);
    }
    if lines.is_empty() {
        lines.push(String::new());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_or_within_long_ones() {
        assert_eq!(wrapped("one two three", 8), ["one two", "three"]);
        assert_eq!(wrapped("abcdefghij k", 4), ["abcd", "efgh", "ij k"]);
        assert_eq!(wrapped("", 4), [""]);
        assert_eq!(
            Paper::plain(40).hung("* ", &"word ".repeat(10)),
            ["* word word word word word word word", "  word word word"]
        );
    }

    #[test]
    fn the_last_column_is_wrapped_under_itself() {
        let rows = [
            vec!["a".to_owned(), "b".repeat(50)],
            vec!["long".to_owned(), "c".to_owned()],
        ];
        let shown = columns(&rows, Paper::plain(40));
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(
            lines,
            [
                format!(" a     {}", "b".repeat(33)),
                format!("       {}", "b".repeat(17)),
                " long  c".to_owned()
            ]
        );
        let row = [vec!["a".repeat(30), "b".repeat(30)]];
        assert_eq!(
            columns(&row, Paper::plain(40)),
            format!(" {}\n     {}\n", "a".repeat(30), "b".repeat(30))
        );
    }
}
