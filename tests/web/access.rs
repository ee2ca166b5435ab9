//! Access checks: host, origin, token, in this order, before every route; and the security headers.

use std::io::{Read, Write};
use std::process::Command;

use minic_tui::web::routes;

use crate::command::{Outcome, eventually, finish};
use crate::server::Server;

/// What everybody may read: it is the same for all.
const PAGES: [&str; 7] = [
    "GET /",
    "GET /page.css",
    "GET /page.js",
    "GET /canvas.js",
    "GET /boxes.js",
    "GET /icon.svg",
    "GET /?token=",
];

fn every_route() -> Vec<String> {
    let mut lines: Vec<String> = routes::all()
        .iter()
        .map(|(method, path)| format!("{method} {}", path.replace("{id}", "web")))
        .collect();
    lines.extend([
        "GET /nothing".into(),
        "PUT /".into(),
        "OPTIONS /api/containers".into(),
        "GET /?token=".into(),
        "GET /../etc/passwd".into(),
    ]);
    lines
}

#[test]
fn without_the_token_every_route_answers_401() {
    let server = Server::demo(&["--allow-control"]);
    let (host, wrong) = (server.host(), "0".repeat(64));
    let guesses = [
        ("Authorization", format!("Bearer {wrong}")),
        ("Cookie", format!("minic-{}={}", server.port, server.token)),
        ("Sec-WebSocket-Protocol", format!("minic, token.{wrong}")),
        ("X-Nothing", "1".into()),
    ];
    for line in every_route() {
        let public = PAGES.contains(&line.as_str());
        for (name, value) in &guesses {
            let response = server.raw(
                &line,
                &[("Host", &host), ("Origin", &server.origin()), (name, value)],
                "",
            );
            assert_eq!(
                response.status,
                if public { 200 } else { 401 },
                "{line} {name}"
            );
            assert!(
                !response.head.contains(&server.token) && !response.body.contains(&server.token),
                "{line}"
            );
        }
    }
    for place in ["?token=", "?a#token="] {
        let line = format!("GET /api/system{place}{}", server.token);
        assert!(
            [400, 401].contains(&server.raw(&line, &[("Host", &host)], "").status),
            "no token in an address is taken"
        );
    }
    // a protocol is for the WebSocket alone
    let protocol = format!("minic, token.{}", server.token);
    assert_eq!(
        server
            .raw(
                "GET /api/system",
                &[("Host", &host), ("Sec-WebSocket-Protocol", &protocol)],
                ""
            )
            .status,
        401
    );
    let upgrade = |headers: &[(&str, &str)]| server.raw_upgrade([127, 0, 0, 1], headers);
    let origin = server.origin();
    assert!(
        upgrade(&[("Origin", &origin), ("Sec-WebSocket-Protocol", &protocol)])
            .starts_with("HTTP/1.1 101")
    );
    assert!(
        upgrade(&[("Origin", &origin), ("Sec-WebSocket-Protocol", "minic")])
            .starts_with("HTTP/1.1 401")
    );
}

#[test]
fn changes_need_our_origin() {
    let server = Server::demo(&["--allow-control"]);
    let (host, bearer) = (server.host(), format!("Bearer {}", server.token));
    let headers = [("Host", host.as_str()), ("Authorization", &bearer)];
    for line in every_route()
        .iter()
        .filter(|line| !(line.starts_with("GET ") || line.starts_with("OPTIONS ")))
    {
        let said = server.raw(line, &headers, "").is(403);
        assert_eq!(
            said["hint"],
            format!("send `Origin: {}`", server.origin()),
            "{line}"
        );
    }
    assert_eq!(
        server.get("/api/containers/web").is(200)["state"],
        "RUNNING"
    );
    assert!(
        server
            .raw_upgrade([127, 0, 0, 1], &[("Authorization", &bearer)])
            .starts_with("HTTP/1.1 403"),
        "the screen takes keys"
    );
    assert_eq!(
        server.raw("GET /api/containers", &headers, "").status,
        200,
        "who only asks need not"
    );
}

