//! A store of one's own: a folder in which each row is a file. Stop the program and start it again:
//! the count goes on. Only `load` and `update` are needed; the rest of `Store` has defaults.

use carafe::{App, Context, Server, web::sign::to_base64url, web::store::*};
use std::{fs, path::PathBuf, sync::Arc, sync::Mutex, sync::PoisonError, time::Duration};

/// The folder. The lock is held while a row changes, so that no two changes mix.
pub struct Folder(pub Mutex<PathBuf>);

impl Store for Folder {
    fn load(&self, kind: &Kind, key: &str) -> Result<Lookup, StoreError> {
        let row = self.update(kind, key, &mut |_| ())?.row();
        Ok(row.map_or(Lookup::Missing(Refusal::Unknown), Lookup::Found))
    }

    fn update(&self, kind: &Kind, key: &str, change: Change<'_>) -> Result<Updated, StoreError> {
        let folder = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let file = folder.join(format!("{}-{}", kind.name, to_base64url(key.as_bytes())));
        let mut row = fs::read(&file).ok().map(|text| decode(&text, kind.row_bytes)).transpose()?;
        change(&mut row);
        match &row {
            Some(row) => fs::write(&file, encode(row, kind.row_bytes)?)?,
            None => fs::remove_file(&file).unwrap_or(()),
        }
        Ok(Updated::Kept(row))
    }
}

fn main() -> std::io::Result<()> {
    let folder = Folder(Mutex::new(std::env::temp_dir()));
    let mut app = App::new();
    app.sessions(Arc::new(folder), Duration::from_secs(1800), 1000);
    app.get("/", |ctx: &mut Context| {
        let visits = ctx.session.int("visits").unwrap_or(0) + 1;
        ctx.session.set("visits", visits);
        format!("visit {visits}\n")
    });
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:8000".into());
    Server::bind(address)?.run(app)
}
