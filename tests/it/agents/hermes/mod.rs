//! Agents of kind `hermes`, against scripted gateways of both generations and a real one.

mod broken;
mod lost;
mod played;
mod real;
mod recorded;
mod stage;
mod talk;
mod understood;