#[test]
fn a_foreign_host_or_origin_is_refused_before_anything_else() {
    let server = Server::demo(&["--allow-control"]);
    let (host, bearer) = (server.host(), format!("Bearer {}", server.token));
    let port = server.port;
    for line in every_route() {
        for foreign in [
            "evil.example",
            &format!("evil.example:{port}"),
            &format!("127.0.0.1.evil.example:{port}"),
            "127.0.0.1",
            &format!("10.0.0.1:{port}"),
            &format!("localhost:{port}@evil"),
        ] {
            assert_eq!(
                server
                    .raw(&line, &[("Host", foreign), ("Authorization", &bearer)], "")
                    .status,
                403,
                "{line} Host: {foreign}"
            );
        }
        for foreign in [
            "http://evil.example",
            "null",
            &format!("https://{host}"),
            "http://127.0.0.1",
            &format!("http://localhost:{port}"),
            "",
        ] {
            let headers = [
                ("Host", host.as_str()),
                ("Authorization", &bearer),
                ("Origin", foreign),
            ];
            assert_eq!(
                server.raw(&line, &headers, "").status,
                403,
                "{line} Origin: {foreign}"
            );
        }
    }
    // even without the token: the door says nothing of tokens to who comes from elsewhere
    assert_eq!(
        server.raw("GET /", &[("Host", "evil.example")], "").status,
        403
    );
    let twice = [
        ("Host", host.as_str()),
        ("Host", host.as_str()),
        ("Authorization", &bearer),
    ];
    assert!(
        [400, 403].contains(&server.raw("GET /healthz", &twice, "").status),
        "two hosts are none"
    );
    for own in [
        format!("localhost:{port}"),
        format!("LOCALHOST:{port}"),
        host.clone(),
    ] {
        let origin = format!("http://{own}");
        let headers = [
            ("Host", own.as_str()),
            ("Authorization", &bearer),
            ("Origin", &origin),
        ];
        assert_eq!(
            server.raw("GET /healthz", &headers, "").status,
            200,
            "{own}"
        );
    }
}

#[test]
fn the_page_sets_no_cookie_and_is_told_to_stay_where_it_is() {
    let server = Server::demo(&[]);
    for line in every_route() {
        let response = server.raw(&line, &[("Host", &server.host())], "");
        assert!(response.header("set-cookie").is_none(), "{line}");
        let policy = response.header("content-security-policy").unwrap();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self';")
                && !policy.contains("unsafe"),
            "{policy}"
        );
        for header in [
            "x-content-type-options",
            "x-frame-options",
            "referrer-policy",
            "cross-origin-opener-policy",
            "cross-origin-resource-policy",
        ] {
            assert!(response.header(header).is_some(), "{header}");
        }
        assert!(response.header("access-control-allow-origin").is_none());
        assert_eq!(response.header("cache-control"), Some("no-store"));
    }
    let other = Server::demo(&[]);
    assert_ne!(other.token, server.token, "a new secret at every start");
}

#[test]
fn requests_too_large_or_too_slow_are_closed() {
    let server = Server::demo(&["--allow-control"]);
    let body = format!("{{\"name\":\"{}\"}}", "x".repeat(70 << 10));
    assert_eq!(server.post("/api/containers", &body).status, 413);
    let long = "x".repeat(20 << 10);
    assert!(
        [400, 431].contains(
            &server
                .raw("GET /", &[("Host", &server.host()), ("X-Long", &long)], "")
                .status
        )
    );
    // nothing, half a head, half a body, nothing more: none is waited for longer than some seconds
    let head = format!(
        "Host: {}\r\nOrigin: {}\r\nAuthorization: Bearer {}\r\n",
        server.host(),
        server.origin(),
        server.token
    );
    let body = format!("POST /api/containers HTTP/1.1\r\n{head}Content-Length: 100\r\n\r\n{{");
    let idle = format!("GET /healthz HTTP/1.1\r\n{head}\r\n");
    let begun = ["", "GET / HTTP/1.1\r\nHost: ", &body, &idle].map(|begun| {
        let mut stream = server.connect();
        stream.write_all(begun.as_bytes()).unwrap();
        stream
    });
    for (mut stream, said) in begun
        .into_iter()
        .zip(["", "", "HTTP/1.1 408", "HTTP/1.1 200"])
    {
        let mut rest = Vec::new();
        // how it ends is not the same everywhere; that it ends is
        let _ = stream.read_to_end(&mut rest);
        let rest = String::from_utf8_lossy(&rest);
        assert!(
            rest.starts_with(said)
                && (!said.is_empty() || rest.is_empty() || rest.starts_with("HTTP/1.1 408")),
            "{rest}"
        );
    }
}

