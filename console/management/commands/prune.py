"""`manage.py prune`: delete what is past its time. A served console does so by itself once a day."""

from django.core.management import BaseCommand

from console.management import retention


class Command(BaseCommand):
    help = "Delete drafts, sessions, links, tries of signing in, deleted objects and the record beyond their days."

    def handle(self, *args: object, **options: object) -> None:
        self.stdout.write(f"Deleted: {retention.words(retention.prune())}.")
