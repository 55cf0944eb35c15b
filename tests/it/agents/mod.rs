//! The agents that timmy drives, over real sockets.

mod acp;
mod crewai;
mod gateway;
mod hermes;
mod local;
mod model;
mod openai;
