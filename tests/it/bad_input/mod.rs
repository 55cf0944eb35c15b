//! What goes wrong with the work of agents, through all the real parts: a person assigns an issue of
//! a forge with real git, agents behind gateways and a model do what a test says, and what a person
//! reads in the end is what counts.

mod answers;
mod branches;
mod gateways;
mod models;
mod pushes;
mod quotas;
mod secrets;
mod stage;
mod threads;
