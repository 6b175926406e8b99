//! The links of the pages lead somewhere.

use std::fs::{read_dir, read_to_string};
use std::path::{Path, PathBuf};

/// The targets of the links of a page that are files of this project.
fn links(text: &str) -> Vec<&str> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', '#']).next())
        .filter(|link| !link.is_empty() && !link.contains("://"))
        .collect()
}

fn pages(folder: &Path) -> Vec<PathBuf> {
    read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "md"))
        .collect()
}

#[test]
fn every_link_of_a_page_leads_to_a_file() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut followed = 0;
    for folder in ["", "docs", "docs/runbooks"] {
        let folder = root.join(folder);
        for page in pages(&folder) {
            let text = read_to_string(&page).expect("readable");
            for link in links(&text) {
                assert!(
                    folder.join(link).exists(),
                    "{}: there is no {link}",
                    page.display()
                );
                followed += 1;
            }
        }
    }
    assert!(followed > 60, "only {followed} links were found");
}

#[test]
fn links_to_other_places_are_not_followed() {
    let text = "[a](docs/a.md#part) [b](https://example.com) [c](#here) [d](../d)";
    assert_eq!(links(text), ["docs/a.md", "../d"]);
}
