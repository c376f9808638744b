"""`manage.py createadmin NAME`: the first person of a new console, a platform-admin, and a link to sign in with."""

from django.core.exceptions import ValidationError
from django.core.management import CommandError

from accounts.domain import people
from console.management.commands import signinlink


class Command(signinlink.Command):
    help = "Create a platform administrator and print a link that signs them in, once."

    def handle(self, *args: object, **options: str) -> None:
        try:
            people.create_admin(options["name"])
        except ValidationError as problem:
            raise CommandError(" ".join(problem.messages)) from problem
        super().handle(*args, **options)
