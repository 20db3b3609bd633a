//! Deeper: where templates come from, and their trees, made when first needed or changed.
//!
//! A name is looked for below a folder, or in the binary, and nowhere else. [`FileCache`] keeps the
//! trees. Before one is used, the system is asked whether its file has changed, so that the next
//! request sees an edit; on a busy server this is not done for each request. The trees of a page
//! are kept together too, so that one look-up finds all of them.
//!
//! Left out: several folders. One place to look is one place to explain.

use super::function::{ANY, CustomFilter, Function, row};
use super::mistake::{Rendering, TemplateError, locate};
use super::tags::parse;
use super::tree::Tree;
use crate::near::nearest;
use crate::web::file_cache::{FileCache, FileStamp};
use crate::web::static_files::{OUTSIDE, check_path};
use std::cell::OnceCell;
use std::collections::BinaryHeap;
use std::fs;
use std::io;
use std::iter::successors;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How many templates one page may be made of.
const MOST_TEMPLATES: usize = 64;

/// Most pages need no more than this number.
const PLACES: usize = 4;

/// How many parsed templates are kept, once for each stripe of the cache.
const KEPT: usize = 512;

/// Longer files are not read, in bytes.
const LONGEST: u64 = 4 << 20;

/// Templates from a folder or from the binary, parsed when they are first needed.
///
/// ```
/// use carafe::{Map, web::template::Templates};
///
/// let templates = Templates::embedded(&[("hello.html", "<h1>Hello {{ name }}!</h1>\n")]);
/// let page = templates.render("hello.html", &Map::from([("name", "<b>Ada")]), &()).unwrap();
/// assert_eq!(page.text, "<h1>Hello &lt;b&gt;Ada!</h1>");
/// ```
#[derive(Debug)]
pub struct Templates {
    /// Where the files are, if they are not in the binary.
    folder: Option<PathBuf>,
    /// The names and texts in the binary.
    embedded: EmbeddedFiles,
    filters: Vec<Function>,
    cache: FileCache<CachedTree>,
    /// By the name of a page, the trees that it was made of.
    pages: FileCache<PageTrees>,
}

/// Names and texts in the binary.
type EmbeddedFiles = &'static [(&'static str, &'static str)];

/// A parsed template, and the version of its file; none for what is in the binary.
type CachedTree = (Tree, Option<TemplateVersion>);

type PageTrees = Vec<Arc<CachedTree>>;

impl Templates {
    /// The templates of a folder. Each is read again when its file has changed, at most a
    /// millisecond later.
    pub fn from_dir(dir: impl Into<PathBuf>) -> Templates {
        Templates::new(Some(dir.into()), &[])
    }

    /// Templates that are part of the program: names and texts.
    pub fn embedded(files: &'static [(&'static str, &'static str)]) -> Templates {
        Templates::new(None, files)
    }

    fn new(folder: Option<PathBuf>, embedded: EmbeddedFiles) -> Templates {
        let (cache, pages) = (FileCache::new(KEPT), FileCache::new(KEPT));
        Templates { folder, embedded, filters: Vec::new(), cache, pages }
    }

    /// Adds a filter: `{{ price|euros }}` calls it with the price. It replaces a filter of the same
    /// name.
    pub fn filter(&mut self, name: &'static str, call: CustomFilter) {
        self.filters.insert(0, row(name, ANY, call));
        // The trees so far have the filters of before.
        (self.cache, self.pages) = (FileCache::new(KEPT), FileCache::new(KEPT));
    }

    /// The number of templates that are parsed and in memory now.
    pub(crate) fn parsed(&self) -> usize {
        self.cache.count()
    }

    /// True if there is a template of this name, right or wrong.
    pub(crate) fn has(&self, name: &str) -> bool {
        match &self.folder {
            _ if check_path(name.as_ref()).is_err() => false,
            Some(folder) => folder.join(name).is_file(),
            None => self.embedded.iter().any(|(known, _)| *known == name),
        }
    }

    /// The tree of a template, from the cache if its file has not changed since.
    fn tree(&self, name: &str) -> Rendering<Arc<CachedTree>> {
        if let Some(cached) = self.cache.get(name.as_bytes(), is_current) {
            return Ok(cached);
        }
        let (text, version) = self.read(name)?;
        // Jinja's pages have \n for every line end, in whatever form the template has them.
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let tree = parse(name, &text, &self.filters).map_err(|mistake| {
            let (at, message) = *mistake;
            let (line, column) = locate(&text, at);
            TemplateError { template: name.to_owned(), line, column, message, code: None }
        })?;
        Ok(self.cache.keep(name.as_bytes(), (tree, version)))
    }
}

/// The trees of one page: each is looked up once, and lives as long as the page is being made.
pub struct Shelf<'t> {
    templates: &'t Templates,
    /// Those of the page of this name that was made before, if no file of them has changed.
    from_before: Option<Arc<PageTrees>>,
    places: Places,
}

/// Places for trees, and the next ones. Each is filled once and never emptied, so a tree can be
/// borrowed while others are added.
#[derive(Default)]
struct Places {
    trees: [OnceCell<Arc<CachedTree>>; PLACES],
    next: OnceCell<Box<Places>>,
}

