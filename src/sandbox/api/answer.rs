//! An answer, as it goes out.

use serde::Serialize;
use serde_json::json;

use super::call::Call;
use super::page::PageRequest;
use crate::sandbox::json::encode;
use crate::sandbox::world::refusal::Refusal;

/// The result of a handler.
pub(super) type Reply = Result<ApiAnswer, Refusal>;

/// Status, headers and body of an answer.
#[derive(Debug, Clone)]
pub(crate) struct ApiAnswer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl ApiAnswer {
    pub(crate) fn json(status: u16, body: &impl Serialize) -> Self {
        let content = ("Content-Type", "application/json;charset=utf-8".to_owned());
        Self { status, headers: vec![content], body: encode::line(body) }
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// What a file holds, or another text, as it is.
    pub(super) fn plain(body: Vec<u8>) -> Self {
        let content = ("Content-Type", "text/plain; charset=utf-8".to_owned());
        Self { status: 200, headers: vec![content], body }
    }

    /// A line of plain text.
    pub(crate) fn text(status: u16, line: &str) -> Self {
        let content = ("Content-Type", "text/plain; charset=utf-8".to_owned());
        Self { status, headers: vec![content], body: format!("{line}\n").into_bytes() }
    }

    pub(crate) fn html(status: u16, body: &str) -> Self {
        let content = ("Content-Type", "text/html; charset=utf-8".to_owned());
        Self { status, headers: vec![content], body: body.as_bytes().to_vec() }
    }

    /// The answer to a refused request, as this version writes it.
    pub(crate) fn refusal(call: &Call, refusal: &Refusal) -> Self {
        let swagger = format!("{}/api/swagger", call.base);
        let message = refusal.message();
        let status = refusal.status();
        match refusal {
            Refusal::ForbiddenBare | Refusal::NoSuchMethod => Self::empty(status),
            Refusal::NoSuchCall => Self::text(status, message),
            Refusal::Moved(to) => {
                let (status, text) = call.version.redirect();
                Self::redirect(call, status, text, to)
            }
            Refusal::UserMoved(to) => Self::redirect(call, status, "Temporary Redirect", to),
            Refusal::SeeOther(to) => Self::redirect(call, status, "See Other", to),
            Refusal::NotFound(detail) => {
                Self::missing(call, call.version.not_found(), detail.as_deref())
            }
            Refusal::Missing { detail, .. } => Self::missing(call, message, Some(detail)),
            _ => Self::json(status, &json!({"message": message, "url": swagger})),
        }
    }

    /// 404, with what is missing in `errors` or, in newer versions, in place of the message.
    fn missing(call: &Call, message: &str, detail: Option<&str>) -> Self {
        let swagger = format!("{}/api/swagger", call.base);
        if call.version.has_errors_apart() {
            let errors = detail.map(|detail| [detail]);
            return Self::json(
                404,
                &json!({ "errors": errors, "message": message, "url": swagger }),
            );
        }
        Self::json(404, &json!({ "message": detail.unwrap_or(message), "url": swagger }))
    }

    /// As Go redirects: with a little page to GET, else with nothing.
    fn redirect(call: &Call, status: u16, text: &str, to: &str) -> Self {
        let answer = match call.method.as_str() {
            "GET" => Self::html(status, &format!("<a href=\"{to}\">{text}</a>.\n\n")),
            _ => Self::empty(status),
        };
        answer.with("Location", to.to_owned())
    }

    pub(crate) fn with(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// How many items the whole list has.
    pub(crate) fn with_total(self, total: usize) -> Self {
        self.with("X-Total-Count", total.to_string())
            .with("Access-Control-Expose-Headers", "X-Total-Count".to_owned())
    }

    /// One page of a list, with the headers that let a client find the others.
    pub(super) fn paged<T, J: Serialize>(
        call: &Call,
        items: Vec<T>,
        json: impl FnMut(T) -> J,
    ) -> Reply {
        let (total, page) = (items.len(), call.page());
        let items: Vec<J> = page.of(items).into_iter().map(json).collect();
        Ok(Self::json(200, &items).with_total(total))
    }

    /// How many items the whole list has, and links to the other pages, if there are any.
    pub(crate) fn with_links(self, call: &Call, page: PageRequest, total: usize) -> Self {
        let last = total.div_ceil(page.size);
        if last <= 1 {
            return self.with_total(total);
        }
        let link =
            |number: usize, rel: &str| format!("<{}>; rel=\"{rel}\"", page_url(call, number));
        let mut links = Vec::new();
        if page.number < last {
            links.push(link(page.number + 1, "next"));
            links.push(link(last, "last"));
        }
        if page.number > 1 {
            links.push(link(1, "first"));
            links.push(link(page.number - 1, "prev"));
        }
        self.with("Link", links.join(","))
            .with("X-Total-Count", total.to_string())
            .with("Access-Control-Expose-Headers", "Link, X-Total-Count".to_owned())
    }
}

/// The address of the same list at another page; Go sorts the parameters.
fn page_url(call: &Call, number: usize) -> String {
    let mut query: Vec<(&str, String)> = call
        .query
        .iter()
        .filter(|(key, _)| key != "page")
        .map(|(key, value)| (key.as_str(), value.clone()))
        .collect();
    query.push(("page", number.to_string()));
    query.sort();
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    format!("{}/api/v1/{}?{query}", call.base, call.segments.join("/"))
}
