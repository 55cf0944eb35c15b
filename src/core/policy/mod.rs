//! Who may command, whose words a text holds, what is new in it, what its readers may know.

pub mod accounts;
pub mod audience;
pub mod authority;
pub mod authorship;
pub mod code_owners;
pub mod controls;
pub mod edits;
pub mod relay;
pub mod webhook_scope;
