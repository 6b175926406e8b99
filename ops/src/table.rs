use alchemiser::visible::{cut, one_line};

/// The most characters of a cell: what others wrote must not push the other columns off the screen.
const WIDEST_CELL: usize = 120;
/// The most characters of a fact.
const LONGEST_FACT: usize = 1_000;

/// Rows in columns, as wide as their widest cell; the last one runs free. Each cell is one line,
/// and cut where it is long.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let head: Vec<String> = head.iter().map(|name| (*name).to_owned()).collect();
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            row.iter()
                .map(|cell| cut(&one_line(cell), WIDEST_CELL))
                .collect()
        })
        .collect();
    let length = |cell: &String| cell.chars().count();
    let width = |column: usize| {
        std::iter::once(&head)
            .chain(&rows)
            .filter_map(|row| row.get(column))
            .map(length)
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| padded(cell, *width));
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    std::iter::once(&head).chain(&rows).map(line).collect()
}

/// Names and values, one a line; those without a value are left out.
pub fn facts(facts: &[(&str, Option<String>)]) -> String {
    let width = facts.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    facts
        .iter()
        .filter_map(|(name, value)| {
            Some(format!(
                "{}  {}\n",
                padded(name, width),
                fact(value.as_ref()?)
            ))
        })
        .collect()
}

/// A value in one line, cut where it is long.
pub fn fact(value: &str) -> String {
    cut(&one_line(value), LONGEST_FACT)
}

/// By hand: a width in a format is limited.
fn padded(cell: &str, width: usize) -> String {
    format!(
        "{cell}{}",
        " ".repeat(width.saturating_sub(cell.chars().count()))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_cell_holds_a_row_is_one_line_and_no_wider_than_a_screen_needs() {
        let hostile = format!("a\nb\u{1b}[2J\u{202e}{}", "x".repeat(66_000));
        let shown = table(
            &["A", "B"],
            &[
                vec![hostile.clone(), "b".to_owned()],
                vec!["c".to_owned(), hostile],
            ],
        );
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines.len(), 3, "{shown}");
        assert!(
            lines[1].starts_with("a b\\u{1b}[2J\\u{202e}xx")
                && lines[1].ends_with("… (66020 characters)  b"),
            "{shown}"
        );
        assert!(
            lines.iter().all(|line| line.chars().count() < 300),
            "{shown}"
        );
    }
}
