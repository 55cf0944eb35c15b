//! The agents that timmy drives, over real sockets.

mod model;
