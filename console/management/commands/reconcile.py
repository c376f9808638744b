"""`manage.py reconcile`: says what projects lack in the cluster; with --apply creates and mends it."""

from argparse import ArgumentParser
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import yaml
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import BaseCommand, CommandError

from accounts import audit
from accounts.actor import Actor, Place, Scope
from accounts.domain import places, provisioning, reconciling
from accounts.models import Project, Workspace
from console import wiring
from console.kube.errors import KubeError
from console.kube.provisioner import Gap, Provisioner
from console.pages import GAPS

_NOBODY = Actor(UUID(int=0), "manage.py reconcile")


class Command(BaseCommand):
    help = "Compare what projects should have in the cluster with what is there. Changes nothing without --apply."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", nargs="*", help="only these projects")
        parser.add_argument("--apply", action="store_true", help="create and mend what the console may")
        parser.add_argument(
            "--manifests", action="store_true", help="print all of it instead, for an administrator's kubectl apply"
        )

    def handle(self, *args: object, **options: Any) -> None:
        console = wiring.cluster().provisioner
        projects = Project.objects.select_related("workspace").order_by("name")
        if options["project"]:
            projects = projects.filter(name__in=options["project"])
        if options["manifests"]:
            self._print(console, projects)
            return
        gaps = self._gaps()
        if Gap.RIGHTS in gaps:
            raise CommandError("Nothing was compared: the console cannot look at the bindings of its projects.")
        left = [self._reconcile(console, project, apply=options["apply"]) for project in projects]
        if sum(left) + len(gaps):
            raise CommandError(f"{sum(left) + len(gaps)} left to do.", returncode=1)
        self.stdout.write(f"{len(left)} projects are as they should be.")

    def _print(self, console: Provisioner, projects: Iterable[Project]) -> None:
        try:
            plans = [places.plan_of(project, console) for project in projects]
        except KubeError as problem:
            raise CommandError(f"The cluster does not say who the console is: {problem.message}") from problem
        documents = [document for plan in plans for document in provisioning.manifests(plan)]
        self.stdout.write(yaml.safe_dump_all(documents, sort_keys=False), ending="")

    def _reconcile(self, console: Provisioner, project: Project, *, apply: bool) -> int:
        """How many differences are left."""
        try:
            findings = reconciling.findings(console, project)
        except KubeError as problem:
            self.stdout.write(f"{project.name}: cannot be compared ({audit.describe(problem)})")
            return 1
        if not apply or not any(finding.repair for finding in findings):
            for finding in findings:
                choices = ("--apply mends this" if finding.repair else "", finding.by_hand)
                self._say(finding, "; else ".join(filter(None, choices)))
            return len(findings)
        scope = Scope(_NOBODY, frozenset(), _place(project.workspace), _place(project))
        done: list[str] = []
        left: list[str] = []
        with audit.attempt(scope, "project.reconcile", target=f"Project {project.name}") as entry:
            for finding in findings:
                remains = self._repair(finding)
                (left if remains else done).append(finding.what)
                self._say(finding, remains or "mended")
            entry.failed(f"left: {'; '.join(left)}", changes=done) if left else entry.done(changes=done)
        return len(left)

    def _repair(self, finding: reconciling.Finding) -> str:
        """Do what the console may do about it. What is left to do, "" for nothing."""
        if finding.repair is None:
            return finding.by_hand
        try:
            finding.repair()
        except (KubeError, ValidationError) as problem:
            return f"not mended ({audit.describe(problem)}) {finding.by_hand}".strip()
        return ""

    def _say(self, finding: reconciling.Finding, then: str) -> None:
        self.stdout.write(f"{finding.project}: {finding.what}\n    {then}")

    def _gaps(self) -> frozenset[Gap]:
        """What the installation itself lacks; only an administrator can mend that."""
        gaps = frozenset[Gap]() if settings.BERTH_EMBEDDED else wiring.cluster().watchman.check().gaps
        for gap in sorted(gaps):
            self.stdout.write(str(GAPS[gap]))
        return gaps


def _place(place: Workspace | Project) -> Place:
    return Place(place.uuid, place.name)
