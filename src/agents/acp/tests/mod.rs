//! Whole sessions, against recordings of real agents and against agents that do as the test says.

mod cancelled;
mod hostile;
mod modes;
mod recorded;
mod scripted;
