//! Deeper: the reference of the template language.
//!
//! The page is `reference.txt` beside this file. A test holds that it names each tag, operator,
//! filter, test and method, and that each of its examples prints what it says.

/// A piece of a template, and what it prints.
pub type TemplateExample = (&'static str, &'static str);

/// The reference as text: tags, operators, filters, tests, methods, what a page may ask for, and
/// what is left out.
///
/// ```
/// assert!(carafe::web::template::reference().contains("{{ 'Ada'|upper }}"));
/// ```
pub fn reference() -> String {
    include_str!("reference.txt").to_owned()
}

/// All examples of the reference.
pub fn examples() -> impl Iterator<Item = TemplateExample> {
    include_str!("reference.txt").lines().filter_map(|line| {
        let (template, prints) = line.split_once("  →  ")?;
        Some((&template[template.find('{')?..], prints))
    })
}
