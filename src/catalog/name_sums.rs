//! The columns of a name, without looking at every column: each query asks for some of a table's many columns by name.

use std::sync::OnceLock;

use super::model::Column;

/// One byte for each column, made of its name. They are read together, sixteen and more at once.
#[derive(Debug, Default)]
pub struct NameSums(OnceLock<Box<[u8]>>);

/// A copy is there to be changed: it makes its own.
impl Clone for NameSums {
    fn clone(&self) -> NameSums {
        NameSums::default()
    }
}

/// They say nothing that the columns do not say.
impl PartialEq for NameSums {
    fn eq(&self, _: &NameSums) -> bool {
        true
    }
}

impl Eq for NameSums {}

impl NameSums {
    /// The numbers of the columns of exactly this name.
    pub fn find<'c>(&'c self, name: &'c str, columns: &'c [Column]) -> impl Iterator<Item = usize> + 'c {
        let sums = self.0.get_or_init(|| columns.iter().map(|column| sum(&column.name)).collect());
        memchr::memchr_iter(sum(name), sums).filter(move |i| columns.get(*i).is_some_and(|column| column.name == name))
    }
}

/// Made of a name's length and three of its letters: a table's names often begin alike.
fn sum(name: &str) -> u8 {
    let (name, len) = (name.as_bytes(), name.len());
    let letter = |at: usize, weight: u8| name.get(at).map_or(0, |letter| letter.wrapping_mul(weight));
    let letters = letter(len / 3, 3).wrapping_add(letter(len / 2, 7)).wrapping_add(letter(len.wrapping_sub(1), 13));
    letters.wrapping_add(len.to_le_bytes()[0])
}

#[test]
fn columns_are_found_by_their_names() {
    let column = |name: &str| Column {
        name: name.into(),
        ty: crate::types::Type::TEXT,
        typmod: -1,
        nullable: true,
        native: "Utf8".into(),
        description: None,
    };
    let columns = ["id", "day", "id", "Day", ""].map(column);
    let sums = NameSums::default();
    let found = |name: &str| sums.find(name, &columns).collect::<Vec<_>>();
    assert_eq!((found("id"), found("day"), found("Day"), found(""), found("days")), (vec![0, 2], vec![1], vec![3], vec![4], vec![]));
    let copy = sums.clone();
    assert_eq!(copy.find("id", &columns[2..]).collect::<Vec<_>>(), [0]);
}
