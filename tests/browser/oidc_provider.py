"""A provider of logins for tests: it believes whatever account the test names."""

from __future__ import annotations

import base64
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

CLIENT, SECRET = "kenshin", "a-test-client"


class Provider:
    """OpenID Connect with the authorisation-code flow, on the loopback address."""

    def __init__(self) -> None:
        self.claims: dict[str, object] = {}  # of whoever logs in next
        self.nonces: dict[str, str] = {}
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # noqa: N802 - the library's name
                provider.get(self)

            def do_POST(self) -> None:  # noqa: N802
                provider.post(self)

            def log_message(self, *_args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def get(self, call: BaseHTTPRequestHandler) -> None:
        path, query = urlsplit(call.path).path, parse_qs(urlsplit(call.path).query)
        if path == "/.well-known/openid-configuration":
            _answer(call, self._metadata())
        elif path == "/jwks":
            _answer(call, {"keys": [self._jwk()]})
        elif path == "/authorize":
            code = f"code-{len(self.nonces)}"
            self.nonces[code] = query.get("nonce", [""])[0]
            back = urlencode({"code": code, "state": query["state"][0]})
            call.send_response(302)
            call.send_header("Location", f"{query['redirect_uri'][0]}?{back}")
            call.end_headers()
        else:
            call.send_error(404)

    def post(self, call: BaseHTTPRequestHandler) -> None:
        body = parse_qs(call.rfile.read(int(call.headers["Content-Length"])).decode())
        token = self._token(self.nonces[body["code"][0]])
        _answer(call, {"access_token": "x", "token_type": "Bearer", "id_token": token})

    def _metadata(self) -> dict[str, object]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def _jwk(self) -> dict[str, str]:
        numbers = self.key.public_key().public_numbers()
        parts = {"n": numbers.n, "e": numbers.e}
        encoded = {k: _b64(v.to_bytes((v.bit_length() + 7) // 8, "big")) for k, v in parts.items()}
        return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "1", **encoded}

    def _token(self, nonce: str) -> str:
        now = int(time.time())
        head = {"alg": "RS256", "kid": "1", "typ": "JWT"}
        said = {"iss": self.url, "aud": CLIENT, "sub": "1", "iat": now, "exp": now + 600,
                "nonce": nonce, **self.claims}  # fmt: skip
        text = ".".join(_b64(json.dumps(part).encode()) for part in (head, said))
        signed = self.key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{text}.{_b64(signed)}"


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _answer(call: BaseHTTPRequestHandler, value: object) -> None:
    data = json.dumps(value).encode()
    call.send_response(200)
    call.send_header("Content-Type", "application/json")
    call.send_header("Content-Length", str(len(data)))
    call.end_headers()
    call.wfile.write(data)
