//! Agents of kind `hermes`, against scripted gateways of both generations and a real one.

mod broken;
mod lost;
mod real;
mod stage;
mod talk;
