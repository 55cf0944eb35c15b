//! The agents that timmy drives, over real sockets.

mod gateway;
mod hermes;
mod model;
mod openai;
