"""`manage.py createadmin NAME`: the first person of a new console, a platform-admin, and a link to sign in with."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import BaseCommand, CommandError, CommandParser

from accounts.domain import people, sign_in_links


class Command(BaseCommand):
    help = "Create a platform administrator and print a link that signs them in, once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--base", default="", help="where the console is reached, https://berth.example.org")

    def handle(self, *args: object, **options: str) -> None:
        host, port = settings.BERTH_BIND
        base = options["base"] or next(iter(settings.BERTH_ORIGINS), "") or f"http://{host}:{port}"
        try:
            people.create_admin(options["name"])
        except ValidationError as problem:
            raise CommandError(" ".join(problem.messages)) from problem
        self.stdout.write(sign_in_links.sign_in_link(options["name"], base_url=base))
