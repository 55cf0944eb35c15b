//! The running demo.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use crate::page::http::{self, Answer};

/// `timmy demo --open`, after the play.
pub(crate) struct Demo {
    process: Child,
    address: SocketAddr,
    token: String,
}

impl Demo {
    pub(crate) fn start() -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_timmy"))
            .args(["demo", "--open"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let last = "Ctrl-C ends it. Nothing is kept.";
        let said: Vec<String> = lines.map(Result::unwrap).take_while(|line| line != last).collect();
        let url = said.iter().rfind(|line| line.starts_with("  http://")).unwrap();
        let address = url.trim().trim_start_matches("http://").trim_end_matches('/');
        let address = address.parse().unwrap();
        let page = http::request(address, "GET", "/foundation/door/issues/new", &[], "");
        let (_, rest) = page.body.split_once("name=\"token\" value=\"").unwrap();
        let token = rest.split('"').next().unwrap().to_owned();
        Self { process, address, token }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        http::request(self.address, method, path, headers, body)
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.request("GET", path, &[], "")
    }

    /// Reads `path`, or where it leads.
    pub(crate) fn follow(&self, path: &str) -> Answer {
        self.led(self.get(path))
    }

    /// Comments and returns the page that is seen then.
    pub(crate) fn say(&self, thread: &str, who: &str, text: &str) -> Answer {
        self.send(&format!("{thread}/comments"), &[("as", who), ("text", text)])
    }

    /// Sends a form of the page.
    pub(crate) fn send(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let origin = format!("http://{}", self.address);
        self.led(self.request("POST", path, &[("Origin", &origin)], &self.form(fields)))
    }

    /// A form as the page would send it.
    pub(crate) fn form(&self, fields: &[(&str, &str)]) -> String {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("token", &self.token).extend_pairs(fields).finish()
    }

    fn led(&self, answer: Answer) -> Answer {
        assert_eq!(answer.status, 303, "{}", answer.body);
        let location = answer.header("location").unwrap();
        let page = self.get(location.split('#').next().unwrap());
        assert_eq!(page.status, 200, "{location}");
        Answer { location, ..page }
    }

    /// Presses Ctrl-C.
    pub(crate) fn end(mut self) {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        assert!(self.process.wait().unwrap().success(), "Ctrl-C is the regular end");
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // Already over, unless the test failed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
