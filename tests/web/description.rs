//! The API's description, held against the routes and against real answers.

use std::collections::BTreeSet;

use minic_tui::web::routes;
use serde_json::{Value, json};

use crate::server::Server;

/// What is for browsers alone, and not described.
const PAGES: [&str; 7] = [
    "/",
    "/page.css",
    "/page.js",
    "/canvas.js",
    "/boxes.js",
    "/icon.svg",
    "/ws",
];

fn description() -> Value {
    serde_json::from_str(include_str!("../../assets/web/openapi.json")).unwrap()
}

#[test]
fn it_describes_every_route_and_no_other() {
    let described = description();
    let mut there: BTreeSet<(String, String)> = BTreeSet::new();
    for (path, methods) in described["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            there.insert((method.to_uppercase(), path.clone()));
        }
    }
    let answered: BTreeSet<_> = routes::all()
        .iter()
        .filter(|(_, path)| !PAGES.contains(path))
        .map(|(method, path)| ((*method).to_owned(), (*path).to_owned()))
        .collect();
    assert_eq!(there, answered);
    assert_eq!(described["openapi"], "3.1.0");
}

/// What is wrong with `value` as `schema` has it, as far as the description uses JSON Schema.
fn wrong(root: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (word, rule) in schema.as_object().unwrap() {
        match word.as_str() {
            "$ref" => found.extend(wrong(
                root,
                root.pointer(rule.as_str().unwrap().trim_start_matches('#'))
                    .unwrap(),
                value,
                at,
            )),
            "type" => {
                let own = match value {
                    Value::Null => "null",
                    Value::Bool(_) => "boolean",
                    Value::Number(number) if number.is_f64() => "number",
                    Value::Number(_) => "integer",
                    Value::String(_) => "string",
                    Value::Array(_) => "array",
                    Value::Object(_) => "object",
                };
                let allowed: Vec<&str> = rule.as_array().map_or_else(
                    || vec![rule.as_str().unwrap()],
                    |all| all.iter().filter_map(Value::as_str).collect(),
                );
                if !(allowed.contains(&own) || own == "integer" && allowed.contains(&"number")) {
                    found.push(format!("{at}: {own}, not {allowed:?}"));
                }
            }
            "enum" if !rule.as_array().unwrap().contains(value) => {
                found.push(format!("{at}: {value} is not one of {rule}"))
            }
            "required" => found.extend(
                rule.as_array()
                    .unwrap()
                    .iter()
                    .filter_map(Value::as_str)
                    .filter(|key| value.is_object() && value.get(*key).is_none())
                    .map(|key| format!("{at}: no {key}")),
            ),
            "properties" => {
                for (key, inner) in rule.as_object().unwrap() {
                    if let Some(part) = value.get(key) {
                        found.extend(wrong(root, inner, part, &format!("{at}/{key}")));
                    }
                }
            }
            "items" => found.extend(
                value
                    .as_array()
                    .into_iter()
                    .flatten()
                    .enumerate()
                    .flat_map(|(i, part)| wrong(root, rule, part, &format!("{at}/{i}"))),
            ),
            "allOf" => found.extend(
                rule.as_array()
                    .unwrap()
                    .iter()
                    .flat_map(|part| wrong(root, part, value, at)),
            ),
            "anyOf" => {
                let tries: Vec<_> = rule
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|part| wrong(root, part, value, at))
                    .collect();
                if tries.iter().all(|all| !all.is_empty()) {
                    found.push(format!("{at}: {tries:?}"));
                }
            }
            "additionalProperties"
            | "format"
            | "description"
            | "minLength"
            | "minItems"
            | "minimum"
            | "maximum"
            | "enum" => {}
            other => panic!("{at}: this test does not know {other}"),
        }
    }
    found
}

#[test]
fn responses_match_the_description() {
    let server = Server::demo(&["--allow-control"]);
    let root = server.get("/api/openapi.json").is(200);
    crate::command::eventually("the first sample", || {
        server.get("/api/system").is(200)["cores"].is_array()
    });
    let check = |method: &str, path: &str, real: &str, body: Value, status: u16| {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let answer = server
            .ask(&format!("{} {real}", method.to_uppercase()), &body)
            .is(status);
        let schema = &root["paths"][path][method]["responses"][status.to_string()]["content"]["application/json"]
            ["schema"];
        assert!(
            schema.is_object(),
            "{method} {path} does not describe {status}"
        );
        assert_eq!(
            wrong(&root, schema, &answer, ""),
            Vec::<String>::new(),
            "{method} {real}: {answer}"
        );
        answer
    };
    let none = Value::Null;
    check("get", "/api/system", "/api/system", none.clone(), 200);
    check(
        "get",
        "/api/openapi.json",
        "/api/openapi.json",
        none.clone(),
        200,
    );
    let all = check(
        "get",
        "/api/containers",
        "/api/containers",
        none.clone(),
        200,
    );
    assert!(all.as_array().unwrap().len() > 5);
    check(
        "post",
        "/api/containers",
        "/api/containers",
        json!({"name": "new", "command": ["sleep", "9"]}),
        201,
    );
    check(
        "post",
        "/api/containers",
        "/api/containers",
        json!({"name": "new", "command": ["sleep", "9"]}),
        409,
    );
    check(
        "post",
        "/api/containers",
        "/api/containers",
        json!({"command": []}),
        422,
    );
    check(
        "get",
        "/api/containers/{id}",
        "/api/containers/new",
        none.clone(),
        200,
    );
    check(
        "get",
        "/api/containers/{id}",
        "/api/containers/nobody",
        none.clone(),
        404,
    );
    for verb in ["pause", "resume", "stop", "start", "restart", "kill"] {
        let path = format!("/api/containers/{{id}}/{verb}");
        check(
            "post",
            &path,
            &format!("/api/containers/new/{verb}"),
            none.clone(),
            200,
        );
        check(
            "post",
            &path,
            &format!("/api/containers/nobody/{verb}"),
            none.clone(),
            404,
        );
    }
    check(
        "delete",
        "/api/containers/{id}",
        "/api/containers/new?force=true",
        none.clone(),
        200,
    );
    check(
        "delete",
        "/api/containers/{id}",
        "/api/containers/web",
        none,
        409,
    );
    assert!(
        !wrong(
            &root,
            &root["components"]["schemas"]["Container"],
            &json!({"id": 1}),
            ""
        )
        .is_empty(),
        "this test can fail"
    );
}
