//! Lists of words that every name is held against: most names are told apart from all of them by their first letter and their length.

/// Words in lower case.
pub struct WordList {
    words: &'static [&'static str],
    /// By first letter, the lengths of the words that begin with it, as bits.
    lengths: [u32; 26],
    /// By first letter, where the words begin that begin with it or a later one.
    starts: [usize; 27],
}

impl WordList {
    /// Makes a list of words in lower case, each of 1 to 31 bytes, that begin with a letter and stand in the order of those.
    pub const fn new(words: &'static [&'static str]) -> WordList {
        let (mut lengths, mut starts) = ([0; 26], [0; 27]);
        let (mut i, mut letter) = (0, 0);
        while i < words.len() {
            let first = (words[i].as_bytes()[0] - b'a') as usize;
            assert!(first >= letter, "the words are not in order");
            while letter < first {
                letter += 1;
                starts[letter] = i;
            }
            lengths[letter] |= 1 << words[i].len();
            i += 1;
        }
        while letter < 26 {
            letter += 1;
            starts[letter] = i;
        }
        WordList { words, lengths, starts }
    }

    /// Tells whether a word is one of them, in whatever case.
    pub fn has(&self, word: &str) -> bool {
        let Some(first) = word.as_bytes().first() else { return false };
        let letter = usize::from((first | 0x20).wrapping_sub(b'a'));
        let may_be = word.len() < 32 && self.lengths.get(letter).is_some_and(|lengths| lengths >> word.len() & 1 == 1);
        may_be
            && self.words[self.starts[letter]..self.starts[letter + 1]]
                .iter()
                .any(|listed| listed.len() == word.len() && listed.eq_ignore_ascii_case(word))
    }
}

#[test]
fn words_are_found_in_any_case() {
    let list = WordList::new(&["a", "and", "assert_rows_modified", "zone"]);
    for word in ["a", "A", "And", "assert_rows_modified", "ZONE"] {
        assert!(list.has(word), "{word}");
    }
    for word in ["", "an", "ant", "Äa", "0one", "@nd", "zon", "zones", "a name that is longer than any of the words"] {
        assert!(!list.has(word), "{word}");
    }
}