impl Shelf<'_> {
    /// The shelf of a page that begins.
    pub fn of_page<'t>(templates: &'t Templates, name: &str) -> Shelf<'t> {
        let are_current = |trees: &PageTrees| trees.iter().all(|tree| is_current(tree));
        let from_before = templates.pages.get(name.as_bytes(), are_current);
        Shelf { templates, from_before, places: Places::default() }
    }

    /// Keeps the trees for the next page of this name, unless there are some from before.
    pub fn keep(&self, name: &str) {
        if self.from_before.is_none() {
            let places = successors(Some(&self.places), |it| it.next.get().map(|next| &**next));
            let trees = places.flat_map(|it| &it.trees).filter_map(OnceCell::get);
            self.templates.pages.keep(name.as_bytes(), trees.cloned().collect());
        }
    }

    /// The template of this name.
    /// Errors: there is none, which is an error without a place; a mistake in it; it is one more
    /// than [`MOST_TEMPLATES`].
    pub fn tree(&self, name: &str) -> Rendering<&Tree> {
        let mut places = &self.places;
        for _ in 0..MOST_TEMPLATES / PLACES {
            for place in &places.trees {
                let (tree, _) = match place.get() {
                    Some(known) => &**known,
                    None => {
                        let found = self.find(name)?;
                        place.get_or_init(|| found)
                    }
                };
                if tree.name == name {
                    return Ok(tree);
                }
            }
            places = places.next.get_or_init(Box::default);
        }
        Err(format!("the page is made of more than {MOST_TEMPLATES} templates").into())
    }

    fn find(&self, name: &str) -> Rendering<Arc<CachedTree>> {
        let mut before = self.from_before.iter().flat_map(|trees| trees.iter());
        match before.find(|known| known.0.name == name) {
            Some(known) => Ok(Arc::clone(known)),
            None => self.templates.tree(name),
        }
    }
}

/// A file that was read, and which version of it; none if it had changed just before. The clock of
/// the file system is coarse, and one more change could have the same stamp.
type TemplateVersion = (PathBuf, Option<FileStamp>);

/// True if the file still has what was read.
fn is_current((_, version): &CachedTree) -> bool {
    version.as_ref().is_none_or(|(path, stamp)| {
        let now = || fs::metadata(path).ok().map(|metadata| FileStamp::of(&metadata));
        stamp.is_some() && now() == *stamp
    })
}

impl Templates {
    /// The text of a template, and the version of its file.
    /// Errors: a name that leads out of the folder, no such file, a file that is not text.
    fn read(&self, name: &str) -> Rendering<(String, Option<TemplateVersion>)> {
        let refused = |why: &str| format!("the name {}: {why}", shown(name));
        check_path(name.as_ref()).map_err(|why| refused(&why.to_string()))?;
        let Some(folder) = &self.folder else {
            let found = self.embedded.iter().find(|(known, _)| *known == name);
            let (_, text) = found.ok_or_else(|| self.absent(name))?;
            return Ok(((*text).to_owned(), None));
        };
        let path = folder.join(name);
        // Symbolic links are followed to their end, and the end must be below the folder too.
        let (Ok(real_folder), Ok(real_path)) = (folder.canonicalize(), path.canonicalize()) else {
            return Err(self.absent(name).into());
        };
        if !real_path.starts_with(&real_folder) {
            return Err(refused(OUTSIDE).into());
        }
        let (text, stamp) = read_file(&real_path).map_err(|why| {
            let found = format!("{} cannot be read: {why}", path.display());
            Box::new(TemplateError { code: why.raw_os_error(), ..*Box::from(found) })
        })?;
        Ok((text, Some((path, stamp.is_settled().then_some(stamp)))))
    }

    /// Where a template was looked for, and a name that is near.
    fn absent(&self, name: &str) -> String {
        let near_file = |path: &Path| {
            let entries = fs::read_dir(path.parent()?.join(".")).ok()?.flatten();
            let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
            let names = names.collect::<BinaryHeap<_>>().into_sorted_vec();
            let near = nearest(path.file_name()?.to_str()?, names.iter().map(String::as_str));
            near.map(|near| path.with_file_name(near))
        };
        let (place, near) = match &self.folder {
            None => {
                let near = nearest(name, self.embedded.iter().map(|(known, _)| *known));
                (" in the program".to_owned(), near.map(shown))
            }
            Some(folder) if !folder.is_dir() => {
                let near = near_file(folder).map(|near| near.display().to_string());
                (format!(", because there is no folder {}", folder.display()), near)
            }
            Some(folder) => {
                let near = near_file(&folder.join(name));
                let near = near.as_ref().and_then(|near| near.strip_prefix(folder).ok()?.to_str());
                (format!(" in {}", folder.display()), near.map(shown))
            }
        };
        let near = near.map(|near| format!("; there is {near}")).unwrap_or_default();
        format!("no template {}{place}{near}", shown(name))
    }
}

/// The text of a file and its version.
fn read_file(path: &Path) -> io::Result<(String, FileStamp)> {
    // Before the text is read: a file that changes meanwhile then has another version.
    let metadata = fs::metadata(path)?;
    // Opening a pipe would wait for a writer, so only files are opened.
    if !metadata.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    if metadata.len() > LONGEST {
        return Err(io::Error::other(format!("it is longer than {LONGEST} bytes")));
    }
    let text = String::from_utf8(fs::read(path)?).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        io::Error::other(format!("it is not UTF-8 from byte {good} on"))
    })?;
    Ok((text, FileStamp::of(&metadata)))
}

/// A name in quotes, control characters escaped, not longer than a line.
fn shown(name: &str) -> String {
    let short: String = name.chars().take(80).collect();
    format!("\"{}\"", short.escape_debug())
}