#[track_caller]
fn web(args: &[&str]) -> Outcome {
    finish(
        Command::new(env!("CARGO_BIN_EXE_minic-tui"))
            .args(["--config", "/dev/null", "web", "--demo"])
            .args(args),
        "",
    )
}

#[test]
fn a_public_address_needs_tls() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let line = web(&["--bind", address]).refused(125);
        assert!(
            line.contains("--cert") && line.contains("--insecure"),
            "{line}"
        );
    }
    assert!(web(&["--cert", "/dev/null"]).refused(125).contains("--key"));
    assert!(
        web(&["--cert", "/dev/null", "--key", "/dev/null"])
            .refused(125)
            .contains("/dev/null")
    );
    assert!(
        web(&["--bind", "nonsense"])
            .refused(125)
            .contains("nonsense")
    );
    let taken = Server::demo(&[]);
    assert!(
        web(&["--bind", &taken.host()])
            .refused(125)
            .contains(&taken.host()),
        "the address is taken"
    );
    let server = Server::demo(&["--bind", "0.0.0.0:0", "--insecure"]);
    assert_eq!(
        server
            .raw(
                "GET /healthz",
                &[
                    ("Host", &server.host()),
                    ("Authorization", &format!("Bearer {}", server.token))
                ],
                ""
            )
            .status,
        200
    );
    let named = format!("evil.example:{}", server.port);
    assert_eq!(
        server.raw("GET /healthz", &[("Host", &named)], "").status,
        403,
        "any address, but no name"
    );
}

#[test]
fn tls_is_spoken_with_a_certificate() {
    let folder = std::env::temp_dir().join(format!("minic-tls-{}", std::process::id()));
    std::fs::create_dir(&folder).unwrap();
    let (cert, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
        ])
        .args([
            "-addext",
            "subjectAltName=DNS:localhost,IP:127.0.0.1",
            "-keyout",
        ])
        .args([&key, std::path::Path::new("-out"), &cert])
        .output()
        .unwrap();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let (cert, key) = (cert.to_str().unwrap(), key.to_str().unwrap());
    let server = Server::demo(&["--cert", cert, "--key", key, "--bind", "0.0.0.0:0"]);
    assert!(
        server.link.starts_with("https://localhost:"),
        "{}",
        server.link
    );
    let asked = finish(
        Command::new("curl").args([
            "-sS",
            "-i",
            "--cacert",
            cert,
            "-H",
            &format!("Authorization: Bearer {}", server.token),
            &format!("https://localhost:{}/healthz", server.port),
        ]),
        "",
    )
    .ok();
    assert!(
        asked.starts_with("HTTP/1.1 200") && asked.ends_with("ok\n"),
        "{asked}"
    );
    let page = finish(
        Command::new("curl").args(["-sS", "-i", "--cacert", cert, &server.link]),
        "",
    )
    .ok();
    assert!(page.contains("<title>minic-tui</title>"), "{page}");
    let swapped = web(&["--cert", key, "--key", cert]).refused(125);
    assert!(swapped.contains("--cert"), "{swapped}");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn the_server_ends_on_a_signal() {
    for signal in ["INT", "TERM", "HUP"] {
        let mut server = Server::demo(&[]);
        Command::new("kill")
            .args([&format!("-{signal}"), &server.child.id().to_string()])
            .status()
            .unwrap();
        eventually("the server ends", || {
            server.child.try_wait().unwrap().is_some()
        });
        assert_eq!(server.child.wait().unwrap().code(), Some(0), "{signal}");
    }
}
