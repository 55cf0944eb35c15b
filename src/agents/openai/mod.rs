//! Agents of kind `openai`: a model behind any OpenAI-compatible chat completions, Groq, Ollama or
//! vLLM, in a bounded loop with tools over one repository.
//!
//! The loop runs in timmy itself. What a model says decides nothing but which tool is called next
//! ([`tool_loop`], pure): it reads the repository at the base commit and writes in memory, and only
//! `finish` makes one commit and a pull request of that.

mod agent;
mod answer;
mod attempt;
mod completions;
mod configured;
mod edits;
mod hand_in;
mod path;
mod rate_limit;
mod refusal;
mod tool_loop;
mod tools;
mod wire;
mod work_order;
mod workbench;

pub use agent::{OpenAiAgent, OpenAiOptions};
