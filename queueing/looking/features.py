"""Does the type that is set for an account go with the features that Unipile reports?"""

import datetime as dt
from collections.abc import Collection

from campaigns.models import LinkedInAccount
from queueing.telling import notices
from queueing.unipile import Account

Type = LinkedInAccount.Type

# What a type needs at least one of. An account without any is a free one.
_NEEDED = {
    Type.PREMIUM: {"premium", "sales_navigator", "recruiter"},
    Type.SALES_NAVIGATOR: {"sales_navigator", "recruiter"},
}


def type_of(reported: Account) -> str | None:
    """Return the type that goes with what Unipile reports of an account; None: it tells nothing."""
    if reported.premium_features is None:
        return None
    for kind in (Type.SALES_NAVIGATOR, Type.PREMIUM):
        if _NEEDED[kind] & set(reported.premium_features):
            return kind
    return Type.FREE


def mismatch(account_type: str, reported: Collection[str] | None) -> str:
    """Say that an account lacks what its type promises; "" where it has it, or promises nothing.

    :param reported: the account's premium features, as Unipile names them; None: it tells none.
    """
    needed = _NEEDED.get(Type(account_type), set())
    if not needed or reported is None or needed & set(reported):
        return ""
    has = ", ".join(sorted(reported)) or "none"
    return (
        f"is set to {Type(account_type).label}, and Unipile reports of paid features: {has}. "
        "LinkedIn then takes shorter notes and fewer requests: renew the subscription and connect "
        "the account anew in Unipile, or correct its type."
    )


def compare(account: LinkedInAccount, reported: Account, now: dt.datetime) -> None:
    """Tell of a locked account whose type and features do not go together, once for each state."""
    told = mismatch(account.account_type, reported.premium_features)
    if told == account.features_told:
        return
    account.features_told = told
    account.save(update_fields=["features_told"])
    if told:
        notices.account_changed(account, told, now)
