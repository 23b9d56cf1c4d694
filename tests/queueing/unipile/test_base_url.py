"""Addresses: what operators write into UNIPILE_DSN."""

import pytest

from queueing.unipile import connect
from queueing.unipile.v1.client import base_url
from queueing.unipile.v2.client import base_url as v2_base_url


@pytest.mark.parametrize(
    ("dsn", "want"),
    [
        ("api8.unipile.com:13851", "https://api8.unipile.com:13851/api/v1"),
        ("https://api8.unipile.com:13851", "https://api8.unipile.com:13851/api/v1"),
        ("HTTPS://api8.unipile.com:13851/", "https://api8.unipile.com:13851/api/v1"),
        ("api.example.com", "https://api.example.com/api/v1"),
        ("127.0.0.1:8443", "https://127.0.0.1:8443/api/v1"),
        ("http://127.0.0.1:1234", "http://127.0.0.1:1234/api/v1"),
        ("http://localhost:1234", "http://localhost:1234/api/v1"),
        ("http://[::1]:1234", "http://[::1]:1234/api/v1"),
    ],
)
def test_an_address_is_completed(dsn: str, want: str) -> None:
    assert base_url(dsn) == want


@pytest.mark.parametrize(
    ("dsn", "hint"),
    [
        ("", "not empty"),
        (" api.example.com:1", "without spaces"),
        ("api.example.com: 1", "without spaces"),
        ("api.example.com:1\n", "without spaces"),
        ("api.exämple.com:1", "plain ASCII"),
        ("user:secret@api.example.com:1", "UNIPILE_API_KEY"),
        ("https://api.example.com:1/api/v1", "is added of itself"),
        ("api.example.com:1?x=1", "nothing may follow"),
        ("api.example.com:1#x", "nothing may follow"),
        ("api.example.com\\@evil.example:1", "no user"),
        ("ftp://api.example.com:1", "https is used"),
        ("http://api.example.com:1", "this machine only"),
        ("http://127.0.0.1.example.com:1", "this machine only"),
        ("http://0.0.0.0:1", "this machine only"),
        ("api.example.com:", "cannot be read"),
        ("api.example.com:0", "cannot be read"),
        ("api.example.com:70000", "cannot be read"),
        ("api.example.com:port", "cannot be read"),
        ("api..example.com:1", "cannot be read"),
        ("-x.example.com:1", "cannot be read"),
        (":1234", "cannot be read"),
        ("[::1:1234", "cannot be read"),
        ("https://https://api.example.com", "nothing may follow"),
    ],
)
def test_a_wrong_address_says_what_to_do(dsn: str, hint: str) -> None:
    with pytest.raises(ValueError, match="Write UNIPILE_DSN as host:port") as caught:
        base_url(dsn)

    assert hint in str(caught.value)


@pytest.mark.parametrize(
    ("dsn", "want"),
    [
        ("api.unipile.com", "https://api.unipile.com/v2"),
        ("https://api.unipile.com:443/", "https://api.unipile.com:443/v2"),
        ("http://127.0.0.1:1234", "http://127.0.0.1:1234/v2"),
        ("api8.unipile.com:13851", "whose one address is api.unipile.com"),
        ("api.unipile.com:13851", "has no port of its own, and UNIPILE_DSN names 13851"),
        ("https://api.unipile.com:8443", "has no port of its own, and UNIPILE_DSN names 8443"),
        ("proxy.example.com", "whose one address is api.unipile.com"),
    ],
)
def test_v2_has_one_address(dsn: str, want: str) -> None:
    try:
        told = v2_base_url(dsn)
    except ValueError as error:
        told = str(error)

    assert want in told
    assert ("UNIPILE_DSN=api.unipile.com" in told) is not told.startswith("http")


@pytest.mark.parametrize("dsn", ["api.unipile.com", "api.unipile.com:13851"])
def test_v1_is_not_asked_at_the_address_of_v2(dsn: str) -> None:
    with pytest.raises(ValueError, match="UNIPILE_API_VERSION=v2"):
        base_url(dsn)


@pytest.mark.parametrize("key", ["with space", "new\nline", "clé", "nul\x00"])
def test_an_impossible_key_is_refused_without_repeating_it(key: str) -> None:
    with pytest.raises(ValueError, match="UNIPILE_API_KEY") as caught:
        connect("api.example.com", key)

    assert key not in str(caught.value)
