//! Texts from a grammar (`grammar.txt`), led by a list of choices: a shorter list gives a shorter text, so that proptest can shrink one.

use std::collections::HashMap;

/// How deep names may be nested before leaves are taken.
const DEPTH_MAX: usize = 7;

/// The productions of each name.
pub struct Grammar(HashMap<String, Vec<Production>>);

struct Production {
    parts: Vec<Part>,
    inexact: bool,
    refused: bool,
}

enum Part {
    Text(String),
    /// A name; equal marks within a production stand for one and the same text.
    Name {
        name: String,
        mark: Option<String>,
    },
}

/// A text made from the grammar.
#[derive(Debug, Default)]
pub struct Sentence {
    /// The text.
    pub text: String,
    /// Whether some value in it may differ in its last digits.
    pub inexact: bool,
}

impl Grammar {
    /// Reads a grammar.
    pub fn read(text: &str) -> Grammar {
        let mut names: HashMap<String, Vec<Production>> = HashMap::new();
        let mut types: HashMap<String, Vec<String>> = HashMap::new();
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (name, body) = line.split_once(':').expect("a line is `name: text`");
            let body = body.trim().replace("\\s", " ");
            if let Some(letter) = name.strip_prefix("types ") {
                types.insert(format!("${letter}"), body.split(' ').map(str::to_owned).collect());
                continue;
            }
            let (inexact, refused) = (name.contains('~'), name.contains('!'));
            let productions = names.entry(name.trim_end_matches(['~', '!']).to_owned()).or_default();
            let each = match types.iter().find(|(letter, _)| body.contains(*letter)) {
                Some((letter, types)) => types.iter().map(|ty| body.replace(letter, ty)).collect(),
                None => vec![body],
            };
            productions.extend(each.iter().map(|body| Production { parts: parts(body), inexact, refused }));
        }
        let grammar = Grammar(names);
        for production in grammar.0.values().flatten() {
            for part in &production.parts {
                if let Part::Name { name, .. } = part {
                    assert!(grammar.0.contains_key(name), "the grammar has no {name}");
                }
            }
        }
        grammar
    }

    /// The grammar without the productions that have no form in GoogleSQL.
    pub fn with_a_form_in_googlesql(mut self) -> Grammar {
        for productions in self.0.values_mut() {
            productions.retain(|production| !production.refused);
        }
        self
    }

    /// For each production that some query can hold: its line, whether it is marked as refused, and a short query with it.
    pub fn shortest(&self) -> Vec<(String, bool, String)> {
        // The first production on the shortest way from `query` that holds each name.
        let mut holders: HashMap<&str, &Production> = HashMap::new();
        let mut holder_of: HashMap<&str, &str> = HashMap::new();
        let mut open = vec!["query"];
        while let Some(holder) = open.first().copied() {
            open.remove(0);
            for production in self.0[holder].iter().filter(|production| !production.refused) {
                for name in production.names() {
                    if name != "query" && !holder_of.contains_key(name) {
                        holder_of.insert(name, holder);
                        holders.insert(name, production);
                        open.push(name);
                    }
                }
            }
        }
        let mut found = Vec::new();
        for (name, productions) in &self.0 {
            for production in productions {
                let (mut text, mut at) = (self.spell(production, None), name.as_str());
                while let Some(holder) = holders.get(at) {
                    text = self.spell(holder, Some((at, &text)));
                    at = holder_of[at];
                }
                if at == "query" {
                    found.push((format!("{name}: {}", production.line()), production.refused, text));
                }
            }
        }
        found.sort();
        found
    }

    /// The text of a production, of the first productions of its names but for one that is given.
    fn spell(&self, production: &Production, given: Option<(&str, &str)>) -> String {
        let piece = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Name { name, .. } => match given {
                Some((given, text)) if given == name => text.to_owned(),
                _ => self.spell(&self.0[name][0], None),
            },
        };
        production.parts.iter().map(piece).collect()
    }

    /// Makes a text of a name; when the choices are used up, or it gets too deep, the first production is taken.
    pub fn sentence(&self, name: &str, choices: &[u16]) -> Sentence {
        let mut sentence = Sentence::default();
        sentence.text = self.expand(name, &mut choices.iter().copied(), 0, &mut sentence.inexact);
        sentence
    }

    fn expand(&self, name: &str, choices: &mut impl Iterator<Item = u16>, depth: usize, inexact: &mut bool) -> String {
        let productions = &self.0[name];
        let choice = if depth > DEPTH_MAX { 0 } else { choices.next().map_or(0, usize::from) };
        let production = &productions[choice % productions.len()];
        *inexact |= production.inexact;
        let mut marked: HashMap<&str, String> = HashMap::new();
        let mut text = String::new();
        for part in &production.parts {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Name { name, mark: None } => text.push_str(&self.expand(name, choices, depth + 1, inexact)),
                Part::Name { name, mark: Some(mark) } => {
                    let known = marked.entry(mark).or_insert_with(|| self.expand(name, choices, depth + 1, inexact));
                    text.push_str(known);
                }
            }
        }
        text
    }
}

impl Production {
    fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Name { name, .. } => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    fn line(&self) -> String {
        let piece = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Name { name, mark: None } => format!("{{{name}}}"),
            Part::Name { name, mark: Some(mark) } => format!("{{{name}@{mark}}}"),
        };
        self.parts.iter().map(piece).collect()
    }
}

fn parts(body: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = body;
    while let Some(open) = rest.find('{') {
        let close = open + rest[open..].find('}').expect("a brace is closed");
        let inner = &rest[open + 1..close];
        let is_name = !inner.is_empty() && inner.split('@').next().is_some_and(|name| name.chars().all(|c| c.is_ascii_lowercase()));
        let before = if is_name { &rest[..open] } else { &rest[..=close] };
        parts.push(Part::Text(before.to_owned()));
        if is_name {
            let (name, mark) = inner.split_once('@').map_or((inner, None), |(name, mark)| (name, Some(mark.to_owned())));
            parts.push(Part::Name { name: name.to_owned(), mark });
        }
        rest = &rest[close + 1..];
    }
    parts.push(Part::Text(rest.to_owned()));
    parts
}

#[test]
fn choices_lead_through_the_grammar() {
    let grammar = Grammar::read("types T: a b\nq: {a}\nq: {$T@1}+{$T@1}\na: x\na~: f({a}, '{\"k\": 1}')\nb: y\nb:\\s\n");
    let text = |choices: &[u16]| grammar.sentence("q", choices).text;
    assert_eq!([text(&[]), text(&[1, 0]), text(&[2, 0])], ["x", "x+x", "y+y"]);
    assert_eq!(text(&[1, 1, 0]), "f(x, '{\"k\": 1}')+f(x, '{\"k\": 1}')");
    assert!(grammar.sentence("q", &[0, 1]).inexact && !grammar.sentence("q", &[2]).inexact);
}
