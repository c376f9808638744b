"""`manage.py signinlink NAME`: a fresh link that signs one person in, once."""

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser

from accounts.domain import sign_in_links


class Command(BaseCommand):
    help = "Print a link that signs a person in, once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--base", default="", help="where the console is reached, https://berth.example.org")

    def handle(self, *args: object, **options: str) -> None:
        host, port = settings.BERTH_BIND
        base = options["base"] or next(iter(settings.BERTH_ORIGINS), "") or f"http://{host}:{port}"
        try:
            self.stdout.write(sign_in_links.sign_in_link(options["name"], base_url=base))
        except sign_in_links.NoSuchPerson as problem:
            raise CommandError(f"There is nobody called {options['name']}.") from problem
