//! Jobs, as the engine looks after them: a real ledger and a real forge, agents that do what the
//! test says, by a clock that the test moves.

mod acp;
mod adopted;
mod agents;
mod asking;
mod budgets;
mod by_itself;
mod claims;
mod crashes;
mod decisions;
mod first_day;
mod first_week;
mod fleet;
mod follow_ups;
mod guard_runs;
mod guards;
mod heads;
mod hosts;
mod local_agents;
mod merged_by_hand;
mod merges;
mod permissions;
mod policies;
mod preflight;
mod rechecks;
mod reverted;
mod rounds;
mod scripted;
mod stage;
mod starts;
mod stops;
mod threads_gone;
mod transcripts;
mod updates;
mod walks;
mod watching;
