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
use std::cell::{Cell, OnceCell};
use std::collections::BinaryHeap;
use std::fs;
use std::iter::successors;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How many templates one page may be made of.
const MOST_TEMPLATES: usize = 64;

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
    embedded: &'static [(&'static str, &'static str)],
    filters: Vec<Function>,
    cache: FileCache<CachedTree>,
    /// By the name of a page, the trees that it was made of.
    pages: FileCache<PageTrees>,
}

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

    fn new(
        folder: Option<PathBuf>,
        embedded: &'static [(&'static str, &'static str)],
    ) -> Templates {
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
            _ if check_name(name).is_err() => false,
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
///
/// A shelf holds the trees of the page of this name that was made before, if there was one. `tree`
/// and `next` make a list of the trees that this page adds.
#[derive(Default)]
pub struct Shelf {
    from_before: Option<Arc<PageTrees>>,
    /// Which of them this page uses: a bit for each.
    used: Cell<u64>,
    /// Filled once and never emptied, so a tree can be borrowed while others are added.
    tree: OnceCell<Arc<CachedTree>>,
    next: OnceCell<Box<Shelf>>,
}

impl Shelf {
    /// The shelf of a page that begins. If one file of the page before has changed, it is empty.
    pub fn of_page(templates: &Templates, name: &str) -> Shelf {
        let are_current = |trees: &PageTrees| trees.iter().all(|tree| is_current(tree));
        let from_before = templates.pages.get(name.as_bytes(), are_current);
        Shelf { from_before, ..Shelf::default() }
    }

    /// Keeps the trees for the next page of this name, unless there are some from before.
    pub fn keep(&self, templates: &Templates, name: &str) {
        if self.from_before.is_none() {
            templates.pages.keep(name.as_bytes(), self.added().cloned().collect());
        }
    }

    /// The trees that this page adds.
    fn added(&self) -> impl Iterator<Item = &Arc<CachedTree>> {
        let shelves = successors(Some(self), |shelf| shelf.next.get().map(|next| &**next));
        shelves.filter_map(|shelf| shelf.tree.get())
    }

    /// The template of this name.
    /// Errors: there is none, which is an error without a place; a mistake in it; it is one more
    /// than [`MOST_TEMPLATES`].
    pub fn tree(&self, templates: &Templates, name: &str) -> Rendering<&Tree> {
        let before = self.from_before.as_ref().map_or(&[][..], |trees| trees);
        let is_it = |known: &Arc<CachedTree>| known.0.name == name;
        let tree = if let Some(nth) = before.iter().position(is_it) {
            self.used.set(self.used.get() | 1 << nth);
            &before[nth]
        } else if let Some(known) = self.added().find(|it| is_it(it)) {
            known
        } else {
            let (found, mut shelf) = (templates.tree(name)?, self);
            while shelf.tree.get().is_some() {
                shelf = shelf.next.get_or_init(Box::default);
            }
            shelf.tree.get_or_init(|| found)
        };
        let count = || self.used.get().count_ones() as usize + self.added().count();
        // Those from before are never too many.
        match self.tree.get().is_some() && count() > MOST_TEMPLATES {
            true => Err(format!("the page is made of more than {MOST_TEMPLATES} templates").into()),
            false => Ok(&tree.0),
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
        let refused = |why: &str| format!("the name {} {why}", shown(name));
        check_name(name).map_err(refused)?;
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
            return Err(refused("leads out of the folder").into());
        }
        let (text, stamp) = read_file(&real_path).map_err(|why| {
            Box::new(TemplateError {
                message: format!("{} {}", path.display(), why.message),
                ..*why
            })
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
fn read_file(path: &Path) -> Rendering<(String, FileStamp)> {
    let unreadable = |error: std::io::Error| {
        let found = Box::<TemplateError>::from(format!("cannot be read: {error}"));
        Box::new(TemplateError { code: error.raw_os_error(), ..*found })
    };
    // Before the text is read: a file that changes meanwhile then has another version.
    let metadata = fs::metadata(path).map_err(unreadable)?;
    // Opening a pipe would wait for a writer, so only files are opened.
    if !metadata.is_file() {
        return Err("is no file".to_owned().into());
    }
    if metadata.len() > LONGEST {
        return Err(format!("is longer than {LONGEST} bytes").into());
    }
    let no_text = |good| format!("is not UTF-8 from byte {good} on");
    let text = String::from_utf8(fs::read(path).map_err(unreadable)?);
    let text = text.map_err(|error| no_text(error.utf8_error().valid_up_to()))?;
    Ok((text, FileStamp::of(&metadata)))
}

/// Refuses a name before any file is looked at, and says why.
fn check_name(name: &str) -> Result<(), &'static str> {
    let has_part = |parts: &[&str]| name.split('/').any(|part| parts.contains(&part));
    match name {
        "" => Err("is empty"),
        // A backslash separates folders on Windows, where a colon follows the name of a drive.
        _ if name.contains(['\0', '\\', ':']) => Err("has a character that no template's name has"),
        _ if name.starts_with('/') || has_part(&[".."]) => Err("leads out of the folder"),
        _ if has_part(&["", "."]) => Err("is not a plain path"),
        _ => Ok(()),
    }
}

/// A name in quotes, control characters escaped, not longer than a line.
fn shown(name: &str) -> String {
    let short: String = name.chars().take(80).collect();
    format!("\"{}\"", short.escape_debug())
}
