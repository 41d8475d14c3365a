"""Bearer tokens of a real issuer: a small OpenID Connect provider on the loopback, with keys of its own."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from starlette.testclient import TestClient

from api.app import ServiceSettings, create_app
from api.oidc import BadTokenError, Issuer, IssuerSettings
from geo_safety.audit import read_audit
from geo_safety.disclosure import Reader
from geo_safety.errors import ConfigError

ITEMS = "/collections/wards/items"


class Provider:
    """Publishes its configuration and its public keys, counts who asks, and signs tokens."""

    def __init__(self) -> None:
        self.asked = 0
        self.secrets = {"one": rsa.generate_private_key(public_exponent=65537, key_size=2048)}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.asked += 1
                body = json.dumps(provider.document(self.path)).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def document(self, path: str) -> dict:
        if path.endswith("openid-configuration"):
            return {"issuer": self.address, "jwks_uri": f"{self.address}/keys"}
        keys = []
        for kid, secret in self.secrets.items():
            algorithm = RSAAlgorithm if isinstance(secret, rsa.RSAPrivateKey) else ECAlgorithm
            keys.append({**json.loads(algorithm.to_jwk(secret.public_key())), "kid": kid, "use": "sig"})
        return {"keys": keys}

    def token(self, *, kid: str = "one", algorithm: str = "RS256", secret: object = None, **changed: object) -> str:
        claims = {"iss": self.address, "aud": "geo-safety", "sub": "ada", "exp": time.time() + 60, "roles": ["csp"],
                  "boroughs": ["X09000001"], **changed}  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(claims, secret or self.secrets[kid], algorithm=algorithm, headers={"kid": kid})


@pytest.fixture
def provider():
    one = Provider()
    yield one
    one.server.shutdown()
    one.server.server_close()


@pytest.fixture
def settings(provider):
    return IssuerSettings(provider.address, "geo-safety", classes={"csp": "partner", "vru": "internal"})


def test_claims_say_what_the_holder_may_see(provider, settings):
    issuer = Issuer(settings)
    assert issuer.check(provider.token()).reader == Reader("partner", frozenset({"X09000001"}))
    assert issuer.check(provider.token(boroughs="X09000001, X09000002")).reader.boroughs == {"X09000001", "X09000002"}
    assert issuer.check(provider.token(roles="vru")).reader == Reader("internal")
    assert issuer.check(provider.token(roles=["csp", "vru"])).reader == Reader("internal")
    assert issuer.check(provider.token(roles=["gardener"])).reader == Reader()
    assert issuer.check(provider.token(roles=None)).reader == Reader()


@pytest.mark.parametrize("changed", [{"iss": "https://elsewhere.example"}, {"aud": "another"}, {"exp": 1}, {"exp": None},
                                     {"aud": None}, {"sub": None}, {"nbf": 99999999999}])  # fmt: skip
def test_tokens_that_are_not_for_us_or_not_for_now_open_nothing(provider, settings, changed):
    with pytest.raises(BadTokenError):
        Issuer(settings).check(provider.token(**changed))


def _signed_with_a_secret(provider: Provider, secret: str) -> str:
    """The old trick: the public key as a shared secret. Made by hand, for no library helps with it."""

    def text(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    claims = {"iss": provider.address, "aud": "geo-safety", "sub": "x", "exp": time.time() + 60, "roles": "vru"}
    signed = f"{text({'alg': 'HS256', 'kid': 'one', 'typ': 'JWT'})}.{text(claims)}"
    mark = hmac.digest(secret.encode(), signed.encode(), hashlib.sha256)
    return f"{signed}.{base64.urlsafe_b64encode(mark).rstrip(b'=').decode()}"


def test_only_the_issuers_own_keys_sign(provider, settings):
    issuer = Issuer(settings)
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = json.dumps(provider.document("/keys")["keys"][0])
    forged = [
        provider.token(secret=other),
        jwt.encode({"iss": provider.address, "aud": "geo-safety", "sub": "x", "exp": time.time() + 60, "roles": "vru"}, None,
                   algorithm="none", headers={"kid": "one"}),
        _signed_with_a_secret(provider, public),
        provider.token()[:-6] + "AAAAAA",
        "a.b.c",
        "",
    ]  # fmt: skip
    for token in forged:
        with pytest.raises(BadTokenError):
            issuer.check(token)


def test_a_new_key_of_the_issuer_is_found_but_made_up_ones_do_not_make_us_ask_without_end(
    provider, settings, monkeypatch
):
    issuer = Issuer(settings)
    issuer.check(provider.token())
    provider.secrets["two"] = ec.generate_private_key(ec.SECP256R1())
    monkeypatch.setattr("api.oidc.NEW_KEYS_AFTER", 0)
    assert issuer.check(provider.token(kid="two", algorithm="ES256")).subject == "ada"
    monkeypatch.setattr("api.oidc.NEW_KEYS_AFTER", 3600)
    asked = provider.asked
    for number in range(5):
        provider.secrets[f"made up {number}"] = provider.secrets["one"]
        token = provider.token(kid=f"made up {number}")
        del provider.secrets[f"made up {number}"]
        with pytest.raises(BadTokenError):
            issuer.check(token)
    assert provider.asked == asked


def test_a_token_is_good_until_it_expires_and_no_longer(provider, settings, monkeypatch):
    issuer = Issuer(settings)
    token = provider.token(exp=time.time() + 5)
    issuer.check(token)
    real = time.time()
    monkeypatch.setattr("api.oidc.time.time", lambda: real + 6)
    # Not from memory any more: looked at anew, within the time that clocks may differ.
    assert issuer.check(token).subject == "ada"
    monkeypatch.setattr("api.oidc.CLOCKS_DIFFER_BY", 0)
    monkeypatch.setattr("api.oidc.time.time", lambda: real + 6)
    with pytest.raises(BadTokenError):
        Issuer(settings).check(provider.token(exp=real - 1))


def test_an_issuer_that_does_not_answer_opens_nothing():
    with pytest.raises(BadTokenError, match=r"cannot be had|moment ago"):
        Issuer(IssuerSettings("http://127.0.0.1:9", "geo-safety")).check(
            jwt.encode({"sub": "x"}, "s" * 64, headers={"kid": "k"})
        )


def test_only_https_but_for_the_loopback():
    with pytest.raises(ConfigError, match="https"):
        IssuerSettings("http://login.example", "geo-safety")


def test_tokens_open_the_service_and_reads_are_written_down(provider, settings, releases, tmp_path, caplog):
    caplog.set_level("INFO", logger="geo_safety.api")
    service = TestClient(create_app(ServiceSettings(releases=releases, state=tmp_path, issuer=settings)))
    token = provider.token(roles="vru")
    reply = service.get(ITEMS, headers={"Authorization": f"Bearer {token}"})
    assert reply.headers["geosafety-disclosure"] == "internal; hidden=none"
    assert [one["key"] for one in read_audit(tmp_path)] == ["sub:ada"]
    refused = service.get(ITEMS, headers={"Authorization": f"Bearer {provider.token(aud='another')}"})
    assert refused.status_code == 401
    assert "audience" not in refused.text.lower()  # why is for the log alone
    assert "InvalidAudienceError" in caplog.text
    assert token not in caplog.text
