//! The status page, over real sockets, of a timmy that has jobs, questions and trouble.

mod browser;
mod busy;
mod counted;
mod html;
mod links;
mod routine;
mod shown;
mod stage;
mod turned_away;
mod withheld;
