//! Shows a person where in a file an error is.

use super::error::EvaluationError;
use super::expression::Position;
use super::syntax_error::SyntaxError;

/// Most characters shown of the offending line, to the left of the error and from it on.
const SHOWN_BEFORE: usize = 60;
const SHOWN_FROM: usize = 40;

/// The error with the file's name, the line it is in, and a caret below the place.
pub fn point(file: &str, source: &str, error: &EvaluationError) -> String {
    pointed(file, source, error.position, &error.problem.to_string())
}

/// The same for a text that is no strategy.
pub fn point_at_syntax(file: &str, source: &str, error: &SyntaxError) -> String {
    let message = error.to_string();
    match error.position() {
        None => format!("{file}: {message}"),
        Some(position) => {
            let prefix = format!("{position}: ");
            pointed(
                file,
                source,
                position,
                message.strip_prefix(&prefix).unwrap_or(&message),
            )
        }
    }
}

fn pointed(file: &str, source: &str, position: Position, message: &str) -> String {
    let Position { line, column } = position;
    let before = usize::try_from(column).unwrap_or(usize::MAX) - 1;
    let hidden = before.saturating_sub(SHOWN_BEFORE);
    let text = source
        .split('\n')
        .nth(usize::try_from(line).unwrap_or(usize::MAX) - 1)
        .unwrap_or_default();
    let shown: String = text
        .chars()
        .skip(hidden)
        .take(before - hidden + SHOWN_FROM)
        .map(|part| if part == '\t' { ' ' } else { part })
        .collect();
    let number = line.to_string();
    let margin = " ".repeat(number.len());
    let indent = " ".repeat(before - hidden);
    format!(
        "{file}:{line}:{column}: {message}\n{number} | {}\n{margin} | {indent}^",
        shown.trim_end()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategy::{check, parse};

    fn syntax(source: &str) -> String {
        point_at_syntax("a.clj", source, &parse(source).unwrap_err())
    }

    #[test]
    fn the_caret_stands_below_the_offending_character() {
        assert_eq!(
            syntax("(a\n\t\"ü\" #b)"),
            "a.clj:2:6: ".to_owned()
                + &expected("unexpected character '#'", "2 |  \"ü\" #b)\n  |      ^")
        );
    }

    /// The whole message of an unexpected character, which names all that is allowed.
    fn expected(begin: &str, drawing: &str) -> String {
        format!(
            "{begin}; allowed are brackets, strings in double quotes, numbers such as -1.5, :keywords, comments after ;, and names of \
             letters, digits and _ - > < = ! ? + * /\n{drawing}"
        )
    }

    #[test]
    fn an_error_in_the_meaning_is_shown_the_same_way() {
        let source = "(weight-equal\r\n  [(asset \"A\")\r\n   (rsi \"A\" {:window 0})])\r\n";
        let error = check(&parse(source).unwrap()).unwrap_err();
        let shown = "a.clj:3:22: 0 is not a window, whole numbers from 1 to 10000 are allowed\n\
                     3 |    (rsi \"A\" {:window 0})])\n  |                      ^";
        assert_eq!(point("a.clj", source, &error), shown);
    }

    #[test]
    fn a_long_line_is_shown_around_the_error() {
        let source = format!("({} #{})", "a".repeat(500), "b".repeat(500));
        let shown = syntax(&source);
        let [_, line, caret] = shown.lines().collect::<Vec<_>>()[..] else {
            panic!("{shown}")
        };
        assert_eq!(line, format!("1 | {} #{}", "a".repeat(59), "b".repeat(39)));
        assert_eq!(caret.find('^'), line.find('#'));
    }

    #[test]
    fn an_error_of_the_whole_text_names_the_file() {
        assert!(
            syntax("").starts_with("a.clj: the strategy is empty"),
            "{}",
            syntax("")
        );
        // The end of the text is a place where nothing stands.
        assert!(
            syntax("(a\n").ends_with("1 | (a\n  | ^"),
            "{}",
            syntax("(a\n")
        );
    }
}
