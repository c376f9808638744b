"""`manage.py prune`: delete what is past its time. A served console does so by itself once a day."""

from django.core.management import BaseCommand

from console.management import retention


class Command(BaseCommand):
    help = "Delete old drafts, ended sessions, links and tries of signing in, the recycle bin and the record beyond their days."

    def handle(self, *args: object, **options: object) -> None:
        self.stdout.write(f"Deleted: {retention.words(retention.prune())}.")
