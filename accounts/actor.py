"""Who acts, in which place, with which capabilities. What views, verbs and the audit pass
around.
"""

from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from accounts import identity, words
from accounts.roles import Capability
from console.kube.access import Subject
from console.kube.kinds import Identity
from console.web.error_pages import Said


class NotAllowed(PermissionDenied):
    """A 403 that says in a sentence what is not allowed; `means` says what would help."""

    def __init__(self, what: str, means: str = "") -> None:
        super().__init__(what)
        self.said = Said("bad", what, " ".join([means, _("Nothing was changed.")]).strip(), "", 403)


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, as of this request."""

    uuid: UUID
    name: str
    is_admin: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A workspace or a project. A project's name is its namespace."""

    uuid: UUID
    name: str
    alias: str = ""

    @property
    def title(self) -> str:
        return self.alias or self.name


@dataclass(frozen=True, slots=True)
class Scope:
    """What one request is about: `project` set in a project, only `workspace` in a workspace, neither on the platform.

    `role` is for people to read ("operator"), and `above` where another role than that in the project lets them do
    more ("operator and workspace admin"); `capabilities` decide. `epoch` grows with each change of membership or role.
    `address`: where the request came from.
    """

    actor: Actor
    capabilities: frozenset[Capability]
    workspace: Place | None = None
    project: Place | None = None
    role: str = ""
    epoch: int = 0
    request_id: str = ""
    above: str = ""
    address: str = ""

    def can(self, capability: Capability) -> bool:
        return capability in self.capabilities

    @property
    def standing(self) -> str:
        """The role, with what is held beside it."""
        return self.above or self.role

    @property
    def in_words(self) -> str:
        """The same for a page about the person: "log-reader and workspace admin, all rights here"."""
        return self.role if self.standing == self.role else words.whole(self.standing, self.capabilities)

    @property
    def identity(self) -> Identity:
        """Who the cluster is told this is: the groups of this project only."""
        return identity.user_identity(
            self.actor.uuid, project=self.project.uuid if self.project else None, capabilities=self.capabilities
        )

    @property
    def subject(self) -> Subject:
        """What the access gate asks about: the identity, and the state of memberships it was derived from."""
        return Subject(identity=self.identity, epoch=self.epoch)

    @property
    def place(self) -> str:
        """The name of the innermost place, for sentences."""
        return self.project.name if self.project else self.workspace.name if self.workspace else ""
