//! Deeper: the trees of templates, parsed when they are first needed or have changed.
//!
//! [`FileCache`] keeps them.

use super::folder::{TemplateSource, TemplateVersion};
use super::mistake::{Rendering, TemplateError};
use super::tags::parse;
use super::tree::{CustomFilter, Tree};
use crate::web::file_cache::FileCache;
use std::cell::OnceCell;
use std::sync::Arc;

/// How many templates one page may be made of.
const MOST_TEMPLATES: usize = 64;

/// How many parsed templates are kept, once for each stripe of the cache.
const KEPT: usize = 512;

/// Where templates come from, and the trees of those that were needed so far.
#[derive(Debug)]
pub struct Loader {
    source: TemplateSource,
    filters: Vec<(String, CustomFilter)>,
    cache: FileCache<CachedTree>,
}

/// A parsed template, and the version of its file; none for what is in the binary.
#[derive(Debug)]
struct CachedTree {
    tree: Tree,
    version: Option<TemplateVersion>,
}

/// A tree, or why there is no template of this name. A template with a mistake is an error.
pub type FoundTemplate<T> = Rendering<Result<T, String>>;

impl Loader {
    /// Templates of this source.
    pub fn new(source: TemplateSource) -> Loader {
        Loader { source, filters: Vec::new(), cache: FileCache::new(KEPT) }
    }

    /// Adds a filter; it replaces a filter of the same name.
    pub fn filter(&mut self, name: &str, filter: CustomFilter) {
        self.filters.retain(|(known, _)| known != name);
        self.filters.push((name.to_owned(), filter));
        // The trees so far have the filters of before.
        self.cache.clear();
    }

    /// The tree of a template, from the cache if its file has not changed since.
    fn tree(&self, name: &str) -> FoundTemplate<Arc<CachedTree>> {
        let is_current =
            |cached: &CachedTree| cached.version.as_ref().is_none_or(TemplateVersion::is_current);
        if let Some(cached) = self.cache.get(name, is_current) {
            return Ok(Ok(cached));
        }
        let (text, version) = match self.source.read(name) {
            Ok(read) => read,
            Err(missing) => return Ok(Err(missing)),
        };
        // Jinja's pages have \n for every line end, in whatever form the template has them.
        let text =
            if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text };
        let tree = parse(name, text, &self.filters).map_err(|(mistake, text)| {
            TemplateError::at(name, &text, mistake.at, mistake.message)
        })?;
        Ok(Ok(self.cache.keep(name, CachedTree { tree, version })))
    }
}

/// The trees of one page: each is looked up once, and lives as long as the page is being made.
///
/// A place that was filled is never emptied, so a tree can be borrowed while others are added.
pub struct Shelf<'l> {
    loader: &'l Loader,
    places: [OnceCell<Arc<CachedTree>>; MOST_TEMPLATES],
}

impl<'l> Shelf<'l> {
    /// A shelf without trees.
    pub fn new(loader: &'l Loader) -> Shelf<'l> {
        Shelf { loader, places: [const { OnceCell::new() }; MOST_TEMPLATES] }
    }

    /// The template of this name.
    ///
    /// # Errors
    ///
    /// A mistake in the template.
    pub fn tree(&self, name: &str) -> FoundTemplate<&Tree> {
        for place in &self.places {
            match place.get() {
                Some(known) if known.tree.name == name => return Ok(Ok(&known.tree)),
                Some(_) => {}
                None => {
                    let found = self.loader.tree(name)?;
                    return Ok(found.map(|cached| &place.get_or_init(|| cached).tree));
                }
            }
        }
        Ok(Err(format!("the page is made of more than {MOST_TEMPLATES} templates")))
    }
}
