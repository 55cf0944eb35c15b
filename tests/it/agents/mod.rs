//! The agents that timmy drives, over real sockets.

mod gateway;
mod model;
mod openai;
