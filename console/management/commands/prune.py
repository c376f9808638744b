"""`manage.py prune`: delete what is past its time. A served console does so by itself once a day."""

from django.core.management import BaseCommand, CommandError

from console.management import retention


class Command(BaseCommand):
    help = "Delete drafts, sessions, links, tries of signing in, deleted objects and the record beyond their days."

    def handle(self, *args: object, **options: object) -> None:
        try:
            self.stdout.write(f"Deleted: {retention.prune()}.")
        except retention.Incomplete as error:
            raise CommandError(f"Deleted: {error}.") from error
