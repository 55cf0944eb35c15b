//! The agents that timmy drives, over real sockets.

mod acp;
mod gateway;
mod hermes;
mod model;
mod openai;
mod peers;
