"""Addresses of profiles as people have them: in markup, with slips, with a prefix put on twice.

Plain Python. What is put right here can be read in one way only; what was cut off stays so.
"""

import re
from urllib.parse import parse_qs, unquote

from campaigns.people.slugs import is_id

HOST = re.compile(r"(?:[a-z0-9-]+\.)*linkedin\.com", re.IGNORECASE | re.ASCII)
_AHEAD = r"(?=(?:[a-z0-9-]{1,63}\.){0,5}linkedin\.com\b)"
# https// and https:/, http://https://, hhtps://, view-source:, intent://, mailto: in front of it.
_SLIPS = re.compile(
    rf"(?:(?:view-source|url|mailto|intent|linkedin|h{{0,2}}t{{0,3}}p{{1,3}}s{{0,2}})"
    rf"[:;.,\s\\/]{{0,6}}){{1,3}}{_AHEAD}",
    re.IGNORECASE | re.ASCII,
)
_MAILTO = re.compile(r"mailto:(?=\S*/)", re.IGNORECASE)  # programs take an address for an e-mail's
# linkedin://in/ada-example, of its apps, and /in/ada-example, as pages of its own have it
_WITHOUT_HOST = re.compile(
    r"(?:(?:linkedin|voyager):/{0,3}|/)?(?=(?:(?:in|pub|profile|mwlite|comm)/|profile\?)[^/\s])",
    re.IGNORECASE,
)
# A slug alone, with what LinkedIn alone puts behind one: ada-example&trk=abc.
_WITH_PARAMETER = re.compile(
    r"(?=[\w%-]{3,}[?&](?:amp;)?(?:trk|lipi|midToken|trackingId|miniProfileUrn|originalSubdomain|"
    r"authType|lici)=)",
    re.IGNORECASE,
)
_MARKUP = tuple(
    re.compile(pattern, re.IGNORECASE | re.DOTALL)
    for pattern in (
        r"!?\[(?P<label>[^\]]*)\]\(\s*<?(?P<address>[^\s<>]+?)>?(?:\s+[\"'][^\"']*[\"'])?\s*\)",
        r"=HYPERLINK\(\s*\"(?P<address>[^\"]+)\"\s*[,;]\s*\"(?P<label>[^\"]*)\"\s*\)",
        r"<(?P<address>[^\s<>|]+)\|(?P<label>[^<>]*)>",
        r"<a\s[^<>]*?\bhref\s*=\s*[\"']?(?P<address>[^\s\"'<>]+)[^<>]*>(?P<label>[^<>]*)(?:</a>)?",
        r"\[url=[\"']?(?P<address>[^\]\"']+)[\"']?\](?P<label>[^\[\]]*)\[/url\]",
        r"\[url\](?P<address>[^\[\]]+)(?P<label>)\[/url\]",
        r"(?P<label>[^<>]*)<(?P<address>https?:[^\s<>]+)>",
        r"(?P<label>(?:linkedin|li|profile?|url|link|www)(?:[ -]?(?:url|link|profile?))?)"
        r"\s*(?:[:=]\s+|=)(?P<address>\S+)",
    )
)
# An address in a text: in front of it stands nothing that it could be a part of.
_AMONG_WORDS = re.compile(
    rf"(?<![^\s|,;<>()\[\]{{}}\"'“”„:\u2013\u2014\u2190-\u21ff-])"
    rf"(?:https?://)?(?:{HOST.pattern}|lnkd\.in)/[^\s|<>()\[\]{{}}\"“”„]*",
    re.IGNORECASE | re.ASCII,
)
_SET_OFF = re.compile(
    r"\s*(?:[|,;<>()\[\]{}\"'“„\u2190-\u21ff•·\t\n]|[-\u2013\u2014/:]\s)|\s*[\t\r\n]"
)
# https://www.linkedin.com/in/ ada-example, and https://www.linkedin.com/in/ada-exa[...]
_BEGUN = re.compile(r"(?:\.com|/in|/pub)/+\Z", re.IGNORECASE)
_GOES_ON = re.compile(r"\W{0,3}(?:\.\.|\u2026)")
_WORD = re.compile(r"\w+")
_NO_ENDS = frozenset(["linkedin", "profile", "profil", "1st", "2nd", "3rd"])
_URN = re.compile(
    r"(?:urn:li:\w*(?:profile|member|person|user)|fsd?_\w*profile):\(?(?P<id>[^\s,()]+).*",
    re.I | re.S,
)
_PARAMETERS = re.compile(r"[&;](?:amp;)?[\w.%-]+=.*", re.DOTALL)
# The host and its scheme once more, links in LinkedIn's e-mails, and its mobile site.
_ONCE_MORE = re.compile(rf"https?:?|{HOST.pattern}", re.IGNORECASE | re.ASCII)
_LEADING_STEPS = {"comm", "mwlite", "m"}


