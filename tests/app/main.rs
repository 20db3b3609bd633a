//! The application, as a terminal sees it: each test runs the true binary.

mod init;
