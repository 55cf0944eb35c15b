//! A model with tools, against a server over a real socket: what it does, how it ends, and what is
//! left when timmy is restarted.

mod bounds;
mod forge;
mod health;
mod restart;
mod stage;
mod told;
mod trouble;
mod work;
