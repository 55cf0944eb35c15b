//! The status page, over real sockets, of a timmy that has jobs, questions and trouble.

mod browser;
mod html;
mod links;
mod shown;
mod stage;
mod turned_away;
mod withheld;
