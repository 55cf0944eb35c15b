//! `[notify]`: incidents, told to a receiver over a real socket. Decisions and jobs that died are
//! told in `job_engine/notify`.

mod incidents;
mod receivers;
mod stage;
