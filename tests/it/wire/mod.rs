//! The Gitea client against what real servers of three versions were recorded to say, and
//! against servers and senders that mean no good.

mod agents;
mod answers;
mod broken_servers;
mod deliveries;
mod dependencies;
mod every_exchange;
mod evidence;
pub(crate) mod forge;
mod job_logs;
mod job_walks;
mod jobs;
mod lists;
mod recorded;
mod redirects;
mod refusals;
mod token;
mod understood;
mod versions;
