//! dump
use alchemiser_sim::scenario::*;
fn main() {
    let library = Library::of_this_project().expect("library");
    let name = std::env::args().nth(1).expect("name");
    let path = library.root().join("scenarios").join(format!("{name}.yaml"));
    let loaded = load_scenario(&path, &name).unwrap_or_else(|e| { eprintln!("{e}"); std::process::exit(2) });
    let seed = std::env::args().nth(2).and_then(|s| s.parse().ok()).unwrap_or(1);
    let run = run(&library, &loaded, seed).unwrap_or_else(|e| { eprintln!("{e}"); std::process::exit(2) });
    for line in run.journal.lines() { println!("{line}"); }
    for f in &run.findings { println!("FINDING {}: {}", f.check, f.problem); }
    println!("{} {:?} {:?}", run.journal.hash(), run.virtual_time, run.wall_time);
}
