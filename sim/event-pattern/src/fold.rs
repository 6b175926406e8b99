//! Comparison that ignores case, character by character as Java's root locale maps case.

/// A text of which each character may stand in its lower or its upper form. A form may be longer
/// than one character: `ß` is also `SS`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FoldedText {
    original: String,
    forms: Vec<[String; 2]>,
}

impl FoldedText {
    pub(super) fn new(text: &str) -> Self {
        let forms = text.chars().map(|character| {
            // Java maps UTF-16 units, so a character of two units has only itself.
            if character.len_utf16() > 1 {
                [character.to_string(), character.to_string()]
            } else {
                [
                    character.to_lowercase().collect(),
                    character.to_uppercase().collect(),
                ]
            }
        });
        FoldedText {
            original: text.to_owned(),
            forms: forms.collect(),
        }
    }

    /// As the pattern spells it.
    pub(super) fn original(&self) -> &str {
        &self.original
    }

    pub(super) fn equals(&self, value: &str) -> bool {
        self.strip_prefix_of(value) == Some("")
    }

    pub(super) fn is_prefix_of(&self, value: &str) -> bool {
        self.strip_prefix_of(value).is_some()
    }

    pub(super) fn is_suffix_of(&self, value: &str) -> bool {
        let mut rest = value;
        for [lower, upper] in self.forms.iter().rev() {
            match rest
                .strip_suffix(lower.as_str())
                .or_else(|| rest.strip_suffix(upper.as_str()))
            {
                Some(shorter) => rest = shorter,
                None => return false,
            }
        }
        true
    }

    /// The rest of the value behind this text. The two forms of a character never begin alike, so
    /// the first that fits is the only one.
    fn strip_prefix_of<'v>(&self, value: &'v str) -> Option<&'v str> {
        let mut rest = value;
        for [lower, upper] in &self.forms {
            rest = rest
                .strip_prefix(lower.as_str())
                .or_else(|| rest.strip_prefix(upper.as_str()))?;
        }
        Some(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_by_lower_or_upper_form_of_the_patterns_character() {
        assert!(FoldedText::new("straße").equals("STRASSE"));
        assert!(FoldedText::new("É").equals("é"));
        assert!(!FoldedText::new("k").equals("\u{212A}"));
        assert!(!FoldedText::new("s").equals("\u{17F}"));
        assert!(!FoldedText::new("i").equals("\u{130}"));
        assert!(FoldedText::new(".PNG").is_suffix_of("a.pNg"));
        assert!(FoldedText::new("Ab").is_prefix_of("aBc"));
    }
}
