"""Take a user's second factor away: for the one superuser who has lost app and codes."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from access import second_factor
from access.addresses import UNKNOWN
from access.models import Session, SignIn


class Command(BaseCommand):
    help = "Remove a user's second factor and end their sessions; they set up another."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the user's name")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["name"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['name']!r}.")
        if not second_factor.remove(user):
            raise CommandError(f"{user} has no second factor.")
        Session.objects.filter(user=user).delete()
        SignIn.objects.create(
            at=timezone.now(),
            kind=SignIn.Kind.FACTOR_REMOVED,
            user=user,
            name=user.get_username(),
            address=UNKNOWN,
            detail="By the command remove_second_factor.",
        )
        self.stdout.write(f"{user} signs in with the password alone until another is set up.")