def without_markup(text: str) -> tuple[str, str]:
    """Return the address that a text links to, and the words it stands behind; else the text, "".

    Markdown, HTML, forums' and Slack's links, `Ada <https://…>` and `LinkedIn: https://…`.
    """
    text = text.strip()
    for pattern in _MARKUP:
        if found := pattern.fullmatch(text):
            return found["address"], found["label"].strip()
    return text, ""


def among_words(text: str) -> tuple[list[str], bool]:
    """Return the addresses of LinkedIn's that stand in a text among words, as they are.

    And whether the words can belong to none of them: `Ada: https://… | LinkedIn`, `https://… (Ada)`
    but not `https://www.linkedin.com/in/ada example`, whose last word may be the end of a slug.
    """
    found = list(_AMONG_WORDS.finditer(text))
    if not found:
        return [], False
    ends = [*(match.start() for match in found[1:]), len(text)]
    behind = [text[match.end() : end] for match, end in zip(found, ends, strict=True)]
    pairs = zip(found, behind, strict=True)
    return [match[0] for match in found], all(_is_apart(match[0], words) for match, words in pairs)


def _is_apart(address: str, words: str) -> bool:
    """Return whether words behind an address are certain not to be its end."""
    if _BEGUN.search(address) or _GOES_ON.match(words):
        return False
    if not words.strip() or _SET_OFF.match(words) or address[-1] in "/?&#,;" or "?" in address:
        return True
    plain = address.casefold()
    return all(word in plain or word in _NO_ENDS for word in _WORD.findall(words.casefold()))


def mended(text: str) -> str:
    """Return an address of LinkedIn's with scheme and host, where it is clear what they were."""
    text = text.replace("\\", "/")
    text = _SLIPS.sub("https://", text, count=1) if _SLIPS.match(text) else text
    if _MAILTO.match(text):
        return _MAILTO.sub("", text)
    if found := _WITHOUT_HOST.match(text):
        return f"https://www.linkedin.com/{text[found.end() :]}"
    return f"https://www.linkedin.com/in/{text}" if _WITH_PARAMETER.match(text) else text


def steps_of(path: str) -> tuple[str, list[str]]:
    """Return what kind of page a path leads to, such as `in`, and the steps behind that.

    A prefix that stands there twice counts once: `/in/in/x`, `/in/www.linkedin.com/in/x`.
    """
    while (decoded := unquote(path)) != path:
        path = decoded
    path = re.split(r"[?#]", path, maxsplit=1)[0]
    steps = [step for step in map(str.strip, path.replace("\\", "/").split("/")) if step]
    kind, at = "", 0
    while at < len(steps):
        step = steps[at].lower()
        if step in {"in", "pub"}:
            kind = step
        elif _ONCE_MORE.fullmatch(step):
            kind = "" if step.endswith(".com") else kind
        elif kind or step not in _LEADING_STEPS | _before(steps[at + 1 :]):
            break
        at += 1
    if kind or at == len(steps):
        return kind, steps[at:]
    return steps[at].lower(), steps[at + 1 :]


def _before(steps: list[str]) -> set[str]:
    """Return what may also stand before these steps: /mwlite/profile/in/x."""
    return {"profile"} if steps and steps[0].lower() in {"in", "pub"} else set()


def without_query(step: str) -> str:
    """Return the last part of an address without parameters that follow it without a `?`."""
    return _PARAMETERS.sub("", re.split(r"[?#]", step, maxsplit=1)[0])


def is_urn(text: str) -> bool:
    """Return whether a text is LinkedIn's name for a member: `urn:li:fsd_profile:ACoAA…`."""
    return bool(_URN.fullmatch(unquote(text)))


def id_of_urn(text: str) -> str:
    """Return the id in LinkedIn's name for a member, or the text as it is."""
    found = _URN.fullmatch(text)
    return found["id"] if found else text


def id_in_query(query: str) -> str:
    """Return the LinkedIn id in a query such as `id=ACoAA…`, or ""."""
    given = parse_qs(query.replace("&amp;", "&"), max_num_fields=50).get("id", [])
    return given[0] if len(given) == 1 and is_id(given[0].strip()) else ""
